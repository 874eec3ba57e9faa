"""The way back in for whoever owns the machine, when no administrator is left who can (access law 11)."""

import json
from typing import NamedTuple

from keystead.access_rules.index import awaited_key
from keystead.access_rules.store import RuleSubject, add_rule, bind_awaiting_rules, exists
from keystead.authz.tree import ROOT
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import NO_ORIGIN, SYSTEM, Actor, Touches
from keystead.credentials.store import delete_credentials, session_ids
from keystead.db.connection import Row
from keystead.kit.ids import new_id
from keystead.kit.secret import Secret
from keystead.kit.text import fold
from keystead.org_units.scopes import scope_at
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID
from keystead.users import model, store
from keystead.users.entries import person_entry
from keystead.users.factor_store import delete_factor
from keystead.users.passwords import Passwords


class Recovered(NamedTuple):
    """`is_new`: there was nobody of this e-mail."""

    email: str
    is_new: bool


async def recover_administrator(
    changes: ChangeEngine, passwords: Passwords, email: str, temporary: Secret
) -> Recovered:
    """Makes this person a system administrator of the tenant, enabled, with a temporary password.

    Their sessions and tokens end, and their second factor, which may be what keeps them out. Everything else that they
    have stays. Raises a bad-input error for what is no e-mail.
    """
    email = model.require_email(email)
    password_hash = await passwords.hash(temporary)

    async def change(tx: Transaction) -> Outcome[Recovered]:
        row = await store.find_person_by_email(tx, email)
        if row is None:
            person, touches = await _add(tx, email, password_hash)
        else:
            person, touches = row, await _let_in_again(tx, row, password_hash)
        await _give_the_role(tx, person)
        metadata = {"recovered": "by recover-admin", "role": "System administrator"}
        action, status = ("create", 201) if row is None else ("reset-password", 200)
        entry = await person_entry(tx, person, action, status, touches, metadata)
        return Outcome(entry, Recovered(person["email"], row is None))

    return await changes.apply(Actor(SYSTEM, NO_ORIGIN), change)


async def _add(tx: Transaction, email: str, password_hash: str) -> tuple[Row, Touches]:
    tenant, person_id, awaited = await scope_at(tx, ROOT), new_id(), awaited_key(fold(email))
    await store.add_person(
        tx,
        person_id=person_id,
        email=email,
        home_id=tenant.id,
        home_code=tenant.code,
        password_hash=password_hash,
        password_is_temporary=True,
        created_by_id=await actor_pk(tx, SYSTEM),
    )
    await bind_awaiting_rules(tx, awaited, person_id)
    row = await store.find_person(tx, person_id)
    if row is None:
        raise LookupError("a person who was just made is gone")
    return row, Touches((person_id, awaited))


async def _let_in_again(tx: Transaction, row: Row, password_hash: str) -> Touches:
    sessions = await session_ids(tx, row["id"])
    await delete_credentials(tx, sessions)
    await store.raise_generation(tx, row["id"])
    await store.edit_person(tx, row["id"], enabled=True, groups=json.loads(row["groups"]))
    await store.set_password(tx, row["id"], password_hash, is_temporary=True)
    await delete_factor(tx, row["id"])
    return Touches((row["id"],), tuple(sessions))


async def _give_the_role(tx: Transaction, person: Row) -> None:
    tenant = await scope_at(tx, ROOT)
    if not await exists(tx, person["id"], SYSTEM_ADMINISTRATOR_ID, tenant.id):
        subject = RuleSubject("user", person["id"], person["email"])
        await add_rule(tx, subject, SYSTEM_ADMINISTRATOR_ID, tenant, await actor_pk(tx, SYSTEM))

"""What the very first start makes: the tenant, its administrator, a signing key. Each only where it is missing."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import insert

from keystead.access_rules.store import RuleSubject, add_rule
from keystead.authz.tree import Level, Scope
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import NO_ORIGIN, SYSTEM, Actor, Entry, Touches
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import org_unit
from keystead.kit.ids import new_id
from keystead.kit.secret import Secret
from keystead.kit.text import fold
from keystead.org_units.scopes import find_scope, scope_at
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID
from keystead.tokens.key_rotation import add_first_key
from keystead.tokens.key_store import load_signing_keys
from keystead.tokens.master_key import MasterKey
from keystead.tokens.signing_keys import SigningKey, SigningKeys
from keystead.users.passwords import Passwords, generate_password
from keystead.users.store import add_person, first_person_id, is_empty

KEYSTEAD: Final = Actor(SYSTEM, NO_ORIGIN)
_ADD_ORG_UNIT = Prepared(insert(org_unit))


class OtherTenantError(Exception):
    """The database belongs to another tenant than the settings say."""


class NewAdministrator(NamedTuple):
    """`generated` holds a password that nobody knows yet; None when the settings brought one."""

    email: str
    generated: Secret | None


async def ensure_tenant(reader: Reader, changes: ChangeEngine, tenant_id: int, name: str) -> None:
    """Raises OtherTenantError when the database was made for another tenant's number."""
    found = await find_scope(reader, str(tenant_id))
    if found is not None:
        return
    if not await is_empty(reader):
        there = await scope_at(reader, 0)
        raise OtherTenantError(
            f"KEYSTEAD_TENANT_ID is {tenant_id}, but this database belongs to tenant {there.id}."
        )
    tenant = Scope(str(tenant_id), Level.TENANT, 0, name)

    async def change(tx: Transaction) -> Outcome[None]:
        await tx.execute(
            _ADD_ORG_UNIT,
            {
                "id": tenant.id,
                "level": int(tenant.level),
                "code": tenant.code,
                "parent_id": None,
                "name": tenant.name,
                "name_folded": fold(tenant.name),
                "last_ordinal": 0,
                "created_at": tx.now,
                "updated_at": tx.now,
                "created_by_id": await actor_pk(tx, SYSTEM),
                "fields": "{}",
                "updated_by_id": None,
            },
        )
        entry = Entry(
            "create", "tenant", tenant.id, tenant.name, tenant, tenant.name, 201, Touches(scopes=(tenant.id,))
        )
        return Outcome(entry, None)

    await changes.apply(KEYSTEAD, change)


async def ensure_administrator(
    reader: Reader,
    changes: ChangeEngine,
    passwords: Passwords,
    email: str,
    password: Secret | None,
    keep_generated: Path | None,
) -> NewAdministrator | None:
    """Makes the first person, system administrator of the tenant; None when there are people already.

    A generated password is written to `keep_generated` before the person exists, so that it cannot be lost.
    """
    if not await is_empty(reader):
        return None
    generated = generate_password() if password is None else None
    chosen = password or generated or generate_password()
    if generated is not None and keep_generated is not None:
        write_private(keep_generated, generated)
    password_hash = await passwords.hash(chosen)

    async def change(tx: Transaction) -> Outcome[None]:
        tenant = await scope_at(tx, 0)
        by, person_id = await actor_pk(tx, SYSTEM), new_id()
        await add_person(
            tx,
            person_id=person_id,
            email=email,
            home_id=tenant.id,
            home_code=tenant.code,
            password_hash=password_hash,
            created_by_id=by,
        )
        await add_rule(tx, RuleSubject("user", person_id, email), SYSTEM_ADMINISTRATOR_ID, tenant, by)
        metadata = {"role": "System administrator"}
        entry = Entry(
            "create", "user", person_id, email, tenant, tenant.name, 201, Touches((person_id,)), metadata
        )
        return Outcome(entry, None)

    await changes.apply(KEYSTEAD, change)
    return NewAdministrator(email, generated)


async def ensure_signing_keys(
    reader: Reader, changes: ChangeEngine, master: MasterKey, alg: str
) -> SigningKeys:
    """Raises tokens.master_key.WrongMasterKeyError when the keys that are there were sealed under another."""
    keys, lives = await load_signing_keys(reader, master)
    if not keys:
        first = await SigningKey.made(alg)
        await changes.apply(KEYSTEAD, lambda tx: add_first_key(tx, master, first))
        keys, lives = await load_signing_keys(reader, master)
    return SigningKeys(keys, lives)


def write_private(path: Path, secret: Secret) -> None:
    """A new file that only its owner reads, on disk when this returns. Replaces what an interrupted start left."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret.reveal() + "\n")
        file.flush()
        os.fsync(file.fileno())


async def forget_password_file(reader: Reader, path: Path) -> Callable[[str], None]:
    """What to do when a person's password was changed: the file with the first administrator's goes with that one."""
    first = await first_person_id(reader)

    def forget(person_id: str) -> None:
        if person_id == first:
            path.unlink(missing_ok=True)

    return forget

"""What administrators do with people. Whoever can become somebody needs all that they hold (access law 9)."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from keystead.access_keys.store import delete_keys_of
from keystead.access_rules.administrators import keeping_an_administrator
from keystead.access_rules.index import USER, awaited_key, group_key, load_grants, load_subject
from keystead.access_rules.store import bind_awaiting_rules, end_rules_of
from keystead.authz.policy import Grants
from keystead.authz.vocabulary import USERS, Action, Permission
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Touches
from keystead.credentials.store import delete_credentials, session_ids
from keystead.db.connection import Reader, Row
from keystead.kit.errors import bad_input, conflict, forbidden, not_found
from keystead.kit.ids import canonical_id, new_id
from keystead.kit.secret import Secret
from keystead.kit.text import fold
from keystead.org_units.homes import choose_home
from keystead.roles.model import RoleTable
from keystead.users import model, store
from keystead.users.entries import person_entry
from keystead.users.factor_store import delete_factor
from keystead.users.passwords import Passwords, generate_password
from keystead.users.second_factor import factor_entry

CREATE = Permission(Action.CREATE, USERS)
READ = Permission(Action.READ, USERS)
UPDATE = Permission(Action.UPDATE, USERS)
DELETE = Permission(Action.DELETE, USERS)


class NewUser(NamedTuple):
    email: str
    groups: Sequence[str] = ()
    scope_id: str | None = None
    scope_type: str | None = None


class UserEdit(NamedTuple):
    """None leaves a field as it is."""

    enabled: bool | None = None
    groups: Sequence[str] | None = None


class CreatedUser(NamedTuple):
    id: str
    email: str
    temporary_password: Secret


class Users:
    def __init__(self, reader: Reader, changes: ChangeEngine, roles: RoleTable, passwords: Passwords) -> None:
        self._reader = reader
        self._changes = changes
        self._roles = roles
        self._passwords = passwords

    async def create(self, actor: Actor, wish: NewUser) -> CreatedUser:
        """Makes a person with a temporary password, who takes over the rules that waited for their e-mail."""
        email, groups = model.require_email(wish.email), model.require_groups(wish.groups)
        created = CreatedUser(new_id(), email, generate_password())
        password_hash = await self._passwords.hash(created.temporary_password)

        async def change(tx: Transaction) -> Outcome[CreatedUser]:
            grants = await tx.grants()
            home = await choose_home(tx, grants, CREATE, wish.scope_id, wish.scope_type)
            if await store.find_person_by_email(tx, email) is not None:
                raise conflict("A user with this e-mail already exists.", field="email")
            awaited = awaited_key(fold(email))
            await self._require_all_of(tx, [awaited, *map(group_key, groups)], "create a user")
            await store.add_person(
                tx,
                person_id=created.id,
                email=email,
                home_id=home.id,
                home_code=home.code,
                password_hash=password_hash,
                password_is_temporary=True,
                groups=groups,
                created_by_id=await actor_pk(tx, actor.subject),
            )
            bound = await bind_awaiting_rules(tx, awaited, created.id)
            row = await _require_person(tx, created.id)
            touches = Touches((created.id, awaited))
            metadata = {"rulesThatWaited": str(bound)} if bound else {}
            return Outcome(await person_entry(tx, row, "create", 201, touches, metadata), created)

        return await self._changes.apply(actor, change)

    async def edit(self, actor: Actor, person_id: str, edit: UserEdit) -> None:
        """Enables, disables, sets groups. Disabling ends the person's sessions and every token that they earned."""
        if edit == UserEdit():
            raise bad_input("body", "has nothing to change; send enabled or groups.")
        groups = None if edit.groups is None else model.require_groups(edit.groups)

        async def change(tx: Transaction) -> Outcome[None]:
            row = await _permitted(tx, await tx.grants(), person_id, UPDATE)
            before: list[str] = json.loads(row["groups"])
            joined = [name for name in groups or () if name not in before]
            await self._require_all_of(tx, [group_key(name) for name in joined], "add to these groups a user")
            if edit.enabled and not row["enabled"]:
                await self._require_all_that_they_hold(tx, row, "enable")
            ended = await _end_sessions(tx, row["id"]) if edit.enabled is False else ()
            async with keeping_an_administrator(tx):
                await store.edit_person(
                    tx,
                    row["id"],
                    enabled=bool(row["enabled"]) if edit.enabled is None else edit.enabled,
                    groups=before if groups is None else groups,
                )
            metadata = {} if edit.enabled is None else {"enabled": str(edit.enabled).lower()}
            if groups is not None:
                metadata["groups"] = ", ".join(groups)
            touches = Touches((row["id"],), ended)
            return Outcome(await person_entry(tx, row, "update", 200, touches, metadata), None)

        await self._changes.apply(actor, change)

    async def reset_password(self, actor: Actor, grants: Grants, person_id: str) -> Secret:
        """A new temporary password; the old one, and all sessions and tokens, end at once.

        Asked by `grants` before the costly hash is made, and again inside the change.
        """
        await _permitted(self._reader, grants, person_id, UPDATE)
        temporary = generate_password()
        password_hash = await self._passwords.hash(temporary)

        async def change(tx: Transaction) -> Outcome[Secret]:
            row = await _permitted(tx, await tx.grants(), person_id, UPDATE)
            await self._require_all_that_they_hold(tx, row, "reset the password of")
            ended = await _end_sessions(tx, row["id"])
            await store.set_password(tx, row["id"], password_hash, is_temporary=True)
            touches = Touches((row["id"],), ended)
            return Outcome(await person_entry(tx, row, "reset-password", 200, touches), temporary)

        return await self._changes.apply(actor, change)

    async def remove_second_factor(self, actor: Actor, person_id: str) -> None:
        """For somebody who lost theirs. All sessions and tokens end: what is open must not enrol the next one.

        Raises a not-found error where there is none.
        """

        async def change(tx: Transaction) -> Outcome[None]:
            row = await _permitted(tx, await tx.grants(), person_id, UPDATE)
            await self._require_all_that_they_hold(tx, row, "remove the second factor of")
            if not await delete_factor(tx, row["id"]):
                raise not_found("Second factor")
            ended = await _end_sessions(tx, row["id"])
            return Outcome(
                await factor_entry(tx, row, "delete", 204, touches=Touches((row["id"],), ended)), None
            )

        await self._changes.apply(actor, change)

    async def delete(self, actor: Actor, person_id: str) -> None:
        """Ends the person, their rules, sessions, access keys and tokens."""

        async def change(tx: Transaction) -> Outcome[None]:
            row = await _permitted(tx, await tx.grants(), person_id, DELETE)
            ended = (*await _end_sessions(tx, row["id"]), *await delete_keys_of(tx, row["id"]))
            entry = await person_entry(tx, row, "delete", 204, Touches((row["id"],), ended))
            async with keeping_an_administrator(tx):
                await end_rules_of(tx, row["id"])
                await delete_factor(tx, row["id"])
                await store.delete_person(tx, row["id"])
            return Outcome(entry, None)

        await self._changes.apply(actor, change)

    async def _require_all_that_they_hold(self, tx: Transaction, row: Row, verb: str) -> None:
        state = await load_subject(tx, self._roles, USER, row["id"])
        held = state.grants if state else Grants(())
        if not (await tx.grants()).covers(held):
            raise forbidden(f"You may not {verb} a user who holds permissions that you do not hold there.")

    async def _require_all_of(self, tx: Transaction, keys: list[str], verb: str) -> None:
        """For what a person would come to hold: by rules that wait for them, or by a group (access laws 3 and 8)."""
        if not (await tx.grants()).covers(await load_grants(tx, self._roles, keys)):
            raise forbidden(f"You may not {verb} who would hold permissions that you do not hold there.")


async def _require_person(reader: Reader, person_id: str) -> Row:
    row = await store.find_person(reader, person_id)
    if row is None:
        raise not_found("User")
    return row


async def _permitted(reader: Reader, grants: Grants, person_id: str, permission: Permission) -> Row:
    """The person, for a change that needs `permission` at their home: unreadable is unknown, the rest forbidden."""
    row = await _require_person(reader, canonical_id(person_id))
    if not grants.allows(READ, row["home_code"]):
        raise not_found("User")
    if not grants.allows(permission, row["home_code"]):
        raise forbidden(f"You may not {permission} here.")
    return row


async def _end_sessions(tx: Transaction, person_id: str) -> tuple[str, ...]:
    """Deletes the sessions and raises the generation: every token of before is dead, and stays so."""
    sessions = await session_ids(tx, person_id)
    await delete_credentials(tx, sessions)
    await store.raise_generation(tx, person_id)
    return tuple(sessions)

"""What can be done with access keys: by people with their own, by administrators with everybody's.

Making one needs no permission: a key carries what its person holds at each moment, and never more.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from keystead.access_keys import store
from keystead.access_keys.model import MAX_KEYS, new_client_id
from keystead.access_rules.index import USER
from keystead.authz.tree import LEVEL_BY_WORD, Scope
from keystead.authz.vocabulary import ACCESS_KEYS, Action, Permission
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Subject, Touches
from keystead.credentials.model import CredentialKind
from keystead.credentials.store import add_credential
from keystead.db.connection import Reader, Row
from keystead.kit.client_names import require_client_name
from keystead.kit.errors import bad_input, conflict, forbidden, not_found
from keystead.kit.ids import canonical_id, new_id
from keystead.kit.secret import CLIENT_SECRET_PREFIX, Secret, make_secret
from keystead.org_units.scopes import require_readable_scope, scope_at, scope_path
from keystead.roles.model import encode_permissions

READ = Permission(Action.READ, ACCESS_KEYS)
DELETE = Permission(Action.DELETE, ACCESS_KEYS)
_LONGEST_TOLD = 500


class NewKey(NamedTuple):
    """`mask` holds the permissions to which the key is held; None: to none. `scope_id` likewise for the place."""

    name: str
    mask: int | None = None
    scope_id: str | None = None
    scope_type: str | None = None


class CreatedKey(NamedTuple):
    """`row` is the key's, as every answer has it."""

    row: Row
    secret: Secret


class AccessKeys:
    def __init__(self, reader: Reader, changes: ChangeEngine) -> None:
        self._reader = reader
        self._changes = changes

    async def list_own(self, subject: Subject) -> Sequence[Row]:
        _require_person(subject)
        return await store.keys_of(self._reader, subject.id)

    async def get_own(self, subject: Subject, key_id: str) -> Row:
        """Somebody else's is as unknown as one that is not."""
        _require_person(subject)
        return await _own(self._reader, subject, key_id)

    async def create(self, actor: Actor, wish: NewKey) -> CreatedKey:
        """Raises a conflict when the person has a key of this name, or as many as there may be."""
        _require_person(actor.subject)
        name, key_id, client_id = require_client_name(wish.name), new_id(), new_client_id()
        if wish.mask == 0:
            raise bad_input("permissions", "must name at least one; leave them out for all that you hold.")
        secret = make_secret(CLIENT_SECRET_PREFIX)

        async def change(tx: Transaction) -> Outcome[CreatedKey]:
            place = await _place(tx, wish)
            await _require_room(tx, actor.subject, name)
            credential_id = await _add_secret(tx, actor.subject, client_id, secret)
            await store.add_key(
                tx,
                key_id=key_id,
                person_id=actor.subject.id,
                client_id=client_id,
                name=name,
                credential_id=credential_id,
                permissions=None if wish.mask is None else encode_permissions(wish.mask),
                scope_id=place.id if place else None,
                scope_code=place.code if place else None,
            )
            row = await _own(tx, actor.subject, key_id)
            told = {"credentialId": credential_id}
            if place:
                told["heldToScope"] = await scope_path(tx, place.code)
            if row["permissions"] is not None:
                told["heldToPermissions"] = row["permissions"][:_LONGEST_TOLD]
            entry = await _entry(tx, "create", row, 201, Touches(), told)
            return Outcome(entry, CreatedKey(row, secret))

        return await self._changes.apply(actor, change)

    async def regenerate(self, actor: Actor, key_id: str) -> Secret:
        """A new secret in place of the old one, which ends with every token that it earned."""
        _require_person(actor.subject)
        secret = make_secret(CLIENT_SECRET_PREFIX)

        async def change(tx: Transaction) -> Outcome[Secret]:
            await tx.grants()
            row = await _own(tx, actor.subject, key_id)
            credential_id = await _add_secret(tx, actor.subject, row["client_id"], secret)
            await store.change_secret(tx, row, credential_id)
            told = {"secret": "regenerated", "credentialId": credential_id}
            touches = Touches(credentials=(row["credential_id"], credential_id))
            return Outcome(await _entry(tx, "update", row, 200, touches, told), secret)

        return await self._changes.apply(actor, change)

    async def delete_own(self, actor: Actor, key_id: str) -> None:
        """Ends a key and every token that it earned."""
        _require_person(actor.subject)

        async def change(tx: Transaction) -> Outcome[None]:
            await tx.grants()
            return await _deletion(tx, await _own(tx, actor.subject, key_id))

        await self._changes.apply(actor, change)

    async def delete(self, actor: Actor, key_id: str) -> None:
        """Ends anybody's key, by the permission to delete keys where its person lives."""

        async def change(tx: Transaction) -> Outcome[None]:
            grants = await tx.grants()
            row = await store.find_key(tx, canonical_id(key_id))
            if row is None or not grants.allows(READ, row["home_code"]):
                raise not_found("Access key")
            if not grants.allows(DELETE, row["home_code"]):
                raise forbidden(f"You may not {DELETE} here.")
            return await _deletion(tx, row)

        await self._changes.apply(actor, change)


def _require_person(subject: Subject) -> None:
    if subject.type != USER:
        raise forbidden("Only people have access keys; a service account has secrets.")


async def _own(reader: Reader, subject: Subject, key_id: str) -> Row:
    row = await store.find_key(reader, canonical_id(key_id))
    if row is None or row["person_id"] != subject.id:
        raise not_found("Access key")
    return row


async def _place(tx: Transaction, wish: NewKey) -> Scope | None:
    """Where the key is held to; None: everywhere that its person is."""
    grants = await tx.grants()
    if wish.scope_id is None:
        if wish.scope_type is not None:
            raise bad_input("scopeId", "is required beside scopeType.")
        return None
    scope = await require_readable_scope(tx, grants, "scopeId", wish.scope_id)
    if wish.scope_type is not None and LEVEL_BY_WORD.get(wish.scope_type.lower()) is not scope.level:
        raise bad_input("scopeType", f"is {scope.level.word} for this scopeId.")
    return scope


async def _require_room(tx: Transaction, subject: Subject, name: str) -> None:
    keys = await store.keys_of(tx, subject.id)
    if any(row["name"] == name for row in keys):
        raise conflict(f"An access key of yours named {name} already exists.", field="name")
    if len(keys) >= MAX_KEYS:
        raise conflict(f"You have {MAX_KEYS} access keys, the most there can be: delete one first.")


async def _add_secret(tx: Transaction, subject: Subject, client_id: str, secret: Secret) -> str:
    return await add_credential(
        tx,
        CredentialKind.ACCESS_KEY,
        subject_type=USER,
        subject_id=subject.id,
        client_id=client_id,
        secret=secret,
        created_by_id=await actor_pk(tx, subject),
    )


async def _deletion(tx: Transaction, row: Row) -> Outcome[None]:
    await store.delete_key(tx, row)
    touches = Touches(credentials=(row["credential_id"],))
    return Outcome(await _entry(tx, "delete", row, 204, touches, {}), None)


async def _entry(
    tx: Transaction, action: str, row: Row, status: int, touches: Touches, told: Mapping[str, str]
) -> Entry:
    """A key lies where its person lives."""
    home = await scope_at(tx, row["home_code"])
    path = await scope_path(tx, home.code)
    metadata = {"clientId": row["client_id"], "person": row["created_by"], **told}
    return Entry(action, "access-key", row["id"], row["name"], home, path, status, touches, metadata)

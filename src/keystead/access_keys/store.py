"""The table of access keys. A key outlives its secret, which is a row of the table of credentials."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from keystead.changes.engine import Transaction
from keystead.credentials.store import delete_credentials
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import access_key, credential_use, org_unit, person

# What a key's answer tells: its own row, its last sign-in, its person, and the place to which it is held.
JOINED: Final = (
    access_key.join(person, person.c.id == access_key.c.person_id)
    .outerjoin(credential_use, credential_use.c.credential_id == access_key.c.credential_id)
    .outerjoin(org_unit, org_unit.c.id == access_key.c.scope_id)
)
LAST_LOGIN: Final = func.coalesce(credential_use.c.at, access_key.c.last_login_at)
SHOWN: Final = (
    *access_key.c,
    LAST_LOGIN.label("last_login"),
    person.c.email.label("created_by"),
    person.c.home_code,
    org_unit.c.level.label("scope_level"),
    org_unit.c.name.label("scope_name"),
)

_OF_PERSON = Prepared(
    select(*SHOWN)
    .select_from(JOINED)
    .where(access_key.c.person_id == bindparam("person_id"))
    .order_by(access_key.c.created_at, access_key.c.id)
)
_BY_ID = Prepared(select(*SHOWN).select_from(JOINED).where(access_key.c.id == bindparam("id")))
_ADD = Prepared(insert(access_key))
_SET_SECRET = Prepared(
    update(access_key)
    .where(access_key.c.id == bindparam("key_id"))
    .values(
        credential_id=bindparam("new_credential_id"),
        last_login_at=func.coalesce(
            select(credential_use.c.at)
            .where(credential_use.c.credential_id == access_key.c.credential_id)
            .scalar_subquery(),
            access_key.c.last_login_at,
        ),
    )
)
_DELETE = Prepared(delete(access_key).where(access_key.c.id == bindparam("key_id")))
_CREDENTIALS_OF_PERSON = Prepared(
    select(access_key.c.credential_id).where(access_key.c.person_id == bindparam("person_id"))
)
_DELETE_OF_PERSON = Prepared(delete(access_key).where(access_key.c.person_id == bindparam("person_id")))


async def keys_of(reader: Reader, person_id: str) -> Sequence[Row]:
    """A person's keys, oldest first."""
    return await reader.fetch_all(_OF_PERSON, {"person_id": person_id})


async def find_key(reader: Reader, key_id: str) -> Row | None:
    return await reader.fetch_one(_BY_ID, {"id": key_id})


async def add_key(
    tx: Transaction,
    *,
    key_id: str,
    person_id: str,
    client_id: str,
    name: str,
    credential_id: str,
    permissions: str | None,
    scope_id: str | None,
    scope_code: int | None,
) -> None:
    """`permissions` as `roles.model.encode_permissions` writes them; None for all that the person holds."""
    row = {
        "id": key_id,
        "person_id": person_id,
        "client_id": client_id,
        "name": name,
        "credential_id": credential_id,
        "permissions": permissions,
        "scope_id": scope_id,
        "scope_code": scope_code,
        "created_at": tx.now,
        "last_login_at": None,
    }
    await tx.execute(_ADD, row)


async def change_secret(tx: Transaction, row: Row, credential_id: str) -> None:
    """The key's secret from here on; the one before ends. When that was last used is kept."""
    await tx.execute(_SET_SECRET, {"key_id": row["id"], "new_credential_id": credential_id})
    await delete_credentials(tx, [row["credential_id"]])


async def delete_key(tx: Transaction, row: Row) -> None:
    await tx.execute(_DELETE, {"key_id": row["id"]})
    await delete_credentials(tx, [row["credential_id"]])


async def delete_keys_of(tx: Transaction, person_id: str) -> list[str]:
    """Ends all keys of a person; returns the ids of the credentials that ended with them."""
    rows = await tx.fetch_all(_CREDENTIALS_OF_PERSON, {"person_id": person_id})
    ended = [row["credential_id"] for row in rows]
    if ended:
        await tx.execute(_DELETE_OF_PERSON, {"person_id": person_id})
        await delete_credentials(tx, ended)
    return ended

"""The person table."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from keystead.changes.engine import Transaction
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import person
from keystead.kit.text import fold

_BY_EMAIL = Prepared(select(person).where(person.c.email_folded == bindparam("email_folded")))
_BY_ID = Prepared(select(person).where(person.c.id == bindparam("id")))
_ADD = Prepared(insert(person))
_SET_PASSWORD = Prepared(
    update(person)
    .where(person.c.id == bindparam("person_id"))
    .values(
        password_hash=bindparam("new_hash"),
        password_is_temporary=bindparam("is_temporary"),
        updated_at=bindparam("now"),
    )
)
_SIGNED_IN = Prepared(
    update(person).where(person.c.id == bindparam("person_id")).values(last_login_at=bindparam("now"))
)
_EDIT = Prepared(
    update(person)
    .where(person.c.id == bindparam("person_id"))
    .values(enabled=bindparam("now_enabled"), groups=bindparam("new_groups"), updated_at=bindparam("now"))
)
_DELETE = Prepared(delete(person).where(person.c.id == bindparam("person_id")))
_RAISE_GENERATION = Prepared(
    update(person).where(person.c.id == bindparam("person_id")).values(generation=person.c.generation + 1)
)
_FIRST = Prepared(select(person.c.id).order_by(person.c.created_at, person.c.id).limit(1))


async def find_person_by_email(reader: Reader, email: str) -> Row | None:
    """E-mails are looked up here, once, at the door; everything behind it speaks of UUIDs (access law 1)."""
    return await reader.fetch_one(_BY_EMAIL, {"email_folded": fold(email)})


async def find_person(reader: Reader, person_id: str) -> Row | None:
    return await reader.fetch_one(_BY_ID, {"id": person_id})


async def first_person_id(reader: Reader) -> str | None:
    """Whoever the first start made; None before it."""
    row = await reader.fetch_one(_FIRST)
    return None if row is None else str(row["id"])


async def is_empty(reader: Reader) -> bool:
    return await first_person_id(reader) is None


async def add_person(
    tx: Transaction,
    *,
    person_id: str,
    email: str,
    home_id: str,
    home_code: int,
    password_hash: str | None,
    created_by_id: int,
    password_is_temporary: bool = False,
    groups: Sequence[str] = (),
) -> None:
    await tx.execute(
        _ADD,
        {
            "id": person_id,
            "email": email,
            "email_folded": fold(email),
            "home_id": home_id,
            "home_code": home_code,
            "groups": encode_groups(groups),
            "enabled": True,
            "generation": 1,
            "password_hash": password_hash,
            "password_is_temporary": password_is_temporary,
            "last_login_at": None,
            "created_by_id": created_by_id,
            "created_at": tx.now,
            "updated_at": tx.now,
        },
    )


async def set_password(
    tx: Transaction, person_id: str, password_hash: str, *, is_temporary: bool = False
) -> None:
    await tx.execute(
        _SET_PASSWORD,
        {"person_id": person_id, "new_hash": password_hash, "is_temporary": is_temporary, "now": tx.now},
    )


async def note_sign_in(tx: Transaction, person_id: str) -> None:
    await tx.execute(_SIGNED_IN, {"person_id": person_id, "now": tx.now})


async def edit_person(tx: Transaction, person_id: str, *, enabled: bool, groups: Sequence[str]) -> None:
    await tx.execute(
        _EDIT,
        {
            "person_id": person_id,
            "now_enabled": enabled,
            "new_groups": encode_groups(groups),
            "now": tx.now,
        },
    )


async def delete_person(tx: Transaction, person_id: str) -> None:
    await tx.execute(_DELETE, {"person_id": person_id})


def encode_groups(groups: Sequence[str]) -> str:
    return json.dumps(list(groups), ensure_ascii=False)


async def raise_generation(tx: Transaction, person_id: str) -> None:
    """Tokens of older generations are dead from here on, and stay so."""
    await tx.execute(_RAISE_GENERATION, {"person_id": person_id})

"""The table of second factors: the secret sealed, the recovery codes as digests."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from keystead.changes.engine import Transaction
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import second_factor

_FIND = Prepared(select(second_factor).where(second_factor.c.person_id == bindparam("person_id")))
_ALL = Prepared(select(second_factor).order_by(second_factor.c.person_id))
_ADD = Prepared(insert(second_factor))
_DELETE = Prepared(delete(second_factor).where(second_factor.c.person_id == bindparam("of_person")))
_CONFIRM = Prepared(
    update(second_factor)
    .where(second_factor.c.person_id == bindparam("of_person"))
    .values(confirmed_at=bindparam("now"), last_step=bindparam("step"), recovery_digests=bindparam("digests"))
)
_TAKE_STEP = Prepared(
    update(second_factor)
    .where(second_factor.c.person_id == bindparam("of_person"))
    .values(last_step=bindparam("step"))
)
_LEAVE = Prepared(
    update(second_factor)
    .where(second_factor.c.person_id == bindparam("of_person"))
    .values(recovery_digests=bindparam("digests"))
)
_SEAL = Prepared(
    update(second_factor)
    .where(second_factor.c.person_id == bindparam("of_person"))
    .values(secret_sealed=bindparam("sealed"))
)


class Factor(NamedTuple):
    """A person's second factor. While `in_force` is false its enrolment has begun and it protects nothing."""

    person_id: str
    sealed: bytes
    in_force: bool
    last_step: int
    recovery_digests: tuple[str, ...]


def bound_to(person_id: str) -> str:
    """What a sealed secret is tied to: it opens for its person alone."""
    return f"second-factor:{person_id}"


async def find_factor(reader: Reader, person_id: str) -> Factor | None:
    row = await reader.fetch_one(_FIND, {"person_id": person_id})
    if row is None:
        return None
    return Factor(
        row["person_id"],
        bytes(row["secret_sealed"]),
        row["confirmed_at"] is not None,
        row["last_step"],
        tuple(json.loads(row["recovery_digests"])),
    )


async def factor_in_force(reader: Reader, person_id: str) -> Factor | None:
    factor = await find_factor(reader, person_id)
    return factor if factor is not None and factor.in_force else None


async def begin_factor(tx: Transaction, person_id: str, sealed: bytes) -> None:
    """Takes the place of one that was begun before. Never called where one is in force."""
    await delete_factor(tx, person_id)
    await tx.execute(
        _ADD,
        {
            "person_id": person_id,
            "secret_sealed": sealed,
            "confirmed_at": None,
            "last_step": 0,
            "recovery_digests": "[]",
            "created_at": tx.now,
        },
    )


async def confirm_factor(tx: Transaction, person_id: str, step: int, digests: Sequence[str]) -> None:
    await tx.execute(
        _CONFIRM,
        {"of_person": person_id, "now": tx.now, "step": step, "digests": json.dumps(list(digests))},
    )


async def take_step(tx: Transaction, person_id: str, step: int) -> None:
    """No code of this step or an older one is good from here on."""
    await tx.execute(_TAKE_STEP, {"of_person": person_id, "step": step})


async def leave_recovery_codes(tx: Transaction, person_id: str, digests: Sequence[str]) -> None:
    await tx.execute(_LEAVE, {"of_person": person_id, "digests": json.dumps(list(digests))})


async def delete_factor(tx: Transaction, person_id: str) -> bool:
    """Whether there was one, in force or begun."""
    return await tx.execute(_DELETE, {"of_person": person_id}) > 0


async def sealed_secrets(reader: Reader) -> list[tuple[str, bytes]]:
    """Every person's sealed secret, for the exchange of the master key."""
    return [(row["person_id"], bytes(row["secret_sealed"])) for row in await reader.fetch_all(_ALL)]


async def replace_sealed(tx: Transaction, person_id: str, sealed: bytes) -> None:
    await tx.execute(_SEAL, {"of_person": person_id, "sealed": sealed})

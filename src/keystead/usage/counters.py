"""Counters by the day: what each account did, and what all accounts of a place did together.

A day is one in UTC, counted from 1970-01-01. An account's rows from before it was made are another's whose key it was
given, and are never read.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects.postgresql import insert as upsert

from keystead.db.connection import Connection, Prepared
from keystead.db.schema import usage_day, usage_home_day
from keystead.kit.clock import DAY

KEPT_DAYS: Final = 400


class Attempt(NamedTuple):
    """A sign-in of an account that exists, right or wrong."""

    at: int
    account_pk: int
    home_code: int
    succeeded: bool


def day_of(moment: int) -> int:
    return moment // DAY


def _adding(table: Table, keys: Sequence[str]) -> Prepared:
    names = (*keys, "tokens", "refused")
    row = upsert(table).values({name: bindparam(name) for name in names})
    sums = {name: table.c[name] + row.excluded[name] for name in ("tokens", "refused")}
    return Prepared(row.on_conflict_do_update(index_elements=list(keys), set_=sums))


_ADD_TO_ACCOUNT: Final = _adding(usage_day, ("day", "account_pk"))
_ADD_TO_HOME: Final = _adding(usage_home_day, ("day", "home_code", "shard"))


async def count(connection: Connection, attempts: Iterable[Attempt], shard: int) -> None:
    """Rows by ascending key, so that two processes do not wait for each other in a ring."""
    by_account: dict[tuple[int, int], list[int]] = {}
    by_home: dict[tuple[int, int], list[int]] = {}
    for one in attempts:
        day = day_of(one.at)
        place = 0 if one.succeeded else 1
        by_account.setdefault((day, one.account_pk), [0, 0])[place] += 1
        by_home.setdefault((day, one.home_code), [0, 0])[place] += 1
    accounts: list[Mapping[str, int]] = [
        {"day": day, "account_pk": pk, "tokens": tokens, "refused": refused}
        for (day, pk), (tokens, refused) in sorted(by_account.items())
    ]
    homes: list[Mapping[str, int]] = [
        {"day": day, "home_code": code, "shard": shard, "tokens": tokens, "refused": refused}
        for (day, code), (tokens, refused) in sorted(by_home.items())
    ]
    await connection.execute_many(_ADD_TO_ACCOUNT, accounts)
    await connection.execute_many(_ADD_TO_HOME, homes)

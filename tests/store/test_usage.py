"""Counters in the database: what a batch adds, and how they are forgotten."""

import asyncio

from sqlalchemy import select

from keystead.changes.model import NO_ORIGIN, Origin
from keystead.db.connection import Connection, Database
from keystead.db.schema import usage_day, usage_home_day
from keystead.kit.clock import DAY
from keystead.usage.counters import KEPT_DAYS, Attempt, count, day_of
from keystead.usage.pruning import UsagePruning
from keystead.usage.recorder import SignIn, UsageRecorder
from tests.store.ground import ManualClock


def attempt(account_pk: int | None, home: int = 0, *, succeeded: bool = True) -> SignIn:
    return SignIn(
        "service-account",
        f"id-{account_pk}",
        f"name-{account_pk}",
        account_pk,
        home,
        None,
        succeeded,
        200 if succeeded else 401,
        NO_ORIGIN,
    )


async def by_account(database: Database) -> list[tuple[int, ...]]:
    rows = await database.scan(select(usage_day).order_by(usage_day.c.day, usage_day.c.account_pk))
    return [(row["day"], row["account_pk"], row["tokens"], row["refused"]) for row in rows]


async def by_home(database: Database) -> list[tuple[int, ...]]:
    table = usage_home_day
    rows = await database.scan(select(table).order_by(table.c.day, table.c.home_code, table.c.shard))
    return [tuple(row[name] for name in ("day", "home_code", "shard", "tokens", "refused")) for row in rows]


async def test_batches_add_up_in_a_row_a_day(database: Database, clock: ManualClock) -> None:
    recorder = UsageRecorder(database, clock)
    today = day_of(clock.now())
    for _ in range(2):
        await asyncio.gather(
            recorder.sign_in(attempt(1, 7)),
            recorder.sign_in(attempt(1, 7)),
            recorder.sign_in(attempt(2, 7)),
            recorder.sign_in(attempt(3, 8, succeeded=False)),
        )
    assert await by_account(database) == [(today, 1, 4, 0), (today, 2, 2, 0), (today, 3, 0, 2)]
    assert await by_home(database) == [(today, 7, 0, 6, 0), (today, 8, 0, 0, 2)]
    clock.time += DAY
    await recorder.sign_in(attempt(1, 7))
    assert (await by_account(database))[-1] == (today + 1, 1, 1, 0)


async def test_people_and_unknown_clients_are_nobody_s_account(
    database: Database, clock: ManualClock
) -> None:
    recorder = UsageRecorder(database, clock)
    await recorder.sign_in(attempt(None))
    await recorder.refused("192.0.2.7")
    assert await by_account(database) == await by_home(database) == []


async def test_processes_count_homes_apart_and_accounts_together(
    database: Database, clock: ManualClock
) -> None:
    today = day_of(clock.now())
    recorders = [UsageRecorder(database, clock, shard) for shard in (3, 4)]
    await asyncio.gather(*(one.sign_in(attempt(1, 7)) for one in recorders for _ in range(3)))
    assert await by_account(database) == [(today, 1, 6, 0)]
    assert await by_home(database) == [(today, 7, 3, 3, 0), (today, 7, 4, 3, 0)]


async def test_a_day_begins_at_midnight_in_utc(database: Database, clock: ManualClock) -> None:
    midnight = 20_000 * DAY
    for moment in (midnight - 1, midnight):
        clock.time = moment
        await UsageRecorder(database, clock).sign_in(attempt(1))
    assert [row[0] for row in await by_account(database)] == [19_999, 20_000]


async def test_the_past_is_counted_on_its_own_days(database: Database, clock: ManualClock) -> None:
    origin = Origin("192.0.2.7", "POST", "/", "r")
    events = [(day * DAY, attempt(1)._replace(origin=origin)) for day in (5, 9, 9)]
    await UsageRecorder(database, clock).sign_ins_of_the_past(events)
    assert await by_account(database) == [(5, 1, 1, 0), (9, 1, 2, 0)]


async def test_old_counts_are_forgotten_in_small_steps_the_oldest_first(
    database: Database, clock: ManualClock
) -> None:
    kept = day_of(clock.now()) - KEPT_DAYS + 1
    attempts = [Attempt(day * DAY, pk, pk, True) for day in (kept - 2, kept - 1, kept) for pk in range(1, 6)]

    async def fill(connection: Connection) -> None:
        await count(connection, attempts, 0)
        await count(connection, attempts, 1)

    await database.record(fill)
    pruning = UsagePruning(database, clock, rows_at_once=3)
    left = []
    for _ in range(6):
        left.append([(row[0] - kept, row[1]) for row in await by_account(database) if row[0] < kept])
        await pruning.tend()
    whole = [(day, pk) for day in (-2, -1) for pk in range(1, 6)]
    assert left == [whole, whole[3:], whole[5:], whole[8:], [], []]
    assert [row[0] for row in await by_account(database)] == [kept] * 5
    for _ in range(10):
        await pruning.tend()
    assert {row[0] for row in await by_home(database)} == {kept}
    assert len(await by_home(database)) == 10

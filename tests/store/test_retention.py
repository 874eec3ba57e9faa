"""Old entries are removed in steps, and the chain goes on to hold, from a beginning for which it vouches itself."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from sqlalchemy import delete, func, insert, select, update

from keystead.audit import retention
from keystead.audit.retention import Retention
from keystead.changes.engine import ChangeEngine
from keystead.changes.feed import Feed
from keystead.changes.others import ChangesOfOthers
from keystead.changes.verify import Break, Intact, read_checkpoint, verify
from keystead.db.connection import Connection, Database
from keystead.db.schema import audit_checkpoint, change_entry, refused_client, sign_in
from keystead.kit.clock import DAY
from tests.store.ground import ADMINISTRATOR, ManualClock, note
from tests.store.test_audit_log import SIGN_IN

DAYS: Final = 30


@pytest.fixture
def retain(database: Database, engine: ChangeEngine, clock: ManualClock) -> Retention:
    return Retention(database, engine, clock, DAYS, rows_a_step=3, pause=0)


@pytest.fixture
async def months(database: Database, engine: ChangeEngine, clock: ManualClock) -> Database:
    """Ten entries, one every five days, the last one today; and so many sign-ins and refusals."""
    start = clock.time

    async def usage(connection: Connection) -> None:
        for number in range(10):
            at = start + number * 5 * DAY
            await connection.insert(insert(sign_in).values(SIGN_IN | {"at": at}))
            for address in ("192.0.2.1", "192.0.2.2"):
                await connection.execute(
                    insert(refused_client).values(hour=at, source_ip=address, attempts=1)
                )

    await database.write(usage)
    for number in range(10):
        clock.time = start + number * 5 * DAY
        await engine.apply(ADMINISTRATOR, note(f"note-{number}"))
    return database


async def versions(database: Database) -> list[int]:
    rows = await database.fetch_all(select(change_entry.c.version).order_by(change_entry.c.version))
    return [row["version"] for row in rows]


async def number_of(database: Database, table: Any) -> int:
    return int((await database.fetch_all(select(func.count()).select_from(table)))[0][0])


async def newest(database: Database) -> Any:
    return await database.fetch_one(select(change_entry).order_by(change_entry.c.version.desc()).limit(1))


async def test_what_is_too_old_goes_and_the_chain_holds(months: Database, retain: Retention) -> None:
    before = await months.fetch_all(select(change_entry).order_by(change_entry.c.version))
    await retain.tend()
    # Of 0, 5, … 45 days the first three are older than 30 days, of which days are counted whole.
    assert await versions(months) == [4, 5, 6, 7, 8, 9, 10, 11]
    checkpoint = await read_checkpoint(months)
    assert (checkpoint.version, checkpoint.hash) == (3, before[2]["hash"])
    entry = await newest(months)
    assert (entry["action"], entry["entity_type"], entry["entity_id"]) == ("delete", "audit-log", "3")
    assert entry["actor_type"] == "system"
    assert await verify(months) == Intact(11, entry["hash"], 3)
    assert await number_of(months, sign_in) == 7
    assert await number_of(months, refused_client) == 14


async def test_the_next_look_finds_nothing_to_do(months: Database, retain: Retention) -> None:
    await retain.tend()
    await retain.tend()
    assert await versions(months) == [4, 5, 6, 7, 8, 9, 10, 11]


async def test_the_chain_is_cut_again_and_again(
    months: Database, engine: ChangeEngine, retain: Retention, clock: ManualClock
) -> None:
    for number in range(8):
        await retain.tend()
        clock.time += 7 * DAY
        await engine.apply(ADMINISTRATOR, note(f"later-{number}"))
        assert isinstance(await verify(months, 2), Intact)
    left = await versions(months)
    assert left == list(range(left[0], left[-1] + 1))
    assert left[0] > 11
    rows = await months.fetch_all(select(change_entry.c.at))
    assert min(row["at"] for row in rows) >= clock.time - (DAYS + 8) * DAY


async def test_a_chain_may_be_all_of_entries_that_are_too_old(
    months: Database, retain: Retention, clock: ManualClock
) -> None:
    clock.time += 100 * DAY
    await retain.tend()
    assert await versions(months) == [11]
    assert isinstance(await verify(months), Intact)
    # The entry that says so is not worth another, however old it grows.
    clock.time += 100 * DAY
    await retain.tend()
    assert await versions(months) == [11]


async def test_without_a_retention_everything_stays(
    months: Database, engine: ChangeEngine, clock: ManualClock
) -> None:
    clock.time += 10_000 * DAY
    await Retention(months, engine, clock, 0).tend()
    assert await versions(months) == list(range(1, 11))
    assert await number_of(months, sign_in) == 10


async def test_what_was_begun_is_finished_by_whoever_comes_next(
    months: Database, engine: ChangeEngine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped right after the checkpoint moved: the chain holds already, and the rows go the next time."""
    stopped = Retention(months, engine, clock, DAYS)

    async def stop(*_: object) -> None:
        raise InterruptedError

    monkeypatch.setattr(stopped, "_delete", stop)
    with pytest.raises(InterruptedError):
        await stopped.tend()
    assert await versions(months) == list(range(1, 12))
    found = await verify(months)
    assert found == Intact(11, (await newest(months))["hash"], 3)
    # Also when nothing more is to be removed by then.
    await Retention(months, engine, clock, 0, pause=0).tend()
    assert await versions(months) == list(range(4, 12))
    assert await verify(months) == found


async def test_of_two_processes_one_is_faster(
    months: Database, engine: ChangeEngine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one looked before, and finds inside its change that there is nothing left to do."""
    real, looks = retention._next_checkpoint, list[object]()

    async def look(reader: Any, cutoff: int) -> Any:
        found = await real(reader, cutoff)
        looks.append(found)
        if len(looks) == 1:
            await Retention(months, engine, clock, DAYS, pause=0).tend()
        return found

    monkeypatch.setattr(retention, "_next_checkpoint", look)
    await Retention(months, engine, clock, DAYS, pause=0).tend()
    assert await versions(months) == list(range(4, 12))
    assert isinstance(await verify(months), Intact)


async def test_a_step_is_small(months: Database, retain: Retention, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    record = months.record

    async def counted(job: Any) -> Any:
        sizes.append(await record(job))
        return sizes[-1]

    monkeypatch.setattr(months, "record", counted)
    await retain.tend()
    assert sum(sizes) == 3 + 3 + 6
    assert max(sizes) == 3


async def tamper(database: Database, *statements: Any) -> Intact | Break:
    async def job(connection: Connection) -> None:
        for statement in statements:
            await connection.execute(statement)

    await database.write(job)
    return await verify(database)


async def cut(database: Database, at: int) -> Sequence[Any]:
    """What somebody with the database in hand does to have the first entries forgotten."""
    row = await database.fetch_one(select(change_entry).where(change_entry.c.version == at))
    assert row is not None
    return (
        insert(audit_checkpoint).values(id=1, version=at, hash=row["hash"], at=row["at"]),
        delete(change_entry).where(change_entry.c.version <= at),
    )


async def test_a_beginning_that_the_chain_does_not_vouch_for_is_a_break(months: Database) -> None:
    assert await tamper(months, *await cut(months, 4)) == Break(
        4, "no entry says that the entries up to here were removed"
    )


@pytest.mark.parametrize("values", [{"version": 5}, {"hash": bytes(32)}])
async def test_the_checkpoint_cannot_be_edited(
    months: Database, retain: Retention, values: dict[str, Any]
) -> None:
    await retain.tend()
    assert isinstance(await tamper(months, update(audit_checkpoint).values(values)), Break)


async def test_a_checkpoint_cannot_be_moved_to_an_entry_that_nothing_vouches_for(
    months: Database, retain: Retention
) -> None:
    await retain.tend()
    row = await months.fetch_one(select(change_entry).where(change_entry.c.version == 6))
    assert row is not None
    moved = update(audit_checkpoint).values(version=6, hash=row["hash"])
    assert await tamper(months, moved, delete(change_entry).where(change_entry.c.version <= 6)) == Break(
        6, "no entry says that the entries up to here were removed"
    )


async def test_what_is_left_cannot_be_edited_or_removed(months: Database, retain: Retention) -> None:
    await retain.tend()
    edit = update(change_entry).where(change_entry.c.version == 7).values(actor_name="somebody else")
    found = await tamper(months, edit)
    assert isinstance(found, Break)
    assert found.version == 7


async def test_the_first_entry_that_is_left_cannot_be_removed(months: Database, retain: Retention) -> None:
    await retain.tend()
    removed = delete(change_entry).where(change_entry.c.version == 4)
    assert await tamper(months, removed) == Break(4, "the entry is missing")


async def test_without_its_checkpoint_a_chain_that_was_cut_is_broken(
    months: Database, retain: Retention
) -> None:
    await retain.tend()
    assert await tamper(months, delete(audit_checkpoint)) == Break(1, "the entry is missing")


async def test_entries_that_go_while_the_chain_is_walked_are_no_break(
    months: Database, engine: ChangeEngine, clock: ManualClock
) -> None:
    class Meanwhile:
        """A reader under whose hands the first entries go, between its look at the checkpoint and its walk."""

        def __init__(self) -> None:
            self.done = False

        async def fetch_one(self, *arguments: Any) -> Any:
            return await months.fetch_one(*arguments)

        async def scan(self, *arguments: Any) -> Any:
            if not self.done:
                self.done = True
                await Retention(months, engine, clock, DAYS, pause=0).tend()
            return await months.scan(*arguments)

    found = await verify(Meanwhile())  # type: ignore[arg-type]
    assert found == Intact(11, (await newest(months))["hash"], 3)


async def test_another_process_that_was_far_behind_forgets_everything(
    months: Database, engine: ChangeEngine, retain: Retention
) -> None:
    """Its caches cannot be told what concerned them: those entries are gone."""
    behind, dropped = Feed(2, ChangesOfOthers(months)), list[bool]()
    behind.subscribe(lambda touches: dropped.append(bool(touches.everything)))
    await retain.tend()
    await behind.current()
    assert dropped == [True]
    assert behind.version == 11

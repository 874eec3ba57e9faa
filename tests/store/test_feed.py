"""Freshness where others change the same database: caches have heard of what they acknowledged when they are asked."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import pytest
from sqlalchemy import delete, update

from keystead.changes import feed as feeds
from keystead.changes.engine import ChangeEngine
from keystead.changes.feed import Feed
from keystead.changes.model import Applied, Touches
from keystead.changes.others import ChangesOfOthers, touches_of
from keystead.db.connection import Connection
from keystead.db.postgres import PostgresDatabase
from keystead.db.schema import change_entry, change_head
from keystead.kit.secret import Secret
from tests.store.ground import ADMINISTRATOR, ManualClock, add_tenant, holds_nothing, note


class Process(NamedTuple):
    """As much of a replica as makes changes and hears of them."""

    database: PostgresDatabase
    engine: ChangeEngine
    feed: Feed
    heard: list[str]

    async def change(self, *names: str) -> None:
        await asyncio.gather(*(self.engine.apply(ADMINISTRATOR, note(name)) for name in names))

    async def now_knows(self) -> list[str]:
        """What it has heard of since it was asked the last time."""
        await self.feed.current()
        found, self.heard[:] = list(self.heard), []
        return found


@pytest.fixture
async def processes(postgres_dsn: Secret) -> AsyncIterator[tuple[Process, Process]]:
    made = []
    for number in range(2):
        database = await PostgresDatabase.open(postgres_dsn)
        if number == 0:
            await database.write(add_tenant)
        feed, heard = Feed(0, ChangesOfOthers(database)), list[str]()
        feed.subscribe(
            lambda touches, heard=heard: heard.extend(touches.subjects or ["everything"])  # type: ignore[misc]
        )
        made.append(
            Process(database, ChangeEngine(database, feed, ManualClock(), holds_nothing), feed, heard)
        )
    yield made[0], made[1]
    for process in made:
        await process.database.close()


async def test_what_one_acknowledged_the_other_knows_when_it_is_asked(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    for number in range(20):
        await one.change(f"a{number}")
        assert await other.now_knows() == [f"a{number}"]
        await other.change(f"b{number}")
        assert f"b{number}" in await one.now_knows()
        other.heard.clear()
    assert one.feed.version == 40


async def test_both_change_at_once_and_both_know_all_of_it(processes: tuple[Process, Process]) -> None:
    one, other = processes
    names = [f"{who}{number}" for who in "ab" for number in range(100)]
    await asyncio.gather(one.change(*names[:100]), other.change(*names[100:]))
    for process in processes:
        assert set(await process.now_knows()) == set(names)
        assert process.feed.version == 200


async def test_a_change_of_ours_behind_one_of_theirs_does_not_hide_theirs(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    await one.change("theirs")
    await other.change("ours")
    assert other.heard == ["ours"]
    assert other.feed.version == 0
    assert "theirs" in await other.now_knows()
    assert other.feed.version == 2


async def test_who_is_too_far_behind_forgets_everything(
    processes: tuple[Process, Process], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = processes
    monkeypatch.setattr(feeds, "MOST_AT_ONCE", 10)
    await one.change(*(f"note-{number}" for number in range(30)))
    assert await other.now_knows() == ["everything"]
    await one.change("later")
    assert await other.now_knows() == ["later"]


async def rewrite_history(process: Process, newest: int) -> None:
    """As a backup does, or a standby that had not yet heard of the newest changes."""

    async def job(connection: Connection) -> None:
        await connection.execute(delete(change_entry).where(change_entry.c.version > newest))
        entry = await connection.fetch_one(change_entry.select().where(change_entry.c.version == newest))
        assert entry is not None
        await connection.execute(update(change_head).values(version=newest, hash=entry["hash"]))

    await process.database.write(job)


@pytest.mark.parametrize("since", [0, 1, 2, 3])
async def test_a_database_that_lost_changes_is_noticed_however_far_it_has_come_since(
    since: int, processes: tuple[Process, Process]
) -> None:
    one, other = processes
    await one.change("kept")
    await one.change("lost")
    await one.change("lost too")
    assert await other.now_knows() == ["kept", "lost", "lost too"]
    await rewrite_history(one, 1)
    for number in range(since):
        await one.change(f"another-{number}")
    assert await other.now_knows() == ["everything"]
    assert other.feed.version == 1 + since
    await one.change("last")
    assert await other.now_knows() == ["last"]


async def test_entries_that_are_not_kept_any_more_are_not_taken_for_nothing(
    processes: tuple[Process, Process],
) -> None:
    one, other = processes
    await one.change("first")
    await other.feed.current()
    await one.change("second")
    await one.change("third")

    async def prune(connection: Connection) -> None:
        await connection.execute(delete(change_entry).where(change_entry.c.version < 3))

    await one.database.write(prune)
    other.heard.clear()
    assert await other.now_knows() == ["everything"]
    assert other.feed.version == 3


def test_a_key_of_a_newer_program_makes_an_older_one_forget_everything() -> None:
    assert touches_of('{"subjects":["a"]}') == Touches(subjects=("a",))
    assert touches_of('{"subjects":["a"],"planets":["b"]}').everything


class ByHand:
    """Others whose answers a test gives, one by one."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers: asyncio.Queue[Sequence[Applied]] = asyncio.Queue()

    async def since(self, version: int, most: int) -> Sequence[Applied]:
        self.asked += 1
        return await self.answers.get()

    async def newest(self) -> Applied:
        raise AssertionError


async def turns(number: int = 10) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_one_read_answers_all_that_wait_and_only_those_who_asked_before_it_began() -> None:
    others = ByHand()
    feed = Feed(0, others)
    early = [asyncio.create_task(feed.current()) for _ in range(50)]
    await turns()
    assert others.asked == 1
    late = [asyncio.create_task(feed.current()) for _ in range(50)]
    await turns()
    assert others.asked == 1, "the next read begins behind the one under way"
    others.answers.put_nowait([])
    await asyncio.gather(*early)
    await turns()
    assert others.asked == 2
    assert not any(task.done() for task in late), "what was read before they asked is no answer to them"
    others.answers.put_nowait([Applied(1, Touches(), b"")])
    await asyncio.gather(*late)
    assert feed.version == 1


async def test_whoever_goes_away_takes_no_read_from_the_others() -> None:
    others = ByHand()
    feed = Feed(0, others)
    gone, stays = asyncio.create_task(feed.current()), asyncio.create_task(feed.current())
    await turns()
    gone.cancel()
    await turns()
    others.answers.put_nowait([])
    await stays
    assert gone.cancelled()
    assert others.asked == 1


async def test_a_read_that_fails_fails_those_who_waited_for_it_and_nobody_after_them() -> None:
    class Failing(ByHand):
        async def since(self, version: int, most: int) -> Sequence[Applied]:
            if not self.asked:
                self.asked += 1
                raise ConnectionError
            return await super().since(version, most)

    feed = Feed(0, others := Failing())
    with pytest.raises(ConnectionError):
        await feed.current()
    others.answers.put_nowait([])
    await feed.current()


def test_a_read_that_fails_when_everything_ends_is_missed_by_nobody() -> None:
    loop, complaints = asyncio.new_event_loop(), list[dict[str, object]]()
    loop.set_exception_handler(lambda _, context: complaints.append(context))

    class Ending(ByHand):
        async def since(self, version: int, most: int) -> Sequence[Applied]:
            loop.stop()
            raise ConnectionError

    asking = loop.create_task(Feed(0, Ending()).current())
    loop.run_forever()
    loop.close()
    del asking
    gc.collect()
    assert not [one for one in complaints if "never retrieved" in str(one["message"])]

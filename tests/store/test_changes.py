"""The change: whole or not at all, in the log, permitted, and known to every cache before it is acknowledged."""

import asyncio
import json
import random
from functools import partial

import pytest
from sqlalchemy import func, select, update

from keystead.authz.policy import Grants
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.feed import Feed
from keystead.changes.model import NO_ORIGIN, SYSTEM, Actor, Entry, Touches
from keystead.changes.verify import Intact, verify
from keystead.db.connection import Connection, Database, Row
from keystead.db.schema import actor, change_entry, change_head
from keystead.kit.errors import KeysteadError, Kind, conflict, unauthenticated
from tests.store.ground import ADMINISTRATOR, TENANT, ManualClock, entry_about, note, write_note


async def entries(database: Database) -> list[Row]:
    return list(await database.fetch_all(select(change_entry).order_by(change_entry.c.version)))


async def head(database: Database) -> Row:
    found = await database.fetch_one(select(change_head))
    assert found is not None
    return found


async def require_nothing_kept(database: Database) -> None:
    assert await entries(database) == []
    assert (await head(database))["version"] == 0
    written = await database.fetch_one(select(func.count()).select_from(actor))
    assert written is not None
    assert written[0] == 0


async def test_a_change_and_its_entry_are_written_together(
    engine: ChangeEngine, database: Database, clock: ManualClock
) -> None:
    assert await engine.apply(ADMINISTRATOR, note("ci-pipeline")) == 1
    [entry] = await entries(database)
    assert {
        name: entry[name] for name in ("version", "at", "action", "entity_name", "status", "scope_path")
    } == {
        "version": 1,
        "at": clock.time,
        "action": "create",
        "entity_name": "ci-pipeline",
        "status": 201,
        "scope_path": "Tenant",
    }
    assert (entry["actor_type"], entry["actor_id"]) == ("user", ADMINISTRATOR.subject.id)
    assert (
        entry["source_ip"],
        entry["http_method"],
        entry["url"],
        entry["request_id"],
    ) == ADMINISTRATOR.origin
    assert json.loads(entry["metadata"]) == {"kind": "note"}
    assert json.loads(entry["touches"]) == {"subjects": ["ci-pipeline"]}
    assert (await head(database))["hash"] == entry["hash"]


async def test_a_change_that_fails_leaves_neither_rows_nor_entry_nor_version(
    engine: ChangeEngine, database: Database, feed: Feed
) -> None:
    async def change(transaction: Transaction) -> Outcome[int]:
        await note("one")(transaction)
        raise conflict("It already exists.")

    with pytest.raises(KeysteadError, match="already exists"):
        await engine.apply(ADMINISTRATOR, change)
    await require_nothing_kept(database)
    assert feed.version == 0
    await engine.apply(ADMINISTRATOR, note("two"))
    assert [entry["version"] for entry in await entries(database)] == [1]


async def test_an_entry_for_a_change_that_wrote_nothing_is_refused(
    engine: ChangeEngine, database: Database
) -> None:
    async def change(transaction: Transaction) -> Outcome[None]:
        await transaction.grants()
        await transaction.execute(update(actor).where(actor.c.name == "nobody").values(name="somebody"))
        await transaction.execute_many(update(actor).values(name="x"), [])
        return Outcome(entry_about("one"), None)

    with pytest.raises(RuntimeError, match="wrote nothing"):
        await engine.apply(ADMINISTRATOR, change)
    await require_nothing_kept(database)


async def test_a_change_without_an_entry_is_refused(engine: ChangeEngine, database: Database) -> None:
    async def change(transaction: Transaction) -> Outcome[int]:
        await transaction.grants()
        return Outcome(None, await write_note(transaction, "one"))  # type: ignore[arg-type]

    with pytest.raises(TypeError, match="Outcome"):
        await engine.apply(ADMINISTRATOR, change)
    await require_nothing_kept(database)


async def test_a_change_that_never_asked_for_authority_is_refused(
    engine: ChangeEngine, database: Database
) -> None:
    async def change(transaction: Transaction) -> Outcome[int]:
        return Outcome(entry_about("one"), await write_note(transaction, "one"))

    with pytest.raises(RuntimeError, match="nobody checked whether the actor may create this note"):
        await engine.apply(ADMINISTRATOR, change)
    await require_nothing_kept(database)
    await engine.apply(Actor(SYSTEM, NO_ORIGIN), change)  # Keystead itself needs none


async def test_metadata_is_at_most_ten_strings(engine: ChangeEngine, database: Database) -> None:
    for metadata in ({str(n): "x" for n in range(11)}, {"count": 3}):

        async def change(transaction: Transaction, metadata: object = metadata) -> Outcome[int]:
            await transaction.grants()
            key = await write_note(transaction, "one")
            return Outcome(
                Entry("create", "note", "1", "1", TENANT, "", 201, Touches(), metadata),  # type: ignore[arg-type]
                key,
            )

        with pytest.raises(TypeError, match="at most 10 strings"):
            await engine.apply(ADMINISTRATOR, change)
    await require_nothing_kept(database)


async def test_authority_is_read_inside_the_change_and_behind_the_changes_before_it(
    database: Database, feed: Feed, clock: ManualClock
) -> None:
    async def alive_until_revoked(connection: Connection, actor_: Actor, now: int) -> Grants:
        if await connection.fetch_one(select(actor.c.pk).where(actor.c.name == "revoked")):
            raise unauthenticated("The credential was revoked.")
        return Grants(())

    engine = ChangeEngine(database, feed, clock, alive_until_revoked)
    first, second = await asyncio.gather(
        engine.apply(Actor(SYSTEM, NO_ORIGIN), note("revoked")),
        engine.apply(ADMINISTRATOR, note("too late")),
        return_exceptions=True,
    )
    assert first == 1
    assert isinstance(second, KeysteadError)
    assert second.kind is Kind.UNAUTHENTICATED
    assert [entry["entity_name"] for entry in await entries(database)] == ["revoked"]


async def test_versions_have_no_gaps_however_many_changes_run_and_fail_at_once(
    engine: ChangeEngine, database: Database, feed: Feed
) -> None:
    told: list[str] = []
    feed.subscribe(lambda touches: told.extend(touches.subjects))
    chance = random.Random(3)

    async def change(name: str, transaction: Transaction) -> Outcome[int]:
        outcome = await note(name)(transaction)
        if chance.random() < 0.3:
            raise conflict("It already exists.")
        return outcome

    results = await asyncio.gather(
        *(engine.apply(ADMINISTRATOR, partial(change, f"note-{n}")) for n in range(300)),
        return_exceptions=True,
    )
    made = [f"note-{n}" for n, result in enumerate(results) if not isinstance(result, BaseException)]
    assert 0 < len(made) < 300
    found = await entries(database)
    assert [entry["version"] for entry in found] == list(range(1, len(made) + 1))
    assert [entry["entity_name"] for entry in found] == made == told
    assert feed.version == len(made)
    assert await verify(database) == Intact(len(made), found[-1]["hash"])


async def test_every_cache_hears_of_a_change_before_it_is_acknowledged(
    engine: ChangeEngine, feed: Feed
) -> None:
    happened: list[str] = []
    feed.subscribe(lambda touches: happened.append(f"first {touches.subjects[0]}"))
    feed.subscribe(lambda touches: happened.append(f"second {touches.subjects[0]}"))
    await engine.apply(ADMINISTRATOR, note("one"))
    happened.append("acknowledged")
    assert happened == ["first one", "second one", "acknowledged"]


async def test_caches_hear_of_a_change_whose_requester_has_gone(engine: ChangeEngine, feed: Feed) -> None:
    told: list[str] = []
    feed.subscribe(lambda touches: told.extend(touches.subjects))
    asking = asyncio.create_task(engine.apply(ADMINISTRATOR, note("one")))
    await asyncio.sleep(0)
    asking.cancel()
    await engine.apply(ADMINISTRATOR, note("two"))
    assert asking.cancelled()
    assert told == ["one", "two"]


async def test_a_cache_that_fails_keeps_no_other_from_hearing(engine: ChangeEngine, feed: Feed) -> None:
    told: list[str] = []

    def fail(touches: Touches) -> None:
        raise LookupError("a defect")

    feed.subscribe(fail)
    feed.subscribe(lambda touches: told.extend(touches.subjects))
    with pytest.raises(ExceptionGroup, match="change 1"):
        await engine.apply(ADMINISTRATOR, note("one"))
    assert (told, feed.version) == (["one"], 1)


async def test_time_never_runs_backwards_in_the_chain(
    engine: ChangeEngine, database: Database, clock: ManualClock
) -> None:
    start = clock.time
    for moved in (0, 5, -3_600_000_000, 6):
        clock.time = start + moved
        await engine.apply(ADMINISTRATOR, note(f"at {moved}"))
    assert [entry["at"] - start for entry in await entries(database)] == [0, 5, 5, 6]


async def test_a_database_without_a_head_takes_no_change(engine: ChangeEngine, database: Database) -> None:
    async def behead(connection: Connection) -> None:
        await connection.execute(change_head.delete())

    await database.write(behead)
    with pytest.raises(RuntimeError, match="change_head"):
        await engine.apply(ADMINISTRATOR, note("one"))
    assert await entries(database) == []

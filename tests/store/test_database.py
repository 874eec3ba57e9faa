"""What every engine keeps: the contract of `db.connection.Database`."""

import asyncio
import contextvars

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, update

from keystead.db.connection import Connection, Database, Job, Prepared
from keystead.db.schema import actor
from keystead.kit.errors import KeysteadError, Kind, conflict

ADD = Prepared(insert(actor).values(subject_id=bindparam("id"), name=bindparam("label"), name_folded=""))
NAMES = select(actor.c.name).order_by(actor.c.pk)


async def names(database: Database) -> list[str]:
    return [row["name"] for row in await database.fetch_all(NAMES)]


def adding(name: str, error: Exception | None = None) -> Job[int]:
    """A job that writes one row, and then fails if there is an error to fail with."""

    async def job(connection: Connection) -> int:
        key = await connection.insert(ADD, {"id": name, "label": name})
        if error is not None:
            raise error
        return key

    return job


KEYS = select(actor.c.pk).order_by(actor.c.name.desc())


async def test_keys_are_scanned_in_order_and_kept_as_numbers_alone(database: Database) -> None:
    made = [await database.write(adding(name)) for name in ("a", "b", "c")]
    found = await database.scan_keys(KEYS)
    assert (found.typecode, found.tolist()) == ("q", made[::-1])
    assert not await database.scan_keys(KEYS.where(actor.c.name == "nobody"))

    async def job(connection: Connection) -> list[int]:
        await connection.insert(ADD, {"id": "d", "label": "d"})
        return (await connection.scan_keys(KEYS)).tolist()

    assert len(await database.write(job)) == 4


async def test_a_write_is_read_by_everyone_once_it_returned(database: Database) -> None:
    key = await database.write(adding("one"))
    found = await database.fetch_one(select(actor.c.pk, actor.c.name))
    assert found is not None
    assert (found["pk"], found["name"], found[1]) == (key, "one", "one")
    assert len(await database.scan(NAMES)) == 1


async def test_a_job_reads_what_it_wrote_and_nobody_else_does_before_the_commit(database: Database) -> None:
    seen: list[int] = []

    async def job(connection: Connection) -> None:
        await connection.insert(ADD, {"id": "one", "label": "one"})
        seen.append(len(await connection.fetch_all(NAMES)))
        seen.append(len(await connection.scan(NAMES)))
        # Reads of an embedded engine do not wait, so that they may stand here; a reader is another connection.
        seen.append(len(await database.fetch_all(NAMES)))

    await database.write(job)
    assert seen == [1, 1, 0]


async def test_a_job_that_fails_alone_is_undone_and_its_error_raised(database: Database) -> None:
    with pytest.raises(KeysteadError, match="already exists"):
        await database.write(adding("one", conflict("It already exists.")))
    assert await names(database) == []


async def test_a_job_that_fails_in_a_group_is_undone_alone(database: Database) -> None:
    first, second, third = await asyncio.gather(
        database.write(adding("before")),
        database.write(adding("failing", conflict("It already exists."))),
        database.write(adding("after")),
        return_exceptions=True,
    )
    assert isinstance(second, KeysteadError)
    assert second.kind is Kind.CONFLICT
    assert isinstance(first, int)
    assert isinstance(third, int)
    assert first < third
    assert await names(database) == ["before", "after"]


async def test_a_group_in_which_all_fail_leaves_nothing(database: Database) -> None:
    results = await asyncio.gather(
        *(database.write(adding(name, conflict("No."))) for name in ("one", "two")), return_exceptions=True
    )
    assert all(isinstance(result, KeysteadError) for result in results)
    assert await names(database) == []
    await database.write(adding("three"))
    assert await names(database) == ["three"]


async def test_jobs_run_in_the_order_in_which_they_were_asked_for(database: Database) -> None:
    asked = [f"job-{number}" for number in range(150)]  # more than one group
    keys = await asyncio.gather(*(database.write(adding(name)) for name in asked))
    assert keys == list(range(1, 151))
    assert await names(database) == asked


async def test_committed_is_called_for_the_whole_group_before_anyone_is_answered(database: Database) -> None:
    happened: list[str] = []

    async def ask(name: str) -> None:
        await database.write(adding(name), lambda key: happened.append(f"committed {key}"))
        happened.append(f"answered {name}")

    await asyncio.gather(ask("one"), ask("two"))
    assert happened == ["committed 1", "committed 2", "answered one", "answered two"]


async def test_committed_is_called_when_whoever_asked_has_gone(database: Database) -> None:
    committed: list[int] = []
    asking = asyncio.create_task(database.write(adding("one"), committed.append))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await database.write(adding("two"))
    assert committed == [1]
    assert await names(database) == ["one", "two"]


async def test_a_job_that_is_cancelled_ends_alone_and_the_next_is_run(database: Database) -> None:
    async def cancelled(connection: Connection) -> None:
        await connection.insert(ADD, {"id": "one", "label": "one"})
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await database.write(cancelled)
    assert await database.write(adding("two")) > 0
    assert await names(database) == ["two"]


async def test_what_is_recorded_is_durable_and_read_by_everyone(database: Database) -> None:
    assert await asyncio.gather(*(database.record(adding(name)) for name in ("one", "two"))) == [1, 2]
    assert await names(database) == ["one", "two"]
    with pytest.raises(KeysteadError, match="already exists"):
        await database.record(adding("three", conflict("It already exists.")))


async def test_a_snapshot_reads_one_moment_whatever_is_written_meanwhile(database: Database) -> None:
    await database.write(adding("before"))
    async with database.snapshot() as moment:
        assert [row["name"] for row in await moment.fetch_all(NAMES)] == ["before"]
        await database.write(adding("meanwhile"))
        assert [row["name"] for row in await moment.fetch_all(NAMES)] == ["before"]
        found = await moment.fetch_one(select(func.count()).select_from(actor))
        assert found is not None
        assert found[0] == 1
    assert await names(database) == ["before", "meanwhile"]


async def test_committed_is_not_called_for_what_was_undone(database: Database) -> None:
    committed: list[int] = []
    with pytest.raises(KeysteadError):
        await database.write(adding("one", conflict("No.")), committed.append)
    assert committed == []


async def test_an_error_of_committed_reaches_whoever_asked_and_nobody_else(database: Database) -> None:
    def fail(key: int) -> None:
        raise LookupError(key)

    first, second = await asyncio.gather(
        database.write(adding("one"), fail), database.write(adding("two")), return_exceptions=True
    )
    assert isinstance(first, LookupError)
    assert second == 2
    assert await names(database) == ["one", "two"]


async def test_on_sqlite_a_job_that_waits_for_anything_else_is_undone(sqlite_database: Database) -> None:
    database = sqlite_database

    async def job(connection: Connection) -> None:
        await connection.insert(ADD, {"id": "one", "label": "one"})
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="waited for something other"):
        await database.write(job)
    assert await names(database) == []


async def test_closing_finishes_what_waits_and_refuses_what_comes_later(database: Database) -> None:
    waiting = [asyncio.create_task(database.write(adding(f"job-{number}"))) for number in range(100)]
    await asyncio.sleep(0)
    closing = asyncio.create_task(database.close())
    assert await asyncio.gather(*waiting) == list(range(1, 101))
    await closing
    with pytest.raises(KeysteadError, match="shutting down") as refused:
        await database.write(adding("late"))
    assert refused.value.kind is Kind.UNAVAILABLE
    with pytest.raises(KeysteadError, match="shutting down"):
        await database.scan(NAMES)
    await database.close()  # again: nothing left to do


async def test_a_job_runs_in_the_context_of_whoever_asked(database: Database) -> None:
    request_id = contextvars.ContextVar("request_id", default="none")

    async def job(connection: Connection) -> str:
        await connection.insert(ADD, {"id": request_id.get(), "label": ""})
        return request_id.get()

    async def ask(text: str) -> str:
        request_id.set(text)
        return await database.write(job)

    assert await asyncio.gather(*(ask(text) for text in ("first", "second"))) == ["first", "second"]


async def test_statements_carry_values_and_take_them_by_name(database: Database) -> None:
    rename = Prepared(update(actor).where(actor.c.name == bindparam("old")).values(name=bindparam("new")))
    wanted = Prepared(select(actor.c.name).where(actor.c.pk.in_([1, 3])).limit(bindparam("limit")))

    async def job(connection: Connection) -> tuple[int, int, int]:
        await connection.execute_many(ADD, [{"id": str(n), "label": f"name-{n}"} for n in range(4)])
        await connection.execute_many(ADD, [])
        plain = insert(actor).values(name="plain", name_folded="", subject_id=bindparam("id"))
        await connection.execute_many(plain, [{"id": "a"}, {"id": "b"}])
        return (
            await connection.execute(rename, {"old": "name-1", "new": "renamed"}),
            await connection.execute(rename, {"old": "nobody", "new": "renamed"}),
            await connection.execute(delete(actor).where(actor.c.pk > bindparam("last")), {"last": 4}),
        )

    assert await database.write(job) == (1, 0, 2)
    assert [row[0] for row in await database.fetch_all(wanted, {"limit": 5})] == ["name-0", "name-2"]
    assert [row[0] for row in await database.fetch_all(wanted, {"limit": 1})] == ["name-0"]
    listed = select(func.count()).where(actor.c.pk.in_(bindparam("keys", expanding=True)))
    found = await database.fetch_one(listed, {"keys": [2, 3, 9]})
    assert found is not None
    assert found[0] == 2


async def test_a_statement_without_its_value_is_a_defect_that_names_it(database: Database) -> None:
    statement = select(actor.c.name).where(actor.c.pk == bindparam("key"))
    with pytest.raises(TypeError, match="'key'"):
        await database.fetch_one(Prepared(statement))
    with pytest.raises(TypeError, match="IN"):
        await database.fetch_one(Prepared(select(actor.c.pk).where(actor.c.pk.in_(bindparam("keys")))))

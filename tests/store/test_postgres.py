"""What PostgreSQL alone can do to us: others at work, lines that break, settings of its administrator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import bindparam, func, insert, select, text, update

from keystead.changes.engine import _LOCK_HEAD, ChangeEngine
from keystead.changes.feed import Feed
from keystead.changes.verify import Intact, verify
from keystead.db import migrate, postgres_writer
from keystead.db.connection import Connection, Database, Job, Prepared
from keystead.db.migrate import MigrationError
from keystead.db.postgres import PostgresConnection, PostgresDatabase, connect
from keystead.db.schema import actor, change_entry
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret
from tests.postgres import PostgresServer
from tests.store.broken_line import Break, BrokenLine
from tests.store.ground import ADMINISTRATOR, ManualClock, add_tenant, holds_nothing, note

ADD = Prepared(insert(actor).values(subject_id=bindparam("id"), name=bindparam("id"), name_folded=""))
RENAME = Prepared(update(actor).where(actor.c.subject_id == bindparam("key")).values(name=bindparam("new")))


@asynccontextmanager
async def opened(dsn: Secret) -> AsyncIterator[PostgresDatabase]:
    database = await PostgresDatabase.open(dsn)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def database(postgres_dsn: Secret) -> AsyncIterator[PostgresDatabase]:
    async with opened(postgres_dsn) as one:
        await one.write(add_tenant)
        yield one


def raw_of(connection: Connection) -> Any:
    assert isinstance(connection, PostgresConnection)
    return connection.raw


async def lock(connection: Connection) -> None:
    assert await connection.fetch_one(_LOCK_HEAD) is not None


def adding(name: str) -> Job[int]:
    return lambda connection: connection.insert(ADD, {"id": name})


async def names(database: Database) -> list[str]:
    return [row[0] for row in await database.fetch_all(select(actor.c.name).order_by(actor.c.pk))]


# Others who stand still


async def test_a_process_that_stands_still_with_the_lock_keeps_the_others_for_a_moment_only(
    database: PostgresDatabase, postgres_dsn: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_writer, "_BEGIN", postgres_writer._BEGIN.replace("'10s'", "'100ms'"))
    frozen = await connect(postgres_dsn)
    await frozen.execute(postgres_writer._BEGIN)
    await lock(PostgresConnection(frozen))
    await database.write(lock)  # and not a word from the frozen one
    with pytest.raises(postgres_writer.CONNECTION_LOST):
        await frozen.execute("COMMIT")


async def test_a_wait_for_the_lock_ends_with_a_sentence_and_the_next_change_goes_through(
    database: PostgresDatabase, postgres_dsn: Secret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_writer, "_BEGIN", postgres_writer._BEGIN.replace("'15s'", "'50ms'"))
    busy = await connect(postgres_dsn)
    await busy.execute("BEGIN")
    await lock(PostgresConnection(busy))
    with pytest.raises(KeysteadError, match="nothing of it was kept") as refused:
        await database.write(lock)
    assert refused.value.kind is Kind.UNAVAILABLE
    await database.record(adding("not a change, and waits for no lock"))
    await busy.execute("COMMIT")
    await database.write(lock)
    await busy.close()


async def test_two_processes_that_want_each_others_rows_both_get_them(
    database: PostgresDatabase, postgres_dsn: Secret
) -> None:
    for name in ("one", "two"):
        await database.write(adding(name))
    async with opened(postgres_dsn) as other:
        holding = {"one": asyncio.Event(), "two": asyncio.Event()}

        def wanting(first: str, second: str) -> Job[None]:
            async def job(connection: Connection) -> None:
                await connection.execute(RENAME, {"key": first, "new": f"{first} {first}"})
                holding[first].set()
                await holding[second].wait()
                await connection.execute(RENAME, {"key": second, "new": f"{first} {second}"})

            return job

        await asyncio.gather(database.record(wanting("one", "two")), other.record(wanting("two", "one")))
    assert await names(database) in (["one one", "one two"], ["two one", "two two"])


# Lines that break


@pytest.mark.parametrize("how", Break)
async def test_a_change_whose_commit_broke_off_is_acknowledged_if_it_was_kept_and_refused_if_not(
    how: Break,
    database: PostgresDatabase,
    postgres_dsn: Secret,
    postgres: PostgresServer,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgres_writer, "_BEGIN", postgres_writer._BEGIN.replace("'10s'", "'3s'"))
    async with BrokenLine(postgres.port).open() as line:
        address = Secret(postgres_dsn.reveal().replace(f":{postgres.port}/", f":{line.port}/"))
        async with opened(address) as broken:
            feed = Feed(0)
            told: list[str] = []
            feed.subscribe(lambda touches: told.extend(touches.subjects))
            engine = ChangeEngine(broken, feed, clock, holds_nothing)
            await engine.apply(ADMINISTRATOR, note("before"))
            line.break_at_commit(how)
            first, second = await asyncio.gather(
                engine.apply(ADMINISTRATOR, note("one")),
                engine.apply(ADMINISTRATOR, note("two")),
                return_exceptions=True,
            )
            assert line.breaks == 1
            await engine.apply(ADMINISTRATOR, note("after"))
    logged = [row[0] for row in await database.fetch_all(select(change_entry.c.entity_name))]
    if how is Break.LOST:
        for refused in (first, second):
            assert isinstance(refused, KeysteadError)
            assert refused.kind is Kind.UNAVAILABLE
            assert "nothing of it was kept" in refused.message
        assert logged == told == ["before", "after"]
    else:
        assert isinstance(first, int)
        assert isinstance(second, int)
        assert logged == told == ["before", "one", "two", "after"]
    assert isinstance(await verify(database), Intact)


async def test_of_what_nobody_can_find_out_the_error_says_so(
    database: PostgresDatabase, postgres_dsn: Secret, postgres: PostgresServer
) -> None:
    async with BrokenLine(postgres.port).open() as line:
        address = Secret(postgres_dsn.reveal().replace(f":{postgres.port}/", f":{line.port}/"))
        async with opened(address) as broken:
            line.break_at_commit(Break.DONE)
            with pytest.raises(KeysteadError, match="look whether it is there"):
                await broken.record(adding("one"))
            await broken.record(adding("two"))
    assert "two" in await names(database)


async def test_after_the_server_ended_every_connection_reads_and_writes_go_on(
    database: PostgresDatabase, postgres_dsn: Secret
) -> None:
    await database.write(adding("one"))
    await database.record(adding("two"))
    ending = await connect(postgres_dsn)
    await ending.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await ending.close()
    await database.write(adding("three"))
    await database.record(adding("four"))
    assert await names(database) == ["one", "two", "three", "four"]


# What the server's administrator chose


async def test_changes_rest_on_nothing_that_the_servers_administrator_can_set(
    postgres: PostgresServer,
) -> None:
    name = await asyncio.to_thread(postgres.create_database)
    dsn = Secret(postgres.dsn(name))
    raw = await connect(dsn)
    for setting in (
        "default_transaction_isolation = 'serializable'",
        "default_transaction_read_only = on",
        "synchronous_commit = off",
    ):
        await raw.execute(f"ALTER DATABASE {name} SET {setting}")
    await raw.close()

    async def job(connection: Connection) -> list[str]:
        settings = ("transaction_isolation", "transaction_read_only", "synchronous_commit")
        return [await raw_of(connection).fetchval(f"SHOW {setting}") for setting in settings]

    async with opened(dsn) as database:
        assert await database.write(job) == ["read committed", "off", "on"]
        assert await database.record(job) == ["read committed", "off", "on"]


async def test_storage_that_fails_is_no_defect_and_harms_no_other(database: PostgresDatabase) -> None:
    async def full(connection: Connection) -> None:
        await raw_of(connection).execute("DO $$ BEGIN RAISE 'disk full' USING ERRCODE = '53100'; END $$")

    first, second, third = await asyncio.gather(
        database.write(adding("one")),
        database.write(full),
        database.write(adding("two")),
        return_exceptions=True,
    )
    assert isinstance(second, KeysteadError)
    assert second.kind is Kind.UNAVAILABLE
    assert (isinstance(first, int), isinstance(third, int)) == (True, True)
    assert await names(database) == ["one", "two"]


async def test_a_value_of_the_wrong_type_is_a_defect(database: PostgresDatabase) -> None:
    statement = select(actor.c.pk).where(actor.c.pk == bindparam("key"))
    with pytest.raises(asyncpg.DataError, match="invalid input"):
        await database.fetch_one(statement, {"key": "one"})
    with pytest.raises(asyncpg.DataError, match="invalid input"):
        await database.write(lambda connection: connection.fetch_one(statement, {"key": "one"}))


# Reads


async def test_a_list_that_takes_too_long_is_stopped_by_the_server_with_a_sentence(
    postgres_dsn: Secret,
) -> None:
    database = await PostgresDatabase.open(postgres_dsn, connections=1, scan_limit_seconds=0.05)
    with pytest.raises(KeysteadError, match=r"took longer than 0\.05 s and was stopped") as refused:
        await database.scan(select(func.pg_sleep(30)))
    assert refused.value.kind is Kind.UNAVAILABLE
    assert (await database.scan(select(text("1"))))[0][0] == 1  # by the same connection
    await database.close()


async def test_a_read_that_was_given_up_leaves_its_connection_fit_for_the_next(postgres_dsn: Secret) -> None:
    database = await PostgresDatabase.open(postgres_dsn, connections=1)
    begun = asyncio.Event()

    async def read() -> None:
        async with database.snapshot() as moment:
            await moment.fetch_one(select(text("1")))
            begun.set()
            await moment.fetch_one(select(func.pg_sleep(30)))

    for _ in range(3):
        reading = asyncio.create_task(read())
        await begun.wait()
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        found = await database.fetch_one(select(func.current_setting("transaction_isolation")))
        assert found is not None
        assert found[0] == "read committed", "it stands in a transaction that was given up"
    await database.close()


async def test_a_server_that_is_not_there_is_said_in_a_sentence_without_the_address() -> None:
    for address in ("postgresql://me:hidden@127.0.0.1:1/db", "postgresql://me:hidden@127.0.0.1/db?port=x"):
        with pytest.raises(KeysteadError) as refused:
            await PostgresDatabase.open(Secret(address))
        assert refused.value.kind is Kind.UNAVAILABLE
        assert "hidden" not in refused.value.message


# Migrations


async def revision_refused(dsn: Secret, *statements: str) -> str:
    raw = await connect(dsn)
    for statement in statements:
        await raw.execute(statement)
    with pytest.raises(MigrationError) as refused:
        await migrate.upgrade_postgres(raw)
    await raw.close()
    return refused.value.message


async def test_a_database_of_a_newer_version_is_refused(postgres_dsn: Secret) -> None:
    raw = await connect(postgres_dsn)
    await raw.execute("BEGIN; UPDATE alembic_version SET version_num = '0999'")
    with pytest.raises(MigrationError) as refused:
        await migrate.upgrade_postgres(raw)
    message = refused.value.message
    await raw.close()
    assert "newer version of Keystead (its schema is 0999" in message


async def test_a_database_of_another_program_is_refused(postgres: PostgresServer) -> None:
    name = await asyncio.to_thread(postgres.create_database)
    message = await revision_refused(Secret(postgres.dsn(name)), "CREATE TABLE recipes (name text)")
    assert "other tables than Keystead's" in message


async def test_a_user_who_may_not_make_tables_is_told_so(postgres: PostgresServer) -> None:
    name = await asyncio.to_thread(postgres.create_database)
    owner = await connect(Secret(postgres.dsn(name)))
    await owner.execute("DROP ROLE IF EXISTS keystead_guest; CREATE ROLE keystead_guest LOGIN")
    await owner.close()
    guest = Secret(postgres.dsn(name).replace("postgres@", "keystead_guest@"))
    assert "may not make tables" in await revision_refused(guest)


async def test_migrating_again_changes_nothing(postgres_dsn: Secret) -> None:
    raw = await connect(postgres_dsn)
    await migrate.upgrade_postgres(raw)
    assert await raw.fetchval("SELECT count(*) FROM change_head") == 1
    await raw.close()

"""What SQLite's engine keeps beyond the common contract: few commits, durable ones, and a log that stays short."""

import asyncio
import sqlite3
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, text

from keystead.db import sqlite_writer
from keystead.db.connection import Connection, Database, Prepared
from keystead.db.schema import actor
from keystead.db.sqlite import SqliteDatabase, open_connection
from keystead.kit.errors import KeysteadError, Kind, conflict

ADD = Prepared(insert(actor).values(subject_id=bindparam("id"), name="", name_folded=""))
COUNT = select(func.count()).select_from(actor)
ENDLESS = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000) SELECT count(*) FROM n"
)


@pytest.fixture
def database(sqlite_database: SqliteDatabase) -> SqliteDatabase:
    return sqlite_database


@pytest.fixture
def spoken(database: SqliteDatabase) -> list[str]:
    """What the writer says to SQLite about transactions, from now on."""
    said: list[str] = []
    words = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")

    def listen(statement: str) -> None:
        if statement.startswith(words):
            said.append(statement)

    database._writer_raw.set_trace_callback(listen)
    return said


async def count(database: Database) -> int:
    found = await database.fetch_one(COUNT)
    assert found is not None
    return int(found[0])


async def add(connection: Connection) -> int:
    return await connection.insert(ADD, {"id": await next_id(connection)})


async def next_id(connection: Connection) -> str:
    found = await connection.fetch_one(COUNT)
    assert found is not None
    return str(found[0])


async def refuse(connection: Connection) -> None:
    await add(connection)
    raise conflict("It already exists.")


async def write_too_much(connection: Connection) -> None:
    await connection.execute(ADD, {"id": "x" * 5_000_000})


async def add_long(number: int, connection: Connection) -> int:
    return await connection.insert(ADD, {"id": f"{number}-{'x' * 50_000}"})


async def test_all_that_waits_shares_one_commit(database: SqliteDatabase, spoken: list[str]) -> None:
    await asyncio.gather(*(database.write(add) for _ in range(20)))
    assert spoken.count("BEGIN IMMEDIATE") == spoken.count("COMMIT") == 1
    assert spoken.count("SAVEPOINT job") == spoken.count("RELEASE job") == 20


async def test_a_job_alone_needs_no_savepoint(database: SqliteDatabase, spoken: list[str]) -> None:
    await database.write(add)
    assert spoken == ["BEGIN IMMEDIATE", "COMMIT"]


async def test_a_group_in_which_all_failed_commits_nothing(
    database: SqliteDatabase, spoken: list[str]
) -> None:
    with pytest.raises(KeysteadError):
        await database.write(refuse)
    assert spoken == ["BEGIN IMMEDIATE", "ROLLBACK"]


async def test_commits_are_durable_and_readers_cannot_write(
    database: SqliteDatabase, database_path: Path
) -> None:
    settings = [
        database._writer_raw.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous")
    ]
    assert settings == ["wal", 2]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.fetch_all(delete(actor))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.scan(delete(actor))


async def test_a_scan_that_takes_too_long_is_stopped_with_a_sentence(database_path: Path) -> None:
    database = SqliteDatabase(database_path, scan_limit_seconds=0)
    try:
        with pytest.raises(KeysteadError, match="took longer than 0 s and was stopped: use fewer") as stopped:
            await database.scan(ENDLESS)
        assert stopped.value.kind is Kind.UNAVAILABLE
        assert (await database.scan(COUNT))[0][0] == 0
    finally:
        await database.close()


async def test_a_full_disk_refuses_the_change_and_keeps_nothing_of_it(database: SqliteDatabase) -> None:
    raw = database._writer_raw
    pages = raw.execute("PRAGMA page_count").fetchone()[0]
    raw.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(
        KeysteadError, match="could not be written to disk; nothing of it was kept"
    ) as refused:
        await database.write(write_too_much)
    assert (refused.value.kind, refused.value.retry_after) == (Kind.UNAVAILABLE, 1)
    assert await count(database) == 0
    too_much, small = await asyncio.gather(
        database.write(write_too_much), database.write(add), return_exceptions=True
    )
    assert isinstance(too_much, KeysteadError)
    # SQLite may end the whole transaction when the disk is full: whoever was told that it is written finds it written.
    assert await count(database) == (0 if isinstance(small, KeysteadError) else 1)
    raw.execute("PRAGMA max_page_count = 1000000")
    await database.write(write_too_much)


@pytest.fixture
def breaking(database: SqliteDatabase) -> SqliteDatabase:
    """Has a table whose every row makes the commit fail, and not the statement."""
    raw = database._writer_raw
    raw.execute("PRAGMA foreign_keys=ON")
    raw.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    raw.execute("CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
    return database


async def break_commit(connection: Connection) -> None:
    await connection.execute(text("INSERT INTO child VALUES (1)"))


async def test_a_failed_commit_keeps_nothing_and_tells_everyone(breaking: SqliteDatabase) -> None:
    committed: list[int] = []
    results = await asyncio.gather(
        breaking.write(add, committed.append),
        breaking.write(break_commit),
        breaking.write(refuse),
        return_exceptions=True,
    )
    # Also the one that was refused for itself: what refused it may never have been.
    assert [getattr(result, "kind", result) for result in results] == [Kind.UNAVAILABLE] * 3
    assert "FOREIGN KEY" not in str(results[0])
    assert committed == []
    assert await count(breaking) == 0
    await breaking.write(add, committed.append)
    assert (committed, await count(breaking)) == ([1], 1)


async def test_a_defect_in_a_statement_stays_a_defect(database: SqliteDatabase) -> None:
    async def job(connection: Connection) -> None:
        await connection.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.write(job)


async def test_the_log_is_moved_into_the_file_and_stays_short(
    database: SqliteDatabase, database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "_CHECKPOINT_ROWS", 10)
    monkeypatch.setattr(sqlite_writer, "_LOG_LIMIT_BYTES", 1 << 20)
    database._writer_raw.execute(f"PRAGMA journal_size_limit={1 << 20}")
    log = database_path.with_name(database_path.name + "-wal")
    for number in range(300):
        await database.write(partial(add_long, number))  # twice 50 kB: the row and its index
    assert log.stat().st_size < 8 << 20
    await database.close()
    assert not log.exists()


async def test_a_failed_checkpoint_loses_nothing_and_stops_nothing(database: SqliteDatabase) -> None:
    database._checkpoints._raw.close()
    database._checkpoints.run(database._checkpoints._raw)
    await database.write(add)
    assert await count(database) == 1


def test_a_connection_to_what_is_no_database_fails_at_once(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("no database at all, but long enough to look at" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        open_connection(path, read_only=True)

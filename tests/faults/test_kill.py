"""Nothing acknowledged is lost, whenever the process is killed, and nothing half is kept.

`KILL_ROUNDS=500 pytest tests/faults/test_kill.py` for a longer run. A failure prints the seed; `KILL_SEED` repeats
it, as far as two processes can be made to repeat anything.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from keystead.changes.verify import Intact, verify
from keystead.db import migrate
from keystead.db.connection import Database
from keystead.db.lock import ServerLock
from keystead.db.postgres import PostgresDatabase, connect
from keystead.db.schema import actor, change_entry
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.secret import Secret
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("KILL_ROUNDS", "5"))
SEED = int(os.environ.get("KILL_SEED", random.SystemRandom().randrange(1 << 32)))
LONGEST = 400  # acknowledged changes before the kill


async def test_every_acknowledged_change_survives_a_kill_with_its_entry(tmp_path: Path) -> None:
    print(f"KILL_SEED={SEED}")
    chance = random.Random(SEED)
    path = tmp_path / "keystead.db"
    migrate.upgrade(path)
    acknowledged: dict[int, str] = {}
    for number in range(ROUNDS):
        acknowledged |= killed_after(path, f"round-{number}", chance.randrange(1, LONGEST))
        with ServerLock(path):  # which died with its process
            await require_whole(path, acknowledged)


async def test_on_postgresql_too_whoever_is_killed(postgres_of_its_own: PostgresServer) -> None:
    """A process of ours in one round, PostgreSQL itself in the next: the change that was under way is there or not."""
    print(f"KILL_SEED={SEED}")
    chance = random.Random(SEED)
    server = postgres_of_its_own
    dsn = server.dsn(server.create_database())
    raw = await connect(Secret(dsn))
    await migrate.upgrade_postgres(raw)
    await raw.close()
    acknowledged: dict[int, str] = {}
    for number in range(ROUNDS):
        changes = chance.randrange(1, LONGEST)
        acknowledged |= killed_after(dsn, f"round-{number}", changes, crash=server if number % 2 else None)
        database = await PostgresDatabase.open(Secret(dsn))
        try:
            await require_consistent(database, acknowledged)
        finally:
            await database.close()


@pytest.fixture
def postgres_of_its_own() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def killed_after(
    where: Path | str, prefix: str, changes: int, crash: PostgresServer | None = None
) -> dict[int, str]:
    """Runs a process that makes changes and kills it when it has been heard to acknowledge some.

    It runs on while we read, so that the kill meets it anywhere: in a change, in a commit, in a checkpoint. With
    `crash` the database server is killed first, comes back, and as many changes again are waited for.
    """
    heard: list[str] = []
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.changer", str(where), prefix],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as changer:
        assert changer.stdout is not None
        while len(heard) < changes and (line := changer.stdout.readline()):
            heard.append(line)
        assert len(heard) == changes, "the process ended by itself"
        if crash is not None:
            crash.stop(signal.SIGKILL)
            crash.start()
            while len(heard) < 2 * changes and (line := changer.stdout.readline()):
                heard.append(line)
            assert len(heard) == 2 * changes, "it did not go on after the crash"
        changer.kill()
        heard += [line for line in changer.stdout if line.endswith("\n")]
    return {int(version): name for version, name in (line.split() for line in heard)}


async def require_whole(path: Path, acknowledged: dict[int, str]) -> None:
    migrate.upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    database = SqliteDatabase(path)
    try:
        await require_consistent(database, acknowledged)
    finally:
        await database.close()


async def require_consistent(database: Database, acknowledged: dict[int, str]) -> None:
    logged = {row["version"]: row["entity_name"] for row in await database.fetch_all(select(change_entry))}
    written = {row["name"] for row in await database.fetch_all(select(actor.c.name))}
    assert {version: logged.get(version) for version in acknowledged} == acknowledged
    assert written == set(logged.values()), "no row without its entry, no entry without its row"
    found = await verify(database)
    assert isinstance(found, Intact), found
    assert found.version == len(logged)

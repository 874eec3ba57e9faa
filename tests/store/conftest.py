"""A fresh database for each test, on each engine: migrated, with its tenant."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from keystead.changes import chain
from keystead.changes.engine import ChangeEngine
from keystead.changes.feed import Feed
from keystead.db import migrate
from keystead.db.connection import Database
from keystead.db.postgres import PostgresDatabase, connect
from keystead.db.schema import metadata
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.secret import Secret
from tests.postgres import PostgresServer
from tests.store.ground import ManualClock, add_tenant, holds_nothing


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that nobody has open, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "keystead.db"
    migrate.upgrade(path)
    return path


@pytest.fixture
def database_path(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "keystead.db"))


@pytest.fixture
async def sqlite_database(database_path: Path) -> AsyncIterator[SqliteDatabase]:
    opened = SqliteDatabase(database_path)
    await opened.write(add_tenant)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def migrated_on_postgres(postgres: PostgresServer) -> str:
    """The name of a migrated database, which tests use one after the other."""
    name = postgres.create_database()

    async def migrate_it() -> None:
        raw = await connect(Secret(postgres.dsn(name)))
        await migrate.upgrade_postgres(raw)
        await raw.close()

    asyncio.run(migrate_it())
    return name


@pytest.fixture
async def postgres_dsn(postgres: PostgresServer, migrated_on_postgres: str) -> Secret:
    """The address of a database that nobody has open and that is as its migration left it."""
    dsn = Secret(postgres.dsn(migrated_on_postgres))
    raw = await connect(dsn)
    await raw.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    # Much quicker than a database made anew for each test.
    await raw.execute(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY")
    await raw.execute("INSERT INTO change_head (id, version, hash, at) VALUES (1, 0, $1, 0)", chain.GENESIS)
    await raw.close()
    return dsn


@pytest.fixture
async def postgres_database(postgres_dsn: Secret) -> AsyncIterator[PostgresDatabase]:
    opened = await PostgresDatabase.open(postgres_dsn)
    await opened.write(add_tenant)
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Database:
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    return opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def feed() -> Feed:
    return Feed(0)


@pytest.fixture
def engine(database: Database, feed: Feed, clock: ManualClock) -> ChangeEngine:
    return ChangeEngine(database, feed, clock, holds_nothing)

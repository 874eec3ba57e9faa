"""Opening the database that the settings name, prepared for this program: locked, migrated, and begun."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from keystead.db.connection import Database
from keystead.db.lock import ServerLock
from keystead.db.migrate import upgrade, upgrade_postgres
from keystead.db.postgres import PostgresDatabase, alone, connect
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.secret import Secret
from keystead.settings import Settings

# Any number, as long as it is the same in every Keystead.
_PREPARING: Final = 0x4B455953


@asynccontextmanager
async def prepared(settings: Settings, *, writer_cache: int = 16) -> AsyncIterator[Database]:
    """The database, migrated, while nobody else prepares it; on SQLite while nobody else has it at all.

    Raises LockError or MigrationError with a sentence, or a `Kind.UNAVAILABLE` error.
    """
    if settings.is_on_sqlite:
        settings.database_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with ServerLock(settings.database_path):
            upgrade(settings.database_path)
            database = SqliteDatabase(settings.database_path, writer_cache=writer_cache)
            try:
                yield database
            finally:
                await database.close()
        return
    async with alone(settings.database_url, _PREPARING):
        await _migrate_postgres(settings.database_url)
        async with opened_on_postgres(settings) as shared:
            yield shared


async def _migrate_postgres(dsn: Secret) -> None:
    raw = await connect(dsn, seconds_of_silence=None)
    try:
        await upgrade_postgres(raw)
    finally:
        raw.terminate()


@asynccontextmanager
async def opened_on_postgres(settings: Settings) -> AsyncIterator[Database]:
    """The database as a worker uses it, which others use too."""
    database = await PostgresDatabase.open(settings.database_url, connections=settings.database_connections)
    try:
        yield database
    finally:
        await database.close()

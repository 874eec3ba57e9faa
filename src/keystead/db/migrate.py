"""Brings a database to the schema that this program knows, in one transaction, before anything else opens it.

Nearly every start finds nothing to do, so Alembic (about 0.1 s to import) is imported only when there is.
"""

import io
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from keystead.db.sqlite import open_connection
from keystead.kit.errors import KeysteadError, Kind

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0008"
APPLICATION_ID: Final = 0x4B455953  # "KEYS": set by the first migration
_PREFIX: Final = "sqlite:///"
_SCRIPTS: Final = Path(__file__).parent / "migrations"


class MigrationError(KeysteadError):
    """The database cannot be used by this program; the sentence says why and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(Kind.UNAVAILABLE, message)


def upgrade(database: str | Path) -> None:
    """Makes or upgrades the database at a path or a `sqlite:///` URL. The caller holds its `ServerLock`.

    A new file is readable by its owner alone. Raises MigrationError for a file that is not Keystead's, that a newer
    Keystead wrote, or that cannot be opened; the file is then as it was.
    """
    path = _path(database)
    try:
        _make_private(path)
        found = _revision(path)
        if found != HEAD:
            _run_migrations(path, found)
    except OSError as error:
        raise MigrationError(f"The database {path} cannot be opened: {error.strerror}.") from error
    except sqlite3.Error as error:
        raise MigrationError(f"The database {path} cannot be used: {error}.") from error


def _path(database: str | Path) -> Path:
    if isinstance(database, Path):
        return database
    path = database.removeprefix(_PREFIX)
    if "://" in path:
        raise MigrationError(f"The database URL must be {_PREFIX} and a path: this version runs on SQLite.")
    return Path(path)


def _make_private(path: Path) -> None:
    """It will hold password hashes. SQLite gives the log beside it the same mode."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _revision(path: Path) -> str | None:
    """The last migration that the file has seen; None for an empty one."""
    # Never by reading the file ourselves: closing it would drop the locks that SQLite holds on it for this process.
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        try:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                raise _foreign(path) from error
            raise
        if not tables:
            return None
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        if application != APPLICATION_ID or "alembic_version" not in tables:
            raise _foreign(path)
        revisions = [
            revision for (revision,) in connection.execute("SELECT version_num FROM alembic_version")
        ]
        if len(revisions) != 1:
            raise _foreign(path)
        return str(revisions[0])


def _foreign(path: Path) -> MigrationError:
    return MigrationError(
        f"{path} is not a Keystead database: name another file, and Keystead will make its database there."
    )


def _run_migrations(path: Path, found: str | None) -> None:
    from alembic import command
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    config = _alembic_config()
    _require_known(found, f"The database {path}")
    engine = create_engine("sqlite://", creator=lambda: _plain_connection(path), poolclass=NullPool)
    # The driver would commit before each change of the schema; killed half-way, there must be nothing.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


async def upgrade_postgres(raw: Any) -> None:
    """Makes or upgrades a PostgreSQL database by an asyncpg connection, while no other process does.

    Alembic writes the steps as SQL, and they run in one transaction: no second driver is needed. Raises MigrationError.
    """
    encoding = await raw.fetchval("SELECT current_setting('server_encoding')")
    if encoding != "UTF8":
        raise MigrationError(f"The PostgreSQL database has the encoding {encoding}: make one with UTF8.")
    found = await _postgres_revision(raw)
    if found == HEAD:
        return
    from alembic import command

    _require_known(found, "The database")
    config = _alembic_config()
    config.attributes["dialect"] = "postgresql"
    config.output_buffer = script = io.StringIO()
    command.upgrade(config, f"{found or 'base'}:{HEAD}", sql=True)
    try:
        async with raw.transaction():
            await raw.execute(script.getvalue())
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            "The user of KEYSTEAD_DATABASE_URL may not make tables in this PostgreSQL database: let it own "
            "the database."
        ) from error


async def _postgres_revision(raw: Any) -> str | None:
    tables = {
        row[0]
        for row in await raw.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    }
    if not tables:
        return None
    if not {"alembic_version", "change_head"} <= tables:
        raise MigrationError(
            "This PostgreSQL database holds other tables than Keystead's: give Keystead a database of its own."
        )
    return str(await raw.fetchval("SELECT version_num FROM alembic_version"))


def _require_known(found: str | None, what: str) -> None:
    """Raises MigrationError for a revision that this program has never heard of."""
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(_alembic_config()).walk_revisions()}
    if found is not None and found not in known:
        raise MigrationError(
            f"{what} was written by a newer version of Keystead (its schema is {found}, this program "
            f"knows {HEAD}): run that version, or restore a backup from before it."
        )


def _plain_connection(path: Path) -> sqlite3.Connection:
    connection = open_connection(path, read_only=False)
    connection.row_factory = None
    return connection


def _alembic_config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

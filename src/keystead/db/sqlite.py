"""SQLite, embedded: one process owns the file.

Key reads run inline on the event loop's own connection (a hop to a thread costs forty times the read). Scans
run on reader threads. Changes go through one writer, `sqlite_writer`.
"""

import sqlite3
import threading
import time
from array import array
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from keystead.db.connection import (
    NO_PARAMETERS,
    Job,
    Landed,
    Parameters,
    Prepared,
    Reader,
    Row,
    Statement,
    render,
)
from keystead.db.sqlite_writer import Checkpoints, Writer
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.turns import Turns

T = TypeVar("T")
_DIALECT: Final = SQLiteDialect_pysqlite()
_SCAN_LIMIT_SECONDS: Final = 2.0
_STEPS_BETWEEN_LOOKS: Final = 100_000  # some milliseconds: each look needs the interpreter's lock
_PATIENCE_ON_LOOP_MS: Final = 250


def open_connection(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection in autocommit mode with the durability that the product promises."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA busy_timeout=5000")
    connection.execute("PRAGMA cache_size=-16000")
    if read_only:
        connection.execute("PRAGMA query_only=ON")
    return connection


class SqliteConnection:
    """`db.connection.Connection` over one sqlite3 connection. Its coroutines never suspend."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        text, values = render(statement, _DIALECT, parameters)
        return cast("Row | None", self._raw.execute(text, values).fetchone())

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        text, values = render(statement, _DIALECT, parameters)
        return self._raw.execute(text, values).fetchall()

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return await self.fetch_all(statement, parameters)

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        text, values = render(statement, _DIALECT, parameters)
        return _keys(self._raw.execute(text, values))

    async def execute(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        text, values = render(statement, _DIALECT, parameters)
        return self._raw.execute(text, values).rowcount

    async def insert(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        text, values = render(statement, _DIALECT, parameters)
        return self._raw.execute(text, values).lastrowid or 0

    async def execute_many(self, statement: Statement, rows: Sequence[Parameters]) -> None:
        if not rows:
            return
        prepared = statement if isinstance(statement, Prepared) else Prepared(statement)
        rendered = [prepared.render(_DIALECT, row) for row in rows]
        self._raw.executemany(rendered[0][0], [values for _, values in rendered])


class SqliteDatabase:
    """`db.connection.Database` over one file, for one event loop.

    `readers` scans run at once, each for at most `scan_limit_seconds`. `writer_cache` is in mebibytes: many random
    writes want more of the file in memory.
    """

    def __init__(
        self,
        path: Path,
        *,
        readers: int = 2,
        scan_limit_seconds: float = _SCAN_LIMIT_SECONDS,
        writer_cache: int = 16,
    ) -> None:
        self._scans = _Scans(path, readers, scan_limit_seconds)
        self._inline_raw = _impatient(open_connection(path, read_only=True))
        self._inline = SqliteConnection(self._inline_raw)
        self._writer_raw = _impatient(open_connection(path, read_only=False))
        self._writer_raw.execute(f"PRAGMA cache_size={-1024 * writer_cache}")
        Checkpoints.prepare(self._writer_raw)
        self._checkpoints = Checkpoints(
            open_connection(path, read_only=False), path.with_name(path.name + "-wal")
        )
        self._writer = Writer(self._writer_raw, SqliteConnection(self._writer_raw), self._checkpoints)
        self._closed = False

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        return await self._inline.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return await self._inline.fetch_all(statement, parameters)

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        text, values = render(statement, _DIALECT, parameters)
        return await self._scans.run(text, values, sqlite3.Cursor.fetchall)

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        text, values = render(statement, _DIALECT, parameters)
        return await self._scans.run(text, values, _keys)

    async def write(
        self, job: Job[T], committed: Callable[[T], None] | None = None, landed: Landed[T] | None = None
    ) -> T:
        return await self._writer.write(job, committed)  # this engine always knows what became of a commit

    async def record(self, job: Job[T]) -> T:
        return await self._writer.write(job, None)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        self._inline_raw.execute("BEGIN")
        try:
            yield self._inline
        finally:
            self._inline_raw.execute("COMMIT")

    def waiting(self) -> int:
        return self._writer.waiting()

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self._writer.close()
        await self._checkpoints.close()
        await self._scans.close()
        self._inline_raw.close()
        self._writer_raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._writer_raw.close()


def _impatient(connection: sqlite3.Connection) -> sqlite3.Connection:
    """For use on the event loop, which stands still while another process keeps SQLite waiting."""
    connection.execute(f"PRAGMA busy_timeout={_PATIENCE_ON_LOOP_MS}")
    return connection


def _keys(cursor: sqlite3.Cursor) -> "array[int]":
    return array("q", (row[0] for row in cursor))


class _Scans:
    """Reader threads, each with a connection of its own."""

    def __init__(self, path: Path, readers: int, limit_seconds: float) -> None:
        self._path = path
        self._limit = limit_seconds
        self._threads = Turns(readers, "keystead-scan")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._closed = False

    async def run(self, text: str, values: list[Any], take: Callable[[sqlite3.Cursor], T]) -> T:
        if self._closed:
            raise KeysteadError(Kind.UNAVAILABLE, "Keystead is shutting down.", retry_after=1)
        return await self._threads.run(self._run, text, values, take)

    def _run(self, text: str, values: list[Any], take: Callable[[sqlite3.Cursor], T]) -> T:
        connection = self._connection()
        deadline = time.monotonic() + self._limit
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        try:
            return take(connection.execute(text, values))
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise KeysteadError(
                    Kind.UNAVAILABLE,
                    f"This list took longer than {self._limit:g} s and was stopped: use fewer or narrower filters.",
                ) from error
            raise

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = open_connection(self._path, read_only=True)
            self._opened.append(connection)
        return connection

    async def close(self) -> None:
        self._closed = True
        await self._threads.close()
        for connection in self._opened:
            connection.close()

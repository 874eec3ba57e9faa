"""Reads that are counted and, where that is asked for, shown with their plans."""

import sqlite3
import time
from array import array
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from keystead.db.connection import NO_PARAMETERS, Parameters, Reader, Row, Statement, render
from keystead.db.postgres import connect
from keystead.kit.errors import KeysteadError
from keystead.kit.secret import Secret

_SQLITE: Final[Dialect] = SQLiteDialect_pysqlite()
_POSTGRES: Final[Dialect] = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_WIDTH: Final = 180


class Watched:
    """Passes reads on. `dsn` is that of the PostgreSQL database, if it is one; `path` that of SQLite's file."""

    def __init__(self, reader: Reader, path: Path, dsn: str | None) -> None:
        self._reader = reader
        self._path = path
        self._dsn = dsn
        self._reads: list[tuple[Statement, Parameters, float]] = []

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        with self._timed(statement, parameters):
            return await self._reader.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        with self._timed(statement, parameters):
            return await self._reader.fetch_all(statement, parameters)

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        with self._timed(statement, parameters):
            return await self._reader.scan(statement, parameters)

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        with self._timed(statement, parameters):
            return await self._reader.scan_keys(statement, parameters)

    @contextmanager
    def _timed(self, statement: Statement, parameters: Parameters) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._reads.append((statement, parameters, (time.perf_counter() - begun) * 1_000))

    async def number_of_statements(self, ask: Callable[[], Awaitable[Any]]) -> int:
        return len(await self._reads_of(ask))

    async def explain(self, ask: Callable[[], Awaitable[Any]]) -> None:
        """Prints the statements that a question takes, how long each took, and how the engine runs it."""
        for statement, parameters, took in await self._reads_of(ask):
            text, values = render(statement, _POSTGRES if self._dsn else _SQLITE, parameters)
            print(f"  {took:.1f} ms  {' '.join(text.split())[: _WIDTH * 6]}  {values!r:.{_WIDTH}}")
            for line in await self._plan(text, values):
                print(f"      {line[:_WIDTH]}")

    async def _reads_of(self, ask: Callable[[], Awaitable[Any]]) -> list[tuple[Statement, Parameters, float]]:
        self._reads.clear()
        try:
            await ask()
        except KeysteadError as error:
            print(f"  {error}")
        return list(self._reads)

    async def _plan(self, text: str, values: Sequence[Any]) -> list[str]:
        if self._dsn is None:
            with closing(sqlite3.connect(self._path)) as connection:
                return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]
        raw = await connect(Secret(self._dsn))
        await raw.execute("SET jit = off; SET plan_cache_mode = force_custom_plan")
        rows = await raw.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {text}", *values)
        await raw.close()
        return [row[0] for row in rows]

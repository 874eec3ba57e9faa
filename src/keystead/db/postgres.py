"""PostgreSQL by asyncpg: any number of workers and replicas over one database.

Reads take a connection of the pool. Changes go through this process's one writer (`db.postgres_writer`); processes take
turns by the version row, which each change locks. What is no change has a writer of its own and waits for none of that.
Nothing is kept in a session between two transactions, so that a pooler may stand between us.
"""

import asyncio
from array import array
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Self, TypeVar, cast

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

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
from keystead.db.pending import shutting_down
from keystead.db.postgres_writer import CONNECTION_LOST, Writer
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret

T = TypeVar("T")
_DIALECT: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_SCAN_LIMIT_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 10.0
_KEYS_AT_ONCE: Final = 10_000
# Longer than the server waits by itself for anything: only a network that fell silent comes here.
_SILENCE_SECONDS: Final = 70.0
_READ_SILENCE_SECONDS: Final = 15.0
# Plans for these values, not for any; compiling one costs more than the longest list that is let run.
_BEGIN_SCAN: Final = """\
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;
SET LOCAL statement_timeout = {};
SET LOCAL plan_cache_mode = force_custom_plan;
SET LOCAL jit = off"""
_BEGIN_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# What says that the server is not there, not there any more, or full.
_LOST: Final = (*CONNECTION_LOST, asyncpg.InsufficientResourcesError)


class PostgresConnection:
    """`db.connection.Connection` over one asyncpg connection."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        text, values = render(statement, _DIALECT, parameters)
        return cast("Row | None", await self.raw.fetchrow(text, *values))

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        text, values = render(statement, _DIALECT, parameters)
        return cast("Sequence[Row]", await self.raw.fetch(text, *values))

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return await self.fetch_all(statement, parameters)

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        text, values = render(statement, _DIALECT, parameters)
        keys = array("q")
        async for row in self.raw.cursor(text, *values, prefetch=_KEYS_AT_ONCE):
            keys.append(row[0])
        return keys

    async def execute(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        text, values = render(statement, _DIALECT, parameters)
        # "INSERT 0 3", "UPDATE 3": the last word counts the rows.
        status: str = await self.raw.execute(text, *values)
        return int(status.rpartition(" ")[2])

    async def insert(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        prepared = statement if isinstance(statement, Prepared) else Prepared(statement)
        text, values = prepared.returning_key().render(_DIALECT, parameters)
        return int(await self.raw.fetchval(text, *values))

    async def execute_many(self, statement: Statement, rows: Sequence[Parameters]) -> None:
        if rows:
            prepared = statement if isinstance(statement, Prepared) else Prepared(statement)
            rendered = [prepared.render(_DIALECT, row) for row in rows]
            await self.raw.executemany(rendered[0][0], [values for _, values in rendered])


class PostgresDatabase:
    """`db.connection.Database` over one PostgreSQL database. Make it with `open`."""

    def __init__(self, dsn: Secret, pool: Any, scan_limit_seconds: float) -> None:
        self._pool = pool
        self._scan_limit = scan_limit_seconds
        self._closing = False
        self._changes = Writer(lambda: connect(dsn), PostgresConnection)
        self._records = Writer(lambda: connect(dsn), PostgresConnection)

    @classmethod
    async def open(
        cls, dsn: Secret, *, connections: int = 8, scan_limit_seconds: float = _SCAN_LIMIT_SECONDS
    ) -> Self:
        """`connections` bounds the reads at once. Raises a `Kind.UNAVAILABLE` error when the server is not there."""
        with _opening():
            pool = await asyncpg.create_pool(
                dsn.reveal(),
                min_size=1,
                max_size=connections,
                timeout=_CONNECT_SECONDS,
                command_timeout=_READ_SILENCE_SECONDS,
                target_session_attrs="primary",  # a standby may lag behind what was acknowledged
                reset=_leave_as_it_is,
            )
        return cls(dsn, pool, scan_limit_seconds)

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        async with self._connection() as connection:
            return await connection.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        async with self._connection() as connection:
            return await connection.fetch_all(statement, parameters)

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        async with self._scanning() as connection:
            return await connection.fetch_all(statement, parameters)

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        async with self._scanning() as connection:
            return await connection.scan_keys(statement, parameters)

    @asynccontextmanager
    async def _scanning(self) -> AsyncIterator[PostgresConnection]:
        begin = _BEGIN_SCAN.format(max(1, round(self._scan_limit * 1000)))
        async with self._transaction(begin) as connection:
            try:
                yield connection
            except asyncpg.QueryCanceledError as error:
                raise KeysteadError(
                    Kind.UNAVAILABLE,
                    f"This list took longer than {self._scan_limit:g} s and was stopped: use fewer or narrower "
                    "filters.",
                ) from error

    async def write(
        self, job: Job[T], committed: Callable[[T], None] | None = None, landed: Landed[T] | None = None
    ) -> T:
        return await self._changes.write(job, committed, landed)

    async def record(self, job: Job[T]) -> T:
        return await self._records.write(job)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        async with self._transaction(_BEGIN_SNAPSHOT) as connection:
            yield connection

    def waiting(self) -> int:
        return self._changes.waiting() + self._records.waiting()

    async def close(self) -> None:
        self._closing = True
        await asyncio.gather(self._changes.close(), self._records.close())
        await self._pool.close()

    @asynccontextmanager
    async def _transaction(self, begin: str) -> AsyncIterator[PostgresConnection]:
        async with self._connection() as connection:
            await connection.raw.execute(begin)
            try:
                yield connection
            finally:
                if not connection.raw.is_closed():
                    await connection.raw.execute("ROLLBACK")  # it only read

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PostgresConnection]:
        if self._closing:
            raise shutting_down()
        with _reachable():
            async with self._pool.acquire(timeout=_READ_SILENCE_SECONDS) as raw:
                yield PostgresConnection(raw)


async def connect(dsn: Secret, *, seconds_of_silence: float | None = _SILENCE_SECONDS) -> Any:
    """A connection of its own, for a writer, for migrations, for locks. Raises a `Kind.UNAVAILABLE` error."""
    with _opening():
        return await asyncpg.connect(
            dsn.reveal(),
            timeout=_CONNECT_SECONDS,
            command_timeout=seconds_of_silence,
            target_session_attrs="primary",
        )


async def _leave_as_it_is(_: Any) -> None:
    """Nothing is set for a whole session, hence there is nothing to reset: asking for it would double each read."""


@contextmanager
def _reachable() -> Iterator[None]:
    """Turns what tells of a lost server into a sentence, which never holds the address: that has a password."""
    try:
        yield
    except _LOST as error:
        if isinstance(error, ValueError):  # an address that cannot be understood
            raise
        raise KeysteadError(Kind.UNAVAILABLE, "The database does not answer.", retry_after=1) from error


@contextmanager
def _opening() -> Iterator[None]:
    """Also for what only a new connection meets."""
    try:
        with _reachable():
            yield
    except ValueError as error:
        raise KeysteadError(
            Kind.UNAVAILABLE, "KEYSTEAD_DATABASE_URL is no address by which PostgreSQL can be reached."
        ) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise KeysteadError(Kind.UNAVAILABLE, "The database refuses the user or the password.") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise KeysteadError(
            Kind.UNAVAILABLE, "The server has no database of this name: create it."
        ) from error
    except asyncpg.PostgresError as error:
        raise KeysteadError(Kind.UNAVAILABLE, f"The database refuses the connection: {error}.") from error


@asynccontextmanager
async def alone(dsn: Secret, key: int) -> AsyncIterator[None]:
    """Inside the block no other process is in one with this key: an advisory lock, which ends with its transaction."""
    raw = await connect(dsn, seconds_of_silence=None)
    try:
        with _reachable():
            await raw.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0")
            await raw.execute("SELECT pg_advisory_xact_lock($1)", key)
        yield
    finally:
        raw.terminate()

"""PostgreSQL by asyncpg: any number of workers and replicas over one database.

Reads take a connection of the pool for one statement. Writes go through this process's one writer
(`db.postgres_writer`); processes take turns by the version row, which each change locks.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final, Self, TypeVar, cast

import asyncpg
from sqlalchemy import Insert
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from keystead.db.connection import NO_PARAMETERS, Job, Parameters, Prepared, Row, Statement, render
from keystead.db.postgres_writer import CONNECTION_LOST, Writer
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret

T = TypeVar("T")
_DIALECT: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_SCAN_LIMIT_SECONDS: Final = 2.0
_CONNECT_SECONDS: Final = 10.0
# What says that the server is not there, or not there any more.
_LOST: Final = (*CONNECTION_LOST, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError)


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

    async def execute(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        text, values = render(statement, _DIALECT, parameters)
        # "INSERT 0 3", "UPDATE 3": the last word counts the rows.
        status: str = await self.raw.execute(text, *values)
        return int(status.rpartition(" ")[2])

    async def insert(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        text, values = render(_returning_key(statement), _DIALECT, parameters)
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
        self._writer = Writer(lambda: connect(dsn), PostgresConnection)

    @classmethod
    async def open(
        cls, dsn: Secret, *, connections: int = 8, scan_limit_seconds: float = _SCAN_LIMIT_SECONDS
    ) -> Self:
        """`connections` bounds the reads at once. Raises a `Kind.UNAVAILABLE` error when the server is not there."""
        with _reachable():
            pool = await asyncpg.create_pool(
                dsn.reveal(), min_size=1, max_size=connections, timeout=_CONNECT_SECONDS
            )
        return cls(dsn, pool, scan_limit_seconds)

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        async with self._connection() as connection:
            return await connection.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        async with self._connection() as connection:
            return await connection.fetch_all(statement, parameters)

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        text, values = render(statement, _DIALECT, parameters)
        async with self._connection() as connection:
            try:
                rows = await connection.raw.fetch(text, *values, timeout=self._scan_limit)
            except TimeoutError:
                raise KeysteadError(
                    Kind.UNAVAILABLE,
                    f"This list took longer than {self._scan_limit:g} s and was stopped: use fewer or narrower "
                    "filters.",
                ) from None
        return cast("Sequence[Row]", rows)

    async def write(self, job: Job[T], committed: Callable[[T], None] | None = None) -> T:
        return await self._writer.write(job, committed)

    def waiting(self) -> int:
        return self._writer.waiting()

    async def close(self) -> None:
        self._closing = True
        await self._writer.close()
        await self._pool.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[PostgresConnection]:
        if self._closing:
            raise KeysteadError(Kind.UNAVAILABLE, "Keystead is shutting down.", retry_after=1)
        with _reachable():
            async with self._pool.acquire() as raw:
                yield PostgresConnection(raw)


async def connect(dsn: Secret) -> Any:
    """A connection of its own, for the writer and for locks. Raises a `Kind.UNAVAILABLE` error."""
    with _reachable():
        return await asyncpg.connect(dsn.reveal(), timeout=_CONNECT_SECONDS)


@contextmanager
def _reachable() -> Iterator[None]:
    """Turns what tells of a lost server into a sentence, which never holds the address: that has a password."""
    try:
        yield
    except asyncpg.DataError:  # a defect of ours, though asyncpg counts it among the errors of its interface
        raise
    except _LOST as error:
        raise KeysteadError(Kind.UNAVAILABLE, "The database does not answer.", retry_after=1) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise KeysteadError(Kind.UNAVAILABLE, "The database refuses the user or the password.") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise KeysteadError(
            Kind.UNAVAILABLE, "The server has no database of this name: create it."
        ) from error


_KEYED: Final[dict[int, tuple[Statement, Prepared]]] = {}


def _returning_key(statement: Statement) -> Prepared:
    """The insert with its new key as the answer, made once for statements that live as long as the program."""
    if not isinstance(statement, Prepared):
        return Prepared(_keyed(cast("Insert", statement)))
    found = _KEYED.get(id(statement))
    if found is None:
        found = _KEYED[id(statement)] = (statement, Prepared(_keyed(cast("Insert", statement.statement))))
    return found[1]


def _keyed(statement: Insert) -> Any:
    return statement.returning(*statement.table.primary_key)


async def hold_lock(raw: Any, key: int) -> None:
    """An advisory lock that lives as long as the connection: one process at a time prepares a database."""
    await raw.execute("SELECT pg_advisory_lock($1)", key)

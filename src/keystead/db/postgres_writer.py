"""PostgreSQL's writer in this process: it runs queued jobs in a transaction, and commits once for all that waited.

When the connection breaks off in a commit, only the server knows what became of it, by the transaction's number.
So it is asked, and whoever waits hears the truth.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

import asyncpg
import structlog

from keystead.db.connection import Connection, Job
from keystead.db.pending import Pending, not_written
from keystead.kit.errors import KeysteadError, Kind

T = TypeVar("T")
_GROUP: Final = 32
# Two processes can want each other's rows; the server then ends one transaction, which is begun anew.
_DEADLOCKS_BORNE: Final = 3
_TRIES: Final = 20
_SECONDS_BETWEEN_TRIES: Final = 0.25
CONNECTION_LOST: Final = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)
_log = structlog.get_logger("keystead.db")


class Writer:
    """`connect` makes a connection; it is made when there is something to write, and again when it broke."""

    def __init__(self, connect: Callable[[], Awaitable[Any]], wrap: Callable[[Any], Connection]) -> None:
        self._connect = connect
        self._wrap = wrap
        self._raw: Any = None
        self._waiting: deque[Pending] = deque()
        self._working: asyncio.Task[None] | None = None
        self._closing = False

    async def write(self, job: Job[T], committed: Callable[[T], None] | None) -> T:
        if self._closing:
            raise KeysteadError(Kind.UNAVAILABLE, "Keystead is shutting down.", retry_after=1)
        loop = asyncio.get_running_loop()
        pending = Pending(job, committed, loop.create_future())
        self._waiting.append(pending)
        if self._working is None:
            self._working = loop.create_task(self._work())
        return cast("T", await pending.future)

    def waiting(self) -> int:
        return len(self._waiting)

    async def close(self) -> None:
        """Returns when every job that waits has been answered; later ones are refused."""
        self._closing = True
        if self._working is not None:
            await self._working
        raw, self._raw = self._raw, None
        if raw is not None:
            await raw.close()

    async def _work(self) -> None:
        while self._waiting:
            group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
            # Changes first: they take the version row, before which nothing else may be held.
            group.sort(key=lambda pending: pending.committed is None)
            try:
                await self._run_until_free(group)
            except Exception as error:
                _log.error("commit_failed", jobs=len(group), exc_info=error)
                for pending in group:
                    pending.error = error if isinstance(error, KeysteadError) else not_written(error)
                await self._forget_connection()
            for pending in group:
                pending.tell()
            for pending in group:
                pending.answer()
        self._working = None

    async def _run_until_free(self, group: list[Pending]) -> None:
        for _ in range(_DEADLOCKS_BORNE):
            try:
                return await self._run_group(group)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                for pending in group:
                    pending.error = None
                await self._forget_connection()
        return await self._run_group(group)

    async def _run_group(self, group: list[Pending]) -> None:
        """Each job in a savepoint, unless it is alone. Raises when nothing of the group was kept, or nobody knows."""
        raw = await self._connection()
        transaction = raw.transaction()
        await transaction.start()
        connection = self._wrap(raw)
        for pending in group:
            await self._run_job(raw, connection, pending, alone=len(group) == 1)
        if all(pending.error is not None for pending in group):
            await transaction.rollback()
            return
        number = await raw.fetchval("SELECT pg_current_xact_id()::text")
        try:
            await transaction.commit()
        except CONNECTION_LOST as error:
            await self._learn_outcome(number, error)

    async def _run_job(self, raw: Any, connection: Connection, pending: Pending, *, alone: bool) -> None:
        savepoint = None if alone else raw.transaction()
        if savepoint is not None:
            await savepoint.start()
        try:
            pending.result = await asyncio.create_task(
                _awaited(pending.job(connection)), context=pending.context
            )
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            raise
        except Exception as error:  # raised where the job was asked for
            if raw.is_closed():
                raise  # and the whole group with it
            pending.error = error
            if savepoint is not None:
                await savepoint.rollback()
            return
        if savepoint is not None:
            await savepoint.commit()

    async def _learn_outcome(self, number: str, cause: BaseException) -> None:
        """Returns when the transaction was committed after all; else raises a `Kind.UNAVAILABLE` error."""
        await self._forget_connection()
        for _ in range(_TRIES):
            try:
                raw = await self._connection()
                status = await raw.fetchval("SELECT pg_xact_status($1::text::xid8)", number)
            except (KeysteadError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._forget_connection()
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
                continue
            if status == "committed":
                return
            if status == "aborted":
                raise not_written(cause)
            await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
        raise KeysteadError(
            Kind.UNAVAILABLE,
            "The database went away while the change was being written: look whether it is there before you try again.",
        ) from cause

    async def _connection(self) -> Any:
        if self._raw is None or self._raw.is_closed():
            self._raw = await self._connect()
        return self._raw

    async def _forget_connection(self) -> None:
        raw, self._raw = self._raw, None
        if raw is not None and not raw.is_closed():
            raw.terminate()


async def _awaited(work: Awaitable[T]) -> T:
    return await work

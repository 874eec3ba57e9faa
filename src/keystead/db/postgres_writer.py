"""PostgreSQL's writer in this process: it runs queued jobs in a transaction, and commits once for all that waited.

Every process has one, and they meet at the version row, which each change locks. So nobody may keep that lock who
cannot go on: a transaction that stands idle is ended by the server, and a wait for a lock has an end.

When the connection breaks off in a commit, only the database knows what became of it. It is asked there, behind the
lock of the version row: a transaction that could still commit holds it. (The server's `pg_xact_status` would tell by a
number, which a standby that took over may have given to somebody else.)
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar, cast

import asyncpg
import structlog

from keystead.db.connection import Connection, Job, Landed
from keystead.db.pending import Pending, not_written, shutting_down
from keystead.kit.errors import KeysteadError, Kind

T = TypeVar("T")
_GROUP: Final = 32
# Two processes can want each other's rows; the server then ends one transaction, which is begun anew.
_TIMES_BEGUN_ANEW: Final = 3
_SECONDS_TO_LEARN: Final = 30.0
_SECONDS_BETWEEN_TRIES: Final = 0.1
_SECONDS_TO_CLOSE: Final = 5.0
# What the server's administrator may have chosen otherwise for everyone, and what each change rests on. Local to the
# transaction, so that a pooler between us may give the connection to others after it.
_BEGIN: Final = """\
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
SET LOCAL idle_in_transaction_session_timeout = '10s';
SET LOCAL lock_timeout = '15s';
SET LOCAL statement_timeout = '60s'"""
_SAVE: Final = "SAVEPOINT job"
_KEEP: Final = "RELEASE job"
_UNDO: Final = "ROLLBACK TO job; RELEASE job"
CONNECTION_LOST: Final = (
    OSError,  # timeouts among them
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
# What the storage may answer that is no fault of the statement: no room, no permission to write, not now.
_STORAGE_FAILURES: Final = (
    *CONNECTION_LOST,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
)
_BEGIN_ANEW: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
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

    async def write(
        self, job: Job[T], committed: Callable[[T], None] | None = None, landed: Landed[T] | None = None
    ) -> T:
        if self._closing:
            raise shutting_down()
        loop = asyncio.get_running_loop()
        pending = Pending(job, committed, loop.create_future(), landed)
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
            with suppress(*CONNECTION_LOST):
                await raw.close(timeout=_SECONDS_TO_CLOSE)

    async def _work(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
                with _settled(group):
                    await self._write_group(group)
        finally:
            self._working = None

    async def _write_group(self, group: list[Pending]) -> None:
        """Raises when nothing of the group was kept, or nobody knows."""
        try:
            for _ in range(_TIMES_BEGUN_ANEW):
                try:
                    return await self._run(group)
                except _BEGIN_ANEW as error:
                    _log.info("transaction_begun_anew", jobs=len(group), reason=type(error).__name__)
                    await self._connection_in_order("ROLLBACK")
            await self._run(group)
        except BaseException:
            self._forget_connection()
            raise

    async def _run(self, group: list[Pending]) -> None:
        """Each job in a savepoint, unless it is alone: every word to the server costs."""
        raw = await self._connection_in_order(_BEGIN if len(group) == 1 else f"{_BEGIN}; {_SAVE}")
        connection = self._wrap(raw)
        for number, pending in enumerate(group, 1):
            pending.error = None
            await _run_job(raw, connection, pending)
            if len(group) > 1:
                end = _KEEP if pending.error is None else _UNDO
                await raw.execute(end if number == len(group) else f"{end}; {_SAVE}")
        if all(pending.error is not None for pending in group):
            await raw.execute("ROLLBACK")
            return
        await self._commit(raw, group)

    async def _commit(self, raw: Any, group: list[Pending]) -> None:
        try:
            outcome = await raw.execute("COMMIT")
        except CONNECTION_LOST as error:
            _log.warning("commit_broke_off", jobs=len(group), exc_info=error)
            self._forget_connection()
            await self._learn_outcome(group, error)
            return
        if outcome != "COMMIT":  # what the server says when it has given the transaction up
            raise RuntimeError(f"the server answered COMMIT with {outcome}")

    async def _learn_outcome(self, group: list[Pending], cause: BaseException) -> None:
        """Returns when the group was committed after all; else raises a `Kind.UNAVAILABLE` error."""
        # One of them answers for all: they share the transaction.
        asked = next((one for one in group if one.error is None and one.landed is not None), None)
        deadline = time.monotonic() + _SECONDS_TO_LEARN
        while asked is not None and asked.landed is not None and time.monotonic() < deadline:
            try:
                raw = await self._connection_in_order(_BEGIN)
                has_landed = await asked.landed(self._wrap(raw), asked.result)
                await raw.execute("ROLLBACK")
            except (*_STORAGE_FAILURES, KeysteadError):
                self._forget_connection()
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
                continue
            _log.warning("outcome_of_commit_learnt", jobs=len(group), committed=has_landed)
            if has_landed:
                return
            raise not_written(cause)
        raise KeysteadError(
            Kind.UNAVAILABLE,
            "The database went away while this was being written: look whether it is there before you try again.",
        ) from cause

    async def _connection_in_order(self, words: str) -> Any:
        """The connection, once it has taken these words: one that was lost since its last use is replaced."""
        if self._raw is not None and not self._raw.is_closed():
            try:
                await self._raw.execute(words)
                return self._raw
            except CONNECTION_LOST:
                self._forget_connection()
        self._raw = await self._connect()
        await self._raw.execute(words)
        return self._raw

    def _forget_connection(self) -> None:
        """Closes it without a word: what it had begun is rolled back."""
        raw, self._raw = self._raw, None
        if raw is not None and not raw.is_closed():
            raw.terminate()


async def _run_job(raw: Any, connection: Connection, pending: Pending) -> None:
    """Keeps the job's error, to be raised where it was asked for. Raises what concerns the whole group."""
    try:
        pending.result = await asyncio.create_task(_awaited(pending.job(connection)), context=pending.context)
    except _BEGIN_ANEW:
        raise
    except asyncio.CancelledError as error:
        if _is_being_cancelled():  # the writer itself, with the loop that ends
            raise
        pending.error = error
    except Exception as error:
        if raw.is_closed() or isinstance(error, TimeoutError):
            raise
        pending.error = not_written(error) if isinstance(error, _STORAGE_FAILURES) else error


@contextmanager
def _settled(group: list[Pending]) -> Iterator[None]:
    """Behind the block everyone of the group is answered, whatever happened in it."""
    try:
        yield
    except BaseException as error:
        _log.error("commit_failed", jobs=len(group), exc_info=error)
        # Also those that were refused: what refused them may have been written by another of the group.
        for pending in group:
            pending.error = error if isinstance(error, KeysteadError) else not_written(error)
        if not isinstance(error, Exception):
            raise
    finally:
        for pending in group:
            pending.tell()
        for pending in group:
            pending.answer()


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _awaited(work: Awaitable[T]) -> T:
    return await work

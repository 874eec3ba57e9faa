"""SQLite's one writer: a thread that runs queued jobs and commits once for all that waited.

Every call into SQLite releases the interpreter's lock and queues for it again beside a busy event loop, so calls
are what a job is charged for: a job that runs alone has no savepoint, and a group in which all failed no commit.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import structlog

from keystead.db.connection import Connection, Job
from keystead.kit.errors import KeysteadError, Kind

T = TypeVar("T")
_GROUP: Final = 64
_CHECKPOINT_ROWS: Final = 4_000
_LOG_KEPT_BYTES: Final = 16 << 20
_LOG_LIMIT_BYTES: Final = 64 << 20
# What the storage may answer that is no fault of the statement. The rest are defects and stay what they are.
_STORAGE_FAILURES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_log = structlog.get_logger("keystead.db")


class _Pending:
    """A job on its way through the writer."""

    __slots__ = ("committed", "error", "future", "job", "result")

    def __init__(
        self, job: Job[Any], committed: Callable[[Any], None] | None, future: asyncio.Future[Any]
    ) -> None:
        self.job = job
        self.committed = committed
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """Calls `committed`. What it raises is a defect: it goes to whoever asked, and stops nobody else."""
        if self.error is None and self.committed is not None:
            try:
                self.committed(self.result)
            except Exception as error:
                _log.exception("committed_callback_failed")
                self.error = error

    def answer(self) -> None:
        if self.future.done():  # the request was given up; what it asked for is done all the same
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


class Writer:
    """Owns `raw` and its thread. Used from one event loop."""

    def __init__(self, raw: sqlite3.Connection, connection: Connection, checkpoints: "Checkpoints") -> None:
        self._raw = raw
        self._connection = connection
        self._checkpoints = checkpoints
        self._queue: queue.SimpleQueue[_Pending | None] = queue.SimpleQueue()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="keystead-writer", daemon=True)
        self._thread.start()

    async def write(self, job: Job[T], committed: Callable[[T], None] | None) -> T:
        if self._closing:
            raise KeysteadError(Kind.UNAVAILABLE, "Keystead is shutting down.", retry_after=1)
        pending = _Pending(job, committed, asyncio.get_running_loop().create_future())
        self._queue.put(pending)
        return cast("T", await pending.future)

    async def close(self) -> None:
        """Returns when every job that waits has been answered; later ones are refused."""
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while group := self._next_group():
            self._run_group(group)
            self._settle(group)
            self._checkpoints.after(self._raw)

    def _next_group(self) -> list[_Pending]:
        """All that waits, in order, at most _GROUP; waits for the first. Empty: the end."""
        group: list[_Pending] = []
        following = self._queue.get()
        while following is not None:
            group.append(following)
            if len(group) == _GROUP or self._queue.empty():
                return group
            following = self._queue.get()
        if group:
            self._queue.put(None)  # nothing can have come behind it: finish this group, then stop
        return group

    def _run_group(self, group: list[_Pending]) -> None:
        raw = self._raw
        try:
            raw.execute("BEGIN IMMEDIATE")
            for pending in group:
                self._run_job(pending, alone=len(group) == 1)
            raw.execute("COMMIT" if any(pending.error is None for pending in group) else "ROLLBACK")
        except BaseException as error:  # whatever it is, everyone is answered and the writer lives on
            _log.exception("commit_failed", jobs=len(group))
            # Also those that were refused: what refused them may have been written by another of the group.
            for pending in group:
                pending.error = _not_written(error)
            self._abandon()

    def _run_job(self, pending: _Pending, *, alone: bool) -> None:
        if not alone:
            self._raw.execute("SAVEPOINT job")
        try:
            pending.result = run_to_end(pending.job(self._connection))
        except BaseException as error:  # raised where the job was asked for
            pending.error = _not_written(error) if _is_storage_failure(error) else error
            if not alone:
                self._raw.execute("ROLLBACK TO job")
        if not alone:
            self._raw.execute("RELEASE job")

    def _abandon(self) -> None:
        """Leaves the transaction, unless SQLite already did. If that fails, the next BEGIN does, and comes here."""
        try:
            if self._raw.in_transaction:
                self._raw.execute("ROLLBACK")
        except sqlite3.Error:
            _log.exception("rollback_failed")

    def _settle(self, group: list[_Pending]) -> None:
        try:
            group[0].future.get_loop().call_soon_threadsafe(_answer, group)
        except RuntimeError:  # the event loop is closed: nobody is left, and what is written is written
            _log.warning("nobody_left_to_answer", jobs=len(group))


def _answer(group: list[_Pending]) -> None:
    for pending in group:
        pending.tell()
    for pending in group:
        pending.answer()


class Checkpoints:
    """Moves the log into the database file on a thread and a connection of its own, beside the writer.

    SQLite begins the log anew only when a write finds all of it moved, which under steady writing may never be: so when
    the log has grown all the same, the writer itself moves the little that is left.
    """

    def __init__(self, raw: sqlite3.Connection, log_file: Path) -> None:
        self._raw = raw
        self._log_file = log_file
        self._rows_at_last = 0
        self._wanted = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="keystead-checkpoint", daemon=True)
        self._thread.start()

    @staticmethod
    def prepare(writer: sqlite3.Connection) -> None:
        """Takes checkpoints away from the writer's commits, and shortens a log that grew when it begins anew."""
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute(f"PRAGMA journal_size_limit={_LOG_KEPT_BYTES}")

    def after(self, writer: sqlite3.Connection) -> None:
        """Called by the writer between two transactions."""
        rows = writer.total_changes
        if rows - self._rows_at_last >= _CHECKPOINT_ROWS:
            self._rows_at_last = rows
            self._wanted.set()
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_LIMIT_BYTES:
            _checkpoint(writer)

    def _run(self) -> None:
        while self._wanted.wait() and not self._closing:
            self._wanted.clear()
            _checkpoint(self._raw)

    async def close(self) -> None:
        self._closing = True
        self._wanted.set()
        await asyncio.to_thread(self._thread.join)
        self._raw.close()


def _checkpoint(raw: sqlite3.Connection) -> None:
    """PASSIVE waits for nobody. A failure loses nothing: the log keeps what was not moved, for the next one."""
    try:
        raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.Error:
        _log.exception("checkpoint_failed")


def run_to_end(awaitable: Any) -> Any:
    """Drives a coroutine that never suspends, as all work on a SqliteConnection does."""
    running = cast("Coroutine[Any, Any, Any]", awaitable)
    try:
        running.send(None)
    except StopIteration as finished:
        return finished.value
    running.close()
    raise RuntimeError("a write job waited for something other than its connection")


def _is_storage_failure(error: BaseException) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and (
        getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _STORAGE_FAILURES
    )


def _not_written(cause: BaseException) -> KeysteadError:
    error = KeysteadError(
        Kind.UNAVAILABLE, "The change could not be written to disk; nothing of it was kept.", retry_after=1
    )
    error.__cause__ = cause
    return error

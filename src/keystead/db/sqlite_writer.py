"""SQLite's one writer: it runs queued jobs in a transaction, and commits once for all that waited.

Jobs run on the event loop, one behind the other, so that they may look at what lives there: a job takes some 60 us,
nearly all of which would need the interpreter's lock on a thread too. Only the commit waits for the disk: while that
takes a fraction of a millisecond, as it does on most, it runs here too, since a thread costs more than the wait; on a
slower disk it has a thread.
"""

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import structlog

from keystead.db.connection import Connection, Job
from keystead.db.pending import Pending, not_written
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.turns import Turns

T = TypeVar("T")
_GROUP: Final = 32  # for so many jobs the event loop stands still
_QUICK_SECONDS: Final = 0.000_5
_COMMITS_BETWEEN_TRIES: Final = 64
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


class Writer:
    """Owns `raw`. Used from one event loop."""

    def __init__(self, raw: sqlite3.Connection, connection: Connection, checkpoints: "Checkpoints") -> None:
        self._raw = raw
        self._connection = connection
        self._checkpoints = checkpoints
        self._commits = Turns(1, "keystead-commit")
        self._disk = _Disk()
        self._waiting: deque[Pending] = deque()
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def write(self, job: Job[T], committed: Callable[[T], None] | None) -> T:
        if self._closing:
            raise KeysteadError(Kind.UNAVAILABLE, "Keystead is shutting down.", retry_after=1)
        loop = asyncio.get_running_loop()
        pending = Pending(job, committed, loop.create_future())
        self._waiting.append(pending)
        if self._idle.is_set():
            self._idle.clear()
            loop.call_soon(self._next)  # not at once: whoever asks in this turn of the loop comes along
        return cast("T", await pending.future)

    def waiting(self) -> int:
        return len(self._waiting)

    async def close(self) -> None:
        """Returns when every job that waits has been answered; later ones are refused."""
        self._closing = True
        await self._idle.wait()
        await self._commits.close()

    def _next(self, _: object = None) -> None:
        """Runs the jobs that wait, at most a group, and has them committed; then comes back for the next."""
        if not self._waiting:
            self._idle.set()
            return
        group = [self._waiting.popleft() for _ in range(min(_GROUP, len(self._waiting)))]
        try:
            self._run(group)
            if all(pending.error is not None for pending in group):
                self._raw.execute("ROLLBACK")  # nothing to wait for
                self._settle(group)
            elif self._disk.is_quick():
                self._disk.took(self._timed_commit())
                self._settle(group)
            else:
                self._commits.run(self._commit).add_done_callback(partial(self._committed, group))
        except BaseException as error:
            self._fail(group, error)
            if not isinstance(error, Exception):
                raise

    def _run(self, group: list[Pending]) -> None:
        """Each job in a savepoint, unless it is alone: every call costs."""
        raw = self._raw
        raw.execute("BEGIN IMMEDIATE")
        if len(group) == 1:
            self._run_job(group[0])
            return
        for pending in group:
            raw.execute("SAVEPOINT job")
            self._run_job(pending)
            if pending.error is not None:
                raw.execute("ROLLBACK TO job")
            raw.execute("RELEASE job")

    def _run_job(self, pending: Pending) -> None:
        try:
            pending.result = pending.context.run(run_to_end, pending.job(self._connection))
        except (Exception, asyncio.CancelledError) as error:  # raised where the job was asked for
            pending.error = not_written(error) if _is_storage_failure(error) else error

    def _commit(self) -> None:
        self._raw.execute("COMMIT")

    def _timed_commit(self) -> float:
        """How long it took, in seconds."""
        begun = time.perf_counter()
        self._commit()
        return time.perf_counter() - begun

    def _committed(self, group: list[Pending], commit: asyncio.Future[None]) -> None:
        error = commit.exception()
        if error is None:
            self._settle(group)
        else:
            self._fail(group, error)

    def _fail(self, group: list[Pending], error: BaseException) -> None:
        """Nothing of the group is kept, its refusals included: they may rest on what another of it had written."""
        _log.error("commit_failed", jobs=len(group), exc_info=error)
        try:
            if self._raw.in_transaction:  # SQLite may have left it already
                self._raw.execute("ROLLBACK")
        except sqlite3.Error:  # the next BEGIN fails then, and it is tried anew
            _log.exception("rollback_failed")
        for pending in group:
            pending.error = not_written(error)
        self._settle(group)

    def _settle(self, group: list[Pending]) -> None:
        for pending in group:
            pending.tell()
        for pending in group:
            pending.answer()
        if self._checkpoints.is_overdue(self._raw):
            self._commits.run(self._checkpoints.run, self._raw).add_done_callback(self._next)
        else:
            asyncio.get_running_loop().call_soon(self._next)


class _Disk:
    """Whether the disk is quick: by the last commits that were waited for. One that was slow is tried now and then."""

    def __init__(self) -> None:
        self._average = 0.0
        self._commits = 0

    def is_quick(self) -> bool:
        self._commits += 1
        return self._average < _QUICK_SECONDS or self._commits % _COMMITS_BETWEEN_TRIES == 0

    def took(self, seconds: float) -> None:
        self._average += (seconds - self._average) / 8


class Checkpoints:
    """Moves the log into the database file on a thread and a connection of its own, beside the writer.

    SQLite begins the log anew only when a write finds all of it moved, which under steady writing may never be. So when
    it has grown all the same, the writer stops and moves the little that is left.
    """

    def __init__(self, raw: sqlite3.Connection, log_file: Path) -> None:
        self._raw = raw
        self._log_file = log_file
        self._rows_at_last = 0
        self._wanted = threading.Event()
        self._closing = False
        self._one_at_a_time = threading.Lock()
        self._thread = threading.Thread(target=self._run_forever, name="keystead-checkpoint", daemon=True)
        self._thread.start()

    @staticmethod
    def prepare(writer: sqlite3.Connection) -> None:
        """Takes checkpoints away from the writer's commits, and shortens a log that grew when it begins anew."""
        writer.execute("PRAGMA wal_autocheckpoint=0")
        writer.execute(f"PRAGMA journal_size_limit={_LOG_KEPT_BYTES}")

    def is_overdue(self, writer: sqlite3.Connection) -> bool:
        """Whether the writer must stop for a checkpoint; asks the thread for one when it is merely time."""
        rows = writer.total_changes
        if rows - self._rows_at_last < _CHECKPOINT_ROWS:
            return False
        self._rows_at_last = rows
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_LIMIT_BYTES:
            return True
        self._wanted.set()
        return False

    def run(self, raw: sqlite3.Connection) -> None:
        """PASSIVE waits for no reader. A failure loses nothing: the log keeps what was not moved, for the next one."""
        with self._one_at_a_time:
            try:
                raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error:
                _log.exception("checkpoint_failed")

    def _run_forever(self) -> None:
        while self._wanted.wait() and not self._closing:
            self._wanted.clear()
            self.run(self._raw)

    async def close(self) -> None:
        self._closing = True
        self._wanted.set()
        await asyncio.to_thread(self._thread.join)
        self._raw.close()


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

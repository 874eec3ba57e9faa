"""One process owns the SQLite file: its caches are the truth only as long as nobody else writes."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from keystead.kit.errors import KeysteadError, Kind


class LockError(KeysteadError):
    """The database is in use, or cannot be locked; the sentence says which, and by whom."""

    def __init__(self, message: str) -> None:
        super().__init__(Kind.UNAVAILABLE, message)


class ServerLock:
    """A lock on `<database>.lock`, which holds the owner's process id. The kernel lets go when the process ends.

    Not a lock on the database itself, which readers and backups may open, and whose own locks are SQLite's. The
    file stays: removing it would let two processes lock two files of one name.
    """

    def __init__(self, database: Path) -> None:
        # By its real name, so that a symbolic link does not make a second lock.
        self._database = database.resolve()
        self._file = self._database.with_name(self._database.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Raises LockError when another process, or another lock of this one, owns the database."""
        try:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LockError(f"{self._file} cannot be opened: {error.strerror}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise LockError(
                f"The database {self._database} is in use by {f'process {owner}' if owner else 'another process'}: "
                "one Keystead at a time may own it. Stop that one first, or name another database."
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise LockError(f"{self._file} cannot be locked: {error.strerror}.") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

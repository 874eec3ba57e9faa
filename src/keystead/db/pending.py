"""A job on its way through a writer, whichever the engine."""

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any

import structlog

from keystead.db.connection import Job, Landed
from keystead.kit.errors import KeysteadError, Kind

_log = structlog.get_logger("keystead.db")


class Pending:
    """What was asked for, and what became of it. `committed` is called before anybody is answered."""

    __slots__ = ("committed", "context", "error", "future", "job", "landed", "result")

    def __init__(
        self,
        job: Job[Any],
        committed: Callable[[Any], None] | None,
        future: asyncio.Future[Any],
        landed: Landed[Any] | None = None,
    ) -> None:
        self.job = job
        self.committed = committed
        self.landed = landed
        self.future = future
        self.context = contextvars.copy_context()  # that of the request, for what the job logs
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


def shutting_down() -> KeysteadError:
    return KeysteadError(Kind.UNAVAILABLE, "Keystead is shutting down.", retry_after=1)


def not_written(cause: BaseException) -> KeysteadError:
    """What everybody hears whose change was lost with a commit."""
    error = KeysteadError(
        Kind.UNAVAILABLE, "The change could not be written to disk; nothing of it was kept.", retry_after=1
    )
    error.__cause__ = cause
    return error

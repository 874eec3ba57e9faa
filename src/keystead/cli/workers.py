"""Several processes that serve one socket. None is special; one that dies is replaced."""

import os
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final

_DEATHS_BORNE: Final = 10
_WITHIN_SECONDS: Final = 60.0


class TooManyDeathsError(Exception):
    """Workers die as fast as they are replaced."""


class Supervisor:
    """`work` is what each worker does until it is told to stop; it runs in a process of its own."""

    def __init__(self, number: int, work: Callable[[], None], log: Any) -> None:
        self._number = number
        self._work = work
        self._log = log
        self._pids: set[int] = set()
        self._stopping = False
        self._deaths: list[float] = []

    def run(self) -> None:
        """Returns when it was told to stop and every worker has ended. Raises TooManyDeathsError."""
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, self._stop)
        while len(self._pids) < self._number:
            self._start()
        while self._pids:
            pid, status = os.wait()
            self._pids.discard(pid)
            if not self._stopping:
                self._log.error("worker_died", pid=pid, status=os.waitstatus_to_exitcode(status))
                self._count_death()
                self._start()

    def _start(self) -> None:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            status = 1
            try:
                self._work()
                status = 0
            finally:
                os._exit(status)
        self._pids.add(pid)
        self._log.info("worker_started", pid=pid)

    def _count_death(self) -> None:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < _WITHIN_SECONDS] + [now]
        if len(self._deaths) > _DEATHS_BORNE:
            self._stop(signal.SIGTERM, None)
            raise TooManyDeathsError

    def _stop(self, _signal: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._pids:
            os.kill(pid, signal.SIGTERM)

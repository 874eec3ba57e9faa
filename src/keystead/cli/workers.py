"""Several processes that serve one socket. None is special; one that dies is replaced.

The supervisor takes its signals one at a time, where it waits for them: no handler runs in the middle of a fork.
Workers hold one end of a pipe whose other end is the supervisor's, and learn by it that it was killed.
"""

import os
import signal
import time
from collections.abc import Callable
from typing import Any, Final

_DEATHS_BORNE: Final = 10
_WITHIN_SECONDS: Final = 60.0
_SECONDS_TO_END: Final = 20
_TAKEN: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGALRM)


class TooManyDeathsError(Exception):
    """Workers die as fast as they are replaced."""


class Supervisor:
    """`work` is what each worker does until SIGTERM, or until the descriptor that it is given can be read."""

    def __init__(self, number: int, work: Callable[[int], None], log: Any) -> None:
        self._number = number
        self._work = work
        self._log = log
        self._pids: set[int] = set()
        self._stopping = False
        self._deaths: list[float] = []
        self._supervised, self._supervising = os.pipe()

    def run(self) -> None:
        """Returns when it was told to stop and every worker has ended. Raises TooManyDeathsError."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _TAKEN)
        try:
            while len(self._pids) < self._number:
                self._start()
            while self._pids:
                self._take(signal.sigwait(_TAKEN))
        finally:
            signal.alarm(0)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if len(self._deaths) > _DEATHS_BORNE:
            raise TooManyDeathsError

    def _take(self, signal_number: int) -> None:
        if signal_number == signal.SIGCHLD:
            self._replace_dead()
        elif signal_number == signal.SIGALRM:
            self._log.warning("workers_killed", pids=sorted(self._pids))
            self._tell(signal.SIGKILL)
        else:
            self._stop()

    def _replace_dead(self) -> None:
        while self._pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._pids.discard(pid)
            if not self._stopping:
                self._log.error("worker_died", pid=pid, status=os.waitstatus_to_exitcode(status))
                self._count_death()
            if not self._stopping:
                self._start()

    def _count_death(self) -> None:
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < _WITHIN_SECONDS] + [now]
        if len(self._deaths) > _DEATHS_BORNE:
            self._stop()

    def _start(self) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_worker()
        self._pids.add(pid)
        self._log.info("worker_started", pid=pid)

    def _become_worker(self) -> None:
        status = 1
        try:
            os.close(self._supervising)
            os.setpgid(0, 0)  # what a terminal says to the supervisor, the supervisor says to us
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TAKEN)
            self._work(self._supervised)
            status = 0
        except BaseException:
            self._log.exception("worker_failed")
        finally:
            os._exit(status)

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            signal.alarm(_SECONDS_TO_END)
        self._tell(signal.SIGTERM)

    def _tell(self, signal_number: int) -> None:
        for (
            pid
        ) in self._pids:  # each is a child of ours that was not waited for, so that its number is its own
            os.kill(pid, signal_number)

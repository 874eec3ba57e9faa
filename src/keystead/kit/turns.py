"""Threads that get their turn at the interpreter beside an event loop that never rests.

A thread that comes back from SQLite needs the interpreter's lock. The event loop lets go of it often, at every
system call, but only for a microsecond: when the waiting thread has woken up, the loop has it again; and as the thread
was woken before its 5 ms were over, it does not insist. Beside a saturated loop, threads were seen to wait for
20 s. So while threads work, the loop pauses now and then, for long enough that one can wake and go on.
"""

import asyncio
import concurrent.futures
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_PAUSE_SECONDS: Final = 0.000_3
_BETWEEN_SECONDS: Final = 0.001


class Turns:
    """Runs functions on threads for one event loop, which it pauses for less than a quarter of the time meanwhile.

    The first pause comes at once: what takes less than 0.3 ms is done before the loop goes on.
    """

    def __init__(self, threads: int, name: str) -> None:
        self._threads = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._working: set[concurrent.futures.Future[Any]] = set()
        self._pausing = False

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        work = self._threads.submit(function, *args, **kwargs)
        self._working.add(work)
        if not self._pausing:
            self._pausing = True
            self._pause(loop)
        return asyncio.wrap_future(work, loop=loop)

    def _pause(self, loop: asyncio.AbstractEventLoop) -> None:
        _, self._working = concurrent.futures.wait(
            self._working, timeout=_PAUSE_SECONDS, return_when=concurrent.futures.FIRST_COMPLETED
        )
        if self._working:
            loop.call_later(_BETWEEN_SECONDS, self._pause, loop)
        else:
            self._pausing = False

    async def close(self) -> None:
        """Returns when all that was begun has ended."""
        await asyncio.to_thread(self._threads.shutdown)

    def close_soon(self) -> None:
        """Returns at once: what was begun ends by itself, what was not is left."""
        self._threads.shutdown(wait=False, cancel_futures=True)

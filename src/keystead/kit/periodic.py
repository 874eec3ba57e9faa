"""Work that is done now and then in the background, for as long as the process serves."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

Work: TypeAlias = Callable[[], Awaitable[None]]


class Periodic:
    """Does `work`, and again `seconds` after it ended. What it raises goes to `failed`, and the next turn comes."""

    def __init__(self, work: Work, seconds: float, failed: Callable[[Exception], None]) -> None:
        self._work = work
        self._seconds = seconds
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """What is under way is given up at its next wait."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            try:
                await self._work()
            except Exception as error:  # one turn that fails, for want of a database say, is not the last
                self._failed(error)
            await asyncio.sleep(self._seconds)


class Tending:
    """Several such works, each by itself. What one raises goes to `failed` with the name that it has in `works`."""

    def __init__(
        self, works: Mapping[str, Work], seconds: float, failed: Callable[[str, Exception], None]
    ) -> None:
        self._works = works
        self._periodic = [Periodic(work, seconds, partial(failed, name)) for name, work in works.items()]

    def start(self) -> None:
        for one in self._periodic:
            one.start()

    def stop(self) -> None:
        for one in self._periodic:
            one.stop()

    async def turn(self) -> None:
        """Each once, now, one after the other. Raises what they raise."""
        for work in self._works.values():
            await work()

"""Work that is done now and then in the background, for as long as the process serves."""

import asyncio
from collections.abc import Awaitable, Callable


class Periodic:
    """Does `work`, and again `seconds` after it ended. What it raises goes to `failed`, and the next turn comes."""

    def __init__(
        self, work: Callable[[], Awaitable[None]], seconds: float, failed: Callable[[Exception], None]
    ) -> None:
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

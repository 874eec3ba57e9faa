"""A Keystead over TCP whose clock the test moves: it runs in a thread of its own, with an event loop of its own."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn

from tests.browser.site import Site
from tests.inside import Clock, running_inside
from tests.serving import free_port

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 20.0


class SiteWithOwnTime(Site):
    """`clock` says what time it is there."""

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(url)
        self.clock = clock


class _Served:
    """What the thread tells of: its clock and its server, or why it ended."""

    def __init__(self, directory: Path, settings: Mapping[str, str]) -> None:
        self._directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = {**settings, "KEYSTEAD_PUBLIC_URL": self.url}
        self.ready = threading.Event()
        self.clock: Clock | None = None
        self.server: uvicorn.Server | None = None
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.problem = error
            raise
        finally:
            self.ready.set()

    async def _serve(self) -> None:
        async with running_inside(self._directory, settings=self._settings) as inside:
            self.clock = inside.clock
            config = uvicorn.Config(
                inside.keystead.asgi, port=self.port, lifespan="off", log_config=None, server_header=False
            )
            self.server = uvicorn.Server(config)
            serving = asyncio.create_task(self.server.serve())
            await self._answers(serving)
            self.ready.set()
            await serving

    async def _answers(self, serving: asyncio.Task[None]) -> None:
        """Until it takes connections, or has ended."""
        while not serving.done():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except ConnectionError:
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return


@contextmanager
def site_with_own_time(directory: Path, settings: Mapping[str, str]) -> Iterator[SiteWithOwnTime]:
    directory.mkdir()
    served = _Served(directory, settings)
    thread = threading.Thread(target=served.run, name="keystead", daemon=True)
    thread.start()
    try:
        assert served.ready.wait(_START_SECONDS), "the server did not start in time"
        assert served.clock is not None, served.problem
        with SiteWithOwnTime(served.url, served.clock) as site:
            yield site
    finally:
        if served.server is not None:
            served.server.should_exit = True
        thread.join(_STOP_SECONDS)
    assert not thread.is_alive(), "the server did not end"

"""A line to PostgreSQL that breaks off in a commit, at the moment that a test chooses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum
from typing import Final

# The simple query message of PostgreSQL's protocol: a letter, the length, the text, a zero.
_COMMIT: Final = b"Q\x00\x00\x00\x0bCOMMIT\x00"
_LOCK: Final = b"FOR UPDATE"


class Break(Enum):
    """What becomes of the COMMIT that is on its way when the line breaks."""

    LOST = "it never reaches the server"
    DONE = "the server has done it, and its answer is lost"
    LATE = "it reaches the server when the next connection already waits for the lock"


class BrokenLine:
    """Passes bytes between a client and PostgreSQL on `port`; the next COMMIT after `break_at_commit` meets a break."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._breaking: Break | None = None
        self._late: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0
        self.breaks = 0

    def break_at_commit(self, how: Break) -> None:
        self._breaking = how

    @asynccontextmanager
    async def open(self) -> AsyncIterator["BrokenLine"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        replies, server = await asyncio.open_connection("127.0.0.1", self._target)
        back = asyncio.create_task(self._pass_back(replies, answer))
        try:
            await self._pass_on(client, server, back)
        finally:
            back.cancel()
            answer.close()
            if server is not self._late:
                server.close()

    async def _pass_on(
        self, client: asyncio.StreamReader, server: asyncio.StreamWriter, back: "asyncio.Task[None]"
    ) -> None:
        while data := await client.read(65_536):
            if self._late is not None and _LOCK in data:
                late, self._late = self._late, None
                server.write(data)  # it waits for the lock that the late one holds
                late.write(_COMMIT)
                continue
            if self._breaking is None or _COMMIT not in data:
                server.write(data)
                continue
            how, self._breaking = self._breaking, None
            self.breaks += 1
            back.cancel()
            if how is Break.DONE:
                server.write(data)
                server.write_eof()
                await asyncio.sleep(0)
            elif how is Break.LATE:
                self._late = server
            return

    async def _pass_back(self, replies: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        while data := await replies.read(65_536):
            answer.write(data)
        answer.close()

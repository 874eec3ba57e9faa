"""Answers that are made while they are sent."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Any

import pytest

from keystead.web.asgi import ClientGoneError, Message
from keystead.web.streams import json_array, send_stream


async def _batches(*batches: Sequence[Any]) -> AsyncIterator[Sequence[Any]]:
    for batch in batches:
        yield batch


@pytest.mark.parametrize("batches", [(), ([],), ([1], []), ([], [1, 2], [], [3])])
async def test_batches_become_one_array(batches: Sequence[Sequence[int]]) -> None:
    pieces = [piece async for piece in json_array(_batches(*batches), b'{"all":[', b"]}")]
    assert json.loads(b"".join(pieces)) == {"all": [one for batch in batches for one in batch]}


class _Client:
    """Hangs up after so many pieces; None: never."""

    def __init__(self, patience: int | None) -> None:
        self._patience = patience
        self._gone = asyncio.Event()
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if self._patience is not None and len(self.sent) > self._patience:
            self._gone.set()
        await asyncio.sleep(0)


async def test_nothing_is_made_for_a_client_who_hung_up() -> None:
    made = []

    async def endless() -> AsyncIterator[bytes]:
        for number in count():
            assert number < 100, "it goes on for nobody"
            made.append(number)
            await asyncio.sleep(0)
            yield b"x"

    client = _Client(patience=3)
    with pytest.raises(ClientGoneError):
        await send_stream(endless(), 200, [], client.receive, client.send)
    assert 3 <= len(made) <= 6


@pytest.mark.parametrize("head_only", [False, True])
async def test_a_client_who_stays_gets_all_of_it(head_only: bool) -> None:
    async def some() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    client = _Client(patience=None)
    await send_stream(some(), 200, [(b"x", b"y")], client.receive, client.send, head_only=head_only)
    assert client.sent[0] == {"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]}
    assert b"".join(part["body"] for part in client.sent[1:]) == (b"" if head_only else b"ab")
    assert not client.sent[-1].get("more_body")

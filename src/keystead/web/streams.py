"""Lists that are sent while they are made: no more of them is in memory than one batch."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec

from keystead.web.asgi import ClientGoneError, Receive, Send
from keystead.web.errors import Headers


async def json_array(
    batches: AsyncIterator[Sequence[Any]], opening: bytes = b"[", closing: bytes = b"]"
) -> AsyncIterator[bytes]:
    """One JSON array of what all batches hold, in pieces; `opening` and `closing` may put it into an object.

    The first piece leaves with the first batch: what goes wrong before is answered as an error.
    """
    before = opening
    async for batch in batches:
        if batch:
            yield before + msgspec.json.encode(batch)[1:-1]
            before = b","
    yield closing if before == b"," else opening + closing


async def send_stream(
    chunks: AsyncIterator[bytes],
    status: int,
    headers: Headers,
    receive: Receive,
    send: Send,
    *,
    head_only: bool = False,
) -> None:
    """Sends what is being made. Raises ClientGoneError, and makes no more, once whoever asked has hung up."""
    # The first piece is made before the headers go out, so that its failure can still be an error.
    first = await anext(chunks, b"")
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if not head_only:
        gone = asyncio.ensure_future(_hung_up(receive))
        try:
            await send({"type": "http.response.body", "body": first, "more_body": True})
            async for chunk in chunks:
                if gone.done():
                    raise ClientGoneError
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            gone.cancel()
    await send({"type": "http.response.body", "body": b""})


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

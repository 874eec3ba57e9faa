"""The little of ASGI that everything here shares: types, reading a body, sending an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from keystead.kit.errors import KeysteadError, Kind
from keystead.web.errors import Headers

AsgiScope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

BODY_LIMIT: Final = 1024 * 1024
_BODY_SECONDS: Final = 30.0
JSON: Final = (b"content-type", b"application/json")
NO_STORE: Final = (b"cache-control", b"no-store")


class ClientGoneError(Exception):
    """The caller hung up before the request was whole."""


def header(scope: AsgiScope, name: bytes) -> str:
    """A request header's value, empty when it is absent. `name` in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return ""


async def read_body(scope: AsgiScope, receive: Receive, limit: int = BODY_LIMIT) -> bytes:
    """The whole body. Raises a `Kind.TOO_LARGE` or `Kind.TOO_SLOW` error, or ClientGoneError."""
    announced = header(scope, b"content-length")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return _within(bytes(message.get("body", b"")), limit)
    chunks = [message]
    size = len(message.get("body", b""))
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            while chunks[-1].get("more_body"):
                chunks.append(await receive())
                size += len(chunks[-1].get("body", b""))
                if size > limit:
                    raise _too_large(limit)
    except TimeoutError:
        raise KeysteadError(Kind.TOO_SLOW, f"The body did not arrive within {_BODY_SECONDS:g} s.") from None
    if any(chunk["type"] == "http.disconnect" for chunk in chunks):
        raise ClientGoneError
    return _within(b"".join(chunk.get("body", b"") for chunk in chunks), limit)


async def send_answer(
    send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    every: Headers = [*headers, (b"content-length", str(len(body)).encode())] if status != 204 else [*headers]
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body})


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> KeysteadError:
    return KeysteadError(Kind.TOO_LARGE, f"The body is larger than {limit} bytes.")

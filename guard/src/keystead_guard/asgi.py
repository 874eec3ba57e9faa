"""ASGI: a middleware that lets in whoever has a good token, whatever framework is behind it."""

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from keystead_guard.errors import RefusedError
from keystead_guard.guard import Guard

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class GuardMiddleware:
    """`scope["keystead"]` is the Caller. `exempt`: whole paths that need no token, such as a health check's."""

    def __init__(self, app: App, guard: Guard, exempt: Iterable[str] = ()) -> None:
        self._app = app
        self._guard = guard
        self._exempt = frozenset(exempt)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"] in self._exempt:
            await self._app(scope, receive, send)
            return
        try:
            scope["keystead"] = await self._guard.from_header(authorization(scope))
        except RefusedError as refused:
            await _refuse(scope, refused, send)
        else:
            await self._app(scope, receive, send)


def authorization(scope: Scope) -> list[str]:
    """Every value of the `Authorization` header."""
    return [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]


async def _refuse(scope: Scope, refused: RefusedError, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refused.code})
        return
    body = json.dumps(refused.body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

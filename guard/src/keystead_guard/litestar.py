"""Litestar: guards for routes. `caller_of(request)` is the Caller."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from keystead_guard.asgi import authorization
from keystead_guard.caller import Caller
from keystead_guard.errors import RefusedError
from keystead_guard.guard import Guard
from keystead_guard.needs import Permission, admit

Connection = ASGIConnection[Any, Any, Any, Any]
RouteGuard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def protected(guard: Guard, needed: Permission | None = None) -> RouteGuard:
    """For `guards=[...]`. Without a permission: for whoever has a good token."""

    async def check(connection: Connection, _handler: BaseRouteHandler) -> None:
        scope: Any = connection.scope
        try:
            scope["keystead"] = await admit(guard, authorization(scope), connection.path_params, needed)
        except RefusedError as refused:
            raise HTTPException(
                status_code=refused.status,
                detail=refused.description,
                headers=refused.headers,
                extra={"error": refused.code},
            ) from refused

    return check


def caller_of(connection: Connection) -> Caller:
    """Whoever was let in by `protected`; a Request is such a connection."""
    scope: Any = connection.scope
    caller: Caller = scope["keystead"]
    return caller

"""Starlette: a decorator for endpoints that are functions. `request.state.caller` is the Caller."""

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from keystead_guard.asgi import authorization
from keystead_guard.errors import RefusedError
from keystead_guard.guard import Guard
from keystead_guard.needs import Permission, admit

Endpoint = Callable[[Request], Awaitable[Response]]


def protected(guard: Guard, needed: Permission | None = None) -> Callable[[Endpoint], Endpoint]:
    """Without a permission: for whoever has a good token."""

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        async def serve(request: Request) -> Response:
            try:
                caller = await admit(guard, authorization(request.scope), request.path_params, needed)
            except RefusedError as refused:
                return JSONResponse(refused.body, refused.status, refused.headers)
            request.state.caller = caller
            return await endpoint(request)

        return serve

    return decorate

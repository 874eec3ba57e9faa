"""FastAPI: dependencies. `Depends(protect)` is whoever calls, `Depends(protect.to("read", "jobs", "{project}"))` who
may, too.
"""

from collections.abc import Awaitable, Callable

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from keystead_guard.asgi import authorization
from keystead_guard.caller import Caller
from keystead_guard.errors import RefusedError
from keystead_guard.guard import Guard
from keystead_guard.needs import Permission, admit


class Protect:
    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def __call__(self, connection: HTTPConnection) -> Caller:
        return await self._admit(connection, None)

    def to(
        self, action: str, resource_type: str, scope: str
    ) -> Callable[[HTTPConnection], Awaitable[Caller]]:
        """A dependency for whoever may do this there: `scope` is an id, or a variable of the path in braces."""
        needed = Permission(action, resource_type, scope)

        async def dependency(connection: HTTPConnection) -> Caller:
            return await self._admit(connection, needed)

        return dependency

    async def _admit(self, connection: HTTPConnection, needed: Permission | None) -> Caller:
        try:
            return await admit(self._guard, authorization(connection.scope), connection.path_params, needed)
        except RefusedError as refused:
            raise HTTPException(refused.status, refused.body, refused.headers) from refused

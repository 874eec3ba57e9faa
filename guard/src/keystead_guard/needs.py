"""What a route needs: a good token, or a permission in a scope that its path may name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from keystead_guard.caller import Caller
from keystead_guard.errors import ForbiddenError
from keystead_guard.guard import Guard


@dataclass(frozen=True, slots=True)
class Permission:
    """`scope` is the id of a place, or the name of a variable of the route's path in braces: `"{project}"`."""

    action: str
    resource_type: str
    scope: str

    def scope_id(self, path: Mapping[str, Any]) -> str:
        """Raises ForbiddenError where the path does not name the place."""
        if not self.scope.startswith("{"):
            return self.scope
        value = path.get(self.scope.strip("{}"))
        if value is None or not str(value):
            raise ForbiddenError("The path names no place.")
        return str(value)


async def admit(
    guard: Guard, authorization: Iterable[str], path: Mapping[str, Any], needed: Permission | None
) -> Caller:
    """Whoever calls, if they may. Raises RefusedError."""
    caller = await guard.from_header(authorization)
    if needed is not None:
        await guard.require(caller, needed.action, needed.resource_type, needed.scope_id(path))
    return caller

"""From a path and a method to an endpoint. Paths without parameters are one dictionary look-up."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from starlette.routing import compile_path

from keystead.kit.errors import KeysteadError, Kind
from keystead.web.asgi import AsgiApp, AsgiScope, Receive, Send
from keystead.web.metrics import OPERATION

Methods = dict[str, "Endpoint"]
ANY: Final = "*"  # an endpoint that refuses methods itself, in its own words


class Endpoint(NamedTuple):
    """`path` is a template, such as `/users/{userId}`."""

    method: str
    path: str
    operation_id: str
    app: AsgiApp


class Router:
    """Finds an endpoint by path and method. Two for the same place are refused."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        by_path: dict[str, Methods] = {}
        for endpoint in endpoints:
            methods = by_path.setdefault(endpoint.path, {})
            if endpoint.method in methods:
                raise ValueError(f"{endpoint.method} {endpoint.path} is declared twice")
            methods[endpoint.method] = endpoint
        self._fixed = {path: methods for path, methods in by_path.items() if "{" not in path}
        self._patterns = [
            (compile_path(path)[0], methods) for path, methods in by_path.items() if "{" in path
        ]

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        methods, scope["path_params"] = self._find(scope["path"])
        endpoint = methods.get(scope["method"]) or methods.get(ANY)
        if endpoint is None and scope["method"] == "HEAD":
            endpoint = methods.get("GET")
        if endpoint is None:
            raise method_not_allowed(scope["method"], methods)
        scope[OPERATION] = endpoint.operation_id
        await endpoint.app(scope, receive, send)

    def _find(self, path: str) -> tuple[Methods, dict[str, Any]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        for pattern, methods in self._patterns:
            match = pattern.match(path)
            if match:
                return methods, match.groupdict()
        raise KeysteadError(Kind.NOT_FOUND, "Nothing is served at this path.")


def method_not_allowed(method: str, allowed: Iterable[str]) -> KeysteadError:
    """`allowed` goes into the Allow header too (RFC 9110 section 15.5.6)."""
    listed = ", ".join(sorted(allowed))
    return KeysteadError(Kind.METHOD_NOT_ALLOWED, f"This path takes {listed}, not {method}.", details=listed)

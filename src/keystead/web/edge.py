"""Around everything: request id, client address, a net for errors, security headers, metrics, the log line."""

import ipaddress
import re
import time
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from keystead.changes.model import Origin
from keystead.kit.errors import KeysteadError, bad_input
from keystead.kit.ids import new_id
from keystead.kit.secret import hide_secrets
from keystead.web.asgi import (
    JSON,
    NO_STORE,
    AsgiApp,
    AsgiScope,
    ClientGoneError,
    Message,
    Receive,
    Send,
    header,
    send_answer,
)
from keystead.web.errors import INTERNAL_ERROR, body_of, encode_error, headers_of, status_of
from keystead.web.metrics import Metrics

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SECURITY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Edge:
    """The outermost ASGI application. It leaves the request's `Origin` in the scope under `keystead.origin`."""

    def __init__(
        self,
        app: AsgiApp,
        *,
        public_url: str,
        trusted_proxies: Sequence[Network],
        log: Any,
        metrics: Metrics | None = None,
    ) -> None:
        self._app = app
        self._public_url = public_url
        self._trusted = tuple(trusted_proxies)
        self._log = log
        self._metrics = metrics

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        origin = self._origin(scope)
        scope["keystead.origin"] = origin
        answer = _Answer(send, origin.request_id)
        try:
            scope["path"] = _strict_path(scope)
            await self._app(scope, receive, answer.send)
        except KeysteadError as error:
            await answer.fail(status_of(error), body_of(error), headers_of(error))
        except ClientGoneError:
            answer.status = 499
        except Exception:
            self._log.exception(
                "unexpected_error", request_id=origin.request_id, method=scope["method"], url=origin.url
            )
            await answer.fail(500, encode_error(500, INTERNAL_ERROR), [])
        seconds = time.perf_counter() - started
        if self._metrics is not None:
            self._metrics.answered(scope, answer.status, seconds)
        self._log.info(
            "request",
            method=scope["method"],
            path=hide_secrets(scope["path"]),
            status=answer.status,
            ms=round(seconds * 1000, 2),
            ip=origin.source_ip,
            request_id=origin.request_id,
        )

    def _origin(self, scope: AsgiScope) -> Origin:
        given = header(scope, b"x-request-id").lower()
        request_id = given if given and _REQUEST_ID.fullmatch(given) else new_id()
        raw_path = scope.get("raw_path") or scope["path"].encode()
        path = hide_secrets(raw_path.partition(b"?")[0].decode("latin-1"))
        return Origin(self._address(scope), scope["method"], self._public_url + path, request_id)

    def _address(self, scope: AsgiScope) -> str:
        """The caller's address: what trusted proxies say of it, read from the nearest one outwards."""
        client = scope.get("client")
        address: str = client[0] if client else ""
        if not self._trusted or not self._is_trusted(address):
            return address
        hops = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        for hop in reversed(",".join(hops).split(",")):
            candidate = hop.strip()
            if not _is_address(candidate):
                return address
            address = candidate
            if not self._is_trusted(address):
                return address
        return address

    def _is_trusted(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


class _Answer:
    """Watches the answer go out, and adds what every answer carries."""

    __slots__ = ("_request_id", "_send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._request_id), *_SECURITY]
        await self._send(message)

    async def fail(self, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        """Answers with an error, unless an answer is on its way already: that one is cut, which the caller notices."""
        if self.status == 0:
            await send_answer(self.send, status, body, [JSON, NO_STORE, *headers])
        else:
            raise ConnectionAbortedError("the answer broke off after its headers were sent")


def _strict_path(scope: AsgiScope) -> str:
    """The path as text. Raises a bad-input error on broken percent-encoding, bytes that are no UTF-8, and NUL."""
    raw: bytes = (scope.get("raw_path") or scope["path"].encode()).partition(b"?")[0]
    if b"%" not in raw and raw.isascii():
        return raw.decode()
    if _BROKEN_ESCAPE.search(raw):
        raise bad_input("path", "has a % that is not followed by two hexadecimal digits.")
    try:
        path = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise bad_input("path", "is not UTF-8 once percent-decoded.") from None
    if "\0" in path:
        raise bad_input("path", "must not contain a NUL character.")
    return path


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

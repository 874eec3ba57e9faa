"""Requests as they are written, byte by byte: no client between the test and the wire."""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

_SECONDS: Final = 30.0


class RawAnswer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json", self
        return json.loads(self.body)


def exchange(port: int, *pieces: bytes, method: str = "GET") -> RawAnswer:
    """Sends the pieces and reads one answer. `method` tells only whether a body belongs to it."""
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        # A server that refuses early may stop listening before all is said; it has answered nevertheless.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                connection.sendall(piece)
        answer = http.client.HTTPResponse(connection, method=method)
        answer.begin()
        return RawAnswer(answer.status, answer.headers, answer.read())


def request(
    method: str, target: str | bytes, headers: Iterable[str | bytes] = (), body: bytes | None = None
) -> bytes:
    """A request's bytes. A body has its length announced unless the headers say how it comes."""
    lines = [
        method.encode() + b" " + (target if isinstance(target, bytes) else target.encode()) + b" HTTP/1.1",
        b"Host: keystead.example",
        *(header if isinstance(header, bytes) else header.encode() for header in headers),
    ]
    if body is not None and not any(line.lower().startswith(b"transfer-encoding:") for line in lines):
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")


def chunked(body: bytes, size: int = 65_536) -> bytes:
    """RFC 9112 section 7.1."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"

"""HTTP/1.1 as uvicorn reads it, but for two things: an answer's head leaves together with the first of its body, and
what is no HTTP meets no endpoint, and is refused in our form.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from keystead.web.errors import encode_error

_BODY: Final = encode_error(
    400, "This is not an HTTP/1.1 request. What a URL has beyond ASCII must be percent-encoded, as UTF-8."
)
_ANSWER: Final = b"\r\n".join(
    (
        b"HTTP/1.1 400 Bad Request",
        b"content-type: application/json",
        b"cache-control: no-store",
        b"content-length: %d" % len(_BODY),
        b"connection: close",
        b"",
        _BODY,
    )
)


_HEAD: Final = b"HTTP/1.1 "
_GO_ON: Final = b"HTTP/1.1 100"


class _WholeAnswers:
    """A transport that keeps an answer's head until the body's first piece comes: one system call, not two.

    Sending costs more than anything else of a small answer but its signature.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._send = transport.write
        self._head = b""
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(_HEAD) and data.endswith(b"\r\n\r\n") and not data.startswith(_GO_ON):
            self._head = data
            return
        self._send(data)

    def flush(self) -> None:
        """Sends a head that nothing follows."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class HttpProtocol(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_WholeAnswers(transport))  # type: ignore[arg-type]

    def on_response_complete(self) -> None:
        self.transport.flush()  # type: ignore[attr-defined]
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Overrides uvicorn's, which answers in plain text."""
        self.transport.write(_ANSWER)
        self.transport.close()

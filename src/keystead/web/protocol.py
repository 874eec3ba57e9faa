"""HTTP/1.1 as uvicorn reads it, but for one answer: what is no HTTP meets no endpoint, and is refused in our form."""

from typing import Final

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


class HttpProtocol(HttpToolsProtocol):
    def send_400_response(self, msg: str) -> None:
        """Overrides uvicorn's, which answers in plain text."""
        self.transport.write(_ANSWER)
        self.transport.close()

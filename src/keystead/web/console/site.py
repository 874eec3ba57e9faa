"""Serves the console: one page for every address that it has, and the files that the page names.

The files come from a build, which may be made while the server runs: they are read when they are first asked for, and
again when the build is another. Only what the build holds is served; no path of a request reaches the file system.
"""

import gzip
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from keystead.kit.errors import KeysteadError, Kind
from keystead.web.asgi import NO_STORE, AsgiApp, AsgiScope, Receive, Send, header, send_answer
from keystead.web.errors import Headers
from keystead.web.router import Endpoint

BUILT: Final = Path(__file__).parent / "built"
PAGES: Final = (
    "/",
    "/overview",
    "/service-accounts",
    "/access-rules",
    "/access-keys",
    "/roles",
    "/users",
    "/organisation",
    "/audit-log",
    "/settings",
)
_OPERATION: Final = "console"
_NONCE: Final = b"%NONCE%"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_TYPES: Final = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".svg": b"image/svg+xml",
    ".woff2": b"font/woff2",
}
_COMPRESSED: Final = frozenset({".js", ".css", ".svg"})
_FOREVER: Final = (
    b"cache-control",
    b"public, max-age=31536000, immutable",
)  # names carry a hash of the content
_SHORTLY: Final = (b"cache-control", b"public, max-age=300")
_VARY: Final = (b"vary", b"accept-encoding")
_GZIP: Final = (b"content-encoding", b"gzip")
_WAITING: Final = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>Keystead</title>
<h1>The console is not built yet</h1>
<p>This page looks again every two seconds. <code>make console</code> builds it; the API answers meanwhile.</p>
"""


class _File(NamedTuple):
    """A file of the build. `packed` is None where packing gains nothing."""

    body: bytes
    packed: bytes | None
    media: bytes


class _Build(NamedTuple):
    """`made` tells builds apart: the page's time of writing, in nanoseconds."""

    made: int
    page: bytes
    files: Mapping[str, _File]


class ConsoleSite:
    """`directory` is where a build is, or will be."""

    def __init__(self, directory: Path = BUILT) -> None:
        self._directory = directory
        self._build: _Build | None = None

    def endpoints(self) -> list[Endpoint]:
        pages = [Endpoint("GET", path, _OPERATION, self._page) for path in PAGES]
        lasting = self._file(lambda scope: f"assets/{scope['path_params']['name']}", _FOREVER)
        return [
            *pages,
            Endpoint("GET", "/assets/{name}", _OPERATION, lasting),
            *(
                Endpoint("GET", f"/{name}", _OPERATION, self._file(lambda scope: scope["path"][1:], _SHORTLY))
                for name in ("icon.svg", "scheme.js")
            ),
        ]

    async def _page(self, _scope: AsgiScope, _receive: Receive, send: Send) -> None:
        build = self._current()
        nonce = secrets.token_urlsafe(18)
        headers: Headers = [
            (b"content-type", _TYPES[".html"]),
            (b"content-security-policy", _POLICY.format(nonce=nonce).encode()),
            NO_STORE,
        ]
        if build is None:
            await send_answer(send, 503, _WAITING, [*headers, (b"retry-after", b"2")])
            return
        await send_answer(send, 200, build.page.replace(_NONCE, nonce.encode()), headers)

    def _file(self, name_in: Callable[[AsgiScope], str], lasts: tuple[bytes, bytes]) -> AsgiApp:
        async def serve(scope: AsgiScope, _receive: Receive, send: Send) -> None:
            build = self._current()
            file = build.files.get(name_in(scope)) if build else None
            if file is None:
                raise KeysteadError(Kind.NOT_FOUND, "Nothing is served at this path.")
            headers: Headers = [(b"content-type", file.media), lasts]
            body = file.body
            if file.packed is not None:
                headers.append(_VARY)
                if _takes_gzip(header(scope, b"accept-encoding")):
                    body = file.packed
                    headers.append(_GZIP)
            await send_answer(send, 200, body, headers)

        return serve

    def _current(self) -> _Build | None:
        """The build that is there now, read if it is not the one in memory."""
        index = self._directory / "index.html"
        try:
            made = index.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if self._build is None or self._build.made != made:
            self._build = _Build(made, index.read_bytes(), _files(self._directory))
        return self._build


def _files(directory: Path) -> dict[str, _File]:
    found = (path for path in directory.rglob("*") if path.suffix in _TYPES and path.is_file())
    return {path.relative_to(directory).as_posix(): _read(path) for path in found}


def _read(path: Path) -> _File:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _COMPRESSED else None
    return _File(body, packed, _TYPES[path.suffix])


def _takes_gzip(accepted: str) -> bool:
    """Whether a client takes gzip (RFC 9110 section 12.5.3); a weight of nought refuses it."""
    for wish in accepted.lower().split(","):
        coding, _, weight = wish.partition(";")
        if coding.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False

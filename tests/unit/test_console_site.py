"""What serves the console: the page with its policy, the files that last, and nothing that is not of the build."""

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keystead.kit.errors import KeysteadError, Kind
from keystead.web.console.site import PAGES, ConsoleSite
from keystead.web.router import Router

Answer = tuple[int, dict[bytes, bytes], bytes]
Ask = Callable[..., Any]
SCRIPT = b"console.log('keystead');" * 50


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<meta nonce="%NONCE%"><script src="/assets/main-1a2b.js"></script>')
    (tmp_path / "assets" / "main-1a2b.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "font-3c4d.woff2").write_bytes(b"wOF2")
    (tmp_path / "scheme.js").write_text("document;")
    (tmp_path / "secret.txt").write_text("not of the kinds that are served")
    return tmp_path


async def ask(site: ConsoleSite, path: str, accept_encoding: bytes = b"") -> Answer:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "headers": [(b"accept-encoding", accept_encoding)],
    }
    await Router(site.endpoints())(scope, receive, send)
    start, *bodies = sent
    return start["status"], dict(start["headers"]), b"".join(body["body"] for body in bodies)


@pytest.mark.parametrize("path", PAGES)
async def test_every_address_is_the_same_page(built: Path, path: str) -> None:
    status, headers, body = await ask(ConsoleSite(built), path)
    assert (status, headers[b"content-type"]) == (200, b"text/html; charset=utf-8")
    assert headers[b"cache-control"] == b"no-store"
    assert b"/assets/main-1a2b.js" in body


async def test_each_load_has_a_nonce_of_its_own_and_no_inline_script(built: Path) -> None:
    site, nonces = ConsoleSite(built), set()
    for _ in range(2):
        _, headers, body = await ask(site, "/")
        policy = headers[b"content-security-policy"].decode()
        (nonce,) = re.findall(r"style-src 'self' 'nonce-([\w-]{20,})'", policy)
        assert f'nonce="{nonce}"'.encode() in body
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        nonces.add(nonce)
    assert len(nonces) == 2


async def test_files_last_for_ever_and_come_packed_to_those_who_take_it(built: Path) -> None:
    site = ConsoleSite(built)
    _, plain, body = await ask(site, "/assets/main-1a2b.js")
    assert body == SCRIPT
    assert plain[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert b"content-encoding" not in plain
    _, packed, body = await ask(site, "/assets/main-1a2b.js", b"br, gzip;q=0.8")
    assert (packed[b"content-encoding"], packed[b"vary"]) == (b"gzip", b"accept-encoding")
    assert len(body) < len(SCRIPT) / 5
    assert gzip.decompress(body) == SCRIPT
    _, refused, body = await ask(site, "/assets/main-1a2b.js", b"gzip;q=0, identity")
    assert (body, b"content-encoding" in refused) == (SCRIPT, False)


async def test_a_font_is_not_packed_again(built: Path) -> None:
    _, headers, body = await ask(ConsoleSite(built), "/assets/font-3c4d.woff2", b"gzip")
    assert (headers[b"content-type"], body) == (b"font/woff2", b"wOF2")
    assert b"content-encoding" not in headers


@pytest.mark.parametrize("path", ["/assets/none.js", "/assets/..", "/assets/%2e%2e", "/icon.svg"])
async def test_what_is_not_of_the_build_is_not_there(built: Path, path: str) -> None:
    with pytest.raises(KeysteadError) as refused:
        await ask(ConsoleSite(built), path)
    assert refused.value.kind is Kind.NOT_FOUND


async def test_without_a_build_the_page_says_so_and_looks_again(tmp_path: Path) -> None:
    status, headers, body = await ask(ConsoleSite(tmp_path), "/service-accounts")
    assert (status, headers[b"retry-after"]) == (503, b"2")
    assert b"make console" in body


async def test_another_build_is_served_without_a_restart(built: Path) -> None:
    site = ConsoleSite(built)
    await ask(site, "/")
    index = built / "index.html"
    index.write_text("another")
    os.utime(index, ns=(1, index.stat().st_mtime_ns + 1_000_000))
    assert (await ask(site, "/"))[2] == b"another"

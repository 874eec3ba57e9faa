"""Processes that answer token requests, each on a port of its own: the peers and the floor."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from bench.measure import ROOT
from bench.peers import installed
from tests.serving import free_port, sign_in

CLIENT_ID: Final = "bench-client"
_START_SECONDS: Final = 30.0
# With threads, since gunicorn's sync workers close every connection.
_GUNICORN: Final = ("--workers", "1", "--threads", "4", "--keep-alive", "60", "--log-level", "warning")


class Peer(NamedTuple):
    """`url` is where it gives tokens; `pid` of its process, whose children are its own."""

    url: str
    pid: int


def form(secret: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": secret}


def new_client(url: str) -> str:
    """Makes the client at a running Keystead; returns its secret."""
    with sign_in(url) as admin:
        answer = admin.post("/api/v1/service-accounts", json={"name": CLIENT_ID})
        answer.raise_for_status()
        return str(answer.json()["clientSecret"])


@contextmanager
def floor(folder: Path, secret: str) -> Iterator[Peer]:
    port = free_port()
    command = [sys.executable, "-m", "bench.floor", str(port), CLIENT_ID, secret, str(folder / "floor.db")]
    with _running(command, f"http://127.0.0.1:{port}/", secret, {}) as peer:
        yield peer


@contextmanager
def oidc_provider(_folder: Path, secret: str) -> Iterator[Peer]:
    port = free_port()
    program = str(installed.PLACE / "node" / "oidc_provider.mjs")
    command = [installed.node(), program, str(port), CLIENT_ID, secret]
    with _running(command, f"http://127.0.0.1:{port}/token", secret, {"NODE_ENV": "production"}) as peer:
        yield peer


@contextmanager
def authlib(folder: Path, secret: str) -> Iterator[Peer]:
    with _gunicorn("authlib_flask", "/token", folder, secret, {}) as peer:
        yield peer


@contextmanager
def django(folder: Path, secret: str, *, hashed: bool) -> Iterator[Peer]:
    own = folder / ("hashed" if hashed else "plain")
    own.mkdir()
    settings = {"PEER_HASHED": "1" if hashed else "0"}
    with _gunicorn("django_toolkit", "/o/token/", own, secret, settings) as peer:
        yield peer


@contextmanager
def _gunicorn(
    module: str, path: str, folder: Path, secret: str, settings: Mapping[str, str]
) -> Iterator[Peer]:
    port = free_port()
    command = [
        *(str(installed.PYTHON), "-m", "gunicorn", f"bench.peers.{module}:create_app()"),
        *("--bind", f"127.0.0.1:{port}", *_GUNICORN),
    ]
    told = {"PEER_FOLDER": str(folder), "PEER_CLIENT_ID": CLIENT_ID, "PEER_SECRET": secret}
    with _running(command, f"http://127.0.0.1:{port}{path}", secret, {**told, **settings}) as peer:
        yield peer


@contextmanager
def _running(command: Sequence[str], url: str, secret: str, settings: Mapping[str, str]) -> Iterator[Peer]:
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    )
    try:
        _wait(process, url, secret)
        yield Peer(url, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _wait(process: subprocess.Popen[bytes], url: str, secret: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = httpx.post(url, data=form(secret), timeout=10)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if answer.status_code == 200:
            return
        sys.exit(f"{url}: {answer.status_code} {answer.text}")
    sys.exit(f"{url}: the server did not start")

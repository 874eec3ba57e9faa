"""A real server process over TCP, for the tests that talk to one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

ADMIN_EMAIL: Final = "admin@keystead.local"
ADMIN_PASSWORD: Final = "correct horse battery"
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`keystead serve` in a process of its own, with its data in `data_dir`. A context manager."""

    def __init__(
        self, data_dir: Path, settings: Mapping[str, str] | None = None, port: int | None = None
    ) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = data_dir.parent / f"{data_dir.name}-{self.port}.log"
        self._settings = {
            "KEYSTEAD_DATA_DIR": str(data_dir),
            "KEYSTEAD_PORT": str(self.port),
            "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "KEYSTEAD_LOG_FORMAT": "json",
            **(settings or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Returns when the server is ready; fails with its log when it ends instead."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KEYSTEAD_")}
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "keystead.cli.main", "serve"],
                env=inherited | self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/health/ready", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        self.stop()
        raise AssertionError(f"the server did not start:\n{self.log()}")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut would: no warning, no clean-up."""
        self._end(signal.SIGKILL)

    def _end(self, signal_number: int) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal_number)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            self._process = None

    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def sign_in(url: str, email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD) -> httpx.Client:
    """A client that carries a person's token."""
    form = {"grant_type": "password", "username": email, "password": password}
    answer = httpx.post(f"{url}/api/v2/token", data=form)
    assert answer.status_code == 200, answer.text
    return bearing(url, answer.json()["access_token"])


def token_for(url: str, client_id: str, secret: str) -> str:
    """A service account's access token."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    answer = httpx.post(f"{url}/api/v2/token", data=form)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def bearing(url: str, token: str) -> httpx.Client:
    # Nothing here speaks TLS, and reading the certificates of authorities takes longer than most requests.
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30, verify=False)

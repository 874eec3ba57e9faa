"""A real nginx in front of something: the machine's own, or Debian's package unpacked where none is installed."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Final, Self

import pytest

from tests.serving import free_port

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 20.0
_APT_SECONDS: Final = 300
_CONFIGURATION: Final = """\
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {server}
    }}
}}
"""


def nginx_program(folder: Path) -> Path:
    """Skips the test, with a sentence, where there is none and none can be had."""
    installed = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    return Path(installed) if installed else _unpacked(folder)


def _unpacked(folder: Path) -> Path:
    """Debian's package, unpacked but not installed: nothing of the machine changes, and no service is started."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip("nginx is not installed, and this machine has no packages of Debian's.")
    if os.geteuid() == 0 and not _downloaded(folder):
        _run(folder, "apt-get", "--quiet", "update")
    if not _downloaded(folder):
        pytest.skip("nginx is not installed, and its package could not be fetched.")
    (package,) = folder.glob("nginx_*.deb")
    _run(folder, "dpkg-deb", "--extract", package.name, "nginx")
    program = folder / "nginx" / "usr" / "sbin" / "nginx"
    if not program.exists() or _run(folder, str(program), "-v") != 0:
        pytest.skip("nginx is not installed, and its package does not run without being installed.")
    return program


def _downloaded(folder: Path) -> bool:
    if not list(folder.glob("nginx_*.deb")):
        _run(folder, "apt-get", "--quiet", "download", "nginx")
    return bool(list(folder.glob("nginx_*.deb")))


def _run(folder: Path, *command: str) -> int:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_APT_SECONDS)
    return done.returncode


class Nginx:
    """One with a server of this content, on a free port of loopback. A context manager."""

    def __init__(self, program: Path, folder: Path, server: str) -> None:
        self._program = program
        self._folder = folder
        self._server = server
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        configuration = self._folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(folder=self._folder, port=self.port, server=self._server)
        )
        with (self._folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, "-p", self._folder, "-e", self._folder / "error.log", "-c", configuration],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._listens():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        return self

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(_STOP_SECONDS)

    def log(self) -> str:
        return "".join(
            path.read_text()
            for path in (self._folder / "output.log", self._folder / "error.log")
            if path.exists()
        )

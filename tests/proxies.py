"""A real proxy in front of something: the machine's own, or Debian's package unpacked where none is installed."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from textwrap import indent
from typing import Final, Self

import pytest

from tests.serving import free_port

_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 20.0
_APT_SECONDS: Final = 300
_VERSION: Final = {"nginx": "-v", "caddy": "version"}
_NGINX: Final = """\
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
        {site}
    }}
}}
"""
# Sites of a name speak HTTPS by default, with certificates that a test cannot get.
_CADDY: Final = """\
{{
    admin off
    auto_https off
    http_port {port}
    default_bind 127.0.0.1
}}
{site}
"""
_ENVOYS_MANAGER: Final = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_ENVOY: Final = """\
static_resources:
  listeners:
    - address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/{manager}
                stat_prefix: site
{site}
  clusters: [{clusters}]
"""
_CLUSTER: Final = (
    "{{ name: {name}, load_assignment: {{ cluster_name: {name}, endpoints: [{{ lb_endpoints: [{{ endpoint: {{ address: "
    "{{ socket_address: {{ address: {host}, port_value: {port} }} }} }} }}] }}] }} }}"
)


def envoys_cluster(name: str, url: str) -> str:
    host, port = url.removeprefix("http://").split(":")
    return _CLUSTER.format(name=name, host=host, port=port)


def program(name: str, folder: Path) -> Path:
    """Skips the test, with a sentence, where there is none and none can be had."""
    installed = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    return Path(installed) if installed else _unpacked(name, folder)


def _unpacked(name: str, folder: Path) -> Path:
    """Debian's package, unpacked but not installed: nothing of the machine changes, and no service is started."""
    if name not in _VERSION:
        pytest.skip(f"{name} is not on the PATH, and Debian has no package of it.")
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip(f"{name} is not installed, and this machine has no packages of Debian's.")
    if os.geteuid() == 0 and not _downloaded(name, folder):
        _run(folder, "apt-get", "--quiet", "update")
    if not _downloaded(name, folder):
        pytest.skip(f"{name} is not installed, and its package could not be fetched.")
    (package,) = folder.glob(f"{name}_*.deb")
    _run(folder, "dpkg-deb", "--extract", package.name, name)
    found = [folder / name / "usr" / place / name for place in ("bin", "sbin")]
    runs = [one for one in found if one.exists() and _run(folder, str(one), _VERSION[name]) == 0]
    if not runs:
        pytest.skip(f"{name} is not installed, and its package does not run without being installed.")
    return runs[0]


def _downloaded(name: str, folder: Path) -> bool:
    if not list(folder.glob(f"{name}_*.deb")):
        _run(folder, "apt-get", "--quiet", "download", name)
    return bool(list(folder.glob(f"{name}_*.deb")))


def _run(folder: Path, *command: str) -> int:
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=_APT_SECONDS)
    return done.returncode


class Proxy:
    """nginx, Caddy or Envoy with this site, on a free port of loopback. A context manager."""

    def __init__(self, name: str, folder: Path, site: str, clusters: str = "") -> None:
        self._program = program(name, folder)
        self._folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        whole = {"nginx": _NGINX, "caddy": _CADDY, "envoy": _ENVOY}[name].format(
            folder=folder,
            port=self.port,
            site=indent(site, " " * 16),
            clusters=clusters,
            manager=_ENVOYS_MANAGER,
        )
        self._configuration = folder / f"{name}.yaml"
        self._configuration.write_text(whole)
        arguments: dict[str, list[str | Path]] = {
            "nginx": ["-p", folder, "-e", folder / "error.log", "-c", self._configuration],
            "caddy": ["run", "--adapter", "caddyfile", "--config", self._configuration],
            "envoy": ["--concurrency", "1", "--use-dynamic-base-id", "--config-path", self._configuration],
        }
        self._arguments = arguments[name]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with (self._folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                [self._program, *self._arguments],
                env={**os.environ, "HOME": str(self._folder)},  # Caddy keeps its own things there
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

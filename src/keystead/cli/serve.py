"""`keystead serve`: prepares the database, makes what a first start makes, and serves until told to stop."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import uvicorn

from keystead.app import ADMIN_PASSWORD_FILE, Keystead, build
from keystead.changes.verify import read_head
from keystead.cli.databases import opened_on_postgres, prepared
from keystead.cli.errors import CannotStartError
from keystead.cli.logs import configure_logs
from keystead.cli.master import master_key, master_key_file
from keystead.cli.metrics import metrics_served
from keystead.cli.workers import Supervisor, TooManyDeathsError
from keystead.db.connection import Database
from keystead.first_start import OtherTenantError
from keystead.kit.clock import SystemClock
from keystead.kit.errors import KeysteadError
from keystead.settings import Settings
from keystead.tokens.master_key import MasterKey, WrongMasterKeyError
from keystead.web.protocol import HttpProtocol

_GRACE_SECONDS = 10
_BACKLOG = 2048


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises CannotStartError with one sentence."""
    log = configure_logs(settings.log_format, settings.log_level)
    try:
        _make_private_directory(settings.data_dir)
        with _listening_socket(settings) as listener:
            if settings.is_on_sqlite:
                _runner()(_serve_alone(settings, listener, log))
            else:
                _serve_together(settings, listener, log)
    except KeysteadError as error:
        raise CannotStartError(error.message) from error
    except OtherTenantError as error:
        raise CannotStartError(str(error)) from error
    except TooManyDeathsError as error:
        raise CannotStartError("Workers die as fast as they are replaced: the log says of what.") from error
    except WrongMasterKeyError as error:
        raise CannotStartError(
            "The signing keys in the database were sealed under another master key: give the right one as "
            f"KEYSTEAD_MASTER_KEY or {master_key_file(settings)}. If `keystead keys rewrap` was interrupted, run it "
            "again."
        ) from error
    except OSError as error:
        raise CannotStartError(f"{error.filename or 'The server'}: {error.strerror or error}.") from error


async def _serve_alone(settings: Settings, listener: socket.socket, log: Any) -> None:
    """On SQLite: this process owns the file, from before it is migrated until the end."""
    async with prepared(settings) as database:
        await _serve(settings, database, listener, log)


def _serve_together(settings: Settings, listener: socket.socket, log: Any) -> None:
    """On PostgreSQL: whoever starts first prepares the database; then every worker is like every other."""
    master_key(settings)  # made once, before the workers look for it
    _runner()(_prepare(settings, log))
    if settings.workers == 1:
        _runner()(_serve_as_worker(settings, listener, log))
    else:
        listener.listen(_BACKLOG)
        Supervisor(
            settings.workers,
            lambda supervised: _runner()(_serve_as_worker(settings, listener, log, supervised)),
            log,
        ).run()


async def _prepare(settings: Settings, log: Any) -> None:
    async with prepared(settings) as database:
        keystead = await _build(settings, database, log)
        _welcome(settings, keystead, log)
        keystead.close()


async def _serve_as_worker(
    settings: Settings, listener: socket.socket, log: Any, supervised: int | None = None
) -> None:
    async with opened_on_postgres(settings) as database:
        await _serve(settings, database, listener, log, supervised)


async def _serve(
    settings: Settings, database: Database, listener: socket.socket, log: Any, supervised: int | None = None
) -> None:
    """Until SIGTERM or SIGINT, or until the descriptor `supervised` says that the supervisor is gone."""
    keystead = await _build(settings, database, log)
    _welcome(settings, keystead, log)
    server = _Server(
        uvicorn.Config(
            keystead.asgi,
            http=HttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=_BACKLOG,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        ),
        keystead.end_waits,
    )
    await _log_head(database, log)
    if supervised is not None:
        asyncio.get_running_loop().add_reader(supervised, _stop_unsupervised, server, supervised, log)
    async with metrics_served(keystead.metrics, settings.metrics, settings.workers, log):
        log.info("ready", url=settings.public_url, address=f"{settings.host}:{settings.port}")
        await server.serve(sockets=[listener])
    keystead.close()
    await _log_head(database, log)
    log.info("stopped", **keystead.cache_counts())


async def _log_head(database: Database, log: Any) -> None:
    """Into the log, which goes where the database's owner cannot write: an outside copy of the chain's head."""
    try:
        version, chain_hash, _ = await read_head(database)
    except KeysteadError as error:  # a database that is gone at the end must not keep the server from ending
        log.warning("audit_head_unknown", reason=error.message)
    else:
        log.info("audit_head", version=version, hash=chain_hash.hex())


class _Server(uvicorn.Server):
    """Told to stop, it finishes and returns; uvicorn's own would end the process before ours is put away.

    `end_waits` is called at once, so that who waits for what may not come does not hold up the end.
    """

    def __init__(self, config: uvicorn.Config, end_waits: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_waits = end_waits

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.handle_exit(number, None)
        self._end_waits()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.stop, number)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def _stop_unsupervised(server: _Server, supervised: int, log: Any) -> None:
    asyncio.get_running_loop().remove_reader(supervised)
    log.error("supervisor_gone")
    server.stop()


async def _build(settings: Settings, database: Database, log: Any) -> Keystead:
    return await build(
        settings,
        database,
        MasterKey(master_key(settings)),
        SystemClock(),
        log,
        keep_generated_password=_password_file(settings),
    )


def _password_file(settings: Settings) -> Path | None:
    """Where a generated password is kept; None where a person's terminal shows it."""
    return None if sys.stdout.isatty() else settings.data_dir / ADMIN_PASSWORD_FILE


def _welcome(settings: Settings, keystead: Keystead, log: Any) -> None:
    """Says once how the first administrator signs in."""
    newcomer, password_file = keystead.new_administrator, _password_file(settings)
    if newcomer is None:
        return
    log.info(
        "administrator_made",
        email=newcomer.email,
        password_file=str(password_file) if newcomer.generated else None,
    )
    if newcomer.generated is not None and password_file is None:
        sys.stdout.write(
            f"\n  Sign in as   {newcomer.email}\n"
            f"  Password     {newcomer.generated.reveal()}\n\n"
            f"  The password is shown only now. Sign in at {settings.public_url} and change it there.\n\n"
        )
        sys.stdout.flush()


def _make_private_directory(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def _listening_socket(settings: Settings) -> socket.socket:
    """Bound now, so that a taken port is said before anything is made; connections wait until the server is ready."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
        with contextlib.suppress(OSError):  # not every family has it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise CannotStartError(
            f"Cannot listen on KEYSTEAD_HOST {settings.host}, KEYSTEAD_PORT {settings.port}: {reason}."
        ) from error
    return listener


def _runner() -> Callable[[Any], None]:
    """uvloop where it exists."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return uvloop.run

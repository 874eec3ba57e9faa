"""Serves the figures for Prometheus beside the API, on an address of their own."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn

from keystead.cli.errors import CannotStartError
from keystead.settings_values import Address
from keystead.web.asgi import AsgiApp


@contextlib.asynccontextmanager
async def metrics_served(
    app: AsgiApp | None, address: Address | None, workers: int, log: Any
) -> AsyncIterator[None]:
    """While the block runs. Each worker has figures, and so a port, of its own: the first of `workers` that is free."""
    if app is None or address is None:
        yield
        return
    with _listener(address, workers) as listener:
        server = _Server(
            uvicorn.Config(
                app,
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
            )
        )
        log.info("metrics", address=f"{address.host}:{listener.getsockname()[1]}")
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """Signals are the business of the server beside it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listener(address: Address, workers: int) -> socket.socket:
    """Raises CannotStartError when every port is taken."""
    reason = ""
    for port in range(address.port, address.port + workers):
        try:
            return _listen(address.host, port)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    raise CannotStartError(f"Cannot listen on KEYSTEAD_METRICS {address}: {reason}.")


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _, _, name = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(name)
        listener.listen()  # at once: until then another worker could bind the same port
    except OSError:
        listener.close()
        raise
    return listener

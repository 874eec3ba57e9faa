"""Several processes that serve one socket: one that dies is replaced, and none outlives its supervisor."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.postgres import PostgresServer
from tests.serving import Server, sign_in

WORKERS: Final = 2
_SECONDS: Final = 60.0


@pytest.fixture
def server(tmp_path: Path, postgres: PostgresServer) -> Iterator[Server]:
    settings = {
        "KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database()),
        "KEYSTEAD_WORKERS": str(WORKERS),
    }
    with Server(tmp_path / "var", settings) as running:
        yield running


def said(server: Server, event: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


def workers(server: Server) -> list[int]:
    """The processes that were started and have not died, oldest first."""
    died = {line["pid"] for line in said(server, "worker_died")}
    return [int(str(line["pid"])) for line in said(server, "worker_started") if line["pid"] not in died]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def wait_until_said(server: Server, event: str, times: int) -> None:
    deadline = time.monotonic() + _SECONDS
    while len(said(server, event)) < times:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.01)


def wait_until_gone(pids: list[int], server: Server) -> None:
    deadline = time.monotonic() + _SECONDS
    while any(is_running(pid) for pid in pids):
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.01)


def test_a_worker_that_is_killed_is_replaced_while_the_other_serves(server: Server) -> None:
    wait_until_said(server, "ready", WORKERS)
    with sign_in(server.url) as admin:
        for round_ in range(2):
            killed = workers(server)[0]
            os.kill(killed, signal.SIGKILL)
            wait_until_said(server, "worker_died", round_ + 1)
            wait_until_said(server, "ready", WORKERS + round_ + 1)
            for _ in range(10):
                with httpx.Client(base_url=server.url, headers=admin.headers) as fresh:
                    assert fresh.get("/api/v1/clusters").status_code == 200
    assert len(workers(server)) == WORKERS


def test_told_to_stop_all_stop_in_order(server: Server) -> None:
    wait_until_said(server, "ready", WORKERS)
    pids = workers(server)
    server.stop()
    assert not any(is_running(pid) for pid in pids)
    assert len(said(server, "stopped")) == WORKERS
    assert said(server, "worker_died") == []


def test_workers_whose_supervisor_was_killed_finish_and_free_the_port(server: Server) -> None:
    wait_until_said(server, "ready", WORKERS)
    pids = workers(server)
    server.kill()
    wait_until_gone(pids, server)
    assert len(said(server, "stopped")) == WORKERS
    server.start()
    with sign_in(server.url) as admin:
        assert admin.get("/api/v1/clusters").status_code == 200


def test_workers_that_die_as_fast_as_they_are_replaced_end_the_server(server: Server) -> None:
    deadline = time.monotonic() + _SECONDS
    while is_running(server.pid):
        assert time.monotonic() < deadline, server.log()
        for pid in workers(server):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    server.stop()
    assert "Workers die as fast as they are replaced" in server.log()

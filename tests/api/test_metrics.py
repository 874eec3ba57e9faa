"""Figures for Prometheus: off unless they are asked for, apart from the API, and without secrets."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.postgres import PostgresServer
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, free_port, sign_in

TOKEN = "/api/v2/token"
SECRET = "ksk_0000000000000000000000000000000000000000000abcdef"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[str]:
    """The address of a server that has figures."""
    settings = {"KEYSTEAD_METRICS": f"127.0.0.1:{port}"}
    with Server(tmp_path_factory.mktemp("measured") / "var", settings) as server:
        yield server.url


@pytest.fixture(scope="module")
def scrapes(port: int) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


def figure(client: httpx.Client, name: str) -> float:
    """A figure by its name with labels; 0 when it was never counted."""
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.rpartition(" ")[2])
    return 0.0


def test_a_request_is_counted_once_by_its_operation(measured: str, scrapes: httpx.Client) -> None:
    name = 'keystead_requests_total{method="GET",operation="get_service_accounts",status="200"}'
    before = figure(scrapes, name)
    with sign_in(measured) as admin:
        assert admin.get("/api/v1/service-accounts?search=abc").status_code == 200
    assert figure(scrapes, name) == before + 1


def test_grants_changes_and_caches_move(measured: str, scrapes: httpx.Client) -> None:
    refused = 'keystead_grants_total{grant="client_credentials",outcome="refused"}'
    hits = 'keystead_cache_lookups_total{cache="subjects",result="hit"}'
    figures = [figure(scrapes, name) for name in (refused, hits, "keystead_change_version")]
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": SECRET}
    assert httpx.post(f"{measured}{TOKEN}", data=form).status_code == 401
    with sign_in(measured) as admin:
        for _ in range(3):
            admin.get("/api/v1/authorization/permissions")
    after = [figure(scrapes, name) for name in (refused, hits, "keystead_change_version")]
    assert after[0] == figures[0] + 1
    assert after[1] >= figures[1] + 2
    assert after[2] == figures[2] + 1  # the session


def test_paths_callers_and_secrets_are_not_in_it(measured: str, scrapes: httpx.Client) -> None:
    with sign_in(measured) as admin:
        admin.get(f"/nothing/{SECRET}?client_secret={SECRET}")
        admin.get("/api/v1/users/9f55255e-11ed-47c7-acef-fc4054768dbc")
    shown = scrapes.get("/metrics").text
    assert not any(
        word in shown for word in (SECRET, ADMIN_EMAIL, ADMIN_PASSWORD, "/nothing", "9f55255e", "/api/")
    )


def test_it_is_no_part_of_the_api(measured: str, scrapes: httpx.Client) -> None:
    assert httpx.get(f"{measured}/metrics").status_code == 404
    assert scrapes.get("/api/v1/users").status_code == 404
    assert scrapes.post("/metrics").status_code == 404


def test_it_is_off_unless_set(server: str) -> None:
    assert httpx.get(f"{server}/metrics").status_code == 404


def test_a_taken_address_stops_the_start_with_a_sentence(measured: str, port: int, tmp_path: Path) -> None:
    settings = {"KEYSTEAD_METRICS": f"127.0.0.1:{port}"}
    second = Server(tmp_path / "var", settings)
    with pytest.raises(AssertionError, match=f"Cannot listen on KEYSTEAD_METRICS 127.0.0.1:{port}"):
        second.start()


def test_each_of_several_workers_answers_for_itself(tmp_path: Path, postgres: PostgresServer) -> None:
    first = two_free_ports()
    settings = {
        "KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database()),
        "KEYSTEAD_WORKERS": "2",
        "KEYSTEAD_METRICS": f"127.0.0.1:{first}",
    }
    live = 'keystead_requests_total{method="GET",operation="get_liveness",status="200"}'
    with Server(tmp_path / "var", settings) as server:
        urls = [f"http://127.0.0.1:{port}" for port in (first, first + 1)]
        for url in urls:
            wait_for(f"{url}/metrics")
        for _ in range(20):
            assert httpx.get(f"{server.url}/health/live").status_code == 200
        with httpx.Client(base_url=urls[0]) as one, httpx.Client(base_url=urls[1]) as other:
            assert figure(one, live) + figure(other, live) == 20


def two_free_ports() -> int:
    """The lower of two that are next to each other."""
    for _ in range(100):
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port + 1))
            return port
    raise AssertionError("no two ports next to each other are free")


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url).status_code == 200:
                return
        time.sleep(0.02)
    raise AssertionError(f"{url} does not answer")

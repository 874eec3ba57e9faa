"""The audit chain over the API: its head, in the log too, and whether it holds."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Organisation
from tests.serving import Server, sign_in

HEAD = "/api/v1/audit/head"
VERIFY = "/api/v1/audit/verify"


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Server]:
    """A server that has made a few changes, at rest."""
    server = Server(tmp_path / "var")
    with server, sign_in(server.url) as admin:
        for name in ("first", "second", "third"):
            assert admin.post("/api/v1/service-accounts", json={"name": name}).status_code == 201
    yield server
    server.stop()


def tamper(server: Server, statement: str) -> None:
    with closing(sqlite3.connect(server.data_dir / "keystead.db")) as database, database:
        assert database.execute(statement).rowcount == 1


def logged_heads(server: Server) -> list[tuple[int, str]]:
    lines = [json.loads(line) for line in server.log().splitlines()]
    return [(line["version"], line["hash"]) for line in lines if line["event"] == "audit_head"]


def test_the_head_moves_with_each_change(admin: httpx.Client) -> None:
    before = admin.get(HEAD).json()
    assert admin.post("/api/v1/service-accounts", json={"name": "one-more"}).status_code == 201
    after = admin.get(HEAD).json()
    assert after["version"] == before["version"] + 1
    assert after["hash"] != before["hash"]
    assert len(bytes.fromhex(after["hash"])) == 32
    assert after["at"] >= before["at"]


def test_a_chain_that_holds_is_said_to_hold_up_to_its_head(admin: httpx.Client) -> None:
    head = admin.get(HEAD).json()
    assert admin.get(VERIFY).json() == {"intact": True, "version": head["version"], "hash": head["hash"]}


@pytest.mark.parametrize("path", [HEAD, VERIFY])
def test_only_readers_of_the_whole_log_may_ask(
    path: str,
    anonymous: httpx.Client,
    make_account: Callable[..., httpx.Client],
    organisation: Organisation,
) -> None:
    assert anonymous.get(path).status_code == 401
    assert make_account().get(path).status_code == 403
    of_a_cluster = make_account(rules=[(1, *(organisation["a"].id, "cluster"))])
    assert of_a_cluster.get("/api/v1/audit/log?start=2020-01-01&end=2040-01-01").status_code == 200
    assert of_a_cluster.get(path).status_code == 403
    of_all = make_account(rules=[(1, organisation.tenant.id, "tenant")])
    assert of_all.get(path).status_code == 200


def test_the_first_break_is_named(stopped: Server) -> None:
    tamper(stopped, "UPDATE change_entry SET entity_name = 'another' WHERE version = 5")
    with stopped, sign_in(stopped.url) as admin:
        found = admin.get(VERIFY).json()
        assert found["intact"] is False
        assert found["firstBreak"]["version"] == 5
        assert "not as it was written" in found["firstBreak"]["problem"]
        assert (found["version"], found["hash"]) == tuple(
            admin.get(HEAD).json()[key] for key in ("version", "hash")
        )


def test_an_entry_that_is_gone_is_named(stopped: Server) -> None:
    tamper(stopped, "DELETE FROM change_entry WHERE version = 2")
    with stopped, sign_in(stopped.url) as admin:
        assert admin.get(VERIFY).json()["firstBreak"] == {"version": 2, "problem": "the entry is missing"}


def test_the_head_is_in_the_log_at_start_and_at_the_end(stopped: Server) -> None:
    first_run = logged_heads(stopped)
    assert len(first_run) == 2
    with stopped, sign_in(stopped.url):
        pass
    start_again = logged_heads(stopped)[2]
    assert start_again == first_run[1], "nothing changed between the end of one run and the start of the next"

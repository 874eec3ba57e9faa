"""Two replicas over one PostgreSQL: what one acknowledged, the other's next answer honours. No sleeping, no luck."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.postgres import PostgresServer
from tests.serving import Server, bearing, sign_in

ROUNDS: Final = int(os.environ.get("REPLICA_ROUNDS", "60"))
ISSUER: Final = "http://keystead.test"
ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"


class Replicas:
    """Two servers that are one Keystead. Either may be killed and come back."""

    def __init__(self, directory: Path, dsn: str) -> None:
        settings = {"KEYSTEAD_DATABASE_URL": dsn, "KEYSTEAD_PUBLIC_URL": ISSUER, "KEYSTEAD_LOG_LEVEL": "info"}
        self.servers = [Server(directory / "var", settings) for _ in range(2)]
        self._clients: dict[tuple[int, str], httpx.Client] = {}
        self.token = ""

    def start(self) -> None:
        for server in self.servers:
            server.start()
        with sign_in(self.servers[0].url) as admin:
            self.token = admin.headers["Authorization"].removeprefix("Bearer ")

    def stop(self) -> None:
        for client in self._clients.values():
            client.close()
        for server in self.servers:
            server.stop()

    def kill(self, number: int) -> None:
        self.servers[number].kill()
        for key in [key for key in self._clients if key[0] == number]:
            self._clients.pop(key).close()
        self.servers[number].start()

    def on(self, number: int, token: str | None = None) -> httpx.Client:
        """A kept connection to one replica, as the administrator or as whoever holds the token."""
        key = (number, token or self.token)
        if key not in self._clients:
            self._clients[key] = bearing(self.servers[number].url, key[1])
        return self._clients[key]

    def earn(self, number: int, client_id: str, secret: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return self.on(number).post("/api/v2/token", data=form, headers={"Authorization": ""})


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Replicas]:
    made = Replicas(tmp_path_factory.mktemp("replicas"), postgres.dsn(postgres.create_database()))
    made.start()
    yield made
    made.stop()


def created(client: httpx.Client, name: str) -> tuple[str, str]:
    answer = client.post(ACCOUNTS, json={"name": name})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["clientSecret"]


def give(client: httpx.Client, name: str, role_id: int) -> int:
    wish = {
        "subjectId": name,
        "subjectType": "service-account",
        "roleId": role_id,
        "scopeId": "1",
        "scopeType": "tenant",
    }
    answer = client.post(RULES, json=wish)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_each_replica_honours_at_once_what_the_other_acknowledged(replicas: Replicas) -> None:
    """Makes, gives, regenerates, disables, enables, takes and deletes on one; asks the other after each; then turns."""
    answers = 0
    for turn in range(ROUNDS):
        here, there = turn % 2, (turn + 1) % 2
        if turn and turn % 20 == 0:
            replicas.kill(there)
        admin, name = replicas.on(here), f"fresh-{turn}"
        account_id, secret = created(admin, name)
        earned = replicas.earn(there, name, secret)
        assert earned.status_code == 200, earned.text
        token = earned.json()["access_token"]
        program = replicas.on(there, token)

        assert program.get(ACCOUNTS).status_code == 403
        rule = give(admin, name, 7)
        assert program.get("/api/v1/clusters").status_code == 200
        assert admin.delete(f"{RULES}/{rule}").status_code == 204
        assert program.get("/api/v1/clusters").status_code == 403
        assert program.get("/api/v1/authorization/permissions").status_code == 200

        assert admin.patch(f"{ACCOUNTS}/{account_id}", json={"enabled": False}).status_code == 200
        assert program.get("/api/v1/authorization/permissions").status_code == 401
        assert replicas.earn(there, name, secret).status_code == 401
        assert admin.patch(f"{ACCOUNTS}/{account_id}", json={"enabled": True}).status_code == 200
        assert program.get("/api/v1/authorization/permissions").status_code == 401

        again = replicas.earn(there, name, secret).json()["access_token"]
        program = replicas.on(there, again)
        assert program.get("/api/v1/authorization/permissions").status_code == 200
        regenerated = admin.post(f"{ACCOUNTS}/{account_id}/secret")
        assert program.get("/api/v1/authorization/permissions").status_code == 401
        assert replicas.earn(there, name, secret).status_code == 401
        new_secret = regenerated.json()["clientSecret"]
        last = replicas.earn(there, name, new_secret).json()["access_token"]
        program = replicas.on(there, last)
        assert program.get("/api/v1/authorization/permissions").status_code == 200
        assert admin.delete(f"{ACCOUNTS}/{account_id}").status_code == 204
        assert program.get("/api/v1/authorization/permissions").status_code == 401
        assert replicas.earn(there, name, new_secret).status_code == 401
        assert replicas.on(there).get(f"{ACCOUNTS}/{account_id}").status_code == 404
        answers += 16
    assert answers == ROUNDS * 16


def test_a_custom_role_and_a_persons_session_are_as_fresh(replicas: Replicas) -> None:
    admin, other = replicas.on(0), replicas.on(1)
    _, secret = created(admin, "role-holder")
    body = {
        "name": "Reader of clusters",
        "description": "For a test",
        "permissions": [{"resourceType": "cluster", "actions": ["read"]}],
    }
    role = admin.post("/api/v2/authorization/roles", json=body)
    assert role.status_code == 201, role.text
    role_id = role.json()["id"]
    give(other, "role-holder", role_id)
    program = replicas.on(1, replicas.earn(1, "role-holder", secret).json()["access_token"])
    for _ in range(10):
        assert program.get("/api/v1/clusters").status_code == 200
        assert admin.post(f"/api/v2/authorization/roles/{role_id}/disable", json={}).status_code == 204
        assert program.get("/api/v1/clusters").status_code == 403
        assert admin.post(f"/api/v2/authorization/roles/{role_id}/enable", json={}).status_code == 204
    with sign_in(replicas.servers[0].url) as second:
        me = other.get("/api/v1/users").json()[0]["id"]
        there = bearing(replicas.servers[1].url, second.headers["Authorization"].removeprefix("Bearer "))
        assert there.get("/api/v1/clusters").status_code == 200
        assert second.post(f"/api/v1/users/{me}/logout").status_code == 200
        assert there.get("/api/v1/clusters").status_code == 401
        assert replicas.on(1).get("/api/v1/clusters").status_code == 401
        there.close()


def test_what_was_asked_again_came_from_memory(tmp_path: Path, postgres: PostgresServer) -> None:
    """Freshness rests on one read of the version, not on reading everything anew."""
    settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    with Server(tmp_path / "var", settings) as server:
        with sign_in(server.url) as admin:
            for _ in range(100):
                assert admin.get("/api/v1/authorization/permissions").status_code == 200
        server.stop()
        stopped = [json.loads(line) for line in server.log().splitlines() if '"stopped"' in line][-1]
    assert stopped["subjects_hits"] >= 99
    assert stopped["credentials_hits"] >= 99
    assert stopped["subjects_misses"] <= 2


def test_several_workers_are_one_server(tmp_path: Path, postgres: PostgresServer) -> None:
    dsn = postgres.dsn(postgres.create_database())
    settings = {"KEYSTEAD_DATABASE_URL": dsn, "KEYSTEAD_WORKERS": "2"}
    with Server(tmp_path / "var", settings) as server, sign_in(server.url) as admin:
        for number in range(20):
            account_id, secret = created(admin, f"worker-{number}")
            form = {
                "grant_type": "client_credentials",
                "client_id": f"worker-{number}",
                "client_secret": secret,
            }
            with httpx.Client(base_url=server.url) as fresh:  # whichever worker takes the connection
                assert fresh.post("/api/v2/token", data=form).status_code == 200
            assert admin.delete(f"{ACCOUNTS}/{account_id}").status_code == 204
            with httpx.Client(base_url=server.url) as fresh:
                assert fresh.post("/api/v2/token", data=form).status_code == 401


def test_more_than_one_worker_on_sqlite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="KEYSTEAD_WORKERS must be 1 on SQLite"):
        Server(tmp_path / "var", {"KEYSTEAD_WORKERS": "2"}).start()

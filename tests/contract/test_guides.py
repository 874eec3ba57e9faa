"""The guides do what they say: their blocks are run, in their order, against a real server."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.guides import GUIDES, blocks
from tests.node import CLIENTS, run_node
from tests.serving import Server, free_port, sign_in, token_for

ADDRESS: Final = "http://127.0.0.1:8080"
ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
BIN: Final = Path(sys.executable).parent
TOKEN_VERIFIER, VIEWER = 99_001, 7
_SECONDS: Final = 60
_START_SECONDS: Final = 30.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("guides") / "var") as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Iterator[httpx.Client]:
    with sign_in(server.url) as client:
        yield client


def shell(script: str, folder: Path, known: Mapping[str, str]) -> str:
    """What the blocks print; `known` are the variables that the guide expects."""
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        env={"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "no_proxy": "127.0.0.1", **known},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def token_of(admin: httpx.Client) -> str:
    return admin.headers["Authorization"].removeprefix("Bearer ")


def account(admin: httpx.Client, name: str) -> dict[str, Any]:
    made = admin.post(ACCOUNTS, json={"name": name})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def give(admin: httpx.Client, name: str, role: int, scope_id: str = "1", scope_type: str = "tenant") -> None:
    wish = {"subjectId": name, "subjectType": "service-account", "roleId": role}
    answer = admin.post(RULES, json=wish | {"scopeId": scope_id, "scopeType": scope_type})
    assert answer.status_code == 201, answer.text


def test_protect_an_api(server: Server, admin: httpx.Client, tmp_path: Path) -> None:
    """The account, the program, and what it answers to whom."""
    script = "\n".join(blocks("protect-an-api", "sh")).replace(ADDRESS, server.url)
    shell(script, tmp_path, {"TOKEN": token_of(admin)})
    (tmp_path / "jobs.py").write_text(blocks("protect-an-api", "python")[0])
    cluster = admin.post("/api/v1/clusters", json={"name": "here"}).json()["uuid"]
    caller = account(admin, "caller")
    give(admin, "caller", VIEWER, cluster, "cluster")
    token = token_for(server.url, "caller", caller["clientSecret"])
    port = free_port()
    command = f". ./jobs-api.env && exec {BIN}/python -m uvicorn jobs:app --host 127.0.0.1 --port {port}"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            ["sh", "-eu", "-c", command], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            wait_until_it_answers(client, process, tmp_path / "log")
            headers = {"Authorization": f"Bearer {token}"}
            path = f"/projects/{cluster}/jobs"
            assert client.get(path, headers=headers).json() == ["train-7", "train-8"]
            assert client.get("/projects/1/jobs", headers=headers).status_code == 403
            assert client.get(path).status_code == 401
    finally:
        process.terminate()
        process.wait(_SECONDS)


def wait_until_it_answers(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            client.get("/")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return


def test_verify_in_another_language(server: Server, admin: httpx.Client, tmp_path: Path) -> None:
    made, api = account(admin, "pipeline-js"), account(admin, "api-js")
    give(admin, "api-js", TOKEN_VERIFIER)
    give(admin, "pipeline-js", VIEWER)
    token = token_for(server.url, "pipeline-js", made["clientSecret"])
    (tmp_path / "node_modules").symlink_to(CLIENTS / "node_modules")
    program = tmp_path / "verify.mjs"
    program.write_text(blocks("verify-in-another-language", "js")[0])
    said = run_node(program, {"KEYSTEAD_URL": server.url, "TOKEN": token})
    assert json.loads(said) == {"subject": made["id"], "client": "pipeline-js"}
    known = {
        "KEYSTEAD_URL": server.url,
        "TOKEN": token,
        "CLIENT_ID": "api-js",
        "CLIENT_SECRET": api["clientSecret"],
        "OWN_TOKEN": token_for(server.url, "api-js", api["clientSecret"]),
    }
    introspect, explain = blocks("verify-in-another-language", "sh")
    assert json.loads(shell(introspect, tmp_path, known))["active"] is True
    assert json.loads(shell(explain, tmp_path, known))["allowed"] is True
    assert admin.post(f"{ACCOUNTS}/{made['id']}/secret").is_success
    assert json.loads(shell(introspect, tmp_path, known)) == {"active": False}
    assert json.loads(shell(explain, tmp_path, known))["allowed"] is False


def test_rotate_a_secret(server: Server, admin: httpx.Client, tmp_path: Path) -> None:
    """At every moment one of the two works, and at the end only the new one."""
    made = account(admin, "rotating")
    old = made["clientSecret"]
    old_token = token_for(server.url, "rotating", old)
    steps = [step.replace(ADDRESS, server.url) for step in blocks("rotate-a-secret", "sh")]
    known = {"TOKEN": token_of(admin), "ACCOUNT": made["id"], "CLIENT_ID": "rotating"}
    before_the_end = "\n".join(steps[:-1])
    told = shell(before_the_end, tmp_path, known)
    assert [line.split()[1] for line in told.splitlines() if "rotated" in line] == ["rotated"]
    assert "None" not in told, "both were used"
    new = (tmp_path / "new-secret").read_text().strip()
    for secret in (old, new):
        assert token_for(server.url, "rotating", secret)
    ids = {one["name"]: one["id"] for one in admin.get(f"{ACCOUNTS}/{made['id']}/secrets").json()["secrets"]}
    first = next(one for name, one in ids.items() if name != "rotated")
    variables = f"secrets={server.url}{ACCOUNTS}/{made['id']}/secrets\nold={first}\n"
    shell(variables + steps[-1], tmp_path, known)
    assert token_for(server.url, "rotating", new)
    form = {"grant_type": "client_credentials", "client_id": "rotating", "client_secret": old}
    assert httpx.post(f"{server.url}/api/v2/token", data=form).status_code == 401
    ended = httpx.get(f"{server.url}{ACCOUNTS}", headers={"Authorization": f"Bearer {old_token}"})
    assert ended.status_code == 401


def test_every_guide_is_tried_by_a_test() -> None:
    """Here, or where it is said; a guide that is added is added here."""
    here = {"protect-an-api", "verify-in-another-language", "rotate-a-secret"}
    beside = {"behind-nginx": "test_behind_proxies", "rotate-signing-keys": "tests/api/test_cli"}
    assert here | beside.keys() == {path.stem for path in GUIDES.glob("*.md")}

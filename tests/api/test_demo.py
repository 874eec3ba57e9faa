"""`keystead demo` makes what it says, through the API or on a stopped database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ADMIN_PASSWORD, Server, sign_in


def demo(data_dir: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KEYSTEAD_")}
    ours = {"KEYSTEAD_DATA_DIR": str(data_dir), "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD, **settings}
    return subprocess.run(
        [sys.executable, "-m", "keystead.cli.main", "demo", *arguments],
        env=inherited | ours,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


def test_a_running_server_is_filled_through_its_api(data_dir: Path) -> None:
    with Server(data_dir) as server:
        done = demo(data_dir, "--url", server.url)
        assert done.returncode == 0, done.stderr
        assert "100%" in done.stderr
        with sign_in(server.url) as admin:
            accounts = admin.get("/api/v1/service-accounts").json()
            assert len(accounts) == 40
            assert all(account["accessRules"] for account in accounts)
            assert any(account["lastLogin"] is None for account in accounts)
            assert any(account["lastLogin"] is not None for account in accounts)
            assert len(admin.get("/api/v1/clusters").json()) == 2
            assert len(admin.get("/api/v1/org-unit/departments").json()["departments"]) == 4
            assert len(admin.get("/api/v1/org-unit/projects").json()["projects"]) == 12


def test_a_stopped_database_gets_accounts_with_a_past(data_dir: Path) -> None:
    done = demo(data_dir, "--offline", "--accounts", "300")
    assert done.returncode == 0, done.stderr
    assert "300 service accounts" in done.stdout
    assert "a second" in done.stdout
    with Server(data_dir) as server, sign_in(server.url) as admin:
        page = admin.get("/api/v1/service-accounts", params={"limit": 1, "sortBy": "createdAt"})
        assert page.headers["x-total-count"] == "300"
        never = admin.get("/api/v1/service-accounts", params={"limit": 500, "sortBy": "lastLogin"}).json()
        assert never[0]["lastLogin"] is None
        stale = [one for one in never if one["lastLogin"] and one["lastLogin"] < page.json()[0]["createdAt"]]
        assert not stale, "an account cannot be used before it was made"
        assert len({one["lastLogin"][:7] for one in never if one["lastLogin"]}) > 6, "sign-ins reach back"


def test_a_database_in_use_is_left_alone(data_dir: Path) -> None:
    with Server(data_dir):
        done = demo(data_dir, "--offline")
    assert done.returncode == 2
    assert "in use by process" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_server_that_is_not_there_is_said_in_a_sentence(data_dir: Path) -> None:
    done = demo(data_dir, "--url", "http://127.0.0.1:9")
    assert done.returncode == 2
    assert done.stderr.startswith("keystead: No Keystead answers at http://127.0.0.1:9")


def test_a_wrong_password_is_said_in_a_sentence(data_dir: Path) -> None:
    with Server(data_dir) as server:
        done = demo(data_dir, "--url", server.url, KEYSTEAD_ADMIN_PASSWORD="another password")
    assert done.returncode == 2
    assert "The e-mail or the password is wrong." in done.stderr

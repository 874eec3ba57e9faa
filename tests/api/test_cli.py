"""Commands for operators, as they are given: each in a process of its own."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from tests.browsers import CONFIRM, FACTOR, REQUIRE, SESSION, App, browser, credentials, enrolled, signed_in
from tests.commands import keystead
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, bearing, sign_in

NEW_PASSWORD = "another horse battery"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def stopped(data_dir: Path) -> Server:
    """A server that ran once."""
    server = Server(data_dir)
    with server:
        pass
    return server


def enter_with_temporary_password(url: str, email: str, temporary: str) -> httpx.Client:
    """Signs in, changes the password, as such a person must, and signs in again."""
    with sign_in(url, email, temporary) as limited:
        assert limited.get("/api/v1/users").status_code == 403
        body = {"currentPassword": temporary, "newPassword": NEW_PASSWORD}
        changed = limited.post("/api/v1/me/password", json=body)
        assert changed.status_code < 300, changed.text
    return sign_in(url, email, NEW_PASSWORD)


@contextmanager
def signed_in_with(url: str, code: str | None) -> Iterator[httpx.Client]:
    with browser(url) as client:
        assert client.post(SESSION, json=credentials(**({"code": code} if code else {}))).is_success
        yield client


# audit


def test_verify_says_up_to_where_the_chain_holds(server: str, admin: httpx.Client, data_dir: Path) -> None:
    # Its own sign-in is an entry: the head that it tells is newer than one that was asked for before.
    done = keystead(data_dir, "audit", "verify", "--url", server)
    assert done.returncode == 0, done.stderr
    head = admin.get("/api/v1/audit/head").json()
    assert done.stdout == (
        f"The chain is intact up to version {head['version']}, whose hash is {head['hash']}.\n"
    )


def test_head_prints_one_line_to_note(server: str, admin: httpx.Client, data_dir: Path) -> None:
    done = keystead(data_dir, "audit", "head", "--url", server)
    assert done.stdout.split() == [str(value) for value in admin.get("/api/v1/audit/head").json().values()]


def test_verify_names_the_first_break_and_ends_with_status_1(data_dir: Path, stopped: Server) -> None:
    with closing(sqlite3.connect(data_dir / "keystead.db")) as database, database:
        database.execute("UPDATE change_entry SET actor_name = 'nobody' WHERE version = 2")
    with stopped:
        done = keystead(data_dir, "audit", "verify", "--url", stopped.url)
    assert done.returncode == 1
    assert done.stdout.startswith("The chain is broken at version 2: ")


def test_a_wrong_password_is_refused_and_never_repeated(server: str, data_dir: Path) -> None:
    wrong = {"KEYSTEAD_ADMIN_PASSWORD": "incorrect horse"}
    done = keystead(data_dir, "audit", "head", "--url", server, settings=wrong)
    assert done.returncode == 2
    assert done.stderr == "keystead: The e-mail or the password is wrong.\n"


def test_without_a_server_the_command_says_so(data_dir: Path, stopped: Server) -> None:
    done = keystead(data_dir, "audit", "verify", "--url", stopped.url)
    assert done.returncode == 2
    assert done.stderr.startswith(f"keystead: No Keystead answers at {stopped.url}: ")


# keys


def test_keys_are_listed_rotated_and_revoked(data_dir: Path) -> None:
    with Server(data_dir) as server:
        at = ("--url", server.url)
        (first,) = keystead(data_dir, "keys", "list", *at).stdout.splitlines()
        rotated = keystead(data_dir, "keys", "rotate", *at)
        assert "is published and signs from" in rotated.stdout, rotated.stderr
        again = keystead(data_dir, "keys", "rotate", *at)
        assert again.returncode == 2
        assert again.stderr.startswith("keystead: The next key is published already")
        signing, coming = (
            line.split()[:2] for line in keystead(data_dir, "keys", "list", *at).stdout.splitlines()
        )
        assert (signing[1], coming[1]) == ("signing", "coming")
        assert signing[0] == first.split()[0]
        with sign_in(server.url) as admin:
            revoked = keystead(data_dir, "keys", "revoke", signing[0], *at)
            assert revoked.stdout.endswith(f" {coming[0]} signs from now on.\n"), revoked.stderr
            assert admin.get("/api/v1/users").status_code == 401


def test_rewrap_replaces_the_master_key(data_dir: Path, stopped: Server) -> None:
    old = (data_dir / "master.key").read_text()
    with stopped:
        with signed_in(stopped.url) as admin:
            person = admin.post("/api/v1/users", json={"email": "dana@example.com"}).json()
            begun = admin.post(
                FACTOR
            ).json()  # begun, and not in force: it is to open afterwards all the same
        with sign_in(stopped.url) as admin:
            token = admin.headers["authorization"].removeprefix("Bearer ")
        with signed_in(stopped.url, person["username"], person["tempPassword"]) as dana:
            change = {"currentPassword": person["tempPassword"], "newPassword": NEW_PASSWORD}
            assert dana.post("/api/v1/me/password", json=change).status_code == 200
            app = App(dana.post(FACTOR).json()["secret"])
            assert dana.post(CONFIRM, json={"code": app.code(-1)}).status_code == 200
    done = keystead(data_dir, "keys", "rewrap")
    assert done.returncode == 0, done.stderr
    file = data_dir / "master.key"
    assert file.read_text() != old
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (data_dir / "master.key.new").exists()
    assert file.read_text().strip() not in done.stdout
    with stopped:
        assert bearing(stopped.url, token).get("/api/v1/users").status_code == 200, (
            "the signing keys are the same"
        )
        sign_in(stopped.url).close()
        with browser(stopped.url) as dana:
            body = credentials(person["username"], NEW_PASSWORD, code=app.code())
            assert dana.post(SESSION, json=body).json()["state"] == "signed-in"
        with signed_in(stopped.url) as admin:
            code = {"code": App(begun["secret"]).code()}
            assert admin.post(CONFIRM, json=code).status_code == 200


@pytest.mark.parametrize("left", ["", "abab", "ab" * 32 + "\n", None])
def test_a_rewrap_that_was_interrupted_is_finished_by_the_next(
    data_dir: Path, stopped: Server, left: str | None
) -> None:
    """Killed while the new key was being written, before the database was, or after it."""
    sealed = left is None
    file, staged = data_dir / "master.key", data_dir / "master.key.new"
    old = file.read_text()
    if left is None:
        assert keystead(data_dir, "keys", "rewrap").returncode == 0
        file.rename(staged)
        file.write_text(old)
    else:
        staged.write_text(left)
    done = keystead(data_dir, "keys", "rewrap")
    assert done.returncode == 0, done.stderr
    assert ("interrupted" in done.stdout) is sealed
    assert file.read_text() != old
    assert not staged.exists()
    with stopped:
        sign_in(stopped.url).close()


def test_a_master_key_in_the_environment_is_exchanged_for_one_that_is_given(data_dir: Path) -> None:
    old, new = {"KEYSTEAD_MASTER_KEY": "0a" * 32}, {"KEYSTEAD_NEW_MASTER_KEY": "0b" * 32}
    with Server(data_dir, old):
        pass
    alone = keystead(data_dir, "keys", "rewrap", settings=old)
    assert alone.returncode == 2
    assert "KEYSTEAD_NEW_MASTER_KEY" in alone.stderr
    for _ in range(2):  # whoever is not sure whether it was done does it again
        done = keystead(data_dir, "keys", "rewrap", settings=old | new)
        assert done.returncode == 0, done.stderr
    assert not (data_dir / "master.key").exists()
    with Server(data_dir, {"KEYSTEAD_MASTER_KEY": "0b" * 32}) as server:
        sign_in(server.url).close()


def test_rewrap_under_a_wrong_master_key_changes_nothing(data_dir: Path, stopped: Server) -> None:
    right = (data_dir / "master.key").read_text()
    (data_dir / "master.key").write_text("ab" * 32 + "\n")
    done = keystead(data_dir, "keys", "rewrap")
    assert done.returncode == 2
    assert done.stderr == "keystead: The signing keys in the database were sealed under another master key.\n"
    (data_dir / "master.key").write_text(right)
    with stopped:
        sign_in(stopped.url).close()


# recover-admin


def test_an_administrator_who_forgot_the_password_gets_in_again(data_dir: Path, stopped: Server) -> None:
    with stopped, sign_in(stopped.url) as admin:
        old_token = admin.headers["authorization"].removeprefix("Bearer ")
    done = keystead(data_dir, "recover-admin")
    assert done.returncode == 0, done.stderr
    file = data_dir / "recovered-password"
    assert str(file) in done.stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    temporary = file.read_text().strip()
    assert temporary not in done.stdout + done.stderr
    with stopped:
        assert bearing(stopped.url, old_token).get("/api/v1/users").status_code == 401, "sessions ended"
        form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        assert httpx.post(f"{stopped.url}/api/v2/token", data=form).status_code == 400, "the old one is gone"
        with enter_with_temporary_password(stopped.url, ADMIN_EMAIL, temporary) as back:
            log = back.get("/api/v1/audit/log?start=2020-01-01&end=2040-01-01&numberOfSamples=100").json()[
                "logs"
            ]
            entry = next(one for one in log if one["metadata"].get("recovered"))
            assert (entry["subject"], entry["action"]) == ("Keystead", "reset-password")
            assert back.get("/api/v1/audit/verify").json()["intact"] is True


def test_somebody_who_was_disabled_becomes_an_administrator(data_dir: Path, stopped: Server) -> None:
    with stopped, sign_in(stopped.url) as admin:
        person = admin.post("/api/v1/users", json={"email": "dana@example.com"}).json()
        disabled = admin.patch(f"/api/v1/users/{person['id']}", json={"enabled": False})
        assert disabled.status_code == 200, disabled.text
    done = keystead(data_dir, "recover-admin", "--email", "Dana@Example.com")
    assert done.returncode == 0, done.stderr
    temporary = (data_dir / "recovered-password").read_text().strip()
    with stopped, enter_with_temporary_password(stopped.url, "dana@example.com", temporary) as back:
        assert back.post("/api/v1/service-accounts", json={"name": "one-of-danas"}).status_code == 201
        assert len(back.get("/api/v1/users").json()) == 2


def test_somebody_new_becomes_an_administrator(data_dir: Path, stopped: Server) -> None:
    done = keystead(data_dir, "recover-admin", "--email", "new@example.com")
    assert done.returncode == 0, done.stderr
    temporary = (data_dir / "recovered-password").read_text().strip()
    with stopped, enter_with_temporary_password(stopped.url, "new@example.com", temporary) as there:
        assert there.post("/api/v1/service-accounts", json={"name": "one-of-theirs"}).status_code == 201


def test_recovering_twice_leaves_one_rule(data_dir: Path, stopped: Server) -> None:
    for _ in range(2):
        assert keystead(data_dir, "recover-admin").returncode == 0
    with closing(sqlite3.connect(data_dir / "keystead.db")) as database:
        assert database.execute("SELECT count(*) FROM rule").fetchone() == (1,)


@pytest.mark.parametrize("command", ["recover-admin", "migrate", "keys rewrap"])
def test_while_the_server_runs_its_database_is_its_own(command: str, data_dir: Path) -> None:
    with Server(data_dir) as server:
        done = keystead(data_dir, *command.split())
        assert done.returncode == 2
        assert f"in use by process {server.pid}" in done.stderr
        assert "Stop that one first" in done.stderr
        sign_in(server.url).close()
    assert not (data_dir / "recovered-password").exists()


def test_there_is_nobody_to_recover_before_the_first_start(data_dir: Path) -> None:
    done = keystead(data_dir, "recover-admin")
    assert done.returncode == 2
    assert done.stderr.startswith("keystead: There is nothing there yet")
    assert not data_dir.exists()


def test_what_is_no_email_is_refused(data_dir: Path, stopped: Server) -> None:
    done = keystead(data_dir, "recover-admin", "--email", "nobody")
    assert done.returncode == 2
    assert "email" in done.stderr
    assert not (data_dir / "recovered-password").exists()


def test_a_lost_second_factor_does_not_keep_an_administrator_out(data_dir: Path, stopped: Server) -> None:
    with stopped, signed_in(stopped.url) as admin:
        enrolled(admin)
        assert admin.put(REQUIRE, json={"required": True}).status_code == 200
    assert keystead(data_dir, "recover-admin").returncode == 0
    temporary = (data_dir / "recovered-password").read_text().strip()
    with stopped, signed_in(stopped.url, password=temporary) as back:
        change = {"currentPassword": temporary, "newPassword": NEW_PASSWORD}
        assert back.post("/api/v1/me/password", json=change).status_code == 200
        # It is still required: another is enrolled before anything else.
        assert back.get(SESSION).json()["state"] == "second-factor-enrolment-required"
        enrolled(back)
        assert back.get("/api/v1/users").json()[0]["secondFactor"] is True


# Administrators who cannot have a token


@pytest.mark.parametrize("why", ["second factor", "password grant off"])
def test_commands_sign_in_as_browsers_do_where_the_password_alone_earns_no_token(
    why: str, data_dir: Path
) -> None:
    codes: list[str] = []
    settings = {"KEYSTEAD_PASSWORD_GRANT": "off"} if why == "password grant off" else {}
    with Server(data_dir, settings) as server:
        if why == "second factor":
            with signed_in(server.url) as admin:
                codes = enrolled(admin)
            silent = keystead(data_dir, "keys", "list", "--url", server.url)
            assert silent.returncode == 2
            assert silent.stderr.startswith(
                f"keystead: {ADMIN_EMAIL} has a second factor: its code is asked for"
            )
            wrong = keystead(data_dir, "keys", "list", "--url", server.url, said="123456\n")
            assert wrong.stderr == "keystead: The code is wrong, or was used already.\n"
        said = f"{codes[0]}\n" if codes else ""
        rotated = keystead(data_dir, "keys", "rotate", "--url", server.url, said=said)
        assert "is published and signs from" in rotated.stdout, rotated.stderr
        wrong_password = {"KEYSTEAD_ADMIN_PASSWORD": "incorrect horse"}
        refused = keystead(data_dir, "keys", "list", "--url", server.url, settings=wrong_password)
        assert refused.stderr == "keystead: The e-mail or the password is wrong.\n"
        with signed_in_with(server.url, codes[1] if codes else None) as admin:
            logs = admin.get("/api/v1/audit/log?start=2020-01-01&end=2040-01-01&numberOfSamples=100").json()[
                "logs"
            ]
    ended = [one for one in logs if one["entity_type"] == "session" and one["action"] == "sign-out"]
    assert len(ended) == 1, "the command ends its own session"


# migrate


def test_migrate_makes_a_database_that_a_server_starts_on(data_dir: Path) -> None:
    for _ in range(2):
        done = keystead(data_dir, "migrate")
        assert done.returncode == 0, done.stderr
        assert "has the schema of this version" in done.stdout
    with Server(data_dir) as server:
        sign_in(server.url).close()


def test_migrate_refuses_what_a_newer_version_wrote(data_dir: Path) -> None:
    assert keystead(data_dir, "migrate").returncode == 0
    with closing(sqlite3.connect(data_dir / "keystead.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    done = keystead(data_dir, "migrate")
    assert done.returncode == 2
    assert "newer version of Keystead" in done.stderr

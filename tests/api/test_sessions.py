"""Browsers' sessions: opened by a password, kept by a cookie, ended by time, by their person and by administrators."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest

from keystead.db.connection import Job
from keystead.kit.secret import BROWSER_SESSION_PREFIX, Secret, is_well_formed, make_secret
from keystead.web.openapi import as_reply
from keystead.web.operations import OneOf
from keystead.web.pipeline import Route
from tests.api.conftest import MakeAccount, Organisation
from tests.api.engines import here, inside
from tests.api.holders import ACCOUNTS, AUDIT, DEPARTMENT_ADMINISTRATOR, OWN_RULES, USERS, VIEWER, fresh
from tests.api.people import PASSWORD, TOKEN, People
from tests.browsers import (
    CONFIRM,
    FACTOR,
    OWN_PAGE,
    PROOF,
    SESSION,
    TIMEOUT,
    browser,
    browser_inside,
    credentials,
    signed_in,
    signed_in_inside,
    state,
)
from tests.inside import URL, Inside, running_inside
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, bearing

__all__ = ["here", "inside"]
HOURS: Final = 3600


@pytest.fixture(scope="module")
def people(server: str, admin: httpx.Client) -> Iterator[People]:
    with ExitStack() as stack:
        yield People(server, admin, stack)


def message(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


def written_below(directory: Path) -> bytes:
    """All that a database in there has on the disk."""
    return b"".join(file.read_bytes() for file in directory.glob("keystead.db*"))


# Opening one


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(server: str) -> None:
    with browser(server) as client:
        answer = client.post(SESSION, json=credentials())
    name, value = re.fullmatch(
        r"(\w+)=(\w+); Path=/; HttpOnly; SameSite=Strict", answer.headers["set-cookie"]
    ).groups()  # type: ignore[union-attr]
    assert name == "keystead_session"
    assert is_well_formed(Secret(value), BROWSER_SESSION_PREFIX)
    assert value not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_behind_https_the_cookie_goes_nowhere_else(here: Inside) -> None:
    answer = await browser_inside(here).post(SESSION, json=credentials())
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-keystead_session=ksb_")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")


def test_an_administrator_s_session_says_who_they_are_and_what_they_may(server: str) -> None:
    with signed_in(server) as client:
        session = client.get(SESSION).json()
    assert session["state"] == "signed-in"
    assert session["person"]["email"] == ADMIN_EMAIL
    assert session["tenant"] == {"id": "1", "name": "keystead"}
    assert session["idleTimeoutSeconds"] == 3600
    assert session["secondFactor"] == {"enabled": False, "required": False}
    scope = {"scopeId": "1", "scopeType": "tenant", "scopeName": "keystead"}
    assert session["roles"] == [{"roleId": 1, "roleName": "System administrator", **scope}]
    (held,) = session["permissions"]
    assert held | scope == held
    assert held["scopePath"] == "keystead"
    assert held["permissions"]["service-account"] == ["create", "read", "update", "delete"]
    assert held["permissions"]["events-history"] == ["read"]


def test_roles_and_permissions_are_the_caller_s_own_groups_included_broadest_first(
    server: str, people: People, organisation: Organisation
) -> None:
    group = fresh("group")
    place = organisation["a1"]
    person = people.new(groups=[group], rules=[(VIEWER, *organisation["a1x"])])
    people.give(group, DEPARTMENT_ADMINISTRATOR, place, "group")
    people.settle(person)
    with signed_in(server, person.email, person.password) as client:
        session = client.get(SESSION).json()
    assert [(one["roleId"], one["scopeId"]) for one in session["roles"]] == [
        (DEPARTMENT_ADMINISTRATOR, place.id),
        (VIEWER, organisation["a1x"].id),
    ]
    first, *more = session["permissions"]
    assert first["scopeId"] == place.id
    assert first["scopePath"] == "keystead/cluster-a/department-a1"
    assert "create" in first["permissions"]["service-account"]
    # What is held above counts below, and a place that adds nothing is not repeated.
    for one in more:
        assert one["permissions"]["service-account"] == first["permissions"]["service-account"]


def test_a_place_where_a_rule_adds_nothing_is_not_among_the_permissions(
    server: str, people: People, organisation: Organisation
) -> None:
    person = people.new(rules=[(1, "1", "tenant"), (VIEWER, *organisation["b1"])])
    people.settle(person)
    with signed_in(server, person.email, person.password) as client:
        session = client.get(SESSION).json()
    assert [one["scopeId"] for one in session["permissions"]] == ["1"]
    assert len(session["roles"]) == 2


def test_a_token_can_ask_who_it_is_too(make_account: MakeAccount, admin: httpx.Client) -> None:
    with make_account(rules=[(VIEWER, "1", "tenant")]) as program:
        session = program.get(SESSION).json()
    assert (session["state"], session["person"], session["provedAt"]) == ("signed-in", None, None)
    assert session["idleTimeoutSeconds"] is None
    assert [one["roleId"] for one in session["roles"]] == [VIEWER]
    assert admin.get(SESSION).json()["person"]["email"] == ADMIN_EMAIL


def test_wrong_passwords_and_unknown_people_get_one_answer(server: str, people: People) -> None:
    known, disabled = people.new(), people.new()
    people._admin.patch(disabled.path, json={"enabled": False})
    with browser(server) as client:
        answers = [
            client.post(SESSION, json=credentials(known.email, "wrong password")),
            client.post(SESSION, json=credentials("nobody@example.org", known.password)),
            client.post(SESSION, json=credentials(disabled.email, disabled.password)),
        ]
    for answer in answers:
        assert message(answer, 401) == "The e-mail or the password is wrong."
        assert "set-cookie" not in answer.headers


async def test_opening_refusing_proving_and_ending_are_in_the_log(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    refused = await browser_inside(inside).post(SESSION, json=credentials(password="wrong password"))
    assert refused.status_code == 401
    assert (await client.post(PROOF, json={"password": ADMIN_PASSWORD})).status_code == 200
    assert (await client.delete(SESSION)).status_code == 204
    admin = await signed_in_inside(inside)
    logs = await admin.get(AUDIT, params={"start": "2020-01-01", "end": "2100-01-01", "sortOrder": "asc"})
    told = [
        (one["action"], one["http_status_code"], one["subject"])
        for one in logs.json()["logs"]
        if one["entity_type"] == "session" or one["result"] == "Failed"
    ]
    assert sorted(told[:4]) == sorted(
        [
            ("sign-in", 200, ADMIN_EMAIL),
            ("sign-in", 401, ADMIN_EMAIL),
            ("update", 200, ADMIN_EMAIL),
            ("sign-out", 204, ADMIN_EMAIL),
        ]
    )
    assert "ksb_" not in logs.text


async def test_what_is_kept_of_a_cookie_is_its_digest(here: Inside, tmp_path: Path) -> None:
    client = await signed_in_inside(here)
    secret = client.cookies["__Host-keystead_session"]
    assert secret[4:47].encode() not in written_below(tmp_path)


# What a cookie is good for


def test_a_cookie_does_what_a_token_does(server: str) -> None:
    with signed_in(server) as client:
        made = client.post(ACCOUNTS, json={"name": fresh("account")})
        assert made.status_code == 201
        assert client.get(f"{ACCOUNTS}/{made.json()['id']}").json()["createdBy"] == ADMIN_EMAIL


def test_a_token_wins_over_a_cookie(server: str, make_account: MakeAccount) -> None:
    with signed_in(server) as client, make_account() as program:
        authorization = program.headers["Authorization"]
        assert client.get(USERS).status_code == 200
        assert client.get(USERS, headers={"Authorization": authorization}).status_code == 403
        for broken in ("Bearer no.such.token", "Basic YTpi"):
            assert client.get(USERS, headers={"Authorization": broken}).status_code == 401


def test_a_cookie_is_no_token_and_no_token_is_a_cookie(server: str, admin: httpx.Client) -> None:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    earned = httpx.post(f"{server}{TOKEN}", data=form).json()
    with signed_in(server) as client:
        cookie = client.cookies["keystead_session"]
    with bearing(server, cookie) as wrong:
        assert wrong.get(OWN_RULES).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": cookie}
    assert httpx.post(f"{server}{TOKEN}", data=refresh).json()["error"] == "invalid_grant"
    made = admin.post(ACCOUNTS, json={"name": fresh("account")}).json()
    for other in (
        earned["access_token"],
        earned["refresh_token"],
        made["clientSecret"],
        make_secret(BROWSER_SESSION_PREFIX).reveal(),
        "",
        "ksb_",
        cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
    ):
        answer = httpx.get(f"{server}{OWN_RULES}", headers={"Cookie": f"keystead_session={other}"})
        assert answer.status_code == 401, other


@pytest.mark.parametrize(
    "statement",
    ["UPDATE credential SET kind = 'session' WHERE kind = 'browser'", "UPDATE person SET enabled = 0"],
)
def test_a_row_alone_makes_no_session(statement: str, tmp_path: Path) -> None:
    """It must be a browser's, and of somebody who may sign in: whatever else would have ended it."""
    server = Server(tmp_path / "var")
    with server, signed_in(server.url) as client:
        cookie = {"Cookie": f"keystead_session={client.cookies['keystead_session']}"}
        assert client.get(OWN_RULES).status_code == 200
    with closing(sqlite3.connect(server.data_dir / "keystead.db")) as database, database:
        assert database.execute(statement).rowcount == 1
    with server:
        assert httpx.get(f"{server.url}{OWN_RULES}", headers=cookie).status_code == 401


def test_two_cookies_of_the_name_are_none(server: str) -> None:
    with signed_in(server) as client:
        cookie = client.cookies["keystead_session"]
    twice = f"keystead_session={cookie}; other=1; keystead_session={cookie}"
    assert httpx.get(f"{server}{OWN_RULES}", headers={"Cookie": twice}).status_code == 401
    assert httpx.get(f"{server}{OWN_RULES}", headers={"Cookie": f"a=b; keystead_session={cookie}"}).is_success


# Requests of other sites


def test_a_change_by_cookie_must_come_from_our_own_page(server: str) -> None:
    with signed_in(server) as client:
        cookie = {"Cookie": f"keystead_session={client.cookies['keystead_session']}"}
        plain = httpx.Client(base_url=server, headers=cookie)
        body = {"name": fresh("account")}
        own = {"Origin": server, "Sec-Fetch-Site": "same-origin"}
        refused = [
            {},
            {"X-Keystead-Request": "other"},
            OWN_PAGE | {"Origin": "https://evil.example"},
            OWN_PAGE | {"Origin": "null"},
            OWN_PAGE | own | {"Origin": server.replace("127.0.0.1", "localhost")},
            OWN_PAGE | own | {"Sec-Fetch-Site": "cross-site"},
            OWN_PAGE | own | {"Sec-Fetch-Site": "same-site"},
        ]
        for headers in refused:
            assert plain.post(ACCOUNTS, json=body, headers=headers).status_code == 403, headers
            assert plain.delete(SESSION, headers=headers).status_code == 403, headers
            # Reading changes nothing, and its answer is for our own page alone.
            assert plain.get(OWN_RULES, headers=headers).status_code == 200
        taken = [OWN_PAGE, OWN_PAGE | own, OWN_PAGE | {"Sec-Fetch-Site": "none"}]
        for headers in taken:
            answer = plain.post(ACCOUNTS, json={"name": fresh("account")}, headers=headers)
            assert answer.status_code == 201, answer.text
        plain.close()


def test_signing_in_must_come_from_our_own_page_too(server: str) -> None:
    for headers in (
        {},
        OWN_PAGE | {"Origin": "https://evil.example"},
        OWN_PAGE | {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = httpx.post(f"{server}{SESSION}", json=credentials(), headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_the_public_address_is_our_own_whatever_a_proxy_calls_us(here: Inside) -> None:
    client = await signed_in_inside(here)
    body = {"name": "account"}
    headers = {"Origin": URL, "Host": "backend.internal:8080"}
    assert (await client.post(ACCOUNTS, json=body, headers=headers)).status_code == 201
    headers["Origin"] = "https://other.example"
    assert (await client.post(ACCOUNTS, json={"name": "other"}, headers=headers)).status_code == 403


def test_a_token_needs_no_such_header(admin: httpx.Client) -> None:
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert admin.post(ACCOUNTS, json={"name": fresh("account")}, headers=headers).status_code == 201


def test_no_preflight_is_ever_granted(server: str) -> None:
    answer = httpx.options(
        f"{server}{ACCOUNTS}",
        headers={
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "x-keystead-request",
        },
    )
    assert answer.status_code == 405
    assert not any(name.startswith("access-control") for name in answer.headers)


# How long it lives


async def test_a_session_that_nobody_uses_ends(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    for _ in range(3):
        inside.clock.pass_seconds(3600)
        assert await state(client) == "signed-in"
    inside.clock.pass_seconds(3601)
    assert message(await client.get(OWN_RULES), 401) == "The session has ended: sign in again."


async def test_the_timeout_is_a_setting_that_holds_for_open_sessions_at_once(inside: Inside) -> None:
    client, admin = await signed_in_inside(inside), await inside.admin()
    inside.clock.pass_seconds(90)
    assert await state(client) == "signed-in"
    inside.clock.pass_seconds(90)
    set_to = await admin.put(TIMEOUT, json={"idleTimeout": 1})
    assert set_to.status_code == 200
    assert await state(client) is None


async def test_a_session_that_rested_too_long_does_not_come_back(inside: Inside) -> None:
    client, admin = await signed_in_inside(inside), await inside.admin()
    assert (await admin.put(TIMEOUT, json={"idleTimeout": 1})).status_code == 200
    inside.clock.pass_seconds(61)
    assert await state(client) is None
    assert (await admin.put(TIMEOUT, json={"idleTimeout": 60})).status_code == 200
    assert await state(client) is None


async def test_no_use_stretches_a_session_beyond_its_life(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    for _ in range(23):
        inside.clock.pass_seconds(1800)
        assert await state(client) == "signed-in"
    inside.clock.pass_seconds(1800)
    assert await state(client) is None


async def test_its_life_is_a_setting(tmp_path: Path) -> None:
    async with running_inside(tmp_path, settings={"KEYSTEAD_SESSION_TTL": "600"}) as inside:
        client = await signed_in_inside(inside)
        inside.clock.pass_seconds(599)
        assert await state(client) == "signed-in"
        inside.clock.pass_seconds(1)
        assert await state(client) is None


async def test_use_is_noted_once_a_minute_at_most_and_is_no_change(
    here: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, writes = await signed_in_inside(here), []
    plain = here.database.record

    async def counted(job: Job[Any]) -> Any:
        writes.append(job)
        return await plain(job)

    monkeypatch.setattr(here.database, "record", counted)
    audit = {"start": "2020-01-01", "end": "2100-01-01", "numberOfSamples": "0"}
    before = (await client.get(AUDIT, params=audit)).json()["total"]
    for _ in range(10):
        here.clock.pass_seconds(12)
        assert await state(client) == "signed-in"
    assert len(writes) == 2
    assert (await client.get(AUDIT, params=audit)).json()["total"] == before


async def test_after_a_restart_use_is_known_to_a_minute(tmp_path: Path) -> None:
    """What was noted a minute ago may have been used since: nobody is thrown out for that, and nobody stays longer."""
    async with running_inside(tmp_path) as inside:
        client = await signed_in_inside(inside)
        assert (await client.put(TIMEOUT, json={"idleTimeout": 2})).status_code == 200
        cookie, opened = client.cookies["__Host-keystead_session"], inside.clock.time
    for later, lives in ((170, True), (181, False)):
        copied = tmp_path / f"later-{later}"
        copied.mkdir()
        async with running_inside(copied, migrated=tmp_path / "keystead.db") as again:
            again.clock.time = opened
            again.clock.pass_seconds(later)
            client = browser_inside(again)
            client.cookies.set("__Host-keystead_session", cookie)
            assert (await state(client) == "signed-in") is lives


async def test_sessions_that_lived_to_their_end_leave_the_table(inside: Inside) -> None:
    from sqlalchemy import func, select

    from keystead.db.schema import credential

    for _ in range(3):
        await signed_in_inside(inside)
    inside.clock.pass_seconds(12 * HOURS)
    await signed_in_inside(inside)
    count = await inside.database.fetch_one(
        select(func.count()).select_from(credential).where(credential.c.kind == "browser")
    )
    assert count is not None
    assert count[0] == 1


# How it ends


async def test_signing_out_ends_this_session_and_no_other(inside: Inside) -> None:
    first, second = await signed_in_inside(inside), await signed_in_inside(inside)
    cookie = first.cookies["__Host-keystead_session"]
    answer = await first.delete(SESSION)
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    first.cookies.set("__Host-keystead_session", cookie)
    assert await state(first) is None
    assert await state(second) == "signed-in"


def test_a_program_s_session_of_a_person_can_be_ended_the_same_way(people: People) -> None:
    person = people.new()
    session = people.settle(person)
    other = people.sign_in(person)
    assert session.client.delete(SESSION).status_code == 204
    assert (session.is_alive(), other.is_alive()) == (False, True)
    assert session.refresh().status_code == 400


def test_an_account_s_token_cannot_end_its_secret(make_account: MakeAccount) -> None:
    with make_account() as program:
        assert message(program.delete(SESSION), 403) == "Only people have sessions."
        assert program.get(OWN_RULES).status_code == 200


@pytest.mark.parametrize("how", ["log out", "reset", "disable", "delete"])
def test_an_administrator_ends_sessions_of_browsers_at_once(
    how: str, server: str, admin: httpx.Client, people: People
) -> None:
    person = people.new()
    people.settle(person)
    with signed_in(server, person.email, person.password) as client:
        assert client.get(OWN_RULES).status_code == 200
        if how == "log out":
            ended = admin.post(f"{person.path}/logout")
        elif how == "reset":
            ended = admin.post(f"{person.path}/password")
        elif how == "disable":
            ended = admin.patch(person.path, json={"enabled": False})
        else:
            ended = admin.delete(person.path)
        assert ended.is_success
        assert client.get(OWN_RULES).status_code == 401
        if how == "disable":
            assert admin.patch(person.path, json={"enabled": True}).status_code == 200
            assert client.get(OWN_RULES).status_code == 401


def test_changing_the_password_ends_all_sessions_but_the_one_that_asks(server: str, people: People) -> None:
    person = people.new()
    program = people.settle(person)
    with (
        signed_in(server, person.email, person.password) as client,
        signed_in(server, person.email, person.password) as other,
    ):
        before = client.get(SESSION).json()["provedAt"]
        answer = client.post(
            PASSWORD, json={"currentPassword": person.password, "newPassword": "quite another one"}
        )
        assert answer.status_code == 200
        assert client.get(SESSION).json()["provedAt"] > before
        assert other.get(SESSION).status_code == 401
        assert not program.is_alive()


# A temporary password


def test_a_temporary_password_leads_to_the_change_and_on(server: str, people: People) -> None:
    person = people.new(rules=[(1, "1", "tenant")])
    with signed_in(server, person.email, person.password) as client:
        session = client.get(SESSION).json()
        assert session["state"] == "password-change-required"
        assert (session["roles"], session["permissions"]) == ([], [])
        assert message(client.get(USERS), 403).startswith("Your password is temporary")
        assert client.post(PROOF, json={"password": person.password}).status_code == 403
        wish = {"currentPassword": person.password, "newPassword": "quite another one"}
        assert client.post(PASSWORD, json=wish).status_code == 200
        session = client.get(SESSION).json()
        assert session["state"] == "signed-in"
        assert len(session["roles"]) == 1
        assert client.get(USERS).status_code == 200


# Proof


def holds_secret(kind: Any) -> bool:
    """Whether an answer of this type shows something that lets somebody in."""
    types = kind.types if isinstance(kind, OneOf) else (kind,)
    names = {
        field.encode_name
        for one in types
        if isinstance(one, type) and issubclass(one, msgspec.Struct)
        for field in msgspec.structs.fields(one)
        if "str" in str(field.type)
    }
    return any(re.search("secret$|^tempPassword$|^recoveryCodes$|^uri$|Secret$", name) for name in names)


async def test_every_route_whose_answer_holds_a_secret_wants_a_fresh_proof(here: Inside) -> None:
    showing = {
        route.operation_id
        for route in here.keystead.routes
        if any(holds_secret(as_reply(given).type) for given in route.answers.values())
    }
    # Where browsers go after signing out is no secret, and a cluster's is empty.
    showing -= {"get_security_setting_by_key", "update_security_setting_by_key"}
    showing -= {"get_cluster_install_info_by_uuid"}
    assert showing >= {
        "create_service_account",
        "regenerate_service_account_secret",
        "add_service_account_secret",
        "create_user",
        "reset_user_password",
        "begin_second_factor",
        "confirm_second_factor",
    }
    declared = {route.operation_id for route in here.keystead.routes if route.makes_secret}
    assert showing <= declared
    assert declared - showing == {"remove_second_factor", "remove_second_factor_of_user"}
    described = {route.operation_id: route for route in here.keystead.routes}
    assert all(isinstance(described[one], Route) for one in declared)


async def test_an_old_proof_makes_no_secret_until_it_is_renewed(inside: Inside) -> None:
    client, admin = await signed_in_inside(inside), await inside.admin()
    made = (await client.post(ACCOUNTS, json={"name": "first"})).json()
    person = (await client.post(USERS, json={"email": "dana@example.org"})).json()
    inside.clock.pass_seconds(15 * 60)
    assert (await client.post(ACCOUNTS, json={"name": "second"})).status_code == 201
    inside.clock.pass_seconds(1)
    stale = [
        await client.post(ACCOUNTS, json={"name": "third"}),
        await client.post(f"{ACCOUNTS}/{made['id']}/secret"),
        await client.post(f"{ACCOUNTS}/{made['id']}/secrets", json={}),
        await client.post(USERS, json={"email": "eve@example.org"}),
        await client.post(f"{USERS}/{person['id']}/password"),
        await client.post(FACTOR),
        await client.post(CONFIRM, json={"code": "123456"}),
        await client.delete(FACTOR),
        await client.delete(f"{USERS}/{person['id']}/second-factor"),
    ]
    for answer in stale:
        assert message(answer, 401).startswith("Prove your password again")
        assert answer.json()["details"] == "insufficient_user_authentication"
        challenge = 'Keystead error="insufficient_user_authentication", max_age=900'
        assert answer.headers.get_list("www-authenticate") == [challenge]
    assert (await client.get(ACCOUNTS)).status_code == 200
    assert (await client.patch(f"{ACCOUNTS}/{made['id']}", json={"enabled": False})).status_code == 200
    # A token is as good as it was.
    assert (await admin.post(ACCOUNTS, json={"name": "fourth"})).status_code == 201

    wrong = await client.post(PROOF, json={"password": "wrong password"})
    assert message(wrong, 400) == "password: is wrong."
    assert (await client.post(ACCOUNTS, json={"name": "third"})).status_code == 401
    proved = await client.post(PROOF, json={"password": ADMIN_PASSWORD})
    assert proved.status_code == 200
    assert proved.json() == (await client.get(SESSION)).json()
    assert (await client.post(ACCOUNTS, json={"name": "third"})).status_code == 201


async def test_a_proof_is_of_one_s_own_session(inside: Inside) -> None:
    client, other = await signed_in_inside(inside), await signed_in_inside(inside)
    inside.clock.pass_seconds(901)
    assert (await client.post(PROOF, json={"password": ADMIN_PASSWORD})).status_code == 200
    assert (await other.post(ACCOUNTS, json={"name": "account"})).status_code == 401
    admin = await inside.admin()
    answer = await admin.post(PROOF, json={"password": ADMIN_PASSWORD})
    assert message(answer, 403).startswith("Only a browser's session is proved")


async def test_a_proof_is_throttled_like_a_sign_in(here: Inside) -> None:
    client = await signed_in_inside(here)
    statuses = [
        (await client.post(PROOF, json={"password": "wrong password"})).status_code for _ in range(20)
    ]
    assert statuses == [400] * 19 + [429]


# The password grant


@pytest.mark.parametrize("path", [TOKEN, "/auth/realms/any/protocol/openid-connect/token", "/api/v1/token"])
async def test_the_password_grant_can_be_switched_off(path: str, tmp_path: Path) -> None:
    async with running_inside(tmp_path) as inside:
        refresh_token = (await inside.sign_in())["refresh_token"]
        discovered = (await inside.anonymous.get("/.well-known/openid-configuration")).json()
        assert "password" in discovered["grant_types_supported"]
    settings = {"KEYSTEAD_PASSWORD_GRANT": "off"}
    (tmp_path / "off").mkdir()
    copied = tmp_path / "keystead.db"
    async with running_inside(tmp_path / "off", settings=settings, migrated=copied) as inside:
        for metadata in ("openid-configuration", "oauth-authorization-server"):
            found = (await inside.anonymous.get(f"/.well-known/{metadata}")).json()
            assert found["grant_types_supported"] == ["client_credentials"]
        if path == "/api/v1/token":
            by_password = {"grantType": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
            by_refreshing = {"grantType": "refresh_token", "refreshToken": refresh_token}
            answers = [await inside.anonymous.post(path, json=body) for body in (by_password, by_refreshing)]
            assert [one.json()["details"] for one in answers] == ["unauthorized_client"] * 2
        else:
            form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
            refresh = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            answers = [await inside.anonymous.post(path, data=body) for body in (form, refresh)]
            assert [one.json()["error"] for one in answers] == ["unauthorized_client"] * 2
        assert [one.status_code for one in answers] == [400, 400]
        client = await signed_in_inside(inside)
        made = (await client.post(ACCOUNTS, json={"name": "account"})).json()
        form = {
            "grant_type": "client_credentials",
            "client_id": "account",
            "client_secret": made["clientSecret"],
        }
        assert (await inside.anonymous.post(TOKEN, data=form)).status_code == 200

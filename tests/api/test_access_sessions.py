"""Access laws 1, 9, 12 and 15 for browsers' sessions and second factors. Tests are named by the sentence's number."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import pytest

from keystead.credentials.throttle import (
    CODE_BY_PERSON,
    MAX_RETRY_AFTER,
    PASSWORD_BY_ADDRESS,
    PASSWORD_BY_PERSON,
)
from tests.api.conftest import Organisation
from tests.api.engines import here, inside
from tests.api.holders import (
    DEPARTMENT_ADMINISTRATOR,
    OWN_RULES,
    SYSTEM_ADMINISTRATOR,
    USERS,
    VIEWER,
    Holders,
    fresh,
)
from tests.api.people import USER_NOT_FOUND, People, Person
from tests.browsers import (
    CONFIRM,
    FACTOR,
    SESSION,
    App,
    browser_inside,
    credentials,
    enrol_inside,
    signed_in,
    signed_in_inside,
)
from tests.inside import Inside
from tests.serving import ADMIN_PASSWORD, Server

__all__ = ["here", "inside"]
STEP: Final = 30


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def people(server: str, admin: httpx.Client, stack: ExitStack) -> People:
    return People(server, admin, stack)


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client, stack: ExitStack) -> Holders:
    return Holders(server, admin, stack)


def enrolled(server: str, people: People, person: Person) -> Person:
    people.settle(person)
    with signed_in(server, person.email, person.password) as client:
        app = App(client.post(FACTOR).json()["secret"])
        assert client.post(CONFIRM, json={"code": app.code()}).status_code == 200
    return person


# 1. A session is its person's


def test_law_1_whoever_comes_to_have_the_same_e_mail_inherits_no_session_and_no_second_factor(
    server: str, admin: httpx.Client, people: People
) -> None:
    person = people.new(rules=[(VIEWER, "1", "tenant")])
    enrolled(server, people, person)
    again = people.new()  # an e-mail of its own, for the session that is kept open
    people.settle(again)
    with signed_in(server, again.email, again.password) as client:
        for one in (person, again):
            assert admin.delete(one.path).status_code == 204
            successor = people.new(one.email)
            people.settle(successor)
            with signed_in(server, successor.email, successor.password) as theirs:
                session = theirs.get(SESSION).json()
            assert session["person"]["id"] == successor.id != one.id
            assert session["secondFactor"]["enabled"] is False
            assert session["roles"] == []
        assert client.get(OWN_RULES).status_code == 401


# 9. Whoever takes a second factor away comes nearer to being its person


def test_law_9_removing_a_second_factor_needs_all_that_its_person_holds(
    server: str, admin: httpx.Client, people: People, holders: Holders, organisation: Organisation
) -> None:
    home = organisation["a1"].id
    keeper = holders.as_account(holders.account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]))
    reader = holders.caller("r users", organisation["a1"])
    stranger = holders.caller("ru users", organisation["b1"])
    group = fresh("group")
    people.give(group, SYSTEM_ADMINISTRATOR, organisation["a1"], "group")
    mighty = [
        people.new(scopeId=home, rules=[(SYSTEM_ADMINISTRATOR, *organisation["a1x"])]),
        people.new(scopeId=home, groups=[group]),
        people.new(scopeId=home, rules=[(VIEWER, *organisation["b1x"])]),
    ]
    for person in mighty:
        enrolled(server, people, person)
        path = f"{person.path}/second-factor"
        refused = keeper.delete(path)
        assert refused.status_code == 403
        assert "permissions that you do not hold" in refused.json()["message"]
        assert reader.delete(path).status_code == 403
        unknown = stranger.delete(path)
        assert (unknown.status_code, unknown.json()) == (404, USER_NOT_FOUND)
        assert admin.get(person.path).json()["secondFactor"] is True
    equal = enrolled(server, people, people.new(scopeId=home, rules=[(VIEWER, *organisation["a1x"])]))
    assert keeper.delete(f"{equal.path}/second-factor").status_code == 204
    assert admin.get(equal.path).json()["secondFactor"] is False


# 12. Shown once, and kept nowhere


def test_law_12_no_cookie_no_code_and_no_secret_of_an_app_is_in_the_database_or_the_log(
    tmp_path: Path,
) -> None:
    with Server(tmp_path / "var", {"KEYSTEAD_LOG_LEVEL": "debug"}) as server:
        with signed_in(server.url) as client:
            cookie = client.cookies["keystead_session"]
            begun = client.post(FACTOR).json()
            app = App(begun["secret"])
            answer = client.post(CONFIRM, json={"code": app.code()})
            assert answer.headers["cache-control"] == "no-store"
            codes = answer.json()["recoveryCodes"]
            for code in (codes[0], "wrong"):
                client.post(SESSION, json=credentials(code=code))
            misplaced = client.get(f"{USERS}/{cookie}")
            assert cookie not in misplaced.text
            client.post(SESSION, json={"email": cookie, "password": cookie})
            assert client.put(f"/api/v1/security/settings/{cookie}", json={}).status_code == 404
        written = server.log_file.read_bytes() + b"".join(
            path.read_bytes() for path in (tmp_path / "var").rglob("*") if path.is_file()
        )
    secrets = [cookie[4:47], begun["secret"], *codes, *(code.replace("-", "") for code in codes)]
    assert [secret for secret in secrets if secret.encode() in written] == []
    assert app._key not in written


# 15. Guessing is throttled


async def guess(inside: Inside, address: str, code: str, **more: str) -> httpx.Response:
    async with browser_inside(inside, address) as client:
        return await client.post(SESSION, json=credentials(code=code, **more))


def require_throttled(answer: httpx.Response) -> None:
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= MAX_RETRY_AFTER


async def test_law_15_codes_are_throttled_by_person_wherever_they_come_from_even_when_right(
    here: Inside,
) -> None:
    app, codes = await enrol_inside(here, await signed_in_inside(here))
    here.clock.pass_seconds(1 / CODE_BY_PERSON.per_second)  # the code that confirmed counted too
    for number in range(CODE_BY_PERSON.burst):
        assert (await guess(here, f"192.0.2.{number + 10}", "000000")).status_code == 401
    for right in (app.code(), codes[0]):
        require_throttled(await guess(here, "192.0.2.99", right))
    # Whoever does not know the password neither sees that, nor has used anything up.
    assert (await guess(here, "192.0.2.98", "000000", password="wrong password")).status_code == 401
    here.clock.pass_seconds(1 / CODE_BY_PERSON.per_second)
    assert (await guess(here, "192.0.2.99", app.code())).status_code == 200
    require_throttled(await guess(here, "192.0.2.99", codes[0]))


async def test_law_15_who_does_not_know_the_password_uses_up_nobody_s_codes(here: Inside) -> None:
    app, _ = await enrol_inside(here, await signed_in_inside(here))
    for number in range(CODE_BY_PERSON.burst + 1):
        answer = await guess(here, f"192.0.2.{number + 10}", "000000", password="wrong password")
        assert answer.status_code == 401
    assert (await guess(here, "192.0.2.99", app.code(1))).status_code == 200


async def test_law_15_codes_that_confirm_are_throttled_too(here: Inside) -> None:
    client = await signed_in_inside(here)
    await client.post(FACTOR)
    statuses = [
        (await client.post(CONFIRM, json={"code": "wrong"})).status_code
        for _ in range(CODE_BY_PERSON.burst + 1)
    ]
    assert statuses == [400] * CODE_BY_PERSON.burst + [429]


async def test_law_15_signing_in_in_a_browser_meets_the_limits_of_passwords(here: Inside) -> None:
    async def attempt(address: str, **more: str) -> int:
        async with browser_inside(here, address) as client:
            return (await client.post(SESSION, json=credentials(**more))).status_code

    wrong = [await attempt("192.0.2.10", password="wrong") for _ in range(PASSWORD_BY_PERSON.burst)]
    assert wrong == [401] * PASSWORD_BY_PERSON.burst
    assert await attempt("192.0.2.10") == 429
    # The same person, by the token endpoint: one limit for both.
    form = {"grant_type": "password", "username": "admin@keystead.local", "password": ADMIN_PASSWORD}
    async with here.coming_from("192.0.2.10") as program:
        assert (await program.post("/api/v2/token", data=form)).status_code == 429
    assert await attempt("192.0.2.11") == 200
    left = PASSWORD_BY_ADDRESS.burst - PASSWORD_BY_PERSON.burst
    others = [await attempt("192.0.2.10", email=f"{number}@example.org") for number in range(left)]
    assert others == [401] * left
    assert await attempt("192.0.2.10", email="one-more@example.org") == 429

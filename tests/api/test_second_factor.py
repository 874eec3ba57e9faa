"""Second factors: enrolled by a person, asked for at sign-in, required by an administrator, ended again."""

import json
from typing import Any, Final, NamedTuple

import httpx
import pytest
from sqlalchemy import select

from keystead.db.schema import second_factor
from tests.api.conftest import Place
from tests.api.engines import here, inside
from tests.api.holders import AUDIT, DEPARTMENT_ADMINISTRATOR, OWN_RULES, RULES, USERS, wish
from tests.api.people import PASSWORD, TOKEN
from tests.browsers import (
    CONFIRM,
    FACTOR,
    PROOF,
    REQUIRE,
    SESSION,
    App,
    browser_inside,
    credentials,
    enrol_inside,
    signed_in_inside,
    state,
)
from tests.inside import Inside
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

__all__ = ["here", "inside"]
STEP: Final = 30
OTHER_PASSWORD: Final = "quite another one"
CODE_REQUIRED: Final = {"state": "code-required"}


class Known(NamedTuple):
    id: str
    email: str
    password: str


async def new_person(inside: Inside, *rules: tuple[int, Place]) -> Known:
    """Somebody past their temporary password."""
    admin = await inside.admin()
    made = (await admin.post(USERS, json={"email": f"person-{len(rules)}@example.org"})).json()
    for role, place in rules:
        answer = await admin.post(RULES, json=wish(made["username"], role, place, "user"))
        assert answer.status_code == 201, answer.text
    client = await signed_in_inside(inside, email=made["username"], password=made["tempPassword"])
    change = {"currentPassword": made["tempPassword"], "newPassword": OTHER_PASSWORD}
    assert (await client.post(PASSWORD, json=change)).status_code == 200
    return Known(made["id"], made["username"], OTHER_PASSWORD)


async def open_with(inside: Inside, code: str | None, **more: str) -> httpx.Response:
    body = credentials(**more) | ({} if code is None else {"code": code})
    return await browser_inside(inside).post(SESSION, json=body)


def message(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


# Enrolling


async def test_a_person_enrols_and_is_asked_for_a_code_from_then_on(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    assert (await client.get(FACTOR)).json() == {"enabled": False, "required": False, "recoveryCodesLeft": 0}
    begun = await client.post(FACTOR)
    assert begun.status_code == 201
    assert begun.headers["cache-control"] == "no-store"
    app = App(begun.json()["secret"], inside)
    assert begun.json()["secret"] in begun.json()["uri"]
    # Nothing is in force yet.
    assert (await client.get(FACTOR)).json()["enabled"] is False
    assert (await open_with(inside, None)).json()["state"] == "signed-in"

    confirmed = await client.post(CONFIRM, json={"code": app.code()})
    assert confirmed.status_code == 200
    assert len(set(confirmed.json()["recoveryCodes"])) == 10
    assert (await client.get(FACTOR)).json() == {"enabled": True, "required": False, "recoveryCodesLeft": 10}
    assert (await client.get(SESSION)).json()["secondFactor"] == {"enabled": True, "required": False}
    without = await open_with(inside, None)
    assert (without.status_code, without.json()) == (200, CODE_REQUIRED)
    assert "set-cookie" not in without.headers
    opened = await open_with(inside, app.code(1))
    assert opened.json()["state"] == "signed-in"


async def test_only_a_code_that_the_app_shows_confirms(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    assert message(await client.post(CONFIRM, json={"code": "123456"}), 409).startswith(
        "There is no enrolment"
    )
    first = App((await client.post(FACTOR)).json()["secret"], inside)
    second = App((await client.post(FACTOR)).json()["secret"], inside)
    for code in (first.code(), second.code(-2), second.code(2), "", "abcdef"):
        assert message(await client.post(CONFIRM, json={"code": code}), 400).startswith("code: ")
    assert (await client.get(FACTOR)).json()["enabled"] is False
    assert (await client.post(CONFIRM, json={"code": second.code()})).status_code == 200
    assert message(await client.post(CONFIRM, json={"code": second.code(1)}), 409).startswith("There is no")
    assert message(await client.post(FACTOR), 409).startswith("You have a second factor")


async def test_enrolling_ends_the_person_s_other_sessions(inside: Inside) -> None:
    client, other = await signed_in_inside(inside), await signed_in_inside(inside)
    earned = await inside.sign_in()
    program = inside.bearing(earned["access_token"])
    await enrol_inside(inside, client)
    assert await state(client) == "signed-in"
    assert await state(other) is None
    assert (await program.get(OWN_RULES)).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": earned["refresh_token"]}
    assert (await inside.anonymous.post(TOKEN, data=form)).json()["error"] == "invalid_grant"


async def test_a_program_s_session_that_enrolled_is_not_refreshed(inside: Inside) -> None:
    earned = await inside.sign_in()
    await enrol_inside(inside, inside.bearing(earned["access_token"]))
    form = {"grant_type": "refresh_token", "refresh_token": earned["refresh_token"]}
    assert (await inside.anonymous.post(TOKEN, data=form)).json()["error"] == "invalid_grant"


async def test_accounts_have_no_second_factor(here: Inside) -> None:
    admin = await here.admin()
    made = (await admin.post("/api/v1/service-accounts", json={"name": "account"})).json()
    form = {"grant_type": "client_credentials", "client_id": "account", "client_secret": made["clientSecret"]}
    token = (await here.anonymous.post(TOKEN, data=form)).json()["access_token"]
    program = here.bearing(token)
    for answer in (
        await program.get(FACTOR),
        await program.post(FACTOR),
        await program.post(CONFIRM, json={"code": "123456"}),
        await program.delete(FACTOR),
    ):
        assert message(answer, 403) == "Only people have a second factor."


# Signing in with it


async def test_a_code_is_good_once_and_within_a_step_of_now(inside: Inside) -> None:
    app, _ = await enrol_inside(inside, await signed_in_inside(inside))
    # That step's code confirmed the enrolment.
    assert message(await open_with(inside, app.code()), 401) == "The code is wrong, or was used already."
    inside.clock.pass_seconds(10 * STEP)
    for steps in (-2, 2):
        assert (await open_with(inside, app.code(steps))).status_code == 401
    code = app.code()
    assert (await open_with(inside, code)).status_code == 200
    for used in (code, app.code(-1)):
        assert (await open_with(inside, used)).status_code == 401
    assert (await open_with(inside, app.code(1))).status_code == 200


async def test_of_two_who_come_with_one_code_one_is_let_in(inside: Inside) -> None:
    import asyncio

    app, _ = await enrol_inside(inside, await signed_in_inside(inside))
    inside.clock.pass_seconds(STEP)
    code = app.code()
    answers = await asyncio.gather(*(open_with(inside, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


async def test_a_right_code_does_not_make_up_for_a_wrong_password(here: Inside) -> None:
    app, codes = await enrol_inside(here, await signed_in_inside(here))
    here.clock.pass_seconds(STEP)
    for code in (app.code(), codes[0]):
        answer = await open_with(here, code, password="wrong password")
        assert message(answer, 401) == "The e-mail or the password is wrong."
    assert (await open_with(here, app.code())).status_code == 200
    assert (await open_with(here, codes[0])).status_code == 200


async def test_nobody_is_told_of_a_second_factor_before_the_password_is_right(here: Inside) -> None:
    await enrol_inside(here, await signed_in_inside(here))
    answers = [
        await open_with(here, None, password="wrong password"),
        await open_with(here, None, email="nobody@example.org", password="wrong password"),
    ]
    assert [answer.json() for answer in answers] == [
        {"code": 401, "message": "The e-mail or the password is wrong."}
    ] * 2


async def test_a_recovery_code_is_good_once(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    _, codes = await enrol_inside(inside, client)
    assert (await open_with(inside, codes[4].upper().replace("-", " "))).status_code == 200
    assert message(await open_with(inside, codes[4]), 401) == "The code is wrong, or was used already."
    assert (await client.get(FACTOR)).json()["recoveryCodesLeft"] == 9
    assert (await open_with(inside, codes[5])).status_code == 200


async def test_a_proof_needs_a_code_too(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    app, codes = await enrol_inside(inside, client)
    inside.clock.pass_seconds(901)
    asked = await client.post(PROOF, json={"password": ADMIN_PASSWORD})
    assert (asked.status_code, asked.json()) == (200, CODE_REQUIRED)
    wrong = await client.post(PROOF, json={"password": ADMIN_PASSWORD, "code": app.code(5)})
    assert message(wrong, 400) == "code: is wrong, or was used already."
    assert (await client.delete(FACTOR)).status_code == 401
    right = await client.post(PROOF, json={"password": ADMIN_PASSWORD, "code": app.code()})
    assert right.json()["state"] == "signed-in"
    again = await client.post(PROOF, json={"password": ADMIN_PASSWORD, "code": codes[0]})
    assert again.json()["state"] == "signed-in"
    assert (await client.delete(FACTOR)).status_code == 204


@pytest.mark.parametrize("path", [TOKEN, "/api/v1/token"])
async def test_a_person_with_a_second_factor_never_uses_the_password_grant(path: str, inside: Inside) -> None:
    app, _ = await enrol_inside(inside, await signed_in_inside(inside))
    inside.clock.pass_seconds(STEP)
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "code": app.code()}
    as_json = {"grantType": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    post = inside.anonymous.post
    answer = await (post(path, data=form) if path == TOKEN else post(path, json=as_json))
    assert answer.status_code == 400
    assert (answer.json().get("error") or answer.json()["details"]) == "invalid_grant"
    assert "second factor" in (answer.json().get("error_description") or answer.json()["message"])
    # A wrong password is told from it, and tells nothing of it.
    wrong = (await inside.anonymous.post(TOKEN, data=form | {"password": "wrong password"})).json()
    assert "second factor" not in wrong["error_description"]


async def test_the_log_tells_by_what_somebody_came_in_and_holds_no_code(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    app, codes = await enrol_inside(inside, client)
    inside.clock.pass_seconds(STEP)
    code = app.code()
    await open_with(inside, code)
    await open_with(inside, codes[0])
    await open_with(inside, "000000" if code != "000000" else "000001")
    answer = await client.get(AUDIT, params={"start": "2020-01-01", "end": "2100-01-01"})
    logs = answer.json()["logs"]
    told = [
        one["metadata"] for one in logs if one["action"] == "sign-in" and "secondFactor" in one["metadata"]
    ]
    assert sorted(told, key=len) == [
        {"secondFactor": "one-time code"},
        {"secondFactor": "recovery code", "recoveryCodesLeft": "9"},
    ]
    assert any(one["result"] == "Failed" and one["http_status_code"] == 401 for one in logs)
    of_factor = {
        (one["action"], one["metadata"].get("state")) for one in logs if one["entity_type"] == "second-factor"
    }
    assert of_factor == {("create", "begun"), ("update", "in force")}
    assert not any(secret in answer.text for secret in (code, *codes))


async def test_what_is_kept_opens_with_the_master_key_alone(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    begun = (await client.post(FACTOR)).json()
    app = App(begun["secret"], inside)
    codes = (await client.post(CONFIRM, json={"code": app.code()})).json()["recoveryCodes"]
    row = await inside.database.fetch_one(select(second_factor))
    assert row is not None
    kept: list[Any] = [row[number] for number in range(len(second_factor.columns))]
    assert app._key not in bytes(row["secret_sealed"])
    assert begun["secret"] not in str(kept)
    assert not any(code in str(kept) or code.replace("-", "") in str(kept) for code in codes)
    assert len(json.loads(row["recovery_digests"])) == 10


# Ending it


async def test_a_person_removes_their_own(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    assert message(await client.delete(FACTOR), 404) == "Second factor not found."
    await enrol_inside(inside, client)
    assert (await client.delete(FACTOR)).status_code == 204
    assert (await client.get(FACTOR)).json() == {"enabled": False, "required": False, "recoveryCodesLeft": 0}
    assert (await open_with(inside, None)).json()["state"] == "signed-in"
    assert "access_token" in await inside.sign_in()


async def test_an_administrator_removes_somebody_s_and_their_sessions_with_it(inside: Inside) -> None:
    person = await new_person(inside)
    who = {"email": person.email, "password": person.password}
    client, admin = await signed_in_inside(inside, **who), await signed_in_inside(inside)
    path = f"{USERS}/{person.id}/second-factor"
    assert message(await admin.delete(path), 404) == "Second factor not found."
    await enrol_inside(inside, client)
    assert (await admin.get(f"{USERS}/{person.id}")).json()["secondFactor"] is True
    assert [one["secondFactor"] for one in (await admin.get(USERS)).json()].count(True) == 1
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(f"{USERS}/{person.id}")).json()["secondFactor"] is False
    assert await state(client) is None
    assert (await open_with(inside, None, **who)).json()["state"] == "signed-in"


async def test_it_goes_with_its_person(inside: Inside) -> None:
    person = await new_person(inside)
    await enrol_inside(inside, await signed_in_inside(inside, email=person.email, password=person.password))
    admin = await inside.admin()
    assert (await admin.delete(f"{USERS}/{person.id}")).status_code == 204
    assert await inside.database.fetch_all(select(second_factor)) == []


# Requiring it


async def test_who_has_none_may_do_nothing_but_enrol_where_one_is_required(inside: Inside) -> None:
    person = await new_person(inside, (1, Place("1", "tenant")))
    who = {"email": person.email, "password": person.password}
    client, token = await signed_in_inside(inside, **who), (await inside.sign_in(**who))["access_token"]
    admin = await signed_in_inside(inside)
    await enrol_inside(inside, admin)
    assert (await client.get(USERS)).status_code == 200
    assert (await admin.put(REQUIRE, json={"required": True})).json() == {"required": True}

    session = (await client.get(SESSION)).json()
    assert session["state"] == "second-factor-enrolment-required"
    assert session["secondFactor"] == {"enabled": False, "required": True}
    assert (session["roles"], session["permissions"]) == ([], [])
    program = inside.bearing(token)
    change = {"currentPassword": person.password, "newPassword": "yet another one"}
    for caller in (client, program):
        for refused in (
            await caller.get(USERS),
            await caller.get(REQUIRE),
            await caller.put(REQUIRE, json={"required": False}),
            await caller.post(PASSWORD, json=change),
            await caller.delete(FACTOR),
        ):
            assert message(refused, 403).startswith("A second factor is required: enrol one")
    assert (await admin.get(USERS)).status_code == 200

    own, _ = await enrol_inside(inside, client)
    assert await state(client) == "signed-in"
    assert (await client.get(USERS)).status_code == 200
    assert (await program.get(USERS)).status_code == 401
    assert message(await client.delete(FACTOR), 403).startswith("A second factor is required here")
    assert (await open_with(inside, own.code(1), **who)).json()["state"] == "signed-in"
    assert (await admin.put(REQUIRE, json={"required": False})).status_code == 200
    assert (await client.delete(FACTOR)).status_code == 204
    assert await state(client) == "signed-in"


async def test_a_temporary_password_comes_first_and_the_second_factor_then(inside: Inside) -> None:
    admin = await signed_in_inside(inside)
    assert (await admin.put(REQUIRE, json={"required": True})).status_code == 200
    await enrol_inside(inside, admin)
    made = (await admin.post(USERS, json={"email": "new@example.org"})).json()
    client = await signed_in_inside(inside, email=made["username"], password=made["tempPassword"])
    assert await state(client) == "password-change-required"
    assert message(await client.post(FACTOR), 403).startswith("Your password is temporary")
    change = {"currentPassword": made["tempPassword"], "newPassword": OTHER_PASSWORD}
    assert (await client.post(PASSWORD, json=change)).status_code == 200
    assert await state(client) == "second-factor-enrolment-required"
    await enrol_inside(inside, client)
    assert await state(client) == "signed-in"


async def test_accounts_are_not_asked_for_one(here: Inside) -> None:
    admin = await signed_in_inside(here)
    made = (await admin.post("/api/v1/service-accounts", json={"name": "account"})).json()
    assert (await admin.put(REQUIRE, json={"required": True})).status_code == 200
    form = {"grant_type": "client_credentials", "client_id": "account", "client_secret": made["clientSecret"]}
    token = (await here.anonymous.post(TOKEN, data=form)).json()["access_token"]
    program = here.bearing(token)
    assert (await program.get(SESSION)).json()["state"] == "signed-in"
    assert (await program.get(SESSION)).json()["secondFactor"] == {"enabled": False, "required": False}
    assert (await program.get(OWN_RULES)).status_code == 200


async def test_requiring_takes_the_right_to_security_settings_of_the_whole_tenant(inside: Inside) -> None:
    admin = await inside.admin()
    made = (await admin.post("/api/v1/clusters", json={"name": "cluster"})).json()
    department = {"name": "department", "clusterId": made["uuid"], "resources": []}
    place = (await admin.post("/api/v1/org-unit/departments", json=department)).json()["id"]
    person = await new_person(inside, (DEPARTMENT_ADMINISTRATOR, Place(place, "department")))
    client = await signed_in_inside(inside, email=person.email, password=person.password)
    assert (await client.get(REQUIRE)).status_code == 403
    assert (await client.put(REQUIRE, json={"required": True})).status_code == 403
    assert (await admin.get(REQUIRE)).json() == {"required": False}
    assert (await admin.put(REQUIRE, json={"required": "yes"})).status_code == 400
    assert (await inside.anonymous.get(REQUIRE)).status_code == 401

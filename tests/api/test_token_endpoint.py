"""The token endpoint to the letter: audiences, scopes, lifetimes. Tests name the section that rules them."""

import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from keystead.authz.narrowing import WORDS
from keystead.settings import Settings, SettingsError
from tests.api.engines import here
from tests.api.verifying import ACCOUNTS, INTROSPECT, RULES, Account, account, earn, give, is_active, verifier
from tests.inside import TOKEN, URL, Inside, running_inside

__all__ = ["here"]

ME: Final = "/api/v1/authorization/me/access-rules"
JOBS: Final = "https://jobs.example.com"
HOUR: Final = 3_600
SYSTEM_ADMINISTRATOR, DEPARTMENT_ADMINISTRATOR = 1, 1710


@pytest.fixture
async def boss(here: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await here.admin() as client:
        yield client


async def ask(inside: Inside, one: Account, **more: Any) -> httpx.Response:
    form = {"grant_type": "client_credentials", **one.credentials, **more}
    return await inside.anonymous.post(TOKEN, data=form)


async def with_password(inside: Inside, **more: str) -> httpx.Response:
    form = {"grant_type": "password", "username": "admin@keystead.local", "password": "correct horse battery"}
    return await inside.anonymous.post(TOKEN, data=form | more)


async def refreshed(inside: Inside, token: str, **more: str) -> httpx.Response:
    return await inside.anonymous.post(
        TOKEN, data={"grant_type": "refresh_token", "refresh_token": token, **more}
    )


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json().keys() == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


def claims_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    payload = answer.json()["access_token"].split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


# RFC 8707: resource indicators


async def test_rfc_8707_section_2_a_token_is_meant_for_what_its_client_asks_for(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline", audiences=[JOBS, "reports"])
    assert claims_of(await ask(here, pipeline))["aud"] == URL
    assert claims_of(await ask(here, pipeline, resource=JOBS))["aud"] == JOBS
    assert claims_of(await ask(here, pipeline, audience="reports"))["aud"] == "reports"
    assert claims_of(await ask(here, pipeline, resource=URL))["aud"] == URL
    several = await ask(here, pipeline, resource=[JOBS, URL, JOBS], audience="reports")
    assert claims_of(several)["aud"] == [JOBS, URL, "reports"]


async def test_rfc_8707_section_2_what_is_not_registered_is_an_invalid_target(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline", audiences=[JOBS])
    for wrong in ("https://other.example.com", f"{JOBS}/", f"{JOBS}#x", "jobs", "x" * 4000):
        assert refusal(await ask(here, pipeline, resource=wrong)) == (400, "invalid_target")
        assert refusal(await ask(here, pipeline, audience=[JOBS, wrong])) == (400, "invalid_target")
    assert claims_of(await ask(here, pipeline, resource=""))["aud"] == URL


async def test_a_token_that_would_be_too_long_for_anybody_is_not_issued(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    audiences = [f"https://{number:02}.example.com/{'x' * 220}" for number in range(20)]
    pipeline = await account(boss, "ci-pipeline", audiences=[*audiences])
    longest = await ask(here, pipeline, resource=audiences)
    assert await is_active(here, await verifier(boss), longest.json()["access_token"])
    scope = " ".join(WORDS)[:4_000].rpartition(" ")[0]
    assert refusal(await ask(here, pipeline, resource=audiences, scope=scope)) == (400, "invalid_request")


async def test_people_have_no_audiences_but_this_server(here: Inside) -> None:
    """And a session that could not be used is not opened."""
    assert claims_of(await with_password(here, resource=URL))["aud"] == URL
    async with await here.admin() as admin:
        before = (await admin.get("/api/v1/changes")).json()["version"]
        assert refusal(await with_password(here, resource=JOBS)) == (400, "invalid_target")
        assert (await admin.get("/api/v1/changes")).json()["version"] == before
    session = (await with_password(here)).json()
    assert refusal(await refreshed(here, session["refresh_token"], resource=JOBS)) == (400, "invalid_target")
    assert (await refreshed(here, session["refresh_token"])).status_code == 200


async def test_rfc_9068_section_4_a_token_for_another_api_opens_nothing_here_and_is_good_there(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline", audiences=[JOBS])
    elsewhere, both = await earn(here, pipeline, resource=JOBS), await earn_both(here, pipeline)
    async with here.bearing(elsewhere) as client:
        assert (await client.get(ME)).status_code == 401
    async with here.bearing(both) as client:
        assert (await client.get(ME)).status_code == 200
    found = await here.anonymous.post(INTROSPECT, data={"token": elsewhere, **api.credentials})
    assert (found.json()["active"], found.json()["aud"]) == (True, JOBS)


async def earn_both(inside: Inside, one: Account) -> str:
    answer = await ask(inside, one, resource=[JOBS, URL])
    return str(answer.json()["access_token"])


async def test_an_audience_that_is_taken_away_takes_every_token_along(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline", audiences=[JOBS, "reports"])
    token = await earn(here, pipeline, resource=JOBS)
    added = await boss.patch(pipeline.path, json={"audiences": ["reports", JOBS, "more"]})
    assert added.status_code == 200
    assert await is_active(here, api, token)
    assert (await boss.patch(pipeline.path, json={"audiences": ["reports"]})).status_code == 200
    assert not await is_active(here, api, token)
    assert refusal(await ask(here, pipeline, resource=JOBS)) == (400, "invalid_target")
    assert (await boss.get(pipeline.path)).json()["audiences"] == ["reports"]


async def test_access_law_9_an_audience_is_added_by_those_who_hold_all_that_the_account_does(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    cluster = (await boss.post("/api/v1/clusters", json={"name": "here"})).json()["uuid"]
    home = {"scopeId": cluster, "scopeType": "cluster"}
    strong, weak = [await account(boss, name, **home) for name in ("strong", "weak")]
    await give(boss, "strong", SYSTEM_ADMINISTRATOR)
    local = await account(boss, "local")
    await give(boss, "local", DEPARTMENT_ADMINISTRATOR, **home)
    async with here.bearing(await earn(here, local)) as client:
        body = {"audiences": [JOBS]}
        assert (await client.patch(weak.path, json=body)).status_code == 200
        assert (await client.patch(strong.path, json=body)).status_code == 403
        assert (await client.patch(strong.path, json={"tokenLifetime": 900})).status_code == 200


@pytest.mark.parametrize(
    "wrong", [["a b"], [""], ["x#y"], ["ü"], ["x" * 256], ["a\\b"], [f"a{n}" for n in range(21)], ['"']]
)
async def test_an_audience_that_can_be_none_is_refused_by_name(
    wrong: list[str], here: Inside, boss: httpx.AsyncClient
) -> None:
    answer = await boss.post(ACCOUNTS, json={"name": "ci-pipeline", "audiences": wrong})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("audiences")


# RFC 6749 section 3.3: scopes


async def test_section_3_3_a_scope_narrows_the_token_and_the_answer_says_to_what(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    await give(boss, "ci-pipeline", SYSTEM_ADMINISTRATOR)
    answer = await ask(here, pipeline, scope="openid service-account:read jobs:read service-account:read")
    assert answer.json()["scope"] == claims_of(answer)["scope"] == "service-account:read jobs:read"
    token = answer.json()["access_token"]
    async with here.bearing(token) as client:
        assert (await client.get(ACCOUNTS)).status_code == 200
        assert (await client.get("/api/v1/users")).status_code == 403
        assert (await client.post(ACCOUNTS, json={"name": "another"})).status_code == 403
    found = await here.anonymous.post(INTROSPECT, data={"token": token, **api.credentials})
    assert found.json()["scope"] == "service-account:read jobs:read"


async def test_section_3_3_a_scope_never_widens(here: Inside, boss: httpx.AsyncClient) -> None:
    pipeline = await account(boss, "ci-pipeline")
    async with here.bearing(await earn(here, pipeline, scope="service-account:read users:create")) as client:
        assert (await client.get(ACCOUNTS)).status_code == 403
        assert (await client.post("/api/v1/users", json={"email": "x@example.com"})).status_code == 403


async def test_what_openid_connect_asks_for_by_habit_is_ignored(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    answer = await ask(here, pipeline, scope="openid profile email offline_access")
    assert "scope" not in answer.json()
    assert "scope" not in claims_of(answer)


@pytest.mark.parametrize(
    "scope", ["admin", "jobs", "jobs:read admin", "jobs:see", "Jobs:read", "openid api:all"]
)
async def test_section_5_2_any_other_scope_is_an_invalid_scope(
    scope: str, here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    assert refusal(await ask(here, pipeline, scope=scope)) == (400, "invalid_scope")
    assert refusal(await with_password(here, scope=scope)) == (400, "invalid_scope")


async def test_a_change_is_made_with_what_the_token_is_narrowed_to(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    """Access law 8, by what is read anew inside the change: nobody gives by a narrowed token what it does not carry."""
    await account(boss, "receiver")
    pipeline = await account(boss, "ci-pipeline")
    await give(boss, "ci-pipeline", SYSTEM_ADMINISTRATOR)
    wish = {"subjectId": "receiver", "subjectType": "service-account", "roleId": 7, "scopeId": "1"}
    body = wish | {"scopeType": "tenant"}
    words = "access_rules:create service-account:read tenant:read roles:read"
    async with here.bearing(await earn(here, pipeline, scope=words)) as client:
        answer = await client.post(RULES, json=body)
    assert answer.status_code == 403
    assert answer.json()["message"].startswith("You may not give the role Viewer here")
    async with here.bearing(await earn(here, pipeline)) as client:
        assert (await client.post(RULES, json=body)).status_code == 201


async def test_a_narrowed_token_of_a_person_makes_nothing_that_is_not_narrowed(here: Inside) -> None:
    whole, narrowed = (
        (await with_password(here)).json(),
        (await with_password(here, scope="service-account:read")).json(),
    )
    key = {"name": "laptop"}
    async with here.bearing(narrowed["access_token"]) as client:
        for answer in (
            await client.post("/api/v1/access-keys", json=key),
            await client.post(
                "/api/v1/me/password", json={"currentPassword": "x", "newPassword": "another horse battery"}
            ),
        ):
            assert answer.status_code == 403
            assert answer.json()["message"] == "This takes a token that no scope narrows."
    async with here.bearing(whole["access_token"]) as client:
        assert (await client.post("/api/v1/access-keys", json=key)).status_code == 201


async def test_section_6_a_session_that_was_opened_for_less_stays_so_through_refreshes(here: Inside) -> None:
    opened = (await with_password(here, scope="users:read service-account:read")).json()
    assert opened["scope"] == "users:read service-account:read"
    again = await refreshed(here, opened["refresh_token"])
    assert claims_of(again)["scope"] == "users:read service-account:read"
    less = await refreshed(here, again.json()["refresh_token"], scope="users:read")
    assert claims_of(less)["scope"] == "users:read"
    wider = await refreshed(here, less.json()["refresh_token"], scope="users:read jobs:read")
    assert refusal(wider) == (400, "invalid_scope")
    # The refused one was not used up, and the session is as wide as it was opened.
    whole = await refreshed(here, less.json()["refresh_token"])
    assert claims_of(whole)["scope"] == "users:read service-account:read"


async def test_section_6_a_session_that_was_opened_for_all_can_be_narrowed_by_the_token(here: Inside) -> None:
    opened = (await with_password(here)).json()
    narrowed = await refreshed(here, opened["refresh_token"], scope="users:read")
    assert claims_of(narrowed)["scope"] == "users:read"
    assert "scope" not in claims_of(await refreshed(here, narrowed.json()["refresh_token"]))


async def test_an_access_key_and_a_scope_both_narrow(here: Inside) -> None:
    async with await here.admin() as admin:
        body = {"name": "laptop", "permissions": [{"resourceType": "users", "actions": ["read"]}]}
        made = (await admin.post("/api/v1/access-keys", json=body)).json()
    key = Account(made["id"], made["clientId"], made["clientSecret"])
    async with here.bearing(await earn(here, key)) as client:
        assert (await client.get("/api/v1/users")).status_code == 200
    async with here.bearing(await earn(here, key, scope="service-account:read")) as client:
        assert [(await client.get(path)).status_code for path in ("/api/v1/users", ACCOUNTS)] == [403, 403]


# How long tokens live


async def test_the_tokens_of_an_account_live_as_long_as_it_says_within_bounds(
    tmp_path: Path,
) -> None:
    settings = {"KEYSTEAD_MAX_TOKEN_TTL": "7200"}
    async with running_inside(tmp_path, settings=settings) as inside, await inside.admin() as admin:
        short, plain = await account(admin, "short", tokenLifetime=61), await account(admin, "plain")
        for one, seconds in ((short, 61), (plain, HOUR)):
            answer = await ask(inside, one)
            claims = claims_of(answer)
            assert answer.json()["expires_in"] == claims["exp"] - claims["iat"] == seconds
        assert (await admin.get(short.path)).json()["tokenLifetime"] == 61
        assert (await admin.get(plain.path)).json()["tokenLifetime"] is None
        for wrong in (60, 7201, -1):
            answer = await admin.patch(short.path, json={"tokenLifetime": wrong})
            assert (answer.status_code, answer.json()["message"]) == (
                400,
                "tokenLifetime: must be from 61 to 7200 seconds.",
            )
        assert (await admin.patch(short.path, json={"tokenLifetime": 7200})).status_code == 200
        assert (await ask(inside, short)).json()["expires_in"] == 7200
        assert (await admin.patch(short.path, json={"audiences": []})).status_code == 200
        assert (await ask(inside, short)).json()["expires_in"] == 7200
        assert (await admin.patch(short.path, json={"tokenLifetime": 0})).status_code == 200
        assert (await ask(inside, short)).json()["expires_in"] == HOUR


async def test_a_bound_that_is_lowered_later_holds_for_accounts_that_said_more_before(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as first, await first.admin() as admin:
        long = await account(admin, "long", tokenLifetime=86_400)
        assert (await ask(first, long)).json()["expires_in"] == 86_400
    async with running_inside(tmp_path, settings={"KEYSTEAD_MAX_TOKEN_TTL": "5000"}) as second:
        assert (await ask(second, long)).json()["expires_in"] == 5000


def test_a_default_beyond_the_bound_stops_the_start() -> None:
    with pytest.raises(
        SettingsError, match="KEYSTEAD_TOKEN_TTL must not be more than KEYSTEAD_MAX_TOKEN_TTL"
    ):
        Settings.load({"KEYSTEAD_TOKEN_TTL": "3600", "KEYSTEAD_MAX_TOKEN_TTL": "3599"}, on_terminal=False)


# RFC 6749 section 5.2: what is not offered


@pytest.mark.parametrize(
    "grant_type",
    [
        "authorization_code",
        "exchange_token",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ],
)
async def test_section_5_2_a_grant_without_a_provider_behind_it_is_an_unsupported_grant_type(
    grant_type: str, here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    form = {"grant_type": grant_type, **pipeline.credentials, "code": "x", "redirect_uri": "https://x"}
    answer = await here.anonymous.post(TOKEN, data=form)
    assert refusal(answer) == (400, "unsupported_grant_type")


async def test_the_contract_s_grant_without_a_provider_is_refused_in_its_own_form(here: Inside) -> None:
    for grant_type in ("exchange_token", "external_token_exchange"):
        answer = await here.anonymous.post("/api/v1/token", json={"grantType": grant_type, "code": "x"})
        assert (answer.status_code, answer.json()["details"]) == (400, "unsupported_grant_type")


async def test_rfc_8414_section_2_metadata_states_what_is_on(here: Inside) -> None:
    found = (await here.anonymous.get("/.well-known/oauth-authorization-server")).json()
    assert found["scopes_supported"] == ["openid", *WORDS]
    assert found["grant_types_supported"] == ["client_credentials", "password", "refresh_token"]
    assert found["token_endpoint"] == URL + TOKEN


async def test_rfc_8414_section_2_a_grant_that_is_off_is_not_stated(tmp_path: Path) -> None:
    async with running_inside(tmp_path, settings={"KEYSTEAD_PASSWORD_GRANT": "off"}) as inside:
        found = (await inside.anonymous.get("/.well-known/openid-configuration")).json()
    assert found["grant_types_supported"] == ["client_credentials"]

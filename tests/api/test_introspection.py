"""Introspection: whether a token is good at this moment. Tests name the section that rules them."""

import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from keystead.kit.clock import SECOND
from keystead.tokens import jwt
from keystead.tokens.key_store import load_signing_keys
from keystead.tokens.master_key import MasterKey
from tests.api.engines import here, inside
from tests.api.verifying import (
    INTROSPECT,
    RULES,
    TENANT,
    TOKEN_VERIFIER,
    Account,
    account,
    choose_password,
    earn,
    give,
    introspect,
    is_active,
    verifier,
)
from tests.inside import TOKEN, URL, Inside

__all__ = ["here", "inside"]

SYSTEM_ADMINISTRATOR, DEPARTMENT_ADMINISTRATOR, VIEWER = 1, 1710, 7
HOUR = 3_600


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


@pytest.fixture
async def boss(here: Inside) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator of the Keystead that is on SQLite alone."""
    async with await here.admin() as client:
        yield client


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json().keys() == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


# RFC 7662 section 2.2: the answer


async def test_section_2_2_of_a_good_token_it_says_whose_it_is(here: Inside, boss: httpx.AsyncClient) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    found = await introspect(here, api, token)
    now = here.clock.now() // SECOND
    assert found.pop("jti")
    assert found == {
        "active": True,
        "client_id": "ci-pipeline",
        "username": "ci-pipeline",
        "token_type": "Bearer",
        "exp": now + HOUR,
        "iat": now,
        "sub": pipeline.id,
        "aud": URL,
        "iss": URL,
        "subject_type": "service-account",
        "tenant_id": "1",
    }


async def test_section_2_2_a_persons_token_tells_their_e_mail(here: Inside, boss: httpx.AsyncClient) -> None:
    api = await verifier(boss)
    signed_in = await here.sign_in()
    found = await introspect(here, api, signed_in["access_token"])
    assert (found["username"], found["client_id"]) == ("admin@keystead.local", "keystead")
    assert found["subject_type"] == "user"


async def test_section_2_2_nobody_on_the_way_keeps_an_answer(here: Inside, boss: httpx.AsyncClient) -> None:
    api = await verifier(boss)
    for form in ({"token": "x", **api.credentials}, {}):
        answer = await here.anonymous.post(INTROSPECT, data=form)
        assert answer.headers["cache-control"] == "no-store"


def segment(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_section_2_2_of_what_is_no_token_of_ours_nothing_is_said(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    head, payload, signature = token.split(".")
    kid = json.loads((await here.anonymous.get("/.well-known/jwks.json")).text)["keys"][0]["kid"]
    none = segment({"alg": "none", "typ": "at+jwt", "kid": kid})
    foreign = segment({"alg": "ES256", "typ": "at+jwt", "kid": "somebody-elses"})
    for odd in (
        "x",
        "a.b.c",
        token[:-1],
        f"{token}x",
        f"{head}.{payload}",
        f"{head}.{payload}.{signature}.",
        f"{head}.{payload}.{signature}..",
        f"{none}.{payload}.",
        f"{foreign}.{payload}.{signature}",
        "ü" * 10,
        "x" * 20_000,
    ):
        assert await introspect(here, api, odd) == {"active": False}, odd[:60]


async def test_an_id_token_and_a_refresh_token_are_never_active(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api = await verifier(boss)
    signed_in = await here.sign_in(scope="openid")
    for name, hint in (("id_token", "access_token"), ("refresh_token", "refresh_token")):
        found = await introspect(here, api, signed_in[name], token_type_hint=hint)
        assert found == {"active": False}
    found = await introspect(here, api, signed_in["access_token"], token_type_hint="refresh_token")
    assert found["active"]


async def test_an_expired_token_is_not_active(here: Inside, boss: httpx.AsyncClient) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    here.clock.pass_seconds(HOUR - 1)
    assert await is_active(here, api, token)
    here.clock.pass_seconds(1)
    assert not await is_active(here, api, token)


# Promise 2: what a change took away is gone when the change is answered


@pytest.mark.parametrize("change", ["regenerate", "revoke", "disable", "disable and enable", "delete"])
async def test_what_ends_an_accounts_token_ends_it_here_at_once(
    change: str, inside: Inside, admin: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(admin), await account(admin, "ci-pipeline")
    token = await earn(inside, pipeline)
    assert await is_active(inside, api, token)
    match change:
        case "regenerate":
            answer = await admin.post(f"{pipeline.path}/secret")
        case "revoke":
            (secret,) = (await admin.get(f"{pipeline.path}/secrets")).json()["secrets"]
            answer = await admin.delete(f"{pipeline.path}/secrets/{secret['id']}")
        case "delete":
            answer = await admin.delete(pipeline.path)
        case _:
            answer = await admin.patch(pipeline.path, json={"enabled": False})
    assert answer.is_success, answer.text
    if change == "disable and enable":
        assert (await admin.patch(pipeline.path, json={"enabled": True})).is_success
    assert not await is_active(inside, api, token)


@pytest.mark.parametrize("change", ["log out", "reset the password", "disable", "delete", "revoke the key"])
async def test_what_ends_a_persons_token_ends_it_here_at_once(
    change: str, inside: Inside, admin: httpx.AsyncClient
) -> None:
    api = await verifier(admin)
    made = (await admin.post("/api/v1/users", json={"email": "dana@example.com"})).json()
    person = f"/api/v1/users/{made['id']}"
    chosen = await choose_password(inside, "dana@example.com", made["tempPassword"])
    token = (await inside.sign_in("dana@example.com", chosen))["access_token"]
    assert await is_active(inside, api, token)
    match change:
        case "log out":
            answer = await admin.post(f"{person}/logout")
        case "reset the password":
            answer = await admin.post(f"{person}/password")
        case "disable":
            answer = await admin.patch(person, json={"enabled": False})
        case "delete":
            answer = await admin.delete(person)
        case _:
            keys = (await admin.get("/api/v1/signing-keys")).json()["signingKeys"]
            answer = await admin.delete(f"/api/v1/signing-keys/{keys[0]['id']}")
    assert answer.is_success, answer.text
    assert not await is_active(inside, api, token)


async def test_who_may_ask_may_no_more_when_the_rule_is_gone(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    api, pipeline = await account(admin, "jobs-api"), await account(admin, "ci-pipeline")
    rule = await give(admin, "jobs-api", TOKEN_VERIFIER)
    token = await earn(inside, pipeline)
    assert await is_active(inside, api, token)
    assert (await admin.delete(f"{RULES}/{rule}")).is_success
    answer = await inside.anonymous.post(INTROSPECT, data={"token": token, **api.credentials})
    assert refusal(answer) == (403, "insufficient_scope")


# RFC 7662 section 2.1: who may ask


async def test_section_2_1_an_api_asks_by_its_secret_in_either_form_or_by_its_own_token(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token, own = await earn(here, pipeline), await earn(here, api)
    form = {"token": token}
    for answer in (
        await here.anonymous.post(INTROSPECT, data=form | api.credentials),
        await here.anonymous.post(INTROSPECT, data=form, headers=api.basic),
        await here.anonymous.post(INTROSPECT, data=form, headers={"Authorization": f"Bearer {own}"}),
    ):
        assert answer.json()["active"] is True
    both = await here.anonymous.post(INTROSPECT, data=form | api.credentials, headers=api.basic)
    assert refusal(both) == (400, "invalid_request")
    both = await here.anonymous.post(
        INTROSPECT, data=form | api.credentials, headers={"Authorization": f"Bearer {own}"}
    )
    assert refusal(both) == (400, "invalid_request")


async def test_section_2_3_who_is_not_admitted_is_told_so(here: Inside, boss: httpx.AsyncClient) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    wrong = Account(api.id, api.name, pipeline.secret)
    answer = await here.anonymous.post(INTROSPECT, data={"token": token, **wrong.credentials})
    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")
    answer = await here.anonymous.post(
        INTROSPECT, data={"token": token}, headers={"Authorization": "Bearer x"}
    )
    assert refusal(answer) == (401, "invalid_token")
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert refusal(await here.anonymous.post(INTROSPECT, data={"token": token})) == (400, "invalid_request")
    assert refusal(await here.anonymous.post(INTROSPECT, data=api.credentials)) == (400, "invalid_request")
    answer = await here.anonymous.get(INTROSPECT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (SYSTEM_ADMINISTRATOR, True),
        (TOKEN_VERIFIER, True),
        (DEPARTMENT_ADMINISTRATOR, False),
        (VIEWER, False),
    ],
)
async def test_introspecting_is_a_permission_of_its_own(
    role: int, may: bool, here: Inside, boss: httpx.AsyncClient
) -> None:
    asker, pipeline = await account(boss, "asker"), await account(boss, "ci-pipeline")
    await give(boss, "asker", role)
    token = await earn(here, pipeline)
    answer = await here.anonymous.post(INTROSPECT, data={"token": token, **asker.credentials})
    assert answer.status_code == (200 if may else 403)
    assert (answer.json().get("active") is True) == may


async def test_access_law_6_of_a_subject_that_lives_elsewhere_nothing_is_said(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    homes = [
        {
            "scopeId": (await boss.post("/api/v1/clusters", json={"name": name})).json()["uuid"],
            "scopeType": "cluster",
        }
        for name in ("here", "there")
    ]
    api = await account(boss, "jobs-api")
    await give(boss, "jobs-api", TOKEN_VERIFIER, **homes[0])
    near, far = [await account(boss, f"in-{n}", **home) for n, home in enumerate(homes)]
    above = await account(boss, "above", **TENANT)
    tokens = [await earn(here, one) for one in (near, far, above)]
    assert [await is_active(here, api, token) for token in tokens] == [True, False, False]


async def test_who_has_a_temporary_password_asks_nothing(here: Inside, boss: httpx.AsyncClient) -> None:
    made = (await boss.post("/api/v1/users", json={"email": "dana@example.com"})).json()
    await give(boss, "dana@example.com", SYSTEM_ADMINISTRATOR, kind="user")
    own = (await here.sign_in("dana@example.com", made["tempPassword"]))["access_token"]
    answer = await here.anonymous.post(
        INTROSPECT, data={"token": own}, headers={"Authorization": f"Bearer {own}"}
    )
    assert answer.status_code == 403


# What asking leaves behind


async def sign_ins(admin: httpx.AsyncClient, name: str) -> list[dict[str, Any]]:
    asked = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z", "numberOfSamples": "1000"}
    logs = (await admin.get("/api/v1/audit/log", params=asked)).json()["logs"]
    return [one for one in logs if one["action"] == "sign-in" and one["subject"] == name]


async def test_asking_by_a_secret_counts_as_its_use_once_in_ten_minutes(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    api = await verifier(admin)
    for _ in range(3):
        await introspect(inside, api, "x")
    assert len(await sign_ins(admin, "jobs-api")) == 1
    found = (await admin.get(api.path)).json()
    assert found["lastLogin"] is not None
    (secret,) = (await admin.get(f"{api.path}/secrets")).json()["secrets"]
    assert secret["lastUsedAt"] == found["lastLogin"]
    inside.clock.pass_seconds(601)
    await introspect(inside, api, "x")
    assert len(await sign_ins(admin, "jobs-api")) == 2


async def test_every_refused_secret_is_recorded_and_guessing_is_throttled(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, other = await verifier(boss), await account(boss, "other")
    form = {"token": "x", "client_id": api.name, "client_secret": other.secret}
    async with here.coming_from("198.51.100.7") as guesser:
        for _ in range(3):
            assert refusal(await guesser.post(INTROSPECT, data=form)) == (401, "invalid_client")
        assert [one["result"] for one in await sign_ins(boss, "jobs-api")] == ["Failed"] * 3
        answers = [await guesser.post(INTROSPECT, data=form) for _ in range(250)]
        assert refusal(answers[-1]) == (429, "temporarily_unavailable")
        # By address alone, and at the token endpoint too.
        asked = {"grant_type": "client_credentials", **other.credentials}
        assert (await guesser.post(TOKEN, data=asked)).status_code == 429


async def test_a_form_that_is_too_large_is_refused(here: Inside) -> None:
    answer = await here.anonymous.post(INTROSPECT, data={"token": "x" * 1_100_000})
    assert refusal(answer) == (413, "invalid_request")


async def test_of_many_questions_of_one_api_none_but_the_first_waits_for_a_write(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    """A query budget: the look at the client's secret is all that an answer costs."""
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    await introspect(here, api, token)
    here.database.reads.clear()
    assert await is_active(here, api, token)
    assert len(here.database.reads) == 1


async def test_discovery_names_the_endpoint_and_how_to_authenticate(here: Inside) -> None:
    for path in ("oauth-authorization-server", "openid-configuration"):
        found = (await here.anonymous.get(f"/.well-known/{path}")).json()
        assert found["introspection_endpoint"] == URL + INTROSPECT
        assert found["introspection_endpoint_auth_methods_supported"] == [
            "client_secret_basic",
            "client_secret_post",
            "Bearer",
        ]


# Bad input: never a fault, whatever a token is


async def signed(inside: Inside, head: dict[str, Any], claims: object) -> str:
    """By the server's own key, as nobody outside can."""
    (key,), _ = await load_signing_keys(inside.database, MasterKey(bytes(32)))
    return jwt.sign(segment(head), claims, key.private)


async def test_what_the_key_signed_is_active_only_if_it_is_what_we_issue(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    header, payload, _ = (await earn(here, pipeline)).split(".")
    head, claims = (json.loads(jwt.decode_segment(one)) for one in (header, payload))
    assert await is_active(here, api, await signed(here, head, claims))
    for more in ({"jku": "http://127.0.0.1:1"}, {"x5u": "http://127.0.0.1:1"}):
        assert await is_active(here, api, await signed(here, head | more, claims)), "it means nothing"
    heads: list[dict[str, Any]] = [
        {"typ": "JWT"}, {"typ": None}, {"alg": "none"}, {"alg": "HS256"}, {"alg": "RS256"}, {"kid": "unknown"},
        {"crit": ["exp"]},
    ]  # fmt: skip
    for more in heads:
        assert not await is_active(here, api, await signed(here, head | more, claims)), more
    now = claims["iat"]
    said: list[dict[str, Any]] = [
        {"exp": now}, {"exp": now - 1}, {"exp": "x"}, {"exp": None}, {"nbf": now + 1}, {"iss": "https://other"},
        {"iss": None},
        {"sub": "x"}, {"sub": None}, {"aud": None}, {"aud": 1}, {"generation": 2}, {"generation": None},
        {"credential_id": "x"}, {"subject_type": "user"}, {"jti": None}, {"scope": 1},
    ]  # fmt: skip
    for more in said:
        assert not await is_active(here, api, await signed(here, head, claims | more)), more
    no_claims: list[object] = [None, [], "x", 1, {}]
    for odd in no_claims:
        assert not await is_active(here, api, await signed(here, head, odd))


async def test_a_nested_jwe_and_a_token_in_a_token_are_none(here: Inside, boss: httpx.AsyncClient) -> None:
    api, pipeline = await verifier(boss), await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    jwe = ".".join([segment({"alg": "dir", "enc": "A256GCM", "cty": "JWT"}), "", "AA", "AA", "AA"])
    for odd in (jwe, segment({"token": token}), f'"{token}"', f"Bearer {token}", f" {token}", f"{token}\n"):
        assert not await is_active(here, api, odd), odd[:40]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("token=a&token=b", "token is given more than once"),
        ("token=a&client_id=x&client_id=x", "client_id is given more than once"),
        ("token=%", "has a % that is not followed by"),
        ("token=%ff", "is not UTF-8"),
        ("token=a%00b", "NUL"),
        ("", "token is required"),
        (f"token=a&client_id={'x' * 5000}&client_secret=y", "is longer than 4096 characters"),
    ],
)
async def test_a_form_that_is_wrong_is_an_invalid_request(body: str, says: str, here: Inside) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await here.anonymous.post(INTROSPECT, content=body, headers=headers)
    assert refusal(answer) == (400, "invalid_request")
    assert says in answer.json()["error_description"]


async def test_what_is_no_form_is_an_invalid_request(here: Inside) -> None:
    assert refusal(await here.anonymous.post(INTROSPECT, json={"token": "x"})) == (400, "invalid_request")

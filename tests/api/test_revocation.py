"""Revocation: the client that a token was issued to ends it. Tests name the section of RFC 7009 that rules them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import func, select

from keystead.changes.engine import current_version
from keystead.db.schema import revoked_token
from tests.api.engines import here, inside
from tests.api.verifying import Account, account, earn, give, is_active, verifier
from tests.inside import TOKEN, URL, Inside, running_inside
from tests.postgres import PostgresServer

__all__ = ["here", "inside"]

REVOKE: Final = "/api/v2/revoke"
ME: Final = "/api/v1/authorization/me/access-rules"
HOUR: Final = 3_600
SYSTEM_ADMINISTRATOR: Final = 1


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


@pytest.fixture
async def boss(here: Inside) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator of the Keystead that is on SQLite alone."""
    async with await here.admin() as client:
        yield client


async def revoke(inside: Inside, token: str, **form: str) -> httpx.Response:
    return await inside.anonymous.post(REVOKE, data={"token": token, **form})


async def works(inside: Inside, token: str) -> bool:
    async with inside.bearing(token) as client:
        return (await client.get(ME)).is_success


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json().keys() == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


def is_empty(answer: httpx.Response) -> bool:
    return (answer.status_code, answer.content) == (200, b"")


# Section 2.1: what is revoked


async def test_section_2_1_exactly_the_revoked_access_token_dies_at_once(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    pipeline, api = await account(admin, "ci-pipeline"), await verifier(admin)
    token, other = await earn(inside, pipeline), await earn(inside, pipeline)
    assert is_empty(await revoke(inside, token, **pipeline.credentials))
    assert [await works(inside, one) for one in (token, other)] == [False, True]
    assert [await is_active(inside, api, one) for one in (token, other)] == [False, True]
    assert await works(inside, await earn(inside, pipeline))


async def test_section_2_1_a_refresh_token_ends_its_session_and_all_that_it_earned(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    first = await inside.sign_in(client_id="cli")
    answer = await inside.anonymous.post(
        TOKEN,
        data={"grant_type": "refresh_token", "refresh_token": first["refresh_token"], "client_id": "cli"},
    )
    second, elsewhere = answer.json(), await inside.sign_in(client_id="cli")
    assert is_empty(await revoke(inside, second["refresh_token"], client_id="cli"))
    for token in (first["access_token"], second["access_token"]):
        assert not await works(inside, token)
    assert await works(inside, elsewhere["access_token"])
    form = {"grant_type": "refresh_token", "refresh_token": second["refresh_token"], "client_id": "cli"}
    assert refusal(await inside.anonymous.post(TOKEN, data=form)) == (400, "invalid_grant")


async def test_a_refresh_token_that_was_exchanged_before_ends_its_session_too(here: Inside) -> None:
    first = await here.sign_in()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await here.anonymous.post(TOKEN, data=form)).json()
    assert is_empty(await revoke(here, first["refresh_token"]))
    assert not await works(here, second["access_token"])


async def test_section_2_1_a_persons_access_token_dies_alone(here: Inside) -> None:
    signed_in = await here.sign_in(client_id="cli")
    assert is_empty(await revoke(here, signed_in["access_token"], client_id="cli"))
    assert not await works(here, signed_in["access_token"])
    form = {"grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"], "client_id": "cli"}
    assert (await here.anonymous.post(TOKEN, data=form)).is_success


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something_else"])
async def test_section_2_1_a_wrong_hint_does_not_mislead(
    hint: str, here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    token, session = await earn(here, pipeline), await here.sign_in()
    assert is_empty(await revoke(here, token, token_type_hint=hint, **pipeline.credentials))
    assert is_empty(await revoke(here, session["refresh_token"], token_type_hint=hint))
    assert not await works(here, token)
    assert not await works(here, session["access_token"])


# Section 2.1: by whom


async def test_section_2_1_only_the_client_that_it_was_issued_to_revokes_a_token(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline, other = await account(boss, "ci-pipeline"), await account(boss, "other")
    token, person = await earn(here, pipeline), await here.sign_in(client_id="cli")
    assert refusal(await revoke(here, token, **other.credentials)) == (400, "unauthorized_client")
    assert refusal(await revoke(here, token, client_id="cli")) == (400, "unauthorized_client")
    for name in ("access_token", "refresh_token"):
        assert refusal(await revoke(here, person[name], client_id="runai")) == (400, "unauthorized_client")
        assert refusal(await revoke(here, person[name], **other.credentials)) == (400, "unauthorized_client")
    assert await works(here, token)
    assert await works(here, person["access_token"])


async def test_a_client_authenticates_as_for_a_token(here: Inside, boss: httpx.AsyncClient) -> None:
    pipeline, other = await account(boss, "ci-pipeline"), await account(boss, "other")
    token = await earn(here, pipeline)
    wrong = Account(pipeline.id, pipeline.name, other.secret)
    for answer in (
        await revoke(here, token, **wrong.credentials),
        await revoke(here, token, client_id="ci-pipeline"),
    ):
        assert refusal(answer) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic ")
    both = await here.anonymous.post(
        REVOKE, data={"token": token, **pipeline.credentials}, headers=pipeline.basic
    )
    assert refusal(both) == (400, "invalid_request")
    assert await works(here, token)
    assert is_empty(await here.anonymous.post(REVOKE, data={"token": token}, headers=pipeline.basic))
    assert not await works(here, token)


async def test_a_disabled_account_revokes_nothing(here: Inside, boss: httpx.AsyncClient) -> None:
    pipeline = await account(boss, "ci-pipeline")
    token = await earn(here, pipeline)
    assert (await boss.patch(pipeline.path, json={"enabled": False})).is_success
    assert refusal(await revoke(here, token, **pipeline.credentials)) == (401, "invalid_client")


async def test_access_law_1_a_new_account_of_an_old_name_has_no_say_in_the_old_ones_tokens(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    """Those are dead with their account, whatever the new one asks."""
    old = await account(boss, "ci-pipeline")
    token = await earn(here, old)
    assert (await boss.delete(old.path)).is_success
    new = await account(boss, "ci-pipeline")
    assert is_empty(await revoke(here, token, **new.credentials))
    assert await revoked(here) == 0


# Section 2.2: the answer


async def test_section_2_2_what_is_no_token_or_dead_already_is_fine_and_leaves_no_trace(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    token, expired = await earn(here, pipeline), await earn(here, pipeline)
    assert is_empty(await revoke(here, token, **pipeline.credentials))
    before = await version(here)
    here.clock.pass_seconds(HOUR)
    for dead in (token, expired, "x", "a.b.c", "ksr_x", "x" * 20_000):
        assert is_empty(await revoke(here, dead, **pipeline.credentials)), dead[:20]
    assert await version(here) == before


async def test_section_2_2_1_what_is_missing_is_an_invalid_request(here: Inside) -> None:
    assert refusal(await here.anonymous.post(REVOKE, data={"client_id": "cli"})) == (400, "invalid_request")
    answer = await here.anonymous.get(REVOKE)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_twice_at_once_revokes_once(inside: Inside, admin: httpx.AsyncClient) -> None:
    pipeline = await account(admin, "ci-pipeline")
    token = await earn(inside, pipeline)
    answers = await asyncio.gather(*(revoke(inside, token, **pipeline.credentials) for _ in range(5)))
    assert all(map(is_empty, answers))
    assert await revoked(inside) == 1


# What it leaves behind


async def revoked(inside: Inside) -> int:
    row = await inside.database.fetch_one(select(func.count()).select_from(revoked_token))
    assert row is not None
    return int(row[0])


async def version(inside: Inside) -> int:
    return await current_version(inside.database)


async def entries(admin: httpx.AsyncClient) -> list[dict[str, Any]]:
    asked = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z", "numberOfSamples": "1000"}
    found: list[dict[str, Any]] = (await admin.get("/api/v1/audit/log", params=asked)).json()["logs"]
    return found


async def test_a_revocation_is_in_the_audit_log_by_the_token_s_own_subject(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    await revoke(here, await earn(here, pipeline), **pipeline.credentials)
    (entry,) = [one for one in await entries(boss) if one["entity_type"] == "token"]
    assert (entry["action"], entry["subject"], entry["entity_name"]) == (
        "delete",
        "ci-pipeline",
        "ci-pipeline",
    )
    session = await here.sign_in(client_id="cli")
    await revoke(here, session["refresh_token"], client_id="cli")
    ended = next(one for one in await entries(boss) if one["action"] == "sign-out")
    assert ended["entity_type"] == "session"


async def test_the_status_feed_names_the_token(here: Inside, boss: httpx.AsyncClient) -> None:
    pipeline, api = await account(boss, "ci-pipeline"), await verifier(boss)
    token = await earn(here, pipeline)
    asked = {"token": token, **api.credentials}
    jti = (await here.anonymous.post("/api/v2/introspect", data=asked)).json()["jti"]
    version = (await boss.get("/api/v1/changes")).json()["version"]
    await revoke(here, token, **pipeline.credentials)
    found = (await boss.get("/api/v1/changes", params={"after": version})).json()
    assert (found["tokens"], found["subjects"], found["credentials"]) == ([jti], [], [])


async def test_what_would_have_expired_meanwhile_is_forgotten_with_the_next_revocation(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    pipeline = await account(boss, "ci-pipeline")
    for _ in range(3):
        await revoke(here, await earn(here, pipeline), **pipeline.credentials)
    assert await revoked(here) == 3
    here.clock.pass_seconds(HOUR)
    await revoke(here, await earn(here, pipeline), **pipeline.credentials)
    assert await revoked(here) == 1


async def test_a_revoked_token_stays_dead_after_a_new_start(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as first, await first.admin() as admin:
        pipeline = await account(admin, "ci-pipeline")
        token, other = await earn(first, pipeline), await earn(first, pipeline)
        await revoke(first, token, **pipeline.credentials)
    async with running_inside(tmp_path) as second:
        assert [await works(second, one) for one in (token, other)] == [False, True]


async def test_what_one_replica_revokes_the_other_refuses_in_its_next_answer(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    async with (
        running_inside(tmp_path / "one", settings=settings) as one,
        running_inside(tmp_path / "two", settings=settings) as two,
        await one.admin() as admin,
    ):
        pipeline = await account(admin, "ci-pipeline")
        token = await earn(one, pipeline)
        assert await works(two, token)
        await revoke(one, token, **pipeline.credentials)
        assert not await works(two, token)


async def test_a_change_whose_token_is_revoked_while_it_waits_for_its_turn_is_refused(
    inside: Inside, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token was good when the request came in, and is dead when the change is made."""
    pipeline = await account(admin, "ci-pipeline")
    await give(admin, "ci-pipeline", SYSTEM_ADMINISTRATOR)
    token = await earn(inside, pipeline)
    plain = inside.database.write

    async def revoked_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(inside.database, "write", plain)
        assert is_empty(await revoke(inside, token, **pipeline.credentials))
        return await plain(*arguments)

    monkeypatch.setattr(inside.database, "write", revoked_meanwhile)
    async with inside.bearing(token) as client:
        answer = await client.post("/api/v1/service-accounts", json={"name": "too-late"})
    assert answer.status_code == 401
    assert "too-late" not in (await admin.get("/api/v1/service-accounts")).text


async def test_discovery_names_the_endpoint_and_how_to_authenticate(here: Inside) -> None:
    found = (await here.anonymous.get("/.well-known/oauth-authorization-server")).json()
    assert found["revocation_endpoint"] == URL + REVOKE
    methods = ["client_secret_basic", "client_secret_post", "none"]
    assert found["revocation_endpoint_auth_methods_supported"] == methods

"""The status feed: what ended since a version, for verifiers that check signatures by themselves."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from keystead.kit.clock import SECOND
from keystead.org_units import removal
from keystead.verification import status
from tests.api.engines import here, inside
from tests.api.verifying import RULES, TENANT, TOKEN_VERIFIER, account, earn, give
from tests.inside import Inside, running_inside
from tests.postgres import PostgresServer
from tests.serving import Server, bearing, sign_in, token_for

__all__ = ["here", "inside"]

CHANGES: Final = "/api/v1/changes"
SYSTEM_ADMINISTRATOR, DEPARTMENT_ADMINISTRATOR, VIEWER = 1, 1710, 7
NAMED: Final = ("subjects", "credentials", "tokens")
PATIENCE: Final = 20.0  # seconds until a test that waits for an answer gives up
Follower = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


@pytest.fixture
async def boss(here: Inside) -> AsyncIterator[httpx.AsyncClient]:
    """The administrator of the Keystead that is on SQLite alone."""
    async with await here.admin() as client:
        yield client


async def changes(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.get(CHANGES, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def follow(client: httpx.AsyncClient, before: dict[str, Any], **asked: Any) -> dict[str, Any]:
    return await changes(client, after=before["version"], hash=before["hash"], **{"wait": 0, **asked})


# What it tells


async def test_who_knows_nothing_is_told_where_to_begin(here: Inside, boss: httpx.AsyncClient) -> None:
    found = await changes(boss)
    assert found["reload"] is True
    assert found["at"] == here.clock.now() // SECOND
    after = await follow(boss, found)
    assert (after["version"], after["hash"], after["reload"]) == (found["version"], found["hash"], False)
    assert [after[name] for name in NAMED] == [[], [], []]
    assert (after["signingKeys"], after["rights"]) == (False, False)


async def test_it_names_whose_tokens_died_and_which_credentials_earned_them(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    pipeline, other = await account(admin, "ci-pipeline"), await account(admin, "other")
    (secret,) = (await admin.get(f"{pipeline.path}/secrets")).json()["secrets"]
    before = await changes(admin)
    await admin.post(f"{pipeline.path}/secret")
    regenerated = await follow(admin, before)
    assert regenerated["credentials"] == [secret["id"]]
    assert regenerated["subjects"] == []
    await admin.patch(other.path, json={"enabled": False})
    await give(admin, pipeline.name, VIEWER)
    disabled = await follow(admin, regenerated)
    assert disabled["subjects"] == [other.id, pipeline.id]
    both = await follow(admin, before)
    assert both["subjects"] == disabled["subjects"]
    assert both["credentials"] == regenerated["credentials"]
    assert both["version"] == disabled["version"] == before["version"] + 3


async def test_rules_of_groups_and_roles_change_the_rights_of_people_who_are_not_named(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    before = await changes(boss)
    await give(boss, "researchers", VIEWER, kind="group")
    of_group = await follow(boss, before)
    assert (of_group["rights"], of_group["subjects"]) == (True, [])
    await give(boss, "awaited@example.com", VIEWER, kind="user")
    awaited = await follow(boss, of_group)
    assert (awaited["rights"], awaited["subjects"]) == (False, [])
    body = {
        "name": "reader",
        "description": "",
        "permissions": [{"resourceType": "jobs", "actions": ["read"]}],
    }
    assert (await boss.post("/api/v2/authorization/roles", json=body)).status_code == 201
    assert (await follow(boss, awaited))["rights"] is True


async def test_a_place_that_is_gone_ends_decisions_about_it(here: Inside, boss: httpx.AsyncClient) -> None:
    cluster = (await boss.post("/api/v1/clusters", json={"name": "doomed"})).json()["uuid"]
    before = await changes(boss)
    assert (await boss.delete(f"/api/v1/clusters/{cluster}?force=true")).is_success
    found = await follow(boss, before)
    assert (found["rights"], found["subjects"], found["reload"]) == (True, [], False)


async def test_a_second_factor_that_everybody_needs_from_now_on_is_asked_about_for_every_token(
    here: Inside, boss: httpx.AsyncClient
) -> None:
    api = await account(boss, "jobs-api")
    await give(boss, api.name, TOKEN_VERIFIER)
    async with here.bearing(await earn(here, api)) as follower:
        before = await changes(follower)
        assert (await boss.put("/api/v1/security/second-factor", json={"required": True})).is_success
        assert (await follow(follower, before))["reload"] is True


async def test_new_signing_keys_are_told(here: Inside, boss: httpx.AsyncClient) -> None:
    before = await changes(boss)
    assert (await boss.post("/api/v1/signing-keys/rotate")).is_success
    found = await follow(boss, before)
    assert (found["signingKeys"], found["reload"]) == (True, False)


async def test_what_concerned_more_than_can_be_named_asks_for_everything_again(
    here: Inside, boss: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "MOST_KEYS_NAMED", 0)
    cluster = (await boss.post("/api/v1/clusters", json={"name": "doomed"})).json()["uuid"]
    await account(boss, "in-it", scopeId=cluster, scopeType="cluster")
    before = await changes(boss)
    assert (await boss.delete(f"/api/v1/clusters/{cluster}?cascade=true")).is_success
    found = await follow(boss, before)
    assert found["reload"] is True
    assert [found[name] for name in NAMED] == [[], [], []]


async def test_who_is_far_behind_is_not_told_half_of_what_happened(
    here: Inside, boss: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verifier that took the first half for all of it would honour what ended in the second."""
    monkeypatch.setattr(status, "MOST_AT_ONCE", 3)
    before = await changes(boss)
    for number in range(2):
        await account(boss, f"account-{number}")
    near = await follow(boss, before)
    assert (near["reload"], len(near["subjects"])) == (False, 2)
    await account(boss, "one-more")
    far = await follow(boss, before)
    assert (far["reload"], far["version"]) == (True, before["version"] + 3)


async def test_another_history_asks_for_everything_again(here: Inside, boss: httpx.AsyncClient) -> None:
    """As of a database that came from a backup: the same numbers, and something else behind them."""
    before = await changes(boss)
    await account(boss, "ci-pipeline")
    assert not (await changes(boss, after=before["version"], wait=0))["reload"]
    other = {"version": before["version"], "hash": "0" * 64}
    assert (await follow(boss, other))["reload"]
    ahead = {"version": before["version"] + 1000, "hash": before["hash"]}
    assert (await follow(boss, ahead))["reload"]
    assert (await changes(boss, after=0, wait=0))["reload"]


# Waiting


async def test_who_waits_is_answered_by_the_change(inside: Inside, admin: httpx.AsyncClient) -> None:
    pipeline = await account(admin, "ci-pipeline")
    before = await changes(admin)
    waiting = [asyncio.ensure_future(follow(admin, before, wait=25)) for _ in range(5)]
    async with asyncio.timeout(PATIENCE):
        await asyncio.sleep(0)
        await admin.patch(pipeline.path, json={"enabled": False})
        answers = await asyncio.gather(*waiting)
    assert [one["subjects"] for one in answers] == [[pipeline.id]] * 5


async def test_who_waits_in_vain_is_told_that_nothing_changed(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    before = await changes(admin)
    found = await follow(admin, before, wait=1)
    assert (found["version"], found["reload"]) == (before["version"], False)


async def test_what_another_replica_changes_answers_who_waits_here(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    async with (
        running_inside(tmp_path / "one", settings=settings) as one,
        running_inside(tmp_path / "two", settings=settings) as two,
        await one.admin() as admin,
        await two.admin() as elsewhere,
    ):
        pipeline = await account(admin, "ci-pipeline")
        before = await changes(elsewhere)
        waiting = [asyncio.ensure_future(follow(elsewhere, before, wait=25)) for _ in range(5)]
        async with asyncio.timeout(PATIENCE):
            await admin.patch(pipeline.path, json={"enabled": False})
            assert [one["subjects"] for one in await asyncio.gather(*waiting)] == [[pipeline.id]] * 5


@pytest.mark.parametrize("change", ["rule", "secret"])
async def test_who_may_no_more_when_the_wait_ends_is_told_nothing(
    change: str, inside: Inside, admin: httpx.AsyncClient
) -> None:
    api = await account(admin, "jobs-api")
    rule = await give(admin, "jobs-api", TOKEN_VERIFIER)
    async with inside.bearing(await earn(inside, api)) as client:
        before = await changes(client)
        query = {"after": before["version"], "hash": before["hash"], "wait": 25}
        waiting = asyncio.ensure_future(client.get(CHANGES, params=query))
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(0)
            if change == "rule":
                await admin.delete(f"{RULES}/{rule}")
            else:
                await admin.post(f"{api.path}/secret")
            answer = await waiting
    assert answer.status_code == (403 if change == "rule" else 401)


def test_a_server_that_stops_answers_who_waits(tmp_path: Path) -> None:
    answers: list[httpx.Response] = []
    with Server(tmp_path / "var") as server, sign_in(server.url) as admin:
        name, secret = _verifier(admin)
        with bearing(server.url, token_for(server.url, name, secret)) as client:
            version = client.get(CHANGES).json()["version"]
            asked = threading.Event()

            def wait() -> None:
                query = {"after": version, "wait": 25}
                asked.set()
                answers.append(client.get(CHANGES, params=query))

            waiter = threading.Thread(target=wait)
            waiter.start()
            asked.wait(PATIENCE)
            _until_it_waits(server, admin)
            server.stop()
            waiter.join(PATIENCE)
    assert [answer.status_code for answer in answers] == [200]


def _verifier(admin: httpx.Client) -> tuple[str, str]:
    made = admin.post("/api/v1/service-accounts", json={"name": "jobs-api"}).json()
    wish = {"subjectId": "jobs-api", "subjectType": "service-account", "roleId": TOKEN_VERIFIER, **TENANT}
    assert admin.post(RULES, json=wish).status_code == 201
    return made["name"], made["clientSecret"]


def _until_it_waits(server: Server, admin: httpx.Client) -> None:
    """Requests are read in their order: when as many as these were answered, the one before them has been read."""
    for _ in range(50):
        assert admin.get("/health/ready").status_code == 200
    assert server.pid


# Who may follow


@pytest.mark.parametrize(
    ("role", "status"),
    [(SYSTEM_ADMINISTRATOR, 200), (TOKEN_VERIFIER, 200), (DEPARTMENT_ADMINISTRATOR, 403), (VIEWER, 403)],
)
async def test_following_is_a_permission_of_its_own(
    role: int, status: int, here: Inside, boss: httpx.AsyncClient
) -> None:
    asker = await account(boss, "asker")
    await give(boss, "asker", role)
    async with here.bearing(await earn(here, asker)) as client:
        assert (await client.get(CHANGES)).status_code == status


async def test_it_needs_the_permission_in_the_tenant(here: Inside, boss: httpx.AsyncClient) -> None:
    cluster = (await boss.post("/api/v1/clusters", json={"name": "here"})).json()["uuid"]
    asker = await account(boss, "asker")
    await give(boss, "asker", TOKEN_VERIFIER, scopeId=cluster, scopeType="cluster")
    async with here.bearing(await earn(here, asker)) as client:
        answer = await client.get(CHANGES)
    assert answer.status_code == 403
    assert answer.json()["message"] == "You may not read token-status of the whole tenant."


async def test_the_anonymous_are_asked_to_sign_in(here: Inside) -> None:
    assert (await here.anonymous.get(CHANGES)).status_code == 401


@pytest.mark.parametrize(
    "asked",
    [
        {"after": "-1"},
        {"after": "x"},
        {"after": "9" * 30},
        {"wait": "26"},
        {"wait": "1.5"},
        {"hash": "xyz"},
        [("after", "1"), ("after", "2")],
    ],
)
async def test_what_cannot_be_understood_is_refused_by_name(
    asked: Any, here: Inside, boss: httpx.AsyncClient
) -> None:
    answer = await boss.get(CHANGES, params=asked)
    assert answer.status_code == 400
    assert answer.json()["message"].split(":")[0] in ("after", "wait", "hash")

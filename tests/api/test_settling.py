"""Who has a temporary password, or a second factor to enrol, settles that with Keystead: others honour no token."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from keystead.tokens.jwt import decode_segment
from tests.api.verifying import Account, account, choose_password, earn, give, is_active, verifier
from tests.inside import TOKEN, URL, Inside, running_inside

EMAIL: Final = "dana@example.com"
EXPLAIN: Final = "/api/v1/authorization/explain"
REQUIRE: Final = "/api/v1/security/second-factor"
SETTLING: Final = f"{URL}/api/v1/me"
SYSTEM_ADMINISTRATOR: Final = 1
OPEN: Final = """
[[rule]]
path = "/ours"
signed_in = true

[[rule]]
path = "/theirs"
signed_in = true
audience = "https://keystead.example/api/v1/me"
"""


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    table = tmp_path / "rules.toml"
    table.write_text(OPEN)
    async with running_inside(tmp_path, settings={"KEYSTEAD_PROXY_RULES": str(table)}) as started:
        yield started


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


def audience_of(told: dict[str, Any]) -> Any:
    return json.loads(decode_segment(told["access_token"].split(".")[1]))["aud"]


async def refreshed(inside: Inside, told: dict[str, Any]) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"], "scope": "openid"}
    answer = await inside.anonymous.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class Others:
    """Those who ask about tokens: an API that may, and a proxy."""

    def __init__(self, inside: Inside, api: Account) -> None:
        self._inside = inside
        self._api = api

    async def honours(self, told: dict[str, Any]) -> list[str]:
        """Who takes the token for a good one."""
        token = told["access_token"]
        found = ["introspection"] if await is_active(self._inside, self._api, token) else []
        async with self._inside.bearing(await earn(self._inside, self._api)) as api:
            question = {"token": token, "action": "read", "resourceType": "jobs", "scopeId": "1"}
            if (await api.post(EXPLAIN, json=question)).json()["allowed"]:
                found.append("explain")
        answers = [await self._by_proxy(token, path) for path in ("/ours", "/theirs")]
        return [*found, "proxy check"] if 200 in answers else found

    async def _by_proxy(self, token: str, path: str) -> int:
        told = {"X-Forwarded-Method": "GET", "X-Forwarded-Host": "x", "X-Forwarded-Uri": path}
        headers = told | {"Authorization": f"Bearer {token}"}
        return (await self._inside.anonymous.get("/api/v1/proxy-check", headers=headers)).status_code


async def test_a_temporary_password_earns_a_token_for_changing_it_and_for_nothing_else(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    asked = Others(inside, await verifier(admin))
    made = (await admin.post("/api/v1/users", json={"email": EMAIL})).json()
    await give(admin, EMAIL, SYSTEM_ADMINISTRATOR, kind="user")
    first = await inside.sign_in(EMAIL, made["tempPassword"], scope="openid")
    second = await refreshed(inside, first)
    for told in (first, second):
        # Who verifies by themselves reads that it is meant for another; an ID token would vouch for nobody.
        assert (audience_of(told), told.keys() & {"id_token"}) == (SETTLING, set())
        assert await asked.honours(told) == []
    await choose_password(inside, EMAIL, made["tempPassword"], second["access_token"])
    async with inside.bearing(second["access_token"]) as client:
        assert (await client.get("/api/v1/users")).status_code == 200, "Keystead itself knows better by now"
    assert await asked.honours(second) == [], "others cannot know by what the token says"
    settled = await refreshed(inside, second)
    assert (audience_of(settled), bool(settled["id_token"])) == (URL, True)
    assert await asked.honours(settled) == ["introspection", "explain", "proxy check"]


async def test_who_must_enrol_a_second_factor_has_tokens_for_that_and_for_nothing_else(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    asked = Others(inside, await verifier(admin))
    key = (await admin.post("/api/v1/access-keys", json={"name": "mine"})).json()
    by_key = {
        "grant_type": "client_credentials",
        "client_id": key["clientId"],
        "client_secret": key["clientSecret"],
    }
    before = await inside.sign_in()
    assert len(await asked.honours(before)) == 3
    assert (await admin.put(REQUIRE, json={"required": True})).is_success
    assert await asked.honours(before) == []
    for told in (await inside.sign_in(), (await inside.anonymous.post(TOKEN, data=by_key)).json()):
        assert audience_of(told) == SETTLING
        assert await asked.honours(told) == []


async def test_an_account_has_nothing_to_settle(inside: Inside, admin: httpx.AsyncClient) -> None:
    api, pipeline = await verifier(admin), await account(admin, "ci-pipeline")
    assert (await admin.put(REQUIRE, json={"required": True})).is_success
    assert await is_active(inside, api, await earn(inside, pipeline))

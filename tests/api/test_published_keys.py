"""What a real server publishes of its keys, and what a library makes of tokens with that."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from keystead.kit.clock import SECOND
from keystead.tokens.key_life import JWKS_MAX_AGE, LEAD, LONGEST_TOKEN
from tests.inside import Inside, running_inside
from tests.serving import Server, bearing, sign_in, token_for

KEYS: Final = "/api/v1/signing-keys"
ROTATE: Final = f"{KEYS}/rotate"
JWKS: Final = "/.well-known/jwks.json"
ME: Final = "/api/v1/authorization/me/access-rules"
DAY: Final = 86_400


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server of one's own, whose keys may go."""
    with Server(tmp_path / "var") as server:
        yield server


def keys_of(caller: httpx.Client) -> list[dict[str, Any]]:
    answer = caller.get(KEYS)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["signingKeys"]
    return found


def published(url: str) -> KeySet:
    return KeySet.import_key_set(httpx.get(url + JWKS).json())


def kid_of(token: str, keys: KeySet) -> str:
    """Which of the keys a library says that the token was signed by. Raises what the library raises."""
    return str(jwt.decode(token, keys, algorithms=["ES256"]).header["kid"])


def own_token(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


def test_a_key_that_has_signed_long_enough_is_followed_without_anybody(tmp_path: Path) -> None:
    server = Server(tmp_path / "var", {"KEYSTEAD_KEY_ROTATION_DAYS": "30"})
    with server:
        assert len(published(server.url).keys) == 1
    with closing(sqlite3.connect(tmp_path / "var" / "keystead.db")) as database, database:
        aged = 30 * DAY * SECOND
        database.execute(
            "UPDATE signing_key SET created_at = created_at - ?, signs_from = signs_from - ?", (aged, aged)
        )
    with server, sign_in(server.url) as admin:
        deadline = time.monotonic() + 20
        while len(keys_of(admin)) < 2:
            assert time.monotonic() < deadline, server.log()
            time.sleep(0.02)
        assert [key["state"] for key in keys_of(admin)] == ["signing", "coming"]
        log = admin.get("/api/v1/audit/log?start=2020-01-01&end=2100-01-01&numberOfSamples=1000").json()
        entry = next(one for one in log["logs"] if one["entity_id"] == keys_of(admin)[1]["kid"])
        assert entry["subject"] == "Keystead"


async def served(inside: Inside) -> KeySet:
    return KeySet.import_key_set((await inside.anonymous.get(JWKS)).json())


async def test_tokens_from_before_a_rotation_verify_until_they_expire(tmp_path: Path) -> None:
    async with running_inside(tmp_path, settings={"KEYSTEAD_TOKEN_TTL": str(LONGEST_TOKEN)}) as inside:
        token = (await inside.sign_in())["access_token"]
        old = inside.bearing(token)
        created = await old.post("/api/v1/service-accounts", json={"name": "pipeline"})
        form = {
            "grant_type": "client_credentials",
            "client_id": "pipeline",
            "client_secret": created.json()["clientSecret"],
        }

        async def earn() -> str:
            answer = await inside.anonymous.post("/api/v2/token", data=form)
            return str(answer.json()["access_token"])

        first = kid_of(await earn(), await served(inside))
        assert (await old.post(ROTATE)).status_code == 201
        inside.clock.pass_seconds(LEAD / SECOND - 1)
        cached, last = await served(inside), await earn()
        assert kid_of(last, cached) == first
        inside.clock.pass_seconds(1)
        newest = await earn()
        assert kid_of(newest, cached) != first, (
            "keys that were fetched before the switch verify what came after"
        )
        inside.clock.pass_seconds(LONGEST_TOKEN - 2)
        assert kid_of(last, await served(inside)) == first
        assert (await inside.bearing(last).get(ME)).status_code == 200
        inside.clock.pass_seconds(2)
        assert (await inside.bearing(last).get(ME)).status_code == 401, "it has expired"
        inside.clock.pass_seconds(2 * JWKS_MAX_AGE)
        remaining = await served(inside)
        assert len(remaining.keys) == 1
        with pytest.raises(InvalidKeyIdError):
            kid_of(last, remaining)


def test_tokens_of_a_revoked_key_are_dead_at_once_and_another_key_signs(own: Server) -> None:
    with sign_in(own.url) as admin:
        secret = admin.post("/api/v1/service-accounts", json={"name": "pipeline"}).json()["clientSecret"]
        token = token_for(own.url, "pipeline", secret)
        with bearing(own.url, token) as pipeline:
            assert pipeline.get(ME).status_code == 200
            (only,) = keys_of(admin)
            revoked = admin.delete(f"{KEYS}/{only['id']}")
            assert revoked.status_code == 200, revoked.text
            (left,) = revoked.json()["signingKeys"]
            assert revoked.json()["replacedBy"] == left["id"] != only["id"]
            assert left["state"] == "signing"
            assert pipeline.get(ME).status_code == 401
            assert admin.get(ME).status_code == 401, "whoever revoked it bore a token of that key"
        keys = published(own.url)
        with pytest.raises(InvalidKeyIdError):
            kid_of(token, keys)
        assert kid_of(token_for(own.url, "pipeline", secret), keys) == left["kid"]
        with sign_in(own.url) as again:
            assert kid_of(own_token(again), keys) == left["kid"]
            assert again.get(ME).status_code == 200


def test_after_a_kill_and_a_start_the_revoked_key_is_still_dead(own: Server) -> None:
    with sign_in(own.url) as admin:
        token = own_token(admin)
        assert admin.delete(f"{KEYS}/{keys_of(admin)[0]['id']}").status_code == 200
    own.kill()
    own.start()
    with bearing(own.url, token) as late:
        assert late.get(ME).status_code == 401
    with sign_in(own.url) as admin:
        assert len(keys_of(admin)) == 1
        assert admin.get("/api/v1/audit/verify").json()["intact"] is True

"""Signing keys follow one another without a gap, and end at once when they must."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from tests.api.conftest import Organisation
from tests.inside import TOKEN, Inside, running_inside

KEYS = "/api/v1/signing-keys"
ROTATE = f"{KEYS}/rotate"
DAY = 86_400
LEAD = 360  # the JWK set's max-age and a minute


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with running_inside(tmp_path) as running:
        yield running


async def jwks(inside: Inside) -> dict[str, Any]:
    answer = await inside.anonymous.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    found: dict[str, Any] = answer.json()
    return found


async def published(inside: Inside) -> list[str]:
    return [key["kid"] for key in (await jwks(inside))["keys"]]


async def new_token(inside: Inside) -> str:
    return str((await inside.sign_in())["access_token"])


async def signer(inside: Inside) -> str:
    return kid_of(await new_token(inside))


def kid_of(token: str) -> str:
    return str(extract_compact(token.encode()).headers()["kid"])


def alg_of(token: str) -> str:
    return str(extract_compact(token.encode()).headers()["alg"])


async def states(inside: Inside) -> list[str]:
    admin = await inside.admin()
    return [key["state"] for key in (await admin.get(KEYS)).json()["signingKeys"]]


async def rotate(inside: Inside) -> dict[str, Any]:
    answer = await (await inside.admin()).post(ROTATE)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def id_of(inside: Inside, kid: str) -> str:
    keys = (await (await inside.admin()).get(KEYS)).json()["signingKeys"]
    return str(next(key["id"] for key in keys if key["kid"] == kid))


async def test_the_next_key_is_published_at_once_and_signs_when_every_verifier_knows_it(
    inside: Inside,
) -> None:
    first = await signer(inside)
    made = await rotate(inside)
    assert await published(inside) == [first, made["kid"]]
    assert await states(inside) == ["signing", "coming"]
    inside.clock.pass_seconds(LEAD - 1)
    assert await signer(inside) == first
    inside.clock.pass_seconds(1)
    assert await signer(inside) == made["kid"]
    assert await states(inside) == ["retired", "signing"]


async def test_a_set_of_keys_that_was_fetched_in_time_verifies_every_token(inside: Inside) -> None:
    """By joserfc, which knows nothing of ours."""
    await rotate(inside)
    old_token, fetched = await new_token(inside), KeySet.import_key_set(await jwks(inside))  # type: ignore[arg-type]
    inside.clock.pass_seconds(LEAD)
    token = await new_token(inside)
    assert kid_of(token) != kid_of(old_token)
    for one in (old_token, token):
        decoded = jwt.decode(one, fetched, algorithms=["ES256"])
        assert decoded.claims["iss"] == "https://keystead.example"


async def test_tokens_that_were_signed_before_stay_good(inside: Inside) -> None:
    client = inside.bearing(await new_token(inside))
    await rotate(inside)
    inside.clock.pass_seconds(LEAD)
    assert (await client.get("/api/v1/users")).status_code == 200


async def test_asking_twice_makes_one_key(inside: Inside) -> None:
    await rotate(inside)
    again = await (await inside.admin()).post(ROTATE)
    assert again.status_code == 409
    assert "signs from" in again.json()["message"]
    assert len(await published(inside)) == 2


async def test_a_key_goes_when_nothing_that_it_signed_can_live(inside: Inside) -> None:
    first = await signer(inside)
    made = await rotate(inside)
    inside.clock.pass_seconds(LEAD + DAY)
    await inside.keystead.tend()
    assert first in await published(inside), "a token of a day may have been signed in the last second"
    inside.clock.pass_seconds(LEAD)
    assert await published(inside) == [made["kid"]], "not even before the row is gone"
    await inside.keystead.tend()
    entries = await entries_of(inside)
    assert [entry["action"] for entry in entries] == ["create", "create", "delete"]
    assert entries[-1]["subject"] == "Keystead"


async def entries_of(inside: Inside) -> list[dict[str, Any]]:
    """Of signing keys, oldest first."""
    admin = await inside.admin()
    query = {"start": "2020-01-01", "end": "2040-01-01", "numberOfSamples": "1000"}
    log = (await admin.get("/api/v1/audit/log", params=query)).json()["logs"]
    return [entry for entry in log if entry["entity_type"] == "signing-key"]


# The schedule


async def test_after_90_days_the_next_key_comes_by_itself_once(inside: Inside) -> None:
    inside.clock.pass_seconds(90 * DAY - 1)
    await inside.keystead.tend()
    assert len(await published(inside)) == 1
    inside.clock.pass_seconds(1)
    for _ in range(3):
        await inside.keystead.tend()
    assert await states(inside) == ["signing", "coming"]


async def test_a_schedule_of_0_days_is_none(tmp_path: Path) -> None:
    async with running_inside(tmp_path, settings={"KEYSTEAD_KEY_ROTATION_DAYS": "0"}) as inside:
        inside.clock.pass_seconds(3_650 * DAY)
        await inside.keystead.tend()
        assert len(await published(inside)) == 1


# Emergencies


async def test_revoking_the_key_that_signs_kills_its_tokens_and_another_signs_at_once(inside: Inside) -> None:
    first = await signer(inside)
    client, admin = inside.bearing(await new_token(inside)), await inside.admin()
    assert (await client.get("/api/v1/users")).status_code == 200, "and the verifier remembers it"
    answer = await admin.delete(f"{KEYS}/{await id_of(inside, first)}")
    assert answer.status_code == 200, answer.text
    assert (await client.get("/api/v1/users")).status_code == 401
    assert (await admin.get("/api/v1/users")).status_code == 401, "the caller's own token too"
    (replacement,) = await published(inside)
    assert await signer(inside) == replacement != first
    assert answer.json()["replacedBy"] == await id_of(inside, replacement)


async def test_a_key_that_is_published_already_takes_the_place_of_a_revoked_one(inside: Inside) -> None:
    first, made = await signer(inside), await rotate(inside)
    await (await inside.admin()).delete(f"{KEYS}/{await id_of(inside, first)}")
    assert await published(inside) == [made["kid"]]
    assert await signer(inside) == made["kid"]


async def test_revoking_a_key_that_signs_no_more_leaves_the_one_that_does(inside: Inside) -> None:
    first = await signer(inside)
    old = inside.bearing(await new_token(inside))
    made = await rotate(inside)
    inside.clock.pass_seconds(LEAD)
    answer = await (await inside.admin()).delete(f"{KEYS}/{await id_of(inside, first)}")
    assert answer.json()["replacedBy"] is None
    assert (await old.get("/api/v1/users")).status_code == 401
    assert await signer(inside) == made["kid"]


async def test_a_refresh_token_outlives_the_key_of_its_access_token(inside: Inside) -> None:
    """A session is not signed: only what is signed dies with a key."""
    session = await inside.sign_in()
    first = kid_of(session["access_token"])
    await (await inside.admin()).delete(f"{KEYS}/{await id_of(inside, first)}")
    form = {"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
    answer = await inside.anonymous.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    assert (await inside.bearing(answer.json()["access_token"]).get("/api/v1/users")).status_code == 200


@pytest.mark.parametrize("alg", ["ES256", "Ed25519", "RS256"])
async def test_tokens_are_signed_as_it_is_set_and_metadata_says_so(alg: str, tmp_path: Path) -> None:
    async with running_inside(tmp_path, settings={"KEYSTEAD_SIGNING_ALGORITHMS": alg}) as inside:
        token, keys = await new_token(inside), (await jwks(inside))["keys"]
        assert [key["alg"] for key in keys] == [alg]
        assert jwt.decode(token, KeySet.import_key_set({"keys": keys}), algorithms=[alg]).header["alg"] == alg
        async with inside.bearing(token) as client:
            assert (await client.get("/api/v1/service-accounts")).status_code == 200
        found = (await inside.anonymous.get("/.well-known/openid-configuration")).json()
        assert found["id_token_signing_alg_values_supported"] == [alg]


async def test_verifiers_move_to_another_algorithm_while_both_are_honoured(tmp_path: Path) -> None:
    async def settled(algorithms: str, tokens: list[str]) -> list[str]:
        """The algorithms of all published keys; every token so far is good."""
        async with running_inside(tmp_path, settings={"KEYSTEAD_SIGNING_ALGORITHMS": algorithms}) as inside:
            inside.clock.pass_seconds(offset)
            await inside.keystead.tend()
            tokens.append(await new_token(inside))
            for token in tokens:
                async with inside.bearing(token) as client:
                    assert (await client.get("/api/v1/service-accounts")).status_code == 200
            published = [key["alg"] for key in (await jwks(inside))["keys"]]
            found = (await inside.anonymous.get("/.well-known/openid-configuration")).json()
            told = found["id_token_signing_alg_values_supported"]
            assert told[0] == alg_of(tokens[-1])
            assert sorted(told) == sorted(set(published))
            return published

    offset, tokens = 0, list[str]()
    assert await settled("ES256", tokens) == ["ES256"]
    assert sorted(await settled("ES256,Ed25519", tokens)) == ["ES256", "Ed25519"]
    offset = LEAD
    assert sorted(await settled("Ed25519,ES256", tokens)) == ["ES256", "ES256", "Ed25519"]
    assert sorted(await settled("Ed25519", tokens)) == ["ES256", "Ed25519"]
    assert sorted(await settled("RS256", tokens)) == ["ES256", "Ed25519", "RS256"], "which signs later"
    assert list(map(alg_of, tokens)) == ["ES256", "ES256", "Ed25519", "Ed25519", "Ed25519"]


async def test_keys_survive_a_new_start(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as inside:
        made = await rotate(inside)
        before = await published(inside)
    async with running_inside(tmp_path) as inside:
        assert await published(inside) == before
        inside.clock.pass_seconds(LEAD)
        assert await signer(inside) == made["kid"]


# Who may


@pytest.mark.parametrize(("method", "path"), [("GET", KEYS), ("POST", ROTATE), ("DELETE", f"{KEYS}/{{key}}")])
def test_only_who_keeps_the_whole_tenant_secure_may(
    method: str,
    path: str,
    anonymous: httpx.Client,
    make_account: Callable[..., httpx.Client],
    organisation: Organisation,
    admin: httpx.Client,
) -> None:
    before = admin.get(KEYS).json()
    path = path.format(key=before["signingKeys"][0]["id"])
    assert anonymous.request(method, path).status_code == 401
    assert make_account().request(method, path).status_code == 403
    of_a_cluster = make_account(rules=[(1, organisation["a"].id, "cluster")])
    assert of_a_cluster.request(method, path).status_code == 403
    assert admin.get(KEYS).json() == before


def test_an_unknown_key_is_not_found(admin: httpx.Client) -> None:
    for unknown in ("9f55255e-11ed-47c7-acef-fc4054768dbc", "nothing"):
        assert admin.delete(f"{KEYS}/{unknown}").status_code == 404

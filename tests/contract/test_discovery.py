"""Any JOSE library verifies a token with what is published, and what is published is what is served."""

import base64
import json
from typing import Any, Final

import httpx
import pytest
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidClaimError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry, Token

from tests.contract.ground import Account
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

OAUTH: Final = "/.well-known/oauth-authorization-server"
OPENID: Final = "/.well-known/openid-configuration"
UNKNOWN_GRANTS: Final = (
    "authorization_code",
    "implicit",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)


@pytest.fixture
def metadata(anonymous: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = anonymous.get(OPENID).json()
    return found


@pytest.fixture
def keys(anonymous: httpx.Client, metadata: dict[str, Any]) -> KeySet:
    return KeySet.import_key_set(anonymous.get(metadata["jwks_uri"]).json())


@pytest.fixture
def answer(anonymous: httpx.Client, metadata: dict[str, Any], pipeline: Account) -> dict[str, Any]:
    """What the token endpoint answers the account of the story, with an ID token."""
    form = {
        "grant_type": "client_credentials",
        "client_id": pipeline.client_id,
        "client_secret": pipeline.secret,
        "scope": "openid",
    }
    found: dict[str, Any] = anonymous.post(metadata["token_endpoint"], data=form).json()
    return found


def verified(token: str, keys: KeySet) -> Token:
    return jwt.decode(token, keys, algorithms=["ES256"])


# Tokens


def test_an_access_token_says_what_rfc_9068_asks(
    answer: dict[str, Any], keys: KeySet, metadata: dict[str, Any], pipeline: Account
) -> None:
    token = verified(answer["access_token"], keys)
    assert token.header == {"alg": "ES256", "typ": "at+jwt", "kid": keys.keys[0].kid}
    JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": metadata["issuer"]},
        sub={"essential": True, "value": pipeline.id},
        client_id={"essential": True, "value": pipeline.client_id},
        tenant_id={"essential": True, "value": "1"},
        exp={"essential": True},
        iat={"essential": True},
        jti={"essential": True},
    ).validate(token.claims)
    assert token.claims["exp"] - token.claims["iat"] == answer["expires_in"] == 3600


def test_an_id_token_is_for_the_client_and_opens_nothing(
    answer: dict[str, Any],
    keys: KeySet,
    metadata: dict[str, Any],
    anonymous: httpx.Client,
    pipeline: Account,
) -> None:
    token = verified(answer["id_token"], keys)
    assert token.header["typ"] == "JWT"
    assert token.header["alg"] in metadata["id_token_signing_alg_values_supported"]
    JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": pipeline.client_id},
        sub={"essential": True, "value": pipeline.id},
    ).validate(token.claims)
    assert set(token.claims) <= set(metadata["claims_supported"])
    bearer = {"Authorization": f"Bearer {answer['id_token']}"}
    assert anonymous.get("/api/v1/authorization/me/access-rules", headers=bearer).status_code == 401


def test_a_persons_id_token_tells_their_address(
    anonymous: httpx.Client, keys: KeySet, metadata: dict[str, Any]
) -> None:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD, "scope": "openid"}
    found = anonymous.post(metadata["token_endpoint"], data=form).json()
    claims = verified(found["id_token"], keys).claims
    assert claims["email"] == claims["preferred_username"] == ADMIN_EMAIL
    assert set(claims) == set(metadata["claims_supported"])


def test_a_token_that_was_touched_is_refused_by_library_and_server(
    answer: dict[str, Any], keys: KeySet, anonymous: httpx.Client
) -> None:
    header, payload, signature = answer["access_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["exp"] += 1
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    touched = f"{header}.{forged}.{signature}"
    with pytest.raises(BadSignatureError):
        verified(touched, keys)
    bearer = {"Authorization": f"Bearer {touched}"}
    assert anonymous.get("/api/v1/authorization/me/access-rules", headers=bearer).status_code == 401
    with pytest.raises(InvalidClaimError):
        JWTClaimsRegistry(aud={"essential": True, "value": "another"}).validate(
            verified(answer["access_token"], keys).claims
        )


@pytest.mark.parametrize("kind", ["access_token", "id_token"])
def test_a_payload_decodes_with_the_standard_alphabet_too(answer: dict[str, Any], kind: str) -> None:
    """runapy and the vendor's scripts decode it so, with a padding that may be too long."""
    payload = answer[kind].split(".")[1]
    claims = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True))
    assert (
        claims
        == json.loads(base64.b64decode(payload + "=="))
        == json.loads(base64.urlsafe_b64decode(payload + "=="))
    )


# Documents


def test_the_key_is_public_and_says_what_it_is_for(keys: KeySet) -> None:
    for key in keys.keys:
        published = key.as_dict()
        assert (published["kty"], published["crv"], published["use"], published["alg"]) == (
            "EC",
            "P-256",
            "sig",
            "ES256",
        )
        assert "d" not in published
        assert key.kid == key.thumbprint()


def test_both_documents_name_the_address_that_they_are_served_at(
    anonymous: httpx.Client, metadata: dict[str, Any]
) -> None:
    assert metadata["issuer"] == str(anonymous.base_url).rstrip("/")
    oauth = anonymous.get(OAUTH).json()
    assert oauth.items() <= metadata.items()
    assert oauth["token_endpoint"] == f"{metadata['issuer']}/api/v2/token"


def test_what_needs_an_authorization_endpoint_is_not_promised(metadata: dict[str, Any]) -> None:
    assert metadata["response_types_supported"] == []
    assert "authorization_endpoint" not in metadata


def test_every_grant_that_is_named_is_served_and_no_other(
    anonymous: httpx.Client, metadata: dict[str, Any]
) -> None:
    def error(grant_type: str) -> str:
        answer = anonymous.post(metadata["token_endpoint"], data={"grant_type": grant_type})
        assert answer.status_code == 400, answer.text
        return str(answer.json()["error"])

    assert {error(grant) for grant in metadata["grant_types_supported"]} == {"invalid_request"}
    assert {error(grant) for grant in UNKNOWN_GRANTS} == {"unsupported_grant_type"}


def test_every_authentication_method_that_is_named_works(
    anonymous: httpx.Client, metadata: dict[str, Any], pipeline: Account
) -> None:
    grant = {"grant_type": "client_credentials"}
    secret = {"client_id": pipeline.client_id, "client_secret": pipeline.secret}
    person = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    requests: dict[str, dict[str, Any]] = {
        "client_secret_basic": {"data": grant, "auth": (pipeline.client_id, pipeline.secret)},
        "client_secret_post": {"data": {**grant, **secret}},
        "none": {"data": person},
    }
    for method in metadata["token_endpoint_auth_methods_supported"]:
        assert anonymous.post(metadata["token_endpoint"], **requests[method]).status_code == 200, method


def test_documents_may_be_cached_for_a_while(anonymous: httpx.Client, metadata: dict[str, Any]) -> None:
    for path in (OAUTH, OPENID, metadata["jwks_uri"]):
        answer = anonymous.get(path)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "public, max-age=300"

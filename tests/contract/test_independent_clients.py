"""Clients that know nothing of Keystead, over TCP: Authlib, requests-oauthlib, openid-client, oauth4webapi, jose."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import httpx
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from joserfc import jwt
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient, OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.node import run_client
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, sign_in

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
JOBS: Final = "https://jobs.example.com"
TOKEN_VERIFIER: Final = 99_001
HOUR: Final = 3_600


class Identity(NamedTuple):
    client_id: str
    secret: str
    subject: str


class Ground(NamedTuple):
    url: str
    account: Identity
    api: Identity
    metadata: dict[str, Any]

    def told(self) -> dict[str, Any]:
        """For a program of another language."""
        return {
            "url": self.url,
            "account": {"id": self.account.client_id, "secret": self.account.secret, "audience": JOBS},
            "api": {"id": self.api.client_id, "secret": self.api.secret},
            "person": {"username": ADMIN_EMAIL, "password": ADMIN_PASSWORD},
            "admin": _token_of(self.url),
        }


def _token_of(url: str) -> str:
    with sign_in(url) as admin:
        return admin.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Server(tmp_path_factory.mktemp("clients") / "var") as server, sign_in(server.url) as admin:
        account = _identity(admin, "ci-pipeline", audiences=[JOBS])
        api = _identity(admin, "jobs-api")
        wish = {"subjectId": api.client_id, "subjectType": "service-account", "roleId": TOKEN_VERIFIER}
        assert admin.post(RULES, json=wish | {"scopeId": "1", "scopeType": "tenant"}).status_code == 201
        metadata = httpx.get(f"{server.url}/.well-known/openid-configuration").json()
        yield Ground(server.url, account, api, metadata)


def _identity(admin: httpx.Client, name: str, **more: Any) -> Identity:
    made = admin.post(ACCOUNTS, json={"name": name, **more})
    assert made.status_code == 201, made.text
    return Identity(name, made.json()["clientSecret"], made.json()["id"])


@pytest.fixture(autouse=True)
def without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library refuses plain HTTP, which loopback speaks here."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_authlib_gets_asks_and_revokes(ground: Ground, method: str) -> None:
    told = ground.metadata
    with (
        AuthlibSession(
            ground.account.client_id, ground.account.secret, token_endpoint_auth_method=method
        ) as client,
        AuthlibSession(ground.api.client_id, ground.api.secret, token_endpoint_auth_method=method) as api,
    ):
        granted = client.fetch_token(
            told["token_endpoint"], grant_type="client_credentials", scope="jobs:read"
        )
        assert (granted["token_type"], granted["expires_in"], granted["scope"]) == (
            "Bearer",
            HOUR,
            "jobs:read",
        )
        keys = KeySet.import_key_set(httpx.get(told["jwks_uri"]).json())
        read = jwt.decode(granted["access_token"], keys, algorithms=["ES256"])
        assert read.claims["sub"] == ground.account.subject
        active = api.introspect_token(told["introspection_endpoint"], token=granted["access_token"])
        assert (active.json()["active"], active.json()["client_id"]) == (True, "ci-pipeline")
        gone = client.revoke_token(
            told["revocation_endpoint"], token=granted["access_token"], token_type_hint="access_token"
        )
        assert gone.status_code == 200
        active = api.introspect_token(told["introspection_endpoint"], token=granted["access_token"])
        assert active.json() == {"active": False}


def test_authlib_signs_a_person_in_and_refreshes(ground: Ground) -> None:
    told = ground.metadata
    with AuthlibSession("cli", token_endpoint_auth_method="none") as client:
        first = client.fetch_token(
            told["token_endpoint"], grant_type="password", username=ADMIN_EMAIL, password=ADMIN_PASSWORD
        )
        second = client.refresh_token(told["token_endpoint"], refresh_token=first["refresh_token"])
        assert second["refresh_token"] != first["refresh_token"]
        client.revoke_token(
            told["revocation_endpoint"], token=second["refresh_token"], token_type_hint="refresh_token"
        )
        answer = httpx.get(
            f"{ground.url}{ACCOUNTS}", headers={"Authorization": f"Bearer {second['access_token']}"}
        )
        assert answer.status_code == 401


@pytest.mark.parametrize("basic", [True, False])
def test_requests_oauthlib_gets_a_token_in_both_ways(ground: Ground, basic: bool) -> None:
    account = ground.account
    with OAuth2Session(client=BackendApplicationClient(account.client_id)) as session:
        proof: dict[str, Any] = (
            {"auth": HTTPBasicAuth(account.client_id, account.secret)}
            if basic
            else {"client_secret": account.secret, "include_client_id": True}
        )
        granted = session.fetch_token(ground.metadata["token_endpoint"], **proof)
        assert granted["expires_in"] == HOUR
        own = session.get(f"{ground.url}/api/v1/authorization/me/access-rules")
        assert own.status_code == 200


def test_requests_oauthlib_reads_what_is_refused(ground: Ground) -> None:
    with (
        OAuth2Session(client=BackendApplicationClient(ground.account.client_id)) as session,
        pytest.raises(OAuth2Error) as refused,
    ):
        session.fetch_token(
            ground.metadata["token_endpoint"],
            client_secret=ground.account.secret,
            include_client_id=True,
            scope="admin",
        )
    assert refused.value.error == "invalid_scope"


def test_requests_oauthlib_signs_a_person_in_and_refreshes(ground: Ground) -> None:
    with OAuth2Session(client=LegacyApplicationClient("cli")) as session:
        session.fetch_token(
            ground.metadata["token_endpoint"], username=ADMIN_EMAIL, password=ADMIN_PASSWORD, client_id="cli"
        )
        first = session.token["refresh_token"]
        session.refresh_token(ground.metadata["token_endpoint"], client_id="cli")
        assert session.token["refresh_token"] != first
        assert session.get(f"{ground.url}{ACCOUNTS}").status_code == 200


def test_openid_client(ground: Ground) -> None:
    found = run_client("openid_client", ground.told())
    before = found.pop("before")
    assert (before["active"], before["client_id"], before["sub"]) == (
        True,
        "ci-pipeline",
        ground.account.subject,
    )
    assert found.pop("subject")
    assert found == {
        "issuer": ground.url,
        "type": "bearer",
        "lives": HOUR,
        "scope": "jobs:read",
        "audience": JOBS,
        "after": {"active": False},
        "wrongScope": "invalid_scope",
        "wrongTarget": "invalid_target",
        "ended": "invalid_grant",
        "mayNotAsk": "insufficient_scope",
        "unsupported": "unsupported_grant_type",
    }


def test_oauth4webapi(ground: Ground) -> None:
    found = run_client("oauth4webapi", ground.told())
    assert found.pop("elsewhere")
    assert found == {
        "issuers": [ground.url, ground.url],
        "subject": ground.account.subject,
        "client": "ci-pipeline",
        "audience": JOBS,
        "before": True,
        "after": False,
        "dead": False,
        "afterRotation": True,
        "wrongSecret": "OAUTH_WWW_AUTHENTICATE_CHALLENGE",  # RFC 6749 section 5.2: Basic is asked for
    }


def test_jose(ground: Ground) -> None:
    assert run_client("jose", ground.told()) == {
        "alg": "ES256",
        "subject": ground.account.subject,
        "rotated": True,
        "wrongAudience": "ERR_JWT_CLAIM_VALIDATION_FAILED",
        "oldKey": "ERR_JWKS_NO_MATCHING_KEY",
    }

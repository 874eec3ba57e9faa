"""One token, asked for in every way that clients and scripts know."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping

import httpx
import pytest
from runai import models

from tests.contract.client import Client, Connect, refused
from tests.contract.ground import Account
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

V1, V2 = "/api/v1/token", "/api/v2/token"
REALMS = "/auth/realms/{}/protocol/openid-connect/token"
APPTOKEN = "/v1/k8s/auth/oauth/apptoken"
CREDENTIALS = {"grant_type": "client_credentials"}


@pytest.fixture
def works(anonymous: httpx.Client, pipeline: Account) -> Callable[[str], None]:
    """Fails unless the token is the pipeline's."""

    def check(token: str) -> None:
        answer = anonymous.get(
            "/api/v1/authorization/me/access-rules", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 200, answer.text
        subjects = {rule["subjectId"] for rule in answer.json()["accessRules"]["accessRules"]}
        assert subjects == {pipeline.client_id}

    return check


Works = Callable[[str], None]


def form(account: Account, **more: str) -> dict[str, str]:
    return {**CREDENTIALS, "client_id": account.client_id, "client_secret": account.secret, **more}


# RFC 6749


@pytest.mark.parametrize("path", [V2, REALMS.format("runai"), REALMS.format("any.other-realm")])
def test_a_form_earns_one_at_the_endpoint_and_at_its_old_name(
    path: str, anonymous: httpx.Client, pipeline: Account, works: Works
) -> None:
    answer = anonymous.post(path, data=form(pipeline))
    assert answer.status_code == 200, answer.text
    assert {name: answer.json()[name] for name in ("token_type", "expires_in")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    assert set(answer.json()) == {"token_type", "expires_in", "access_token"}
    assert answer.headers["cache-control"] == "no-store"
    works(answer.json()["access_token"])


def test_a_client_may_authenticate_by_the_basic_scheme(
    anonymous: httpx.Client, pipeline: Account, works: Works
) -> None:
    basic = b64encode(f"{pipeline.client_id}:{pipeline.secret}".encode()).decode()
    answer = anonymous.post(V2, data=CREDENTIALS, headers={"Authorization": f"Basic {basic}"})
    works(answer.json()["access_token"])


def test_fields_that_scripts_add_are_ignored(
    anonymous: httpx.Client, pipeline: Account, works: Works
) -> None:
    added = {"response_type": "id_token", "realm": "runai", "scope": "openid"}
    answer = anonymous.post(REALMS.format("runai"), data=form(pipeline, **added))
    works(answer.json()["access_token"])


def test_a_form_written_by_hand_needs_no_escapes(
    anonymous: httpx.Client, pipeline: Account, works: Works
) -> None:
    """runapy 0.5.1 pastes the secret into the form as it is."""
    body = f"grant_type=client_credentials&client_id={pipeline.client_id}&client_secret={pipeline.secret}"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    works(anonymous.post(REALMS.format("runai"), content=body, headers=headers).json()["access_token"])


def test_a_wrong_secret_is_an_invalid_client(anonymous: httpx.Client, pipeline: Account) -> None:
    answer = anonymous.post(V2, data=form(pipeline, client_secret="ksk_wrong"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("client_id", [None, "runai", "cli"])
def test_a_person_signs_in_with_a_public_client_or_none(
    client_id: str | None, anonymous: httpx.Client
) -> None:
    person = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    public = {} if client_id is None else {"client_id": client_id}
    first = anonymous.post(V2, data={**person, **public}).json()
    renewal = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"], **public}
    second = anonymous.post(V2, data=renewal)
    assert second.status_code == 200, second.text
    assert second.json()["refresh_token"] != first["refresh_token"]


# The contract's own form


CASINGS: list[Callable[[str], str]] = [
    str,
    str.lower,
    str.upper,
    lambda name: name[0].upper() + name[1:],
    lambda name: name.replace("Id", "ID"),
]


@pytest.mark.parametrize("cased", CASINGS, ids=["camel", "lower", "upper", "pascal", "contract"])
@pytest.mark.parametrize(
    ("grant_type", "id_name", "secret_name"),
    [
        ("app_token", "appId", "appSecret"),
        ("client_credentials", "clientId", "clientSecret"),
        ("client_credentials", "appId", "appSecret"),
        ("app_token", "clientId", "clientSecret"),
    ],
)
def test_keys_are_taken_in_any_casing(
    cased: Callable[[str], str],
    grant_type: str,
    id_name: str,
    secret_name: str,
    anonymous: httpx.Client,
    pipeline: Account,
    works: Works,
) -> None:
    values = {"grantType": grant_type, id_name: pipeline.client_id, secret_name: pipeline.secret}
    answer = anonymous.post(V1, json={cased(name): value for name, value in values.items()})
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"accessToken", "expiresIn"}
    assert answer.json()["expiresIn"] == 3600
    works(answer.json()["accessToken"])


@pytest.mark.parametrize("path", [V1, APPTOKEN])
@pytest.mark.parametrize(
    "headers", [{"Content-Type": "application/json"}, {}, {"Content-Type": "text/plain"}], ids=str
)
@pytest.mark.parametrize("times", [1, 2])
def test_json_is_json_whatever_it_is_called_and_may_be_encoded_twice(
    path: str,
    headers: Mapping[str, str],
    times: int,
    anonymous: httpx.Client,
    pipeline: Account,
    works: Works,
) -> None:
    body: object = json_body(path, pipeline)
    for _ in range(times):
        body = json.dumps(body)
    found = anonymous.post(path, content=str(body), headers=headers).json()
    works(found.get("accessToken") or found["access_token"])


@pytest.mark.parametrize("path", [V1, APPTOKEN])
def test_bad_credentials_are_a_400_that_says_so(
    path: str, anonymous: httpx.Client, pipeline: Account
) -> None:
    """These paths declare no 401, and clients hide one behind retries."""
    answer = anonymous.post(path, json=json_body(path, pipeline._replace(secret="ksk_wrong")))
    assert answer.status_code == 400
    assert answer.json()["code"] == 400
    assert "secret" in answer.json()["message"]


def test_a_person_signs_in_and_stays_signed_in(anonymous: httpx.Client) -> None:
    person = {"grantType": "password", "clientID": "cli", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    first = models.TokenResponse.from_dict(anonymous.post(V1, json=person).json())
    renewal = {"grantType": "refresh_token", "clientID": "cli", "refreshToken": first.refresh_token}
    second = models.TokenResponse.from_dict(anonymous.post(V1, json=renewal).json())
    assert second.access_token != first.access_token
    assert second.id_token
    assert second.refresh_token != first.refresh_token


# As runapy asks


def test_runapy_asks_with_its_own_models(operator: Client, pipeline: Account, works: Works) -> None:
    request = models.TokenRequest(
        grant_type="client_credentials", client_id=pipeline.client_id, client_secret=pipeline.secret
    )
    works(models.TokenResponse.from_dict(operator.tokens.grant_token(request).data).access_token)
    old = models.AppTokenRequest(id=pipeline.id, name=pipeline.client_id, secret=pipeline.secret)
    answer = models.AppTokenResponse.from_dict(operator.tokens.app_token(old).data)
    works(answer.access_token)
    assert answer.id_token


def test_runapy_sends_nothing_at_all_to_the_second_version(operator: Client, pipeline: Account) -> None:
    """Whatever the server does, this operation cannot work: its arguments are dropped."""
    with refused(400) as refusal:
        operator.tokens.grant_token_v2("client_credentials", pipeline.client_id, pipeline.secret)
    assert json.loads(refusal.body)["error"] == "invalid_request"


def test_runapy_shows_what_is_wrong_when_it_cannot_sign_in(connect: Connect, pipeline: Account) -> None:
    with pytest.raises(ValueError, match=r"'code': 400.*secret is wrong"):
        connect(pipeline.client_id, "ksk_wrong")


def json_body(path: str, account: Account) -> dict[str, str]:
    if path == APPTOKEN:
        return {"id": account.id, "name": account.client_id, "secret": account.secret}
    return {"grantType": "app_token", "AppId": account.client_id, "AppSecret": account.secret}

"""Tokens: how they are earned, what they say, and how they end. Tests name the section that rules them."""

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from keystead.credentials.throttle import (
    FAILED_SECRET_BY_ADDRESS,
    MAX_RETRY_AFTER,
    PASSWORD_BY_PERSON,
)
from keystead.db.migrate import upgrade
from keystead.kit.clock import SECOND, format_utc
from keystead.kit.secret import CLIENT_SECRET_PREFIX, REFRESH_TOKEN_PREFIX, make_secret
from tests.inside import TOKEN, URL, Inside, running_inside
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, bearing, sign_in

ACCOUNTS = "/api/v1/service-accounts"
ME = "/api/v1/authorization/me/access-rules"
PASSWORD = "/api/v1/me/password"
HOUR = 3_600
SESSION = 12 * HOUR
NEW_PASSWORD = "another horse, another battery"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "keystead.db"
    upgrade(path)
    return path


@pytest.fixture
async def inside(tmp_path: Path, migrated: Path) -> AsyncIterator[Inside]:
    async with running_inside(tmp_path, migrated=migrated) as started:
        yield started


class Account:
    def __init__(self, created: dict[str, str]) -> None:
        self.id = created["id"]
        self.client_id = created["clientId"]
        self.secret = created["clientSecret"]
        self.form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


@pytest.fixture
async def account(admin: httpx.AsyncClient) -> Account:
    return Account((await admin.post(ACCOUNTS, json={"name": "ci-pipeline"})).json())


async def ask(inside: Inside, form: dict[str, str], **more: Any) -> httpx.Response:
    return await inside.anonymous.post(TOKEN, data=form, **more)


async def refresh(inside: Inside, token: str, **more: str) -> httpx.Response:
    return await ask(inside, {"grant_type": "refresh_token", "refresh_token": token, **more})


async def works(inside: Inside, token: str) -> bool:
    async with inside.bearing(token) as client:
        status = (await client.get(ME)).status_code
    assert status in (200, 401)
    return status == 200


def error_of(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json().keys() == {"error", "error_description"}
    return answer.status_code, answer.json()["error"]


def payload_of(token: str) -> dict[str, Any]:
    """As vendors' scripts decode it: with the standard alphabet of base64."""
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(b64decode(payload + "=" * (-len(payload) % 4), validate=True))
    return found


def all_but_the_request_id(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.content, headers


# RFC 6749 section 4.4: client credentials


async def test_rfc_6749_section_4_4_3_a_client_earns_a_bearer_token_and_nothing_to_refresh_it(
    inside: Inside, account: Account
) -> None:
    answer = await ask(inside, account.form)
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", HOUR)
    assert await works(inside, answer.json()["access_token"])


async def test_rfc_6749_section_5_1_nobody_on_the_way_keeps_an_answer(
    inside: Inside, account: Account
) -> None:
    for answer in (await ask(inside, account.form), await ask(inside, {})):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["pragma"] == "no-cache"


async def test_rfc_9068_section_2_a_token_says_who_and_for_whom_and_any_library_verifies_it(
    inside: Inside, account: Account
) -> None:
    token = (await ask(inside, account.form)).json()["access_token"]
    keys = KeySet.import_key_set((await inside.anonymous.get("/.well-known/jwks.json")).json())
    read = jwt.decode(token, keys, algorithms=["ES256"])
    assert (read.header["typ"], read.header["alg"]) == ("at+jwt", "ES256")
    now = inside.clock.now() // SECOND
    claims = read.claims
    named = ("iss", "aud", "sub", "client_id", "iat", "exp", "tenant_id")
    assert {name: claims[name] for name in named} == {
        "iss": URL,
        "aud": URL,
        "sub": account.id,
        "client_id": account.client_id,
        "iat": now,
        "exp": now + HOUR,
        "tenant_id": "1",
    }
    other = payload_of((await ask(inside, account.form)).json()["access_token"])
    assert other["jti"] != claims["jti"]


@pytest.mark.parametrize("client_id", ["ci-pipeline", "ci%2Dpipeline"])
async def test_rfc_6749_section_2_3_1_a_client_may_use_basic_with_form_encoded_parts(
    inside: Inside, account: Account, client_id: str
) -> None:
    encoded = quote_plus(account.secret).replace("_", "%5F")
    for secret in (account.secret, encoded):
        credentials = b64encode(f"{client_id}:{secret}".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}"}
        answer = await ask(inside, {"grant_type": "client_credentials"}, headers=headers)
        assert answer.status_code == 200, answer.text


async def test_rfc_6749_section_2_3_both_ways_to_authenticate_at_once_are_refused(
    inside: Inside, account: Account
) -> None:
    headers = {
        "Authorization": f"Basic {b64encode(f'{account.client_id}:{account.secret}'.encode()).decode()}"
    }
    answer = await ask(inside, account.form, headers=headers)
    assert error_of(answer) == (400, "invalid_request")


async def test_openid_connect_core_section_2_an_id_token_is_there_when_asked_for_and_opens_nothing(
    inside: Inside, account: Account
) -> None:
    answer = (await ask(inside, {**account.form, "scope": "email openid"})).json()
    claims = payload_of(answer["id_token"])
    assert (claims["aud"], claims["sub"], claims["preferred_username"]) == (
        account.client_id,
        account.id,
        account.client_id,
    )
    assert not await works(inside, answer["id_token"])


async def test_the_lifetime_of_tokens_is_a_setting(tmp_path: Path, migrated: Path) -> None:
    settings = {"KEYSTEAD_TOKEN_TTL": "61"}
    async with running_inside(tmp_path, migrated=migrated, settings=settings) as inside:
        answer = await inside.sign_in()
        assert answer["expires_in"] == 61
        inside.clock.pass_seconds(60)
        assert await works(inside, answer["access_token"])
        inside.clock.pass_seconds(1)
        assert not await works(inside, answer["access_token"])


# RFC 6749 section 5.2: errors


@pytest.mark.parametrize("left_out", ["client_id", "client_secret"])
async def test_rfc_6749_section_5_2_invalid_request_when_the_credentials_are_not_whole(
    inside: Inside, account: Account, left_out: str
) -> None:
    form = {name: value for name, value in account.form.items() if name != left_out}
    assert error_of(await ask(inside, form)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"grant_type": ""},
        {"grant_type": "password"},
        {"grant_type": "password", "username": ADMIN_EMAIL},
        {"grant_type": "password", "password": ADMIN_PASSWORD},
        {"grant_type": "refresh_token"},
    ],
)
async def test_rfc_6749_section_5_2_invalid_request_when_something_is_missing(
    inside: Inside, form: dict[str, str]
) -> None:
    assert error_of(await ask(inside, form)) == (400, "invalid_request")


@pytest.mark.parametrize(
    "grant_type", ["implicit", "Client_Credentials", "authorization_code", "x" * 4_000, "ü"]
)
async def test_rfc_6749_section_5_2_unsupported_grant_type_names_those_that_are(
    inside: Inside, grant_type: str
) -> None:
    answer = await ask(inside, {"grant_type": grant_type})
    assert error_of(answer) == (400, "unsupported_grant_type")
    for name in ("client_credentials", "password", "refresh_token"):
        assert name in answer.json()["error_description"]


async def test_rfc_6749_section_5_2_invalid_client_is_one_answer_for_every_reason(
    inside: Inside, admin: httpx.AsyncClient, account: Account
) -> None:
    """Access law 14."""
    expiring = await admin.post(
        f"{ACCOUNTS}/{account.id}/secrets",
        json={"expiresAt": format_utc(inside.clock.now() + 10 * SECOND)},
    )
    disabled = Account((await admin.post(ACCOUNTS, json={"name": "disabled"})).json())
    assert (await admin.patch(f"{ACCOUNTS}/{disabled.id}", json={"enabled": False})).status_code == 200
    inside.clock.pass_seconds(10)
    wrong = make_secret(CLIENT_SECRET_PREFIX).reveal()
    answers = [
        await ask(inside, {**account.form, "client_id": "nobody"}),
        await ask(inside, {**account.form, "client_id": "nobody\r\nX: y"}),
        await ask(inside, {**account.form, "client_secret": wrong}),
        await ask(inside, {**account.form, "client_secret": "guess"}),
        await ask(inside, {**account.form, "client_secret": account.secret + " "}),
        await ask(inside, {**account.form, "client_secret": expiring.json()["clientSecret"]}),
        await ask(inside, {**account.form, "client_secret": disabled.secret}),
        await ask(inside, disabled.form),
    ]
    assert error_of(answers[0]) == (401, "invalid_client")
    assert answers[0].headers["www-authenticate"].startswith("Basic ")
    for answer in answers[1:]:
        assert all_but_the_request_id(answer) == all_but_the_request_id(answers[0])


async def test_rfc_6749_section_5_2_invalid_client_for_people_who_sign_in_as_an_unknown_one(
    inside: Inside, account: Account
) -> None:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    for client_id in (account.client_id, "unknown"):
        assert error_of(await ask(inside, {**form, "client_id": client_id})) == (401, "invalid_client")


async def test_rfc_6749_section_5_2_invalid_grant_for_a_wrong_password_and_for_nobody_alike(
    inside: Inside,
) -> None:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": "guess"}
    answers = [
        await ask(inside, form),
        await ask(inside, {**form, "username": "nobody@keystead.local"}),
        await ask(inside, {**form, "username": "no e-mail"}),
        await ask(inside, {**form, "password": ADMIN_PASSWORD + " "}),
        await ask(inside, {**form, "password": "ü" * 1_000}),
    ]
    assert error_of(answers[0]) == (400, "invalid_grant")
    for answer in answers[1:]:
        assert all_but_the_request_id(answer) == all_but_the_request_id(answers[0])


@pytest.mark.parametrize("wrong", ["guess", "ksr_", "ksr_" + "A" * 92, "ü", "a" * 4_096])
async def test_rfc_6749_section_5_2_invalid_grant_for_a_refresh_token_of_nobodys(
    inside: Inside, wrong: str
) -> None:
    made = make_secret(REFRESH_TOKEN_PREFIX, random_parts=2).reveal()
    for token in (wrong, made):
        assert error_of(await refresh(inside, token)) == (400, "invalid_grant")


@pytest.mark.parametrize("path", ["/api/v1/token", "/v1/k8s/auth/oauth/apptoken"])
async def test_the_contracts_own_paths_answer_bad_credentials_with_a_400(inside: Inside, path: str) -> None:
    body = {
        "grantType": "app_token",
        "AppId": "nobody",
        "AppSecret": "guess",
        "id": "nobody",
        "secret": "guess",
    }
    answer = await inside.anonymous.post(path, json=body)
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "message", "details"}
    assert (answer.json()["code"], answer.json()["details"]) == (400, "invalid_client")
    assert "www-authenticate" not in answer.headers


# What a refused client costs (access law 14)


async def test_a_refused_client_costs_one_read_whatever_the_reason_and_a_malformed_secret_none(
    inside: Inside, admin: httpx.AsyncClient, account: Account
) -> None:
    disabled = Account((await admin.post(ACCOUNTS, json={"name": "disabled"})).json())
    await admin.patch(f"{ACCOUNTS}/{disabled.id}", json={"enabled": False})
    forms = {
        "granted": account.form,
        "unknown": {**account.form, "client_id": "nobody"},
        "wrong secret": {**account.form, "client_secret": make_secret(CLIENT_SECRET_PREFIX).reveal()},
        "disabled": disabled.form,
        "malformed": {**account.form, "client_secret": "guess"},
    }
    counted = {}
    for reason, form in forms.items():
        inside.database.reads.clear()
        assert (await ask(inside, form)).status_code == (200 if reason == "granted" else 401)
        counted[reason] = len(inside.database.reads)
    assert counted == {"granted": 1, "unknown": 1, "wrong secret": 1, "disabled": 1, "malformed": 0}


# Secrets that expire


async def test_no_token_outlives_the_secret_that_earned_it(
    inside: Inside, admin: httpx.AsyncClient, account: Account
) -> None:
    end = inside.clock.now() + 90 * SECOND
    added = await admin.post(f"{ACCOUNTS}/{account.id}/secrets", json={"expiresAt": format_utc(end)})
    form = {**account.form, "client_secret": added.json()["clientSecret"]}
    answer = (await ask(inside, form)).json()
    assert answer["expires_in"] == 90
    assert payload_of(answer["access_token"])["exp"] == end // SECOND
    assert payload_of((await ask(inside, account.form)).json()["access_token"])["exp"] > end // SECOND
    inside.clock.pass_seconds(89)
    assert (await ask(inside, form)).json()["expires_in"] == 1
    assert await works(inside, answer["access_token"])
    inside.clock.pass_seconds(1)
    assert not await works(inside, answer["access_token"])
    assert error_of(await ask(inside, form)) == (401, "invalid_client")
    assert (await ask(inside, account.form)).status_code == 200


# RFC 6749 section 6 and RFC 9700 section 4.14.2: sessions


async def test_rfc_6749_section_6_a_refresh_token_is_exchanged_for_the_next_and_a_token(
    inside: Inside,
) -> None:
    first = await inside.sign_in()
    second = (await refresh(inside, first["refresh_token"])).json()
    assert second.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert second["refresh_token"] != first["refresh_token"]
    third = (await refresh(inside, second["refresh_token"])).json()
    for answer in (first, second, third):
        assert await works(inside, answer["access_token"])


async def test_rfc_9700_section_4_14_2_a_refresh_token_used_twice_ends_its_whole_family(
    inside: Inside,
) -> None:
    bystander = await inside.sign_in()
    first = await inside.sign_in()
    second = (await refresh(inside, first["refresh_token"])).json()
    assert error_of(await refresh(inside, first["refresh_token"])) == (400, "invalid_grant")
    assert error_of(await refresh(inside, second["refresh_token"])) == (400, "invalid_grant")
    assert not await works(inside, first["access_token"])
    assert not await works(inside, second["access_token"])
    assert await works(inside, bystander["access_token"])
    assert (await refresh(inside, bystander["refresh_token"])).status_code == 200


async def test_rfc_9700_section_4_14_2_of_two_who_use_it_at_once_the_second_ends_the_family(
    inside: Inside,
) -> None:
    first = await inside.sign_in()
    answers = await asyncio.gather(*(refresh(inside, first["refresh_token"]) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 400]
    earned = next(answer.json() for answer in answers if answer.status_code == 200)
    assert not await works(inside, earned["access_token"])
    assert error_of(await refresh(inside, earned["refresh_token"])) == (400, "invalid_grant")


async def test_rfc_6749_section_6_a_refresh_token_is_good_for_its_own_client_only(inside: Inside) -> None:
    first = await inside.sign_in(client_id="cli")
    for other in ({}, {"client_id": "runai"}):
        assert error_of(await refresh(inside, first["refresh_token"], **other)) == (400, "invalid_grant")
    assert (await refresh(inside, first["refresh_token"], client_id="cli")).status_code == 200


async def test_refreshing_does_not_stretch_a_session_and_no_token_outlives_it(inside: Inside) -> None:
    begun = inside.clock.now() // SECOND
    answer = await inside.sign_in()
    while inside.clock.now() // SECOND < begun + SESSION - HOUR // 2:
        inside.clock.pass_seconds(HOUR // 2)
        answer = (await refresh(inside, answer["refresh_token"])).json()
        assert payload_of(answer["access_token"])["exp"] <= begun + SESSION
    assert answer["expires_in"] == HOUR // 2
    inside.clock.pass_seconds(HOUR // 2)
    assert not await works(inside, answer["access_token"])
    assert error_of(await refresh(inside, answer["refresh_token"])) == (400, "invalid_grant")


async def test_a_disabled_person_is_neither_signed_in_nor_refreshed(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    created = (await admin.post("/api/v1/users", json={"email": "dana@keystead.local"})).json()
    session = await inside.sign_in("dana@keystead.local", created["tempPassword"])
    edited = await admin.patch(f"/api/v1/users/{created['id']}", json={"enabled": False})
    assert edited.status_code == 200, edited.text
    assert error_of(await refresh(inside, session["refresh_token"])) == (400, "invalid_grant")
    form = {"grant_type": "password", "username": "dana@keystead.local", "password": created["tempPassword"]}
    assert error_of(await ask(inside, form)) == (400, "invalid_grant")


# Logging out


async def test_logging_out_ends_every_session_and_every_token_for_good(inside: Inside) -> None:
    first, second = await inside.sign_in(), await inside.sign_in(client_id="cli")
    person = payload_of(first["access_token"])["sub"]
    async with inside.bearing(first["access_token"]) as client:
        assert (await client.post(f"/api/v1/users/{person}/logout")).status_code == 200
    for session, client_id in ((first, "keystead"), (second, "cli")):
        assert not await works(inside, session["access_token"])
        again = await refresh(inside, session["refresh_token"], client_id=client_id)
        assert error_of(again) == (400, "invalid_grant")
    third = await inside.sign_in()
    assert await works(inside, third["access_token"])
    assert not await works(inside, first["access_token"])


# Changing the password


async def change_password(inside: Inside, token: str, current: str, new: str) -> httpx.Response:
    async with inside.bearing(token) as client:
        return await client.post(PASSWORD, json={"currentPassword": current, "newPassword": new})


async def test_a_changed_password_signs_in_the_old_one_does_not_and_other_sessions_end(
    inside: Inside,
) -> None:
    asking, other = await inside.sign_in(), await inside.sign_in()
    answer = await change_password(inside, asking["access_token"], ADMIN_PASSWORD, NEW_PASSWORD)
    assert (answer.status_code, answer.json()) == (200, {})
    assert await works(inside, asking["access_token"])
    assert (await refresh(inside, asking["refresh_token"])).status_code == 200
    assert not await works(inside, other["access_token"])
    assert error_of(await refresh(inside, other["refresh_token"])) == (400, "invalid_grant")
    form = {"grant_type": "password", "username": ADMIN_EMAIL}
    assert error_of(await ask(inside, {**form, "password": ADMIN_PASSWORD})) == (400, "invalid_grant")
    assert (await ask(inside, {**form, "password": NEW_PASSWORD})).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "named"),
    [
        ("guess", NEW_PASSWORD, "currentPassword"),
        ("", NEW_PASSWORD, "currentPassword"),
        (ADMIN_PASSWORD, "", "newPassword"),
        (ADMIN_PASSWORD, "7 chars", "newPassword"),
        (ADMIN_PASSWORD, "x" * 257, "newPassword"),
        (ADMIN_PASSWORD, "aaaaaaaaaaaa", "newPassword"),
        (ADMIN_PASSWORD, ADMIN_EMAIL.upper(), "newPassword"),
    ],
)
async def test_a_password_that_cannot_be_changed_stays_and_the_answer_names_the_field(
    inside: Inside, current: str, new: str, named: str
) -> None:
    session, other = await inside.sign_in(), await inside.sign_in()
    answer = await change_password(inside, session["access_token"], current, new)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{named}: ")
    assert not new or new not in answer.text
    assert await works(inside, other["access_token"])
    await inside.sign_in()


async def test_an_account_has_no_password_to_change(inside: Inside, account: Account) -> None:
    token = (await ask(inside, account.form)).json()["access_token"]
    answer = await change_password(inside, token, ADMIN_PASSWORD, NEW_PASSWORD)
    assert answer.status_code == 403


# Guessing (access law 15)


async def test_guessed_passwords_are_throttled_even_when_right_and_for_a_short_time(inside: Inside) -> None:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": "guess"}
    for _ in range(PASSWORD_BY_PERSON.burst):
        assert (await ask(inside, form)).status_code == 400
    for attempt in (form, {**form, "username": ADMIN_EMAIL.upper()}, {**form, "password": ADMIN_PASSWORD}):
        answer = await ask(inside, attempt)
        assert error_of(answer) == (429, "temporarily_unavailable")
        assert 1 <= int(answer.headers["retry-after"]) <= MAX_RETRY_AFTER
    async with inside.coming_from("192.0.2.99") as elsewhere:
        assert (await elsewhere.post(TOKEN, data={**form, "password": ADMIN_PASSWORD})).status_code == 200
    inside.clock.pass_seconds(int(answer.headers["retry-after"]))
    assert (await ask(inside, {**form, "password": ADMIN_PASSWORD})).status_code == 200


async def test_guessing_the_current_password_is_throttled_with_signing_in(inside: Inside) -> None:
    token = (await inside.sign_in())["access_token"]
    for _ in range(PASSWORD_BY_PERSON.burst - 1):
        assert (await change_password(inside, token, "guess", NEW_PASSWORD)).status_code == 400
    answer = await change_password(inside, token, ADMIN_PASSWORD, NEW_PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, 429)
    assert 1 <= int(answer.headers["retry-after"]) <= MAX_RETRY_AFTER


@pytest.mark.parametrize("path", [TOKEN, "/api/v1/token"])
async def test_guessed_secrets_are_throttled_by_address_and_right_ones_never_count(
    inside: Inside, account: Account, path: str
) -> None:
    async def attempt(client: httpx.AsyncClient, secret: str) -> httpx.Response:
        if path == TOKEN:
            return await client.post(path, data={**account.form, "client_secret": secret})
        body = {"grantType": "app_token", "AppId": account.client_id, "AppSecret": secret}
        return await client.post(path, json=body)

    refused = 401 if path == TOKEN else 400
    for number in range(FAILED_SECRET_BY_ADDRESS.burst):
        if number % 10 == 0:
            assert (await attempt(inside.anonymous, account.secret)).status_code == 200
        assert (await attempt(inside.anonymous, "guess")).status_code == refused
    answer = await attempt(inside.anonymous, account.secret)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == 1
    async with inside.coming_from("192.0.2.99") as elsewhere:
        assert (await attempt(elsewhere, account.secret)).status_code == 200
    inside.clock.pass_seconds(1)
    assert (await attempt(inside.anonymous, account.secret)).status_code == 200


# The first administrator's password


class GeneratingServer(Server):
    """A first start to which nobody gave a password, and which no person watches."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        del self._settings["KEYSTEAD_ADMIN_PASSWORD"]

    @property
    def password_file(self) -> Path:
        return self.data_dir / "administrator-password"


@pytest.fixture
def generating(tmp_path: Path) -> Iterator[GeneratingServer]:
    with GeneratingServer(tmp_path / "var") as server:
        yield server


def test_a_generated_password_is_in_a_private_file_until_it_is_changed(generating: GeneratingServer) -> None:
    file = generating.password_file
    assert file.stat().st_mode & 0o777 == 0o600
    generated = file.read_text().strip()
    assert str(file) in generating.log()
    assert generated not in generating.log()
    with sign_in(generating.url, password=generated) as client:
        wrong = client.post(PASSWORD, json={"currentPassword": "guess", "newPassword": NEW_PASSWORD})
        assert wrong.status_code == 400
        assert file.exists()
        generating.stop()
        generating.start()
        assert file.read_text().strip() == generated
        changed = client.post(PASSWORD, json={"currentPassword": generated, "newPassword": NEW_PASSWORD})
        assert changed.status_code == 200, changed.text
    assert not file.exists()
    generating.stop()
    generating.start()
    assert not file.exists()
    with sign_in(generating.url, password=NEW_PASSWORD) as client:
        assert client.get(ME).status_code == 200
    assert NEW_PASSWORD not in generating.log()


def test_tokens_outlive_a_restart(tmp_path: Path) -> None:
    with Server(tmp_path / "var") as server:
        with sign_in(server.url) as client:
            created = client.post(ACCOUNTS, json={"name": "ci-pipeline"}).json()
        form = Account(created).form
        token = httpx.post(server.url + TOKEN, data=form).json()["access_token"]
        server.stop()
        server.start()
        with bearing(server.url, token) as client:
            assert client.get(ME).status_code == 200
        assert httpx.post(server.url + TOKEN, data=form).status_code == 200
        assert created["clientSecret"] not in server.log()
        assert token not in server.log()

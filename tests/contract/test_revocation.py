"""From the acknowledgement on, what was revoked is dead on every endpoint: all that the program declares is walked."""

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest

from keystead.app import build
from keystead.db.migrate import upgrade
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.clock import SystemClock
from keystead.settings import Settings
from keystead.tokens.master_key import MasterKey
from keystead.web.pipeline import Route
from tests.contract.ground import L1_RESEARCHER, SERVICE_ACCOUNTS, Account, Organisation

PUBLIC: Final = {
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/api/docs",
    "/api/docs/reference.css",
    "/api/openapi.json",
    "/health/live",
    "/health/ready",
}
DEAD: Final = {"code": 401, "message": "The token is no longer valid: sign in again."}
NOBODY: Final = "00000000-0000-4000-8000-000000000000"
ASKING: Final = 4  # programs at once
FIRST: Final = 3  # tokens that each has before the secret is replaced
MANY: Final = 10_000
Revoke = Callable[[httpx.Client, Account], httpx.Response]


class Attempt(NamedTuple):
    """A request for a token, and whether it began after the new secret was told."""

    began_after_it: bool
    answer: httpx.Response


class Operation(NamedTuple):
    """A declared route with ids in its path, real ones where there are any."""

    method: str
    path: str


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Route]:
    """All that the program declares, asked from the program itself."""
    return asyncio.run(declared(tmp_path_factory.mktemp("declared")))


async def declared(directory: Path) -> Sequence[Route]:
    settings = Settings.load({"KEYSTEAD_DATA_DIR": str(directory)})
    upgrade(settings.database_path)
    database = SqliteDatabase(settings.database_path)
    log = logging.getLogger("keystead")
    try:
        made = await build(
            settings, database, MasterKey(bytes(32)), SystemClock(), log, keep_generated_password=None
        )
        made.close()
        return made.routes
    finally:
        await database.close()


@pytest.fixture
def operations(
    routes: Sequence[Route], admin: httpx.Client, pipeline: Account, organisation: Organisation
) -> list[Operation]:
    secrets = admin.get(f"{SERVICE_ACCOUNTS}/{pipeline.id}/secrets").json()["secrets"]
    ids = {
        "serviceAccountId": pipeline.id,
        "secretId": secrets[0]["id"],
        "accessRuleId": str(pipeline.rule_ids[0]),
        "roleId": str(L1_RESEARCHER),
        "clusterUuid": organisation.a,
        "departmentId": organisation.a_department,
        "projectId": organisation.a_project,
    }
    return [
        Operation(route.method, re.sub(r"\{(\w+)\}", lambda name: ids.get(name[1], NOBODY), route.path))
        for route in routes
        if not route.access.public
    ]


def test_only_keys_metadata_and_health_are_there_for_everyone(
    routes: Sequence[Route], anonymous: httpx.Client, operations: list[Operation]
) -> None:
    open_to_all = {route.path for route in routes if route.access.public and not route.access.from_own_page}
    assert open_to_all == PUBLIC
    # Where browsers sign in: a password is what it takes.
    assert [route.path for route in routes if route.access.from_own_page] == ["/api/v1/session"]
    assert all(anonymous.get(path).status_code == 200 for path in PUBLIC)
    assert {ask(anonymous, operation).status_code for operation in operations} == {401}


def regenerate(admin: httpx.Client, account: Account) -> httpx.Response:
    return admin.post(f"{SERVICE_ACCOUNTS}/{account.id}/secret")


def revoke_secret(admin: httpx.Client, account: Account) -> httpx.Response:
    secrets = f"{SERVICE_ACCOUNTS}/{account.id}/secrets"
    return admin.delete(f"{secrets}/{admin.get(secrets).json()['secrets'][0]['id']}")


def disable(admin: httpx.Client, account: Account) -> httpx.Response:
    return admin.patch(f"{SERVICE_ACCOUNTS}/{account.id}", json={"enabled": False})


def disable_and_enable(admin: httpx.Client, account: Account) -> httpx.Response:
    disable(admin, account)
    return admin.patch(f"{SERVICE_ACCOUNTS}/{account.id}", json={"enabled": True})


def delete(admin: httpx.Client, account: Account) -> httpx.Response:
    return admin.delete(f"{SERVICE_ACCOUNTS}/{account.id}")


def delete_and_make_anew(admin: httpx.Client, account: Account) -> httpx.Response:
    delete(admin, account)
    return admin.post(SERVICE_ACCOUNTS, json={"name": account.client_id})


@pytest.mark.parametrize(
    "revoke", [regenerate, revoke_secret, disable, disable_and_enable, delete, delete_and_make_anew]
)
def test_every_token_that_was_earned_before_is_dead_on_every_endpoint(
    revoke: Revoke,
    anonymous: httpx.Client,
    admin: httpx.Client,
    pipeline: Account,
    operations: list[Operation],
) -> None:
    tokens = tokens_of_every_form(anonymous, pipeline)
    for operation in operations:
        statuses = {ask(anonymous, operation, token).status_code for token in tokens}
        assert not statuses & {401, 500}, operation

    answer = revoke(admin, pipeline)
    assert answer.is_success, answer.text

    for operation in operations:
        for token in tokens:
            dead = ask(anonymous, operation, token)
            assert dead.status_code == 401, operation
            assert dead.json() == DEAD
            assert dead.headers["www-authenticate"].startswith("Bearer ")
    if revoke is delete_and_make_anew:
        assert delete(admin, pipeline._replace(id=answer.json()["id"])).status_code == 204


@pytest.mark.parametrize("revoke", [regenerate, revoke_secret, disable, delete])
def test_the_secret_is_refused_in_every_form(
    revoke: Revoke, anonymous: httpx.Client, admin: httpx.Client, pipeline: Account
) -> None:
    assert revoke(admin, pipeline).is_success
    statuses = [answer.status_code for answer in ask_in_every_form(anonymous, pipeline)]
    assert statuses == [401, 401, 400, 400]


def test_a_secret_that_is_added_leaves_the_others_and_their_tokens_alive(
    anonymous: httpx.Client, admin: httpx.Client, pipeline: Account
) -> None:
    before = tokens_of_every_form(anonymous, pipeline)
    assert admin.post(f"{SERVICE_ACCOUNTS}/{pipeline.id}/secrets", json={}).status_code == 201
    after = tokens_of_every_form(anonymous, pipeline)
    own = Operation("GET", "/api/v1/authorization/me/access-rules")
    assert {ask(anonymous, own, token).status_code for token in before + after} == {200}


def test_what_is_asked_for_while_a_secret_is_replaced_is_dead_once_the_new_one_is_told(
    server: str, anonymous: httpx.Client, admin: httpx.Client, pipeline: Account
) -> None:
    """Several programs keep asking. None of their tokens is left, and none is given after the acknowledgement."""
    asking, told = threading.Barrier(ASKING + 1), threading.Event()

    def ask_on() -> list[Attempt]:
        attempts = []
        with httpx.Client(base_url=server) as client:
            for number in range(MANY):
                if number == FIRST:
                    asking.wait(30)
                is_last = told.is_set()
                answer = client.post("/api/v2/token", data=form_of(pipeline))
                attempts.append(Attempt(is_last, answer))
                if is_last:
                    break
        return attempts

    with ThreadPoolExecutor(ASKING) as pool:
        programs = [pool.submit(ask_on) for _ in range(ASKING)]
        asking.wait(30)
        assert regenerate(admin, pipeline).is_success
        told.set()
        attempts = [attempt for program in programs for attempt in program.result()]

    late = [attempt.answer.status_code for attempt in attempts if attempt.began_after_it]
    assert late == [401] * ASKING
    earned = [one.answer.json()["access_token"] for one in attempts if one.answer.status_code == 200]
    assert len(earned) >= ASKING * FIRST
    own = Operation("GET", "/api/v1/authorization/me/access-rules")
    assert {ask(anonymous, own, token).status_code for token in earned} == {401}


def ask(anonymous: httpx.Client, operation: Operation, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return anonymous.request(operation.method, operation.path, json={}, headers=headers)


def form_of(account: Account) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": account.client_id,
        "client_secret": account.secret,
    }


def ask_in_every_form(anonymous: httpx.Client, account: Account) -> list[httpx.Response]:
    name, secret = account.client_id, account.secret
    form = form_of(account)
    return [
        anonymous.post("/api/v2/token", data=form),
        anonymous.post("/auth/realms/runai/protocol/openid-connect/token", data=form),
        anonymous.post("/api/v1/token", json={"grantType": "app_token", "AppId": name, "AppSecret": secret}),
        anonymous.post(
            "/v1/k8s/auth/oauth/apptoken", json={"id": account.id, "name": name, "secret": secret}
        ),
    ]


def tokens_of_every_form(anonymous: httpx.Client, account: Account) -> list[str]:
    answers = [answer.json() for answer in ask_in_every_form(anonymous, account)]
    return [answer.get("access_token") or answer["accessToken"] for answer in answers]

"""keystead-guard against a real server: who comes in, who no longer does, and what happens when nobody can be asked."""

import asyncio
import importlib.util
import json
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import httpx
import pytest

from keystead_guard import (
    Caller,
    ForbiddenError,
    Guard,
    InvalidTokenError,
    RefusedError,
    TokenMissingError,
    UnavailableError,
)
from tests.serving import Server, sign_in

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
EXAMPLES: Final = Path(__file__).parents[2] / "guard" / "examples"
TOKEN_VERIFIER, VIEWER, L1_RESEARCHER = 99_001, 7, 5
JOBS: Final = "https://jobs.example.com"
PATIENCE: Final = 20.0
LONG_AFTER: Final = 100  # seconds by which a token is younger than what was known when the guard began


class Line(httpx.AsyncBaseTransport):
    """The line to Keystead: tells what was asked, and can be cut, whole or for some paths."""

    def __init__(self) -> None:
        self._line = httpx.AsyncHTTPTransport()
        self.asked: list[str] = []
        self.cut: Callable[[str], bool] = lambda _: False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if self.cut(path):
            raise httpx.ConnectError("the line is cut")
        if path != "/api/v1/changes":
            self.asked.append(path)
        return await self._line.handle_async_request(request)

    async def aclose(self) -> None:
        await self._line.aclose()


class Account:
    def __init__(self, admin: httpx.Client, url: str, name: str, **more: Any) -> None:
        made = admin.post(ACCOUNTS, json={"name": name, **more})
        assert made.status_code == 201, made.text
        self.id, self.name, self.secret = made.json()["id"], name, made.json()["clientSecret"]
        self.path = f"{ACCOUNTS}/{self.id}"
        self._admin, self._url = admin, url

    def give(self, role: int, scope_id: str = "1", scope_type: str = "tenant") -> int:
        wish = {"subjectId": self.name, "subjectType": "service-account", "roleId": role}
        answer = self._admin.post(RULES, json=wish | {"scopeId": scope_id, "scopeType": scope_type})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def token(self, **more: str) -> str:
        form = {"grant_type": "client_credentials", "client_id": self.name, "client_secret": self.secret}
        answer = httpx.post(f"{self._url}/api/v2/token", data=form | more)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "var") as running:
        yield running


@pytest.fixture
def admin(server: Server) -> Iterator[httpx.Client]:
    with sign_in(server.url) as client:
        yield client


@pytest.fixture
def api(server: Server, admin: httpx.Client) -> Account:
    """What the guarded API is to Keystead."""
    made = Account(admin, server.url, "jobs-api")
    made.give(TOKEN_VERIFIER)
    return made


@pytest.fixture
def pipeline(server: Server, admin: httpx.Client) -> Account:
    return Account(admin, server.url, "ci-pipeline", audiences=[JOBS])


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
async def guard(server: Server, api: Account, pipeline: Account, line: Line) -> AsyncIterator[Guard]:
    """Begun when everybody is there."""
    async with (
        httpx.AsyncClient(transport=line, timeout=5) as http,
        Guard(server.url, api.name, api.secret, http=http) as made,
    ):
        await until(made.is_current)
        yield made


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.02)


def began_long_ago(guard: Guard) -> None:
    """As a guard is that has followed the feed for a while: tokens of now need not be asked about."""
    standing = guard._standing
    assert standing.known_since is not None
    standing.known_since -= LONG_AFTER


# Who comes in


async def test_a_good_token_is_its_callers_and_costs_nothing_the_second_time(
    guard: Guard, pipeline: Account, line: Line
) -> None:
    token = pipeline.token()
    caller = await guard.authenticate(token)
    assert (caller.subject, caller.client_id, caller.subject_type) == (
        pipeline.id,
        "ci-pipeline",
        "service-account",
    )
    line.asked.clear()
    assert guard.known(token) is caller
    assert await guard.authenticate(token) is caller
    assert await guard.from_header([f"Bearer {token}"]) is caller
    assert line.asked == []


async def test_a_token_of_after_the_guard_began_is_verified_without_asking(
    guard: Guard, pipeline: Account, line: Line
) -> None:
    await guard.authenticate(pipeline.token())
    began_long_ago(guard)
    line.asked.clear()
    assert (await guard.authenticate(pipeline.token())).client_id == "ci-pipeline"
    assert line.asked == []


async def test_a_token_that_ended_before_the_guard_began_is_refused(
    server: Server, admin: httpx.Client, api: Account, pipeline: Account
) -> None:
    """Its signature is right and its time has not come: the feed of now says nothing of it."""
    token = pipeline.token()
    assert admin.post(f"{pipeline.path}/secret").is_success
    async with Guard(server.url, api.name, api.secret) as guard:
        await until(guard.is_current)
        with pytest.raises(InvalidTokenError):
            await guard.authenticate(token)


@pytest.mark.parametrize("change", ["regenerate", "disable", "delete", "revoke the token"])
async def test_what_keystead_ends_is_refused_as_soon_as_the_feed_tells(
    change: str, guard: Guard, admin: httpx.Client, pipeline: Account, line: Line
) -> None:
    first = await guard.authenticate(pipeline.token())
    began_long_ago(guard)
    token = pipeline.token()
    assert await guard.authenticate(token)
    match change:
        case "regenerate":
            answer = admin.post(f"{pipeline.path}/secret")
        case "disable":
            answer = admin.patch(pipeline.path, json={"enabled": False})
        case "delete":
            answer = admin.delete(pipeline.path)
        case _:
            form = {"token": token, "client_id": pipeline.name, "client_secret": pipeline.secret}
            answer = httpx.post(f"{admin.base_url}/api/v2/revoke", data=form)
    assert answer.is_success
    await until(lambda: guard.known(token) is None)
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(token)
    if change == "revoke the token":
        assert await guard.authenticate(first.token)


async def test_a_change_that_ends_nothing_lets_the_token_in_again(
    guard: Guard, admin: httpx.Client, pipeline: Account
) -> None:
    token = pipeline.token()
    assert await guard.authenticate(token)
    assert admin.patch(pipeline.path, json={"description": "as before"}).is_success
    await until(lambda: guard.known(token) is None)
    assert await guard.authenticate(token)
    assert guard.known(token)


async def test_new_signing_keys_are_known_at_once_and_revoked_ones_no_more(
    guard: Guard, admin: httpx.Client, server: Server, pipeline: Account
) -> None:
    old = pipeline.token()
    assert await guard.authenticate(old)
    (key,) = admin.get("/api/v1/signing-keys").json()["signingKeys"]
    assert admin.delete(f"/api/v1/signing-keys/{key['id']}").is_success
    await until(lambda: guard.known(old) is None)
    assert await guard.authenticate(pipeline.token())
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(old)


# Who does not


def segment(content: object) -> str:
    return urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    read = [json.loads(urlsafe_b64decode(one + "=" * (-len(one) % 4))) for one in (header, payload)]
    return read[0], read[1], signature


async def test_nobody_comes_in_by_what_is_no_access_token_of_keysteads(
    guard: Guard, server: Server, pipeline: Account
) -> None:
    token = pipeline.token()
    header, claims, signature = parts(token)
    _, payload, _ = token.split(".")
    for odd in (
        "x",
        "a.b.c",
        "a.b.c.d.e",
        token[:-2],
        f"{token}.",
        f"{segment({**header, 'alg': 'none'})}.{payload}.",
        f"{segment({**header, 'alg': 'HS256'})}.{payload}.{signature}",
        f"{segment({**header, 'kid': 'unknown'})}.{payload}.{signature}",
        f"{segment({**header, 'jku': 'http://127.0.0.1:1/'})}.{payload}.{signature}",
        f"{segment(header)}.{segment({**claims, 'sub': 'somebody'})}.{signature}",
        "x" * 20_000,
        "ü.ü.ü",
    ):
        with pytest.raises(InvalidTokenError):
            await guard.authenticate(odd)
    form = {"grant_type": "password", "username": "admin@keystead.local", "password": "correct horse battery"}
    person = httpx.post(f"{server.url}/api/v2/token", data=form | {"scope": "openid"}).json()
    with pytest.raises(InvalidTokenError, match="not an access token"):
        await guard.authenticate(person["id_token"])
    assert (await guard.authenticate(person["access_token"])).subject_type == "user"


async def test_without_a_token_or_with_two_nobody_comes_in(guard: Guard, pipeline: Account) -> None:
    token = pipeline.token()
    missing: list[list[str]] = [[], [""], ["Bearer"], ["Bearer "], ["Basic YTpi"], [token]]
    for header in missing:
        with pytest.raises(TokenMissingError):
            await guard.from_header(header)
    with pytest.raises(InvalidTokenError):
        await guard.from_header([f"Bearer {token}", f"Bearer {token}"])


async def test_a_token_is_taken_by_the_api_that_it_is_meant_for(
    guard: Guard, server: Server, api: Account, pipeline: Account
) -> None:
    ours, theirs = pipeline.token(), pipeline.token(resource=JOBS)
    with pytest.raises(InvalidTokenError, match="another API"):
        await guard.authenticate(theirs)
    async with Guard(server.url, api.name, api.secret, audiences=[JOBS]) as elsewhere:
        await until(elsewhere.is_current)
        assert await elsewhere.authenticate(theirs)
        with pytest.raises(InvalidTokenError, match="another API"):
            await elsewhere.authenticate(ours)


async def test_a_clock_may_run_ahead_a_little_and_no_more(
    server: Server, api: Account, pipeline: Account
) -> None:
    token = pipeline.token()
    _, claims, _ = parts(token)
    moments = {
        claims["iat"] - 86_400.0: None,  # Keystead says what time it is
        claims["exp"] + 4.0: None,
        claims["exp"] + 5.0: "has expired",
    }
    for moment, refused in moments.items():
        async with Guard(server.url, api.name, api.secret, clock=partial(float, moment)) as guard:
            await until(guard.is_current)
            if refused is None:
                assert await guard.authenticate(token)
            else:
                with pytest.raises(InvalidTokenError, match=refused):
                    await guard.authenticate(token)


async def test_a_token_that_was_seen_expires_all_the_same(
    server: Server, api: Account, pipeline: Account
) -> None:
    token = pipeline.token()
    _, claims, _ = parts(token)
    now = [float(claims["iat"])]
    async with Guard(server.url, api.name, api.secret, clock=lambda: now[0]) as guard:
        await until(guard.is_current)
        assert await guard.authenticate(token)
        now[0] = claims["exp"] + 5.0
        assert guard.known(token) is None
        with pytest.raises(InvalidTokenError, match="expired"):
            await guard.authenticate(token)


# When nobody can be asked


async def silent(guard: Guard, line: Line, cut: Callable[[str], bool]) -> None:
    line.cut = cut
    await until(lambda: not guard.is_current())


@pytest.mark.parametrize("when_silent", ["introspect", "refuse"])
async def test_a_silent_feed_makes_it_ask_or_refuse_as_it_is_told(
    when_silent: Any, server: Server, admin: httpx.Client, api: Account, pipeline: Account, line: Line
) -> None:
    async with (
        httpx.AsyncClient(transport=line, timeout=5) as http,
        Guard(server.url, api.name, api.secret, http=http, silence=1.5, when_silent=when_silent) as guard,
    ):
        await until(guard.is_current)
        token = pipeline.token()
        assert await guard.authenticate(token)
        await silent(guard, line, lambda path: path == "/api/v1/changes")
        assert guard.known(token) is None
        line.asked.clear()
        if when_silent == "refuse":
            with pytest.raises(UnavailableError):
                await guard.authenticate(token)
            assert line.asked == []
        else:
            for _ in range(2):
                assert await guard.authenticate(token)
            assert line.asked == ["/api/v2/introspect"] * 2
            assert admin.post(f"{pipeline.path}/secret").is_success
            with pytest.raises(InvalidTokenError):
                await guard.authenticate(token)


async def test_it_never_fails_open(server: Server, api: Account, pipeline: Account, line: Line) -> None:
    async with (
        httpx.AsyncClient(transport=line, timeout=5) as http,
        Guard(server.url, api.name, api.secret, http=http, silence=1.5) as guard,
    ):
        await until(guard.is_current)
        seen, unseen = pipeline.token(), pipeline.token()
        caller = await guard.authenticate(seen)
        assert not await guard.may(caller, "read", "jobs", "1")
        await silent(guard, line, lambda _: True)
        for token in (seen, unseen):
            with pytest.raises(UnavailableError):
                await guard.authenticate(token)
        with pytest.raises(UnavailableError):
            await guard.may(caller, "read", "jobs", "1")
        line.cut = lambda _: False
        await until(guard.is_current)
        assert await guard.authenticate(seen)


async def test_an_api_that_may_not_verify_lets_nobody_in(
    server: Server, admin: httpx.Client, pipeline: Account
) -> None:
    stranger = Account(admin, server.url, "stranger")
    for secret in (stranger.secret, pipeline.secret):
        async with Guard(server.url, stranger.name, secret) as guard:
            assert not guard.is_current()
            with pytest.raises(UnavailableError):
                await guard.authenticate(pipeline.token())


async def test_an_api_whose_own_secret_is_replaced_lets_nobody_in_any_more(
    server: Server, admin: httpx.Client, api: Account, pipeline: Account
) -> None:
    async with Guard(server.url, api.name, api.secret, silence=1.5) as guard:
        await until(guard.is_current)
        token = pipeline.token()
        assert await guard.authenticate(token)
        assert admin.post(f"{api.path}/secret").is_success
        await until(lambda: not guard.is_current())
        with pytest.raises(UnavailableError):
            await guard.authenticate(token)


async def test_a_server_that_was_away_is_followed_again(
    guard: Guard, server: Server, admin: httpx.Client, pipeline: Account
) -> None:
    token = pipeline.token()
    assert await guard.authenticate(token)
    server.stop()
    server.start()
    assert admin.post(f"{pipeline.path}/secret").is_success
    await until(lambda: guard.is_current() and guard.known(token) is None)
    with pytest.raises(InvalidTokenError):
        await guard.authenticate(token)


async def test_the_first_request_makes_it_follow_where_nobody_started_it(
    server: Server, api: Account, pipeline: Account
) -> None:
    guard = Guard(server.url, api.name, api.secret)
    try:
        assert await guard.authenticate(pipeline.token())
        await until(guard.is_current)
    finally:
        await guard.stop()


# What they may


async def test_a_decision_is_keysteads_and_is_kept_until_something_changes(
    guard: Guard, admin: httpx.Client, pipeline: Account, line: Line
) -> None:
    cluster = admin.post("/api/v1/clusters", json={"name": "here"}).json()["uuid"]
    rule = pipeline.give(VIEWER, cluster, "cluster")
    token = pipeline.token()
    await until(lambda: guard.is_current())
    caller = await guard.authenticate(token)
    await settled(guard, token)
    assert await guard.may(caller, "read", "jobs", cluster)
    assert not await guard.may(caller, "create", "jobs", cluster)
    assert not await guard.may(caller, "read", "jobs", "1")
    line.asked.clear()
    assert await guard.may(caller, "read", "jobs", cluster)
    assert not await guard.may(caller, "create", "jobs", cluster)
    assert line.asked == []
    await guard.require(caller, "read", "jobs", cluster)
    with pytest.raises(ForbiddenError):
        await guard.require(caller, "create", "jobs", cluster)
    assert admin.delete(f"{RULES}/{rule}").is_success
    await until(lambda: guard.known(token) is None)
    caller = await guard.authenticate(token)
    assert not await guard.may(caller, "read", "jobs", cluster)


async def settled(guard: Guard, token: str) -> None:
    """Until the feed has told what was changed before, and the token is remembered."""
    for _ in range(200):
        await guard.authenticate(token)
        moment = guard._standing.moment
        await asyncio.sleep(0.05)
        if guard.known(token) and moment == guard._standing.moment:
            return


async def test_a_role_that_changes_changes_decisions(
    guard: Guard, admin: httpx.Client, pipeline: Account
) -> None:
    def body(*actions: str) -> dict[str, Any]:
        return {
            "name": "workers",
            "description": "",
            "permissions": [{"resourceType": "jobs", "actions": list(actions)}],
        }

    role = admin.post("/api/v2/authorization/roles", json=body("read")).json()["id"]
    pipeline.give(role)
    token = pipeline.token()
    caller = await guard.authenticate(token)
    await settled(guard, token)
    assert not await guard.may(caller, "create", "jobs", "1")
    assert admin.put(f"/api/v2/authorization/roles/{role}", json=body("read", "create")).is_success
    for _ in range(200):
        if await guard.may(caller, "create", "jobs", "1"):
            break
        await asyncio.sleep(0.05)
    assert await guard.may(caller, "create", "jobs", "1")


async def test_a_narrowed_token_may_no_more_than_it_says(guard: Guard, pipeline: Account, line: Line) -> None:
    pipeline.give(L1_RESEARCHER)
    caller = await guard.authenticate(pipeline.token(scope="jobs:read"))
    line.asked.clear()
    assert not await guard.may(caller, "create", "jobs", "1")
    assert line.asked == [], "the token says it itself"
    assert await guard.may(caller, "read", "jobs", "1")


async def test_a_place_that_there_is_not_is_nobodys(guard: Guard, pipeline: Account) -> None:
    pipeline.give(VIEWER)
    caller = await guard.authenticate(pipeline.token())
    for place in ("00000000-0000-4000-8000-000000000000", "x", "2"):
        assert not await guard.may(caller, "read", "jobs", place)


# In frameworks


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment(server: Server, api: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYSTEAD_URL", server.url)
    monkeypatch.setenv("KEYSTEAD_CLIENT_ID", api.name)
    monkeypatch.setenv("KEYSTEAD_CLIENT_SECRET", api.secret)


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("name", ["fastapi_jobs", "starlette_jobs", "litestar_jobs"])
async def test_an_api_of_each_framework_lets_in_who_may(
    name: str, admin: httpx.Client, pipeline: Account
) -> None:
    cluster = admin.post("/api/v1/clusters", json={"name": "here"}).json()["uuid"]
    pipeline.give(VIEWER, cluster, "cluster")
    module = example(name)
    headers = {"Authorization": f"Bearer {pipeline.token()}"}
    transport = httpx.ASGITransport(module.app)
    async with module.guard, httpx.AsyncClient(transport=transport, base_url="http://jobs") as client:
        whoami = await client.get("/whoami", headers=headers)
        assert whoami.json() == {"subject": pipeline.id, "client_id": "ci-pipeline"}
        jobs = f"/projects/{cluster}/jobs"
        assert (await client.get(jobs, headers=headers)).json() == {cluster: ["train-7", "train-8"]}
        for answer in (
            await client.post(jobs, headers=headers),
            await client.get("/projects/1/jobs", headers=headers),
            await client.get("/projects/unknown/jobs", headers=headers),
        ):
            assert answer.status_code == 403
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic YTpi"}):
            answer = await client.get(jobs, headers=wrong)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer ")


@pytest.mark.usefixtures("environment")
async def test_the_middleware_lets_in_who_has_a_good_token(pipeline: Account) -> None:
    module = example("asgi_plain")
    transport = httpx.ASGITransport(module.app)
    async with module.guard, httpx.AsyncClient(transport=transport, base_url="http://api") as client:
        assert (await client.get("/health")).json() == {"healthy": True}
        refused = await client.get("/health/x")
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
        headers = {"Authorization": f"Bearer {pipeline.token()}"}
        assert (await client.get("/", headers=headers)).json()["client_id"] == "ci-pipeline"


@pytest.mark.usefixtures("environment")
async def test_the_middleware_closes_a_websocket_that_brings_no_token() -> None:
    module = example("asgi_plain")
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await module.app({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert [(one["type"], one["code"]) for one in sent] == [("websocket.close", 1008)]
    await module.guard.stop()


@pytest.mark.usefixtures("environment")
async def test_where_keystead_is_away_an_api_answers_503(server: Server, pipeline: Account) -> None:
    module, token = example("fastapi_jobs"), pipeline.token()
    server.stop()
    transport = httpx.ASGITransport(module.app)
    async with module.guard, httpx.AsyncClient(transport=transport, base_url="http://jobs") as client:
        answer = await client.get("/whoami", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_what_is_refused_holds_no_token() -> None:
    for error in (TokenMissingError(), InvalidTokenError("x"), ForbiddenError("y"), UnavailableError("z")):
        assert isinstance(error, RefusedError)
        assert error.status in (401, 403, 503)
        assert error.body.keys() == {"error", "error_description"}
    caller = Caller("s", "user", "c", "1", frozenset(), "j", "k", 1, 2, {"a": "secret"}, "secret")
    assert "secret" not in repr(caller)

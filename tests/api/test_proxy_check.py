"""The check for proxies: who passes, who does not, and that nothing is believed but the token."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from keystead.kit.errors import KeysteadError
from tests.api.verifying import RULES, Account, account, earn, give
from tests.inside import Inside, running_inside

CHECK: Final = "/api/v1/proxy-check"
ENVOY: Final = f"{CHECK}/envoy"
JOBS: Final = "https://jobs.example.com"
VIEWER, L1_RESEARCHER = 7, 5
TABLE: Final = """
[[rule]]
host = "jobs.example.com"
methods = ["GET", "HEAD"]
path = "/projects/{project}/jobs/**"
action = "read"
resource = "jobs"
scope = "{project}"

[[rule]]
host = "jobs.example.com"
methods = ["POST"]
path = "/projects/{project}/jobs"
action = "create"
resource = "jobs"
scope = "{project}"

[[rule]]
path = "/whoami"
signed_in = true

[[rule]]
path = "/for-jobs"
signed_in = true
audience = "https://jobs.example.com"
"""


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    table = tmp_path / "rules.toml"
    table.write_text(TABLE)
    settings = {"KEYSTEAD_PROXY_RULES": str(table)}
    async with running_inside(tmp_path, settings=settings) as started:
        yield started


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


@pytest.fixture
async def cluster(admin: httpx.AsyncClient) -> str:
    return str((await admin.post("/api/v1/clusters", json={"name": "here"})).json()["uuid"])


def forwarded(method: str, uri: str, token: str | None = None, **more: str) -> dict[str, str]:
    headers = {"X-Forwarded-Method": method, "X-Forwarded-Host": "jobs.example.com", "X-Forwarded-Uri": uri}
    return headers | ({"Authorization": f"Bearer {token}"} if token else {}) | more


async def check(
    inside: Inside, method: str, uri: str, token: str | None = None, **more: str
) -> httpx.Response:
    return await inside.anonymous.get(CHECK, headers=forwarded(method, uri, token, **more))


async def status(inside: Inside, method: str, uri: str, token: str | None = None) -> int:
    """By the headers of most proxies, and as Envoy asks: both the same."""
    by_headers = await check(inside, method, uri, token)
    own = {"Authorization": f"Bearer {token}"} if token else {}
    by_path = await inside.anonymous.request(method, ENVOY + uri, headers=own | {"Host": "jobs.example.com"})
    assert by_path.status_code == by_headers.status_code
    return by_headers.status_code


def identity(answer: httpx.Response) -> dict[str, str]:
    return {
        name.removeprefix("x-keystead-"): value
        for name, value in answer.headers.items()
        if name.startswith("x-keystead-")
    }


async def reader(inside: Inside, admin: httpx.AsyncClient, cluster: str, **more: str) -> tuple[Account, str]:
    """An account that reads jobs in the cluster, and its token."""
    made = await account(admin, "ci-pipeline")
    await give(admin, made.name, VIEWER, scopeId=cluster, scopeType="cluster")
    return made, await earn(inside, made, **more)


async def test_who_may_passes_with_an_identity(
    inside: Inside, admin: httpx.AsyncClient, cluster: str
) -> None:
    made, token = await reader(inside, admin, cluster)
    answer = await check(inside, "GET", f"/projects/{cluster}/jobs/7?tail=9", token)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert identity(answer) == {
        "subject": made.id,
        "subject-type": "service-account",
        "client-id": "ci-pipeline",
        "name": "ci-pipeline",
        "scope": "",
        "tenant-id": "1",
    }


async def test_permission_and_place_decide(inside: Inside, admin: httpx.AsyncClient, cluster: str) -> None:
    _, token = await reader(inside, admin, cluster)
    assert await status(inside, "GET", f"/projects/{cluster}/jobs", token) == 200
    assert await status(inside, "POST", f"/projects/{cluster}/jobs", token) == 403
    assert await status(inside, "GET", "/projects/1/jobs", token) == 403
    assert await status(inside, "GET", "/projects/00000000-0000-4000-8000-000000000000/jobs", token) == 403
    assert await status(inside, "GET", "/projects/x/jobs", token) == 403
    assert await status(inside, "GET", "/whoami", token) == 200


async def test_without_a_good_token_nobody_passes(inside: Inside, admin: httpx.AsyncClient) -> None:
    for token in (None, "x", "a.b.c"):
        answer = await check(inside, "GET", "/whoami", token)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert identity(answer) == {}
        assert await status(inside, "GET", "/whoami", token) == 401
    basic = await inside.anonymous.get(
        CHECK, headers=forwarded("GET", "/whoami") | {"Authorization": "Basic YTpi"}
    )
    assert basic.status_code == 401
    signed_in = await inside.sign_in(scope="openid")
    assert await status(inside, "GET", "/whoami", signed_in["id_token"]) == 401
    assert await status(inside, "GET", "/whoami", signed_in["access_token"]) == 200


async def test_what_no_rule_knows_does_not_pass_whoever_asks(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    token = str((await inside.sign_in())["access_token"])
    for uri in ("/", "/other", "/whoami/", "/whoami/../other", "/%2e%2e/whoami", "//whoami"):
        answer = await check(inside, "GET", uri, token)
        assert answer.status_code == 403, uri
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
        assert identity(answer) == {}


async def test_envoys_broken_paths_do_not_pass_either(inside: Inside, admin: httpx.AsyncClient) -> None:
    token = str((await inside.sign_in())["access_token"])
    headers = {"Authorization": f"Bearer {token}", "Host": "jobs.example.com"}
    for path in (ENVOY, f"{ENVOY}x", f"{ENVOY}whoami", f"{ENVOY}/other", f"{ENVOY}/%2e/whoami"):
        url = httpx.URL("https://keystead.example").copy_with(raw_path=path.encode())
        assert (await inside.anonymous.get(url, headers=headers)).status_code in (400, 403, 404)


async def test_envoy_asks_for_one_host(inside: Inside, admin: httpx.AsyncClient) -> None:
    token = str((await inside.sign_in())["access_token"])
    own = [("Authorization", f"Bearer {token}"), ("Host", "jobs.example.com")]
    assert (await inside.anonymous.get(f"{ENVOY}/whoami", headers=own)).status_code == 200
    twice = [*own, ("Host", "admin.example.com")]
    assert (await inside.anonymous.get(f"{ENVOY}/whoami", headers=twice)).status_code == 400


async def test_what_a_caller_says_of_itself_is_not_believed(
    inside: Inside, admin: httpx.AsyncClient, cluster: str
) -> None:
    made, token = await reader(inside, admin, cluster)
    lies = {"X-Keystead-Subject": "somebody-else", "X-Keystead-Name": "admin@keystead.local"}
    answer = await check(inside, "GET", "/whoami", token, **lies)
    assert identity(answer)["subject"] == made.id
    assert identity(answer)["name"] == "ci-pipeline"
    assert (await check(inside, "GET", "/whoami", None, **lies)).status_code == 401
    # Envoy asks with the request itself, in which these are the caller's words.
    own = {"Authorization": f"Bearer {token}", "Host": "jobs.example.com"}
    asked = await inside.anonymous.post(
        f"{ENVOY}/projects/{cluster}/jobs", headers=own | forwarded("GET", "/whoami")
    )
    assert asked.status_code == 403


async def test_what_was_asked_for_must_be_told_once(inside: Inside, admin: httpx.AsyncClient) -> None:
    token = str((await inside.sign_in())["access_token"])
    whole = forwarded("GET", "/whoami", token)
    for name in ("X-Forwarded-Method", "X-Forwarded-Host", "X-Forwarded-Uri"):
        without = {key: value for key, value in whole.items() if key != name}
        twice = [*whole.items(), (name, whole[name])]
        for headers in (without, whole | {name: ""}, twice):
            answer = await inside.anonymous.get(CHECK, headers=headers)
            assert answer.status_code == 400
            assert answer.json()["message"].startswith(name.lower())


async def test_a_scope_narrows_what_passes(inside: Inside, admin: httpx.AsyncClient, cluster: str) -> None:
    _, token = await reader(inside, admin, cluster, scope="workloads:read")
    assert await status(inside, "GET", f"/projects/{cluster}/jobs", token) == 403
    answer = await check(inside, "GET", "/whoami", token)
    assert identity(answer)["scope"] == "workloads:read"


async def test_a_token_passes_where_it_is_meant_for(inside: Inside, admin: httpx.AsyncClient) -> None:
    made = await account(admin, "ci-pipeline", audiences=[JOBS])
    ours, theirs = await earn(inside, made), await earn(inside, made, resource=JOBS)
    assert [await status(inside, "GET", "/whoami", token) for token in (ours, theirs)] == [200, 401]
    assert [await status(inside, "GET", "/for-jobs", token) for token in (ours, theirs)] == [401, 200]


async def test_what_a_change_takes_away_is_gone_with_its_answer(
    inside: Inside, admin: httpx.AsyncClient, cluster: str
) -> None:
    made = await account(admin, "ci-pipeline")
    rule = await give(admin, made.name, L1_RESEARCHER, scopeId=cluster, scopeType="cluster")
    token, uri = await earn(inside, made), f"/projects/{cluster}/jobs"
    assert await status(inside, "POST", uri, token) == 200
    assert (await admin.delete(f"{RULES}/{rule}")).is_success
    assert await status(inside, "POST", uri, token) == 403
    await give(admin, made.name, L1_RESEARCHER, scopeId=cluster, scopeType="cluster")
    assert await status(inside, "POST", uri, token) == 200
    assert (await admin.post(f"{made.path}/secret")).is_success
    assert await status(inside, "POST", uri, token) == 401


async def test_who_has_a_temporary_password_does_not_pass(inside: Inside, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/api/v1/users", json={"email": "dana@example.com"})).json()
    token = (await inside.sign_in("dana@example.com", made["tempPassword"]))["access_token"]
    assert await status(inside, "GET", "/whoami", token) == 401


async def test_a_place_that_was_deleted_lets_nobody_pass(
    inside: Inside, admin: httpx.AsyncClient, cluster: str
) -> None:
    token = str((await inside.sign_in())["access_token"])
    uri = f"/projects/{cluster}/jobs"
    assert await status(inside, "GET", uri, token) == 200
    assert (await admin.delete(f"/api/v1/clusters/{cluster}?force=true")).is_success
    assert await status(inside, "GET", uri, token) == 403


async def test_a_known_token_and_place_cost_no_read(
    inside: Inside, admin: httpx.AsyncClient, cluster: str
) -> None:
    """A query budget: a proxy asks for every request."""
    _, token = await reader(inside, admin, cluster)
    uri = f"/projects/{cluster}/jobs"
    assert (await check(inside, "GET", uri, token)).status_code == 200
    inside.database.reads.clear()
    assert (await check(inside, "GET", uri, token)).status_code == 200
    assert inside.database.reads == []


async def test_without_a_table_nothing_passes(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as inside:
        token = str((await inside.sign_in())["access_token"])
        assert (await check(inside, "GET", "/whoami", token)).status_code == 403


@pytest.mark.parametrize(
    ("text", "says"), [("[[rule]]\npath = '/x'", "Proxy rule 1"), (None, "cannot be read")]
)
async def test_a_table_that_is_wrong_stops_the_start(tmp_path: Path, text: str | None, says: str) -> None:
    table = tmp_path / "rules.toml"
    if text is not None:
        table.write_text(text)
    settings: dict[str, Any] = {"KEYSTEAD_PROXY_RULES": str(table)}
    with pytest.raises(KeysteadError, match=says):
        async with running_inside(tmp_path, settings=settings):
            pass

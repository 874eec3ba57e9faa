"""docs/guides/behind-nginx.md, word for word: its table, its configurations, real proxies, an API that echoes."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, NamedTuple

import httpx
import pytest

from tests.guides import blocks
from tests.proxies import Proxy, envoys_cluster
from tests.serving import Server, sign_in, token_for

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
VIEWER: Final = 7
IDENTITY: Final = ("subject", "subject-type", "client-id", "name", "scope", "tenant-id")


class Echo(BaseHTTPRequestHandler):
    """An API that tells what reached it, and knows nothing of tokens."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps(
            {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "names": [name.lower() for name in self.headers],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer  # noqa: N815 - as the library calls them

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Site(NamedTuple):
    """A caller of the API, by way of a proxy; what that answers when Keystead does not."""

    client: httpx.Client
    admin: httpx.Client
    keystead: Server
    account_id: str
    token: str
    cluster: str
    broken: int


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def configuration(name: str, keystead: str, api: str) -> str:
    if name == "nginx":
        return blocks("behind-nginx", "nginx")[0].replace("$keystead/", f"{keystead}/").replace("$api", api)
    if name == "envoy":
        return blocks("behind-nginx", "yaml")[1]
    told = blocks("behind-nginx", "caddyfile")[0].replace("jobs.example.com {", "http://jobs.example.com {")
    return told.replace("keystead:8080", keystead).replace("jobs:8000", api)


@pytest.fixture(scope="module", params=["nginx", "caddy", "envoy"])
def site(
    echo: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Site]:
    name: str = request.param
    folder = tmp_path_factory.mktemp(name)
    table = folder / "rules.toml"
    table.write_text(blocks("behind-nginx", "toml")[0])
    settings = {"KEYSTEAD_PROXY_RULES": str(table)}
    with Server(folder / "var", settings) as keystead, sign_in(keystead.url) as admin:
        cluster = admin.post("/api/v1/clusters", json={"name": "here"}).json()["uuid"]
        made = admin.post(ACCOUNTS, json={"name": "ci-pipeline"}).json()
        wish = {"subjectId": "ci-pipeline", "subjectType": "service-account", "roleId": VIEWER}
        assert admin.post(RULES, json=wish | {"scopeId": cluster, "scopeType": "cluster"}).status_code == 201
        token = token_for(keystead.url, "ci-pipeline", made["clientSecret"])
        told = configuration(name, keystead.url, echo)
        clusters = f"{envoys_cluster('keystead', keystead.url)}, {envoys_cluster('jobs', echo)}"
        headers = {"Host": "jobs.example.com"}
        with (
            Proxy(name, folder, told, clusters) as proxy,
            httpx.Client(base_url=proxy.url, headers=headers) as client,
        ):
            broken = {"nginx": 500, "caddy": 502, "envoy": 403}
            yield Site(client, admin, keystead, made["id"], token, cluster, broken[name])


def bearing(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", **more}


def identity(answer: httpx.Response) -> dict[str, str]:
    headers = answer.json()["headers"]
    return {name: headers[f"x-keystead-{name}"] for name in IDENTITY if headers.get(f"x-keystead-{name}")}


def test_who_may_reaches_the_api_with_an_identity_and_without_the_token(site: Site) -> None:
    answer = site.client.get(f"/projects/{site.cluster}/jobs/7?tail=9", headers=bearing(site.token))
    assert answer.status_code == 200, answer.text
    assert answer.json()["path"] == f"/projects/{site.cluster}/jobs/7?tail=9"
    assert identity(answer) == {
        "subject": site.account_id,
        "subject-type": "service-account",
        "client-id": "ci-pipeline",
        "name": "ci-pipeline",
        "tenant-id": "1",
    }
    assert "authorization" not in answer.json()["headers"]


def test_what_a_caller_says_of_itself_never_arrives(site: Site) -> None:
    lies = {f"X-Keystead-{name.title()}": "somebody-else" for name in IDENTITY}
    # Some servers take `_` for `-` in a header's name.
    lies |= {name.replace("-", "_"): value for name, value in lies.items()}
    lies |= {"X-Keystead_Subject": "somebody-else", "X_Keystead-Subject": "somebody-else"}
    answer = site.client.get("/whoami", headers=bearing(site.token, **lies))
    assert answer.status_code == 200
    assert "somebody-else" not in answer.text
    assert identity(answer)["subject"] == site.account_id
    # An empty one is handed on empty or not at all, rather than as its caller sent it.
    assert not answer.json()["headers"].get("x-keystead-scope")
    names = answer.json()["names"]
    assert len(names) == len(set(names))


def test_a_caller_cannot_tell_the_proxy_what_it_asked_for(site: Site) -> None:
    lies = {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/whoami", "X-Forwarded-Host": "jobs.example.com"}
    answer = site.client.post(f"/projects/{site.cluster}/jobs", headers=bearing(site.token, **lies))
    assert answer.status_code == 403


def test_who_may_not_is_refused(site: Site) -> None:
    headers = bearing(site.token)
    assert (
        site.client.post(f"/projects/{site.cluster}/jobs", headers=headers, content=b"{}").status_code == 403
    )
    assert site.client.get("/projects/1/jobs", headers=headers).status_code == 403
    assert site.client.get("/elsewhere", headers=headers).status_code == 403
    elsewhere = site.client.get("/whoami", headers=headers | {"Host": "other.example.com"})
    assert elsewhere.status_code == 403 or not elsewhere.content, (
        "Caddy answers by itself for what is no site of it"
    )


def test_paths_that_can_be_read_in_two_ways_are_refused(site: Site) -> None:
    for path in (
        "/whoami/../elsewhere",
        "/%2e/whoami",
        "/x/..%2fwhoami",
        "//whoami",
        f"/projects/{site.cluster}/jobs/..;/x",
    ):
        url = httpx.URL(site.client.base_url).copy_with(raw_path=path.encode())
        assert site.client.get(url, headers=bearing(site.token)).status_code in (400, 403), path


def test_without_a_token_the_answer_says_how_to_come_in(site: Site) -> None:
    answer = site.client.get("/whoami")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer ")


def test_a_revoked_secret_is_felt_in_the_next_request_and_without_keystead_nothing_passes(site: Site) -> None:
    assert site.client.get("/whoami", headers=bearing(site.token)).status_code == 200
    assert site.admin.post(f"{ACCOUNTS}/{site.account_id}/secret").is_success
    assert site.client.get("/whoami", headers=bearing(site.token)).status_code == 401
    site.keystead.stop()
    assert site.client.get("/whoami", headers=bearing(site.token)).status_code == site.broken


def test_the_other_configurations_name_every_header() -> None:
    for told in (*blocks("behind-nginx", "yaml")[:1], *blocks("behind-nginx", "caddyfile")):
        assert all(f"x-keystead-{name}" in told.lower() for name in IDENTITY)

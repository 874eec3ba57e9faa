"""One server a module, and ways to call it as somebody."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import httpx
import pytest

from tests.conformance import DOCUMENT, Description
from tests.serving import Server, bearing, sign_in, token_for

RuleWish = tuple[int, str, str]
MakeAccount = Callable[..., httpx.Client]


@pytest.fixture(scope="package", autouse=True)
def described() -> Iterator[None]:
    """Every answer that a test here gets is held against the server's own description of its API."""
    plain, known = httpx.Client.send, dict[str, Description | None]()

    def send(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        answer = plain(client, request, **options)
        origin = str(request.url.copy_with(raw_path=b"/"))
        if origin not in known:
            asked = plain(client, httpx.Request("GET", request.url.copy_with(raw_path=DOCUMENT.encode())))
            # What serves the figures for Prometheus is no API, and describes none.
            known[origin] = Description(asked.json()) if asked.is_success else None
        description = known[origin]
        if description is not None and answer.is_stream_consumed:
            description.check(answer)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", send)
        yield


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server itself, for tests that need more than its address."""
    with Server(tmp_path_factory.mktemp("server") / "var") as server:
        yield server


@pytest.fixture(scope="module")
def server(running: Server) -> str:
    """The address of a real server process."""
    return running.url


@pytest.fixture(scope="module")
def admin(server: str) -> Iterator[httpx.Client]:
    """Signed in as the first administrator."""
    with sign_in(server) as client:
        yield client


@pytest.fixture(scope="module")
def anonymous(server: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def make_account(server: str, admin: httpx.Client) -> Callable[..., httpx.Client]:
    """`make_account("name", rules=[(role_id, scope_id, scope_type)])`: a client signed in as a new service account."""
    numbers = itertools.count(1)

    def make(name: str | None = None, rules: Sequence[RuleWish] = ()) -> httpx.Client:
        name = name or f"caller-{next(numbers)}"
        created = admin.post("/api/v1/service-accounts", json={"name": name})
        assert created.status_code == 201, created.text
        for role_id, scope_id, scope_type in rules:
            give(admin, name, role_id, scope_id, scope_type)
        return bearing(server, token_for(server, name, created.json()["clientSecret"]))

    return make


def give(admin: httpx.Client, client_id: str, role_id: int, scope_id: str, scope_type: str) -> int:
    """Gives an account a role; returns the rule's id."""
    wish = {
        "subjectId": client_id,
        "subjectType": "service-account",
        "roleId": role_id,
        "scopeId": scope_id,
        "scopeType": scope_type,
    }
    answer = admin.post("/api/v1/authorization/access-rules", json=wish)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


class Place(NamedTuple):
    """A node of the organisation, as rules name it."""

    id: str
    type: str


@dataclass(frozen=True)
class Organisation:
    """Two clusters; in each two departments; in each of those two projects. Named as `a`, `a1`, `a1x`."""

    tenant: Place
    places: dict[str, Place]

    def __getitem__(self, name: str) -> Place:
        return self.places[name]


@pytest.fixture(scope="module")
def organisation(admin: httpx.Client) -> Organisation:
    places: dict[str, Place] = {}
    for cluster in "ab":
        answer = admin.post("/api/v1/clusters", json={"name": f"cluster-{cluster}"})
        assert answer.status_code == 201, answer.text
        places[cluster] = Place(answer.json()["uuid"], "cluster")
        for department in "12":
            body = {
                "name": f"department-{cluster}{department}",
                "clusterId": places[cluster].id,
                "resources": [],
            }
            answer = admin.post("/api/v1/org-unit/departments", json=body)
            assert answer.status_code == 201, answer.text
            name = f"{cluster}{department}"
            places[name] = Place(answer.json()["id"], "department")
            for project in "xy":
                body = {
                    "name": f"project-{name}{project}",
                    "clusterId": places[cluster].id,
                    "parentId": places[name].id,
                    "resources": [],
                }
                answer = admin.post("/api/v1/org-unit/projects", json=body)
                assert answer.status_code == 201, answer.text
                places[f"{name}{project}"] = Place(answer.json()["id"], "project")
    return Organisation(Place("1", "tenant"), places)

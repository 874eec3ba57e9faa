"""Deleting a node with all that lies in it: nothing is orphaned, and every right is needed."""

import itertools
from typing import Any, NamedTuple

import httpx
import pytest

from tests.api.conftest import give
from tests.serving import bearing, token_for

CLUSTERS = "/api/v1/clusters"
DEPARTMENTS = "/api/v1/org-unit/departments"
PROJECTS = "/api/v1/org-unit/projects"
ACCOUNTS = "/api/v1/service-accounts"
RULES = "/api/v1/authorization/access-rules"
ROLES = "/api/v2/authorization/roles"
USERS = "/api/v1/users"
(
    SYSTEM_ADMINISTRATOR,
    EDITOR,
    RESEARCH_MANAGER,
    VIEWER,
    APPLICATION_ADMINISTRATOR,
    DEPARTMENT_ADMINISTRATOR,
) = (
    1,
    3,
    4,
    7,
    1708,
    1710,
)
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    return f"{word}-{next(_numbers)}"


class Branch(NamedTuple):
    """A cluster with one department and one project in it."""

    cluster: str
    department: str
    project: str

    def paths(self) -> list[str]:
        return [
            f"{CLUSTERS}/{self.cluster}",
            f"{DEPARTMENTS}/{self.department}",
            f"{PROJECTS}/{self.project}",
        ]


class Made(NamedTuple):
    id: str
    name: str
    secret: str


@pytest.fixture
def branch(admin: httpx.Client) -> Branch:
    return make_branch(admin)


def make_branch(admin: httpx.Client) -> Branch:
    cluster = created(admin, CLUSTERS, name=fresh("cluster"))["uuid"]
    department = created(admin, DEPARTMENTS, name=fresh("department"), clusterId=cluster, resources=[])["id"]
    place = {"clusterId": cluster, "parentId": department, "resources": []}
    return Branch(cluster, department, created(admin, PROJECTS, name=fresh("project"), **place)["id"])


def created(caller: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = caller.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def make(admin: httpx.Client, home: str | None = None) -> Made:
    """A service account, at home in the tenant or in `home`."""
    place = {} if home is None else {"scopeId": home}
    answer = created(admin, ACCOUNTS, name=fresh("account"), **place)
    return Made(answer["id"], answer["name"], answer["clientSecret"])


def make_role(admin: httpx.Client, home: str) -> int:
    permissions = [{"resourceType": "project", "actions": ["read"]}]
    answer = created(admin, ROLES, name=fresh("role"), description="", permissions=permissions, scopeId=home)
    return int(answer["id"])


def cascade(caller: httpx.Client, path: str, **asked: str) -> httpx.Response:
    return caller.delete(path, params={"cascade": "true", **asked})


def statuses(caller: httpx.Client, *paths: str) -> list[int]:
    return [caller.get(path).status_code for path in paths]


def last_entry(admin: httpx.Client) -> dict[str, Any]:
    asked = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z", "numberOfSamples": "1"}
    answer = admin.get("/api/v1/audit/log", params={**asked, "sortBy": "timestamp", "sortOrder": "desc"})
    assert answer.status_code == 200, answer.text
    entry: dict[str, Any] = answer.json()["logs"][0]
    return entry


LEVELS = ("cluster", "department", "project")


# What goes


@pytest.mark.parametrize("level", range(3))
def test_everything_in_a_node_goes_with_it_and_nothing_else(
    admin: httpx.Client, server: str, branch: Branch, level: int
) -> None:
    things: list[list[str]] = []
    tokens = []
    for home, word in zip(branch, LEVELS, strict=True):
        account, role = make(admin, home), make_role(admin, home)
        rules = [give(admin, account.name, given, home, word) for given in (VIEWER, role)]
        things.append([f"{ACCOUNTS}/{account.id}", f"{ROLES}/{role}", *(f"{RULES}/{rule}" for rule in rules)])
        tokens.append(token_for(server, account.name, account.secret))
    path = branch.paths()[level]
    assert cascade(admin, path).status_code == (202 if level == 0 else 204)
    for place in range(3):
        expected = 404 if place >= level else 200
        assert statuses(admin, branch.paths()[place], *things[place]) == [expected] * 5
        with bearing(server, tokens[place]) as caller:
            assert caller.get(f"{RULES.rpartition('/')[0]}/permissions").status_code == (
                401 if place >= level else 200
            )

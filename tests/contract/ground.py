"""What the contract's tests stand on: the organisation in which the story plays, and the account that it is about."""

from typing import Any, Final, NamedTuple

import httpx

SYSTEM_ADMINISTRATOR: Final = 1
L1_RESEARCHER: Final = 5
PIPELINE: Final = "ci-pipeline-prod"
SERVICE_ACCOUNTS: Final = "/api/v1/service-accounts"
ACCESS_RULES: Final = "/api/v1/authorization/access-rules"


class Organisation(NamedTuple):
    """Cluster A with a department and a project; cluster B with a department and three. All are ids."""

    tenant: str
    a: str
    a_department: str
    a_project: str
    b: str
    b_department: str
    b_projects: tuple[str, str, str]


class Account(NamedTuple):
    """An account with the rules that it was given."""

    id: str
    client_id: str
    secret: str
    rule_ids: tuple[int, ...]


def make_organisation(admin: httpx.Client) -> Organisation:
    a, b = (_made(admin, "/api/v1/clusters", {"name": name})["uuid"] for name in ("cluster-a", "cluster-b"))
    a_department, b_department = (_department(admin, cluster) for cluster in (a, b))
    one, two, three = (_project(admin, f"b-{name}", b, b_department) for name in ("one", "two", "three"))
    return Organisation(
        "1", a, a_department, _project(admin, "a-one", a, a_department), b, b_department, (one, two, three)
    )


def make_pipeline(admin: httpx.Client, organisation: Organisation) -> Account:
    """The account of the story: L1 researcher in cluster A and in two of the projects of cluster B."""
    made = _made(admin, SERVICE_ACCOUNTS, {"name": PIPELINE})
    rules = [give(admin, PIPELINE, L1_RESEARCHER, "cluster", organisation.a)]
    rules += [give(admin, PIPELINE, L1_RESEARCHER, "project", one) for one in organisation.b_projects[:2]]
    return Account(made["id"], PIPELINE, made["clientSecret"], tuple(rules))


def make_platform(admin: httpx.Client) -> Account:
    name = "platform-engineering"
    made = _made(admin, SERVICE_ACCOUNTS, {"name": name})
    rule = give(admin, name, SYSTEM_ADMINISTRATOR, "tenant", "1")
    return Account(made["id"], name, made["clientSecret"], (rule,))


def give(admin: httpx.Client, client_id: str, role_id: int, scope_type: str, scope_id: str) -> int:
    """Gives an account a role; returns the rule's id."""
    wish = {
        "subjectId": client_id,
        "subjectType": "service-account",
        "roleId": role_id,
        "scopeId": scope_id,
        "scopeType": scope_type,
    }
    return int(_made(admin, ACCESS_RULES, wish)["id"])


def _department(admin: httpx.Client, cluster: str) -> str:
    body = {"name": "research", "clusterId": cluster, "resources": []}
    return str(_made(admin, "/api/v1/org-unit/departments", body)["id"])


def _project(admin: httpx.Client, name: str, cluster: str, department: str) -> str:
    body = {"name": name, "clusterId": cluster, "parentId": department, "resources": []}
    return str(_made(admin, "/api/v1/org-unit/projects", body)["id"])


def _made(admin: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made

"""Deleting a node with all that lies in it: nothing is orphaned, every right is needed, and people stay."""

import itertools
from typing import Any, NamedTuple

import httpx
import pytest

from tests.api.conftest import MakeAccount, Organisation, give
from tests.serving import bearing, sign_in, token_for

CLUSTERS = "/api/v1/clusters"
DEPARTMENTS = "/api/v1/org-unit/departments"
PROJECTS = "/api/v1/org-unit/projects"
ACCOUNTS = "/api/v1/service-accounts"
RULES = "/api/v1/authorization/access-rules"
PERMISSIONS = "/api/v1/authorization/permissions"
ROLES = "/api/v2/authorization/roles"
USERS = "/api/v1/users"
SYSTEM_ADMINISTRATOR, EDITOR, VIEWER, DEPARTMENT_ADMINISTRATOR = 1, 3, 7, 1710
UNKNOWN = "00000000-0000-4000-8000-000000000000"
LEVELS = ("cluster", "department", "project")
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    return f"{word}-{next(_numbers)}"


class Branch(NamedTuple):
    """A cluster with one department and one project in it, by their ids."""

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
    """A service account."""

    id: str
    name: str
    secret: str

    @property
    def path(self) -> str:
        return f"{ACCOUNTS}/{self.id}"


@pytest.fixture
def branch(admin: httpx.Client) -> Branch:
    return make_branch(admin)


def created(caller: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = caller.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def make_branch(admin: httpx.Client) -> Branch:
    cluster = created(admin, CLUSTERS, name=fresh("cluster"))["uuid"]
    department = created(admin, DEPARTMENTS, name=fresh("department"), clusterId=cluster, resources=[])["id"]
    place = {"clusterId": cluster, "parentId": department, "resources": []}
    return Branch(cluster, department, created(admin, PROJECTS, name=fresh("project"), **place)["id"])


def make(admin: httpx.Client, home: str = "1") -> Made:
    answer = created(admin, ACCOUNTS, name=fresh("account"), scopeId=home)
    return Made(answer["id"], answer["name"], answer["clientSecret"])


def make_role(admin: httpx.Client, home: str, permissions: dict[str, list[str]] | None = None) -> int:
    wanted = permissions or {"project": ["read"]}
    body = {
        "name": fresh("role"),
        "description": "",
        "scopeId": home,
        "permissions": [{"resourceType": name, "actions": actions} for name, actions in wanted.items()],
    }
    return int(created(admin, ROLES, **body)["id"])


def make_user(admin: httpx.Client, home: str, *groups: str) -> tuple[str, str]:
    """Their id and e-mail."""
    email = f"{fresh('person')}@example.org"
    return created(admin, USERS, email=email, scopeId=home, groups=list(groups))["id"], email


def give_to(admin: httpx.Client, kind: str, name: str, scope: tuple[str, str], role: int = VIEWER) -> int:
    wish = {
        "subjectId": name,
        "subjectType": kind,
        "roleId": role,
        "scopeId": scope[0],
        "scopeType": scope[1],
    }
    return int(created(admin, RULES, **wish)["id"])


def cascade(caller: httpx.Client, path: str, **asked: str) -> httpx.Response:
    return caller.delete(path, params={"cascade": "true", **asked})


def statuses(caller: httpx.Client, *paths: str) -> list[int]:
    return [caller.get(path).status_code for path in paths]


def last_entry(admin: httpx.Client) -> dict[str, Any]:
    asked = {"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z", "numberOfSamples": "1"}
    answer = admin.get("/api/v1/audit/log", params=asked | {"sortBy": "timestamp", "sortOrder": "desc"})
    assert answer.status_code == 200, answer.text
    entry: dict[str, Any] = answer.json()["logs"][0]
    return entry


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
        things.append([account.path, f"{ROLES}/{role}", *(f"{RULES}/{rule}" for rule in rules)])
        tokens.append(token_for(server, account.name, account.secret))
    assert cascade(admin, branch.paths()[level]).status_code == (202 if level == 0 else 204)
    for place in range(3):
        is_gone = place >= level
        assert statuses(admin, branch.paths()[place], *things[place]) == [404 if is_gone else 200] * 5
        with bearing(server, tokens[place]) as caller:
            assert caller.get(PERMISSIONS).status_code == (401 if is_gone else 200)


def test_a_secret_of_an_account_that_went_is_refused_and_its_name_inherits_nothing(
    admin: httpx.Client, server: str, branch: Branch, organisation: Organisation
) -> None:
    gone = make(admin, branch.project)
    elsewhere = give(admin, gone.name, EDITOR, *organisation["a"])
    assert cascade(admin, branch.paths()[2]).status_code == 204
    form = {"grant_type": "client_credentials", "client_id": gone.name, "client_secret": gone.secret}
    assert httpx.post(f"{server}/api/v2/token", data=form).status_code == 401
    assert statuses(admin, f"{RULES}/{elsewhere}") == [404]
    again = created(admin, ACCOUNTS, name=gone.name)
    with bearing(server, token_for(server, gone.name, again["clientSecret"])) as caller:
        assert {len(one["actions"]) for one in caller.get(PERMISSIONS).json()} == {0}
    assert admin.get(f"{ACCOUNTS}/{again['id']}").json()["accessRuleCount"] == 0


def test_whoever_lives_elsewhere_loses_at_once_what_they_held_there_and_keeps_the_rest(
    admin: httpx.Client, server: str, branch: Branch, organisation: Organisation
) -> None:
    account = make(admin)
    for scope in zip(branch, LEVELS, strict=True):
        give(admin, account.name, EDITOR, *scope)
    kept = give(admin, account.name, VIEWER, *organisation["a"])
    with bearing(server, token_for(server, account.name, account.secret)) as caller:
        assert statuses(caller, branch.paths()[2]) == [200]
        assert cascade(admin, branch.paths()[0], force="true").status_code == 204
        held = caller.get("/api/v1/authorization/me/access-rules").json()["accessRules"]["accessRules"]
        assert [rule["id"] for rule in held] == [kept]
        body = {"name": fresh("project"), "clusterId": branch.cluster, "resources": []}
        assert caller.post(PROJECTS, json=body).status_code == 403
    shown = admin.get(account.path).json()
    assert shown["accessRuleCount"] == 1
    assert [rule["roleName"] for rule in shown["accessRules"]] == ["Viewer"]
    for asked, found in (("accessRules==Editor", 0), ("accessRules==Viewer", 1)):
        listed = admin.get(ACCOUNTS, params={"filterBy": f"{asked},name=={account.name}"}).json()
        assert len(listed) == found


def test_rules_of_people_of_groups_and_of_those_who_are_awaited_end(
    admin: httpx.Client, server: str, branch: Branch
) -> None:
    group = fresh("group")
    _, email = make_user(admin, "1", group)
    awaited = f"{fresh('awaited')}@example.org"
    scope = (branch.department, "department")
    rules = [
        give_to(admin, kind, name, scope)
        for kind, name in (("user", email), ("group", group), ("user", awaited))
    ]
    assert cascade(admin, branch.paths()[1]).status_code == 204
    assert statuses(admin, *(f"{RULES}/{rule}" for rule in rules)) == [404, 404, 404]
    after = admin.get(RULES, params={"includeDeleted": "true", "subjectIds": f"{email},{group},{awaited}"})
    assert {rule["id"] for rule in after.json()["accessRules"]} == set(rules)
    assert {rule["scopeType"] for rule in after.json()["accessRules"]} == {"department"}
    # What waited is not there for whoever comes.
    came = created(admin, USERS, email=awaited)
    assert admin.get(RULES, params={"subjectIds": awaited}).json()["accessRules"] == []
    assert admin.delete(f"{USERS}/{came['id']}").status_code == 204


def test_a_caller_may_go_along(admin: httpx.Client, server: str, branch: Branch) -> None:
    account = make(admin, branch.project)
    give(admin, account.name, SYSTEM_ADMINISTRATOR, branch.cluster, "cluster")
    with bearing(server, token_for(server, account.name, account.secret)) as caller:
        assert cascade(caller, branch.paths()[0]).status_code == 202
        assert statuses(caller, PERMISSIONS) == [401]


def test_it_is_one_entry_that_says_what_went(admin: httpx.Client, branch: Branch) -> None:
    name = admin.get(branch.paths()[0]).json()["name"]
    account = make(admin, branch.project)
    give(admin, account.name, VIEWER, branch.cluster, "cluster")
    give(admin, account.name, VIEWER, "1", "tenant")
    role = make_role(admin, branch.department)
    role_name = admin.get(f"{ROLES}/{role}").json()["name"]
    assert cascade(admin, branch.paths()[0]).status_code == 202
    entry = last_entry(admin)
    assert (entry["action"], entry["entity_type"], entry["entity_name"]) == ("delete", "cluster", name)
    assert entry["cluster_name"] == name
    assert entry["metadata"] == {
        "cascade": "true",
        "departments": "1",
        "projects": "1",
        "accessRules": "2",
        "customRoles": "1",
        "customRoleNames": role_name,
        "serviceAccounts": "1",
        "serviceAccountNames": account.name,
    }


def test_nobody_asked_for_it_nothing_goes(admin: httpx.Client, branch: Branch) -> None:
    account = make(admin, branch.project)
    for asked in ({}, {"force": "true"}, {"cascade": "false"}, {"cascade": "false", "force": "true"}):
        for path in branch.paths():
            assert admin.delete(path, params=asked).status_code == 409
    assert statuses(admin, *branch.paths(), account.path) == [200] * 4
    refused = admin.delete(branch.paths()[0], params={"cascade": "perhaps"})
    assert (refused.status_code, refused.json()["message"].startswith("cascade:")) == (400, True)


def test_an_empty_node_goes_by_cascade_too(admin: httpx.Client, branch: Branch) -> None:
    assert [cascade(admin, path).status_code for path in reversed(branch.paths())] == [204, 204, 202]


def test_the_tenant_cannot_be_deleted(admin: httpx.Client) -> None:
    for path in (CLUSTERS, DEPARTMENTS, PROJECTS):
        assert cascade(admin, f"{path}/1").status_code == 404


# Whose right it is


RIGHTS = ("cluster", "department", "project", "access_rules", "service-account", "roles")


def deleting(*names: str) -> dict[str, list[str]]:
    """Permissions to read everything that a node may hold, and to delete what is named."""
    return {name: ["read", "delete"] if name in names else ["read"] for name in (*RIGHTS, "users")}


@pytest.fixture
def full(admin: httpx.Client, branch: Branch) -> Branch:
    """Something of every sort in it."""
    account = make(admin, branch.project)
    give(admin, account.name, make_role(admin, branch.project), branch.project, "project")
    return branch


@pytest.mark.parametrize("missing", RIGHTS)
def test_each_right_is_needed_and_the_one_that_is_missing_is_named(
    admin: httpx.Client, make_account: MakeAccount, full: Branch, missing: str
) -> None:
    role = make_role(admin, "1", deleting(*(name for name in RIGHTS if name != missing)))
    with make_account(rules=[(role, full.cluster, "cluster")]) as caller:
        refused = cascade(caller, full.paths()[0])
        assert refused.status_code == 403
        assert f"delete {missing}" in refused.json()["message"]
        assert [name for name in RIGHTS if f"delete {name}" in refused.json()["message"]] == [missing]
    assert statuses(admin, *full.paths()) == [200] * 3


def test_whoever_holds_each_right_may(admin: httpx.Client, make_account: MakeAccount, full: Branch) -> None:
    role = make_role(admin, "1", deleting(*RIGHTS))
    with make_account(rules=[(role, full.cluster, "cluster")]) as caller:
        assert cascade(caller, full.paths()[0]).status_code == 202
    assert statuses(admin, *full.paths()) == [404] * 3


def test_a_right_over_what_is_not_there_is_not_needed(
    admin: httpx.Client, make_account: MakeAccount, branch: Branch
) -> None:
    role = make_role(admin, "1", deleting("department", "project"))
    with make_account(rules=[(role, branch.cluster, "cluster")]) as caller:
        assert cascade(caller, branch.paths()[1]).status_code == 204


def test_a_right_that_is_held_further_down_does_not_reach_up(
    admin: httpx.Client, make_account: MakeAccount, full: Branch
) -> None:
    below, here = make_role(admin, "1", deleting(*RIGHTS)), make_role(admin, "1", deleting("cluster"))
    rules = [(below, full.department, "department"), (here, full.cluster, "cluster")]
    with make_account(rules=rules) as caller:
        refused = cascade(caller, full.paths()[0])
        assert (refused.status_code, "delete department" in refused.text) == (403, True)
        assert cascade(caller, full.paths()[1]).status_code == 204


def test_a_refusal_does_not_tell_of_what_the_caller_may_not_see(
    admin: httpx.Client, make_account: MakeAccount, full: Branch
) -> None:
    role = make_role(admin, "1", {"project": ["read", "delete"], "access_rules": ["read"]})
    with make_account(rules=[(role, full.cluster, "cluster")]) as caller:
        refused = cascade(caller, full.paths()[2])
        assert refused.status_code == 403
        assert refused.json()["message"].endswith(
            "you may not delete access_rules and delete what you may not see."
        )


def test_out_of_sight_is_unknown_to_the_byte_and_readable_is_forbidden(
    make_account: MakeAccount, anonymous: httpx.Client, full: Branch, organisation: Organisation
) -> None:
    with make_account(rules=[(SYSTEM_ADMINISTRATOR, *organisation["a"])]) as stranger:
        for path in full.paths():
            unknown = cascade(stranger, f"{path.rpartition('/')[0]}/{UNKNOWN}")
            hidden = cascade(stranger, path)
            assert (hidden.status_code, hidden.content) == (404, unknown.content)
    with make_account(rules=[(VIEWER, full.cluster, "cluster")]) as viewer:
        assert [cascade(viewer, path).status_code for path in full.paths()] == [403] * 3
    assert [cascade(anonymous, path).status_code for path in full.paths()] == [401] * 3


def test_a_department_administrator_clears_a_project_but_not_its_custom_roles(
    admin: httpx.Client, make_account: MakeAccount, full: Branch
) -> None:
    rules = [(DEPARTMENT_ADMINISTRATOR, full.department, "department")]
    with make_account(rules=rules) as caller:
        refused = cascade(caller, full.paths()[2])
        assert (refused.status_code, "delete roles" in refused.text) == (403, True)
        body = {"name": fresh("project"), "clusterId": full.cluster, "parentId": full.department}
        project = created(caller, PROJECTS, **body, resources=[])["id"]
        account = make(caller, project)
        give(caller, account.name, VIEWER, project, "project")
        assert cascade(caller, f"{PROJECTS}/{project}").status_code == 204
        assert statuses(caller, account.path) == [404]


# People and custom roles


@pytest.mark.parametrize("level", range(3))
def test_people_who_live_there_keep_a_node_from_going(
    admin: httpx.Client, branch: Branch, level: int
) -> None:
    account = make(admin, branch.project)
    person, _ = make_user(admin, branch[level])
    refused = cascade(admin, branch.paths()[0])
    assert refused.status_code == 409
    assert "people" in refused.json()["message"]
    assert statuses(admin, *branch.paths(), account.path) == [200] * 4
    assert admin.delete(f"{USERS}/{person}").status_code == 204
    assert cascade(admin, branch.paths()[0]).status_code == 202


def test_that_people_live_there_is_told_to_those_who_may_know(
    admin: httpx.Client, make_account: MakeAccount, branch: Branch
) -> None:
    person, _ = make_user(admin, branch.project)
    role = make_role(admin, "1", {"project": ["read", "delete"]})
    with make_account(rules=[(role, branch.cluster, "cluster")]) as caller:
        refused = cascade(caller, branch.paths()[2])
        assert refused.status_code == 409
        assert "still has what you may not see in it" in refused.json()["message"]
    assert admin.delete(f"{USERS}/{person}").status_code == 204


def test_law_11_an_administrator_of_the_tenant_does_not_go_with_the_place_they_live_in(
    admin: httpx.Client, server: str, branch: Branch
) -> None:
    person = created(admin, USERS, email=f"{fresh('person')}@example.org", scopeId=branch.project)
    give_to(admin, "user", person["username"], ("1", "tenant"), SYSTEM_ADMINISTRATOR)
    assert cascade(admin, branch.paths()[0]).status_code == 409
    with sign_in(server) as still:
        assert still.get(USERS).status_code == 200
    assert admin.delete(f"{USERS}/{person['id']}").status_code == 204


def test_a_custom_role_at_home_keeps_a_node_that_is_not_cleared(admin: httpx.Client, branch: Branch) -> None:
    role = make_role(admin, branch.project)
    refused = admin.delete(branch.paths()[2])
    assert refused.status_code == 409
    assert "custom roles" in refused.json()["message"]
    assert admin.delete(f"{ROLES}/{role}").status_code == 204
    assert admin.delete(branch.paths()[2]).status_code == 204


def test_a_name_of_a_custom_role_that_went_is_free(admin: httpx.Client, branch: Branch) -> None:
    role = make_role(admin, branch.project)
    name = admin.get(f"{ROLES}/{role}").json()["name"]
    assert cascade(admin, branch.paths()[2]).status_code == 204
    assert name not in [known["name"] for known in admin.get(ROLES, params={"limit": "500"}).json()["roles"]]
    permissions = [{"resourceType": "project", "actions": ["read"]}]
    again = created(admin, ROLES, name=name, description="", permissions=permissions)
    assert again["id"] != role
    assert admin.delete(f"{ROLES}/{again['id']}").status_code == 204

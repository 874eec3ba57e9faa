"""The organisation's tree over HTTP: who may see, make and delete which node, and what a list shows."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from runai.models.department_for_list import DepartmentForList
from runai.models.displayed_cluster import DisplayedCluster
from runai.models.project_effective import ProjectEffective
from runai.models.project_status import ProjectStatus
from runai.models.resources import Resources

from tests.api.conftest import MakeAccount, Organisation, give

CLUSTERS = "/api/v1/clusters"
DEPARTMENTS = "/api/v1/org-unit/departments"
PROJECTS = "/api/v1/org-unit/projects"
MINE = "/api/v1/authorization/me/access-rules"
SYSTEM_ADMINISTRATOR, EDITOR, RESEARCH_MANAGER, L1_RESEARCHER, VIEWER, DEPARTMENT_ADMINISTRATOR = (
    1,
    3,
    4,
    5,
    7,
    1710,
)
UNKNOWN = "00000000-0000-4000-8000-000000000000"
_numbers = itertools.count(1)


def fresh(word: str) -> str:
    return f"{word}-{next(_numbers)}"


def make_cluster(caller: httpx.Client, **settings: Any) -> str:
    answer = caller.post(CLUSTERS, json={"name": fresh("made-cluster"), **settings})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["uuid"])


def new_department(caller: httpx.Client, cluster_id: str, **rest: Any) -> httpx.Response:
    body = {"name": fresh("made-department"), "clusterId": cluster_id, "resources": [], **rest}
    return caller.post(DEPARTMENTS, json=body)


def new_project(caller: httpx.Client, cluster_id: str, **rest: Any) -> httpx.Response:
    body = {"name": fresh("made-project"), "clusterId": cluster_id, "resources": [], **rest}
    return caller.post(PROJECTS, json=body)


def names(answer: httpx.Response) -> list[str]:
    """The names on a page, in order."""
    assert answer.status_code == 200, answer.text
    found = answer.json()
    rows = found if isinstance(found, list) else found.get("projects", found.get("departments"))
    return [row["name"] for row in rows]


def paths(organisation: Organisation, place: str) -> dict[str, str]:
    """The three nodes that end in cluster `place`, by the word for their level."""
    return {
        "cluster": f"{CLUSTERS}/{organisation[place].id}",
        "department": f"{DEPARTMENTS}/{organisation[place + '1'].id}",
        "project": f"{PROJECTS}/{organisation[place + '1x'].id}",
    }


@pytest.fixture(scope="module")
def viewer(make_account: MakeAccount, organisation: Organisation) -> Iterator[httpx.Client]:
    """Reads all of cluster a, and nothing else."""
    with make_account(rules=[(VIEWER, organisation["a"].id, "cluster")]) as client:
        yield client


@pytest.fixture(scope="module")
def nobody(make_account: MakeAccount) -> Iterator[httpx.Client]:
    """Signed in, and without any rule."""
    with make_account() as client:
        yield client


# Who comes in


@pytest.mark.parametrize("path", [CLUSTERS, DEPARTMENTS, PROJECTS])
def test_the_anonymous_are_asked_to_sign_in(anonymous: httpx.Client, path: str) -> None:
    one = f"{path}/{UNKNOWN}"
    answers = [
        anonymous.get(path),
        anonymous.post(path, json={}),
        anonymous.get(one),
        anonymous.put(one, json={}),
        anonymous.delete(one),
    ]
    assert [answer.status_code for answer in answers] == [401] * 5


@pytest.mark.parametrize("path", [CLUSTERS, DEPARTMENTS, PROJECTS])
def test_without_the_permission_anywhere_lists_and_creation_are_forbidden(
    nobody: httpx.Client, path: str
) -> None:
    body = {"name": "n", "clusterId": UNKNOWN, "resources": []}
    assert nobody.get(path).status_code == 403
    assert nobody.post(path, json=body).status_code == 403


def test_what_lies_out_of_sight_looks_unknown_to_the_byte(
    viewer: httpx.Client, organisation: Organisation
) -> None:
    for hidden in paths(organisation, "b").values():
        unknown = f"{hidden.rpartition('/')[0]}/{UNKNOWN}"
        body = {"name": "n", "resources": []}
        for method, given in (("GET", None), ("DELETE", None), ("PUT", body)):
            answers = [viewer.request(method, path, json=given) for path in (hidden, unknown)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content


def test_what_can_be_read_but_not_changed_is_forbidden(
    viewer: httpx.Client, organisation: Organisation
) -> None:
    for path in paths(organisation, "a").values():
        assert viewer.get(path).status_code == 200
        assert viewer.put(path, json={"name": "n", "resources": []}).status_code == 403
        assert viewer.delete(path).status_code == 403


def test_a_node_answers_at_its_own_level_only(admin: httpx.Client, organisation: Organisation) -> None:
    assert admin.get(f"{CLUSTERS}/{organisation['a1'].id}").status_code == 404
    assert admin.get(f"{DEPARTMENTS}/{organisation['a'].id}").status_code == 404
    assert admin.get(f"{PROJECTS}/{organisation['a1'].id}").status_code == 404
    assert admin.delete(f"{CLUSTERS}/{organisation.tenant.id}").status_code == 404
    body = {"name": "n", "resources": []}
    assert admin.put(f"{CLUSTERS}/{organisation.tenant.id}", json=body).status_code == 404
    assert admin.put(f"{PROJECTS}/{organisation['a1'].id}", json=body).status_code == 404


def test_an_id_is_found_however_it_is_written(admin: httpx.Client, organisation: Organisation) -> None:
    assert admin.get(f"{PROJECTS}/{organisation['a1x'].id.upper()}").status_code == 200


def test_lists_show_what_the_scope_contains(
    make_account: MakeAccount, viewer: httpx.Client, organisation: Organisation
) -> None:
    assert names(viewer.get(CLUSTERS)) == ["cluster-a"]
    assert names(viewer.get(DEPARTMENTS)) == ["department-a1", "department-a2"]
    assert names(viewer.get(PROJECTS)) == ["project-a1x", "project-a1y", "project-a2x", "project-a2y"]
    scopes = [organisation["a1"], organisation["b2y"]]
    with make_account(rules=[(VIEWER, *scope) for scope in scopes]) as narrow:
        assert names(narrow.get(CLUSTERS)) == []
        assert names(narrow.get(DEPARTMENTS)) == ["department-a1"]
        assert names(narrow.get(PROJECTS)) == ["project-a1x", "project-a1y", "project-b2y"]


def test_creation_needs_the_right_at_the_place(
    make_account: MakeAccount, admin: httpx.Client, organisation: Organisation
) -> None:
    a, a1, a2 = organisation["a"], organisation["a1"], organisation["a2"]
    with make_account(rules=[(SYSTEM_ADMINISTRATOR, *a)]) as of_cluster:
        refused = of_cluster.post(CLUSTERS, json={"name": fresh("cluster")})
        assert (refused.status_code, "in this tenant" in refused.text) == (403, True)
        made = new_department(of_cluster, a.id)
        assert made.status_code == 201, made.text
        assert admin.delete(f"{DEPARTMENTS}/{made.json()['id']}").status_code == 204
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *a1), (VIEWER, *a)]) as of_department:
        assert new_project(of_department, a.id, parentId=a2.id).status_code == 403
        # Departments are for it to read: it holds the right to create them nowhere.
        assert new_department(of_department, a.id).status_code == 403


def test_whoever_administers_a_department_makes_projects_without_seeing_the_cluster(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    a, a1, b = organisation["a"], organisation["a1"], organisation["b"]
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *a1)]) as caller:
        assert caller.get(f"{CLUSTERS}/{a.id}").status_code == 404
        made = new_project(caller, a.id, parentId=a1.id)
        assert made.status_code == 201, made.text
        assert made.json()["parent"]["name"] == "department-a1"
        assert caller.delete(f"{PROJECTS}/{made.json()['id']}").status_code == 204
        hidden, unknown = (new_project(caller, id_, parentId=a1.id) for id_ in (b.id, UNKNOWN))
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.content == unknown.content


@pytest.mark.parametrize("place", ["b1", "unknown"])
def test_a_place_that_the_caller_cannot_read_is_unknown(
    make_account: MakeAccount, organisation: Organisation, place: str
) -> None:
    department = UNKNOWN if place == "unknown" else organisation[place].id
    with make_account(rules=[(EDITOR, *organisation["a"])]) as caller:
        answer = new_project(caller, organisation["a"].id, parentId=department)
        assert answer.status_code == 404
        assert answer.json()["message"].startswith("parentId:")
        cluster = UNKNOWN if place == "unknown" else organisation["b"].id
        for make in (new_department, new_project):
            answer = make(caller, cluster)
            assert answer.status_code == 404
            assert answer.json()["message"].startswith("clusterId:")


# What is made


def test_a_cluster_is_what_the_client_knows(admin: httpx.Client) -> None:
    name = fresh("Cluster of May")
    made = admin.post(CLUSTERS, json={"name": name, "domain": "may.example.com", "version": "2.24"})
    assert made.status_code == 201
    cluster = DisplayedCluster.from_dict(made.json())
    assert (cluster.name, cluster.domain, cluster.version, cluster.tenant_id) == (
        name,
        "may.example.com",
        "2.24",
        1,
    )
    assert admin.get(f"{CLUSTERS}/{made.json()['uuid']}").json() == made.json()
    whole, bare = made.json(), dict(made.json())
    assert bare.pop("status") == {"state": "Unknown"}
    assert whole in admin.get(CLUSTERS, params={"includeRequestedForDelete": "true"}).json()
    assert bare in admin.get(CLUSTERS, params={"verbosity": "metadata"}).json()
    one = f"{CLUSTERS}/{whole['uuid']}"
    assert admin.get(one, params={"verbosity": "metadata"}).json() == bare
    assert admin.get(one, params={"verbosity": "full"}).json() == whole
    for path, asked in (
        (CLUSTERS, "verbosity=none"),
        (one, "verbosity=meta"),
        (CLUSTERS, "includeRequestedForDelete=1"),
    ):
        assert admin.get(f"{path}?{asked}").status_code == 400
    assert admin.delete(f"{CLUSTERS}/{made.json()['uuid']}").status_code == 202


def test_a_department_names_the_projects_that_one_may_see(
    admin: httpx.Client, organisation: Organisation, make_account: MakeAccount
) -> None:
    department = f"{DEPARTMENTS}/{organisation['b1'].id}"
    both = [{"id": organisation[name].id, "name": f"project-{name}"} for name in ("b1x", "b1y")]
    assert admin.get(department).json()["children"] == both
    reads = {"resourceType": "department", "actions": ["read"]}
    body = {"name": fresh("reads departments"), "description": "", "permissions": [reads]}
    role = admin.post("/api/v2/authorization/roles", json=body).json()["id"]
    reads_one = [(role, *organisation["b1"]), (L1_RESEARCHER, *organisation["b1y"])]
    with make_account(rules=reads_one) as caller:
        assert caller.get(department).json()["children"] == both[1:]
        (listed,) = caller.get(DEPARTMENTS, params={"verbosity": "verbose"}).json()["departments"]
        assert listed["children"] == both[1:]


def test_it_is_told_who_changed_a_node_last(admin: httpx.Client, make_account: MakeAccount) -> None:
    cluster = make_cluster(admin)
    assert admin.get(f"{CLUSTERS}/{cluster}").json()["updatedBy"] == "admin@keystead.local"
    with make_account("renames-things", [(SYSTEM_ADMINISTRATOR, cluster, "cluster")]) as caller:
        assert caller.put(f"{CLUSTERS}/{cluster}", json={"name": fresh("renamed")}).status_code == 204
    shown = admin.get(f"{CLUSTERS}/{cluster}").json()
    assert (shown["createdBy"], shown["updatedBy"]) == ("admin@keystead.local", "renames-things")


def test_there_is_nothing_to_install_on_a_cluster(
    admin: httpx.Client, organisation: Organisation, make_account: MakeAccount
) -> None:
    path = f"{CLUSTERS}/{organisation['a'].id}/cluster-install-info"
    for asked in ({}, {"version": "2.24.0", "remoteClusterUrl": "https://a.example.com"}):
        answer = admin.get(path, params=asked)
        assert answer.status_code == 200
        assert answer.json() == {
            "installationStr": "# Nothing to install: there is no chart for helm.",
            "repositoryName": "",
            "chartRepoURL": "",
            "clientSecret": "",
        }
    with make_account(rules=[(SYSTEM_ADMINISTRATOR, *organisation["b"])]) as elsewhere:
        assert elsewhere.get(path).status_code == 404


def test_a_department_is_what_the_client_knows(admin: httpx.Client, organisation: Organisation) -> None:
    made = new_department(admin, organisation["a"].id, description="the first")
    assert made.status_code == 201
    department = DepartmentForList.from_dict(made.json())
    assert (department.cluster_id, department.description) == (organisation["a"].id, "the first")
    assert department.created_by == "admin@keystead.local"
    assert admin.get(f"{DEPARTMENTS}/{department.id}").json() == made.json()
    whole = made.json()
    assert whole["children"] == []

    def listed(**asked: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = admin.get(DEPARTMENTS, params=asked).json()["departments"]
        return found

    assert whole in listed(verbosity="verbose")
    brief = {name: value for name, value in whole.items() if name != "children"}
    assert brief in listed()
    assert brief in listed(verbosity="Verbosity.BRIEF")
    meta = {name: value for name, value in brief.items() if name != "status"}
    assert meta in listed(verbosity="Verbosity.META")
    assert admin.get(DEPARTMENTS, params={"verbosity": "full"}).status_code == 400
    assert admin.delete(f"{DEPARTMENTS}/{department.id}").status_code == 204


def test_a_project_is_what_the_contract_requires(admin: httpx.Client, organisation: Organisation) -> None:
    made = new_project(
        admin, organisation["a"].id, parentId=organisation["a1"].id, requestedNamespace="runai-x"
    )
    assert made.status_code == 201
    project = made.json()
    assert (project["clusterId"], project["parentId"]) == (organisation["a"].id, organisation["a1"].id)
    assert project["parent"] == {"id": organisation["a1"].id, "name": "department-a1"}
    assert (project["description"], project["enforceRunaiScheduler"]) == ("", True)
    assert ProjectStatus.from_dict(project["status"]).phase == "Ready"
    assert ProjectEffective.from_dict(project["effective"]) is not None
    assert set(project["totalResources"]) == {"gpuQuota", "cpuQuota", "memoryQuota"}
    assert admin.get(f"{PROJECTS}/{project['id']}").json() == project
    assert project in admin.get(PROJECTS).json()["projects"]
    assert admin.delete(f"{PROJECTS}/{project['id']}").status_code == 204


def test_settings_of_other_products_are_given_back_as_they_came(
    admin: httpx.Client, organisation: Organisation
) -> None:
    settings = {
        "description": "for training",
        "enforceRunaiScheduler": False,
        "requestedNamespace": "runai-train",
        "defaultNodePools": ["default", "big"],
        "nodeTypes": {"training": ["a100"], "workspace": [], "names": {"a100": "A 100"}},
        "schedulingRules": {
            "interactiveJobTimeLimitSeconds": 100,
            "interactiveJobMaxIdleDurationSeconds": None,
            "interactiveJobPreemptIdleDurationSeconds": 3,
            "trainingJobMaxIdleDurationSeconds": 4,
            "trainingJobTimeLimitSeconds": 5,
        },
        "resources": [
            {
                "nodePool": {"id": "22", "name": "default"},
                "gpu": {"deserved": 2.5, "limit": -1, "overQuotaWeight": 2},
                "cpu": {"deserved": None, "limit": 8, "overQuotaWeight": None},
                "memory": {"deserved": 100, "limit": None, "overQuotaWeight": None, "units": "GB"},
                "priority": "Normal",
            }
        ],
    }
    made = new_project(admin, organisation["a"].id, parentId=organisation["a1"].id, **settings)
    assert made.status_code == 201, made.text
    read = admin.get(f"{PROJECTS}/{made.json()['id']}").json()
    assert {name: read[name] for name in settings} == settings
    assert read["effective"] == {
        name: settings[name] for name in ("schedulingRules", "defaultNodePools", "nodeTypes")
    }
    assert admin.delete(f"{PROJECTS}/{read['id']}").status_code == 204


def test_null_becomes_the_default_where_an_answer_has_no_null(
    admin: httpx.Client, organisation: Organisation
) -> None:
    made = new_project(
        admin,
        organisation["a"].id,
        parentId=organisation["a1"].id,
        description=None,
        enforceRunaiScheduler=None,
        nodeTypes=None,
        resources=[{}, {"gpu": None}, {"gpu": {"deserved": None}}],
    )
    assert made.status_code == 201, made.text
    project = made.json()
    assert [Resources.from_dict(each).gpu.deserved for each in project["resources"]] == [0, 0, 0]
    assert (project["description"], project["enforceRunaiScheduler"]) == ("", True)
    assert "nodeTypes" not in project
    assert admin.delete(f"{PROJECTS}/{project['id']}").status_code == 204


@pytest.mark.parametrize("given", ["DEPARTMENT-A1", "department-a1"])
def test_a_name_is_taken_among_siblings_whatever_its_case(
    admin: httpx.Client, organisation: Organisation, given: str
) -> None:
    taken = new_department(admin, organisation["a"].id, name=given)
    assert taken.status_code == 409
    assert "already exists" in taken.json()["message"]
    elsewhere = new_department(admin, organisation["b"].id, name=given)
    assert elsewhere.status_code == 201
    assert admin.delete(f"{DEPARTMENTS}/{elsewhere.json()['id']}").status_code == 204


def test_a_name_is_free_again_once_its_node_is_gone_and_belongs_to_another(admin: httpx.Client) -> None:
    name = fresh("phoenix")
    first = admin.post(CLUSTERS, json={"name": name}).json()["uuid"]
    assert admin.post(CLUSTERS, json={"name": name}).status_code == 409
    assert admin.delete(f"{CLUSTERS}/{first}", params={"force": "true"}).status_code == 204
    assert admin.get(f"{CLUSTERS}/{first}").status_code == 404
    second = admin.post(CLUSTERS, json={"name": name}).json()["uuid"]
    assert second != first
    assert admin.delete(f"{CLUSTERS}/{second}").status_code == 202


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a ", "a/b", "a\nb", "a\tb", "a\x7fb", "a\u2028b", "x" * 256, 7, None, ["a"]]
)
@pytest.mark.parametrize("path", [CLUSTERS, DEPARTMENTS, PROJECTS])
def test_a_name_that_cannot_be_one_is_refused(
    admin: httpx.Client, organisation: Organisation, path: str, name: object
) -> None:
    answer = admin.post(path, json={"name": name, "clusterId": organisation["a"].id, "resources": []})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("name:")


@pytest.mark.parametrize("name", ["x", "x" * 255, "größe ✓", "a.b_c-d (1)", "%2F", "'; --"])
def test_names_are_free_otherwise(admin: httpx.Client, name: str) -> None:
    made = admin.post(CLUSTERS, json={"name": name})
    assert (made.status_code, made.json()["name"]) == (201, name)
    assert admin.delete(f"{CLUSTERS}/{made.json()['uuid']}").status_code == 202


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"resources": None}, "resources"),
        ({"resources": "many"}, "resources"),
        ({"resources": [7]}, "resources[0]"),
        ({"resources": [{"gpu": {"deserved": "all"}}]}, "resources[0].gpu.deserved"),
        ({"resources": [{"memory": {"deserved": 1}}]}, "resources[0].memory.units"),
        ({"resources": [{"memory": {"units": "TB"}}]}, "resources[0].memory.units"),
        ({"resources": [{"nodePool": {"name": "x"}}]}, "resources[0].nodePool.id"),
        ({"description": 7}, "description"),
        (
            {"schedulingRules": {"trainingJobTimeLimitSeconds": 0}},
            "schedulingRules.trainingJobTimeLimitSeconds",
        ),
        (
            {"schedulingRules": {"trainingJobTimeLimitSeconds": 1.5}},
            "schedulingRules.trainingJobTimeLimitSeconds",
        ),
        ({"defaultNodePools": "default"}, "defaultNodePools"),
        ({"nodeTypes": {"training": [1]}}, "nodeTypes.training[0]"),
        ({"clusterId": 7}, "clusterId"),
        ({"clusterId": None}, "clusterId"),
        ({"parentId": 7}, "parentId"),
        ({"enforceRunaiScheduler": "yes"}, "enforceRunaiScheduler"),
        ({"description": "x" * 70_000}, "body"),
    ],
)
def test_a_wrong_body_is_refused_by_the_field_that_is_wrong(
    admin: httpx.Client, organisation: Organisation, wrong: dict[str, Any], field: str
) -> None:
    before = names(admin.get(PROJECTS))
    answer = new_project(
        admin, **{"cluster_id": organisation["a"].id, "parentId": organisation["a1"].id} | wrong
    )
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}: ")
    assert names(admin.get(PROJECTS)) == before


@pytest.mark.parametrize("missing", ["name", "clusterId", "resources"])
def test_what_is_required_is_named(admin: httpx.Client, organisation: Organisation, missing: str) -> None:
    whole = {"name": "n", "clusterId": organisation["a"].id, "resources": []}
    body = {name: value for name, value in whole.items() if name != missing}
    for path in (DEPARTMENTS, PROJECTS):
        answer = admin.post(path, json=body)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(f"{missing}: ")


def test_a_parent_of_the_wrong_level_is_refused(admin: httpx.Client, organisation: Organisation) -> None:
    a, a1, a1x = organisation["a"], organisation["a1"], organisation["a1x"]
    for parent in (a, a1x, organisation.tenant):
        answer = new_project(admin, a.id, parentId=parent.id)
        assert (answer.status_code, answer.json()["message"].startswith("parentId:")) == (400, True)
    for make in (new_department, new_project):
        answer = make(admin, a1.id)
        assert (answer.status_code, answer.json()["message"].startswith("clusterId:")) == (400, True)


def test_the_cluster_and_the_parent_of_a_project_must_agree(
    admin: httpx.Client, organisation: Organisation
) -> None:
    answer = new_project(admin, organisation["b"].id, parentId=organisation["a1"].id)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("parentId:")


# The default department


def test_a_project_without_a_parent_goes_to_the_default_department_which_is_made_once(
    admin: httpx.Client,
) -> None:
    cluster = make_cluster(admin)
    first = new_project(admin, cluster, parentId=None)
    second = new_project(admin, cluster)
    assert [first.status_code, second.status_code] == [201, 201]
    assert first.json()["parentId"] == second.json()["parentId"]
    default = admin.get(f"{DEPARTMENTS}/{first.json()['parentId']}").json()
    assert (default["name"], default["clusterId"], default["resources"]) == ("default", cluster, [])


def test_a_default_department_that_is_there_is_taken(admin: httpx.Client) -> None:
    cluster = make_cluster(admin)
    there = new_department(admin, cluster, name="Default").json()["id"]
    assert new_project(admin, cluster).json()["parentId"] == there


def test_making_the_default_department_takes_the_right_to(
    admin: httpx.Client, make_account: MakeAccount
) -> None:
    cluster = make_cluster(admin)
    with make_account(rules=[(RESEARCH_MANAGER, cluster, "cluster")]) as caller:
        assert new_project(caller, cluster).status_code == 403
        assert names(admin.get(DEPARTMENTS, params={"filterBy": f"clusterId=={cluster}"})) == []
        there = new_department(admin, cluster, name="default").json()["id"]
        assert new_project(caller, cluster).json()["parentId"] == there


def test_a_project_that_cannot_be_made_leaves_no_default_department(admin: httpx.Client) -> None:
    cluster = make_cluster(admin)
    assert new_project(admin, cluster, name="a/b").status_code == 400
    assert names(admin.get(DEPARTMENTS, params={"filterBy": f"clusterId=={cluster}"})) == []


# Names and settings that change


def test_a_new_name_is_seen_at_once_wherever_the_node_is_named(
    admin: httpx.Client, make_account: MakeAccount
) -> None:
    cluster = make_cluster(admin)
    department = new_department(admin, cluster).json()["id"]
    project = new_project(admin, cluster, parentId=department).json()["id"]
    name = fresh("renamed-reader")
    with make_account(name, [(VIEWER, department, "department")]) as reader:
        rule = reader.get(MINE).json()["accessRules"]["accessRules"][0]
        new = {level: fresh(f"New {level}") for level in ("cluster", "department", "project")}
        assert admin.put(f"{CLUSTERS}/{cluster}", json={"name": new["cluster"]}).status_code == 204
        for path, level in (
            (f"{DEPARTMENTS}/{department}", "department"),
            (f"{PROJECTS}/{project}", "project"),
        ):
            answer = admin.put(path, json={"name": new[level], "resources": []})
            assert (answer.status_code, answer.json()["name"]) == (200, new[level])
            assert answer.json() == admin.get(path).json()
        assert new["cluster"] in names(admin.get(CLUSTERS))
        assert names(reader.get(DEPARTMENTS)) == [new["department"]]
        assert reader.get(PROJECTS).json()["projects"][0]["parent"]["name"] == new["department"]
        assert names(reader.get(PROJECTS, params={"filterBy": f"name=={new['project']}"})) == [new["project"]]
        shown = admin.get(f"/api/v1/authorization/access-rules/{rule['id']}").json()
        assert shown["scopeName"] == new["department"]
        assert shown["scopePath"].split("/")[1:] == [new["cluster"], new["department"]]
        mine = reader.get(MINE).json()["accessRules"]["accessRules"]
        assert [held["scopeName"] for held in mine] == [new["department"]]
        asked = {"search": new["department"]}
        accounts = admin.get("/api/v1/service-accounts", params=asked).json()
        assert [account["name"] for account in accounts] == [name]
        assert accounts[0]["accessRules"][0]["scopeName"] == new["department"]


def test_whoever_is_renamed_stays_where_it_is(admin: httpx.Client, organisation: Organisation) -> None:
    path, elsewhere = f"{PROJECTS}/{organisation['a1x'].id}", organisation["b1"].id
    before = admin.get(path).json()
    body = {"name": "moved", "resources": [], "parentId": elsewhere, "clusterId": organisation["b"].id}
    after = admin.put(path, json=body).json()
    for field in ("id", "clusterId", "parentId", "parent", "createdAt", "createdBy"):
        assert after[field] == before[field]
    assert after["updatedAt"] > before["updatedAt"]
    assert admin.put(path, json={"name": before["name"], "resources": []}).json()["name"] == before["name"]


@pytest.mark.parametrize("level", ["cluster", "department", "project"])
def test_a_sibling_s_name_is_taken_and_its_own_is_not(
    admin: httpx.Client, organisation: Organisation, level: str
) -> None:
    path, sibling = (
        paths(organisation, "a")[level],
        {"cluster": "b", "department": "a2", "project": "a1y"}[level],
    )
    own = admin.get(path).json()["name"]
    taken = admin.put(path, json={"name": f"{level.upper()}-{sibling}", "resources": []})
    assert taken.status_code == 409
    assert "already exists" in taken.json()["message"]
    assert admin.get(path).json()["name"] == own
    for name in (own.upper(), own):
        assert admin.put(path, json={"name": name, "resources": []}).status_code in (200, 204)
        assert admin.get(path).json()["name"] == name


def test_a_name_that_was_given_up_is_free(admin: httpx.Client) -> None:
    name, first = fresh("given-up"), make_cluster(admin)
    assert admin.put(f"{CLUSTERS}/{first}", json={"name": name}).status_code == 204
    assert admin.put(f"{CLUSTERS}/{first}", json={"name": fresh("other")}).status_code == 204
    assert admin.put(f"{CLUSTERS}/{make_cluster(admin)}", json={"name": name}).status_code == 204


def test_a_cluster_keeps_what_its_update_does_not_speak_of(admin: httpx.Client) -> None:
    cluster = make_cluster(admin, domain="kept.example.com", version="2.24")
    renamed = admin.put(f"{CLUSTERS}/{cluster}", json={"name": fresh("renamed")})
    assert (renamed.status_code, renamed.content) == (204, b"")
    shown = admin.get(f"{CLUSTERS}/{cluster}").json()
    assert (shown["domain"], shown["version"]) == ("kept.example.com", "2.24")
    assert admin.put(f"{CLUSTERS}/{cluster}", json={}).json()["message"].startswith("name:")


@pytest.mark.parametrize("make", [new_department, new_project])
def test_settings_are_replaced_as_given_and_what_is_left_out_goes(
    admin: httpx.Client, make: Callable[..., httpx.Response]
) -> None:
    resources = [{"nodePool": {"id": "1", "name": "big"}, "gpu": {"deserved": 4}}]
    node_types = {"training": ["x"], "names": None}
    settings = {"description": "old", "defaultNodePools": ["a"], "nodeTypes": node_types}
    made = make(admin, make_cluster(admin), **settings, resources=resources).json()
    path = f"{DEPARTMENTS if make is new_department else PROJECTS}/{made['id']}"
    rules = {"trainingJobTimeLimitSeconds": 60}
    answer = admin.put(path, json={"resources": [], "schedulingRules": rules})
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["name"] == made["name"]
    assert (shown["resources"], shown["description"], shown["defaultNodePools"]) == ([], "", None)
    assert shown["schedulingRules"]["trainingJobTimeLimitSeconds"] == 60
    assert "nodeTypes" not in shown
    again = admin.put(path, json={**settings, "resources": resources, "name": None}).json()
    assert {name: again[name] for name in (*settings, "name")} == {**settings, "name": made["name"]}
    assert again["resources"][0]["gpu"]["deserved"] == 4
    assert again["schedulingRules"] is None


def test_the_namespace_of_a_project_is_for_good(admin: httpx.Client) -> None:
    made = new_project(admin, make_cluster(admin), requestedNamespace="runai-x", enforceRunaiScheduler=False)
    path = f"{PROJECTS}/{made.json()['id']}"
    body = {"resources": [], "requestedNamespace": "runai-y", "enforceRunaiScheduler": False}
    shown = admin.put(path, json=body).json()
    assert (shown["requestedNamespace"], shown["enforceRunaiScheduler"]) == ("runai-x", False)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": 7}, "name"),
        ({"resources": None}, "resources"),
        ({"resources": [{"gpu": {"deserved": "all"}}]}, "resources[0].gpu.deserved"),
        ({"description": "x" * 70_000}, "body"),
    ],
)
def test_a_wrong_update_changes_nothing(
    admin: httpx.Client, organisation: Organisation, wrong: dict[str, Any], field: str
) -> None:
    found = paths(organisation, "a")
    for path in (found["department"], found["project"]):
        before = admin.get(path).json()
        answer = admin.put(path, json={"name": "right", "resources": []} | wrong)
        assert answer.status_code == 400
        assert answer.json()["message"].startswith(f"{field}: ")
        assert admin.get(path).json() == before


def test_updating_needs_the_right_at_the_place(make_account: MakeAccount, organisation: Organisation) -> None:
    with make_account(rules=[(RESEARCH_MANAGER, *organisation["a1"])]) as caller:
        body: dict[str, Any] = {"resources": []}
        assert caller.put(f"{PROJECTS}/{organisation['a1x'].id}", json=body).status_code == 200
        assert caller.put(f"{DEPARTMENTS}/{organisation['a1'].id}", json=body).status_code == 403
        assert caller.put(f"{PROJECTS}/{organisation['a2x'].id}", json=body).status_code == 404


# Deletion


def test_only_an_empty_node_is_deleted_and_the_refusal_says_what_is_in_it(admin: httpx.Client) -> None:
    cluster = make_cluster(admin)
    project = new_project(admin, cluster).json()
    department = project["parentId"]
    for path, content in (
        (f"{CLUSTERS}/{cluster}", "departments"),
        (f"{DEPARTMENTS}/{department}", "projects"),
    ):
        refused = admin.delete(path, params={"force": "true"})
        assert refused.status_code == 409
        assert content in refused.json()["message"]
    assert admin.delete(f"{PROJECTS}/{project['id']}").status_code == 204
    assert admin.delete(f"{DEPARTMENTS}/{department}").status_code == 204
    assert admin.delete(f"{CLUSTERS}/{cluster}", params={"force": "true"}).status_code == 204


def test_a_node_with_rules_or_homes_stays(admin: httpx.Client) -> None:
    cluster = make_cluster(admin)
    path = f"{CLUSTERS}/{cluster}"
    name = fresh("settler")
    account = admin.post(
        "/api/v1/service-accounts", json={"name": name, "scopeId": cluster, "scopeType": "cluster"}
    ).json()["id"]
    rule = give(admin, name, VIEWER, cluster, "cluster")
    refused = admin.delete(path)
    assert refused.status_code == 409
    assert refused.json()["message"].startswith(
        "This cluster still has access rules and service accounts in it"
    )
    assert admin.delete(f"/api/v1/authorization/access-rules/{rule}").status_code in (200, 204)
    assert "access rules" not in admin.delete(path).json()["message"]
    assert admin.delete(f"/api/v1/service-accounts/{account}").status_code == 204
    assert admin.delete(path).status_code == 202
    assert admin.get(path).status_code == 404


def test_a_refusal_does_not_tell_of_what_the_caller_may_not_see(
    admin: httpx.Client, make_account: MakeAccount, organisation: Organisation
) -> None:
    made = new_project(admin, organisation["a"].id, parentId=organisation["a1"].id).json()["id"]
    account = admin.post("/api/v1/service-accounts", json={"name": fresh("settler"), "scopeId": made}).json()[
        "id"
    ]
    with make_account(rules=[(RESEARCH_MANAGER, *organisation["a1"])]) as caller:
        refused = caller.delete(f"{PROJECTS}/{made}")
        assert refused.status_code == 409
        assert "what you may not see" in refused.json()["message"]
        assert "service accounts" not in refused.json()["message"]
    assert admin.delete(f"/api/v1/service-accounts/{account}").status_code == 204
    assert admin.delete(f"{PROJECTS}/{made}").status_code == 204


def test_force_is_true_or_false(admin: httpx.Client, organisation: Organisation) -> None:
    answer = admin.delete(f"{CLUSTERS}/{organisation['a'].id}", params={"force": "perhaps"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("force:")


def test_a_deletion_that_is_accepted_says_so_in_the_contract_s_words(admin: httpx.Client) -> None:
    answer = admin.delete(f"{CLUSTERS}/{make_cluster(admin)}", params={"force": "false"})
    assert answer.status_code == 202
    assert answer.json()["code"] == 202
    assert answer.json()["message"]


# Lists


@pytest.mark.parametrize("path", [DEPARTMENTS, PROJECTS])
def test_pages_follow_each_other_by_next_and_end(viewer: httpx.Client, path: str) -> None:
    whole = names(viewer.get(path))
    seen: list[str] = []
    following: int | None = 0
    for _ in whole:
        page = viewer.get(path, params={"limit": 1, "offset": following})
        assert len(names(page)) == 1
        seen += names(page)
        following = page.json().get("next")
        if following is None:
            break
    assert seen == whole


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"sortBy": "name", "sortOrder": "desc"}, ["a2y", "a2x", "a1y", "a1x"]),
        ({"sortBy": "ProjectFilterSortFields.PARENTNAME", "sortOrder": "desc"}, ["a2y", "a2x", "a1y", "a1x"]),
        ({"sortBy": "createdAt"}, ["a1x", "a1y", "a2x", "a2y"]),
        ({"sortBy": "avgGpuUtilization7d", "sortOrder": "desc"}, ["a2y", "a2x", "a1y", "a1x"]),
        ({"filterBy": "name=$X"}, ["a1x", "a2x"]),
        ({"filterBy": "name=@PROJECT,parentName==Department-A2"}, ["a2x", "a2y"]),
        ({"filterBy": "name!=project-a1x,name!@a2"}, ["a1y"]),
        ({"filterBy": "phase==Ready"}, ["a1x", "a1y", "a2x", "a2y"]),
        ({"filterBy": "phase!=ready"}, []),
        ({"filterBy": "phase==NotReady"}, []),
        ({"filterBy": "totalGpuQuota>=1"}, []),
        ({"filterBy": "gpuAllocated!=1.5"}, ["a1x", "a1y", "a2x", "a2y"]),
        ({"filterBy": "createdAt<=2020-01-01"}, []),
        ({"filterBy": "createdAt>=2020-01-01", "limit": "2"}, ["a1x", "a1y"]),
        ({"filterBy": f"clusterId=={UNKNOWN}"}, []),
        ({"search": "A1"}, ["a1x", "a1y"]),
        ({"search": "department-a2"}, ["a2x", "a2y"]),
        ({"search": "a_x"}, []),
    ],
)
def test_projects_are_filtered_sorted_and_searched(
    viewer: httpx.Client, asked: dict[str, str], found: list[str]
) -> None:
    assert names(viewer.get(PROJECTS, params=asked)) == [f"project-{name}" for name in found]


def test_projects_are_found_by_the_ids_of_their_places(
    viewer: httpx.Client, organisation: Organisation
) -> None:
    for field in ("parentId", "departmentId"):
        asked = {"filterBy": f"{field}=={organisation['a2'].id}"}
        assert names(viewer.get(PROJECTS, params=asked)) == ["project-a2x", "project-a2y"]
    for place in ("a", "b"):
        asked = {"filterBy": f"clusterId=={organisation[place].id}"}
        assert len(names(viewer.get(PROJECTS, params=asked))) == (4 if place == "a" else 0)
        assert len(names(viewer.get(DEPARTMENTS, params=asked))) == (2 if place == "a" else 0)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"sortBy": "colour"}, "sortBy"),
        ({"sortOrder": "up"}, "sortOrder"),
        ({"filterBy": "colour==red"}, "filterBy"),
        ({"filterBy": "name"}, "filterBy"),
        ({"filterBy": "name=="}, "filterBy"),
        ({"filterBy": "createdAt==yesterday"}, "filterBy"),
        ({"filterBy": "createdAt=@2026"}, "filterBy"),
        ({"search": "x" * 1_001}, "search"),
    ],
)
@pytest.mark.parametrize("path", [DEPARTMENTS, PROJECTS])
def test_a_list_that_cannot_be_asked_for_is_refused_by_the_parameter(
    viewer: httpx.Client, path: str, asked: dict[str, str], field: str
) -> None:
    answer = viewer.get(path, params=asked)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{field}:")


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"filterBy": "name=$x"},
        {"filterBy": "name=@a1,createdAt>=2020-01-01"},
        {"search": "A2"},
        {"filterBy": "totalGpuQuota>=1"},
        {"limit": "1", "offset": "1"},
    ],
)
@pytest.mark.parametrize("path", [DEPARTMENTS, PROJECTS])
def test_a_count_is_that_of_the_list(viewer: httpx.Client, path: str, asked: dict[str, str]) -> None:
    counted = viewer.get(f"{path}/count", params=asked)
    assert counted.status_code == 200, counted.text
    unpaged = {name: value for name, value in asked.items() if name in ("filterBy", "search")}
    assert counted.json() == {"count": len(names(viewer.get(path, params=unpaged)))}


@pytest.mark.parametrize("path", [DEPARTMENTS, PROJECTS])
def test_a_count_is_for_those_who_may_see_the_list(
    viewer: httpx.Client, nobody: httpx.Client, anonymous: httpx.Client, path: str
) -> None:
    assert nobody.get(f"{path}/count").status_code == 403
    assert anonymous.get(f"{path}/count").status_code == 401
    refused = viewer.get(f"{path}/count", params={"filterBy": "colour==red"})
    assert (refused.status_code, refused.json()["message"].startswith("filterBy:")) == (400, True)


def test_a_count_tells_nothing_of_the_name_of_a_department_that_is_out_of_sight(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account(rules=[(L1_RESEARCHER, *organisation["a"])]) as researcher:
        for asked, found in (("parentName==department-a1", 0), ("parentName!=department-a1", 4)):
            counted = researcher.get(f"{PROJECTS}/count", params={"filterBy": asked})
            assert counted.json() == {"count": found}


def test_who_may_not_read_a_department_learns_nothing_of_its_name(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account(rules=[(L1_RESEARCHER, *organisation["a"])]) as researcher:
        assert researcher.get(DEPARTMENTS).status_code == 403
        shown = researcher.get(f"{PROJECTS}/{organisation['a1x'].id}").json()
        assert (shown["parent"], shown["parentId"]) == (None, organisation["a1"].id)
        assert names(researcher.get(PROJECTS, params={"filterBy": "parentName==department-a1"})) == []
        assert names(researcher.get(PROJECTS, params={"search": "department"})) == []
        in_order = names(researcher.get(PROJECTS, params={"sortBy": "parentName", "sortOrder": "desc"}))
        assert in_order == ["project-a2y", "project-a2x", "project-a1y", "project-a1x"]
        assert len(names(researcher.get(PROJECTS, params={"filterBy": "parentName!=department-a1"}))) == 4


def test_ids_are_uuids(organisation: Organisation) -> None:
    for place in organisation.places.values():
        assert str(uuid.UUID(place.id)) == place.id

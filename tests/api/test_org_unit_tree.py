"""Walking the tree: where somebody may begin, what lies below, what bears a name, and nothing beyond their sight."""

from typing import Any

import httpx

from tests.api.conftest import MakeAccount, Organisation

TREE = "/api/v1/org-unit/tree"
VIEWER, DEPARTMENT_ADMINISTRATOR = 7, 1710


def walk(caller: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = caller.get(TREE, params=query)
    assert answer.status_code == 200, answer.text
    nodes: list[dict[str, Any]] = answer.json()["nodes"]
    return nodes


def names(nodes: list[dict[str, Any]]) -> list[str]:
    return [node["scopeName"] for node in nodes]


def test_who_sees_everything_begins_at_the_tenant(admin: httpx.Client, organisation: Organisation) -> None:
    (tenant,) = walk(admin)
    assert tenant["scopeType"] == "tenant"
    assert tenant["childCount"] == 2
    assert tenant["permittedActions"] == ["create"]
    below = walk(admin, parentId=tenant["scopeId"])
    assert names(below) == ["cluster-a", "cluster-b"]
    assert [node["childCount"] for node in below] == [2, 2]


def test_each_step_goes_one_level_down_and_tells_the_path(
    admin: httpx.Client, organisation: Organisation
) -> None:
    departments = walk(admin, parentId=organisation["a"].id)
    assert names(departments) == ["department-a1", "department-a2"]
    projects = walk(admin, parentId=organisation["a1"].id)
    assert names(projects) == ["project-a1x", "project-a1y"]
    assert projects[0]["permittedActions"] == ["update", "delete"]
    assert projects[0]["scopePath"].endswith("/cluster-a/department-a1/project-a1x")
    assert walk(admin, parentId=projects[0]["scopeId"]) == []


def test_one_place_is_told_by_its_id(admin: httpx.Client, organisation: Organisation) -> None:
    (found,) = walk(admin, scopeId=organisation["a1"].id)
    assert found["scopeName"] == "department-a1"
    assert walk(admin, scopeId="00000000-0000-4000-8000-000000000000") == []


def test_several_places_are_told_at_once_and_what_is_not_seen_is_left_out(
    admin: httpx.Client, make_account: MakeAccount, organisation: Organisation
) -> None:
    inside, beside = organisation["a1"].id, organisation["b"].id
    wanted = [inside, "00000000-0000-4000-8000-000000000000", beside, inside]
    assert names(walk(admin, scopeId=wanted)) == ["cluster-b", "department-a1"]
    assert names(walk(admin, scopeId=",".join(wanted))) == ["cluster-b", "department-a1"]
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        assert names(walk(caller, scopeId=wanted)) == ["department-a1"]
    refused = admin.get(TREE, params={"scopeId": [inside] * 101})
    assert refused.status_code == 400
    assert refused.json()["message"] == "scopeId: has 101 places; at most 100 are told at once."


def test_a_name_is_found_on_every_level_the_highest_first(
    admin: httpx.Client, organisation: Organisation
) -> None:
    assert names(walk(admin, search="A1")) == ["department-a1", "project-a1x", "project-a1y"]
    assert walk(admin, search="%") == []


def test_who_sees_a_department_begins_there_and_sees_nothing_else(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        (beginning,) = walk(caller)
        assert beginning["scopeName"] == "department-a1"
        # A department administrator manages what is in the department, not the department.
        assert beginning["permittedActions"] == ["create"]
        assert names(walk(caller, search="project")) == ["project-a1x", "project-a1y"]
        assert walk(caller, parentId=organisation["b"].id) == []
        assert walk(caller, parentId=organisation["a"].id) == [beginning]


def test_two_places_apart_are_two_beginnings(make_account: MakeAccount, organisation: Organisation) -> None:
    rules = [(VIEWER, *organisation["a1x"]), (VIEWER, *organisation["b2"])]
    with make_account(rules=rules) as caller:
        assert names(walk(caller)) == ["department-b2", "project-a1x"]


def test_who_holds_nothing_sees_nothing(make_account: MakeAccount, organisation: Organisation) -> None:
    with make_account() as caller:
        assert walk(caller) == []
        assert walk(caller, search="cluster") == []


def test_pages_follow_each_other(admin: httpx.Client, organisation: Organisation) -> None:
    first = admin.get(TREE, params={"search": "project", "limit": 5}).json()
    second = admin.get(TREE, params={"search": "project", "limit": 5, "offset": first["next"]}).json()
    assert len(first["nodes"]) == 5
    assert "next" not in second
    assert sorted(names(first["nodes"] + second["nodes"])) == sorted(
        f"project-{place}" for place in organisation.places if len(place) == 3
    )


def test_nobody_walks_without_signing_in(anonymous: httpx.Client) -> None:
    assert anonymous.get(TREE).status_code == 401

"""Custom roles over HTTP: made of permission sets, listed, replaced, switched off and on, deleted; and the sets."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import httpx
import pytest
from runai.models.permission_set import PermissionSet
from runai.models.role1 import Role1
from runai.models.role_v1 import RoleV1

from tests.api.conftest import Organisation
from tests.api.holders import NOBODY, ROLES, RULES, VIEWER, Holders, at, fresh, letters, wish
from tests.serving import ADMIN_EMAIL

ROLES_V1: Final = "/api/v1/authorization/roles"
SETS: Final = "/api/v1/authorization/permission-sets"
CUSTOM: Final = {"filterBy": "custom==true"}
UNKNOWN: Final = 2**31 - 1


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


@pytest.fixture(scope="module")
def sets(admin: httpx.Client) -> dict[str, dict[str, Any]]:
    """Every permission set by name."""
    found = admin.get(SETS).json()["permissionSets"]
    return {one["name"]: one for one in found}


def body(name: str | None = None, **more: Any) -> dict[str, Any]:
    """A role that may be made."""
    if "permissionSets" not in more:
        more.setdefault("permissions", letters("r workspaces"))
    return {"name": name or fresh("role"), "description": "Reads workspaces"} | more


def make(client: httpx.Client, name: str | None = None, **more: Any) -> dict[str, Any]:
    answer = client.post(ROLES, json=body(name, **more))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def path(role: dict[str, Any] | int, below: str = "") -> str:
    return f"{ROLES}/{role if isinstance(role, int) else role['id']}{below}"


def message(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == status
    return str(answer.json()["message"])


def operate(client: httpx.Client, role: int) -> dict[str, int]:
    """Everything that is done to one role, and the status that it brings."""
    return {
        "get": client.get(path(role)).status_code,
        "get v1": client.get(f"{ROLES_V1}/{role}").status_code,
        "replace": client.put(path(role), json=body(f"role number {role}")).status_code,
        "disable": client.post(path(role, "/disable"), json={}).status_code,
        "enable": client.post(path(role, "/enable"), json={}).status_code,
        "delete": client.delete(path(role)).status_code,
    }


# Who may


def test_the_anonymous_are_asked_to_sign_in(anonymous: httpx.Client, admin: httpx.Client) -> None:
    role = make(admin)["id"]
    assert set(operate(anonymous, role).values()) == {401}
    reads = [anonymous.get(one).status_code for one in (ROLES, SETS, f"{SETS}/{NOBODY}")]
    assert [*reads, anonymous.post(ROLES, json=body()).status_code] == [401] * 4


def test_without_a_right_to_roles_there_is_nothing_to_see(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    role = make(admin)["id"]
    caller = holders.as_account(holders.account(rules=[(VIEWER, *organisation.tenant)]))
    assert operate(caller, role) == {
        "get": 403,
        "get v1": 403,
        "replace": 404,
        "disable": 404,
        "enable": 404,
        "delete": 404,
    }
    reads = [caller.get(one).status_code for one in (ROLES, SETS, f"{SETS}/{NOBODY}")]
    assert [*reads, caller.post(ROLES, json=body()).status_code] == [403] * 4


@pytest.mark.parametrize(
    ("held", "allowed"),
    [
        ("r roles", {}),
        ("ru roles", {"replace": 200, "disable": 204, "enable": 204}),
        ("rd roles", {"delete": 204}),
    ],
)
def test_each_right_opens_its_own_operations(
    admin: httpx.Client, holders: Holders, organisation: Organisation, held: str, allowed: dict[str, int]
) -> None:
    role = make(admin, **at(organisation["a1"]))["id"]
    caller = holders.caller(held, organisation["a1"])
    refused = dict.fromkeys(("replace", "disable", "enable", "delete"), 403)
    assert operate(caller, role) == {"get": 200, "get v1": 200, **refused, **allowed}
    assert caller.post(ROLES, json=body()).status_code == 403
    assert caller.get(SETS).json() == admin.get(SETS).json()


def test_whoever_manages_roles_somewhere_manages_those_at_home_there(
    holders: Holders, organisation: Organisation
) -> None:
    caller = holders.caller("crud roles, r department, r project", organisation["a1"])
    made = make(caller)
    assert (made["scopeId"], made["scopeType"]) == organisation["a1"]
    assert set(operate(caller, made["id"]).values()) == {200, 204}
    assert caller.get(path(made)).status_code == 404
    below = make(caller, **at(organisation["a1x"]))
    assert (below["scopeId"], below["scopeType"]) == organisation["a1x"]
    assert caller.post(ROLES, json=body(**at(organisation["b1x"]))).status_code == 404
    assert caller.post(ROLES, json=body(**at(organisation["a"]))).status_code == 404


def test_where_several_places_are_equally_high_one_must_be_chosen(
    holders: Holders, organisation: Organisation
) -> None:
    caller = holders.caller("crud roles, r project", organisation["a1x"], organisation["b1x"])
    said = message(caller.post(ROLES, json=body()))
    assert organisation["a1x"].id in said
    assert organisation["b1x"].id in said
    assert make(caller, **at(organisation["b1x"]))["scopeId"] == organisation["b1x"].id


# The product's roles


@pytest.mark.parametrize("role", [1, 7, 1710])
def test_a_predefined_role_can_be_neither_changed_nor_deleted(admin: httpx.Client, role: int) -> None:
    before = admin.get(path(role)).json()
    refused = operate(admin, role)
    assert {name: refused[name] for name in ("replace", "disable", "enable", "delete")} == {
        "replace": 403,
        "disable": 403,
        "enable": 403,
        "delete": 403,
    }
    assert admin.get(path(role)).json() == before
    assert Role1.from_dict(before).custom is False
    assert before["permissionSets"] == []
    assert all(one["actions"] for one in before["permissions"])


# Making one


def test_a_role_gives_what_its_sets_give(
    admin: httpx.Client, sets: dict[str, dict[str, Any]], organisation: Organisation
) -> None:
    chosen = [sets["Manage service accounts"], sets["View data sources"]]
    given = [{"id": chosen[0]["id"].upper()}, {"id": chosen[1]["id"], "name": "whatever it is called"}]
    wanted = {
        "name": "Account keeper ✓",
        "description": "Keeps\naccounts",
        "enabled": True,
        "permissionSets": given,
        "kubernetesPermissions": {"predefinedRole": "view"},
    }
    answer = admin.post(ROLES, json=wanted)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made == admin.get(path(made)).json()
    assert made in admin.get(ROLES, params={**CUSTOM, "limit": 500}).json()["roles"]
    read = Role1.from_dict(made)
    assert abs((datetime.now(UTC) - read.created_at).total_seconds()) < 60
    assert read.updated_at == read.created_at
    del made["createdAt"], made["updatedAt"]
    assert made.pop("permissions") == [
        one for kind in admin.get(f"{ROLES_V1}/1").json()["permissions"]
        for part in chosen for one in part["permissions"] if one["resourceType"] == kind["resourceType"]
    ]  # fmt: skip
    assert made.pop("id") >= 100_000
    assert made == {
        "name": "Account keeper ✓",
        "description": "Keeps\naccounts",
        "createdBy": ADMIN_EMAIL,
        "custom": True,
        "enabled": True,
        "effectiveEnabled": True,
        "kubernetesPermissions": {"predefinedRole": "view"},
        "permissionSets": [{"id": one["id"], "name": one["name"]} for one in chosen],
        "deprecated": False,
        "scopeType": "tenant",
        "scopeId": organisation.tenant.id,
        "permittedActions": ["update", "delete"],
    }


def test_the_first_version_shows_custom_roles_with_every_kind_of_thing(admin: httpx.Client) -> None:
    role = make(admin, permissions=letters("cru access_rules, d users"))
    shown = admin.get(f"{ROLES_V1}/{role['id']}").json()
    assert shown in admin.get(ROLES_V1).json()
    assert RoleV1.from_dict(shown).custom is True
    assert len(shown["permissions"]) == len(admin.get(f"{ROLES_V1}/1").json()["permissions"])
    assert {one["resourceType"]: one["actions"] for one in shown["permissions"] if one["actions"]} == {
        "users": ["delete"],
        "access_rules": ["create", "read", "update"],
    }


def test_earlier_callers_name_permissions_and_a_scope_instead_of_sets(
    admin: httpx.Client, organisation: Organisation
) -> None:
    """And both together add up."""
    role = make(
        admin,
        permissions=[{"resourceType": "access_rules", "actions": ["Read", "read", "CREATE"]}],
        scopeId=organisation["a"].id.upper(),
        scopeType="Cluster",
    )
    assert role["permissions"] == [{"resourceType": "access_rules", "actions": ["create", "read"]}]
    assert role["permissionSets"] == []
    assert (role["scopeId"], role["scopeType"]) == organisation["a"]


def test_a_role_may_begin_disabled(admin: httpx.Client) -> None:
    role = make(admin, enabled=False)
    assert (role["enabled"], role["effectiveEnabled"]) == (False, False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"description": "x" * 1001}, "description"),
        ({"permissions": None}, "permissionSets"),
        ({"permissions": []}, "permissionSets"),
        ({"permissions": [{"resourceType": "users", "actions": []}]}, "permissionSets"),
        ({"permissions": [{"resourceType": "unicorns", "actions": ["read"]}]}, "permissions[0].resourceType"),
        ({"permissions": [{"resourceType": "users", "actions": ["read", "fly"]}]}, "permissions[0].actions"),
        ({"permissionSets": [{"id": NOBODY}]}, "permissionSets[0].id"),
        ({"permissionSets": [{"id": "View users"}]}, "permissionSets[0].id"),
        ({"scopeId": "1", "scopeType": "cluster"}, "scopeType"),
        ({"scopeId": "1", "scopeType": "system"}, "scopeType"),
    ],
)
def test_a_role_that_cannot_be_is_refused_by_field(
    admin: httpx.Client, change: dict[str, Any], named: str
) -> None:
    before = admin.get(ROLES, params={**CUSTOM, "limit": 500}).json()
    role = make(admin)
    assert message(admin.post(ROLES, json=body() | change)).startswith(f"{named}: ")
    assert message(admin.put(path(role), json=body() | change)).startswith(f"{named}: ")
    assert admin.get(path(role)).json() == role
    assert admin.delete(path(role)).status_code == 204
    assert admin.get(ROLES, params={**CUSTOM, "limit": 500}).json() == before


def test_a_level_alone_is_no_home(admin: httpx.Client) -> None:
    assert message(admin.post(ROLES, json=body(scopeType="tenant"))).startswith("scopeId: ")


@pytest.mark.parametrize("name", ["name", "description"])
def test_a_name_and_a_description_are_required(admin: httpx.Client, name: str) -> None:
    wanted = body()
    del wanted[name]
    assert message(admin.post(ROLES, json=wanted)) == f"{name}: is required."


@pytest.mark.parametrize("taken", ["Viewer", "l1 RESEARCHER", "Taken", "tAKEN"])
def test_a_name_is_of_one_role(admin: httpx.Client, taken: str) -> None:
    if not admin.get(ROLES, params={"filterBy": "name==taken"}).json()["roles"]:
        make(admin, "Taken")
    role = make(admin)
    assert "already exists" in message(admin.post(ROLES, json=body(taken)), 409)
    assert "already exists" in message(admin.put(path(role), json=body(taken)), 409)
    assert admin.put(path(role), json=body(role["name"].upper())).status_code == 200


# Replacing, switching, deleting


def test_a_role_is_replaced_whole(
    admin: httpx.Client, sets: dict[str, dict[str, Any]], organisation: Organisation
) -> None:
    role = make(
        admin,
        permissionSets=[{"id": sets["View users"]["id"]}],
        kubernetesPermissions={"predefinedRole": "view"},
        **at(organisation["a"]),
    )
    answer = admin.put(
        path(role), json={"name": fresh("renamed"), "description": "", "permissions": letters("d nodes")}
    )
    assert answer.status_code == 200, answer.text
    found = admin.get(path(role)).json()
    assert found == answer.json()
    assert found["name"].startswith("renamed")
    assert found["permissions"] == [{"resourceType": "nodes", "actions": ["delete"]}]
    assert (found["permissionSets"], found["kubernetesPermissions"], found["description"]) == ([], {}, "")
    assert (found["scopeId"], found["createdAt"], found["createdBy"]) == (
        role["scopeId"],
        role["createdAt"],
        role["createdBy"],
    )
    assert found["updatedAt"] > role["updatedAt"]


def test_what_was_read_can_be_put_back(admin: httpx.Client, organisation: Organisation) -> None:
    role = make(admin, **at(organisation["a1"]))
    answer = admin.put(path(role), json=role)
    assert answer.status_code == 200
    assert {**answer.json(), "updatedAt": ""} == {**role, "updatedAt": ""}


def test_a_role_stays_where_it_was_made(admin: httpx.Client, organisation: Organisation) -> None:
    role = make(admin, **at(organisation["a1"]))
    for elsewhere in (organisation["a"], organisation["a2"], organisation.tenant):
        assert message(admin.put(path(role), json=body(**at(elsewhere)))).startswith("scopeId: ")
    assert message(admin.put(path(role), json=body(scopeType="cluster"))).startswith("scopeType: ")
    assert admin.put(path(role), json=body(**at(organisation["a1"]))).status_code == 200
    assert admin.get(path(role)).json()["scopeId"] == organisation["a1"].id


def test_switching_twice_is_as_good_as_once(admin: httpx.Client) -> None:
    role = make(admin)
    for word, enabled in (("disable", False), ("disable", False), ("enable", True), ("enable", True)):
        assert admin.post(path(role, f"/{word}"), json={}).status_code == 204
        found = admin.get(path(role)).json()
        assert (found["enabled"], found["effectiveEnabled"]) == (enabled, enabled)
    assert admin.post(path(role, "/disable")).status_code == 204  # some send no body


def test_a_role_that_rules_give_stays_until_they_end(admin: httpx.Client, organisation: Organisation) -> None:
    role = make(admin)
    rule = admin.post(RULES, json=wish("some group", role["id"], organisation["a"], "group")).json()
    assert (rule["roleId"], rule["roleName"]) == (role["id"], role["name"])
    assert "delete them first" in message(admin.delete(path(role)), 409)
    assert admin.delete(f"{RULES}/{rule['id']}").status_code == 204
    assert admin.delete(path(role)).status_code == 204
    assert operate(admin, role["id"]) == dict.fromkeys(operate(admin, UNKNOWN), 404)
    refused = admin.post(RULES, json=wish("some group", role["id"], organisation["a"], "group"))
    assert message(refused, 404).startswith("roleId: ")


def test_a_deleted_roles_name_is_free_and_its_id_is_not(admin: httpx.Client) -> None:
    name = fresh("again")
    first = make(admin, name)
    assert admin.delete(path(first)).status_code == 204
    second = make(admin, name.upper())
    assert second["id"] > first["id"]
    assert admin.get(path(first)).status_code == 404


@pytest.mark.parametrize("role", ["0x1", "-1", "one", "2147483648", "1.0", "٣"])
def test_an_id_that_can_be_none_is_refused(admin: httpx.Client, role: str) -> None:
    for answer in (admin.get(f"{ROLES}/{role}"), admin.delete(f"{ROLES}/{role}")):
        assert message(answer).startswith("roleId: ")


# The list


@pytest.fixture(scope="module")
def shelf(holders: Holders, organisation: Organisation) -> httpx.Client:
    """A client that reads roles in department b2 alone, where three are at home: Ash, birch and Cedar, which is off."""
    maker = holders.account(
        name="carpenter",
        rules=[(holders.role("crud roles, r project", organisation["b2"]), *organisation["b2"])],
    )
    client = holders.as_account(maker)
    make(client, "birch", description="White bark", scopeId=organisation["b2x"].id)
    make(client, "Ash", description="Pale 100%")
    make(client, "Cedar", description="Red", enabled=False)
    return client


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Ash", "birch", "Cedar"]),
        ("&sortOrder=desc", ["Cedar", "birch", "Ash"]),
        ("&sortBy=createdAt", ["birch", "Ash", "Cedar"]),
        ("&sortBy=RolesSortFilterFields.ENABLED", ["Cedar", "birch", "Ash"]),
        ("&sortBy=scopeType", ["Ash", "Cedar", "birch"]),
        ("&search=BARK", ["birch"]),
        ("&search=100%25", ["Ash"]),
        ("&search=nothing", []),
        (",name=@A", ["Ash", "Cedar"]),
        (",name==ash", ["Ash"]),
        (",name!=ash", ["birch", "Cedar"]),
        (",enabled==false", ["Cedar"]),
        (",scopeType==project", ["birch"]),
        (",scopeType!=project", ["Ash", "Cedar"]),
        (",createdBy==Carpenter", ["Ash", "birch", "Cedar"]),
        (",createdAt<=2020-01-01", []),
        (",createdAt>=2020-01-01", ["Ash", "birch", "Cedar"]),
    ],
)
def test_the_list_is_filtered_and_sorted(shelf: httpx.Client, query: str, found: list[str]) -> None:
    by = f"{ROLES}?filterBy=createdBy==carpenter"
    answer = shelf.get(by + query)
    assert answer.status_code == 200, answer.text
    assert [one["name"] for one in answer.json()["roles"]] == found
    assert "next" not in answer.json()


def test_the_list_is_paged_by_next(shelf: httpx.Client, admin: httpx.Client) -> None:
    whole = [one["id"] for one in admin.get(ROLES, params={"limit": 500}).json()["roles"]]
    paged: list[int] = []
    offset: int | None = 0
    for _ in range(len(whole)):
        page = admin.get(ROLES, params={"limit": 7, "offset": offset}).json()
        paged += [one["id"] for one in page["roles"]]
        offset = page.get("next")
        if offset is None:
            break
    assert paged == whole
    assert len(admin.get(ROLES).json()["roles"]) == min(50, len(whole))
    assert shelf.get(ROLES, params={"offset": 10_000}).json() == {"roles": []}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("filterBy=permissions==x", "filterBy"),
        ("filterBy=custom==perhaps", "filterBy"),
        ("filterBy=enabled=@t", "filterBy"),
        ("filterBy=scopeType==galaxy", "filterBy"),
        ("sortBy=description", "sortBy"),
        ("limit=501", "limit"),
        ("offset=x", "offset"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_name(admin: httpx.Client, query: str, named: str) -> None:
    assert message(admin.get(f"{ROLES}?{query}")).startswith(f"{named}: ")


# Permission sets


def test_every_permission_set_is_what_the_contracts_client_expects(
    admin: httpx.Client, sets: dict[str, dict[str, Any]]
) -> None:
    for one in sets.values():
        assert PermissionSet.from_dict(one).description
        assert str(UUID(one["id"])) == one["id"]
        assert admin.get(f"{SETS}/{one['id'].upper()}").json() == one
    assert len({one["id"] for one in sets.values()}) == len(sets)
    assert message(admin.get(f"{SETS}/{NOBODY}"), 404) == "Permission set not found."


def test_every_permission_is_in_a_set_to_view_and_every_set_can_be_given(
    admin: httpx.Client, sets: dict[str, dict[str, Any]]
) -> None:
    """Whoever holds the widest role of the product could else make a role that nobody can give."""
    widest = {one["resourceType"]: set(one["actions"]) for one in admin.get(path(1)).json()["permissions"]}
    in_sets: dict[str, set[str]] = {}
    for one in sets.values():
        for permission in one["permissions"]:
            kind, actions = permission["resourceType"], set(permission["actions"])
            assert actions <= widest[kind], (one["name"], kind)
            in_sets[kind] = in_sets.get(kind, set()) | actions
    assert in_sets == widest


def test_the_ids_of_sets_are_the_same_everywhere(sets: dict[str, dict[str, Any]]) -> None:
    """Scripts keep them."""
    assert sets["Manage service accounts"]["id"] == "6ce64eb7-6d7e-5beb-8e9e-05995e1af74f"

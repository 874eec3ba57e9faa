"""The predefined roles are those that clients know: their ids, names and permissions."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from keystead.authz.policy import Grant, Grants
from keystead.authz.vocabulary import (
    BY_NAME,
    OWN_RESOURCE_TYPES,
    RESOURCE_TYPES,
    Action,
    Permission,
    permissions_of,
    words_of,
)
from keystead.roles.http import role_answer
from keystead.roles.model import FIRST_CUSTOM_ID, Role, RoleTable
from keystead.roles.permission_sets import PERMISSION_SETS
from keystead.roles.predefined import RESERVED_IDS

CONTRACT = Path(__file__).parents[3] / "shared" / "contract"
ACTIONS = {"C": "create", "R": "read", "U": "update", "D": "delete"}
IDS = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 373, 1708, 1710, 2256]
TOKEN_VERIFIER = 99_001


@pytest.fixture
def roles() -> RoleTable:
    return RoleTable()


def mask_of(roles: RoleTable, role_id: int) -> int:
    """What a role permits; nothing when it is gone."""
    role = roles.find(role_id)
    return role.mask if role else 0


def contract_file(name: str) -> str:
    path = CONTRACT / name
    if not path.is_file():
        pytest.skip(f"{name} of the contract is not beside this checkout; what it says cannot be compared.")
    return path.read_text()


def permitted(role: Role) -> dict[str, list[str]]:
    """The actions of a role by resource type, without those on which it may nothing."""
    held = {resource.name: words_of(role.mask, resource) for resource in RESOURCE_TYPES}
    return {name: actions for name, actions in held.items() if actions}


def permitted_by_contract(role: dict[str, Any]) -> dict[str, list[str]]:
    held: dict[str, list[str]] = {}
    for letters, names in role.items():
        if set(letters) <= set(ACTIONS):
            held |= {name: [ACTIONS[letter] for letter in letters] for name in names}
    return held


def test_the_ids_are_those_that_scripts_rely_on(roles: RoleTable) -> None:
    assert [role.id for role in roles.all()] == [*IDS, TOKEN_VERIFIER]
    assert not RESERVED_IDS & set(IDS)
    assert TOKEN_VERIFIER < FIRST_CUSTOM_ID


def test_no_two_roles_have_one_name(roles: RoleTable) -> None:
    assert len({role.name_folded for role in roles.all()}) == len(roles.all())


def test_every_role_is_what_the_contract_records(roles: RoleTable) -> None:
    recorded = yaml.safe_load(contract_file("roles.yaml"))
    assert {role.id: role.name for role in roles.all() if not role.is_own} == {
        role["id"]: role["name"] for role in recorded["roles"]
    }
    for role in recorded["roles"]:
        ours = roles.find(role["id"])
        assert ours is not None
        assert permitted(ours) == permitted_by_contract(role), role["name"]


def test_every_resource_type_is_shown_as_the_contract_records() -> None:
    recorded = yaml.safe_load(contract_file("roles.yaml"))["resources"]
    ours = {resource.name: [resource.display_name, resource.group_id] for resource in RESOURCE_TYPES}
    assert ours == recorded


def test_resource_types_come_in_the_order_of_the_contract() -> None:
    schemas = json.loads(contract_file("run-ai-2.24.openapi.json"))["components"]["schemas"]
    assert [resource.name for resource in RESOURCE_TYPES] == schemas["ResourceType"]["enum"]


def test_an_answer_names_every_resource_type_also_where_the_role_may_nothing(roles: RoleTable) -> None:
    for role in roles.all():
        shown = msgspec.to_builtins(role_answer(role))["permissions"]
        assert [permission["resourceType"] for permission in shown] == [one.name for one in RESOURCE_TYPES]
        assert {one["resourceType"]: one["actions"] for one in shown if one["actions"]} == permitted(role)
        assert all(set(one) == {"resourceType", "displayName", "groupId", "actions"} for one in shown)


def test_a_predefined_role_says_that_it_is_one(roles: RoleTable) -> None:
    for role in roles.all():
        answer = msgspec.to_builtins(role_answer(role))
        assert (answer["createdBy"], answer["custom"]) == ("Keystead" if role.is_own else "Run:ai", False)
        assert answer["enabled"] is answer["effectiveEnabled"] is True
        assert answer["description"]


@pytest.mark.parametrize(
    ("role_id", "action", "resource", "allowed"),
    [
        (1708, Action.READ, "service-account", True),
        (1708, Action.CREATE, "service-account", False),
        (1710, Action.READ, "department", True),
        (1710, Action.CREATE, "department", False),
        (1710, Action.CREATE, "service-account", True),
        (5, Action.READ, "department", False),
        (3, Action.CREATE, "access_rules", True),
        (7, Action.UPDATE, "project", False),
    ],
)
def test_what_is_easily_got_wrong(
    roles: RoleTable, role_id: int, action: Action, resource: str, allowed: bool
) -> None:
    held = Grants((Grant(1, role_id, mask_of(roles, role_id), 0),))
    assert held.allows(Permission(action, BY_NAME[resource]), 0) is allowed


def test_a_department_administrator_holds_all_that_most_roles_do(roles: RoleTable) -> None:
    """And can therefore give them: every role but the three that administer more, and the one of verifiers."""
    held = mask_of(roles, 1710)
    assert {role.id for role in roles.all() if role.mask & ~held} == {1, 3, 1708, TOKEN_VERIFIER}


def test_what_verifiers_may_is_held_by_two_roles_and_named_by_no_answer(roles: RoleTable) -> None:
    own = 0
    for resource in OWN_RESOURCE_TYPES:
        own |= resource.mask(Action.READ)
    assert {role.id for role in roles.all() if role.mask & own} == {1, TOKEN_VERIFIER}
    assert mask_of(roles, TOKEN_VERIFIER) == own == mask_of(roles, 1) & own
    assert [str(one) for one in permissions_of(own)] == [
        "read token-introspection",
        "read token-status",
        "read access-decisions",
    ]
    verifier = roles.find(TOKEN_VERIFIER)
    assert verifier is not None
    assert permitted(verifier) == {}
    shown = {permission.resource_type for permission in role_answer(verifier).permissions}
    assert not shown & {resource.name for resource in OWN_RESOURCE_TYPES}
    assert not any(one.mask & own for one in PERMISSION_SETS.values())


def test_a_role_that_is_gone_permits_nothing_and_still_has_a_name(roles: RoleTable) -> None:
    assert roles.find(2) is None
    assert mask_of(roles, 2) == 0
    assert roles.name(2) == "Role 2"

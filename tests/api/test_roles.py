"""Roles over HTTP: read only, the same for all who may read them."""

import httpx
import pytest
from runai.models.role_v1 import RoleV1

from tests.api.conftest import MakeAccount, Organisation

ROLES = "/api/v1/authorization/roles"
CONTRACTS = [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 373, 1708, 1710, 2256]
TOKEN_VERIFIER = 99_001
SYSTEM_ADMINISTRATOR, L1_RESEARCHER, VIEWER, DEPARTMENT_ADMINISTRATOR = 1, 5, 7, 1710


def test_the_anonymous_are_asked_to_sign_in(anonymous: httpx.Client) -> None:
    assert [anonymous.get(path).status_code for path in (ROLES, f"{ROLES}/1")] == [401, 401]


@pytest.mark.parametrize("role", [None, VIEWER, L1_RESEARCHER])
def test_who_may_not_read_roles_sees_none(
    make_account: MakeAccount, organisation: Organisation, role: int | None
) -> None:
    rules = [] if role is None else [(role, *organisation.tenant)]
    with make_account(rules=rules) as caller:
        assert [caller.get(path).status_code for path in (ROLES, f"{ROLES}/1", f"{ROLES}/2")] == [403] * 3


def test_who_reads_roles_in_one_scope_reads_them_all(
    admin: httpx.Client, make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        assert caller.get(ROLES).json() == admin.get(ROLES).json()
        assert caller.get(f"{ROLES}/1").status_code == 200


def test_the_list_is_a_bare_array_that_the_client_reads(admin: httpx.Client) -> None:
    answer = admin.get(ROLES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    roles = [RoleV1.from_dict(role) for role in answer.json()]
    assert [role.id for role in roles] == [*CONTRACTS, TOKEN_VERIFIER]
    assert [role.created_by for role in roles] == [*("Run:ai" for _ in CONTRACTS), "Keystead"]
    assert len({len(role.permissions) for role in roles}) == 1


def test_a_role_is_read_by_its_id(admin: httpx.Client) -> None:
    for role in admin.get(ROLES).json():
        assert admin.get(f"{ROLES}/{role['id']}").json() == role


@pytest.mark.parametrize("unknown", ["0", "2", "1709", "2147483647"])
def test_an_unknown_role_is_not_found(admin: httpx.Client, unknown: str) -> None:
    answer = admin.get(f"{ROLES}/{unknown}")
    assert (answer.status_code, answer.json()) == (404, {"code": 404, "message": "Role not found."})


@pytest.mark.parametrize("wrong", ["x", "1.0", "-1", "+1", "１", "2147483648", "9" * 5_000, "%00", "1%20"])
def test_an_id_that_is_no_number_is_refused(admin: httpx.Client, wrong: str) -> None:
    answer = admin.get(f"{ROLES}/{wrong}")
    assert answer.status_code == 400
    assert answer.json()["code"] == 400


def test_roles_cannot_be_written(admin: httpx.Client) -> None:
    body = {"name": "x", "description": "x", "permissions": []}
    for method, path in (("POST", ROLES), ("PUT", f"{ROLES}/1"), ("DELETE", f"{ROLES}/1")):
        answer = admin.request(method, path, json=body)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")

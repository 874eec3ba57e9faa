"""People, as runapy's clients administer them."""

from collections.abc import Iterator

import httpx
import pytest
from runai import models

from tests.contract.client import Client, refused
from tests.contract.ground import ACCESS_RULES, L1_RESEARCHER, Organisation
from tests.serving import sign_in

EMAIL = "dana.ng@example.org"
USERS = "/api/v1/users"


@pytest.fixture(autouse=True)
def afterwards(admin: httpx.Client) -> Iterator[None]:
    """Always the same e-mail: whoever had it is deleted when a test is over, and the next one owes them nothing."""
    yield
    for one in admin.get(USERS, params={"filterBy": f"username=={EMAIL}"}).json():
        assert admin.delete(f"{USERS}/{one['id']}").status_code == 204


def test_a_person_is_made_listed_reset_logged_out_and_deleted(
    operator: Client, admin: httpx.Client, server: str, organisation: Organisation
) -> None:
    waiting = {"subjectId": EMAIL, "subjectType": "user", "roleId": L1_RESEARCHER}
    rule = admin.post(ACCESS_RULES, json={**waiting, "scopeId": organisation.a, "scopeType": "cluster"})
    assert rule.status_code == 201, rule.text

    request = models.UserCreationRequest1(email=EMAIL, reset_password=True, notify=False)
    made = operator.users.create_user(request)
    assert made.status_code == 201
    person = models.UserPostResponse.from_dict(made.data)
    with refused(409):
        operator.users.create_user(request)

    found = models.User2.from_dict(operator.users.get_user_by_id(person.id).data)
    assert (found.username, found.created_by, found.last_login) == (EMAIL, "platform-engineering", None)
    for field in models.UsersFilterSortFields:
        listed = operator.users.get_users(
            filter_by=[f"username=={EMAIL}", "isLocal==true"], sort_by=field, sort_order="desc", limit=2
        )
        assert [models.User2.from_dict(one) for one in listed.data] == [found]
    assert operator.users.count_users(search="DANA").data == {"count": 1}

    with sign_in(server, EMAIL, person.temp_password) as client:
        assert client.get("/api/v1/authorization/me/access-rules").status_code == 403
        passwords = {"currentPassword": person.temp_password, "newPassword": "a password of Dana's"}
        assert client.post("/api/v1/me/password", json=passwords).json() == {}
        own = client.get("/api/v1/authorization/me/access-rules").json()["accessRules"]
        assert [one["id"] for one in own["accessRules"]] == [rule.json()["id"]]
        assert operator.users.logout_user(person.id).status_code == 200
        assert client.get("/api/v1/authorization/me/access-rules").status_code == 401

    reset = models.ResetUserPassword200Response.from_dict(operator.users.reset_user_password(person.id).data)
    with sign_in(server, EMAIL, reset.temp_password) as client:
        assert client.get("/api/v1/authorization/me/access-rules").status_code == 403
        assert operator.users.delete_user_by_id(person.id).status_code == 204
        assert client.get("/api/v1/authorization/me/access-rules").status_code == 401
    with refused(404):
        operator.users.get_user_by_id(person.id)
    assert operator.access_rules.get_access_rules(subject_ids=[EMAIL]).data["totalRecords"] == 0


def test_an_account_has_no_password_to_change(operator: Client) -> None:
    request = models.UserChangePasswordRequest(
        current_password="correct horse", new_password="battery staple"
    )
    with refused(403):
        operator.users.change_user_password(request)

"""Access laws 1 to 3: what rules, tokens and credentials belong to. Tests are named by the sentence's number."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.api.conftest import Organisation, give
from tests.api.holders import (
    ACCOUNTS,
    L1_RESEARCHER,
    OWN_RULES,
    RULES,
    SYSTEM_ADMINISTRATOR,
    USERS,
    VIEWER,
    Account,
    Holders,
    fresh,
    wish,
)
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, bearing, sign_in, token_for

NEW_PASSWORD = "another horse, another battery"
EVERYTHING = {"limit": 500}


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def rules_named(admin: httpx.Client, subject: str, **more: Any) -> list[dict[str, Any]]:
    answer = admin.get(RULES, params={**EVERYTHING, "subjectIds": subject, **more})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["accessRules"]
    return found


def make_person(admin: httpx.Client, email: str, **more: Any) -> tuple[str, str]:
    """The person's id and password, which is temporary."""
    answer = admin.post(USERS, json={"email": email, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], answer.json()["tempPassword"]


def own_rules(server: str, email: str, password: str) -> list[dict[str, Any]]:
    """What a new person holds, once they have chosen a password."""
    with sign_in(server, email, password) as person:
        body = {"currentPassword": password, "newPassword": NEW_PASSWORD}
        assert person.post("/api/v1/me/password", json=body).status_code == 200
        found: list[dict[str, Any]] = person.get(OWN_RULES).json()["accessRules"]["accessRules"]
        return found


# 1. Rules, tokens and credentials belong to the UUID


def test_law_01_a_new_account_of_an_old_name_inherits_nothing(
    server: str, admin: httpx.Client, anonymous: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    old = holders.account(organisation["a1"], [(SYSTEM_ADMINISTRATOR, *organisation.tenant)])
    with bearing(server, token_for(server, old.name, old.secret)) as of_old:
        assert admin.delete(old.path).status_code == 204
        new = holders.account(name=old.name)
        assert new.id != old.id
        assert of_old.get(OWN_RULES).status_code == 401
    assert anonymous.post("/api/v2/token", data=old.form).status_code == 401
    with bearing(server, token_for(server, new.name, new.secret)) as of_new:
        assert of_new.get(OWN_RULES).json()["accessRules"]["accessRules"] == []
        may = of_new.get("/api/v1/authorization/permissions").json()
        assert [one["actions"] for one in may if one["actions"]] == []
        assert of_new.get(ACCOUNTS).status_code == 403
    assert rules_named(admin, new.name) == []
    assert admin.get(new.path).json()["lastLogin"] is not None
    assert admin.get(old.path).status_code == 404


def test_law_01_a_token_s_sub_is_the_uuid_and_its_client_id_the_client_id(
    server: str, holders: Holders
) -> None:
    account = holders.account()
    found = claims(token_for(server, account.name, account.secret))
    assert (found["sub"], found["client_id"]) == (account.id, account.name)


def test_law_01_an_e_mail_is_looked_up_at_the_door_and_the_token_names_the_uuid(
    server: str, admin: httpx.Client
) -> None:
    person = admin.get(USERS, params={"filterBy": f"username=={ADMIN_EMAIL}"}).json()[0]
    form = {"grant_type": "password", "username": ADMIN_EMAIL.upper(), "password": ADMIN_PASSWORD}
    found = claims(httpx.post(f"{server}/api/v2/token", data=form).json()["access_token"])
    assert found["sub"] == person["id"]
    assert ADMIN_EMAIL not in json.dumps(found)


def test_law_01_a_new_person_of_an_old_e_mail_inherits_nothing(
    server: str, admin: httpx.Client, organisation: Organisation
) -> None:
    email = f"{fresh('person')}@example.org"
    old, _ = make_person(admin, email)
    assert admin.post(RULES, json=wish(email, VIEWER, organisation["a"], "user")).status_code == 201
    assert admin.delete(f"{USERS}/{old}").status_code == 204
    new, password = make_person(admin, email)
    assert new != old
    assert own_rules(server, email, password) == []


# 2. A client ID belongs to one


def test_law_02_a_name_of_the_form_of_an_access_key_s_client_id_is_refused(admin: httpx.Client) -> None:
    answer = admin.post(ACCOUNTS, json={"name": "access-key-" + "0123456789abcdef" * 2})
    assert (answer.status_code, answer.json()["message"].partition(":")[0]) == (400, "name")


@pytest.mark.parametrize("name", ["access-key-" + "0" * 31, "access-key-" + "0" * 31 + "g", "my-access-key"])
def test_law_02_a_name_that_only_resembles_one_is_taken(holders: Holders, name: str) -> None:
    assert holders.account(name=name).name == name


@pytest.mark.parametrize("name", ["cli", "runai", "keystead"])
def test_law_02_what_people_s_tokens_call_their_client_is_no_account_s_name(
    admin: httpx.Client, name: str
) -> None:
    answer = admin.post(ACCOUNTS, json={"name": name})
    assert (answer.status_code, answer.json()["message"].partition(":")[0]) == (400, "name")


def test_law_02_of_many_who_want_one_name_at_once_one_gets_it(admin: httpx.Client) -> None:
    name = fresh("wanted")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: admin.post(ACCOUNTS, json={"name": name}), range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(admin.get(ACCOUNTS, params={"filterBy": f"name=={name}"}).json()) == 1


# 3. Rules and the subjects that they name


def test_law_03_a_rule_for_an_account_that_does_not_exist_is_refused(
    admin: httpx.Client, organisation: Organisation
) -> None:
    name = fresh("nobody")
    for kind in ("service-account", "app"):
        answer = admin.post(RULES, json=wish(name, VIEWER, organisation["a"], kind))
        assert (answer.status_code, answer.json()["message"].partition(":")[0]) == (404, "subjectId")
    assert rules_named(admin, name, includeDeleted="true") == []


def test_law_03_a_person_s_rule_may_come_first_and_becomes_theirs_whatever_the_case(
    server: str, admin: httpx.Client, organisation: Organisation
) -> None:
    email = f"{fresh('Awaited')}@example.org"
    waiting = admin.post(RULES, json=wish(email, VIEWER, organisation["a1"], "user")).json()
    again = admin.post(RULES, json=wish(email.lower(), VIEWER, organisation["a1"], "user"))
    assert (again.status_code, "already exists" in again.json()["message"]) == (409, True)
    _, password = make_person(admin, email.lower())
    assert [rule["id"] for rule in own_rules(server, email, password)] == [waiting["id"]]


def test_law_03_a_rule_that_comes_after_the_person_is_theirs_at_once(
    server: str, admin: httpx.Client, organisation: Organisation
) -> None:
    email = f"{fresh('present')}@example.org"
    _, password = make_person(admin, email)
    rule = admin.post(RULES, json=wish(email.upper(), VIEWER, organisation["a1"], "user")).json()
    assert [one["id"] for one in own_rules(server, email, password)] == [rule["id"]]


def test_law_03_creating_a_person_needs_all_that_the_rules_give_which_wait_for_them(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    above, inside = (f"{fresh('awaited')}@example.org" for _ in range(2))
    admin.post(RULES, json=wish(above, SYSTEM_ADMINISTRATOR, organisation.tenant, "user"))
    admin.post(RULES, json=wish(inside, L1_RESEARCHER, organisation["a1x"], "user"))
    caller = holders.as_account(holders.account(rules=[(1710, *organisation["a1"])]))
    refused = caller.post(USERS, json={"email": above})
    assert refused.status_code == 403
    assert "system" not in refused.text.lower()
    assert caller.post(USERS, json={"email": inside}).status_code == 201


def test_law_03_a_group_s_rule_stays_with_its_name(
    server: str, admin: httpx.Client, organisation: Organisation
) -> None:
    group = fresh("Group of the night")
    rule = admin.post(RULES, json=wish(group, VIEWER, organisation["b"], "group")).json()
    members = [f"{fresh('member')}@example.org" for _ in range(2)]
    for email in members:
        person, password = make_person(admin, email, groups=[group])
        assert [one["id"] for one in own_rules(server, email, password)] == [rule["id"]]
        assert admin.delete(f"{USERS}/{person}").status_code == 204
    assert [one["id"] for one in rules_named(admin, group)] == [rule["id"]]


def test_law_03_deleting_an_account_deletes_its_rules_and_no_others(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    gone: Account = holders.account(
        rules=[(VIEWER, *organisation["a"]), (L1_RESEARCHER, *organisation["b1x"])]
    )
    other = holders.account()
    kept = give(admin, other.name, VIEWER, *organisation["a"])
    before = admin.get(f"{RULES}/count").json()["count"]
    ids = [rule["id"] for rule in rules_named(admin, gone.name)]
    assert admin.delete(gone.path).status_code == 204
    assert rules_named(admin, gone.name) == []
    assert {admin.get(f"{RULES}/{rule_id}").status_code for rule_id in ids} == {404}
    assert admin.get(f"{RULES}/{kept}").status_code == 200
    assert admin.get(f"{RULES}/count").json()["count"] == before - 2
    assert [rule["id"] for rule in rules_named(admin, gone.name, includeDeleted="true")] == ids

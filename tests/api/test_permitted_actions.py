"""Answers say what whoever asks may do with what they see: and it is what they may do."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from tests.api.conftest import Organisation, Place
from tests.api.holders import (
    ACCOUNTS,
    DEPARTMENTS,
    PROJECTS,
    ROLES,
    RULES,
    UNITS,
    USERS,
    VIEWER,
    Holders,
    at,
    fresh,
    letters,
    wish,
)

CLUSTERS = UNITS["cluster"]


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


def permitted(answer: httpx.Response) -> list[str]:
    assert answer.is_success, answer.text
    found: list[str] = answer.json()["permittedActions"]
    return found


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ("r service-account", []),
        ("ru service-account", ["update"]),
        ("rd service-account", ["delete"]),
        ("crud service-account", ["update", "delete"]),
        ("r service-account, crud project", []),
    ],
)
def test_of_an_account_by_its_home(
    holders: Holders, organisation: Organisation, held: str, words: list[str]
) -> None:
    here, there = (holders.account(organisation[place]) for place in ("a1x", "b1"))
    caller = holders.caller(held, organisation["a1"])
    seer = holders.caller("r service-account", organisation["b"])
    assert permitted(caller.get(here.path)) == words
    assert permitted(seer.get(there.path)) == []
    [row] = caller.get(ACCOUNTS, params={"filterBy": f"name=={here.name}", "limit": 1}).json()
    assert row["permittedActions"] == words
    [row] = caller.get(ACCOUNTS, params={"filterBy": f"name=={here.name}"}).json()
    assert row["permittedActions"] == words
    may = [
        action
        for action, answer in (
            ("update", caller.patch(here.path, json={"description": "by whom it is permitted"})),
            ("delete", caller.delete(here.path)),
        )
        if answer.is_success
    ]
    assert may == words


def test_of_an_account_in_each_of_two_places(holders: Holders, organisation: Organisation) -> None:
    reads, edits = holders.role("r service-account"), holders.role("ru service-account")
    account = holders.account(rules=[(reads, *organisation["a"]), (edits, *organisation["a1"])])
    caller = holders.as_account(account)
    inner, outer = (holders.account(organisation[place]) for place in ("a1x", "a2"))
    rows = {row["name"]: row["permittedActions"] for row in caller.get(ACCOUNTS).json()}
    assert (rows[inner.name], rows[outer.name]) == (["update"], [])


@pytest.mark.parametrize(("held", "words"), [("r users", []), ("rd users", ["delete"])])
def test_of_a_person(
    holders: Holders, admin: httpx.Client, organisation: Organisation, held: str, words: list[str]
) -> None:
    body = {"email": f"{fresh('somebody')}@example.com", **at(organisation["a1"])}
    person = admin.post(USERS, json=body).json()["id"]
    caller = holders.caller(held, organisation["a"])
    assert permitted(caller.get(f"{USERS}/{person}")) == words
    assert [row["permittedActions"] for row in caller.get(USERS).json() if row["id"] == person] == [words]
    assert caller.delete(f"{USERS}/{person}").is_success is bool(words)


def test_of_a_rule_by_its_scope_and_not_after_its_end(
    holders: Holders, admin: httpx.Client, organisation: Organisation
) -> None:
    subject = holders.account()
    made = admin.post(RULES, json=wish(subject.name, VIEWER, organisation["a1"])).json()
    assert made["permittedActions"] == ["delete"]
    path = f"{RULES}/{made['id']}"
    reads, ends = (holders.caller(held, organisation["a"]) for held in ("r access_rules", "rd access_rules"))
    assert permitted(reads.get(path)) == []
    assert permitted(ends.get(path)) == ["delete"]
    asked = {"subjectId": subject.name}
    assert [one["permittedActions"] for one in reads.get(RULES, params=asked).json()["accessRules"]] == [[]]
    assert reads.delete(path).status_code == 403
    assert ends.delete(path).status_code == 204
    ended = ends.get(RULES, params={**asked, "includeDeleted": "true"}).json()["accessRules"]
    assert [one["permittedActions"] for one in ended] == [[]]


def test_of_a_role_by_its_home_and_never_of_one_of_the_product(
    holders: Holders, admin: httpx.Client, organisation: Organisation
) -> None:
    assert permitted(admin.get(f"{ROLES}/{VIEWER}")) == []
    body = {"name": fresh("role"), "description": "", "permissions": letters("r project")}
    made = admin.post(ROLES, json={**body, **at(organisation["a1"])}).json()
    assert made["permittedActions"] == ["update", "delete"]
    path = f"{ROLES}/{made['id']}"
    assert permitted(holders.caller("ru roles", organisation["a1"]).get(path)) == ["update"]
    assert permitted(holders.caller("r roles", organisation["a"]).get(path)) == []
    listed = holders.caller("crud roles", organisation["a"]).get(ROLES, params={"limit": 500}).json()
    by_id = {one["id"]: one["permittedActions"] for one in listed["roles"]}
    assert (by_id[made["id"]], by_id[VIEWER]) == (["update", "delete"], [])


@pytest.mark.parametrize(
    ("path", "place", "held", "words"),
    [
        (CLUSTERS, "a", "r cluster", []),
        (CLUSTERS, "a", "crud cluster", ["update", "delete"]),
        (CLUSTERS, "a", "ru cluster, c department", ["create", "update"]),
        (CLUSTERS, "a", "r cluster, c project", []),
        (DEPARTMENTS, "a1", "r department, c project", ["create"]),
        (DEPARTMENTS, "a1", "crud department", ["update", "delete"]),
        (PROJECTS, "a1x", "crud project", ["update", "delete"]),
        (PROJECTS, "a1x", "r project", []),
    ],
)
def test_of_a_node_with_what_may_be_made_below_it(
    holders: Holders, organisation: Organisation, path: str, place: str, held: str, words: list[str]
) -> None:
    caller = holders.caller(held, organisation["a"])
    assert permitted(caller.get(f"{path}/{organisation[place].id}")) == words
    assert listed(caller, path, organisation[place]) == words


def listed(caller: httpx.Client, path: str, place: Place) -> list[str]:
    """What the list says of a node."""
    answer = caller.get(path).json()
    rows = answer if isinstance(answer, list) else answer.get("departments") or answer["projects"]
    [found] = [one["permittedActions"] for one in rows if place.id in (one.get("id"), one.get("uuid"))]
    return list(found)

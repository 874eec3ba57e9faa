"""Access laws 6, 8 and 9 for custom roles, and how soon a changed role is felt. Tests are named by the law's number."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.api.conftest import Organisation, Place
from tests.api.holders import (
    ACCOUNTS,
    EXPLAIN,
    ROLES,
    RULES,
    VIEWER,
    Account,
    Holders,
    at,
    fresh,
    letters,
    wish,
)
from tests.api.people import People

ROLES_V1 = "/api/v1/authorization/roles"
NOT_FOUND = {"code": 404, "message": "Role not found."}
# Gives nothing of its own but the means: roles and rules are made with it.
MEANS = "crud roles, crud access_rules, r service-account, r department, r project, r cluster, r tenant"


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client, stack: ExitStack) -> Holders:
    return Holders(server, admin, stack)


@pytest.fixture(scope="module")
def people(server: str, admin: httpx.Client, stack: ExitStack) -> People:
    return People(server, admin, stack)


@pytest.fixture(scope="module")
def keeper(holders: Holders, organisation: Organisation) -> httpx.Client:
    """Makes and gives roles in cluster a, and may do everything with workspaces in department a1 alone."""
    means, workspaces = holders.role(MEANS), holders.role("crud workspaces")
    rules = [(means, *organisation["a"]), (workspaces, *organisation["a1"])]
    return holders.as_account(holders.account(rules=rules))


def body(held: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    return {"name": name or fresh("role"), "description": "", "permissions": letters(held)} | more


def make(client: httpx.Client, held: str, home: Place, **more: Any) -> int:
    answer = client.post(ROLES, json=body(held, **at(home), **more))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def put(client: httpx.Client, role: int, held: str, **more: Any) -> httpx.Response:
    return client.put(f"{ROLES}/{role}", json=body(held, f"role number {role}", **more))


def switch(client: httpx.Client, role: int, on: bool) -> httpx.Response:
    return client.post(f"{ROLES}/{role}/{'enable' if on else 'disable'}", json={})


def give_to(client: httpx.Client, account: Account, role: int, place: Place) -> httpx.Response:
    return client.post(RULES, json=wish(account.name, role, place))


def permissions(client: httpx.Client, role: int) -> str:
    found = client.get(f"{ROLES}/{role}").json()["permissions"]
    return ", ".join("".join(word[0] for word in one["actions"]) + " " + one["resourceType"] for one in found)


# Law 8: giving


def test_law_8_a_custom_role_is_given_only_where_the_giver_holds_all_of_it(
    admin: httpx.Client, holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    account = holders.account(home=organisation["a"])
    role = make(keeper, "r workspaces", organisation["a"])
    more = make(keeper, "r workspaces, r trainings", organisation["a"])
    for place, status in (("a1", 201), ("a1x", 201), ("a2", 403), ("a", 403)):
        assert give_to(keeper, account, role, organisation[place]).status_code == status, place
    assert give_to(keeper, account, more, organisation["a1"]).status_code == 403
    assert give_to(admin, account, more, organisation["a1"]).status_code == 201


def test_law_8_a_disabled_role_is_given_as_what_it_would_be(
    holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    """Else it could be given now, to be enabled by somebody else."""
    account = holders.account(home=organisation["a"])
    role = make(keeper, "r trainings", organisation["a"], enabled=False)
    assert give_to(keeper, account, role, organisation["a1"]).status_code == 403


def test_law_8_a_role_is_given_at_its_home_and_below(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account(home=organisation["a"])
    role = make(admin, "r workspaces", organisation["a1"])
    assert give_to(admin, account, role, organisation["a1"]).status_code == 201
    assert give_to(admin, account, role, organisation["a1y"]).status_code == 201
    for place in (organisation["a"], organisation["a2"], organisation["b1x"], organisation.tenant):
        assert give_to(admin, account, role, place).status_code == 400, place


# Law 8: editing and enabling, for all who hold it


@pytest.mark.parametrize("kind", ["service-account", "group", "user", "awaited"])
@pytest.mark.parametrize(("place", "status"), [("a1", 200), ("a1x", 200), ("a2x", 403), ("a", 403)])
def test_law_8_who_edits_a_role_holds_it_wherever_it_is_given(
    admin: httpx.Client,
    holders: Holders,
    people: People,
    keeper: httpx.Client,
    organisation: Organisation,
    kind: str,
    place: str,
    status: int,
) -> None:
    role = make(keeper, "r workspaces", organisation["a"])
    if kind == "service-account":
        holders.account(rules=[(role, *organisation[place])])
    elif kind == "group":
        people.give(fresh("group"), role, organisation[place], "group")
    else:
        email = f"{fresh('person')}@example.org"
        people.new(email) if kind == "user" else None
        people.give(email, role, organisation[place])
    assert put(keeper, role, "ru workspaces").status_code == status
    assert permissions(admin, role) == ("ru workspaces" if status == 200 else "r workspaces")
    assert put(keeper, role, "r workspaces, r trainings").status_code == 403


def test_law_8_what_is_taken_away_is_an_edit_too(
    admin: httpx.Client, holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    """What is left must be held by whoever leaves it there."""
    role = make(admin, "r workspaces, r trainings", organisation["a"])
    holders.account(rules=[(role, *organisation["a1"])])
    assert put(keeper, role, "r trainings").status_code == 403
    assert put(keeper, role, "r workspaces").status_code == 200


def test_law_8_whoever_enables_a_role_holds_it_wherever_it_is_given(
    admin: httpx.Client, holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    role = make(admin, "r trainings", organisation["a"])
    holders.account(rules=[(role, *organisation["a1"])])
    assert switch(keeper, role, False).status_code == 204
    assert switch(keeper, role, True).status_code == 403
    assert put(keeper, role, "r trainings").status_code == 403  # `enabled` is true when it is left out
    assert put(keeper, role, "r trainings", enabled=True).status_code == 403
    assert admin.get(f"{ROLES}/{role}").json()["enabled"] is False
    assert switch(admin, role, True).status_code == 204


def test_law_8_what_was_put_into_a_role_while_it_was_disabled_counts_when_it_is_enabled(
    admin: httpx.Client, holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    role = make(keeper, "r workspaces", organisation["a"])
    holders.account(rules=[(role, *organisation["a1"])])
    assert switch(keeper, role, False).status_code == 204
    assert put(keeper, role, "r workspaces, crud trainings", enabled=False).status_code == 200
    assert switch(keeper, role, True).status_code == 403
    assert put(keeper, role, "r workspaces, r trainings").status_code == 403
    assert put(keeper, role, "r workspaces").status_code == 200


def test_law_8_nobody_widens_a_role_of_their_own(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    role = holders.role("crud roles, r project", organisation["a"])
    caller = holders.as_account(holders.account(rules=[(role, *organisation["a"])]))
    assert put(caller, role, "crud roles, crud project").status_code == 403
    assert put(caller, role, "crud roles, r project, crud access_rules").status_code == 403
    assert permissions(admin, role) == "r project, crud roles"


def test_law_8_a_role_that_nobody_has_may_say_anything(
    holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    """It gives nothing; whoever gives it later must hold it."""
    role = make(keeper, "crud tenant, crud users", organisation["a"])
    assert put(keeper, role, "crud service-account, crud trainings").status_code == 200
    assert (
        give_to(keeper, holders.account(home=organisation["a"]), role, organisation["a1"]).status_code == 403
    )


def test_law_8_a_rule_that_ended_no_longer_counts(
    admin: httpx.Client, holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    role, account = make(admin, "r trainings", organisation["a"]), holders.account(home=organisation["a"])
    rule = give_to(admin, account, role, organisation["a2"]).json()["id"]
    assert put(keeper, role, "r trainings, u trainings").status_code == 403
    assert admin.delete(f"{RULES}/{rule}").status_code == 204
    assert put(keeper, role, "r trainings, u trainings").status_code == 200


def test_law_8_an_edit_and_a_gift_at_the_same_moment_do_not_add_up(
    admin: httpx.Client, holders: Holders, keeper: httpx.Client, organisation: Organisation
) -> None:
    """The keeper gives a role that it holds while it puts in what it does not hold: one of the two is refused."""
    for _ in range(5):
        role, account = (
            make(keeper, "r workspaces", organisation["a"]),
            holders.account(home=organisation["a"]),
        )
        with ThreadPoolExecutor(2) as pool:
            gift = pool.submit(give_to, keeper, account, role, organisation["a1"])
            edit = pool.submit(put, keeper, role, "crud trainings")
            outcomes = (gift.result().status_code, edit.result().status_code)
        assert outcomes in ((201, 403), (403, 200))


# How soon


def test_a_changed_role_is_felt_at_the_next_decision(
    admin: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    role, group = make(admin, "r service-account", organisation["a"]), fresh("group")
    caller = holders.as_account(holders.account(rules=[(role, *organisation["a1"])]))
    people.give(group, role, organisation["a1"], "group")
    member = people.settle(people.new(groups=[group])).client
    for client in (caller, member):
        for _ in range(2):
            assert client.get(ACCOUNTS).status_code == 200
            assert switch(admin, role, False).status_code == 204
            assert client.get(ACCOUNTS).status_code == 403
            assert switch(admin, role, True).status_code == 204
            assert client.get(ACCOUNTS).status_code == 200
            assert client.post(ACCOUNTS, json={"name": fresh("made")}).status_code == 403
            assert put(admin, role, "cr service-account").status_code == 200
            assert client.post(ACCOUNTS, json={"name": fresh("made")}).status_code == 201
            assert put(admin, role, "r project").status_code == 200
            assert client.get(ACCOUNTS).status_code == 403
            assert put(admin, role, "r service-account").status_code == 200


def test_what_a_disabled_role_gave_counts_for_no_change_either(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """Inside a change authority is read anew: a role that was just disabled gives nothing there."""
    role = make(admin, "crud service-account, r department", organisation["a"])
    caller = holders.as_account(holders.account(rules=[(role, *organisation["a1"])]))
    made = caller.post(ACCOUNTS, json={"name": fresh("made")}).json()["id"]
    assert switch(admin, role, False).status_code == 204
    for answer in (
        caller.patch(f"{ACCOUNTS}/{made}", json={"enabled": False}),
        caller.post(f"{ACCOUNTS}/{made}/secret"),
        caller.delete(f"{ACCOUNTS}/{made}"),
    ):
        assert answer.status_code == 404


# Law 9: taking over who holds a custom role


def test_law_9_a_custom_role_counts_as_what_it_gives(
    admin: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    role = make(admin, "r trainings", organisation["a"])
    taker = holders.caller("crud service-account, crud users", organisation["a1"])
    account = holders.account(home=organisation["a1"], rules=[(role, *organisation["a1"])])
    person = people.new(scopeId=organisation["a1"].id, rules=[(role, *organisation["a1"])])
    takeovers = (f"{account.path}/secret", f"{account.path}/secrets", f"{person.path}/password")
    assert {taker.post(path, json={}).status_code for path in takeovers} == {403}
    assert put(admin, role, "r users").status_code == 200  # which the taker holds
    assert {taker.post(path, json={}).status_code for path in takeovers} <= {200, 201}


# Law 6: out of sight


@pytest.fixture(scope="module")
def hidden(admin: httpx.Client, organisation: Organisation) -> int:
    return make(admin, "r workspaces", organisation["b1"])


def test_law_6_a_role_beside_is_unknown_to_the_byte(
    holders: Holders, keeper: httpx.Client, hidden: int, organisation: Organisation
) -> None:
    unknown, account = 2**31 - 1, holders.account(home=organisation["a"])
    for role in (hidden, unknown):
        answers = [
            keeper.get(f"{ROLES}/{role}"),
            keeper.get(f"{ROLES_V1}/{role}"),
            put(keeper, role, "r workspaces"),
            switch(keeper, role, True),
            switch(keeper, role, False),
            keeper.delete(f"{ROLES}/{role}"),
        ]
        assert [(one.status_code, one.json()) for one in answers] == [(404, NOT_FOUND)] * len(answers)
    gifts = [give_to(keeper, account, role, organisation["a1"]) for role in (hidden, unknown)]
    assert {(one.status_code, one.content) for one in gifts} == {(404, gifts[1].content)}


def test_law_6_a_role_beside_is_in_no_list(
    keeper: httpx.Client, hidden: int, organisation: Organisation
) -> None:
    assert hidden not in {one["id"] for one in keeper.get(ROLES_V1).json()}
    for query in (
        {},
        {"filterBy": "custom==true"},
        {"filterBy": f"name==role number {hidden}"},
        {"search": "role"},
    ):
        answer = keeper.get(ROLES, params={"limit": 500, **query})
        assert hidden not in {one["id"] for one in answer.json()["roles"]}
    question = {
        "subjectType": "group",
        "subjectId": "whoever",
        "action": "read",
        "resourceType": "workspaces",
        "scopeId": organisation["a1"].id,
    }
    suggested = keeper.post(EXPLAIN, json=question).json()["rolesThatWouldAllow"]
    assert hidden not in {one["id"] for one in suggested}


@pytest.mark.parametrize("home", ["tenant", "a", "a1", "a1x"])
def test_law_6_a_role_above_or_below_is_seen_by_those_who_may_give_it(
    admin: httpx.Client, holders: Holders, organisation: Organisation, home: str
) -> None:
    place = organisation.tenant if home == "tenant" else organisation[home]
    role = make(admin, "r workspaces", place)
    reader = holders.caller("r roles", organisation["a1"])
    assert reader.get(f"{ROLES}/{role}").json()["scopeId"] == place.id
    assert role in {one["id"] for one in reader.get(ROLES_V1).json()}
    beside = holders.caller("r roles", organisation["b"])
    assert beside.get(f"{ROLES}/{role}").status_code == (200 if home == "tenant" else 404)


@pytest.mark.parametrize("home", ["tenant", "a"])
def test_law_6_a_role_above_is_not_theirs_to_change(
    admin: httpx.Client, holders: Holders, organisation: Organisation, home: str
) -> None:
    role = make(admin, "r workspaces", organisation.tenant if home == "tenant" else organisation[home])
    caller = holders.caller("crud roles, crud workspaces", organisation["a1"])
    answers = [
        put(caller, role, "r workspaces"),
        switch(caller, role, False),
        switch(caller, role, True),
        caller.delete(f"{ROLES}/{role}"),
    ]
    assert {one.status_code for one in answers} == {403}
    assert admin.get(f"{ROLES}/{role}").json()["enabled"] is True


def test_law_6_whoever_may_not_read_roles_gives_only_those_of_the_product(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    role, account = make(admin, "r workspaces", organisation["a1"]), holders.account(home=organisation["a1"])
    held = "crud access_rules, r service-account, r department"
    giver = holders.as_account(
        holders.account(rules=[(holders.role(held), *organisation["a1"]), (VIEWER, *organisation["a1"])])
    )
    assert give_to(giver, account, role, organisation["a1"]).status_code == 404
    assert give_to(giver, account, VIEWER, organisation["a1"]).status_code == 201

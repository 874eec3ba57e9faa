"""Why somebody may, or may not: which rules allow it, or what is missing and which roles would give it."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import httpx
import pytest

from tests.api.conftest import Organisation, Place
from tests.api.contract_file import require_of_contract
from tests.api.holders import (
    ACCOUNTS,
    DEPARTMENT_ADMINISTRATOR,
    EXPLAIN,
    L1_RESEARCHER,
    NOBODY,
    ROLES,
    RULES,
    SYSTEM_ADMINISTRATOR,
    VIEWER,
    Account,
    Holders,
    at,
    fresh,
    letters,
)
from tests.api.people import People

SUBJECT_NOT_FOUND: Final = {"code": 404, "message": "Subject not found."}
READS: Final = "r access_rules, r service-account, r users, r roles, r cluster, r department, r project"


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


def question(
    subject: str, place: Place, held: str = "read project", kind: str = "service-account", **more: Any
) -> dict[str, Any]:
    action, resource = held.split()
    return {
        "subjectId": subject,
        "subjectType": kind,
        "action": action,
        "resourceType": resource,
        "scopeId": place.id,
    } | more


def why(client: httpx.Client, *asked: Any, **more: Any) -> dict[str, Any]:
    answer = client.post(EXPLAIN, json=question(*asked, **more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def message(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


def rule_ids(admin: httpx.Client, subject: str) -> list[int]:
    return [one["id"] for one in admin.get(RULES, params={"subjectIds": subject}).json()["accessRules"]]


# What it says


def test_every_rule_that_allows_it_is_told_with_its_role_and_the_path_of_its_scope(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account(
        rules=[
            (L1_RESEARCHER, *organisation["a"]),
            (VIEWER, *organisation["a1x"]),
            (SYSTEM_ADMINISTRATOR, *organisation["b"]),
        ]
    )
    in_cluster, in_project, _ = rule_ids(admin, account.name)
    found = why(admin, account.name, organisation["a1x"])
    assert {name: value for name, value in found.items() if name != "rules"} == {
        "allowed": True,
        "complete": True,
        "subjectEnabled": True,
        "scopePath": "keystead/cluster-a/department-a1/project-a1x",
        "missing": [],
        "rolesThatWouldAllow": [],
    }
    assert [(one["id"], one["roleName"], one["scopePath"]) for one in found["rules"]] == [
        (in_cluster, "L1 researcher", "keystead/cluster-a"),
        (in_project, "Viewer", "keystead/cluster-a/department-a1/project-a1x"),
    ]
    for one in found["rules"]:
        require_of_contract("AccessRuleById", one)
        assert admin.get(f"{RULES}/{one['id']}").json() == one
    only = why(admin, account.name, organisation["a1x"], "create workspaces")
    assert [one["id"] for one in only["rules"]] == [in_cluster]


def test_where_nothing_allows_it_the_permission_is_named_and_the_roles_that_give_it(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    found = why(admin, account.name, organisation["a1"], "delete service-account")
    assert (found["allowed"], found["rules"]) == (False, [])
    assert found["missing"] == ["delete service-account"]
    assert found["rolesThatWouldAllow"] == [
        {"id": 1, "name": "System administrator"},
        {"id": 1710, "name": "Department administrator"},
    ]
    beside = why(admin, account.name, organisation["b1x"])
    assert (beside["allowed"], beside["missing"]) == (False, ["read project"])


def test_it_says_what_happens(
    admin: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    """Asked of everything that the subject then tries."""
    group = fresh("group")
    people.give(group, VIEWER, organisation["b1"], "group")
    account = holders.account(
        rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"]), (VIEWER, *organisation["b"])]
    )
    person = people.new(groups=[group], rules=[(L1_RESEARCHER, *organisation["a"])])
    for kind, name, client in (
        ("service-account", account.name, holders.as_account(account)),
        ("user", person.email, people.settle(person).client),
    ):
        for place in ("a1x", "a2x", "b1x", "b2x"):
            node = organisation[place]
            read = client.get(f"/api/v1/org-unit/projects/{node.id}")
            assert why(admin, name, node, "read project", kind)["allowed"] == read.is_success
            made = client.post(ACCOUNTS, json={"name": fresh("made"), **at(node)})
            assert why(admin, name, node, "create service-account", kind)["allowed"] == made.is_success


def test_rules_of_groups_are_among_a_persons(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    group, other = fresh("group"), fresh("group")
    by_group = people.give(group, VIEWER, organisation["a"], "group")
    people.give(other, VIEWER, organisation["a"], "group")
    person = people.new(groups=[group])
    own = people.give(person.email, L1_RESEARCHER, organisation["a1"])
    found = why(admin, person.email.upper(), organisation["a1x"], "read project", "user")
    assert {one["id"]: one["subjectId"] for one in found["rules"]} == {by_group: group, own: person.email}
    of_group = why(admin, group, organisation["a1x"], "read project", "group")
    assert [one["id"] for one in of_group["rules"]] == [by_group]
    assert of_group["subjectEnabled"] is True
    assert why(admin, fresh("no such group"), organisation["a"], "read project", "group")["allowed"] is False


def test_who_is_disabled_may_nothing_whatever_the_rules_say(
    admin: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    person = people.new(rules=[(VIEWER, *organisation["a"])])
    for path, name, kind in ((account.path, account.name, "app"), (person.path, person.email, "user")):
        assert admin.patch(path, json={"enabled": False}).status_code == 200
        found = why(admin, name, organisation["a1"], "read project", kind)
        assert (found["allowed"], found["subjectEnabled"], len(found["rules"])) == (False, False, 1)
        assert (found["missing"], found["rolesThatWouldAllow"]) == ([], [])


def test_it_is_as_current_as_a_decision(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    body = {"name": fresh("role"), "description": "", "permissions": letters("r trainings")}
    role = admin.post(ROLES, json=body | at(organisation["a"])).json()
    account = holders.account(rules=[(role["id"], *organisation["a1"])])
    asked = (account.name, organisation["a1x"], "read trainings")
    assert why(admin, *asked)["allowed"] is True
    assert admin.post(f"{ROLES}/{role['id']}/disable", json={}).status_code == 204
    found = why(admin, *asked)
    assert (found["allowed"], found["rules"]) == (False, [])
    assert role["id"] not in {one["id"] for one in found["rolesThatWouldAllow"]}
    assert admin.post(f"{ROLES}/{role['id']}/enable", json={}).status_code == 204
    assert [one["roleName"] for one in why(admin, *asked)["rules"]] == [role["name"]]
    assert admin.delete(f"{RULES}/{rule_ids(admin, account.name)[0]}").status_code == 204
    found = why(admin, *asked)
    assert found["allowed"] is False
    assert {"id": role["id"], "name": role["name"]} in found["rolesThatWouldAllow"]


def test_a_custom_role_is_suggested_where_it_can_be_given(
    admin: httpx.Client, organisation: Organisation
) -> None:
    body = {"name": fresh("role"), "description": "", "permissions": letters("crud nodes")}
    role = admin.post(ROLES, json=body | at(organisation["a1"])).json()["id"]
    for place, can in (("a1", True), ("a1x", True), ("a", False), ("a2", False), ("b1x", False)):
        found = why(admin, "whoever", organisation[place], "delete nodes", "group")
        assert (role in {one["id"] for one in found["rolesThatWouldAllow"]}) is can, place


# Who may ask what


@pytest.fixture(scope="module")
def asker(holders: Holders, organisation: Organisation) -> httpx.Client:
    """Reads everything of access in department a1."""
    return holders.caller(READS, organisation["a1"])


@pytest.fixture(scope="module")
def asked(holders: Holders, organisation: Organisation) -> Account:
    """Lives in department a1, holds something there, above it, and beside it."""
    places = ("a1", "a", "b1")
    return holders.account(
        home=organisation["a1"],
        rules=[(VIEWER, *organisation[place]) for place in places] + [(VIEWER, *organisation.tenant)],
    )


def test_the_anonymous_are_asked_to_sign_in(
    anonymous: httpx.Client, asked: Account, organisation: Organisation
) -> None:
    assert anonymous.post(EXPLAIN, json=question(asked.name, organisation["a1"])).status_code == 401


def test_only_rules_in_sight_are_told_and_that_there_may_be_more(
    asker: httpx.Client, admin: httpx.Client, asked: Account, organisation: Organisation
) -> None:
    found = why(asker, asked.name, organisation["a1x"])
    assert (found["allowed"], found["complete"]) == (True, False)
    assert [one["scopeName"] for one in found["rules"]] == ["department-a1"]
    everything = why(admin, asked.name, organisation["a1x"])
    assert (len(everything["rules"]), everything["complete"]) == (3, True)


def test_what_only_rules_out_of_sight_allow_is_not_told(
    asker: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """The answer is the same whether there is such a rule or not."""
    home = organisation["a1"]
    answers = []
    for rules in ([(VIEWER, *organisation["a"])], [(SYSTEM_ADMINISTRATOR, *organisation.tenant)], []):
        account = holders.account(home=home, rules=rules)
        answers.append(asker.post(EXPLAIN, json=question(account.name, organisation["a1x"])))
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert (answers[0].json()["allowed"], answers[0].json()["complete"]) == (False, False)


def test_a_groups_rules_are_told_as_far_as_they_are_in_sight(
    asker: httpx.Client, people: People, organisation: Organisation
) -> None:
    group = fresh("group")
    people.give(group, VIEWER, organisation["a"], "group")
    assert why(asker, group, organisation["a1"], "read project", "group")["allowed"] is False
    rule = people.give(group, VIEWER, organisation["a1"], "group")
    found = why(asker, group, organisation["a1x"], "read project", "group")
    assert [one["id"] for one in found["rules"]] == [rule]


def test_a_subject_out_of_sight_is_unknown_to_the_byte(
    asker: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    above, beside = (holders.account(home=organisation[place]) for place in ("a", "b1"))
    place = organisation["a1"]
    for account in (above, beside):
        known = asker.post(EXPLAIN, json=question(account.name, place))
        unknown = asker.post(EXPLAIN, json=question("no-such-account", place))
        assert (known.status_code, known.json(), known.content) == (404, SUBJECT_NOT_FOUND, unknown.content)
    email = f"{fresh('awaited')}@example.org"
    people.give(email, VIEWER, place)
    for name in (people.new(scopeId=organisation["a"].id).email, "nobody@example.org", email):
        answer = asker.post(EXPLAIN, json=question(name, place, "read project", "user"))
        assert (answer.status_code, answer.json()) == (404, SUBJECT_NOT_FOUND)


def test_a_scope_out_of_sight_is_unknown_to_the_byte(
    asker: httpx.Client, asked: Account, organisation: Organisation
) -> None:
    unknown = asker.post(EXPLAIN, json=question(asked.name, Place(NOBODY, "project")))
    assert message(unknown, 404).startswith("scopeId: ")
    for place in (organisation["a"], organisation["a2x"], organisation["b1"], organisation.tenant):
        answer = asker.post(EXPLAIN, json=question(asked.name, place))
        assert (answer.status_code, answer.content) == (404, unknown.content)


@pytest.mark.parametrize(
    ("held", "status"),
    [
        ("r access_rules, r department", 404),  # the subject is not theirs to see
        ("r service-account, r department", 403),
        ("r service-account, r access_rules", 404),  # nor is the place
        ("r service-account, r access_rules, r department", 200),
    ],
)
def test_it_takes_the_right_to_the_subject_the_place_and_its_rules(
    holders: Holders, asked: Account, organisation: Organisation, held: str, status: int
) -> None:
    caller = holders.caller(held, organisation["a1"])
    answer = caller.post(EXPLAIN, json=question(asked.name, organisation["a1"]))
    assert answer.status_code == status, answer.text
    if status == 403:
        assert message(answer, 403) == "You may not read access_rules in this scope."


def test_who_asks_of_a_group_needs_the_right_to_rules(holders: Holders, organisation: Organisation) -> None:
    caller = holders.caller("r service-account, r users, r department", organisation["a1"])
    answer = caller.post(EXPLAIN, json=question("researchers", organisation["a1"], "read project", "group"))
    assert answer.status_code == 403


def test_of_oneself_one_may_always_ask(
    admin: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    """All of one's rules are in sight then, one's groups' among them; roles that are not, are not suggested."""
    group = fresh("group")
    people.give(group, VIEWER, organisation["b"], "group")
    body = {"name": fresh("role"), "description": "", "permissions": letters("d project")}
    custom = admin.post(ROLES, json=body).json()["id"]
    account = holders.account(rules=[(L1_RESEARCHER, *organisation["b"])])
    person = people.new(groups=[group])
    for kind, name, client in (
        ("app", account.name, holders.as_account(account)),
        ("user", person.email, people.settle(person).client),
    ):
        found = why(client, name, organisation["b1x"], "read project", kind)
        assert (found["allowed"], found["complete"], len(found["rules"])) == (True, True, 1)
        found = why(client, name, organisation["b1x"], "delete project", kind)
        assert (found["allowed"], found["missing"]) == (False, ["delete project"])
        assert custom not in {one["id"] for one in found["rolesThatWouldAllow"]}
        answer = client.post(EXPLAIN, json=question(name, organisation["a1x"], "read project", kind))
        assert message(answer, 404).startswith("scopeId: ")
    of_group = people.sign_in(person).client.post(
        EXPLAIN, json=question(group, organisation["b1x"], "read project", "group")
    )
    assert of_group.status_code == 403  # a group is not oneself


# What cannot be asked


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"action": "fly"}, "action"),
        ({"resourceType": "unicorns"}, "resourceType"),
        ({"subjectType": "robot"}, "subjectType"),
        ({"subjectType": "user", "subjectId": "no e-mail"}, "subjectId"),
        ({"subjectId": ""}, "subjectId"),
        ({"subjectId": "x" * 256}, "subjectId"),
        ({"scopeType": "cluster"}, "scopeType"),
        ({"scopeType": "galaxy"}, "scopeType"),
        ({"scopeId": 1}, "scopeId"),
    ],
)
def test_a_question_that_cannot_be_is_refused_by_field(
    admin: httpx.Client, asked: Account, organisation: Organisation, change: dict[str, Any], named: str
) -> None:
    body = question(asked.name, organisation["a1"], scopeType="Department") | change
    assert message(admin.post(EXPLAIN, json=body)).startswith(f"{named}: ")


@pytest.mark.parametrize("name", ["subjectId", "subjectType", "action", "resourceType", "scopeId"])
def test_a_question_is_whole(admin: httpx.Client, organisation: Organisation, name: str) -> None:
    body = question("whoever", organisation["a1"])
    del body[name]
    assert message(admin.post(EXPLAIN, json=body)) == f"{name}: is required."


def test_words_are_taken_whatever_their_case(
    admin: httpx.Client, asked: Account, organisation: Organisation
) -> None:
    place = Place(organisation["a1"].id.upper(), "department")
    body = question(asked.name, place, scopeType="DEPARTMENT", action="Read", resourceType="Project")
    answer = admin.post(EXPLAIN, json=body)
    assert answer.status_code == 200, answer.text


# Decisions: a permission of its own, for APIs that honour tokens


TOKEN_VERIFIER: Final = 99_001


def verdict(client: httpx.Client, token: str, place: Place, held: str = "read project") -> dict[str, Any]:
    action, resource = held.split()
    body = {"token": token, "action": action, "resourceType": resource, "scopeId": place.id}
    answer = client.post(EXPLAIN, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def narrowed(server: str, account: Account, scope: str) -> str:
    answer = httpx.post(f"{server}/api/v2/token", data=account.form | {"scope": scope})
    return str(answer.json()["access_token"])


def test_a_verifier_learns_what_is_true_and_reads_no_rules(
    holders: Holders, organisation: Organisation
) -> None:
    api = holders.as_account(holders.account(rules=[(TOKEN_VERIFIER, *organisation.tenant)]))
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    found = why(api, account.name, organisation["a1x"])
    assert (found["allowed"], found["complete"], found["rules"], found["scopePath"]) == (True, True, [], "")
    assert found["missing"] == []
    assert api.get(RULES).status_code == 403
    beside = why(api, account.name, organisation["b1x"])
    assert (beside["allowed"], beside["missing"]) == (False, ["read project"])


def test_a_verifier_of_a_place_decides_there_whatever_lies_above(
    holders: Holders, organisation: Organisation
) -> None:
    api = holders.as_account(holders.account(rules=[(TOKEN_VERIFIER, *organisation["a1"])]))
    account = holders.account(home=organisation["a1"], rules=[(VIEWER, *organisation.tenant)])
    assert why(api, account.name, organisation["a1x"])["allowed"] is True
    elsewhere = api.post(EXPLAIN, json=question(account.name, organisation["b1x"]))
    assert message(elsewhere, 404).startswith("scopeId")
    stranger = holders.account(home=organisation["b1"], rules=[(VIEWER, *organisation.tenant)])
    assert api.post(EXPLAIN, json=question(stranger.name, organisation["a1x"])).json() == SUBJECT_NOT_FOUND


def test_a_token_is_decided_with_all_that_narrows_it(
    server: str, holders: Holders, organisation: Organisation
) -> None:
    api = holders.as_account(holders.account(rules=[(TOKEN_VERIFIER, *organisation.tenant)]))
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    whole, less = narrowed(server, account, ""), narrowed(server, account, "jobs:read")
    assert [verdict(api, token, organisation["a1x"])["allowed"] for token in (whole, less)] == [True, False]
    assert verdict(api, less, organisation["a1x"], "read jobs")["allowed"] is True
    assert verdict(api, less, organisation["a1x"], "create jobs")["allowed"] is False


def test_of_a_token_that_is_not_good_the_answer_is_no(
    admin: httpx.Client, server: str, holders: Holders, organisation: Organisation
) -> None:
    api = holders.as_account(holders.account(rules=[(TOKEN_VERIFIER, *organisation.tenant)]))
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    token = narrowed(server, account, "")
    assert verdict(api, token, organisation["a1x"])["allowed"] is True
    assert admin.post(f"{account.path}/secret").is_success
    dead = verdict(api, token, organisation["a1x"])
    assert (dead["allowed"], dead["subjectEnabled"]) == (False, False)
    assert verdict(api, "x", organisation["a1x"]) == dead


def test_a_token_of_somebody_out_of_sight_looks_like_one_that_is_not_good(
    server: str, holders: Holders, organisation: Organisation
) -> None:
    api = holders.as_account(holders.account(rules=[(TOKEN_VERIFIER, *organisation["a1"])]))
    account = holders.account(home=organisation["b1"], rules=[(VIEWER, *organisation.tenant)])
    token = narrowed(server, account, "")
    assert verdict(api, token, organisation["a1x"]) == verdict(api, "x", organisation["a1x"])


def test_whoever_reads_rules_but_does_not_verify_learns_nothing_of_tokens(
    server: str, holders: Holders, organisation: Organisation
) -> None:
    reader = holders.caller(READS, organisation.tenant)
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    token = narrowed(server, account, "")
    assert why(reader, account.name, organisation["a1x"])["allowed"] is True
    assert verdict(reader, token, organisation["a1x"])["allowed"] is False


def test_of_its_own_token_anybody_may_ask(server: str, holders: Holders, organisation: Organisation) -> None:
    account = holders.account(rules=[(VIEWER, *organisation["a"])])
    own = holders.as_account(account)
    token = narrowed(server, account, "project:read")
    found = verdict(own, token, organisation["a1x"])
    assert found["allowed"] is True
    assert [one["roleName"] for one in found["rules"]] == ["Viewer"]


def test_a_token_names_its_subject(admin: httpx.Client, organisation: Organisation) -> None:
    body = question("whoever", organisation["a1"], token="x")
    assert message(admin.post(EXPLAIN, json=body)).startswith("token:")

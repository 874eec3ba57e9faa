"""Access laws 3, 8, 9 and 11 for people and their groups. Tests are named by the sentence's number."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.api.conftest import Organisation, Place
from tests.api.holders import (
    DEPARTMENT_ADMINISTRATOR,
    L1_RESEARCHER,
    OWN_RULES,
    RULES,
    SYSTEM_ADMINISTRATOR,
    USERS,
    VIEWER,
    Holders,
    fresh,
    wish,
)
from tests.api.people import TOKEN, People, Person, Session
from tests.serving import ADMIN_EMAIL

KEEPS_ONE = "This would leave the tenant without a system administrator: give the role to another first."
TENANT = Place("1", "tenant")


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def people(server: str, admin: httpx.Client, stack: ExitStack) -> People:
    return People(server, admin, stack)


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client, stack: ExitStack) -> Holders:
    return Holders(server, admin, stack)


@pytest.fixture(scope="module")
def keeper(holders: Holders, organisation: Organisation) -> httpx.Client:
    """Administers department a1, and nothing else."""
    return holders.as_account(holders.account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]))


def refusal(answer: httpx.Response, status: int = 403) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


def own(session: Session) -> list[tuple[str, str, str]]:
    """What somebody holds: the kind of subject, the role, the scope."""
    answer = session.client.get(OWN_RULES)
    assert answer.status_code == 200, answer.text
    rules = answer.json()["accessRules"]["accessRules"]
    return [(rule["subjectType"], rule["roleName"], rule["scopeName"]) for rule in rules]


def new_email() -> str:
    return f"{fresh('awaited')}@example.org"


# Law 3: rules that wait


def test_law_3_a_rule_waits_for_a_person_under_their_e_mail_and_is_theirs_when_they_come(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    email = new_email()
    rule = people.give(email.upper(), L1_RESEARCHER, organisation["a1"])
    session = people.settle(people.new(email))
    assert own(session) == [("user", "L1 researcher", "department-a1")]
    assert session.client.get(f"/api/v1/org-unit/projects/{organisation['a1x'].id}").status_code == 200
    assert admin.delete(f"{RULES}/{rule}").status_code == 204
    assert session.client.get(f"/api/v1/org-unit/projects/{organisation['a1x'].id}").status_code == 404


def test_law_3_a_rule_that_waited_is_not_made_twice(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    email = new_email()
    people.give(email, VIEWER, organisation["a"])
    body = wish(email, VIEWER, organisation["a"], "user")
    assert "already exists" in refusal(admin.post(RULES, json=body), 409)
    people.new(email)
    assert "already exists" in refusal(admin.post(RULES, json=body), 409)


def test_law_3_a_groups_rule_stays_with_its_name_for_whoever_is_in_it(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    group = fresh("Group")
    rule = people.give(group, VIEWER, organisation["a1"], "group")
    first, second = (people.new(groups=[name]) for name in (group, group.lower()))
    session, stranger = people.settle(first), people.settle(second)
    assert own(session) == [("group", "Viewer", "department-a1")]
    assert own(stranger) == []  # a group's name is as the identity provider sends it
    assert admin.delete(first.path).status_code == 204
    assert admin.get(f"{RULES}/{rule}").status_code == 200


def test_law_3_deleting_a_person_deletes_their_rules_and_their_e_mail_brings_nothing_back(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    email, group = new_email(), fresh("group")
    people.give(group, VIEWER, organisation["b"], "group")
    people.give(email, L1_RESEARCHER, organisation["a"])
    person = people.new(email, rules=[(VIEWER, *organisation["a1"])], groups=[group])
    session = people.settle(person)
    assert len(own(session)) == 3
    assert admin.delete(person.path).status_code == 204
    anew = people.new(email)
    later = people.settle(anew)
    assert anew.id != person.id
    assert own(later) == []
    assert not session.is_alive()
    assert session.refresh().status_code == 400
    assert httpx.post(f"{later.client.base_url.join(TOKEN)}", data=person.form).status_code == 400


# Laws 3 and 9: whoever makes a person takes the rules that wait for them into their hands


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (L1_RESEARCHER, "a1", 201),
        (DEPARTMENT_ADMINISTRATOR, "a1x", 201),
        (SYSTEM_ADMINISTRATOR, "a1x", 403),
        (VIEWER, "a", 403),
        (VIEWER, "b1x", 403),
    ],
)
def test_law_9_whoever_makes_a_person_needs_all_that_waits_for_them(
    admin: httpx.Client,
    people: People,
    keeper: httpx.Client,
    organisation: Organisation,
    role: int,
    place: str,
    status: int,
) -> None:
    email = new_email()
    people.give(email, role, organisation[place])
    answer = keeper.post(USERS, json={"email": email.upper()})
    assert answer.status_code == status, answer.text
    found = admin.get(USERS, params={"search": email}).json()
    assert len(found) == (1 if status == 201 else 0)


def test_law_9_of_several_rules_that_wait_each_counts(
    people: People, keeper: httpx.Client, organisation: Organisation
) -> None:
    email = new_email()
    people.give(email, VIEWER, organisation["a1"])
    rule = people.give(email, VIEWER, organisation["b1"])
    assert "permissions that you do not hold" in refusal(keeper.post(USERS, json={"email": email}))
    # It says that there is something, not what or where.
    assert str(rule) not in keeper.post(USERS, json={"email": email}).text


# Law 8: adding to groups


@pytest.mark.parametrize(
    ("role", "place", "status"),
    [
        (L1_RESEARCHER, "a1", 200),
        (DEPARTMENT_ADMINISTRATOR, "a1y", 200),
        (SYSTEM_ADMINISTRATOR, "a1", 403),
        (VIEWER, "a", 403),
        (VIEWER, "a2x", 403),
    ],
)
def test_law_8_whoever_adds_to_a_group_needs_all_that_it_gives(
    admin: httpx.Client,
    people: People,
    keeper: httpx.Client,
    organisation: Organisation,
    role: int,
    place: str,
    status: int,
) -> None:
    group, harmless = fresh("group"), fresh("group")
    people.give(group, role, organisation[place], "group")
    person = people.new(scopeId=organisation["a1"].id, groups=["before"])
    wanted = ["before", harmless, group]
    assert keeper.patch(person.path, json={"groups": wanted}).status_code == status
    assert admin.get(person.path).json()["groups"] == (wanted if status == 200 else ["before"])
    email = new_email()
    made = keeper.post(USERS, json={"email": email, "groups": [group]})
    assert made.status_code == (201 if status == 200 else 403)
    assert len(admin.get(USERS, params={"search": email}).json()) == (1 if status == 200 else 0)


def test_law_8_every_rule_of_a_group_counts(
    people: People, keeper: httpx.Client, organisation: Organisation
) -> None:
    group = fresh("group")
    people.give(group, VIEWER, organisation["a1"], "group")
    people.give(group, VIEWER, organisation["b2"], "group")
    person = people.new(scopeId=organisation["a1x"].id)
    assert keeper.patch(person.path, json={"groups": [group]}).status_code == 403


def test_law_8_nobody_adds_themselves(people: People, organisation: Organisation) -> None:
    """One who administers where they live administers themselves, and still gains nothing by it."""
    platform = fresh("platform")
    people.give(platform, SYSTEM_ADMINISTRATOR, TENANT, "group")
    person = people.new(
        scopeId=organisation["a1"].id, rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]
    )
    session = people.settle(person)
    for name in (platform, fresh("nobody")):
        status = 403 if name == platform else 200
        assert session.client.patch(person.path, json={"groups": [name]}).status_code == status
    assert own(session) == [("user", "Department administrator", "department-a1")]


def test_law_8_who_is_in_a_group_may_stay_and_may_be_taken_out(
    people: People, keeper: httpx.Client, organisation: Organisation
) -> None:
    """Only what is added counts: whoever edits the rest need not hold what was given by others."""
    group = fresh("group")
    people.give(group, VIEWER, organisation["b"], "group")
    person = people.new(scopeId=organisation["a1"].id, groups=[group])
    assert keeper.patch(person.path, json={"groups": [group, fresh("harmless")]}).status_code == 200
    assert keeper.patch(person.path, json={"groups": []}).status_code == 200
    assert keeper.patch(person.path, json={"groups": [group]}).status_code == 403


def test_groups_and_their_rules_take_effect_at_once(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    group = fresh("group")
    person = people.new()
    session = people.settle(person)
    project = f"/api/v1/org-unit/projects/{organisation['a1x'].id}"
    for _ in range(3):
        rule = people.give(group, VIEWER, organisation["a1"], "group")
        assert session.client.get(project).status_code == 404
        assert admin.patch(person.path, json={"groups": [group]}).status_code == 200
        assert session.client.get(project).status_code == 200
        assert admin.patch(person.path, json={"groups": []}).status_code == 200
        assert session.client.get(project).status_code == 404
        assert admin.patch(person.path, json={"groups": [group]}).status_code == 200
        assert admin.delete(f"{RULES}/{rule}").status_code == 204
        assert session.client.get(project).status_code == 404
        assert admin.patch(person.path, json={"groups": []}).status_code == 200


# Law 9: taking over


@pytest.fixture(params=["own rule", "group", "out of sight", "above"])
def mighty(request: pytest.FixtureRequest, people: People, organisation: Organisation) -> Person:
    """Lives in department a1, and holds more than who administers it, by one way or another."""
    home, group = organisation["a1"].id, fresh("group")
    match request.param:
        case "own rule":
            return people.new(scopeId=home, rules=[(SYSTEM_ADMINISTRATOR, *organisation["a1x"])])
        case "group":
            people.give(group, SYSTEM_ADMINISTRATOR, organisation["a1"], "group")
            return people.new(scopeId=home, groups=[group])
        case "out of sight":
            return people.new(scopeId=home, rules=[(VIEWER, *organisation["b1x"])])
        case _:
            return people.new(scopeId=home, rules=[(VIEWER, *organisation["a"])])


def test_law_9_nobody_takes_over_who_holds_more(
    admin: httpx.Client, people: People, keeper: httpx.Client, mighty: Person
) -> None:
    session = people.sign_in(mighty)
    assert "permissions that you do not hold" in refusal(keeper.post(f"{mighty.path}/password"))
    assert session.refresh().status_code == 200  # nothing was ended by the attempt
    assert keeper.patch(mighty.path, json={"enabled": False}).status_code == 200
    refused = keeper.patch(mighty.path, json={"enabled": True, "groups": []})
    assert "enable" in refusal(refused)
    assert admin.get(mighty.path).json()["enabled"] is False


def test_law_9_who_holds_as_much_may(
    people: People, keeper: httpx.Client, organisation: Organisation
) -> None:
    group = fresh("group")
    people.give(group, L1_RESEARCHER, organisation["a1"], "group")
    person = people.new(
        scopeId=organisation["a1"].id,
        groups=[group],
        rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1x"])],
    )
    assert keeper.post(f"{person.path}/password").status_code == 200
    for enabled in (False, True):
        assert keeper.patch(person.path, json={"enabled": enabled}).status_code == 200


def test_law_9_is_asked_of_what_is_held_then_not_of_what_was(
    admin: httpx.Client, people: People, keeper: httpx.Client, organisation: Organisation
) -> None:
    person = people.new(scopeId=organisation["a1"].id)
    rule = people.give(person.email, VIEWER, organisation["b"])
    assert keeper.post(f"{person.path}/password").status_code == 403
    assert admin.delete(f"{RULES}/{rule}").status_code == 204
    assert keeper.post(f"{person.path}/password").status_code == 200


def test_law_9_a_right_that_was_taken_is_gone_for_what_is_under_way(
    admin: httpx.Client, holders: Holders, people: People, organisation: Organisation
) -> None:
    """Resets wait for their password's hash; whoever loses the right meanwhile resets nothing afterwards."""
    account = holders.account()
    rule = admin.post(RULES, json=wish(account.name, DEPARTMENT_ADMINISTRATOR, organisation["a1"])).json()[
        "id"
    ]
    caller = holders.as_account(account)
    victims = [people.new(scopeId=organisation["a1"].id) for _ in range(4)]
    with ThreadPoolExecutor(len(victims)) as pool:
        resets = [pool.submit(caller.post, f"{one.path}/password") for one in victims]
        assert admin.delete(f"{RULES}/{rule}").status_code == 204
        known = {one.id: admin.get(one.path).json()["updatedAt"] for one in victims}
        outcomes = [one.result().status_code for one in resets]
    assert set(outcomes) <= {200, 403, 404}
    assert {one.id: admin.get(one.path).json()["updatedAt"] for one in victims} == known


# Law 11: the last administrator


Strip = Callable[[httpx.Client, Person, int], httpx.Response]


def disable(admin: httpx.Client, person: Person, _rule: int) -> httpx.Response:
    return admin.patch(person.path, json={"enabled": False})


def delete(admin: httpx.Client, person: Person, _rule: int) -> httpx.Response:
    return admin.delete(person.path)


def delete_rule(admin: httpx.Client, _person: Person, rule: int) -> httpx.Response:
    return admin.delete(f"{RULES}/{rule}")


def delete_rule_in_a_batch(admin: httpx.Client, _person: Person, rule: int) -> httpx.Response:
    return told(admin.post(f"{RULES}/batch", json={"action": "delete", "ids": [rule]}))


def try_to_delete_rule(admin: httpx.Client, _person: Person, rule: int) -> httpx.Response:
    return told(admin.post(f"{RULES}/batch", json={"action": "validate_delete", "ids": [rule]}))


def told(answer: httpx.Response) -> httpx.Response:
    """What a batch of one says of its one."""
    assert answer.status_code == 200, answer.text
    failed = answer.json()["failed"]
    return httpx.Response(failed[0]["code"], json=failed[0]) if failed else httpx.Response(204)


@pytest.fixture(scope="module")
def first(admin: httpx.Client) -> tuple[Person, int]:
    """The first administrator, and the rule that makes them one."""
    found = admin.get(USERS, params={"filterBy": f"username=={ADMIN_EMAIL}"}).json()[0]
    rules = admin.get(OWN_RULES).json()["accessRules"]["accessRules"]
    return Person(found["id"], ADMIN_EMAIL, ""), rules[0]["id"]


@pytest.fixture(scope="module")
def others(admin: httpx.Client, people: People) -> None:
    """Who does not count: one who administers less, one who is disabled."""
    people.new(rules=[(DEPARTMENT_ADMINISTRATOR, *TENANT)])
    disabled = people.new(rules=[(SYSTEM_ADMINISTRATOR, *TENANT)])
    assert disable(admin, disabled, 0).status_code == 200


@pytest.mark.parametrize("strip", [disable, delete, delete_rule, delete_rule_in_a_batch, try_to_delete_rule])
@pytest.mark.usefixtures("others")
def test_law_11_the_last_administrator_stays(
    admin: httpx.Client, first: tuple[Person, int], strip: Strip
) -> None:
    assert refusal(strip(admin, *first), 409) == KEEPS_ONE
    assert admin.get(first[0].path).json()["enabled"] is True
    assert len(admin.get(OWN_RULES).json()["accessRules"]["accessRules"]) == 1


def test_law_11_only_an_enabled_person_who_holds_the_role_in_the_tenant_counts(
    admin: httpx.Client,
    holders: Holders,
    people: People,
    organisation: Organisation,
    first: tuple[Person, int],
) -> None:
    everything = [
        {"resourceType": one["resourceType"], "actions": one["actions"]}
        for one in admin.get("/api/v1/authorization/roles/1").json()["permissions"]
        if one["actions"]
    ]
    body = {"name": fresh("as good"), "description": "", "permissions": everything}
    as_good = admin.post("/api/v2/authorization/roles", json=body).json()["id"]
    account = holders.account(rules=[(SYSTEM_ADMINISTRATOR, *TENANT)])
    rules = [
        people.give(new_email(), SYSTEM_ADMINISTRATOR, TENANT),  # has not come yet
        people.give(fresh("empty"), SYSTEM_ADMINISTRATOR, TENANT, "group"),
        people.give(people.new().email, SYSTEM_ADMINISTRATOR, organisation["a"]),
        people.give(people.new().email, as_good, TENANT),
    ]
    for strip in (disable, delete, delete_rule):
        assert refusal(strip(admin, *first), 409) == KEEPS_ONE
    for rule in rules:
        assert admin.delete(f"{RULES}/{rule}").status_code == 204
    assert admin.delete(account.path).status_code == 204


@pytest.mark.parametrize("strip", [disable, delete, delete_rule, delete_rule_in_a_batch])
def test_law_11_one_of_two_administrators_may_go(admin: httpx.Client, people: People, strip: Strip) -> None:
    other = people.new()
    rule = people.give(other.email, SYSTEM_ADMINISTRATOR, TENANT)
    assert strip(admin, other, rule).is_success
    assert delete(admin, other, rule).status_code in (204, 404)


@pytest.mark.parametrize(
    "name", ["Platform-Admins", "Zoë’s “root”", 'a "quoted" name', "per%cent_", "back\\slash"]
)
def test_law_11_an_administrator_by_way_of_a_group_counts_and_stays(
    admin: httpx.Client, people: People, first: tuple[Person, int], name: str
) -> None:
    """Names that only contain the group's, or differ in case, are other groups."""
    person = first[0]
    near = [name.swapcase(), f"{name}s", f'x", "{name}', f'{name}"', f"{name[:-1]}"]
    own_rule = admin.get(OWN_RULES).json()["accessRules"]["accessRules"][0]["id"]
    by_group = people.give(name, SYSTEM_ADMINISTRATOR, TENANT, "group")
    assert refusal(admin.delete(f"{RULES}/{own_rule}"), 409) == KEEPS_ONE
    assert admin.patch(person.path, json={"groups": near}).status_code == 200
    assert refusal(admin.delete(f"{RULES}/{own_rule}"), 409) == KEEPS_ONE
    assert admin.patch(person.path, json={"groups": [*near, name]}).status_code == 200
    assert admin.delete(f"{RULES}/{own_rule}").status_code == 204

    for strip in (disable, delete, delete_rule, delete_rule_in_a_batch):
        assert refusal(strip(admin, person, by_group), 409) == KEEPS_ONE
    for groups in ([], near):
        assert refusal(admin.patch(person.path, json={"groups": groups}), 409) == KEEPS_ONE
    assert admin.patch(person.path, json={"groups": [name]}).status_code == 200

    people.give(ADMIN_EMAIL, SYSTEM_ADMINISTRATOR, TENANT)
    assert admin.delete(f"{RULES}/{by_group}").status_code == 204
    assert admin.patch(person.path, json={"groups": []}).status_code == 200


def test_law_11_another_member_of_the_group_counts_while_enabled(
    admin: httpx.Client, people: People, first: tuple[Person, int]
) -> None:
    group = fresh("Group")
    by_group = people.give(group, SYSTEM_ADMINISTRATOR, TENANT, "group")
    other = people.new(groups=[group])
    own_rule = admin.get(OWN_RULES).json()["accessRules"]["accessRules"][0]["id"]
    assert admin.patch(other.path, json={"enabled": False}).status_code == 200
    assert refusal(admin.delete(f"{RULES}/{own_rule}"), 409) == KEEPS_ONE
    assert admin.patch(other.path, json={"enabled": True}).status_code == 200
    session = people.settle(other)
    assert session.client.delete(f"{RULES}/{own_rule}").status_code == 204
    for strip in (disable, delete, delete_rule):
        assert refusal(strip(session.client, other, by_group), 409) == KEEPS_ONE
    body = wish(ADMIN_EMAIL, SYSTEM_ADMINISTRATOR, TENANT, "user")
    assert session.client.post(RULES, json=body).status_code == 201
    assert delete(admin, other, by_group).status_code == 204
    assert admin.delete(f"{RULES}/{by_group}").status_code == 204


def test_law_11_of_administrators_who_strip_each_other_at_the_same_moment_one_stays(
    admin: httpx.Client, people: People
) -> None:
    """The changes may share a commit: each sees what those before it did."""
    mine = admin.get(OWN_RULES).json()["accessRules"]["accessRules"][0]["id"]
    other = people.new()
    theirs = people.give(other.email, SYSTEM_ADMINISTRATOR, TENANT)
    session = people.settle(other)
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            first, second = (
                pool.submit(client.delete, f"{RULES}/{rule}")
                for client, rule in ((admin, theirs), (session.client, mine))
            )
            outcomes = sorted((first.result().status_code, second.result().status_code))
        # Whoever came second no longer was an administrator, and sees no rule at all.
        assert outcomes[0] == 204
        assert outcomes[1] in (403, 404)
        left, gone = (admin, other.email) if first.result().is_success else (session.client, ADMIN_EMAIL)
        made: dict[str, Any] = left.post(RULES, json=wish(gone, SYSTEM_ADMINISTRATOR, TENANT, "user")).json()
        mine, theirs = (mine, made["id"]) if gone == other.email else (made["id"], theirs)
    assert delete(admin, other, theirs).status_code == 204


def test_law_11_two_who_leave_at_the_same_moment_do_not_both(admin: httpx.Client, people: People) -> None:
    mine = admin.get(OWN_RULES).json()["accessRules"]["accessRules"][0]["id"]
    other = people.new()
    theirs = people.give(other.email, SYSTEM_ADMINISTRATOR, TENANT)
    session = people.settle(other)
    with ThreadPoolExecutor(2) as pool:
        leaving = [
            pool.submit(client.delete, f"{RULES}/{rule}")
            for client, rule in ((admin, mine), (session.client, theirs))
        ]
        outcomes = [one.result().status_code for one in leaving]
    assert sorted(outcomes) == [204, 409]
    if outcomes[0] == 204:
        body = wish(ADMIN_EMAIL, SYSTEM_ADMINISTRATOR, TENANT, "user")
        assert session.client.post(RULES, json=body).status_code == 201
    assert delete(admin, other, theirs).status_code == 204

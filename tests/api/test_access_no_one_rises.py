"""Access laws 8, 9 and 11: nobody grants what they do not hold or takes over who holds more; somebody is in charge."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import Organisation, Place, give
from tests.api.holders import (
    ACCOUNTS,
    CLUSTERS,
    DEPARTMENT_ADMINISTRATOR,
    DEPARTMENTS,
    L1_RESEARCHER,
    PROJECTS,
    ROLES,
    RULES,
    SYSTEM_ADMINISTRATOR,
    UNITS,
    USERS,
    VIEWER,
    Account,
    Holders,
    at,
    fresh,
    letters,
    wish,
)
from tests.inside import Inside, running_inside
from tests.serving import ADMIN_EMAIL

TENANT = Place("1", "tenant")
# As the contract tells it: what a Department administrator cannot give, not having it all; nor our own Token verifier.
NOT_A_DEPARTMENT_ADMINISTRATOR_S = {1, 3, 1708, 99001}


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


@pytest.fixture(scope="module")
def department_administrator(holders: Holders, organisation: Organisation) -> httpx.Client:
    account = holders.account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])])
    return holders.as_account(account)


def rules_of(admin: httpx.Client, account: Account) -> list[tuple[int, str]]:
    found = admin.get(RULES, params={"subjectIds": account.name}).json()["accessRules"]
    return sorted((rule["roleId"], rule["scopeId"]) for rule in found)


# 8. Nobody grants what they do not hold


def test_law_08_a_rule_gives_only_a_role_of_which_its_author_holds_everything_there(
    department_administrator: httpx.Client, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    place = organisation["a1x"]
    account = holders.account(organisation["a1"])
    roles = {role["id"] for role in admin.get("/api/v1/authorization/roles").json() if not role["custom"]}
    answers = {
        role: department_administrator.post(RULES, json=wish(account.name, role, place)) for role in roles
    }
    refused = {role for role, answer in answers.items() if answer.status_code == 403}
    assert refused == NOT_A_DEPARTMENT_ADMINISTRATOR_S
    assert {answers[role].status_code for role in roles - refused} == {201}
    assert {role for role, _ in rules_of(admin, account)} == roles - refused


def test_law_08_the_refusal_says_what_is_missing(holders: Holders, organisation: Organisation) -> None:
    caller = holders.caller("cr access_rules, r roles, r department, r project", organisation["a1"])
    role = holders.role("r project, rd department")
    answer = caller.post(RULES, json=wish("reds", role, organisation["a1"], "group"))
    assert answer.status_code == 403
    assert "delete department" in answer.json()["message"]
    assert "read project" not in answer.json()["message"]


@pytest.mark.parametrize(
    ("place", "status"), [("a", 404), ("a1", 201), ("a1x", 201), ("a2", 404), ("b1", 404)]
)
def test_law_08_what_is_held_somewhere_is_given_there_and_below_alone(
    holders: Holders, organisation: Organisation, place: str, status: int
) -> None:
    held = "cr access_rules, r roles, r cluster, r department, r project"
    caller = holders.caller(held, organisation["a1"])
    role = holders.role("r project")
    answer = caller.post(RULES, json=wish(fresh("reds"), role, organisation[place], "group"))
    assert answer.status_code == status


def test_law_08_what_is_held_below_is_not_given_above_though_the_right_to_give_is_held_there(
    holders: Holders, organisation: Organisation
) -> None:
    """The author may make rules in the cluster, and holds the role's permissions in one of its projects only."""
    giving, held = (
        holders.role("cr access_rules, r roles, r cluster, r department, r project"),
        holders.role("u project"),
    )
    account = holders.account(rules=[(giving, *organisation["a"]), (held, *organisation["a1x"])])
    caller = holders.as_account(account)
    role = holders.role("u project")
    answers = {
        name: caller.post(RULES, json=wish(fresh("reds"), role, organisation[name], "group")).status_code
        for name in ("a", "a1", "a1x", "a1y")
    }
    assert answers == {"a": 403, "a1": 403, "a1x": 201, "a1y": 403}


def test_law_08_what_is_held_by_two_rules_together_can_be_given_where_both_reach(
    holders: Holders, organisation: Organisation
) -> None:
    giving, held = holders.role("cr access_rules, r roles, r project"), holders.role("u project")
    account = holders.account(rules=[(giving, *organisation["a1"]), (held, *organisation["a1x"])])
    caller = holders.as_account(account)
    role = holders.role("ru project")
    answer = caller.post(RULES, json=wish(fresh("reds"), role, organisation["a1x"], "group"))
    assert answer.status_code == 201


def test_law_08_nobody_gives_themselves_more(
    server: str, holders: Holders, admin: httpx.Client, organisation: Organisation
) -> None:
    account = holders.account(organisation["a1"], [(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])])
    caller = holders.as_account(account)
    for role, place in (
        (SYSTEM_ADMINISTRATOR, organisation["a1"]),
        (DEPARTMENT_ADMINISTRATOR, organisation["a"]),
        (VIEWER, organisation["b"]),
        (SYSTEM_ADMINISTRATOR, organisation.tenant),
    ):
        assert caller.post(RULES, json=wish(account.name, role, place)).status_code in (403, 404)
    assert rules_of(admin, account) == [(DEPARTMENT_ADMINISTRATOR, organisation["a1"].id)]


@pytest.mark.parametrize("kind", ["service-account", "app", "user", "group"])
def test_law_08_it_holds_for_every_kind_of_subject_and_in_batches(
    department_administrator: httpx.Client, holders: Holders, organisation: Organisation, kind: str
) -> None:
    account = holders.account(organisation["a1"])
    subject = {"user": f"{fresh('person')}@example.org", "group": fresh("group")}.get(kind, account.name)
    place = organisation["a1x"]
    single = department_administrator.post(RULES, json=wish(subject, SYSTEM_ADMINISTRATOR, place, kind))
    payload = {
        "roleId": SYSTEM_ADMINISTRATOR,
        "subjects": [{"subjectId": subject, "subjectType": kind}],
        "scopes": [at(place)],
    }
    batch = department_administrator.post(f"{RULES}/batch-create", json={"payload": payload}).json()
    assert single.status_code == 403
    assert batch["succeeded"] == []
    assert [(one["code"], one["message"]) for one in batch["failed"]] == [(403, single.json()["message"])]


def test_law_08_a_rule_that_its_author_could_not_make_again_stays_and_still_gives(
    server: str, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """What was given rightly is not taken back when its author falls."""
    author = holders.account(organisation["a1"], [(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])])
    given = holders.account(organisation["a1"])
    caller = holders.as_account(author)
    assert caller.post(RULES, json=wish(given.name, L1_RESEARCHER, organisation["a1x"])).status_code == 201
    assert admin.delete(author.path).status_code == 204
    assert holders.as_account(given).get(f"{PROJECTS}/{organisation['a1x'].id}").status_code == 200


def test_law_08_a_role_is_changed_only_by_whoever_holds_all_of_it_wherever_a_rule_gives_it(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    role = holders.role("r project")
    holder = holders.account()
    give(admin, holder.name, role, *organisation["a1"])
    editor = holders.caller("ru roles, rud project", organisation.tenant)
    body = {"name": fresh("role"), "description": ""}
    wider = editor.put(f"{ROLES}/{role}", json={**body, "permissions": letters("rd project, r department")})
    assert wider.status_code == 403
    held = editor.put(f"{ROLES}/{role}", json={**body, "permissions": letters("rd project")})
    assert held.status_code == 200


def test_law_08_a_role_that_holds_more_is_not_enabled_for_its_holders(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    role = holders.role("rd project")
    holder = holders.account()
    give(admin, holder.name, role, *organisation["a1"])
    assert admin.post(f"{ROLES}/{role}/disable", json={}).status_code == 204
    editor = holders.caller("ru roles, r project", organisation.tenant)
    assert editor.post(f"{ROLES}/{role}/enable", json={}).status_code == 403
    assert holders.as_account(holder).get(PROJECTS).status_code == 403


@pytest.mark.parametrize("name", ["a", "a1", "a1x"])
def test_law_08_nodes_are_renamed_and_never_moved(
    admin: httpx.Client, organisation: Organisation, name: str
) -> None:
    place = organisation[name]
    path, new_name = f"{UNITS[place.type]}/{place.id}", fresh("renamed")
    before = admin.get(path).json()
    elsewhere = {"clusterId": organisation["b"].id, "parentId": organisation["b1"].id}
    assert admin.put(path, json={"name": new_name, "resources": [], **elsewhere}).is_success
    after = admin.get(path).json()
    assert after["name"] == new_name
    assert [after.get(field) for field in ("clusterId", "parentId")] == [
        before.get(field) for field in ("clusterId", "parentId")
    ]


# 9. Whoever can become an identity needs every permission that it has, where it has them


TAKING_OVER: dict[str, Callable[[httpx.Client, Account], httpx.Response]] = {
    "regenerating": lambda caller, account: caller.post(f"{account.path}/secret"),
    "adding a secret": lambda caller, account: caller.post(f"{account.path}/secrets", json={}),
    "enabling": lambda caller, account: caller.patch(account.path, json={"enabled": True}),
    "enabling and describing": lambda caller, account: caller.patch(
        account.path, json={"enabled": True, "description": "mine"}
    ),
}
taking_over = pytest.mark.parametrize("how", TAKING_OVER)


@taking_over
@pytest.mark.parametrize(
    ("more", "where"),
    [(SYSTEM_ADMINISTRATOR, "a1x"), (VIEWER, "a"), (VIEWER, "b1x"), (VIEWER, None), (L1_RESEARCHER, "a2y")],
)
def test_law_09_regenerating_adding_and_enabling_need_every_permission_that_the_account_has(
    department_administrator: httpx.Client,
    admin: httpx.Client,
    holders: Holders,
    organisation: Organisation,
    how: str,
    more: int,
    where: str | None,
) -> None:
    place = organisation[where] if where else organisation.tenant
    account = holders.account(organisation["a1"], [(L1_RESEARCHER, *organisation["a1"]), (more, *place)])
    assert admin.patch(account.path, json={"enabled": False}).status_code == 200
    refused = TAKING_OVER[how](department_administrator, account)
    assert refused.status_code == 403
    assert "ksk_" not in refused.text
    found = admin.get(account.path).json()
    assert (found["enabled"], found["description"]) == (False, "")
    assert len(admin.get(f"{account.path}/secrets").json()["secrets"]) == 1


@taking_over
def test_law_09_who_holds_all_of_it_may(
    department_administrator: httpx.Client, holders: Holders, organisation: Organisation, how: str
) -> None:
    rules = [(DEPARTMENT_ADMINISTRATOR, *organisation["a1"]), (L1_RESEARCHER, *organisation["a1x"])]
    account = holders.account(organisation["a1"], rules)
    assert TAKING_OVER[how](department_administrator, account).is_success


@taking_over
def test_law_09_an_account_that_rose_is_out_of_reach_until_it_fell(
    department_administrator: httpx.Client,
    admin: httpx.Client,
    holders: Holders,
    organisation: Organisation,
    how: str,
) -> None:
    account = holders.account(organisation["a1"])
    rule = give(admin, account.name, VIEWER, *organisation["b"])
    assert TAKING_OVER[how](department_administrator, account).status_code == 403
    assert admin.delete(f"{RULES}/{rule}").status_code == 204
    assert TAKING_OVER[how](department_administrator, account).is_success


def test_law_09_whoever_took_a_rule_away_to_take_an_account_over_gets_what_is_left_of_it(
    department_administrator: httpx.Client, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """Rules in one's own scope may be deleted, also those that give more; then they are gone, not taken over."""
    account = holders.account(organisation["a1"])
    rule = give(admin, account.name, SYSTEM_ADMINISTRATOR, *organisation["a1"])
    assert department_administrator.post(f"{account.path}/secret").status_code == 403
    assert department_administrator.delete(f"{RULES}/{rule}").status_code == 204
    assert department_administrator.post(f"{account.path}/secret").status_code == 200
    assert rules_of(admin, account) == []
    again = wish(account.name, SYSTEM_ADMINISTRATOR, organisation["a1"])
    assert department_administrator.post(RULES, json=again).status_code == 403


def test_law_09_ending_and_describing_need_no_more_than_the_right_to(
    department_administrator: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """Nobody becomes an account by them."""
    account = holders.account(organisation["a1"], [(SYSTEM_ADMINISTRATOR, *organisation.tenant)])
    secret = department_administrator.get(f"{account.path}/secrets").json()["secrets"][0]
    for answer in (
        department_administrator.patch(account.path, json={"description": "watched"}),
        department_administrator.patch(account.path, json={"enabled": False}),
        department_administrator.delete(f"{account.path}/secrets/{secret['id']}"),
        department_administrator.delete(account.path),
    ):
        assert answer.is_success


def test_law_09_resetting_a_password_needs_every_permission_that_the_person_has(
    department_administrator: httpx.Client, admin: httpx.Client, organisation: Organisation
) -> None:
    email = f"{fresh('person')}@example.org"
    person = admin.post(USERS, json={"email": email, **at(organisation["a1"])}).json()
    rule = admin.post(RULES, json=wish(email, VIEWER, organisation["a"], "user")).json()
    path = f"{USERS}/{person['id']}/password"
    assert department_administrator.post(path).status_code == 403
    admin.delete(f"{RULES}/{rule['id']}")
    assert department_administrator.post(path).status_code == 200


# Inside the change, after its lock: what was true when the request came in does not count


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with running_inside(tmp_path) as started:
        yield started


class Scene:
    """A department administrator and an account below them, in one process with the administrator."""

    def __init__(self, inside: Inside, admin: httpx.AsyncClient) -> None:
        self._inside = inside
        self.admin = admin

    async def prepare(self) -> None:
        cluster = (await self.admin.post(CLUSTERS, json={"name": "c"})).json()["uuid"]
        body = {"name": "d", "clusterId": cluster, "resources": []}
        department = (await self.admin.post(DEPARTMENTS, json=body)).json()["id"]
        self.department = Place(department, "department")
        self.account = await self.make("account")
        self.author = await self.make("author")
        self.rule = await self.give(self.author.name, DEPARTMENT_ADMINISTRATOR, self.department)
        answer = await self._inside.anonymous.post("/api/v2/token", data=self.author.form)
        self.caller = self._inside.bearing(answer.json()["access_token"])

    async def make(self, name: str) -> Account:
        made = (await self.admin.post(ACCOUNTS, json={"name": name, **at(self.department)})).json()
        return Account(made["id"], made["name"], made["clientSecret"])

    async def give(self, name: str, role: int, place: Place) -> int:
        answer = await self.admin.post(RULES, json=wish(name, role, place))
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])


@pytest.fixture
async def scene(inside: Inside) -> AsyncIterator[Scene]:
    async with await inside.admin() as admin:
        made = Scene(inside, admin)
        await made.prepare()
        yield made
        await made.caller.aclose()


async def at_once(*asked: Any) -> Sequence[httpx.Response]:
    """All came in before any of them was done; changes are made in this order."""
    answers: Sequence[httpx.Response] = await asyncio.gather(*asked)
    return answers


RACING: dict[str, Callable[[Scene], Any]] = {
    "regenerating": lambda scene: scene.caller.post(f"{scene.account.path}/secret"),
    "adding a secret": lambda scene: scene.caller.post(f"{scene.account.path}/secrets", json={}),
    "enabling": lambda scene: scene.caller.patch(scene.account.path, json={"enabled": True}),
}


@pytest.mark.parametrize("how", RACING)
async def test_law_09_it_is_checked_inside_the_change_so_that_a_rule_a_moment_before_counts(
    scene: Scene, how: str
) -> None:
    rise = scene.admin.post(RULES, json=wish(scene.account.name, SYSTEM_ADMINISTRATOR, TENANT))
    risen, taken = await at_once(rise, RACING[how](scene))
    assert (risen.status_code, taken.status_code) == (201, 403)


@pytest.mark.parametrize("how", RACING)
async def test_law_09_it_is_checked_inside_the_change_so_that_a_right_lost_a_moment_before_is_lost(
    scene: Scene, how: str
) -> None:
    fallen, taken = await at_once(scene.admin.delete(f"{RULES}/{scene.rule}"), RACING[how](scene))
    assert (fallen.status_code, taken.status_code) == (204, 404)


async def test_law_08_it_is_checked_inside_the_change_so_that_a_right_lost_a_moment_before_is_lost(
    scene: Scene,
) -> None:
    fallen, given, made = await at_once(
        scene.admin.delete(f"{RULES}/{scene.rule}"),
        scene.caller.post(RULES, json=wish("reds", VIEWER, scene.department, "group")),
        scene.caller.post(ACCOUNTS, json={"name": "late"}),
    )
    assert (fallen.status_code, given.status_code, made.status_code) == (204, 404, 403)


@pytest.mark.parametrize("end", ["delete", "disable", "regenerate"])
async def test_law_09_no_change_is_made_for_somebody_who_ended_a_moment_before(
    scene: Scene, end: str
) -> None:
    admin, path = scene.admin, scene.author.path
    if end == "delete":
        ending = admin.delete(path)
    elif end == "disable":
        ending = admin.patch(path, json={"enabled": False})
    else:
        ending = admin.post(f"{path}/secret")
    ended, taken, made = await at_once(
        ending, RACING["regenerating"](scene), scene.caller.post(ACCOUNTS, json={"name": "late"})
    )
    assert ended.is_success
    assert (taken.status_code, made.status_code) == (401, 401)


# 11. Somebody stays in charge


class LastOne:
    """The first administrator, the only one so far."""

    def __init__(self, inside: Inside, client: httpx.AsyncClient, person: str, rule: int) -> None:
        self.inside = inside
        self.client = client
        self.path = f"{USERS}/{person}"
        self.rule = f"{RULES}/{rule}"

    async def add_person(self, groups: Sequence[str] = ()) -> str:
        """Their id."""
        body = {"email": f"{fresh('second')}@example.org", "groups": list(groups)}
        answer = await self.client.post(USERS, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def make_administrator(self, subject: str, kind: str) -> int:
        """The rule's id."""
        answer = await self.client.post(RULES, json=wish(subject, SYSTEM_ADMINISTRATOR, TENANT, kind))
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def robot(self) -> httpx.AsyncClient:
        """An account that is system administrator, signed in."""
        made = (await self.client.post(ACCOUNTS, json={"name": "robot"})).json()
        await self.make_administrator("robot", "service-account")
        form = Account(made["id"], made["name"], made["clientSecret"]).form
        answer = await self.inside.anonymous.post("/api/v2/token", data=form)
        return self.inside.bearing(answer.json()["access_token"])

    async def ways_to_go(self) -> list[tuple[int, bool]]:
        """What becomes of each way to lose them: the status, and whether it speaks of the administrator."""
        batch = {"action": "validate_delete", "ids": [int(self.rule.rpartition("/")[2])]}
        tried = (await self.client.post(f"{RULES}/batch", json=batch)).json()
        answers = [
            await self.client.delete(self.rule),
            await self.client.delete(self.path),
            await self.client.patch(self.path, json={"enabled": False}),
        ]
        told = [(one["code"], one["message"]) for one in tried["failed"]]
        told += [(answer.status_code, answer.text) for answer in answers]
        return [(status, "administrator" in text) for status, text in told]


@pytest.fixture
async def last_one(inside: Inside) -> AsyncIterator[LastOne]:
    async with await inside.admin() as client:
        person = (await client.get(USERS)).json()[0]
        rule = (await client.get(RULES)).json()["accessRules"][0]
        assert (person["username"], rule["subjectId"]) == (ADMIN_EMAIL, ADMIN_EMAIL)
        yield LastOne(inside, client, person["id"], rule["id"])


async def test_law_11_the_last_administrator_cannot_be_deleted_disabled_or_stripped(
    last_one: LastOne,
) -> None:
    assert await last_one.ways_to_go() == [(409, True)] * 4
    assert (await last_one.client.get(ACCOUNTS)).status_code == 200


async def test_law_11_neither_an_account_nor_a_disabled_person_nor_one_to_come_is_in_their_place(
    last_one: LastOne,
) -> None:
    await last_one.robot()
    await last_one.make_administrator("yet-to-come@example.org", "user")
    await last_one.make_administrator("nobody is in it", "group")
    disabled = await last_one.add_person(["night watch"])
    await last_one.client.patch(f"{USERS}/{disabled}", json={"enabled": False})
    await last_one.make_administrator("night watch", "group")
    below = (await last_one.client.post(CLUSTERS, json={"name": "c"})).json()["uuid"]
    enabled = await last_one.add_person()
    email = (await last_one.client.get(f"{USERS}/{enabled}")).json()["username"]
    rule = wish(email, SYSTEM_ADMINISTRATOR, Place(below, "cluster"), "user")
    assert (await last_one.client.post(RULES, json=rule)).status_code == 201
    assert await last_one.ways_to_go() == [(409, True)] * 4


@pytest.mark.parametrize("group", ["Admins", "Ädmins ÉÈ", 'the "best"', "100%_sure/", "back\\slash"])
async def test_law_11_a_group_s_member_counts_whatever_the_group_is_called(
    last_one: LastOne, group: str
) -> None:
    member = await last_one.add_person([group])
    rule = await last_one.make_administrator(group, "group")
    robot = await last_one.robot()
    assert (await robot.delete(last_one.rule)).status_code == 204
    # Now the member is the last one.
    answers = [
        await robot.delete(f"{RULES}/{rule}"),
        await robot.delete(f"{USERS}/{member}"),
        await robot.patch(f"{USERS}/{member}", json={"enabled": False}),
        await robot.patch(f"{USERS}/{member}", json={"groups": ["others"]}),
    ]
    assert [answer.status_code for answer in answers] == [409] * 4


@pytest.mark.parametrize("other", ["admins", "Admins 2", 'x", "Admins', "Admin", "Admins\\"])
async def test_law_11_a_member_of_a_group_of_a_similar_name_does_not_count(
    last_one: LastOne, other: str
) -> None:
    await last_one.add_person([other])
    await last_one.make_administrator("Admins", "group")
    assert await last_one.ways_to_go() == [(409, True)] * 4


async def test_law_11_of_two_who_go_at_once_one_stays(last_one: LastOne) -> None:
    second = await last_one.add_person()
    email = (await last_one.client.get(f"{USERS}/{second}")).json()["username"]
    await last_one.make_administrator(email, "user")
    answers = await at_once(
        last_one.client.delete(f"{USERS}/{second}"),
        last_one.client.patch(last_one.path, json={"enabled": False}),
    )
    assert sorted(answer.status_code for answer in answers) == [204, 409]

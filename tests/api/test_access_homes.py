"""Access laws 4 to 7: where things live, who sees them, and that nothing tells of the rest."""

import csv
import io
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.api.conftest import Organisation, Place, give
from tests.api.holders import (
    ACCOUNTS,
    ALWAYS,
    AUDIT,
    CLUSTERS,
    DEPARTMENT_ADMINISTRATOR,
    DEPARTMENTS,
    EXPLAIN,
    NOBODY,
    PROJECTS,
    ROLES,
    RULES,
    UNITS,
    USERS,
    VIEWER,
    Account,
    Holders,
    all_but_the_moment,
    at,
    each,
    fresh,
    letters,
    wish,
)
from tests.inside import running_inside

READS_ALL = "r service-account, r access_rules, r roles, r users, r cluster, r department, r project, r events-history"


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


def unit(place: Place) -> str:
    return f"{UNITS[place.type]}/{place.id}"


# 4. A rule reaches its scope and all below it


@pytest.mark.parametrize("where", ["a", "a1", "a1x"])
def test_law_04_a_rule_reaches_its_scope_and_all_below_it_and_nothing_else(
    holders: Holders, organisation: Organisation, where: str
) -> None:
    caller = holders.caller(READS_ALL, organisation[where])
    reached = {name for name, place in organisation.places.items() if caller.get(unit(place)).is_success}
    assert reached == {name for name in organisation.places if name.startswith(where)}


def test_law_04_a_rule_of_the_tenant_reaches_everything(holders: Holders, organisation: Organisation) -> None:
    caller = holders.caller(READS_ALL, organisation.tenant)
    assert {caller.get(unit(place)).status_code for place in organisation.places.values()} == {200}


def test_law_04_the_tree_has_four_levels_and_each_lies_in_the_one_above(
    admin: httpx.Client, organisation: Organisation
) -> None:
    body = {"name": fresh("department"), "clusterId": organisation["a1"].id, "resources": []}
    assert admin.post(DEPARTMENTS, json=body).status_code == 400
    body = {"name": fresh("project"), "clusterId": organisation["a"].id, "resources": []}
    for parent in ("a", "a1x"):
        answer = admin.post(PROJECTS, json={**body, "parentId": organisation[parent].id})
        assert (answer.status_code, answer.json()["message"].partition(":")[0]) == (400, "parentId")


# 5. Homes


@pytest.mark.parametrize("where", ["a", "a1", "a1x"])
def test_law_05_the_home_is_the_highest_scope_in_which_its_creator_may_create(
    admin: httpx.Client, holders: Holders, organisation: Organisation, where: str
) -> None:
    caller = holders.caller("cr service-account", organisation[where])
    made = caller.post(ACCOUNTS, json={"name": fresh("account")}).json()
    home = admin.get(f"{ACCOUNTS}/{made['id']}").json()
    assert Place(home["scopeId"], home["scopeType"]) == organisation[where]


def test_law_05_a_scope_below_another_is_not_equally_high(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    caller = holders.caller(
        "cr service-account", organisation["b1x"], organisation["a1"], organisation["a1y"]
    )
    made = caller.post(ACCOUNTS, json={"name": fresh("account")}).json()
    assert admin.get(f"{ACCOUNTS}/{made['id']}").json()["scopeId"] == organisation["a1"].id


def test_law_05_where_several_are_equally_high_a_400_names_them_and_one_of_them_must_be_asked_for(
    holders: Holders, organisation: Organisation
) -> None:
    both = organisation["a1"], organisation["b2"]
    caller = holders.caller("cr service-account, r department", *both)
    name = fresh("account")
    refused = caller.post(ACCOUNTS, json={"name": name})
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("scopeId: ")
    assert all(place.id in refused.json()["message"] for place in both)
    assert organisation["a2"].id not in refused.text
    made = caller.post(ACCOUNTS, json={"name": name, **at(organisation["b2"])})
    assert made.status_code == 201
    assert caller.get(f"{ACCOUNTS}/{made.json()['id']}").json()["scopeId"] == organisation["b2"].id


def test_law_05_nobody_makes_an_account_where_they_may_not_create(
    holders: Holders, organisation: Organisation
) -> None:
    role = holders.role("r cluster, r department")
    maker = holders.role("cr service-account, r department")
    account = holders.account(rules=[(role, *organisation["a"]), (maker, *organisation["a1"])])
    caller = holders.as_account(account)
    for place in (organisation["a"], organisation["a2"]):
        assert caller.post(ACCOUNTS, json={"name": fresh("account"), **at(place)}).status_code == 403


def test_law_05_who_may_read_accounts_in_a_scope_sees_those_whose_home_is_in_it(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    at_home = {name: holders.account(place) for name, place in organisation.places.items()}
    above = holders.account(rules=[(VIEWER, *organisation["a1"])])
    caller = holders.caller("r service-account", organisation["a1"])
    found = {one["name"] for one in caller.get(ACCOUNTS).json()}
    homes = {one["scopeId"] for one in caller.get(ACCOUNTS).json()}
    assert {at_home[name].name for name in ("a1", "a1x", "a1y")} <= found
    assert homes <= {organisation[name].id for name in ("a1", "a1x", "a1y")}
    # What an account may do somewhere does not make it live there.
    assert above.name not in found
    assert caller.get(above.path).status_code == 404
    reach = {name: caller.get(account.path).status_code for name, account in at_home.items()}
    assert reach == {name: 200 if name.startswith("a1") else 404 for name in organisation.places}
    assert len(admin.get(ACCOUNTS).json()) >= len(at_home) + 1


# 6. Unreadable is unknown; readable but not permitted is forbidden


class OnObject(NamedTuple):
    """An operation whose object decides. `kind` says which; `needs` is what it takes, beside reading it."""

    method: str
    path: str
    kind: str
    needs: str
    body: Mapping[str, Any] | None = None

    def ask(self, client: httpx.Client, object_id: str) -> httpx.Response:
        return client.request(self.method, self.path.format(object_id), json=self.body)


_ONE = ACCOUNTS + "/{}"
_APP = "/api/v1/apps/{}"
ON_OBJECT = {
    "get_service_account_by_id": OnObject("GET", _ONE, "account", "r"),
    "update_service_account_by_id": OnObject("PATCH", _ONE, "account", "u", {"enabled": False}),
    "delete_service_account_by_id": OnObject("DELETE", _ONE, "account", "d"),
    "regenerate_service_account_secret": OnObject("POST", _ONE + "/secret", "account", "u"),
    "get_service_account_secrets": OnObject("GET", _ONE + "/secrets", "account", "r"),
    "get_service_account_usage": OnObject("GET", _ONE + "/usage", "account", "r"),
    "add_service_account_secret": OnObject("POST", _ONE + "/secrets", "account", "u", {}),
    "revoke_service_account_secret": OnObject("DELETE", _ONE + "/secrets/" + NOBODY, "account", "u"),
    "get_application_by_id": OnObject("GET", _APP, "account", "r"),
    "update_application_by_id": OnObject("PATCH", _APP, "account", "u", {"enabled": False}),
    "delete_application_by_id": OnObject("DELETE", _APP, "account", "d"),
    "regenerate_application_secret": OnObject("POST", _APP + "/secret", "account", "u"),
    "get_access_rule": OnObject("GET", RULES + "/{}", "rule", "r"),
    "delete_access_rule": OnObject("DELETE", RULES + "/{}", "rule", "d"),
    "get_cluster_by_uuid": OnObject("GET", CLUSTERS + "/{}", "cluster", "r"),
    "get_cluster_install_info_by_uuid": OnObject(
        "GET", CLUSTERS + "/{}/cluster-install-info?version=2.24.0&platform=kubernetes", "cluster", "r"
    ),
    "updateCluster": OnObject("PUT", CLUSTERS + "/{}", "cluster", "u", {"name": "renamed"}),
    "delete_cluster": OnObject("DELETE", CLUSTERS + "/{}", "cluster", "d"),
    "get_department": OnObject("GET", DEPARTMENTS + "/{}", "department", "r"),
    "update_department": OnObject("PUT", DEPARTMENTS + "/{}", "department", "u", {"resources": []}),
    "delete_department": OnObject("DELETE", DEPARTMENTS + "/{}?cascade=true", "department", "d"),
    "get_project": OnObject("GET", PROJECTS + "/{}", "project", "r"),
    "update_project": OnObject("PUT", PROJECTS + "/{}", "project", "u", {"resources": []}),
    "delete_project": OnObject("DELETE", PROJECTS + "/{}", "project", "d"),
    "update_role": OnObject(
        "PUT",
        ROLES + "/{}",
        "role",
        "u",
        {"name": "renamed", "description": "", "permissions": letters("r project")},
    ),
    "delete_role": OnObject("DELETE", ROLES + "/{}", "role", "d"),
    "enable_role": OnObject("POST", ROLES + "/{}/enable", "role", "u", {}),
    "disable_role": OnObject("POST", ROLES + "/{}/disable", "role", "u", {}),
    "get_user_by_id": OnObject("GET", USERS + "/{}", "user", "r"),
    "update_user_by_id": OnObject("PATCH", USERS + "/{}", "user", "u", {"enabled": False}),
    "delete_user_by_id": OnObject("DELETE", USERS + "/{}", "user", "d"),
    "reset_user_password": OnObject("POST", USERS + "/{}/password", "user", "u"),
    "remove_second_factor_of_user": OnObject("DELETE", USERS + "/{}/second-factor", "user", "u"),
    "logout_user": OnObject("POST", USERS + "/{}/logout", "user", "u"),
}
# Those with tests of their own: by what a body names (below), and of keys (tests/api/test_access_keys.py).
ELSEWHERE = {
    "explain_access",
    "delete_access_key_by_id_administration",
    "delete_user_application_by_id_administration",
}
RESOURCE = {"account": "service-account", "rule": "access_rules", "role": "roles", "user": "users"}
UNKNOWN = {"rule": "2147483647", "role": "2147483647"}


@dataclass(frozen=True)
class Hidden:
    """One thing of each kind, all in cluster b."""

    ids: Mapping[str, str]
    account: Account
    email: str


@pytest.fixture(scope="module")
def hidden(admin: httpx.Client, holders: Holders, organisation: Organisation) -> Hidden:
    place = organisation["b1"]
    account, email = holders.account(place), f"{fresh('hidden')}@example.org"
    role = holders.role("r project", place)
    person = admin.post(USERS, json={"email": email, **at(place)}).json()
    ids = {
        "account": account.id,
        "rule": str(give(admin, account.name, role, *organisation["b1x"])),
        "role": str(role),
        "user": person["id"],
        "cluster": organisation["b"].id,
        "department": organisation["b1"].id,
        "project": organisation["b1x"].id,
    }
    return Hidden(ids, account, email)


@pytest.fixture(scope="module")
def of_cluster_a(holders: Holders, organisation: Organisation) -> httpx.Client:
    """May do anything that the law speaks of, in one cluster."""
    held = "crud service-account, crud access_rules, crud roles, crud users, crud cluster, crud department"
    return holders.caller(f"{held}, crud project, r events-history", organisation["a"])


@pytest.fixture(scope="module")
def only_reads(holders: Holders, organisation: Organisation) -> httpx.Client:
    return holders.caller(READS_ALL, organisation.tenant)


async def test_law_06_the_tests_below_ask_every_operation_whose_object_decides(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as inside:
        deciding = {route.operation_id for route in inside.keystead.routes if route.access.object_decides}
    assert deciding == ON_OBJECT.keys() | ELSEWHERE


@pytest.mark.parametrize("operation", ON_OBJECT)
def test_law_06_what_cannot_be_read_is_a_404_of_the_same_bytes_as_an_unknown_id(
    of_cluster_a: httpx.Client, admin: httpx.Client, hidden: Hidden, operation: str
) -> None:
    asked = ON_OBJECT[operation]
    real = asked.ask(of_cluster_a, hidden.ids[asked.kind])
    unknown = asked.ask(of_cluster_a, UNKNOWN.get(asked.kind, NOBODY))
    assert real.status_code == 404
    assert all_but_the_moment(real) == all_but_the_moment(unknown)
    still = OnObject("GET", asked.path.partition("{")[0] + "{}", asked.kind, "r").ask(
        admin, hidden.ids[asked.kind]
    )
    assert still.status_code == 200
    assert still.json().get("enabled", True) is True


@pytest.mark.parametrize("operation", [name for name, asked in ON_OBJECT.items() if asked.needs != "r"])
def test_law_06_what_can_be_read_and_not_changed_is_a_403(
    only_reads: httpx.Client, hidden: Hidden, operation: str
) -> None:
    asked = ON_OBJECT[operation]
    refused = asked.ask(only_reads, hidden.ids[asked.kind])
    assert (refused.status_code, refused.json()["code"]) == (403, 403)


@pytest.mark.parametrize("operation", [name for name, asked in ON_OBJECT.items() if asked.needs != "r"])
def test_law_06_the_right_to_change_without_the_right_to_read_is_a_404(
    holders: Holders, organisation: Organisation, hidden: Hidden, operation: str
) -> None:
    asked = ON_OBJECT[operation]
    caller = holders.caller(f"{asked.needs} {RESOURCE.get(asked.kind, asked.kind)}", organisation["b"])
    assert asked.ask(caller, hidden.ids[asked.kind]).status_code == 404


CREATIONS = {
    ACCOUNTS: {"name": "account"},
    RULES: wish("nobody", VIEWER, Place("1", "tenant")),
    ROLES: {"name": "role", "description": "", "permissions": letters("r project")},
    USERS: {"email": "person@example.org"},
    CLUSTERS: {"name": "cluster"},
    DEPARTMENTS: {"name": "department", "clusterId": NOBODY, "resources": []},
    PROJECTS: {"name": "project", "clusterId": NOBODY, "resources": []},
}


@pytest.mark.parametrize("path", CREATIONS)
def test_law_06_creating_without_the_right_anywhere_is_a_403(only_reads: httpx.Client, path: str) -> None:
    assert only_reads.post(path, json=CREATIONS[path]).status_code == 403


@pytest.fixture(scope="module")
def grantable(holders: Holders) -> int:
    """A role that `of_cluster_a` may give there."""
    return holders.role("r project")


def bodies_that_name(
    organisation: Organisation, hidden: Hidden, grantable: int
) -> Iterator[tuple[str, Callable[[str], dict[str, Any]], str, str]]:
    """A path, a body that names something by this text, what is hidden, and what nobody has."""
    place = organisation["a1"]
    held = letters("r project")
    names = (hidden.account.name, "nobody-at-all")
    scopes = (organisation["b1"].id, NOBODY)
    yield ACCOUNTS, lambda text: {"name": "new", "scopeId": text}, *scopes
    yield (
        ROLES,
        lambda text: {"name": "new", "description": "", "permissions": held, "scopeId": text},
        *scopes,
    )
    yield USERS, lambda text: {"email": "new@example.org", "scopeId": text}, *scopes
    yield RULES, lambda text: wish(text, grantable, place), *names
    yield RULES, lambda text: wish("nobody", grantable, Place(text, "department")), *scopes
    yield RULES, lambda text: wish("nobody", int(text), place), hidden.ids["role"], UNKNOWN["role"]
    yield (
        DEPARTMENTS,
        lambda text: {"name": "n", "clusterId": text, "resources": []},
        hidden.ids["cluster"],
        NOBODY,
    )
    yield (
        PROJECTS,
        lambda text: {"name": "n", "clusterId": organisation["a"].id, "parentId": text, "resources": []},
        *scopes,
    )
    yield (
        PROJECTS,
        lambda text: {"name": "n", "clusterId": text, "resources": []},
        hidden.ids["cluster"],
        NOBODY,
    )
    question = {"action": "read", "resourceType": "project"}
    yield (
        EXPLAIN,
        lambda text: {"subjectType": "service-account", "subjectId": text, **question, **at(place)},
        *names,
    )
    yield (
        EXPLAIN,
        lambda text: {"subjectType": "user", "subjectId": text, **question, **at(place)},
        hidden.email,
        "nobody@example.org",
    )
    yield (
        EXPLAIN,
        lambda text: {"subjectType": "group", "subjectId": "red", **question, "scopeId": text},
        *scopes,
    )


def test_law_06_a_name_in_a_body_that_cannot_be_read_counts_as_unknown(
    of_cluster_a: httpx.Client, organisation: Organisation, hidden: Hidden, grantable: int
) -> None:
    for path, body, real, unknown in bodies_that_name(organisation, hidden, grantable):
        answers = [of_cluster_a.post(path, json=body(text)) for text in (real, unknown)]
        assert answers[0].status_code == 404, (path, body(real), answers[0].text)
        assert all_but_the_moment(answers[0]) == all_but_the_moment(answers[1])
        assert real not in answers[0].text


def test_law_06_a_batch_of_rules_tells_no_more_than_single_ones(
    of_cluster_a: httpx.Client, organisation: Organisation, hidden: Hidden, grantable: int
) -> None:
    def create(names: list[str], scopes: list[Place]) -> list[tuple[int, str]]:
        payload = {
            "roleId": grantable,
            "subjects": [{"subjectId": name, "subjectType": "service-account"} for name in names],
            "scopes": [at(scope) for scope in scopes],
        }
        answer = of_cluster_a.post(f"{RULES}/batch-create", json={"payload": payload}).json()
        assert answer["succeeded"] == []
        return [(one["code"], one["message"]) for one in answer["failed"]]

    by_name = create([hidden.account.name, "nobody-at-all"], [organisation["a1"]])
    by_scope = create(["nobody-at-all"], [organisation["b1"], Place(NOBODY, "department")])
    for failed in (by_name, by_scope):
        assert failed[0] == failed[1]
        assert failed[0][0] == 404
    for action in ("delete", "validate_delete"):
        body = {"action": action, "ids": [hidden.ids["rule"], UNKNOWN["rule"]]}
        report = of_cluster_a.post(f"{RULES}/batch", json=body).json()
        assert report["succeeded"] == []
        assert len({(one["code"], one["message"]) for one in report["failed"]}) == 1


def test_law_06_a_person_out_of_sight_looks_like_one_who_has_not_come_yet(
    of_cluster_a: httpx.Client, organisation: Organisation, hidden: Hidden, grantable: int
) -> None:
    """A rule may be given to both; the answers differ in nothing but what was asked for."""
    emails = hidden.email, f"{fresh('yet-to-come')}@example.org"
    answers = [
        of_cluster_a.post(RULES, json=wish(email, grantable, organisation["a1"], "user")) for email in emails
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    told = [
        {name: text for name, text in answer.json().items() if name not in ("id", "createdAt", "updatedAt")}
        for answer in answers
    ]
    assert told[0] == {**told[1], "subjectId": hidden.email}


def test_law_06_a_taken_name_tells_of_itself_only_to_those_who_may_create(
    of_cluster_a: httpx.Client, only_reads: httpx.Client, hidden: Hidden
) -> None:
    assert of_cluster_a.post(ACCOUNTS, json={"name": hidden.account.name}).status_code == 409
    for name in (hidden.account.name, fresh("free")):
        refused = only_reads.post(ACCOUNTS, json={"name": name})
        assert refused.status_code == 403
        assert name not in refused.text


# 7. Lists, totals, files, the log and the texts of errors


@dataclass(frozen=True)
class Watcher:
    """A reader of a1 and b1x; `homes` are the places that lie in those."""

    client: httpx.Client
    homes: frozenset[str]


@pytest.fixture(scope="module")
def crowd(admin: httpx.Client, holders: Holders, organisation: Organisation) -> dict[str, Account]:
    """An account in each place; each has a rule in its place and one in `a2`."""
    made = {}
    for name, place in organisation.places.items():
        rules = {(VIEWER, *place), (VIEWER, *organisation["a2"])}
        made[name] = holders.account(place, sorted(rules), name=f"crowd-{name}")
    return made


@pytest.fixture(scope="module")
def watcher(holders: Holders, organisation: Organisation, crowd: dict[str, Account]) -> Watcher:
    assert crowd
    client = holders.caller(READS_ALL, organisation["a1"], organisation["b1x"])
    return Watcher(client, frozenset(organisation[name].id for name in ("a1", "a1x", "a1y", "b1x")))


def in_file(client: httpx.Client, **params: str) -> list[list[str]]:
    answer = client.get(ACCOUNTS, params=params, headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.text)))[1:]


def test_law_07_the_list_its_total_and_its_file_are_of_what_can_be_seen(
    watcher: Watcher, admin: httpx.Client
) -> None:
    expected = sorted(one["name"] for one in admin.get(ACCOUNTS).json() if one["scopeId"] in watcher.homes)
    answer = watcher.client.get(ACCOUNTS)
    assert sorted(one["name"] for one in answer.json()) == expected
    pages = [
        watcher.client.get(ACCOUNTS, params={"limit": 2, "offset": offset, "sortBy": "name"})
        for offset in range(0, len(expected) + 1, 2)
    ]
    paged = itertools.chain.from_iterable(page.json() for page in pages)
    assert [one["name"] for one in paged] == expected
    head = watcher.client.head(ACCOUNTS)
    assert {page.headers["x-total-count"] for page in [answer, head, *pages]} == {str(len(expected))}
    assert sorted(row[0] for row in in_file(watcher.client)) == expected


def test_law_07_an_account_s_rules_out_of_sight_are_neither_shown_nor_counted(
    watcher: Watcher, admin: httpx.Client, crowd: dict[str, Account], organisation: Organisation
) -> None:
    for name in ("a1", "a1x", "b1x"):
        account = watcher.client.get(crowd[name].path).json()
        assert [rule["scopeId"] for rule in account["accessRules"]] == [organisation[name].id]
        assert account["accessRuleCount"] == 1
        assert admin.get(crowd[name].path).json()["accessRuleCount"] == 2
        (row,) = in_file(watcher.client, filterBy=f"name=={crowd[name].name}")
        assert "department-a2" not in ",".join(row)


@pytest.mark.parametrize(
    "params",
    [
        {"filterBy": "accessRules==department-a2"},
        {"filterBy": "accessRules=@a2"},
        {"search": "department-a2"},
        {"filterBy": "name==crowd-a2"},
        {"search": "crowd-a2"},
    ],
)
def test_law_07_nothing_is_found_by_what_is_out_of_sight(
    watcher: Watcher, admin: httpx.Client, crowd: dict[str, Account], params: dict[str, str]
) -> None:
    assert crowd["a2"].name in {one["name"] for one in admin.get(ACCOUNTS, params=params).json()}
    answer = watcher.client.get(ACCOUNTS, params=params)
    assert (answer.json(), answer.headers["x-total-count"]) == ([], "0")
    assert in_file(watcher.client, **params) == []


def test_law_07_no_id_out_of_sight_finds_or_tells_anything(
    watcher: Watcher, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """By scope, role and number of rules; usage and overview are of the same accounts and rules."""
    hidden_role = holders.role("r project")
    account = holders.account(organisation["a1"], [(hidden_role, *organisation["b"])])
    seen = len(watcher.client.get(ACCOUNTS).json())
    a2, b = organisation["a2"].id, organisation["b"].id
    for found_by in (
        f"scope=={a2}",
        f"scope=^{a2}",
        f"scope=|{a2}|{b}",
        f"scope=={b}",
        f"scopeId=={a2}",
        f"scopeId=^{a2}",
        f"roleId=={hidden_role}",
        f"roleId=|{hidden_role}",
    ):
        assert admin.get(ACCOUNTS, params={"filterBy": found_by}).json()
        assert watcher.client.get(ACCOUNTS, params={"filterBy": found_by}).json() == []
        assert in_file(watcher.client, filterBy=found_by) == []
    for lacks in (f"scope!={a2}", f"scope!|{a2}|{b}", f"roleId!={hidden_role}", f"scopeId!={a2}"):
        assert len(watcher.client.get(ACCOUNTS, params={"filterBy": lacks}).json()) == seen
    one = {"filterBy": f"accessRuleCount==0,name=={account.name}"}
    assert [row["id"] for row in watcher.client.get(ACCOUNTS, params=one).json()] == [account.id]
    assert admin.get(ACCOUNTS, params=one).json() == []
    overview = watcher.client.get(f"{ACCOUNTS}/overview").json()
    assert overview["accounts"] == seen
    # Its own rules, which are where it reads, and those of the crowd there.
    rules = watcher.client.get(RULES, params={"limit": 1}).json()["totalRecords"]
    assert (overview["rules"], sum(overview["reach"].values())) == (rules, rules)
    without = {"filterBy": "accessRuleCount==0"}
    assert overview["withoutRules"] == len(watcher.client.get(ACCOUNTS, params=without).json())


def test_law_07_nothing_is_told_by_the_lack_of_what_is_out_of_sight_nor_by_the_order(
    watcher: Watcher, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    lacks = {"filterBy": "accessRules!@department-a2"}
    assert len(watcher.client.get(ACCOUNTS, params=lacks).json()) == len(watcher.client.get(ACCOUNTS).json())
    many, few = holders.account(organisation["a1"]), holders.account(organisation["a1"])
    give(admin, few.name, VIEWER, *organisation["a1"])
    for name in ("a2", "b", "b2"):
        give(admin, many.name, VIEWER, *organisation[name])
    params = {"sortBy": "accessRules", "sortOrder": "desc"}
    order = [one["name"] for one in watcher.client.get(ACCOUNTS, params=params).json()]
    assert order.index(few.name) < order.index(many.name)


def test_law_07_rules_their_totals_and_counts_are_of_the_scopes_that_can_be_seen(
    watcher: Watcher, admin: httpx.Client
) -> None:
    def page(client: httpx.Client, **params: Any) -> dict[str, Any]:
        found: dict[str, Any] = client.get(RULES, params={"limit": 500, **params}).json()
        return found

    rules = page(admin)["accessRules"]
    expected = {rule["id"] for rule in rules if rule["scopeId"] in watcher.homes}
    seen = page(watcher.client)
    assert {rule["id"] for rule in seen["accessRules"]} == expected
    assert seen["totalRecords"] == len(expected) < len(rules)
    assert watcher.client.get(f"{RULES}/count").json() == {"count": len(expected)}
    hidden = {rule["scopeId"] for rule in rules} - watcher.homes
    for scope_id in hidden:
        by_scope = page(watcher.client, scopeId=scope_id)
        assert (by_scope["accessRules"], by_scope["totalRecords"]) == ([], 0)
    for params in ({"filterBy": "scopeName==department-a2"}, {"search": "department-a2"}):
        assert page(watcher.client, **params)["totalRecords"] == 0
        count = watcher.client.get(f"{RULES}/count", params=params)
        assert count.json() == {"count": 0}


def test_law_07_deleted_rules_are_as_far_away_as_live_ones(
    watcher: Watcher, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account()
    ids = {name: give(admin, account.name, VIEWER, *organisation[name]) for name in ("a1", "a2")}
    admin.delete(account.path)
    params = {"includeDeleted": "true", "subjectIds": account.name, "limit": "500"}
    found = watcher.client.get(RULES, params=params).json()
    assert [rule["id"] for rule in found["accessRules"]] == [ids["a1"]]
    assert found["totalRecords"] == 1


def test_law_07_the_tree_s_lists_and_counts_are_of_what_can_be_seen(watcher: Watcher) -> None:
    assert watcher.client.get(CLUSTERS).json() == []
    departments = watcher.client.get(DEPARTMENTS).json()["departments"]
    projects = watcher.client.get(PROJECTS).json()["projects"]
    assert {one["id"] for one in departments + projects} == watcher.homes
    for path, found in ((DEPARTMENTS, departments), (PROJECTS, projects)):
        assert watcher.client.get(f"{path}/count").json() == {"count": len(found)}
    assert watcher.client.get(PROJECTS, params={"search": "project-a2"}).json()["projects"] == []


def test_law_07_people_are_listed_and_counted_by_their_home(
    watcher: Watcher, admin: httpx.Client, organisation: Organisation
) -> None:
    emails = {name: f"{fresh('person')}@example.org" for name in ("a1", "a2", "b1x")}
    for name, email in emails.items():
        assert admin.post(USERS, json={"email": email, **at(organisation[name])}).status_code == 201
    found = {one["username"] for one in watcher.client.get(USERS).json()}
    assert found == {emails["a1"], emails["b1x"]}
    assert watcher.client.get(f"{USERS}/count").json() == {"count": 2}


def test_law_07_the_audit_log_tells_of_what_lies_where_it_may_be_read(
    watcher: Watcher, admin: httpx.Client, crowd: dict[str, Account]
) -> None:
    def logged(client: httpx.Client, **params: str) -> tuple[set[str], int]:
        found = client.get(AUDIT, params={**ALWAYS, **params}).json()
        return {entry["entity_id"] for entry in found["logs"]}, found["total"]

    ids = {account.id for account in crowd.values()}
    near = {crowd[name].id for name in ("a1", "a1x", "a1y", "b1x")}
    seen, total = logged(watcher.client)
    assert seen & ids == near
    assert total < logged(admin)[1]
    for name in ("a2", "b", "b2x"):
        assert logged(watcher.client, filterBy=f"entity_name=={crowd[name].name}") == (set(), 0)
        assert logged(admin, filterBy=f"entity_name=={crowd[name].name}") == ({crowd[name].id}, 1)


def test_law_07_why_tells_of_no_rule_out_of_sight(
    watcher: Watcher, admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account(organisation["a1"])
    give(admin, account.name, VIEWER, *organisation["a"])
    question = {
        "subjectType": "service-account",
        "subjectId": account.name,
        "action": "read",
        "resourceType": "project",
        **at(organisation["a1x"]),
    }
    assert admin.post(EXPLAIN, json=question).json()["allowed"] is True
    found = watcher.client.post(EXPLAIN, json=question).json()
    assert (found["allowed"], found["complete"], found["rules"]) == (False, False, [])


def test_law_07_an_error_names_nothing_that_the_caller_cannot_read(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    made = admin.post(DEPARTMENTS, json={"name": "full", "clusterId": organisation["a"].id, "resources": []})
    place = Place(made.json()["id"], "department")
    resident = holders.account(place)
    blind, sighted = (
        holders.caller(held, place) for held in ("rd department", "rd department, r service-account")
    )
    refused = [client.delete(unit(place)) for client in (blind, sighted)]
    assert [answer.status_code for answer in refused] == [409, 409]
    assert "account" not in refused[0].text
    assert "service accounts" in refused[1].text
    assert all(resident.name not in answer.text for answer in refused)


def test_law_07_what_somebody_holds_they_may_always_know(
    holders: Holders, admin: httpx.Client, organisation: Organisation
) -> None:
    account = holders.account()
    ids = {give(admin, account.name, VIEWER, *organisation[name]) for name in ("a1", "b2y")}
    caller = holders.as_account(account)
    assert caller.get(RULES).status_code == 403
    own = caller.get("/api/v1/authorization/me/access-rules").json()["accessRules"]
    assert {rule["id"] for rule in own["accessRules"]} == ids
    assert caller.get("/api/v1/authorization/me/access-rules/count").json() == {"count": 2}


def test_law_07_a_refusal_is_the_same_whatever_is_there(
    of_cluster_a: httpx.Client, organisation: Organisation, hidden: Hidden
) -> None:
    """Nothing about what is asked for in a hidden place depends on what is in it."""
    places = [organisation[name] for name in ("b", "b1", "b1x", "b2y")]
    assert len(each(places, lambda place: of_cluster_a.delete(unit(place) + "?cascade=true"))) == 3  # kinds
    rules = [wish(hidden.account.name, DEPARTMENT_ADMINISTRATOR, place) for place in places]
    assert len(each(rules, lambda body: of_cluster_a.post(RULES, json=body))) == 1

"""Many access rules at once: each is reported, what can be done is done. And the rules that are gone, for who asks."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any, Final
from uuid import UUID

import httpx
import pytest

from tests.api.conftest import Organisation, Place
from tests.api.contract_file import require_of_contract
from tests.api.holders import (
    DEPARTMENT_ADMINISTRATOR,
    L1_RESEARCHER,
    ROLES,
    RULES,
    SYSTEM_ADMINISTRATOR,
    VIEWER,
    Account,
    Holders,
    at,
    fresh,
    letters,
    wish,
)

BATCH: Final = f"{RULES}/batch"
BATCH_CREATE: Final = f"{RULES}/batch-create"
UNKNOWN: Final = 2**31 - 1
TENANT: Final = Place("1", "tenant")
ROBOT: Final = {"subjectId": "r2", "subjectType": "robot"}


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


@pytest.fixture(scope="module")
def keeper(holders: Holders, organisation: Organisation) -> httpx.Client:
    """Administers department a1, and reads rules in all of cluster a."""
    reads = holders.role("r access_rules, r cluster, r department, r project, r service-account")
    rules = [(DEPARTMENT_ADMINISTRATOR, *organisation["a1"]), (reads, *organisation["a"])]
    return holders.as_account(holders.account(rules=rules))


def group(name: str | None = None) -> dict[str, str]:
    return {"subjectId": name or fresh("group"), "subjectType": "group"}


def payload(
    role: int, subjects: Sequence[dict[str, str]], places: Sequence[Place], **more: Any
) -> dict[str, Any]:
    return {"payload": {"roleId": role, "subjects": subjects, "scopes": [at(one) for one in places]} | more}


def create(client: httpx.Client, body: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """What came of each: the rules that were made, and those that were not."""
    answer = client.post(BATCH_CREATE, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"succeeded", "failed"}
    return answer.json()["succeeded"], answer.json()["failed"]


def end(
    client: httpx.Client, ids: Sequence[int | str], action: str = "delete"
) -> tuple[list[str], dict[str, int]]:
    """The ids of the rules that ended, and the codes of those that did not."""
    answer = client.post(BATCH, json={"action": action, "ids": ids})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found.keys() == {"id", "succeeded", "failed"}
    assert str(UUID(found["id"])) == found["id"]
    return found["succeeded"], {one["id"]: one["code"] for one in found["failed"]}


def rule_for(
    admin: httpx.Client, place: Place, role: int = VIEWER, subject: dict[str, str] | None = None
) -> int:
    answer = admin.post(RULES, json=(subject or group()) | {"roleId": role} | at(place))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def message(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["message"])


# Who may


def test_the_anonymous_are_asked_to_sign_in(anonymous: httpx.Client, organisation: Organisation) -> None:
    body = payload(VIEWER, [group()], [organisation["a"]])
    assert anonymous.post(BATCH_CREATE, json=body).status_code == 401
    assert anonymous.post(BATCH, json={"action": "delete", "ids": [1]}).status_code == 401


def test_without_the_right_anywhere_a_batch_is_refused_whole(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    reader = holders.caller("r access_rules, r cluster", organisation.tenant)
    rule = rule_for(admin, organisation["a"])
    body = payload(VIEWER, [group()], [organisation["a"]])
    assert (
        message(reader.post(BATCH_CREATE, json=body), 403) == "You may not create access_rules in any scope."
    )
    for action in ("delete", "validate_delete"):
        answer = reader.post(BATCH, json={"action": action, "ids": [rule]})
        assert message(answer, 403) == "You may not delete access_rules in any scope."
    assert admin.get(f"{RULES}/{rule}").status_code == 200


# Making


def test_each_subject_gets_the_role_in_each_scope(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account()
    subjects = [
        group("Researchers"),
        {"subjectId": account.name, "subjectType": "app"},
        {"subjectId": "awaited@example.org", "subjectType": "user"},
    ]
    places = [organisation["b"], organisation["b1x"], organisation.tenant]
    made, failed = create(admin, payload(L1_RESEARCHER, subjects, places))
    assert failed == []
    assert [(one["subjectId"], one["subjectType"], one["scopeId"]) for one in made] == [
        (subject["subjectId"], subject["subjectType"].replace("app", "service-account"), place.id)
        for subject in subjects
        for place in places
    ]
    for one in made:
        require_of_contract("AccessRule", one)
        found = admin.get(f"{RULES}/{one['id']}").json()
        del found["scopePath"]
        assert found == one
    with_token = holders.as_account(account)
    assert with_token.get("/api/v1/authorization/me/access-rules/count").json() == {"count": 3}
    assert admin.get(f"/api/v1/service-accounts/{account.id}").json()["updatedAt"] == made[5]["createdAt"]


def test_what_fails_is_told_each_and_stops_nothing(
    keeper: httpx.Client, holders: Holders, admin: httpx.Client, organisation: Organisation
) -> None:
    """The keeper holds the role in a1 alone, sees a2, and does not see b."""
    known, there = holders.account(home=organisation["a1"]), group()
    rule_for(admin, organisation["a1x"], subject=there)
    subjects = [there, {"subjectId": known.name, "subjectType": "service-account"}, nobody(), group()]
    places = [
        organisation["a1x"],
        organisation["a2"],
        organisation["b1"],
        Place(organisation["a1"].id, "project"),
    ]
    made, failed = create(keeper, payload(VIEWER, subjects, places))
    assert [(one["subjectId"], one["scopeId"]) for one in made] == [
        (known.name, organisation["a1x"].id),
        (subjects[3]["subjectId"], organisation["a1x"].id),
    ]
    assert [one["code"] for one in failed] == [
        409,
        403,
        404,
        400,
        403,
        404,
        400,
        404,
        403,
        404,
        400,
        403,
        404,
        400,
    ]
    wished = [
        wish(one["subjectId"], VIEWER, place, one["subjectType"]) for one in subjects for place in places
    ]
    succeeded = {(one["subjectId"], one["scopeId"]) for one in made}
    assert [one["payload"] for one in failed] == [
        one for one in wished if (one["subjectId"], one["scopeId"]) not in succeeded
    ]
    for one in failed:
        alone = keeper.post(RULES, json=one["payload"])
        assert (alone.status_code, alone.json()["message"]) == (one["code"], one["message"])


def nobody() -> dict[str, str]:
    return {"subjectId": "no-such-account", "subjectType": "service-account"}


def test_a_batch_that_fails_whole_is_a_200_too(admin: httpx.Client, organisation: Organisation) -> None:
    made, failed = create(admin, payload(VIEWER, [nobody()], [organisation["a"], organisation["b"]]))
    assert (made, [one["code"] for one in failed]) == ([], [404, 404])
    require_of_contract("AccessRulesBatchCreateResponse", {"succeeded": made, "failed": failed})


def test_what_is_wished_twice_is_made_once(admin: httpx.Client, organisation: Organisation) -> None:
    one, email = group(), f"{fresh('twice')}@example.org"
    subjects = [one, one] + [{"subjectId": each, "subjectType": "user"} for each in (email, email.upper())]
    made, failed = create(admin, payload(VIEWER, subjects, [organisation["a1"], organisation["a1"]]))
    assert (len(made), [one["code"] for one in failed]) == (2, [409] * 6)
    assert all("already exists" in one["message"] for one in failed)


def test_a_cluster_goes_for_all_scopes(admin: httpx.Client, organisation: Organisation) -> None:
    places = [organisation["a"], organisation["a1x"], organisation["b1"], organisation.tenant]
    made, failed = create(admin, payload(VIEWER, [group()], places, clusterId=organisation["a"].id))
    assert [one["scopeId"] for one in made] == [organisation["a"].id, organisation["a1x"].id, "1"]
    assert [(one["code"], one["payload"]["clusterId"]) for one in failed] == [(400, organisation["a"].id)]


@pytest.mark.parametrize("role", [SYSTEM_ADMINISTRATOR, UNKNOWN])
def test_nobody_rises_by_a_batch(keeper: httpx.Client, organisation: Organisation, role: int) -> None:
    made, failed = create(keeper, payload(role, [group()], [organisation["a1"], organisation["a1x"]]))
    assert (made, {one["code"] for one in failed}) == ([], {403} if role == SYSTEM_ADMINISTRATOR else {404})


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "payload"),
        ({"payload": {}}, "payload.roleId"),
        ({"payload": {"roleId": 7, "subjects": [], "scopes": [at(TENANT)]}}, "payload.subjects"),
        ({"payload": {"roleId": 7, "subjects": [group("g")], "scopes": []}}, "payload.scopes"),
        (payload(VIEWER, [group(), ROBOT], [TENANT]), "payload.subjects[1].subjectType"),
        (payload(VIEWER, [group()], [TENANT, Place("1", "galaxy")]), "payload.scopes[1].scopeType"),
        ({"payload": {"roleId": "7", "subjects": [], "scopes": []}}, "payload.roleId"),
        ({"payload": {"roleId": 7, "subjects": [{"subjectId": "g"}], "scopes": []}}, "payload.subjects[0].subjectType"),
    ],
)  # fmt: skip
def test_a_batch_that_says_nothing_is_refused_by_field(
    admin: httpx.Client, body: dict[str, Any], named: str
) -> None:
    assert message(admin.post(BATCH_CREATE, json=body)).startswith(f"{named}: ")


def test_what_is_wrong_with_one_is_told_of_that_one(admin: httpx.Client, organisation: Organisation) -> None:
    subjects = [
        {"subjectId": "no e-mail", "subjectType": "user"},
        {"subjectId": " ", "subjectType": "group"},
        group(),
    ]
    places = [organisation["a"], Place("1", "system"), Place(organisation["a1"].id, "Project")]
    made, failed = create(admin, payload(VIEWER, subjects, places))
    assert [one["scopeId"] for one in made] == [organisation["a"].id]
    assert [(one["code"], one["message"].partition(":")[0]) for one in failed] == [
        *[(400, "subjectId")] * 6,
        *[(400, "scopeType")] * 2,
    ]
    assert failed[-1]["payload"]["scopeType"] == "project"


def test_what_was_asked_for_comes_back_however_wrong_it_was(
    admin: httpx.Client, organisation: Organisation
) -> None:
    subject = {"subjectId": "x" * 300, "subjectType": "group"}
    made, failed = create(admin, payload(VIEWER, [subject], [organisation["a1"]]))
    assert made == []
    assert [(one["code"], one["payload"]["subjectId"]) for one in failed] == [(400, subject["subjectId"])]


def test_a_batch_has_a_limit(admin: httpx.Client, organisation: Organisation) -> None:
    body = payload(VIEWER, [group() for _ in range(101)], [organisation["a"]] * 100)
    assert "10000" in message(admin.post(BATCH_CREATE, json=body))
    assert "10000" in message(admin.post(BATCH, json={"action": "delete", "ids": list(range(10_001))}))


def test_a_thousand_rules_are_made_and_ended_and_each_is_reported(
    admin: httpx.Client, organisation: Organisation
) -> None:
    subjects = [group() for _ in range(250)]
    places = [organisation[name] for name in ("a", "a1", "a1x", "b1x")]
    before = admin.get(f"{RULES}/count").json()["count"]
    made, failed = create(admin, payload(VIEWER, subjects, places))
    assert (len(made), failed) == (1000, [])
    assert admin.get(f"{RULES}/count").json()["count"] == before + 1000
    ids = [one["id"] for one in made]
    ended, refused = end(admin, [*ids, UNKNOWN])
    assert (ended, refused) == ([str(one) for one in ids], {str(UNKNOWN): 404})
    assert admin.get(f"{RULES}/count").json()["count"] == before


# Ending


@pytest.mark.parametrize(
    "action", ["delete", "validate_delete", "DELETE", "AccessRulesBatchAction.VALIDATE_DELETE"]
)
def test_ids_are_numbers_or_texts_and_come_back_as_texts(
    admin: httpx.Client, organisation: Organisation, action: str
) -> None:
    first, second, third = (rule_for(admin, organisation["a"]) for _ in range(3))
    given = [first, str(second), str(first), third, third]
    answer = admin.post(BATCH, json={"action": action, "ids": given})
    if "." in action:
        assert message(answer).startswith("action: ")
        return
    assert answer.json()["succeeded"] == [str(first), str(second), str(third)]
    assert answer.json()["failed"] == []
    left = 404 if action.lower() == "delete" else 200
    assert {admin.get(f"{RULES}/{one}").status_code for one in (first, second, third)} == {left}


def test_ids_that_no_rule_has_are_reported_as_they_were_given(admin: httpx.Client) -> None:
    given: list[int | str] = [
        UNKNOWN,
        "0",
        "-1",
        -2,
        "seven",
        "",
        "7.5",
        str(2**31),
        2**63,
        str(UUID(int=7)),
        "٣",
    ]
    ended, refused = end(admin, given)
    assert (ended, refused) == ([], dict.fromkeys(map(str, given), 404))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"action": "delete"}, "ids"),
        ({"action": "delete", "ids": []}, "ids"),
        ({"action": "delete", "ids": [True]}, "ids[0]"),
        ({"action": "delete", "ids": [1.5]}, "ids[0]"),
        ({"action": "delete", "ids": [None]}, "ids[0]"),
        ({"action": "delete", "ids": "1"}, "ids"),
        ({"ids": [1]}, "action"),
        ({"action": "erase", "ids": [1]}, "action"),
    ],
)
def test_a_batch_to_end_that_cannot_be_is_refused_by_field(
    admin: httpx.Client, body: dict[str, Any], named: str
) -> None:
    assert message(admin.post(BATCH, json=body)).startswith(f"{named}: ")


@pytest.mark.parametrize("action", ["validate_delete", "delete"])
def test_what_cannot_be_ended_is_told_each_and_stops_nothing(
    admin: httpx.Client, keeper: httpx.Client, organisation: Organisation, action: str
) -> None:
    inside, readable, beside = (rule_for(admin, organisation[place]) for place in ("a1x", "a2", "b1"))
    gone = rule_for(admin, organisation["a1"])
    assert admin.delete(f"{RULES}/{gone}").status_code == 204
    other = rule_for(admin, organisation["a1"])
    ended, refused = end(keeper, [readable, inside, beside, gone, other], action)
    assert ended == [str(inside), str(other)]
    assert refused == {str(readable): 403, str(beside): 404, str(gone): 404}
    left = [admin.get(f"{RULES}/{one}").status_code for one in (inside, other, readable, beside)]
    assert left == ([404, 404, 200, 200] if action == "delete" else [200] * 4)


def test_a_rule_out_of_sight_is_reported_as_one_that_never_was(
    admin: httpx.Client, keeper: httpx.Client, organisation: Organisation
) -> None:
    beside = rule_for(admin, organisation["b1"])
    answer = keeper.post(BATCH, json={"action": "delete", "ids": [beside, UNKNOWN]}).json()
    told = [(one["code"], one["message"]) for one in answer["failed"]]
    assert told == [(404, "Access rule not found.")] * 2


def test_validating_leaves_no_trace(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    account = holders.account(rules=[(VIEWER, *organisation["a1"])])
    caller = holders.as_account(account)
    rule = caller.get("/api/v1/authorization/me/access-rules").json()["accessRules"]["accessRules"][0]
    before = admin.get(f"/api/v1/service-accounts/{account.id}").json()
    entries = admin.get("/api/v1/audit/log", params=ALL_DELETIONS).json()["total"]
    assert end(admin, [rule["id"]], "validate_delete") == ([str(rule["id"])], {})
    assert admin.get("/api/v1/audit/log", params=ALL_DELETIONS).json()["total"] == entries
    assert {**admin.get(f"/api/v1/service-accounts/{account.id}").json(), "lastLogin": ""} == {
        **before,
        "lastLogin": "",
    }
    assert caller.get(f"/api/v1/org-unit/projects/{organisation['a1x'].id}").status_code == 200


ALL_DELETIONS: Final = {
    "start": "2020-01-01T00:00:00Z",
    "end": "2100-01-01T00:00:00Z",
    "numberOfSamples": "1",
    "filterBy": "action==delete",
}


def test_each_ended_rule_has_its_entry_and_is_felt_at_once(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    accounts = [holders.account(rules=[(VIEWER, *organisation["a1"])]) for _ in range(3)]
    callers = [holders.as_account(one) for one in accounts]
    project = f"/api/v1/org-unit/projects/{organisation['a1x'].id}"
    assert [one.get(project).status_code for one in callers] == [200] * 3
    ids = [rule["id"] for one in accounts for rule in rules_of(admin, one)]
    before = admin.get("/api/v1/audit/log", params=ALL_DELETIONS).json()["total"]
    end(admin, ids)
    assert [one.get(project).status_code for one in callers] == [404] * 3
    assert admin.get("/api/v1/audit/log", params=ALL_DELETIONS).json()["total"] == before + 3


def rules_of(admin: httpx.Client, account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get(RULES, params={"subjectIds": account.name}).json()["accessRules"]
    return found


def test_whoever_ends_their_own_right_ends_nothing_after_it(
    admin: httpx.Client, holders: Holders, organisation: Organisation
) -> None:
    """Each is a change of its own, and asks what its actor holds then."""
    account = holders.account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["b2"])])
    own_right = rules_of(admin, account)[0]["id"]
    first, last = rule_for(admin, organisation["b2"]), rule_for(admin, organisation["b2"])
    ended, refused = end(holders.as_account(account), [first, own_right, last])
    assert (ended, refused) == ([str(first), str(own_right)], {str(last): 404})


def test_law_11_of_all_administrators_the_last_one_stays(admin: httpx.Client) -> None:
    own = admin.get("/api/v1/authorization/me/access-rules").json()["accessRules"]["accessRules"][0]["id"]
    email = f"{fresh('second')}@example.org"
    assert admin.post("/api/v1/users", json={"email": email}).status_code == 201
    second = rule_for(admin, TENANT, SYSTEM_ADMINISTRATOR, {"subjectId": email, "subjectType": "user"})
    assert end(admin, [second, own]) == ([str(second)], {str(own): 409})
    assert admin.get(f"{RULES}/{own}").status_code == 200


# Rules that are gone


@pytest.fixture(scope="module")
def deleted(admin: httpx.Client, organisation: Organisation) -> dict[str, int]:
    """In department a2: `gone` and `here`; in b1 `beside`, which is gone too. All of subjects called history-…"""
    numbers = itertools.count()
    rules = {
        name: rule_for(admin, organisation[place], subject=group(f"history-{next(numbers)}"))
        for name, place in (("gone", "a2x"), ("here", "a2"), ("beside", "b1"))
    }
    for name in ("gone", "beside"):
        assert admin.delete(f"{RULES}/{rules[name]}").status_code == 204
    return rules


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["here"]),
        ("includeDeleted=false", ["here"]),
        ("includeDeleted=true", ["gone", "here", "beside"]),
        ("includeDeleted=True&sortBy=deletedAt", ["here", "gone", "beside"]),
        ("includeDeleted=true&filterBy=phase==Deleting", ["gone", "beside"]),
        ("includeDeleted=true&filterBy=phase==Ready", ["here"]),
        ("filterBy=phase==Deleting", []),
        ("includeDeleted=true&filterBy=deletedAt>=2020-01-01", ["gone", "beside"]),
        ("includeDeleted=true&filterBy=deletedAt<=2020-01-01", []),
        ("includeDeleted=true&limit=1&offset=1", ["here"]),
    ],
)
def test_deleted_rules_are_listed_for_who_asks(
    admin: httpx.Client, deleted: dict[str, int], query: str, found: list[str]
) -> None:
    answer = admin.get(f"{RULES}?subjectIdFilter=history-&{query}").json()
    assert [one["id"] for one in answer["accessRules"]] == [deleted[name] for name in found]
    if "limit" not in query:
        assert answer["totalRecords"] == len(found)
        count = admin.get(f"{RULES}/count?subjectIdFilter=history-&{query}").json()["count"]
        assert count == len(found)


def test_a_deleted_rule_says_when_it_ended(admin: httpx.Client, deleted: dict[str, int]) -> None:
    listed = admin.get(RULES, params={"subjectIdFilter": "history-", "includeDeleted": "true"}).json()
    rules = {one["id"]: one for one in listed["accessRules"]}
    gone, here = rules[deleted["gone"]], rules[deleted["here"]]
    require_of_contract("AccessRule", gone)
    assert gone["status"]["phase"] == "Deleting"
    assert gone["createdAt"] <= gone["deletedAt"] == gone["updatedAt"]
    assert (here["status"]["phase"], "deletedAt" in here) == ("Ready", False)


def test_deleted_rules_are_seen_where_living_ones_are(keeper: httpx.Client, deleted: dict[str, int]) -> None:
    query = {"subjectIdFilter": "history-", "includeDeleted": "true"}
    answer = keeper.get(RULES, params=query).json()
    assert [one["id"] for one in answer["accessRules"]] == [deleted["gone"], deleted["here"]]
    assert answer["totalRecords"] == keeper.get(f"{RULES}/count", params=query).json()["count"] == 2


def test_a_deleted_rule_is_not_there_by_its_id_nor_among_ones_own(
    admin: httpx.Client, holders: Holders, deleted: dict[str, int], organisation: Organisation
) -> None:
    assert admin.get(f"{RULES}/{deleted['gone']}").status_code == 404
    assert admin.delete(f"{RULES}/{deleted['gone']}").status_code == 404
    account = holders.account(rules=[(VIEWER, *organisation["a1"])])
    caller = holders.as_account(account)
    end(admin, [one["id"] for one in rules_of(admin, account)])
    own = caller.get("/api/v1/authorization/me/access-rules", params={"includeDeleted": "true"}).json()
    assert own["accessRules"]["totalRecords"] == 0


def test_a_rule_that_was_ended_can_be_made_again(admin: httpx.Client, organisation: Organisation) -> None:
    subject = group()
    ids = []
    for _ in range(3):
        ids.append(rule_for(admin, organisation["a"], subject=subject))
        assert end(admin, ids[-1:]) == ([str(ids[-1])], {})
    query = {"subjectIds": subject["subjectId"], "includeDeleted": "true"}
    assert [one["id"] for one in admin.get(RULES, params=query).json()["accessRules"]] == ids


def test_what_was_given_by_a_role_that_is_gone_is_still_told_by_its_name(
    admin: httpx.Client, organisation: Organisation
) -> None:
    name, subject = fresh("Carpenter"), group()
    body = {"name": name, "description": "", "permissions": letters("r workspaces")}
    role = admin.post(ROLES, json=body).json()["id"]
    end(admin, [rule_for(admin, organisation["a"], role, subject)])
    assert admin.delete(f"{ROLES}/{role}").status_code == 204
    query = {"subjectIds": subject["subjectId"], "includeDeleted": "true"}
    by_role = query | {"filterBy": f"roleName=={name}", "sortBy": "roleName"}
    for asked in (query, by_role):
        assert [one["roleName"] for one in admin.get(RULES, params=asked).json()["accessRules"]] == [name]


@pytest.mark.parametrize("value", ["yes", "1", ""])
def test_whether_to_include_deleted_ones_is_true_or_false(admin: httpx.Client, value: str) -> None:
    answer = admin.get(RULES, params={"includeDeleted": value})
    assert message(answer).startswith("includeDeleted: ")

"""The list of access rules says what a plain model says of the same rules; on each engine, by each of its ways."""

import random
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx
import pytest

from keystead.kit.clock import parse_utc
from keystead.kit.text import fold
from tests.api.engines import inside
from tests.inside import TOKEN, Inside

__all__ = ["inside"]

RULES = "/api/v1/authorization/access-rules"
ACCOUNTS = "/api/v1/service-accounts"
RESEARCHER, VIEWER, DEPARTMENT_ADMINISTRATOR = 5, 7, 1710
LEVELS = {"tenant": 0, "cluster": 1, "department": 2, "project": 3}
Row = dict[str, Any]


async def made(client: httpx.AsyncClient, path: str, body: object) -> Row:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: Row = answer.json()
    return found


@pytest.fixture
async def places(inside: Inside) -> dict[str, tuple[str, str]]:
    """Two clusters, a department in each, two projects in each of those: id and level by name."""
    found = {"keystead": ("1", "tenant")}
    async with await inside.admin() as admin:
        for cluster in ("Alpha", "straße"):
            at_cluster = (await made(admin, "/api/v1/clusters", {"name": cluster}))["uuid"]
            found[cluster] = (at_cluster, "cluster")
            body = {"name": f"{cluster} ops", "clusterId": at_cluster, "resources": []}
            department = (await made(admin, "/api/v1/org-unit/departments", body))["id"]
            found[f"{cluster} ops"] = (department, "department")
            for project in ("x", "100%"):
                body = {
                    "name": f"{cluster} {project}",
                    "clusterId": at_cluster,
                    "parentId": department,
                    "resources": [],
                }
                made_project = await made(admin, "/api/v1/org-unit/projects", body)
                found[f"{cluster} {project}"] = (made_project["id"], "project")
    return found


async def give(
    client: httpx.AsyncClient, subject: tuple[str, str], role: int, place: tuple[str, str]
) -> None:
    body = {
        "subjectId": subject[0],
        "subjectType": subject[1],
        "roleId": role,
        "scopeId": place[0],
        "scopeType": place[1],
    }
    await made(client, RULES, body)


@pytest.fixture
async def reader(
    inside: Inside, places: dict[str, tuple[str, str]]
) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """The administrator, and somebody who sees the rules of one department; each has made rules of all sorts there."""
    chance = random.Random(3)
    async with await inside.admin() as admin:
        manager = ("administers-alpha", "service-account")
        account = await made(admin, ACCOUNTS, {"name": manager[0]})
        await give(admin, manager, DEPARTMENT_ADMINISTRATOR, places["Alpha ops"])
        subjects = [("researchers", "group"), ("Émile_Ops", "group"), ("dana@example.com", "user")]
        for number, team in enumerate(("ci", "etl", "argo") * 3):
            subjects.append((f"{team}-pipeline-{number}", "service-account"))
            await made(admin, ACCOUNTS, {"name": subjects[-1][0]})
        wishes = [
            (subject, role, place)
            for subject in subjects
            for role in (RESEARCHER, VIEWER, 9)
            for place in places.values()
        ]
        for subject, role, place in chance.sample(wishes, 90):
            inside.clock.pass_seconds(chance.choice([0, 0, 20]))
            await give(admin, subject, role, place)
        form = {
            "grant_type": "client_credentials",
            "client_id": manager[0],
            "client_secret": account["clientSecret"],
        }
        token = (await inside.anonymous.post(TOKEN, data=form)).json()["access_token"]
        async with inside.bearing(token) as client:
            for name in ("Alpha ops", "Alpha x", "Alpha 100%"):
                await give(client, (f"group-of-{name}", "group"), VIEWER, places[name])
            yield admin, client


# The model: what the answers themselves show, filtered in Python

Test = Callable[[Row], bool]


def text(field: str, test: Callable[[str], bool]) -> Test:
    return lambda row: test(fold(row[field]))


def asked(places: dict[str, tuple[str, str]], rows: list[Row]) -> Mapping[str, Test]:
    alpha, x = places["Alpha"][0], places["Alpha x"][0]
    middle = rows[len(rows) // 2]["createdAt"]
    return {
        "subjectId==CI-pipeline-0": text("subjectId", lambda value: value == "ci-pipeline-0"),
        "subjectId!=ci-pipeline-0": text("subjectId", lambda value: value != "ci-pipeline-0"),
        "subjectId=@pipeline": text("subjectId", lambda value: "pipeline" in value),
        "subjectId!@pipeline": text("subjectId", lambda value: "pipeline" not in value),
        "subjectId=^ÉMILE_": text("subjectId", lambda value: value.startswith(fold("émile_"))),
        "subjectId=$-1": text("subjectId", lambda value: value.endswith("-1")),
        "subjectId=|researchers|ci-pipeline-0|x": text(
            "subjectId", lambda value: value in ("researchers", "ci-pipeline-0")
        ),
        "subjectId!|researchers|x": text("subjectId", lambda value: value != "researchers"),
        "subjectType==app": lambda row: row["subjectType"] == "service-account",
        "subjectType=|user|group": lambda row: row["subjectType"] in ("user", "group"),
        "subjectType!|user|group": lambda row: row["subjectType"] == "service-account",
        "roleId==5": lambda row: row["roleId"] == 5,
        "roleId>=9": lambda row: row["roleId"] >= 9,
        "roleId=|5|7": lambda row: row["roleId"] in (5, 7),
        "roleId!|5|7": lambda row: row["roleId"] not in (5, 7),
        "roleName==VIEWER": text("roleName", lambda value: value == "viewer"),
        "roleName=|viewer|L1 Researcher": text(
            "roleName", lambda value: value in ("viewer", "l1 researcher")
        ),
        "roleName!@researcher": text("roleName", lambda value: "researcher" not in value),
        "roleName=@nothing": lambda _: False,
        f"scopeId=={x}": lambda row: row["scopeId"] == x,
        f"scopeId=|{x}|{alpha}|no": lambda row: row["scopeId"] in (x, alpha),
        f"scopeId!={x}": lambda row: row["scopeId"] != x,
        "scopeType==project": lambda row: row["scopeType"] == "project",
        "scopeType=|tenant|cluster": lambda row: row["scopeType"] in ("tenant", "cluster"),
        "scopeType!=project": lambda row: row["scopeType"] != "project",
        "scopeName=^STRASSE": text("scopeName", lambda value: value.startswith("strasse")),
        "scopeName=$100%": text("scopeName", lambda value: value.endswith("100%")),
        "scopeName!|alpha x|nowhere": text("scopeName", lambda value: value != "alpha x"),
        "scopeName!@alpha": text("scopeName", lambda value: "alpha" not in value),
        "createdBy==administers-alpha": lambda row: row["createdBy"] == "administers-alpha",
        "createdBy=|ADMIN@keystead.local|x": lambda row: row["createdBy"] == "admin@keystead.local",
        "createdBy!=admin@keystead.local": lambda row: row["createdBy"] != "admin@keystead.local",
        f"createdAt>={middle}": lambda row: row["createdAt"] >= middle,
        f"createdAt<={middle}": lambda row: row["createdAt"] <= middle,
        "deletedAt==never": lambda row: "deletedAt" not in row,
        "phase==Ready": lambda row: row["status"]["phase"] == "Ready",
    }


SORT_KEYS: Mapping[str, Callable[[Row], Any]] = {
    "createdAt": lambda row: row["createdAt"],
    "subjectId": lambda row: fold(row["subjectId"]),
    "subjectType": lambda row: row["subjectType"],
    "roleId": lambda row: row["roleId"],
    "roleName": lambda row: fold(row["roleName"]),
    "scopeId": lambda row: row["scopeId"],
    "scopeType": lambda row: LEVELS[row["scopeType"]],
    "scopeName": lambda row: fold(row["scopeName"]),
    "createdBy": lambda row: fold(row["createdBy"]),
}


def found_by(term: str) -> Test:
    fields = ("subjectId", "roleName", "scopeName")
    return lambda row: any(fold(term) in fold(row[field]) for field in fields)


def ordered(rows: list[Row], field: str, descending: bool) -> list[Row]:
    return sorted(rows, key=lambda row: (SORT_KEYS[field](row), row["id"]), reverse=descending)


async def page(client: httpx.AsyncClient, **parameters: object) -> dict[str, Any]:
    answer = await client.get(RULES, params={name: str(value) for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["displayRecords"] == len(found["accessRules"])
    return found


async def assert_agrees(client: httpx.AsyncClient, expected: list[Row], **parameters: object) -> None:
    limit = 20
    for offset in (0, limit, len(expected), len(expected) + 1):
        found = await page(client, limit=limit, offset=offset, **parameters)
        shown = [row["id"] for row in found["accessRules"]]
        assert shown == [row["id"] for row in expected[offset : offset + limit]], (parameters, offset)
        assert found["totalRecords"] == len(expected), (parameters, offset)
    counted = await client.get(
        f"{RULES}/count", params={name: str(value) for name, value in parameters.items()}
    )
    assert counted.json() == {"count": len(expected)}


@pytest.mark.parametrize("few", [None, 0, 12])
async def test_every_filter_search_and_order_finds_what_the_model_finds(
    inside: Inside,
    reader: tuple[httpx.AsyncClient, httpx.AsyncClient],
    places: dict[str, tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    few: int | None,
) -> None:
    """Whatever number of rules is taken for few."""
    if few is not None:
        monkeypatch.setattr("keystead.access_rules.selection.FEW", few)
    chance = random.Random(few)
    for client in reader:
        rows = (await page(client, limit=500))["accessRules"]
        assert len(rows) > 10
        known = asked(places, rows)
        for written, test in known.items():
            await assert_agrees(client, [row for row in rows if test(row)], filterBy=written)
        for field in SORT_KEYS:
            for order in ("asc", "desc"):
                expected = ordered(rows, field, order == "desc")
                await assert_agrees(client, expected, sortBy=field, sortOrder=order)
        for term in ("pipeline", "VIEWER", "strasse", "100%", "_", "nothing"):
            await assert_agrees(client, [row for row in rows if found_by(term)(row)], search=term)
        for _ in range(12):
            chosen = chance.sample(list(known), 2)
            term, field = chance.choice(["pipeline", "alpha", "viewer"]), chance.choice(list(SORT_KEYS))
            tests = [*(known[written] for written in chosen), found_by(term)]
            expected = [row for row in rows if all(test(row) for test in tests)]
            await assert_agrees(
                client,
                ordered(expected, field, True),
                filterBy=",".join(chosen),
                search=term,
                sortBy=field,
                sortOrder="desc",
            )


async def test_the_older_parameters_find_what_the_model_finds(
    inside: Inside,
    reader: tuple[httpx.AsyncClient, httpx.AsyncClient],
    places: dict[str, tuple[str, str]],
) -> None:
    admin, _ = reader
    rows = (await page(admin, limit=500))["accessRules"]
    alpha, ops = places["Alpha"][0], places["Alpha ops"][0]
    middle = rows[len(rows) // 2]["updatedAt"]
    for parameters, test in (
        ({"subjectType": "app"}, lambda row: row["subjectType"] == "service-account"),
        (
            {"subjectIds": "researchers,ci-pipeline-0"},
            lambda row: row["subjectId"] in ("researchers", "ci-pipeline-0"),
        ),
        ({"subjectId": "researchers"}, lambda row: row["subjectId"] == "researchers"),
        ({"subjectIdFilter": "PIPELINE"}, lambda row: "pipeline" in row["subjectId"]),
        ({"roleId": 5}, lambda row: row["roleId"] == 5),
        ({"scopeType": "department"}, lambda row: row["scopeType"] == "department"),
        ({"scopeId": ops}, lambda row: row["scopeId"] == ops),
        ({"clusterId": alpha}, lambda row: row.get("clusterId") == alpha),
        ({"clusterId": ops}, lambda _: False),
        ({"lastUpdated": middle}, lambda row: parse_utc("", row["updatedAt"]) >= parse_utc("", middle)),
    ):
        await assert_agrees(admin, [row for row in rows if test(row)], **parameters)


async def test_ended_rules_are_shown_to_who_asks_for_them_also_by_the_names_of_places_that_are_gone(
    inside: Inside,
    reader: tuple[httpx.AsyncClient, httpx.AsyncClient],
    places: dict[str, tuple[str, str]],
) -> None:
    admin, _ = reader
    before = (await page(admin, limit=500))["accessRules"]
    gone = places["Alpha x"][0]
    answer = await admin.delete(f"/api/v1/org-unit/projects/{gone}", params={"cascade": "true"})
    assert answer.status_code == 204, answer.text
    after = (await page(admin, limit=500))["accessRules"]
    assert [row["id"] for row in after] == [row["id"] for row in before if row["scopeId"] != gone]
    rows = (await page(admin, limit=500, includeDeleted="true"))["accessRules"]
    assert [row["id"] for row in rows] == [row["id"] for row in before]
    ended = {"includeDeleted": "true"}
    for written, test in asked(places, rows).items():
        await assert_agrees(admin, [row for row in rows if test(row)], filterBy=written, **ended)
    await assert_agrees(
        admin, [row for row in rows if "deletedAt" in row], filterBy="deletedAt!=never", **ended
    )
    await assert_agrees(
        admin, [row for row in rows if "deletedAt" in row], filterBy="phase==Deleting", **ended
    )
    for field in ("subjectId", "roleName", "scopeType", "createdBy"):
        await assert_agrees(admin, ordered(rows, field, False), sortBy=field, **ended)

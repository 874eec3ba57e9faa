"""The list of accounts at ten thousand: what it costs, and that it says what a plain model says."""

import csv
import io
import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from keystead.authz.tree import Range, reach
from keystead.authz.visibility import EVERYTHING
from keystead.kit.clock import SECOND, format_utc
from keystead.kit.text import fold
from keystead.service_accounts.model import FIELDS
from tests.api.crowd import NUMBER, ROLES, Account, Crowd, add_plain_accounts, fill, make_crowd
from tests.inside import Inside, Read, running_inside
from tests.postgres import PostgresServer
from tests.store.plans import plan_on_sqlite

LIST = "/api/v1/service-accounts"
PAGE = 50
RULES_SHOWN = 5
DEPARTMENT_ADMINISTRATOR = 1710
DAY = 86_400 * SECOND


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return make_crowd(tmp_path_factory.mktemp("crowd"))


@pytest.fixture
async def inside(crowd: Crowd, tmp_path: Path) -> AsyncIterator[Inside]:
    async with running_inside(tmp_path, migrated=crowd.database) as started:
        yield started


@pytest.fixture
async def admin(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    async with await inside.admin() as client:
        yield client


@dataclass
class Viewer:
    """Somebody who reads accounts and rules in these places, and the model of what they should be told."""

    client: httpx.AsyncClient
    accounts: list[Account]
    ranges: tuple[Range, ...]

    def rules(self, account: Account) -> list[tuple[str, str]]:
        return [(fold(rule.role), fold(rule.scope.name)) for rule in account.rules_within(self.ranges)]

    def rule_texts(self, account: Account) -> set[str]:
        return {text for rule in self.rules(account) for text in rule}


@pytest.fixture
async def everything(admin: httpx.AsyncClient, crowd: Crowd) -> Viewer:
    return Viewer(admin, crowd.accounts, EVERYTHING.ranges)


@pytest.fixture
async def two_places(inside: Inside, admin: httpx.AsyncClient, crowd: Crowd) -> AsyncIterator[Viewer]:
    """A person who administers a department, and a project of another cluster."""
    places = [crowd.scopes["Alpha Research"], crowd.scopes["straße Ops 100%"]]
    created = (await admin.post("/api/v1/users", json={"email": "dana@example.org"})).json()
    for place in places:
        wish = {
            "subjectId": "dana@example.org",
            "subjectType": "user",
            "roleId": DEPARTMENT_ADMINISTRATOR,
            "scopeId": place.id,
            "scopeType": place.level.word,
        }
        assert (await admin.post("/api/v1/authorization/access-rules", json=wish)).status_code == 201
    temporary = await inside.sign_in("dana@example.org", created["tempPassword"])
    async with inside.bearing(temporary["access_token"]) as client:
        passwords = {"currentPassword": created["tempPassword"], "newPassword": "a password of Dana's"}
        assert (await client.post("/api/v1/me/password", json=passwords)).status_code == 200
    session = await inside.sign_in("dana@example.org", "a password of Dana's")
    ranges = tuple(reach(place.code) for place in places)
    seen = [one for one in crowd.accounts if any(low <= one.home.code <= high for low, high in ranges)]
    async with inside.bearing(session["access_token"]) as client:
        yield Viewer(client, seen, ranges)


# The model: a plain list, and plain functions over it

Wanted = Callable[[Viewer, Account], bool]
SortKey = Callable[[Viewer, Account], Any]

SORT_KEYS: Mapping[str, SortKey] = {
    "name": lambda _, one: one.name,
    "clientId": lambda _, one: one.name,
    "accessRules": lambda viewer, one: len(viewer.rules(one)),
    "lastLogin": lambda _, one: -1 if one.last_login is None else one.last_login,
    "createdBy": lambda _, one: fold(one.creator),
    "createdAt": lambda _, one: one.created_at,
    "updatedAt": lambda _, one: one.updated_at,
    "enabled": lambda _, one: one.enabled,
    "accessRuleCount": lambda viewer, one: len(viewer.rules(one)),
    "secretCreatedAt": lambda _, one: -1 if one.secret_created_at is None else one.secret_created_at,
    "secretExpiresAt": lambda _, one: -1 if one.secret_expires_at is None else one.secret_expires_at,
}


def ordered(viewer: Viewer, accounts: Iterable[Account], field: str, descending: bool) -> list[Account]:
    key = SORT_KEYS[field]
    return sorted(accounts, key=lambda one: (key(viewer, one), one.pk), reverse=descending)


def text(get: Callable[[Account], str], test: Callable[[str], bool]) -> Wanted:
    return lambda _, one: test(fold(get(one)))


def some_rule(test: Callable[[str], bool]) -> Wanted:
    return lambda viewer, one: any(test(text) for text in viewer.rule_texts(one))


def has_role(*roles: int) -> Wanted:
    names = {fold(ROLES[role]) for role in roles if role in ROLES}
    return lambda viewer, one: any(role in names for role, _ in viewer.rules(one))


def has_rule_in(*ranges: Range) -> Wanted:
    return lambda viewer, one: any(
        low <= rule.scope.code <= high for rule in one.rules_within(viewer.ranges) for low, high in ranges
    )


def lives_in(*ranges: Range) -> Wanted:
    return lambda _, one: any(low <= one.home.code <= high for low, high in ranges)


def opposite(wanted: Wanted) -> Wanted:
    return lambda viewer, one: not wanted(viewer, one)


def found_by(term: str) -> Wanted:
    folded = fold(term)
    return lambda viewer, one: (
        folded in one.name
        or folded in fold(one.creator)
        or any(folded in text for text in viewer.rule_texts(one))
    )


def moments(crowd: Crowd) -> tuple[int, int]:
    """One of creation, one of a later change."""
    return crowd.accounts[len(crowd.accounts) // 2].created_at, max(one.updated_at for one in crowd.accounts)


def filters(crowd: Crowd) -> dict[str, Wanted]:
    """What can be asked for, by how it is written."""
    created, updated = moments(crowd)
    signed_in = next(one.last_login for one in crowd.accounts if one.last_login is not None)
    some_day = signed_in - signed_in % DAY
    name, creator = (lambda one: one.name), (lambda one: one.creator)
    zoe = text(creator, lambda value: fold("zoë") in value)
    environment = some_rule(lambda value: "environment" in value)
    research, ops = crowd.scopes["Alpha Research"], crowd.scopes["straße Ops"]
    exactly = {place.id: Range(place.code, place.code) for place in (research, ops)}
    first, second = crowd.accounts[3], crowd.accounts[4]
    expires = next(one.secret_expires_at for one in crowd.accounts if one.secret_expires_at is not None)
    day_of_expiry = expires - expires % DAY
    return {
        f"name=|{first.name}|{second.name.upper()}|no|ne": lambda _, one: one is first or one is second,
        f"clientId!|{first.name}|{second.name}": lambda _, one: one is not first and one is not second,
        "createdBy=|BOB@example.org|zoë": text(creator, lambda value: value in ("bob@example.org", "zoë")),
        "accessRules=|Viewer|straße ops x": some_rule(lambda value: value in ("viewer", "strasse ops x")),
        "accessRules!|Viewer|Straße": opposite(some_rule(lambda value: value in ("viewer", "strasse"))),
        "lastLogin==never": lambda _, one: one.last_login is None,
        "lastLogin!=never": lambda _, one: one.last_login is not None,
        "roleId==5": has_role(5),
        "roleId!=5": opposite(has_role(5)),
        "roleId=|5|9|123": has_role(5, 9),
        "roleId!|5|9": opposite(has_role(5, 9)),
        f"scope=={research.id}": has_rule_in(exactly[research.id]),
        f"scope!={research.id}": opposite(has_rule_in(exactly[research.id])),
        f"scope=|{research.id}|{ops.id.upper()}": has_rule_in(*exactly.values()),
        f"scope!|{research.id}|{ops.id}": opposite(has_rule_in(*exactly.values())),
        f"scope=^{research.id}": has_rule_in(research.range),
        "scope=^1": has_rule_in(*EVERYTHING.ranges),
        "scope==nowhere": lambda *_: False,
        "scope!=nowhere": lambda *_: True,
        "scope=^nowhere": lambda *_: False,
        f"scopeId=={research.id}": lives_in(exactly[research.id]),
        f"scopeId!={research.id}": opposite(lives_in(exactly[research.id])),
        f"scopeId=^{research.id}": lives_in(research.range),
        f"scopeId=|{research.id}|{ops.id}": lives_in(*exactly.values()),
        "scopeId!|nowhere|1": opposite(lives_in(Range(0, 0))),
        "accessRuleCount==0": lambda viewer, one: not viewer.rules(one),
        "accessRuleCount>=3": lambda viewer, one: len(viewer.rules(one)) >= 3,
        "accessRuleCount=|1|8": lambda viewer, one: len(viewer.rules(one)) in (1, 8),
        f"id=={first.id.upper()}": lambda _, one: one is first,
        f"id=^{first.id[:2]}": lambda _, one: one.id.startswith(first.id[:2]),
        f"id=|{first.id}|{second.id}": lambda _, one: one is first or one is second,
        "secretCreatedAt==never": lambda _, one: one.secret_created_at is None,
        "secretExpiresAt!=never": lambda _, one: one.secret_expires_at is not None,
        f"secretExpiresAt<={format_utc(day_of_expiry)[:10]}": lambda _, one: (
            one.secret_expires_at is not None and one.secret_expires_at < day_of_expiry + DAY
        ),
        "name=@prod": text(name, lambda value: "prod" in value),
        "name!@PROD": text(name, lambda value: "prod" not in value),
        "name=^team1": text(name, lambda value: value.startswith("team1")),
        "clientId=$7": text(name, lambda value: value.endswith("7")),
        f"name=={crowd.accounts[77].name.upper()}": text(
            name, lambda value: value == crowd.accounts[77].name
        ),
        f"clientId!={crowd.accounts[77].name}": text(name, lambda value: value != crowd.accounts[77].name),
        "name>=team3": text(name, lambda value: value >= "team3"),
        "name=@%": lambda *_: False,
        "name=@m_": lambda *_: False,
        "createdBy==BOB@EXAMPLE.ORG": text(creator, lambda value: value == "bob@example.org"),
        "createdBy=@Zoë": zoe,
        "createdBy!@Zoë": opposite(zoe),
        "accessRules=@environment": environment,
        "accessRules!@environment": opposite(environment),
        "accessRules==STRASSE": some_rule(lambda value: value == fold("straße")),
        "accessRules=$100%": some_rule(lambda value: value.endswith("100%")),
        "accessRules=^Alpha Research": some_rule(lambda value: value.startswith("alpha research")),
        "accessRules!=Viewer": opposite(some_rule(lambda value: value == "viewer")),
        "enabled==true": lambda _, one: one.enabled,
        "enabled!=true": lambda _, one: not one.enabled,
        f"lastLogin=={format_utc(some_day)[:10]}": lambda _, one: (
            one.last_login is not None and some_day <= one.last_login < some_day + DAY
        ),
        f"lastLogin!={format_utc(some_day)[:10]}": lambda _, one: (
            one.last_login is None or not some_day <= one.last_login < some_day + DAY
        ),
        f"lastLogin<={format_utc(signed_in)}": lambda _, one: (
            one.last_login is not None and one.last_login <= signed_in
        ),
        f"createdAt=={format_utc(created)}": lambda _, one: one.created_at == created,
        f"createdAt>={format_utc(created)}": lambda _, one: one.created_at >= created,
        f"updatedAt=={format_utc(updated)}": lambda _, one: one.updated_at == updated,
        f"updatedAt<={format_utc(created)}": lambda _, one: one.updated_at <= created,
    }


SEARCHES = ("team7-", "ZOË", "l1 researcher", "straße ops x", "100%", "_", "nothing that there is")


# Asking


def address(parameters: Mapping[str, object]) -> str:
    return LIST + "?" + "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())


async def ask(viewer: Viewer, **parameters: object) -> httpx.Response:
    answer = await viewer.client.get(address(parameters))
    assert answer.status_code == 200, answer.text
    return answer


def names_of(answer: httpx.Response) -> list[str]:
    return [one["name"] for one in answer.json()]


def assert_total(answer: httpx.Response, number: int) -> None:
    """Exact up to ten thousand, said to be more beyond."""
    exact = number <= 10_000
    assert answer.headers["x-total-count"] == str(number if exact else 10_000)
    assert answer.headers.get("x-total-count-exact") == (None if exact else "false")


async def assert_pages_agree(
    viewer: Viewer, expected: list[Account], offsets: Iterable[int], **parameters: object
) -> None:
    for offset in offsets:
        answer = await ask(viewer, limit=PAGE, offset=offset, **parameters)
        assert names_of(answer) == [one.name for one in expected[offset : offset + PAGE]], (
            parameters,
            offset,
        )
        assert_total(answer, len(expected))


# What a page costs


async def cost_of(inside: Inside, viewer: Viewer, **parameters: object) -> list[Read]:
    """The list's reads; whoever asks is known from a request before."""
    await ask(viewer, limit=1)
    inside.database.reads.clear()
    await ask(viewer, **parameters)
    return inside.database.reads


EXPENSIVE: tuple[dict[str, object], ...] = (
    {},
    {"sortBy": "lastLogin", "sortOrder": "desc"},
    {"sortBy": "accessRules"},
    {"sortBy": "createdBy", "offset": 9_000},
    {"search": "team"},
    {"filterBy": "accessRules=@environment", "sortBy": "updatedAt"},
    {"filterBy": "enabled==true,roleId!=1", "offset": 1_000},
)


@pytest.mark.parametrize("parameters", EXPENSIVE, ids=str)
async def test_a_page_takes_three_statements_and_fetches_no_more_rows_than_it_shows(
    inside: Inside, everything: Viewer, parameters: dict[str, object]
) -> None:
    """With filters or a search one more, before them, that says how many accounts each selects."""
    *before, page, total, rules = await cost_of(inside, everything, limit=PAGE, **parameters)
    assert [choice.rows for choice in before] == [1] * bool({"filterBy", "search"} & parameters.keys())
    assert page.rows <= PAGE
    assert total.rows == 1
    assert rules.rows <= PAGE * RULES_SHOWN


async def test_what_an_index_counts_first_is_counted_once(
    inside: Inside, everything: Viewer, two_places: Viewer
) -> None:
    """A single filter's number, or that of a viewer's own part, is the total."""
    for viewer, parameters in (
        (everything, {"filterBy": "enabled==true", "offset": 5_000}),
        (everything, {"filterBy": "name=^team,name>=team1", "sortBy": "lastLogin"}),
        (two_places, {"sortBy": "name"}),
    ):
        choice, page, rules = await cost_of(inside, viewer, limit=PAGE, **parameters)
        assert (choice.rows, page.rows) == (1, PAGE)
        assert rules.rows <= PAGE * RULES_SHOWN


async def test_the_last_page_tells_the_total_itself(inside: Inside, everything: Viewer) -> None:
    parameters = {"filterBy": "name=^team1-prod-1", "limit": PAGE}
    choice, page, rules = await cost_of(inside, everything, **parameters)
    assert (choice.rows, 0 < page.rows < PAGE) == (1, True)
    assert rules.rows <= PAGE * RULES_SHOWN


async def test_a_page_costs_a_viewer_of_two_places_no_more(inside: Inside, two_places: Viewer) -> None:
    reads = await cost_of(inside, two_places, limit=PAGE, sortBy="accessRules", search="team")
    assert len(reads) <= 4
    assert max(read.rows for read in reads[:3]) <= PAGE


async def test_one_account_takes_two_statements_beside_its_own(
    inside: Inside, everything: Viewer, crowd: Crowd
) -> None:
    [one] = (await ask(everything, filterBy=f"name=={crowd.accounts[5].name}")).json()
    inside.database.reads.clear()
    assert (await everything.client.get(f"{LIST}/{one['id']}")).json() == one
    assert [read.rows for read in inside.database.reads] == [1, len(one["accessRules"])]


async def test_the_whole_array_is_read_two_hundred_rows_at_a_time(inside: Inside, everything: Viewer) -> None:
    reads = await cost_of(inside, everything)
    assert [read.rows for read in reads if read.rows == NUMBER] == [NUMBER]  # its keys, in order
    assert max(read.rows for read in reads if read.rows != NUMBER) <= 200 * RULES_SHOWN
    assert len(reads) == 2 + 2 * -(-NUMBER // 200)


async def test_a_file_is_read_in_the_same_way(inside: Inside, everything: Viewer) -> None:
    await ask(everything, limit=1)  # who asks is known
    inside.database.reads.clear()
    answer = await everything.client.get(LIST, headers={"Accept": "text/csv"})
    assert answer.text.count("\r\n") == 1 + NUMBER
    assert len(inside.database.reads) == 2 + 2 * -(-NUMBER // 200)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", [field for field in FIELDS.sortable if field != "createdBy"])
async def test_an_index_gives_the_order_of_a_page(
    inside: Inside, everything: Viewer, tmp_path: Path, field: str, descending: bool
) -> None:
    """A creator's name is not in the account's row: that one order is made by sorting keys."""
    order = "desc" if descending else "asc"
    page, *_ = await cost_of(inside, everything, limit=PAGE, sortBy=field, sortOrder=order)
    plan = plan_on_sqlite(tmp_path / "keystead.db", page.statement)
    outer = next(place for place, line in enumerate(plan) if line.startswith("SCAN page"))
    keys = plan[1:outer]
    assert not any("TEMP B-TREE" in line for line in keys), plan
    assert all("USING COVERING INDEX" in line for line in keys if line.startswith("SCAN")), plan
    # Then every table once, by key, for the page alone.
    assert sum("SEARCH" in line for line in plan[outer:]) == 4, plan


async def test_a_viewer_of_few_accounts_is_served_by_the_index_on_homes(
    inside: Inside, two_places: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keystead.service_accounts.selection.FEW", len(two_places.accounts))
    _choice, page, *_ = await cost_of(inside, two_places, limit=PAGE)
    plan = plan_on_sqlite(tmp_path / "keystead.db", page.statement)
    assert any("account_home" in line for line in plan), plan
    assert not any(line.startswith("SCAN account") for line in plan), plan


# What it says


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", FIELDS.sortable)
async def test_pages_are_in_the_order_of_the_model_and_ties_in_that_of_creation(
    everything: Viewer, crowd: Crowd, field: str, descending: bool
) -> None:
    expected = ordered(everything, crowd.accounts, field, descending)
    order = "desc" if descending else "asc"
    offsets = (0, 1, 333, 5_000, NUMBER - PAGE, NUMBER - 1, NUMBER, NUMBER + 1)
    await assert_pages_agree(everything, expected, offsets, sortBy=field, sortOrder=order)


async def test_the_list_s_own_order_is_that_of_creation(everything: Viewer, crowd: Crowd) -> None:
    await assert_pages_agree(everything, crowd.accounts, (0, 9_990))
    await assert_pages_agree(everything, crowd.accounts[::-1], (0, 9_990), sortOrder="desc")


async def test_every_filter_finds_what_the_model_finds(everything: Viewer, crowd: Crowd) -> None:
    for written, wanted in filters(crowd).items():
        expected = [one for one in crowd.accounts if wanted(everything, one)]
        await assert_pages_agree(everything, expected, (0, len(expected) // 2), filterBy=written)


async def test_every_search_finds_what_the_model_finds(everything: Viewer, crowd: Crowd) -> None:
    for term in SEARCHES:
        expected = [one for one in crowd.accounts if found_by(term)(everything, one)]
        await assert_pages_agree(everything, expected, (0, len(expected) // 2), search=term)


@pytest.mark.parametrize("bound", [None, 0, 300, NUMBER])
async def test_filters_searches_and_orders_hold_together(
    everything: Viewer, crowd: Crowd, monkeypatch: pytest.MonkeyPatch, bound: int | None
) -> None:
    """Whatever is taken for few accounts, or for some."""
    if bound is not None:
        monkeypatch.setattr("keystead.service_accounts.selection.FEW", bound)
        monkeypatch.setattr("keystead.service_accounts.selection.SOME", 2 * bound)
    await assert_mixtures_agree(everything, crowd)


@pytest.mark.parametrize("bound", [None, 0, 60])
async def test_postgresql_finds_and_sorts_as_the_model_does(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: int | None
) -> None:
    """Of fewer accounts, by every filter, search and order, and whatever is taken for few accounts."""
    if bound is not None:
        monkeypatch.setattr("keystead.service_accounts.selection.FEW", bound)
        monkeypatch.setattr("keystead.service_accounts.selection.SOME", 2 * bound)
    settings = {"KEYSTEAD_DATABASE_URL": postgres.dsn(postgres.create_database())}
    async with running_inside(tmp_path, settings=settings) as inside:
        crowd = Crowd(tmp_path, *await fill(inside, 300))
        async with await inside.admin() as admin:
            viewer = Viewer(admin, crowd.accounts, EVERYTHING.ranges)
            for written, wanted in filters(crowd).items():
                expected = [one for one in crowd.accounts if wanted(viewer, one)]
                await assert_pages_agree(viewer, expected, (0,), filterBy=written)
            for term in SEARCHES:
                expected = [one for one in crowd.accounts if found_by(term)(viewer, one)]
                await assert_pages_agree(viewer, expected, (0,), search=term)
            for field in FIELDS.sortable:
                for order in ("asc", "desc"):
                    expected = ordered(viewer, crowd.accounts, field, order == "desc")
                    await assert_pages_agree(viewer, expected, (0, 130), sortBy=field, sortOrder=order)
            await assert_mixtures_agree(viewer, crowd)


async def test_a_viewer_of_two_places_finds_and_sorts_by_what_lies_there_alone(
    two_places: Viewer, crowd: Crowd
) -> None:
    assert 0 < len(two_places.accounts) < NUMBER // 2
    hidden = [one for one in two_places.accounts if len(two_places.rules(one)) < len(one.rules)]
    assert hidden
    for field in FIELDS.sortable:
        expected = ordered(two_places, two_places.accounts, field, True)
        await assert_pages_agree(two_places, expected, (0, 400), sortBy=field, sortOrder="desc")
    for term in SEARCHES:
        expected = [one for one in two_places.accounts if found_by(term)(two_places, one)]
        await assert_pages_agree(two_places, expected, (0,), search=term)
    await assert_mixtures_agree(two_places, crowd)


async def assert_mixtures_agree(viewer: Viewer, crowd: Crowd) -> None:
    chance = random.Random(7)
    known = filters(crowd)
    for _ in range(40):
        chosen = chance.sample(list(known), chance.choice([1, 2, 3]))
        term = chance.choice([None, *SEARCHES])
        field, descending = chance.choice(FIELDS.sortable), chance.random() < 0.5
        wanted = [known[written] for written in chosen] + ([found_by(term)] if term else [])
        found = [one for one in viewer.accounts if all(test(viewer, one) for test in wanted)]
        parameters: dict[str, object] = {
            "filterBy": ",".join(chosen),
            "sortBy": field,
            "sortOrder": "desc" if descending else "asc",
        }
        if term:
            parameters["search"] = term
        expected = ordered(viewer, found, field, descending)
        await assert_pages_agree(viewer, expected, (0, len(expected) // 2), **parameters)


async def test_a_row_says_what_the_model_says(two_places: Viewer, crowd: Crowd) -> None:
    rows = (await ask(two_places, limit=500)).json()
    for one, row in zip(two_places.accounts, rows, strict=False):
        shown = {
            "name": one.name,
            "clientId": one.name,
            "createdBy": one.creator,
            "createdAt": format_utc(one.created_at),
            "updatedAt": format_utc(one.updated_at),
            "lastLogin": None if one.last_login is None else format_utc(one.last_login),
            "enabled": one.enabled,
            "scopeId": one.home.id,
            "scopeType": one.home.level.word,
            "scopeName": one.home.name,
            "accessRuleCount": len(one.rules_within(two_places.ranges)),
        }
        assert {name: row[name] for name in shown} == shown
        rules = sorted(one.rules_within(two_places.ranges), key=lambda rule: rule.scope.level)
        assert [(rule["roleName"], rule["scopeName"]) for rule in row["accessRules"]] == [
            (rule.role, rule.scope.name) for rule in rules[:RULES_SHOWN]
        ]


async def test_the_total_beyond_ten_thousand_is_exact_when_asked_for(everything: Viewer) -> None:
    assert_total(await ask(everything, limit=1), NUMBER)
    answer = await ask(everything, limit=1, total="exact")
    assert answer.headers["x-total-count"] == str(NUMBER)
    assert "x-total-count-exact" not in answer.headers


async def test_without_a_limit_the_array_is_complete_and_in_order(everything: Viewer, crowd: Crowd) -> None:
    answer = await ask(everything, sortBy="updatedAt", sortOrder="desc")
    assert "content-length" not in answer.headers
    assert names_of(answer) == [one.name for one in ordered(everything, crowd.accounts, "updatedAt", True)]
    rest = await ask(everything, offset=NUMBER - 3)
    assert names_of(rest) == [one.name for one in crowd.accounts[-3:]]
    assert (await ask(everything, offset=NUMBER)).json() == []


async def test_a_file_has_the_rows_of_the_list_in_its_order(two_places: Viewer) -> None:
    expected = ordered(two_places, two_places.accounts, "lastLogin", True)
    answer = await two_places.client.get(
        address({"sortBy": "lastLogin", "sortOrder": "desc"}), headers={"Accept": "text/csv"}
    )
    assert answer.headers["x-total-count"] == str(len(expected))
    assert "x-truncated-at" not in answer.headers
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["Service account"] for row in rows] == [one.name for one in expected]
    assert [row["Last login"] for row in rows] == [
        "" if one.last_login is None else format_utc(one.last_login) for one in expected
    ]


async def test_a_file_s_total_is_exact(everything: Viewer) -> None:
    answer = await everything.client.get(address({"limit": 1}), headers={"Accept": "text/csv"})
    assert answer.headers["x-total-count"] == str(NUMBER)
    assert len(answer.text.splitlines()) == 2


async def test_a_file_is_cut_at_twenty_thousand_rows_and_says_so(tmp_path: Path) -> None:
    async with running_inside(tmp_path) as inside, await inside.admin() as admin:
        await add_plain_accounts(inside, 20_001)
        answer = await admin.get(LIST, headers={"Accept": "text/csv"})
        assert answer.headers["x-total-count"] == "20001"
        assert answer.headers["x-truncated-at"] == "20000"
        rows = answer.text.splitlines()
        assert len(rows) == 1 + 20_000
        assert (rows[1].split(",")[0], rows[-1].split(",")[0]) == ("plain-1", "plain-20000")
        for whole in ({"offset": 1}, {"filterBy": "name!=plain-1"}, {"limit": 500}):
            answer = await admin.get(address(whole), headers={"Accept": "text/csv"})
            assert "x-truncated-at" not in answer.headers

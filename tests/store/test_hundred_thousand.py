"""A hundred thousand accounts and their rules: how SQLite would run what tables in a browser ask.

Plans, not clocks: whatever is asked, a page comes along an index, and no more is read than the page shows. With the
figures that ANALYZE gathers and, as the product leaves a file, without.
"""

import shutil
import sqlite3
from array import array
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from keystead.access_rules.listing import RuleListing
from keystead.access_rules.model import FIELDS as RULE_FIELDS
from keystead.access_rules.selection import Wanted
from keystead.authz.tree import reach
from keystead.authz.visibility import EVERYTHING, Visibility
from keystead.db.connection import NO_PARAMETERS, Parameters, Row, Statement
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.clock import SystemClock
from keystead.kit.query import Fields, Page, Query, Sort
from keystead.kit.query_language import parse_filters
from keystead.roles.model import RoleTable
from keystead.service_accounts.listing import AccountListing
from keystead.service_accounts.model import FIELDS as ACCOUNT_FIELDS
from keystead.service_accounts.overview import Overviews
from keystead.service_accounts.selection import View
from tests.browser.large import fill
from tests.store.plans import plan_on_sqlite

NUMBER: Final = 100_000
PAGE: Final = 50
ALL: Final = View(EVERYTHING, EVERYTHING)
# Orders that no index has: what they sort by lies in other tables, which are small. Numbers are sorted, of keys alone.
SORTED: Final = {
    "createdBy",
    "roleName",
    "scopeName",
    "scopeType",
    "subjectType",
    "deletedAt",
    "phase",
    "roleId",
}


class Watched:
    """Reads, and keeps the plan of each read with the number of its rows."""

    def __init__(self, path: Path, database: SqliteDatabase) -> None:
        self._path = path
        self._database = database
        self.reads: list[tuple[list[str], int]] = []

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        rows = await self._database.scan(statement, parameters)
        self.reads.append((plan_on_sqlite(self._path, statement, parameters), len(rows)))
        return rows

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        keys = await self._database.scan_keys(statement, parameters)
        self.reads.append((plan_on_sqlite(self._path, statement, parameters), len(keys)))
        return keys

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        return await self._database.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return await self._database.fetch_all(statement, parameters)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data_dir = tmp_path_factory.mktemp("hundred-thousand") / "var"
    fill(data_dir, NUMBER)
    return data_dir / "keystead.db"


@pytest.fixture(scope="module")
def without_figures(filled: Path) -> Path:
    path = Path(shutil.copy(filled, filled.with_name("plain.db")))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE sqlite_stat1")
    return path


@pytest.fixture(params=["without_figures", "filled"])
async def reader(request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    path: Path = request.getfixturevalue(request.param)
    database = SqliteDatabase(path)
    yield Watched(path, database)
    await database.close()


def query(
    fields: Fields, sort: str, *filters: str, descending: bool = False, search: str | None = None
) -> Query:
    return Query(parse_filters(filters, fields), Sort(sort, descending), Page(PAGE), search)


def assert_cheap(reader: Watched, *, sorts_keys: bool) -> None:
    """Nothing is walked without an index; keys are sorted only where that is said; no more than a page is sent."""
    for plan, rows in reader.reads:
        assert rows <= PAGE, plan
        for line in plan:
            if line.startswith("SCAN") and line.split()[1] in (
                "account",
                "last_login",
                "sign_in",
                "usage_day",
            ):
                assert "USING" in line, plan
        inner = plan[: next((place for place, line in enumerate(plan) if line == "SCAN page"), len(plan))]
        if not sorts_keys:
            assert not any("TEMP B-TREE" in line for line in inner), plan


ACCOUNT_FILTERS: Final = (
    "name=^ci-",
    "name=@prod",
    "name=@nothing-of-that-name",
    "name=|ci-pipeline-prod|x",
    "clientId!=x",
    "createdBy==admin@keystead.local",
    "createdBy==nobody",
    "createdBy!@x",
    "enabled==true",
    "enabled==false",
    "lastLogin==never",
    "lastLogin!=never",
    "lastLogin<=2026-08-01",
    "createdAt>=2026-08-01",
    "updatedAt<=2020-01-01",
    "secretCreatedAt<=2026-01-01",
    "secretExpiresAt!=never",
    "accessRuleCount>=4",
    "roleId==5",
    "roleId==123",
    "roleId!=5",
    "roleId=|5|6",
    "scope==1",
    "scope=^1",
    "scopeId=^1",
    "scopeId!=1",
    "accessRules=@researcher",
    "accessRules!@researcher",
    "accessRules==nothing of that name",
    "id=|x|y",
)
RULE_FILTERS: Final = (
    "subjectId==ci-pipeline-prod",
    "subjectId=@pipeline",
    "subjectId=@nothing-of-that-name",
    "subjectType=|user|group",
    "roleId==5",
    "roleId=|1710|2256",
    "roleName=@researcher",
    "roleName!=Viewer",
    "scopeId==1",
    "scopeName=^atlas",
    "scopeType==cluster",
    "createdBy==admin@keystead.local",
    "createdBy!=admin@keystead.local",
    "createdAt>=2026-08-01",
    "deletedAt==never",
)


@pytest.mark.parametrize("descending", [False, True])
async def test_every_order_of_accounts_comes_along_its_index(reader: Watched, descending: bool) -> None:
    listing = AccountListing(reader, RoleTable())
    for field in ACCOUNT_FIELDS.sortable:
        reader.reads.clear()
        rows, total = await listing.page(ALL, query(ACCOUNT_FIELDS, field, descending=descending))
        assert (len(rows), total.exact) == (PAGE, False)
        assert_cheap(reader, sorts_keys=field in SORTED)
        (plan, _), *_ = reader.reads
        assert field in SORTED or "USING COVERING INDEX" in plan[1], plan


@pytest.mark.parametrize("sort", ["name", "lastLogin", "updatedAt", "createdAt"])
async def test_every_filter_of_accounts_walks_the_order_s_index_or_asks_first_what_is_few(
    reader: Watched, sort: str
) -> None:
    listing = AccountListing(reader, RoleTable())
    for written in ACCOUNT_FILTERS:
        reader.reads.clear()
        _, total = await listing.page(ALL, query(ACCOUNT_FIELDS, sort, written))
        # Of few accounts the keys are sorted, which takes no time.
        assert_cheap(reader, sorts_keys=total.exact and total.number <= 2_000)


@pytest.mark.parametrize("term", ["prod", "researcher", "atlas", "admin@", "nothing of that name"])
async def test_every_search_of_accounts_walks_an_index(reader: Watched, term: str) -> None:
    listing = AccountListing(reader, RoleTable())
    for sort in ("name", "lastLogin", "createdAt"):
        reader.reads.clear()
        await listing.page(ALL, query(ACCOUNT_FIELDS, sort, search=term))
        assert_cheap(reader, sorts_keys=False)
        await listing.page(ALL, query(ACCOUNT_FIELDS, sort, "enabled==true", "roleId==5", search=term))
        assert_cheap(reader, sorts_keys=False)


async def test_a_viewer_of_a_part_reads_along_an_index_too(reader: Watched) -> None:
    listing = AccountListing(reader, RoleTable())
    for ranges in ((reach(1 << 48),), (reach(1 << 48), reach((2 << 48) + (1 << 24)))):
        view = View(Visibility(ranges), Visibility(ranges))
        for sort in ("name", "lastLogin", "accessRules", "createdAt"):
            reader.reads.clear()
            _, total = await listing.page(view, query(ACCOUNT_FIELDS, sort, "accessRules=@researcher"))
            assert_cheap(reader, sorts_keys=total.number <= 2_000 or sort == "accessRules")


@pytest.mark.parametrize("descending", [False, True])
async def test_every_order_and_filter_of_rules_comes_along_an_index(
    reader: Watched, descending: bool
) -> None:
    listing = RuleListing(reader, RoleTable())
    for field in RULE_FIELDS.sortable:
        reader.reads.clear()
        rows, number = await listing.page(
            EVERYTHING, query(RULE_FIELDS, field, descending=descending), Wanted()
        )
        assert (len(rows), number > NUMBER) == (PAGE, True)
        assert_cheap(reader, sorts_keys=field in SORTED or field == "scopeId")
        total, _ = reader.reads[-1]
        assert "USING COVERING INDEX" in total[0], total
    for written in RULE_FILTERS:
        reader.reads.clear()
        asked = query(RULE_FIELDS, "createdAt", written, descending=descending)
        _, number = await listing.page(EVERYTHING, asked, Wanted())
        assert_cheap(reader, sorts_keys=number <= 2_000)
    for term in ("prod", "viewer", "nothing of that name"):
        reader.reads.clear()
        _, number = await listing.page(EVERYTHING, query(RULE_FIELDS, "createdAt", search=term), Wanted())
        assert_cheap(reader, sorts_keys=number <= 2_000)


async def test_the_numbers_of_the_overview_are_counted_along_indexes(reader: Watched) -> None:
    overviews = Overviews(reader, SystemClock())
    for ranges in (EVERYTHING.ranges, (reach(1 << 48),)):
        reader.reads.clear()
        found = await overviews.of(View(Visibility(ranges), Visibility(ranges)))
        assert sum(found.reach.values()) > 0
        assert_indexed(reader.reads)
        await overviews.creators(Visibility(ranges), None, 50)
        await overviews.creators(Visibility(ranges), "admin", 50)
        assert_indexed(reader.reads)


def assert_indexed(reads: Sequence[tuple[list[str], Any]]) -> None:
    for plan, _ in reads:
        for line in plan:
            if line.startswith("SCAN") and line.split()[1] in ("account", "last_login", "rule", "usage_day"):
                assert "USING" in line, plan

"""The tree in the database: where nodes are put, and what a page of a list costs."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from keystead.authz.policy import Grant, Grants
from keystead.authz.tree import MAX_ORDINAL, Level, level_of, reach
from keystead.changes.engine import ChangeEngine
from keystead.changes.feed import Feed
from keystead.changes.model import Actor
from keystead.db.connection import Connection, Database, Row
from keystead.db.schema import change_entry, org_unit
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.query import Page, Query, Sort
from keystead.kit.query_language import parse_filters
from keystead.org_units.actions import NewUnit, OrgUnits
from keystead.org_units.model import PROJECT_FIELDS
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID, RoleTable
from tests.store.counting import CountingReader
from tests.store.ground import ADMINISTRATOR, TENANT, ManualClock

SETTINGS = '{"resources":[]}'
_administrator = RoleTable().find(SYSTEM_ADMINISTRATOR_ID)
assert _administrator is not None
EVERYTHING = Grants((Grant(1, 1, _administrator.mask, 0),))


async def holds_everything(connection: Connection, actor: Actor, now: int) -> Grants:
    return EVERYTHING


@pytest.fixture
def reader(database: Database) -> CountingReader:
    return CountingReader(database)


@pytest.fixture
def units(database: Database, reader: CountingReader, feed: Feed, clock: ManualClock) -> OrgUnits:
    return OrgUnits(reader, ChangeEngine(database, feed, clock, holds_everything))


async def make(units: OrgUnits, level: Level, name: str, cluster: str = "", parent: str | None = None) -> Row:
    return await units.create(ADMINISTRATOR, level, NewUnit(name, SETTINGS, cluster, parent))


async def run(database: Database, statement: Any) -> None:
    async def job(connection: Connection) -> int:
        return await connection.execute(statement)

    await database.write(job)


async def test_a_node_lies_within_the_codes_of_its_parent(units: OrgUnits) -> None:
    cluster = await make(units, Level.CLUSTER, "c")
    department = await make(units, Level.DEPARTMENT, "d", cluster["id"])
    project = await make(units, Level.PROJECT, "p", cluster["id"], department["id"])
    for node, parent in ((department, cluster), (project, department)):
        low, high = reach(parent["code"])
        assert low < node["code"] <= high
    assert [level_of(node["code"]) for node in (cluster, department, project)] == [1, 2, 3]


async def test_a_code_is_given_once(units: OrgUnits) -> None:
    first = await make(units, Level.CLUSTER, "c")
    await units.delete(ADMINISTRATOR, Level.CLUSTER, first["id"], 202)
    second = await make(units, Level.CLUSTER, "c")
    assert second["code"] > first["code"]


@pytest.mark.parametrize("level", [Level.CLUSTER, Level.DEPARTMENT, Level.PROJECT])
async def test_codes_end_before_they_run_into_the_next_place(
    units: OrgUnits, database: Database, level: Level
) -> None:
    cluster = await make(units, Level.CLUSTER, "c")
    department = await make(units, Level.DEPARTMENT, "d", cluster["id"])
    parent = {Level.CLUSTER: TENANT.id, Level.DEPARTMENT: cluster["id"], Level.PROJECT: department["id"]}[
        level
    ]
    most = MAX_ORDINAL[level]
    await run(database, update(org_unit).where(org_unit.c.id == parent).values(last_ordinal=most - 1))
    made = await make(units, level, "last", cluster["id"], department["id"])
    around = {
        Level.CLUSTER: TENANT.code,
        Level.DEPARTMENT: cluster["code"],
        Level.PROJECT: department["code"],
    }
    assert reach(made["code"]).high == reach(around[level]).high
    assert level_of(made["code"]) is level
    with pytest.raises(KeysteadError) as refused:
        await make(units, level, "one more", cluster["id"], department["id"])
    assert refused.value.kind is Kind.CONFLICT
    assert str(most) in refused.value.message


async def test_a_project_and_the_department_that_it_needs_are_one_change(
    units: OrgUnits, database: Database, feed: Feed
) -> None:
    cluster = await make(units, Level.CLUSTER, "c")
    version = feed.version
    heard: list[tuple[str, ...]] = []
    feed.subscribe(lambda touches: heard.append(touches.scopes))
    project = await make(units, Level.PROJECT, "p", cluster["id"])
    assert feed.version == version + 1
    assert heard == [(project["parent_id"], project["id"])]
    row = await database.fetch_one(select(func.count()).select_from(change_entry))
    assert row is not None
    assert row[0] == 2


async def test_a_refused_node_leaves_nothing(units: OrgUnits, database: Database, feed: Feed) -> None:
    cluster = await make(units, Level.CLUSTER, "c")
    await make(units, Level.PROJECT, "p", cluster["id"])
    version = feed.version
    with pytest.raises(KeysteadError):
        await make(units, Level.PROJECT, "P", cluster["id"])
    row = await database.fetch_one(select(func.count()).select_from(org_unit))
    assert row is not None
    assert (row[0], feed.version) == (4, version)


@pytest.mark.parametrize(
    ("filters", "search"), [([], None), (["parentName=@d,name=^p,clusterId!=x"], None), ([], "p")]
)
async def test_a_page_is_one_statement_and_fetches_one_row_beyond_it(
    units: OrgUnits, reader: CountingReader, filters: list[str], search: str | None
) -> None:
    cluster = await make(units, Level.CLUSTER, "c")
    for number in range(30):
        await make(units, Level.PROJECT, f"p{number:02}", cluster["id"])
    query = Query(parse_filters(filters, PROJECT_FIELDS), Sort("name"), Page(10, 15), search)
    reader.statements = reader.rows = 0
    rows, more = await units.page(Level.PROJECT, EVERYTHING, query, 10)
    assert [row["name"] for row in rows] == [f"p{number}" for number in range(15, 25)]
    assert (more, reader.statements, reader.rows) == (True, 1, 11)
    rows, more = await units.page(Level.PROJECT, EVERYTHING, Query((), Sort("name"), Page(10, 20)), 10)
    assert (len(rows), more) == (10, False)

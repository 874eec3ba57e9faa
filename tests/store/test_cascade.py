"""The end of a node in the database: no row is left that speaks of it, and what it costs."""

from array import array
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from sqlalchemy import Table, func, insert, select

from keystead.access_rules.index import SubjectIndex
from keystead.access_rules.store import RuleSubject, add_rule
from keystead.authz.policy import Grant, Grants
from keystead.authz.tree import Level, Scope
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.feed import Feed
from keystead.changes.model import Actor, Touches
from keystead.credentials.liveness import LiveCredentials
from keystead.credentials.model import CredentialKind
from keystead.credentials.store import add_credential, credential_ids
from keystead.db.connection import NO_PARAMETERS, Connection, Database, Landed, Parameters, Row, Statement
from keystead.db.schema import (
    account,
    change_entry,
    credential,
    credential_use,
    last_login,
    org_unit,
    role,
    rule,
)
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.ids import new_id
from keystead.kit.secret import CLIENT_SECRET_PREFIX, make_secret
from keystead.org_units.actions import NewUnit, OrgUnits, UnitEdit
from keystead.org_units.removal import MOST_KEYS_NAMED
from keystead.org_units.scopes import find_scope
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID, CustomPart, Role, RoleTable
from keystead.roles.store import add_role
from keystead.service_accounts.store import add_account, summarize_rules_of
from tests.store.ground import ADMINISTRATOR, TENANT, entry_about

T = TypeVar("T")
VIEWER, EDITOR = 7, 3
CUSTOM = 100_000
_administrator = RoleTable().find(SYSTEM_ADMINISTRATOR_ID)
assert _administrator is not None
EVERYTHING = Grants((Grant(1, 1, _administrator.mask, 0),))


async def holds_everything(connection: Connection, actor: Actor, now: int) -> Grants:
    return EVERYTHING


class CountingConnection:
    """Passes everything on, and counts statements."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.statements = 0

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        self.statements += 1
        return await self._connection.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Any:
        self.statements += 1
        return await self._connection.fetch_all(statement, parameters)

    scan = fetch_all

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        self.statements += 1
        return await self._connection.scan_keys(statement, parameters)

    async def execute(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        self.statements += 1
        return await self._connection.execute(statement, parameters)

    async def insert(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        self.statements += 1
        return await self._connection.insert(statement, parameters)

    async def execute_many(self, statement: Statement, rows: Any) -> None:
        self.statements += 1
        await self._connection.execute_many(statement, rows)


class CountingDatabase:
    """A database whose changes are counted: how many statements the last one took."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def write(
        self,
        job: Callable[[Connection], Awaitable[T]],
        committed: Callable[[T], None] | None = None,
        landed: Landed[T] | None = None,
    ) -> T:
        async def counted(connection: Connection) -> T:
            counting = CountingConnection(connection)
            try:
                return await job(counting)
            finally:
                self.statements = counting.statements

        return await self._database.write(counted, committed, landed)


@pytest.fixture
def counting(database: Database) -> CountingDatabase:
    return CountingDatabase(database)


@pytest.fixture
def changes(counting: CountingDatabase, feed: Feed, clock: Any) -> ChangeEngine:
    return ChangeEngine(counting, feed, clock, holds_everything)


@pytest.fixture
def units(database: Database, changes: ChangeEngine) -> OrgUnits:
    return OrgUnits(database, changes)


@pytest.fixture
def heard(feed: Feed) -> list[Touches]:
    found: list[Touches] = []
    feed.subscribe(found.append)
    return found


async def make_branch(units: OrgUnits, database: Database, name: str) -> tuple[Scope, Scope, Scope]:
    settings = '{"resources":[]}'
    cluster = await units.create(ADMINISTRATOR, Level.CLUSTER, NewUnit(name, "{}"))
    wish = NewUnit(f"{name}-department", settings, cluster["id"])
    department = await units.create(ADMINISTRATOR, Level.DEPARTMENT, wish)
    wish = NewUnit(f"{name}-project", settings, cluster["id"], department["id"])
    project = await units.create(ADMINISTRATOR, Level.PROJECT, wish)
    found = [await find_scope(database, row["id"]) for row in (cluster, department, project)]
    assert all(found)
    return tuple(found)  # type: ignore[return-value] # three


async def settle(
    changes: ChangeEngine, home: Scope, names: list[str], rules: list[tuple[int, Scope]]
) -> list[str]:
    """Accounts at home there, each with a used secret and these rules; their ids."""

    async def change(tx: Transaction) -> Outcome[list[str]]:
        await tx.grants()
        by, ids, pks = await actor_pk(tx, tx.actor.subject), [], []
        for name in names:
            account_id = new_id()
            await add_account(
                tx,
                account_id=account_id,
                name=name,
                home_id=home.id,
                home_code=home.code,
                created_by_id=by,
                description="",
                labels={},
            )
            row = await tx.fetch_one(select(account.c.pk).where(account.c.id == account_id))
            assert row is not None
            secret = make_secret(CLIENT_SECRET_PREFIX)
            used = await add_credential(
                tx,
                CredentialKind.SECRET,
                subject_type="service-account",
                subject_id=account_id,
                client_id=name,
                secret=secret,
                created_by_id=by,
            )
            await tx.execute(insert(credential_use).values(credential_id=used, at=1))
            for role_id, scope in rules:
                subject = RuleSubject("service-account", account_id, name, row["pk"])
                await add_rule(tx, subject, role_id, scope, by)
            ids.append(account_id)
            pks.append(row["pk"])
        await summarize_rules_of(tx, pks)
        return Outcome(entry_about("settled"), ids)

    return await changes.apply(ADMINISTRATOR, change)


async def add_custom_role(changes: ChangeEngine, home: Scope) -> None:
    async def change(tx: Transaction) -> Outcome[None]:
        await tx.grants()
        custom = CustomPart(home, (), "{}", "", tx.now, tx.now)
        by = await actor_pk(tx, tx.actor.subject)
        await add_role(tx, Role(CUSTOM, "custom", "", 1, True, custom), home, by)
        return Outcome(entry_about("role"), None)

    await changes.apply(ADMINISTRATOR, change)


async def number(database: Database, table: Table, *conditions: Any) -> int:
    row = await database.fetch_one(select(func.count()).select_from(table).where(*conditions))
    assert row is not None
    return int(row[0])


async def test_nothing_is_left_that_speaks_of_what_went(
    units: OrgUnits, changes: ChangeEngine, database: Database
) -> None:
    cluster, department, project = await make_branch(units, database, "a")
    other = await make_branch(units, database, "b")
    await add_custom_role(changes, department)
    for index, home in enumerate((cluster, department, project)):
        await settle(changes, home, [f"going-{index}"], [(VIEWER, project), (EDITOR, other[0])])
    await settle(
        changes, other[2], ["staying"], [(CUSTOM, department), (EDITOR, cluster), (VIEWER, other[0])]
    )
    await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
    low, high = cluster.range
    assert await number(database, org_unit, org_unit.c.code.between(low, high)) == 0
    assert await number(database, account, account.c.home_code.between(low, high)) == 0
    assert await number(database, last_login, last_login.c.home_code.between(low, high)) == 0
    alive = rule.c.deleted_at.is_(None)
    assert await number(database, rule, rule.c.scope_code.between(low, high), alive) == 0
    assert await number(database, role, role.c.deleted_at.is_(None)) == 0
    # What is left belongs to the account that stays.
    for table in (account, last_login, credential, credential_use):
        assert await number(database, table) == 1
    assert await number(database, rule, alive) == 1
    assert await number(database, org_unit) == 4


async def test_summaries_of_those_who_stay_are_right(
    units: OrgUnits, changes: ChangeEngine, database: Database
) -> None:
    cluster, _, project = await make_branch(units, database, "a")
    names = [f"account-{n:02}" for n in range(30)]
    await settle(changes, TENANT, names[:10], [(EDITOR, cluster), (EDITOR, project), (VIEWER, TENANT)])
    await settle(changes, TENANT, names[10:20], [(VIEWER, project)])
    await settle(changes, TENANT, names[20:], [(VIEWER, TENANT)])
    await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
    rows = await database.fetch_all(
        select(account.c.rule_count, account.c.role_set_id, last_login.c.role_set_id.label("copied"))
        .join_from(account, last_login, last_login.c.account_pk == account.c.pk)
        .order_by(account.c.name)
    )
    assert [row["rule_count"] for row in rows] == [1] * 10 + [0] * 10 + [1] * 10
    assert [row["role_set_id"] for row in rows] == [row["copied"] for row in rows]
    assert rows[0]["role_set_id"] == rows[29]["role_set_id"] != rows[15]["role_set_id"]


async def test_it_takes_as_many_statements_for_many_things_as_for_few(
    units: OrgUnits, changes: ChangeEngine, counting: CountingDatabase, database: Database
) -> None:
    taken = []
    for name, many in (("few", 1), ("many", 200)):
        cluster, _, project = await make_branch(units, database, name)
        await settle(changes, project, [f"{name}-in-{n}" for n in range(many)], [(VIEWER, cluster)])
        await settle(changes, TENANT, [f"{name}-out-{n}" for n in range(many)], [(VIEWER, project)])
        await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
        taken.append(counting.statements)
    assert taken[0] == taken[1] < 40


async def test_caches_hear_of_every_subject_secret_scope_and_role(
    units: OrgUnits, changes: ChangeEngine, database: Database, heard: list[Touches]
) -> None:
    branch = await make_branch(units, database, "a")
    await add_custom_role(changes, branch[1])
    going = await settle(changes, branch[2], ["going"], [(VIEWER, TENANT)])
    losing = await settle(changes, TENANT, ["losing"], [(CUSTOM, branch[1])])
    secrets = await credential_ids(database, going[0], CredentialKind.SECRET)
    await units.delete(ADMINISTRATOR, Level.CLUSTER, branch[0].id, 202, cascade=True)
    touches = heard[-1]
    assert set(touches.subjects) == {*going, *losing}
    assert set(touches.credentials) == set(secrets)
    assert set(touches.scopes) == {unit.id for unit in branch}
    assert (touches.roles, touches.everything) == ((str(CUSTOM),), ())


async def test_caches_forget_everything_when_there_is_too_much_to_name(
    units: OrgUnits, changes: ChangeEngine, database: Database, feed: Feed, heard: list[Touches]
) -> None:
    cluster, _, project = await make_branch(units, database, "a")
    ids = await settle(changes, project, [f"account-{n}" for n in range(MOST_KEYS_NAMED // 2)], [])
    secrets = await credential_ids(database, ids[0], CredentialKind.SECRET)
    subjects, live = SubjectIndex(database, RoleTable(), feed), LiveCredentials(database, feed)
    reloads: list[int] = []

    async def reload() -> None:
        reloads.append(feed.version)

    feed.hold(lambda touches: False, reload)
    assert await subjects.find("service-account", ids[0]) is not None
    assert await live.find(secrets[0]) is not None
    await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
    await feed.current()
    assert heard[-1] == Touches(everything=(cluster.id,))
    assert await subjects.find("service-account", ids[0]) is None
    assert await live.find(secrets[0]) is None
    assert reloads == [feed.version]


async def test_a_custom_role_that_is_given_outside_keeps_its_home(
    units: OrgUnits, changes: ChangeEngine, database: Database
) -> None:
    """Rules cannot be made so; one that is there all the same must not be orphaned."""
    cluster, _, project = await make_branch(units, database, "a")
    await add_custom_role(changes, project)
    await settle(changes, TENANT, ["outside"], [(CUSTOM, TENANT)])
    with pytest.raises(KeysteadError) as refused:
        await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
    assert refused.value.kind is Kind.CONFLICT
    assert await number(database, org_unit) == 4


async def test_a_custom_role_that_only_those_who_go_have_outside_goes(
    units: OrgUnits, changes: ChangeEngine, database: Database
) -> None:
    cluster, _, project = await make_branch(units, database, "a")
    await add_custom_role(changes, project)
    await settle(changes, project, ["going"], [(CUSTOM, TENANT)])
    await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
    assert await number(database, rule, rule.c.deleted_at.is_(None)) == 0


async def test_entries_tell_the_path_that_was_true_when_they_were_written(
    units: OrgUnits, database: Database
) -> None:
    cluster, department, _ = await make_branch(units, database, "a")
    await units.update(ADMINISTRATOR, Level.CLUSTER, cluster.id, UnitEdit("b"), 204)
    await units.update(ADMINISTRATOR, Level.DEPARTMENT, department.id, UnitEdit("d"), 200)
    await units.delete(ADMINISTRATOR, Level.CLUSTER, cluster.id, 202, cascade=True)
    rows = await database.fetch_all(
        select(change_entry).where(change_entry.c.version > 3).order_by(change_entry.c.version)
    )
    assert [(row["entity_name"], row["scope_path"], row["metadata"]) for row in rows[:2]] == [
        ("b", "Tenant/b", '{"formerName":"a"}'),
        ("d", "Tenant/b/d", '{"formerName":"a-department"}'),
    ]
    assert (rows[2]["entity_name"], rows[2]["scope_path"]) == ("b", "Tenant/b")

"""A database with very many accounts, made by the store's own functions, and a plain model of what is in it."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import httpx
from sqlalchemy import insert, update

from keystead.access_rules.store import RuleSubject, add_rule, find_account_by_name
from keystead.authz.policy import Grants
from keystead.authz.tree import Range, Scope
from keystead.changes.actors import actor_pk
from keystead.changes.engine import Change, ChangeEngine, Outcome, Transaction, current_version
from keystead.changes.feed import Feed
from keystead.changes.model import Actor, Entry, Subject
from keystead.db.connection import Connection
from keystead.db.schema import account as account_table
from keystead.db.schema import last_login
from keystead.first_start import KEYSTEAD
from keystead.kit.clock import SECOND
from keystead.kit.ids import new_id
from keystead.org_units.scopes import find_scope
from keystead.roles.predefined import PREDEFINED
from keystead.service_accounts import store
from tests.inside import Inside, running_inside

NUMBER: Final = 10_001
_BATCH: Final = 500
_HOUR: Final = 3_600 * SECOND
_CREATORS: Final = ("alice@example.org", "Bob@example.org", "bob@Example.org", "Zoë", "zoe", "ÉMILE", "émile")
ROLES: Final = {role.id: role.name for role in PREDEFINED if role.id in (5, 7, 9, 1710)}


class HeldRule(NamedTuple):
    role: str
    scope: Scope


@dataclass
class Account:
    """What the list should know of an account. `pk` ascends with creation; times in microseconds."""

    pk: int
    name: str
    home: Scope
    creator: str
    created_at: int
    updated_at: int
    enabled: bool = True
    last_login: int | None = None
    secret_created_at: int | None = None
    secret_expires_at: int | None = None
    id: str = ""
    rules: list[HeldRule] = field(default_factory=list)

    def rules_within(self, ranges: Sequence[Range]) -> list[HeldRule]:
        return [rule for rule in self.rules if any(low <= rule.scope.code <= high for low, high in ranges)]


@dataclass
class Crowd:
    database: Path
    accounts: list[Account]
    scopes: dict[str, Scope]


def make_crowd(directory: Path) -> Crowd:
    """Fills a database of its own; nothing is running any more when this returns."""
    return asyncio.run(_make(directory))


async def _make(directory: Path) -> Crowd:
    async with running_inside(directory) as inside:
        accounts, scopes = await fill(inside, NUMBER)
    return Crowd(directory / "keystead.db", accounts, scopes)


async def fill(inside: Inside, number: int) -> tuple[list[Account], dict[str, Scope]]:
    """Makes the organisation and so many accounts in it, on whatever engine."""
    async with await inside.admin() as admin:
        scopes = {scope.name: scope for scope in [await _tenant(inside), *await _organise(inside, admin)]}
    return await _fill(inside, list(scopes.values()), number), scopes


async def _tenant(inside: Inside) -> Scope:
    found = await find_scope(inside.database, "1")
    assert found is not None
    return found


async def _organise(inside: Inside, admin: httpx.AsyncClient) -> list[Scope]:
    """Two clusters, two departments in each, two projects in each of those; named so that folding matters."""
    scopes = []
    for cluster in ("Alpha", "straße"):
        at_cluster = await _make_unit(inside, admin, "/api/v1/clusters", {"name": cluster})
        scopes.append(at_cluster)
        for department in ("Research", "Ops"):
            body = {"name": f"{cluster} {department}", "clusterId": at_cluster.id, "resources": []}
            at_department = await _make_unit(inside, admin, "/api/v1/org-unit/departments", body)
            scopes.append(at_department)
            for project in ("x", "100%"):
                body = {
                    "name": f"{cluster} {department} {project}",
                    "clusterId": at_cluster.id,
                    "parentId": at_department.id,
                    "resources": [],
                }
                scopes.append(await _make_unit(inside, admin, "/api/v1/org-unit/projects", body))
    return scopes


async def _make_unit(inside: Inside, admin: httpx.AsyncClient, path: str, body: object) -> Scope:
    answer = await admin.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found = await find_scope(inside.database, answer.json().get("id") or answer.json()["uuid"])
    assert found is not None
    return found


async def _fill(inside: Inside, scopes: list[Scope], number: int) -> list[Account]:
    """Accounts come in groups of one moment, so that there are ties in everything but the name."""
    engine = ChangeEngine(
        inside.database, Feed(await current_version(inside.database)), inside.clock, _nobody
    )
    chance = random.Random(20_260_131)
    names = [f"team{chance.randrange(40)}-{chance.choice(['prod', 'dev'])}-{n}" for n in range(number)]
    accounts: list[Account] = []
    for start in range(0, number, _BATCH):
        inside.clock.pass_seconds(0.25)
        batch = names[start : start + _BATCH]
        made: list[Account] = await engine.apply(KEYSTEAD, _adding(batch, scopes, chance))
        accounts += made
    for _ in range(4):
        inside.clock.pass_seconds(3_600)
        await engine.apply(KEYSTEAD, _touching(chance.sample(accounts, number // 10)))
    return accounts


async def _nobody(connection: Connection, actor: Actor, now: int) -> Grants:
    raise AssertionError("Keystead itself needs no authority")


def _adding(names: Sequence[str], scopes: Sequence[Scope], chance: random.Random) -> Change[list[Account]]:
    async def change(tx: Transaction) -> Outcome[list[Account]]:
        made = [await _add(tx, name, scopes, chance) for name in names]
        return Outcome(_entry(scopes[0]), made)

    return change


async def _add(tx: Transaction, name: str, scopes: Sequence[Scope], chance: random.Random) -> Account:
    home, creator = chance.choice(scopes), chance.choice(_CREATORS)
    by = await actor_pk(tx, Subject("user", f"creator {creator}", creator))
    account_id = new_id()
    await store.add_account(
        tx,
        account_id=account_id,
        name=name,
        home_id=home.id,
        home_code=home.code,
        created_by_id=by,
        description="",
        labels={},
    )
    row = await find_account_by_name(tx, name)
    assert row is not None
    made = Account(row["pk"], name, home, creator, tx.now, tx.now, id=account_id)
    if chance.random() < 0.9:
        made.secret_created_at = tx.now - chance.randrange(500) * _HOUR
        made.secret_expires_at = chance.choice([None, tx.now + chance.randrange(500) * _HOUR])
    dates = {"secret_created_at": made.secret_created_at, "secret_expires_at": made.secret_expires_at}
    await tx.execute(update(account_table).where(account_table.c.pk == made.pk).values(dates))
    wanted = [(role, scope) for role in ROLES for scope in scopes]
    for role, scope in chance.sample(wanted, chance.choice([0, 0, 1, 2, 3, 8])):
        await add_rule(tx, RuleSubject("service-account", account_id, name, made.pk), role, scope, by)
        made.rules.append(HeldRule(ROLES[role], scope))
    if made.rules:
        await store.summarize_rules(tx, made.pk)
    if chance.random() < 0.2:
        await store.set_enabled(tx, made.pk, False)
        made.enabled = False
    if chance.random() < 0.6:
        made.last_login = tx.now - chance.randrange(500) * _HOUR
        await tx.execute(
            update(last_login).where(last_login.c.account_pk == made.pk).values(at=made.last_login)
        )
    return made


def _touching(accounts: Iterable[Account]) -> Change[None]:
    async def change(tx: Transaction) -> Outcome[None]:
        for account in accounts:
            await store.touch(tx, account.pk)
            account.updated_at = tx.now
        tenant = await find_scope(tx, "1")
        assert tenant is not None
        return Outcome(_entry(tenant), None)

    return change


def _entry(scope: Scope) -> Entry:
    return Entry("create", "service-account", "", "a crowd", scope, scope.name, 201)


async def add_plain_accounts(inside: Inside, number: int) -> None:
    """Accounts of which nothing but their number matters, all of one moment."""
    engine = ChangeEngine(
        inside.database, Feed(await current_version(inside.database)), inside.clock, _nobody
    )

    async def change(tx: Transaction) -> Outcome[None]:
        tenant = await find_scope(tx, "1")
        assert tenant is not None
        by = await actor_pk(tx, Subject("user", "creator", "creator@example.org"))
        shared = {"home_code": tenant.code, "enabled": True, "role_set_id": 1, "created_by_id": by}
        named = [{**shared, "pk": pk, "name": f"plain-{pk}"} for pk in range(1, number + 1)]
        own = {
            "home_id": tenant.id,
            "created_at": tx.now,
            "updated_at": tx.now,
            "generation": 1,
            "rule_count": 0,
            "description": "",
            "labels": "{}",
            "secret_created_at": tx.now,
            "secret_expires_at": None,
            "secret_count": 1,
            "audiences": "[]",
            "token_ttl": None,
        }
        await tx.execute_many(insert(account_table), [{**row, **own, "id": new_id()} for row in named])
        unused = dict.fromkeys(column.name for column in last_login.c if column.nullable)
        logins = [{"account_pk": row.pop("pk"), **unused, **row} for row in named]
        await tx.execute_many(insert(last_login), logins)
        return Outcome(_entry(tenant), None)

    await engine.apply(KEYSTEAD, change)

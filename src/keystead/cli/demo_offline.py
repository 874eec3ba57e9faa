"""The demo on a stopped database: the same actions, many to a commit, with a past of more than a year."""

import asyncio
import itertools
import sys
from collections.abc import Iterable
from typing import Final

from sqlalchemy import select

from keystead.access_rules.actions import AccessRules, NewRule
from keystead.authz.policy import Grant, Grants
from keystead.authz.tree import Level
from keystead.changes.engine import ChangeEngine, current_version
from keystead.changes.feed import Feed
from keystead.changes.model import NO_ORIGIN, Actor, Subject
from keystead.cli.databases import prepared
from keystead.cli.demo_plan import DAYS, Account, Plan
from keystead.cli.progress import Progress
from keystead.db.connection import Connection, Database, Row
from keystead.db.query_sql import in_list
from keystead.db.schema import account, credential
from keystead.first_start import NewAdministrator, ensure_administrator, ensure_signing_keys, ensure_tenant
from keystead.kit.clock import DAY, SystemClock
from keystead.org_units.actions import NewUnit, OrgUnits
from keystead.roles.model import SYSTEM_ADMINISTRATOR_ID, RoleTable
from keystead.service_accounts.actions import NewAccount, ServiceAccounts
from keystead.settings import Settings
from keystead.tokens.key_life import LONGEST_TOKEN
from keystead.tokens.master_key import MasterKey
from keystead.usage.recorder import SignIn, UsageRecorder
from keystead.users.passwords import Passwords
from keystead.users.store import find_person, first_person_id

_AT_ONCE: Final = 256
_CACHE_MEBIBYTES: Final = 1_024
_NO_SETTINGS: Final = '{"resources":[]}'


class PastClock:
    """Stands where it is put, so that history can be written in its order."""

    def __init__(self, now: int) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def put(self, moment: int) -> None:
        self._now = moment


class OfflineDemo:
    """Fills a database that no server has open."""

    def __init__(self, settings: Settings, database: Database, master: MasterKey, number: int) -> None:
        self._settings = settings
        self._database = database
        self._master = master
        self._plan = Plan(number)
        self._today = SystemClock().now()
        self._clock = PastClock(self._today - DAYS * DAY)
        self._roles = RoleTable()

    async def fill(self) -> tuple[NewAdministrator | None, float]:
        """The administrator when this was the first start, and how many accounts a second it took."""
        feed = Feed(await current_version(self._database))
        changes = ChangeEngine(self._database, feed, self._clock, self._everything)
        newcomer = await self._first_start(changes)
        actor = await self._administrator()
        places = await self._make_units(changes, actor)
        accounts = ServiceAccounts(self._database, changes, self._roles, LONGEST_TOKEN)
        rules = AccessRules(self._database, changes, self._roles)
        usage = UsageRecorder(self._database, SystemClock())
        progress = Progress(self._plan.accounts, "accounts")
        stream = self._plan.each_account()
        while part := list(itertools.islice(stream, _AT_ONCE)):
            # The oldest of the part: nothing is used before it was made.
            self._clock.put(self._today - round(part[0].created * DAY))
            await asyncio.gather(*(accounts.create(actor, _new_account(one)) for one in part))
            wishes = [wish for one in part for wish in _new_rules(one, places)]
            for start in range(0, len(wishes), _AT_ONCE):
                await asyncio.gather(
                    *(rules.create(actor, wish) for wish in wishes[start : start + _AT_ONCE])
                )
            await usage.sign_ins_of_the_past(await self._sign_ins(part))
            progress.advance(len(part))
        progress.finish()
        return newcomer, progress.rate

    async def _everything(self, _connection: Connection, _actor: Actor, _now: int) -> Grants:
        """Whoever holds the file may do everything: nobody is signed in."""
        role = self._roles.find(SYSTEM_ADMINISTRATOR_ID)
        return Grants((Grant(0, SYSTEM_ADMINISTRATOR_ID, role.mask if role else 0, 0),))

    async def _first_start(self, changes: ChangeEngine) -> NewAdministrator | None:
        settings, passwords = self._settings, Passwords()
        await ensure_tenant(self._database, changes, settings.tenant_id, settings.tenant_name)
        newcomer = await ensure_administrator(
            self._database, changes, passwords, settings.admin_email, settings.admin_password, None
        )
        await ensure_signing_keys(self._database, changes, self._master, settings.signing_algorithms[0])
        passwords.close()
        return newcomer

    async def _administrator(self) -> Actor:
        person = await find_person(self._database, await first_person_id(self._database) or "")
        if person is None:
            raise LookupError("the database has no administrator")
        return Actor(Subject("user", person["id"], person["email"]), NO_ORIGIN)

    async def _make_units(self, changes: ChangeEngine, actor: Actor) -> list[tuple[str, Level]]:
        """The ids of the plan's units, in its order."""
        org_units = OrgUnits(self._database, changes)
        made: list[tuple[str, Level]] = []
        for unit in self._plan.units:
            parent = None if unit.parent is None else made[unit.parent][0]
            row = await org_units.create(
                actor,
                unit.level,
                NewUnit(unit.name, _NO_SETTINGS, self._cluster_of(unit.parent, made), parent),
            )
            made.append((row["id"], unit.level))
        return made

    def _cluster_of(self, place: int | None, made: list[tuple[str, Level]]) -> str:
        while place is not None:
            above = self._plan.units[place].parent
            if above is None:
                return made[place][0]
            place = above
        return ""

    async def _sign_ins(self, part: Iterable[Account]) -> list[tuple[int, SignIn]]:
        used = {one.name: one.used for one in part if one.used is not None}
        rows = await self._database.scan(
            select(
                account.c.pk,
                account.c.id,
                account.c.name,
                account.c.home_code,
                credential.c.id.label("secret_id"),
            )
            .join_from(account, credential, credential.c.subject_id == account.c.id)
            .where(in_list(account.c.name, list(used)))
        )
        return [(self._today - round(used[row["name"]] * DAY), _sign_in(row)) for row in rows]


def _sign_in(row: Row) -> SignIn:
    return SignIn(
        "service-account",
        row["id"],
        row["name"],
        row["pk"],
        row["home_code"],
        row["secret_id"],
        True,
        200,
        NO_ORIGIN,
    )


def _new_account(one: Account) -> NewAccount:
    return NewAccount(one.name, one.description, one.labels)


def _new_rules(one: Account, places: list[tuple[str, Level]]) -> list[NewRule]:
    return [
        NewRule(one.name, "service-account", role_id, places[place][0], places[place][1].word)
        for role_id, place in one.rules
    ]


def fill_stopped_database(settings: Settings, master_key: bytes, number: int) -> None:
    """On SQLite no server may have the database. Raises LockError, or MigrationError when it cannot be used."""
    asyncio.run(_fill(settings, master_key, number))


async def _fill(settings: Settings, master_key: bytes, number: int) -> None:
    async with prepared(settings, writer_cache=_CACHE_MEBIBYTES) as database:
        newcomer, rate = await OfflineDemo(settings, database, MasterKey(master_key), number).fill()
    sys.stdout.write(f"Made {number:,} service accounts with their access rules, {rate:,.0f} a second.\n")
    if newcomer is not None and newcomer.generated is not None:
        sys.stdout.write(
            f"\n  Sign in as   {newcomer.email}\n  Password     {newcomer.generated.reveal()}\n\n"
            "  The password is shown only now.\n\n"
        )

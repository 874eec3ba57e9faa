"""How long pages of the large lists take, by what is asked: service accounts, access rules, the audit log.

    python -m bench.lists [--accounts 100000] [--entries 0] [--postgres postgresql://…] [--keep DIR] [--times 2]
                          [--lists accounts,rules,audit] [--share 1] [--beside 100] [--worst 3] [--json FILE]

Each figure is what a page takes inside the server, from the parsed query to the rows: the statements of its rows, its
total and, of accounts, their rules; one page after the other, without the JSON and the socket. A class holds many
different questions; p50 and p99 are over all of them. The worst of each list are shown with their statements' plans.

An empty PostgreSQL database is filled first from the one of SQLite. With --keep that one stays in DIR and is used
again. With --share 0.1 a tenth of the questions are asked, taken at random but the same each time.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import func, select

from bench.lists_creations import Creations
from bench.lists_data import make, to_postgres
from bench.lists_plans import Watched
from keystead.access_rules.listing import RuleListing
from keystead.access_rules.model import FIELDS as RULE_FIELDS
from keystead.access_rules.selection import Wanted
from keystead.audit.model import FIELDS as LOG_FIELDS
from keystead.audit.store import AuditLog
from keystead.authz.tree import reach
from keystead.authz.visibility import EVERYTHING, Visibility
from keystead.db.connection import Database
from keystead.db.migrate import upgrade_postgres
from keystead.db.postgres import PostgresDatabase, connect
from keystead.db.schema import account, org_unit
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.clock import SECOND
from keystead.kit.errors import KeysteadError
from keystead.kit.query import Fields, Page, Query, Sort, Span
from keystead.kit.query_language import parse_filters
from keystead.kit.secret import Secret
from keystead.roles.model import RoleTable
from keystead.service_accounts.listing import AccountListing
from keystead.service_accounts.model import FIELDS as ACCOUNT_FIELDS
from keystead.service_accounts.selection import View

PAGE: Final = 50
ALL: Final = View(EVERYTHING, EVERYTHING)
_STOPPED: Final = "stopped"


class Question(NamedTuple):
    """`ask` answers what the total said."""

    kind: str
    name: str
    ask: Callable[[], Awaitable[str]]


class Asked(NamedTuple):
    """In milliseconds; `total` as it was told last."""

    question: Question
    took: list[float]
    total: str


class Figures(NamedTuple):
    kind: str
    questions: int
    p50: float
    p99: float
    most: float
    statements: int
    stopped: int


class Ground(NamedTuple):
    """What questions are made of, of the database that is asked."""

    accounts: int
    cluster: str
    department: Visibility
    project: str


def main() -> None:
    options = _options()
    with _kept(options) as data_dir:
        path = make(data_dir, options.accounts, options.entries)
        report = asyncio.run(_measure_all(options, path))
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000, help="how many accounts (100,000)")
    parser.add_argument("--entries", type=int, default=0, help="of the audit log; as the demo has it without")
    parser.add_argument("--postgres", metavar="DSN", help="on this database, filled when it is empty")
    parser.add_argument("--times", type=int, default=2, help="how often each question is asked (2)")
    parser.add_argument("--keep", type=Path, help="where the database is kept, and used again")
    parser.add_argument("--lists", default="accounts,rules,audit", help="which (accounts,rules,audit)")
    parser.add_argument("--beside", type=int, default=0, help="creations of accounts a second meanwhile")
    parser.add_argument("--worst", type=int, default=3, help="how many questions are shown with plans (3)")
    parser.add_argument("--share", type=float, default=1, help="which part of the questions is asked (1)")
    parser.add_argument("--only", default="", help="only classes that have this in their name")
    parser.add_argument("--json", type=Path, help="where the figures are written too")
    return parser.parse_args()


@contextmanager
def _kept(options: argparse.Namespace) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield options.keep or Path(folder) / "var"


@asynccontextmanager
async def _opened(options: argparse.Namespace, path: Path) -> AsyncIterator[Database]:
    if not options.postgres:
        database: Database = SqliteDatabase(path)
    else:
        dsn = Secret(options.postgres)
        raw = await connect(dsn, seconds_of_silence=None)
        await upgrade_postgres(raw)
        is_empty = not await raw.fetchval("SELECT count(*) FROM account")
        await raw.close()
        if is_empty:
            await to_postgres(path, options.postgres)
        database = await PostgresDatabase.open(dsn)
    yield database
    await database.close()


async def _measure_all(options: argparse.Namespace, path: Path) -> Mapping[str, Any]:
    report: dict[str, Any] = {"engine": "PostgreSQL" if options.postgres else "SQLite", "lists": {}}
    async with _opened(options, path) as database:
        watched = Watched(database, path, options.postgres)
        ground = await _ground(watched)
        creations = Creations(database, options.beside)
        for name in options.lists.split(","):
            questions = list(_LISTS[name](watched, ground))
            if options.only:
                questions = [one for one in questions if options.only in one.kind]
            random.Random(name).shuffle(questions)  # so that no class has the caches for itself
            questions = questions[: max(1, round(len(questions) * options.share))]
            async with creations:
                asked = [await _ask(question, options.times) for question in questions]
            figures = await _figures(watched, asked)
            _print(f"{name}, {report['engine']}, {ground.accounts:,} accounts; ms", figures)
            worst = sorted(asked, key=lambda one: -statistics.median(one.took))[: options.worst]
            for one in worst:
                print(
                    f"\n{statistics.median(one.took):.0f} ms  {one.question.kind}: {one.question.name} ({one.total})"
                )
                await watched.explain(one.question.ask)
            report["lists"][name] = {
                "classes": [one._asdict() for one in figures],
                "questions": [[one.question.kind, one.question.name, one.total, one.took] for one in asked],
            }
        if options.beside:
            report["creations"] = creations.told()
            print(f"\ncreations meanwhile: {creations.told()}")
    return report


async def _ask(question: Question, times: int) -> Asked:
    took: list[float] = []
    total = ""
    for _ in range(times):
        begun = time.perf_counter()
        try:
            total = await question.ask()
        except KeysteadError as error:
            total = f"{_STOPPED}: {error}"
        took.append((time.perf_counter() - begun) * 1_000)
    return Asked(question, took, total)


async def _figures(watched: Watched, asked: Sequence[Asked]) -> list[Figures]:
    by_kind: defaultdict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        by_kind[one.question.kind].append(one)
    figures = []
    for kind, ones in sorted(by_kind.items()):
        took = sorted(each for one in ones for each in one.took)
        p99 = took[min(int(len(took) * 0.99), len(took) - 1)]
        statements = [await watched.number_of_statements(one.question.ask) for one in ones[:20]]
        stopped = sum(one.total.startswith(_STOPPED) for one in ones)
        figures.append(
            Figures(kind, len(ones), statistics.median(took), p99, took[-1], max(statements), stopped)
        )
    return figures


def _print(title: str, figures: Sequence[Figures]) -> None:
    print(
        f"\n{title}\n{'':44}{'questions':>10}{'p50':>9}{'p99':>9}{'most':>9}{'statements':>11}{'stopped':>8}"
    )
    for one in figures:
        print(
            f"{one.kind:44}{one.questions:>10}{one.p50:9.1f}{one.p99:9.1f}{one.most:9.1f}"
            f"{one.statements:>11}{one.stopped:>8}"
        )
    sys.stdout.flush()


async def _ground(watched: Watched) -> Ground:
    (accounts,) = await watched.fetch_all(select(func.count()).select_from(account))
    (cluster,) = await watched.fetch_all(select(org_unit.c.id).where(org_unit.c.level == 1).limit(1))
    department = (
        await watched.fetch_all(
            select(account.c.home_code)
            .join(org_unit, org_unit.c.code == account.c.home_code)
            .where(org_unit.c.level == 3)
            .order_by(account.c.id)
            .limit(1)
        )
    )[0][0]
    code = department - department % 2**24
    (project,) = await watched.fetch_all(select(org_unit.c.id).where(org_unit.c.code == department))
    return Ground(accounts[0], cluster[0], Visibility((reach(code),)), project[0])


def _ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def _sorts(fields: Fields) -> list[Sort]:
    return [Sort(field, descending) for field in fields.sortable for descending in (False, True)]


def _said(filters: Sequence[str], sort: Sort, offset: int = 0, search: str | None = None) -> str:
    parts = [*filters, *([f"search {search}"] if search else [])]
    return f"{' , '.join(parts)} by {sort.field} {'desc' if sort.descending else 'asc'} from {offset}"


# Accounts


def _of_accounts(watched: Watched, ground: Ground) -> Iterator[Question]:
    listing = AccountListing(watched, RoleTable())
    chance = random.Random(1)
    sorts = _sorts(ACCOUNT_FIELDS)
    few = View(ground.department, ground.department)

    def one(
        kind: str, sort: Sort, *filters: str, offset: int = 0, search: str | None = None, view: View = ALL
    ) -> Question:
        query = Query(parse_filters(filters, ACCOUNT_FIELDS), sort, Page(PAGE, offset), search)

        async def ask() -> str:
            rows, total = await listing.page(view, query)
            await listing.rules_of(view, [row["pk"] for row in rows])
            return f"{total.number:,}{'' if total.exact else '+'}"

        return Question(kind, _said(filters, sort, offset, search), ask)

    filters = _account_filters(ground)
    for sort in sorts:
        yield one("sort only, first page", sort)
        for _ in range(4):
            yield one("sort only, any page", sort, offset=chance.randrange(ground.accounts))
        yield one("one department, sort only", sort, view=few)
        yield one("one department, sort only, any page", sort, view=few, offset=chance.randrange(1_000))
    for written in filters:
        for sort in sorts:
            yield one("one filter, first page", sort, written)
        for sort in chance.sample(sorts, 4):
            yield one("one filter, any page", sort, written, offset=_deep(chance, ground.accounts))
            yield one("one department, one filter", sort, written, view=few)
    for place, first in enumerate(filters):
        for second in filters[place + 1 :]:
            yield one("two filters, first page", chance.choice(sorts), first, second)
            offset = _deep(chance, ground.accounts)
            yield one("two filters, any page", chance.choice(sorts), first, second, offset=offset)
    for term in _TERMS:
        for sort in sorts:
            yield one("search, first page", sort, search=term)
        for sort in chance.sample(sorts, 4):
            yield one("search, any page", sort, search=term, offset=_deep(chance, ground.accounts))
            yield one("one department, search", sort, search=term, view=few)
            yield one("search and a filter", sort, chance.choice(filters), search=term)


def _deep(chance: random.Random, most: int) -> int:
    """As people and programs page: to any depth, each order of magnitude as often."""
    return int(most ** chance.random())


_TERMS: Final = (
    "prod",
    "pipeline",
    "research",
    "L1 researcher",
    "forecast-7",
    "ana.1@example.com",
    "-777",
    "airflow-pipeline-test-5",
    "viewer",
    "nothing that there is",
    "zzz",
)


def _account_filters(ground: Ground) -> list[str]:
    return [
        "name=@prod",
        "name=@pipeline-test-12",
        "name=@no-such-name",
        "name=^ci-pipeline-prod",
        "name=$-7",
        "name!@prod",
        "clientId=|ci-pipeline-prod|x",
        "createdBy==admin@keystead.local",
        "createdBy==nobody@example.com",
        "createdBy=@tom.",
        "createdBy=^eva.99",
        "createdBy!=admin@keystead.local",
        "enabled==false",
        "enabled==true",
        "lastLogin==never",
        f"lastLogin<={_ago(90)}",
        f"lastLogin>={_ago(7)}",
        f"createdAt>={_ago(30)}",
        f"updatedAt>={_ago(1)}",
        f"secretCreatedAt<={_ago(365)}",
        "secretExpiresAt!=never",
        "accessRuleCount>=4",
        "accessRuleCount==0",
        "roleId==5",
        "roleId=|1710|2256",
        "roleId!=5",
        f"scope=={ground.project}",
        f"scope=^{ground.cluster}",
        f"scopeId=^{ground.cluster}",
        f"scopeId=={ground.project}",
        "accessRules=@research",
        "accessRules!@research",
        "accessRules==Department administrator",
    ]


# Access rules


def _of_rules(watched: Watched, ground: Ground) -> Iterator[Question]:
    listing = RuleListing(watched, RoleTable())
    chance = random.Random(2)
    sorts = _sorts(RULE_FIELDS)
    rules = ground.accounts * 3

    def one(
        kind: str,
        sort: Sort,
        *filters: str,
        offset: int = 0,
        search: str | None = None,
        seen: Visibility = EVERYTHING,
    ) -> Question:
        query = Query(parse_filters(filters, RULE_FIELDS), sort, Page(PAGE, offset), search)

        async def ask() -> str:
            _, total = await listing.page(seen, query, Wanted())
            return str(total)

        return Question(kind, _said(filters, sort, offset, search), ask)

    filters = _rule_filters(ground)
    for sort in sorts:
        yield one("sort only, first page", sort)
        for _ in range(4):
            yield one("sort only, any page", sort, offset=chance.randrange(rules))
        yield one("one department, sort only", sort, seen=ground.department)
    for written in filters:
        for sort in sorts:
            yield one("one filter, first page", sort, written)
        for sort in chance.sample(sorts, 4):
            yield one("one filter, any page", sort, written, offset=_deep(chance, rules))
            yield one("one department, one filter", sort, written, seen=ground.department)
    for place, first in enumerate(filters):
        for second in filters[place + 1 :]:
            yield one("two filters, first page", chance.choice(sorts), first, second)
    for term in _TERMS:
        for sort in sorts:
            yield one("search, first page", sort, search=term)
        for sort in chance.sample(sorts, 4):
            yield one("one department, search", sort, search=term, seen=ground.department)


def _rule_filters(ground: Ground) -> list[str]:
    return [
        "subjectId=@prod",
        "subjectId=@no-such-name",
        "subjectId=^ci-pipeline-prod",
        "subjectType==user",
        "subjectType==service-account",
        "roleId==5",
        "roleId=|1710|2256",
        "roleName=@researcher",
        "roleName!=Viewer",
        f"scopeId=={ground.project}",
        "scopeName=^atlas",
        "scopeName=@forecast",
        "scopeType==cluster",
        "scopeType==project",
        "createdBy==admin@keystead.local",
        "createdBy=@tom.",
        f"createdAt>={_ago(30)}",
        f"createdAt<={_ago(300)}",
        "deletedAt==never",
        "phase==Deleting",
    ]


# The audit log


def _of_log(watched: Watched, ground: Ground) -> Iterator[Question]:
    log = AuditLog(watched)
    chance = random.Random(3)
    sorts = _sorts(LOG_FIELDS)
    now = int(time.time()) * SECOND
    spans = {"a day": 1, "a month": 30, "two years": 730}

    def one(
        kind: str,
        sort: Sort,
        days: int,
        *filters: str,
        offset: int = 0,
        seen: Visibility = EVERYTHING,
    ) -> Question:
        query = Query(parse_filters(filters, LOG_FIELDS), sort, Page(PAGE, offset))
        span = Span(now - days * 86_400 * SECOND, now + SECOND)

        async def ask() -> str:
            rows, total = await _page_of_log(log, seen, span, query)
            await log.clusters_of({row["scope_code"] for row in rows})
            return total

        return Question(kind, f"{days} days, {_said(filters, sort, offset)}", ask)

    by_time = [sort for sort in sorts if sort.field == "timestamp"]
    for words, days in spans.items():
        for sort in sorts:
            kind = "by time" if sort in by_time else "other order"
            yield one(f"{kind}, {words}, first page", sort, days)
        for sort in by_time:
            for _ in range(6):
                yield one(
                    f"by time, {words}, any page", sort, days, offset=_deep(chance, ground.accounts * 4)
                )
            yield one(f"one department, by time, {words}", sort, days, seen=ground.department)
            for written in _LOG_FILTERS:
                yield one(f"one filter, by time, {words}", sort, days, written)
            for place, first in enumerate(_LOG_FILTERS):
                for second in _LOG_FILTERS[place + 1 :]:
                    yield one(f"two filters, by time, {words}", sort, days, first, second)


async def _page_of_log(
    log: AuditLog, seen: Visibility, span: Span, query: Query
) -> tuple[Sequence[Any], str]:
    total = await log.total(seen, span, query)
    rows, _ = await log.page(seen, span, query, PAGE)
    return rows, f"{total.number:,}{'' if total.exact else '+'}"


_LOG_FILTERS: Final = (
    "subject==admin@keystead.local",
    "subject=@pipeline",
    "subject=^airflow-pipeline-test-5",
    "subject=@nobody-of-that-name",
    "subject_type==App",
    "source_ip=^192.0.2.",
    "source_ip==198.51.100.77",
    "action==create",
    "action==sign-in",
    "action==delete",
    "result==Failed",
    "result==Succeeded",
    "url=@/token",
    "entity_type==access-rule",
    "entity_type==project",
    "entity_name=@forecast",
    "entity_name==etl-exporter-test-8222",
    "cluster_name=^atlas",
    "cluster_name==nothing",
)

_LISTS: Final[Mapping[str, Callable[[Watched, Ground], Iterator[Question]]]] = {
    "accounts": _of_accounts,
    "rules": _of_rules,
    "audit": _of_log,
}

if __name__ == "__main__":
    main()

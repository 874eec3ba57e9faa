"""What a decision takes inside the process, beside cedarpy and casbin in the same run.

    python -m bench.decisions [--subjects 100000] [--projects 10000] [--rounds 5] [--calls 50000]

A decision is what a request meets: the subject by its id, the place by its id, and whether the subject's rules allow
it there. The same organisation and questions for all, and the answers must agree. Each call is timed by itself, so the
timer's own 0.1 us is in every figure. cedarpy and casbin run in processes of their own and take turns with ours.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench.decision_world import Question, World, make_world
from bench.measure import ROOT, machine, memory, percentile, spread, write_results
from bench.peers import installed
from keystead.access_rules.index import SERVICE_ACCOUNT, SubjectIndex
from keystead.authz import tree
from keystead.authz.tree import Level
from keystead.authz.vocabulary import ACTION_BY_WORD, BY_NAME, Permission, permissions_of
from keystead.changes.feed import Feed
from keystead.db.migrate import upgrade
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.bounded import BoundedCache
from keystead.org_units.codes import ScopeCodes
from keystead.roles.model import RoleTable

OURS: Final = "Keystead"
_ROLES: Final = (4, 5, 6, 7, 8, 9, 10, 11, 12, 373, 1710, 2256)


class Figures(NamedTuple):
    """Microseconds a decision, of one round."""

    p50: float
    p99: float
    mean: float


def main() -> None:
    options = _options()
    installed.install()
    roles = RoleTable()
    held = {
        f"role_{role_id}": [str(one) for one in permissions_of(role.mask) if one.resource.name in BY_NAME]
        for role_id in _ROLES
        if (role := roles.find(role_id)) is not None
    }
    world = make_world(held, options.subjects, options.projects, options.calls)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        world.write(folder / "world.json")
        _fill(folder / "keystead.db", world)
        others = {
            who: stack.enter_context(_Other.running(who, folder / "world.json", options.others_calls))
            for who in ("cedarpy", "casbin")
        }
        asyncio.run(_measure(folder / "keystead.db", world, others, options))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.decisions", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--subjects", type=int, default=100_000, help="subjects, with three rules each (100,000)"
    )
    parser.add_argument("--projects", type=int, default=10_000, help="projects (10,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of all (5)")
    parser.add_argument("--calls", type=int, default=50_000, help="decisions a round (50,000)")
    parser.add_argument("--others-calls", type=int, default=2_000, help="the same of the others (2,000)")
    return parser.parse_args()


def _fill(path: Path, world: World) -> None:
    """The rows that a decision reads, as changes would have left them."""
    upgrade(path)
    codes = _codes(world)
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO org_unit (id, level, code, parent_id, name, name_folded, last_ordinal, created_at, "
            "updated_at, created_by_id, fields) VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0, '{}')",
            [
                (scope, int(tree.level_of(code)), code, world.parents.get(scope), scope, scope)
                for scope, code in codes.items()
            ],
        )
        database.executemany(
            "INSERT INTO account (id, name, home_id, home_code, created_by_id, created_at, updated_at, enabled, "
            "generation, role_set_id, rule_count, description, labels) "
            "VALUES (?, ?, '1', 0, 0, 0, 0, 1, 1, 0, 0, '', '{}')",
            [(subject, subject) for subject in world.rules],
        )
        database.executemany(
            "INSERT OR IGNORE INTO rule (subject_type, subject_id, subject_name, subject_name_folded, role_id, "
            "scope_id, scope_code, created_by_id, created_at, updated_at) "
            "VALUES ('service-account', ?, ?, ?, ?, ?, ?, 0, 0, 0)",
            [
                (subject, subject, subject, int(role.removeprefix("role_")), scope, codes[scope])
                for subject, rules in world.rules.items()
                for role, scope in rules
            ],
        )


def _codes(world: World) -> dict[str, int]:
    """By id the code of each scope, parents before children as the world has them."""
    scopes = {"tenant": tree.Scope("tenant", Level.TENANT, 0, "")}
    ordinals: dict[str, int] = {}
    for scope, parent in world.parents.items():
        ordinals[parent] = ordinals.get(parent, 0) + 1
        above = scopes[parent]
        code = tree.child_code(above, ordinals[parent])
        scopes[scope] = tree.Scope(scope, Level(above.level + 1), code, scope)
    return {scope.id: scope.code for scope in scopes.values()}


async def _measure(
    path: Path, world: World, others: dict[str, "_Other"], options: argparse.Namespace
) -> None:
    database = SqliteDatabase(path)
    feed = Feed(0)
    decider = _Decider(SubjectIndex(database, RoleTable(), feed), ScopeCodes(database, feed))
    begun = memory().own
    answers = [await decider.decide(question) for question in world.questions]
    grown = memory().own - begun
    for who, other in others.items():
        if other.answers != answers[: len(other.answers)]:
            sys.exit(f"{who} decides otherwise")
    taken: dict[str, list[Figures]] = {who: [] for who in (OURS, *others)}
    for _ in range(options.rounds):
        taken[OURS].append(_figures(await decider.round(world.questions)))
        for who, other in others.items():
            taken[who].append(_figures(other.round()))
    await database.close()
    _print(taken, others, answers, decider.subjects.cache, grown, options)


class _Decider:
    def __init__(self, subjects: SubjectIndex, scopes: ScopeCodes) -> None:
        self.subjects = subjects
        self._scopes = scopes
        self._permissions: dict[tuple[str, str], Permission] = {}

    async def decide(self, question: Question) -> bool:
        """As the check for proxies does it, once it knows whose token it is: its permissions are made beforehand."""
        permission = self._permission(question)
        state = await self.subjects.find(SERVICE_ACCOUNT, question.subject)
        code = await self._scopes.find(question.project)
        return state is not None and code is not None and state.grants.allows(permission, code)

    def _permission(self, question: Question) -> Permission:
        key = (question.action, question.resource)
        if key not in self._permissions:
            action, resource = ACTION_BY_WORD[question.action], BY_NAME[question.resource]
            self._permissions[key] = Permission(action, resource)
        return self._permissions[key]

    async def round(self, questions: Sequence[Question]) -> list[float]:
        subjects, scopes = self.subjects, self._scopes
        took = []
        for question in questions:
            permission = self._permission(question)
            begun = time.perf_counter_ns()
            state = await subjects.find(SERVICE_ACCOUNT, question.subject)
            code = await scopes.find(question.project)
            if state is not None and code is not None:
                state.grants.allows(permission, code)
            took.append((time.perf_counter_ns() - begun) / 1000)
        return took


class _Other:
    """A decider in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        first = self._read()
        self.loaded: float = first["loaded"]
        self.answers: list[bool] = first["answers"]

    @classmethod
    @contextmanager
    def running(cls, who: str, world: Path, calls: int) -> Iterator["_Other"]:
        process = subprocess.Popen(
            [installed.PYTHON, "-m", "bench.peers.deciders", who, world, str(calls)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield cls(process)
        finally:
            process.terminate()
            process.wait(10)

    def round(self) -> list[float]:
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        took: list[float] = self._read()
        return took

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


def _figures(took: Sequence[float]) -> Figures:
    return Figures(statistics.median(took), percentile(took, 0.99), statistics.fmean(took))


def _print(
    taken: dict[str, list[Figures]],
    others: dict[str, _Other],
    answers: list[bool],
    cache: BoundedCache[str, Any],
    grown: float,
    options: argparse.Namespace,
) -> None:
    print(machine())
    print(
        f"{options.subjects:,} subjects, {3 * options.subjects:,} rules, {options.projects:,} projects; "
        f"{options.rounds} rounds; us a decision; medians of rounds (least to most)"
    )
    print(f"{'':12} {'p50':>24} {'p99':>24} {'mean':>24} {'of Keystead p50':>16}")
    ours = statistics.median(one.p50 for one in taken[OURS])
    results: dict[str, object] = {}
    for who, rounds in taken.items():
        p50 = statistics.median(one.p50 for one in rounds)
        columns = " ".join(
            f"{spread([getattr(one, field) for one in rounds], ',.2f'):>24}" for field in Figures._fields
        )
        print(f"{who:12} {columns} {p50 / ours:15.1f}x")
        results[who] = {
            field: round(statistics.median(getattr(one, field) for one in rounds), 3)
            for field in Figures._fields
        }
    allowed = sum(answers) / len(answers)
    share = cache.hits / (cache.hits + cache.misses)
    print(
        f"allowed: {allowed:.0%}; subjects remembered: {len(cache):,} ({share:.0%} of look-ups), "
        f"which took {grown:.0f} MiB"
    )
    for who, other in others.items():
        print(f"{who} loaded all of it in {other.loaded:.1f} s and decided the first {len(other.answers):,}")
    write_results(
        "decisions",
        {
            "deciders": results,
            "remembered": len(cache),
            "rememberedMiB": round(grown, 1),
            "loadedSeconds": {who: round(other.loaded, 1) for who, other in others.items()},
            "versions": installed.versions(),
        },
    )


if __name__ == "__main__":
    main()

"""Grants and decisions as accounts grow from a thousand to a million, in one run.

    python -m bench.growth [--sizes 1000 10000 100000 1000000] [--keep DIR] [--at-work 1000]

A server and a database of each size; they take turns. Grants are asked for by accounts from all over the database, as
many at every size, so that what grows is the data alone; or, with more at work than the smallest has, what is at
work as well. Decisions are those of `bench.decisions`, about as many subjects. With --keep the databases stay in DIR,
one folder for each size.
"""

import argparse
import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from bench import organisation
from bench.measure import (
    FORM,
    Load,
    Round,
    machine,
    pin,
    ratios,
    spread,
    summary,
    take_turns,
    write_results,
    write_script,
    written,
)
from keystead.access_rules.index import SERVICE_ACCOUNT, SubjectIndex
from keystead.authz.vocabulary import BY_NAME, Action, Permission
from keystead.changes.feed import Feed
from keystead.db.sqlite import SqliteDatabase
from keystead.org_units.codes import ScopeCodes
from keystead.roles.model import RoleTable
from tests.serving import Server

_FEW: Final = 1_000
_PERMISSION: Final = Permission(Action.READ, BY_NAME["jobs"])


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        data = {size: (options.keep or folder) / str(size) for size in options.sizes}
        for size, data_dir in data.items():
            organisation.make(data_dir, size)
        decisions = {size: asyncio.run(_decisions(data_dir, options)) for size, data_dir in data.items()}
        turns = {}
        for size, data_dir in data.items():
            server = stack.enter_context(Server(data_dir))
            pin(server.pid)
            bodies = [
                urlencode(organisation.grant_form(one))
                for one in organisation.names(data_dir, options.at_work)
            ]
            script = write_script(folder / f"{size}.lua", "POST", FORM, bodies)
            load = Load(script, f"{server.url}/api/v2/token", [server.pid])
            turns[str(size)] = partial(_round, load, options.seconds)
        rounds = take_turns(turns, options.rounds)
    _print(rounds, decisions, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="where the databases are kept, and used again")
    parser.add_argument("--at-work", type=int, default=_FEW, help="accounts that ask for tokens (1,000)")
    parser.add_argument("--rounds", type=int, default=4, help="rounds of all sizes (4)")
    parser.add_argument("--seconds", type=int, default=3, help="seconds a round, for each size (3)")
    return parser.parse_args()


def _round(load: Load, seconds: int) -> tuple[Round, float]:
    """Also the KiB that the server wrote for each grant: its files, its log, and the answer of one."""
    (pid,) = load.processes
    before = written(pid)
    taken = load.round(seconds)
    return taken, (written(pid) - before) / 1024 / (taken.rate * seconds)


async def _decisions(data_dir: Path, options: argparse.Namespace) -> float:
    """The median of what one takes, in microseconds, once subjects and places are remembered."""
    with closing(sqlite3.connect(data_dir / organisation.DATABASE)) as raw:
        step = max(1, raw.execute("SELECT max(pk) FROM account").fetchone()[0] // options.at_work)
        asked = raw.execute(
            "SELECT subject_id, scope_id FROM rule WHERE account_pk IS NOT NULL AND account_pk % ? = 0",
            (step,),
        ).fetchall()
    random.Random(1).shuffle(asked)
    database, feed = SqliteDatabase(data_dir / organisation.DATABASE), Feed(0)
    subjects, scopes = SubjectIndex(database, RoleTable(), feed), ScopeCodes(database, feed)
    took: list[int] = []
    for number in range(-1, options.rounds):
        for subject_id, scope_id in asked:
            begun = time.perf_counter_ns()
            state = await subjects.find(SERVICE_ACCOUNT, subject_id)
            code = await scopes.find(scope_id)
            if state is not None and code is not None:
                state.grants.allows(_PERMISSION, code)
            if number >= 0:
                took.append(time.perf_counter_ns() - begun)
    await database.close()
    return statistics.median(took) / 1000


def _print(
    rounds: dict[str, list[tuple[Round, float]]], decisions: dict[int, float], options: argparse.Namespace
) -> None:
    print(machine())
    print(f"{options.rounds} rounds of {options.seconds} s for each size; medians (least to most)")
    print(
        f"{'accounts':>12} {'grants/s':>24} {'of the smallest':>18} {'p99 ms':>8} "
        f"{'KiB a grant':>12} {'decision us':>12}"
    )
    smallest = [one.rate for one, _ in rounds[str(options.sizes[0])]]
    results = []
    for size in options.sizes:
        taken = [one for one, _ in rounds[str(size)]]
        kib = statistics.median(one for _, one in rounds[str(size)])
        rates = [one.rate for one in taken]
        of_smallest = ratios(rates, smallest)
        medians = summary(taken)
        print(
            f"{size:12,} {spread(rates):>24} {spread(of_smallest, '.2f'):>18} {medians['p99']:8.2f} "
            f"{kib:12.1f} {decisions[size]:12.2f}"
        )
        grants = medians | {
            "ofSmallest": round(statistics.median(of_smallest), 4),
            "writtenKiB": round(kib, 2),
        }
        results.append({"accounts": size, "grants": grants, "decisionUs": round(decisions[size], 3)})
    write_results("growth" if options.at_work == _FEW else "growth-at-work", results)


if __name__ == "__main__":
    main()

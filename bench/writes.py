"""Creations of accounts a second by 16 clients, and a batch of 10,000 rules, on SQLite at a million accounts.

    python -m bench.writes [--accounts 1000000] [--keep DIR] [--seconds 20]

Over HTTP, each answered when it is durable (`synchronous=FULL`); the log grows past its limit several times meanwhile,
so that checkpoints are in the figure. The database of DIR is copied first: it stays as it was. Beside that, in the
same run, what the disk takes for the least that is durable: 4 KiB appended and `fdatasync`.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx

from bench import organisation
from bench.measure import Load, Round, machine, pin, spread, summary, write_results, write_script
from tests.serving import Server, sign_in

_CLIENTS: Final = 16
_SUBJECTS: Final = 1_000
_SCOPES: Final = 10
_ROLES: Final = (3, 13, 1708)  # nobody has them yet


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.keep and options.keep.parent) as name:
        folder = Path(name)
        data_dir = _data(options, folder)
        with Server(data_dir) as server, sign_in(server.url) as admin:
            pin(server.pid)
            body = f'{{"name":"made-{os.getpid()}-@N@-{{}}","description":"Made by the bench."}}'
            headers = {"Content-Type": "application/json", "Authorization": admin.headers["authorization"]}
            rounds = []
            for number in range(options.rounds + 1):
                # A name of its own for each round, whose numbers begin anew.
                bodies = [body.replace("{}", str(number)), body.replace("{}", f"{number}b")]
                script = write_script(folder / "create.lua", "POST", headers, bodies)
                load = Load(script, f"{server.url}/api/v1/service-accounts", [server.pid], _CLIENTS)
                took = load.round(options.seconds if number else 1)
                if number:
                    rounds.append(took)
            batches = [_batch(admin, organisation.names(data_dir, _SUBJECTS), role_id) for role_id in _ROLES]
            log = (data_dir / "keystead.db-wal").stat().st_size / 1e6
        disk = _disk(folder)
    _print(rounds, batches, disk, log, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.writes", description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=1_000_000, help="how many accounts (1,000,000)")
    parser.add_argument("--keep", type=Path, help="where the database is kept, to be copied from")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of creations (2)")
    parser.add_argument("--seconds", type=int, default=20, help="seconds of a round (20)")
    return parser.parse_args()


def _data(options: argparse.Namespace, folder: Path) -> Path:
    if options.keep is None:
        organisation.make(folder / "var", options.accounts)
    else:
        organisation.make(options.keep, options.accounts)
        shutil.copytree(options.keep, folder / "var")
    return folder / "var"


def _batch(admin: httpx.Client, names: Sequence[str], role_id: int) -> float:
    """Seconds that it took to give a thousand accounts a role in ten projects."""
    projects = admin.get("/api/v1/org-unit/projects", params={"limit": _SCOPES}).json()["projects"]
    payload: dict[str, Any] = {
        "subjects": [{"subjectId": name, "subjectType": "service-account"} for name in names],
        "scopes": [{"scopeId": one["id"], "scopeType": "project"} for one in projects],
        "roleId": role_id,
    }
    begun = time.perf_counter()
    answer = admin.post(
        "/api/v1/authorization/access-rules/batch-create", json={"payload": payload}, timeout=120
    )
    took = time.perf_counter() - begun
    answer.raise_for_status()
    made = len(answer.json()["succeeded"])
    if made < _SUBJECTS * _SCOPES:
        raise AssertionError(f"{made} rules were made: {answer.text[:300]}")
    return took


def _disk(folder: Path) -> float:
    """The median of what a durable append takes, in milliseconds."""
    took = []
    with (folder / "appended").open("wb", buffering=0) as file:
        for _ in range(500):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def _print(
    rounds: Sequence[Round], batches: Sequence[float], disk: float, log: float, options: argparse.Namespace
) -> None:
    print(machine())
    print(
        f"{options.accounts:,} accounts, SQLite; {options.rounds} rounds of {options.seconds} s from {_CLIENTS} clients"
    )
    figures = summary(rounds)
    print(
        f"accounts created a second: {spread([one.rate for one in rounds])}; p50 {figures['p50']:.1f} ms, "
        f"p99 {figures['p99']:.1f} ms, CPU {figures['cpu']:.0f} us"
    )
    print(f"batch of {_SUBJECTS * _SCOPES:,} rules: {spread(batches, '.2f')} s")
    print(f"a durable append takes {disk:.3f} ms here; the log ended at {log:.0f} MB")
    write_results(
        "writes",
        {
            "accounts": options.accounts,
            "creations": figures,
            "batchSeconds": [round(one, 3) for one in batches],
            "durableAppendMs": round(disk, 4),
        },
    )


if __name__ == "__main__":
    main()

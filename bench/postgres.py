"""Grants on PostgreSQL: one worker beside the floor, two workers beside one, and secrets sent as HTTP Basic.

    python -m bench.postgres [--rounds 4] [--seconds 3] [--connections 32]

PostgreSQL (of PyPI, `fsync` on) shares the load's core, so that a worker's core is its own. Two workers share the one
core too: what counts of them is grants for each second of CPU, which says what a second worker costs the first.
"""

import argparse
import base64
import statistics
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from bench.measure import (
    FORM,
    LOAD_CORE,
    Load,
    Round,
    options,
    pin,
    print_conditions,
    print_of_floor,
    ratios,
    spread,
    take_turns,
    write_results,
    write_script,
)
from bench.peers import serving
from bench.peers.serving import CLIENT_ID
from tests.postgres import PostgresServer
from tests.serving import Server

FLOOR = "floor"
ONE = "PostgreSQL, one worker"
TWO = "PostgreSQL, two workers"
ONE_BASIC = "PostgreSQL, one worker, Basic"
SQLITE = "SQLite"
SQLITE_BASIC = "SQLite, Basic"


def main() -> None:
    asked = options("bench.postgres", __doc__, 4, 3)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        postgres = stack.enter_context(PostgresServer(fsync=True))
        pin(postgres.pid, [LOAD_CORE])
        turns = {}
        for who, on_postgres, workers in ((SQLITE, False, 1), (ONE, True, 1), (TWO, True, 2)):
            settings = {"KEYSTEAD_WORKERS": str(workers)}
            if on_postgres:
                settings["KEYSTEAD_DATABASE_URL"] = postgres.dsn(postgres.create_database())
            server = stack.enter_context(Server(folder / who.replace(" ", ""), settings))
            secret = serving.new_client(server.url)
            pin(server.pid)
            scripts = {
                who: write_script(
                    folder / f"{server.port}.lua", "POST", FORM, urlencode(serving.form(secret))
                )
            }
            if workers == 1:
                scripts[f"{who}, Basic"] = _basic(folder / f"{server.port}-basic.lua", secret)
            for what, script in scripts.items():
                load = Load(script, f"{server.url}/api/v2/token", [server.pid], asked.connections)
                turns[what] = partial(load.round, asked.seconds)
            if who == SQLITE:
                peer = stack.enter_context(serving.floor(folder, secret))
                pin(peer.pid)
                load = Load(scripts[who], peer.url, [peer.pid], asked.connections)
                turns[FLOOR] = partial(load.round, asked.seconds)
        rounds = take_turns(turns, asked.rounds)
    _print(rounds, asked)


def _basic(path: Path, secret: str) -> Path:
    credentials = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    headers = FORM | {"Authorization": f"Basic {credentials}"}
    return write_script(path, "POST", headers, "grant_type=client_credentials")


def _print(rounds: dict[str, list[Round]], asked: argparse.Namespace) -> None:
    print_conditions(asked, "load and PostgreSQL")
    figures = print_of_floor(rounds, FLOOR)
    per_cpu = ratios([one.cpu for one in rounds[ONE]], [one.cpu for one in rounds[TWO]])
    print(f"grants for each second of CPU, two workers / one: {spread(per_cpu, '.2f')}")
    write_results("postgres", {"servers": figures, "perCpuSecondOfTwo": round(statistics.median(per_cpu), 4)})


if __name__ == "__main__":
    main()

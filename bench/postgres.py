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
    SERVER_CORE,
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
)
from bench.peers import serving
from bench.peers.serving import CLIENT_ID
from tests.postgres import PostgresServer
from tests.serving import Server, sign_in

FLOOR = "floor"
ONE = "PostgreSQL, one worker"
TWO = "PostgreSQL, two workers"
ONE_BASIC = "PostgreSQL, one worker, Basic"
SQLITE = "SQLite"
SQLITE_BASIC = "SQLite, Basic"


def main() -> None:
    options = _options()
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
            secret = _secret(server.url)
            pin(server.pid)
            scripts = {
                who: write_script(
                    folder / f"{server.port}.lua", "POST", FORM, urlencode(serving.form(secret))
                )
            }
            if workers == 1:
                scripts[f"{who}, Basic"] = _basic(folder / f"{server.port}-basic.lua", secret)
            for what, script in scripts.items():
                load = Load(script, f"{server.url}/api/v2/token", [server.pid], options.connections)
                turns[what] = partial(load.round, options.seconds)
            if who == SQLITE:
                peer = stack.enter_context(serving.floor(folder, secret))
                pin(peer.pid)
                load = Load(scripts[who], peer.url, [peer.pid], options.connections)
                turns[FLOOR] = partial(load.round, options.seconds)
        rounds = take_turns(turns, options.rounds)
    _print(rounds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.postgres", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4, help="rounds of all (4)")
    parser.add_argument("--seconds", type=int, default=3, help="seconds a round, for each (3)")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (32)")
    return parser.parse_args()


def _secret(url: str) -> str:
    with sign_in(url) as admin:
        answer = admin.post("/api/v1/service-accounts", json={"name": CLIENT_ID})
        answer.raise_for_status()
        return str(answer.json()["clientSecret"])


def _basic(path: Path, secret: str) -> Path:
    credentials = base64.b64encode(f"{CLIENT_ID}:{secret}".encode()).decode()
    headers = FORM | {"Authorization": f"Basic {credentials}"}
    return write_script(path, "POST", headers, "grant_type=client_credentials")


def _print(rounds: dict[str, list[Round]], options: argparse.Namespace) -> None:
    print(machine())
    print(
        f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections, server on core "
        f"{SERVER_CORE}, load and PostgreSQL on core {LOAD_CORE}; medians (least to most)"
    )
    print(f"{'':30} {'grants/s':>24} {'of the floor':>18} {'p50 ms':>9} {'p99 ms':>9} {'CPU us':>9}")
    floor = [one.rate for one in rounds[FLOOR]]
    figures = {}
    for who, taken in rounds.items():
        rates = [one.rate for one in taken]
        of_floor = ratios(rates, floor)
        medians = summary(taken)
        figures[who] = medians | {"ofFloor": round(statistics.median(of_floor), 4)}
        print(
            f"{who:30} {spread(rates):>24} {spread(of_floor, '.2f'):>18} "
            f"{medians['p50']:9.2f} {medians['p99']:9.2f} {medians['cpu']:9.1f}"
        )
    per_cpu = ratios([one.cpu for one in rounds[ONE]], [one.cpu for one in rounds[TWO]])
    print(f"grants for each second of CPU, two workers / one: {spread(per_cpu, '.2f')}")
    write_results("postgres", {"servers": figures, "perCpuSecondOfTwo": round(statistics.median(per_cpu), 4)})


if __name__ == "__main__":
    main()

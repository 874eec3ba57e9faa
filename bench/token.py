"""Grants a second on one core, beside the floor in the same run.

    python -m bench.token [--rounds 6] [--seconds 5] [--connections 32]

Both servers run pinned to one core, wrk to another; they take turns, round by round, so that a slow moment of the
machine meets both. The ratio is taken pair by pair and its median is the figure.
"""

import argparse
import statistics
import tempfile
from functools import partial
from pathlib import Path
from typing import Final
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
from tests.serving import Server, sign_in

KEYSTEAD: Final = "Keystead"
FLOOR: Final = "floor"


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name, Server(Path(name) / "var") as server:
        folder, secret = Path(name), _secret(server.url)
        script = write_script(folder / "grant.lua", "POST", FORM, urlencode(serving.form(secret)))
        with serving.floor(folder, secret) as floor:
            asked = {KEYSTEAD: (f"{server.url}/api/v2/token", server.pid), FLOOR: (floor.url, floor.pid)}
            turns = {}
            for who, (url, pid) in asked.items():
                pin(pid)
                turns[who] = partial(Load(script, url, [pid], options.connections).round, options.seconds)
            rounds = take_turns(turns, options.rounds)
    _print(rounds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.token", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=6, help="paired rounds (6)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds a round, for each server (5)")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (32)")
    return parser.parse_args()


def _secret(url: str) -> str:
    with sign_in(url) as admin:
        answer = admin.post("/api/v1/service-accounts", json={"name": serving.CLIENT_ID})
        answer.raise_for_status()
        return str(answer.json()["clientSecret"])


def _print(rounds: dict[str, list[Round]], options: argparse.Namespace) -> None:
    print(machine())
    print(
        f"{options.rounds} paired rounds of {options.seconds} s, {options.connections} connections, "
        f"server on core {SERVER_CORE}, load on core {LOAD_CORE}; medians (least to most)"
    )
    print(f"{'':10} {'grants/s':>24} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>8}")
    figures = {who: summary(taken) for who, taken in rounds.items()}
    for who, taken in rounds.items():
        medians = figures[who]
        print(
            f"{who:10} {spread([one.rate for one in taken]):>24} {medians['p50']:8.2f} {medians['p99']:8.2f} "
            f"{medians['cpu']:8.1f}"
        )
    of_floor = ratios([one.rate for one in rounds[KEYSTEAD]], [one.rate for one in rounds[FLOOR]])
    cpu = ratios([one.cpu for one in rounds[FLOOR]], [one.cpu for one in rounds[KEYSTEAD]])
    print(f"ratio of grants, Keystead / floor: {spread(of_floor, '.2f')}")
    print(f"ratio of CPU a grant, floor / Keystead: {spread(cpu, '.2f')}")
    write_results(
        "token",
        {
            "servers": figures,
            "ofFloor": round(statistics.median(of_floor), 4),
            "cpuOfFloor": round(statistics.median(cpu), 4),
        },
    )


if __name__ == "__main__":
    main()

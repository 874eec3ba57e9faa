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
from tests.serving import Server

KEYSTEAD: Final = "Keystead"
FLOOR: Final = "floor"


def main() -> None:
    asked = options("bench.token", __doc__, 6, 5)
    with tempfile.TemporaryDirectory() as name, Server(Path(name) / "var") as server:
        folder, secret = Path(name), serving.new_client(server.url)
        script = write_script(folder / "grant.lua", "POST", FORM, urlencode(serving.form(secret)))
        with serving.floor(folder, secret) as floor:
            servers = {KEYSTEAD: serving.Peer(f"{server.url}/api/v2/token", server.pid), FLOOR: floor}
            turns = {}
            for who, (url, pid) in servers.items():
                pin(pid)
                turns[who] = partial(Load(script, url, [pid], asked.connections).round, asked.seconds)
            rounds = take_turns(turns, asked.rounds)
    _print(rounds, asked)


def _print(rounds: dict[str, list[Round]], asked: argparse.Namespace) -> None:
    print_conditions(asked)
    figures = print_of_floor(rounds, FLOOR)
    cpu = ratios([one.cpu for one in rounds[FLOOR]], [one.cpu for one in rounds[KEYSTEAD]])
    print(f"ratio of CPU a grant, floor / Keystead: {spread(cpu, '.2f')}")
    write_results("token", {"servers": figures, "cpuOfFloor": round(statistics.median(cpu), 4)})


if __name__ == "__main__":
    main()

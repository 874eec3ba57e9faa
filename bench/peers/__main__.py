"""Grants a second on one core of Keystead and of other token servers, beside the floor in the same run.

    python -m bench.peers [--rounds 3] [--seconds 3] [--connections 32] [--install]

Installs the peers where they are missing: see `bench/peers/installed.py`. Each server runs alone on its core and takes
turns with the others; the slowest has rounds of twice that.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
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
from bench.peers import installed, serving
from bench.peers.serving import CLIENT_ID, Peer
from tests.serving import Server, sign_in

OURS = "Keystead"
FLOOR = "floor"
SLOW = "django-oauth-toolkit, hashed"
_LONGER = 2  # times as long a round, or it would hardly answer within one


def main() -> None:
    options = _options()
    installed.install()
    if options.install:
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(Server(folder / "var"))
        secret = _secret(server.url)
        servers = {
            OURS: Peer(f"{server.url}/api/v2/token", server.pid),
            FLOOR: stack.enter_context(serving.floor(folder, secret)),
            "oidc-provider": stack.enter_context(serving.oidc_provider(folder, secret)),
            "Authlib, Flask": stack.enter_context(serving.authlib(folder, secret)),
            "django-oauth-toolkit, plain": stack.enter_context(serving.django(folder, secret, hashed=False)),
            SLOW: stack.enter_context(serving.django(folder, secret, hashed=True)),
        }
        script = write_script(folder / "grant.lua", "POST", FORM, urlencode(serving.form(secret)))
        turns: dict[str, Callable[[], Round]] = {}
        for who, peer in servers.items():
            pin(peer.pid)
            load = Load(script, peer.url, [peer.pid], options.connections)
            turns[who] = partial(load.round, options.seconds * (_LONGER if who == SLOW else 1))
        rounds = take_turns(turns, options.rounds)
    _print(rounds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="rounds of all (3)")
    parser.add_argument("--seconds", type=int, default=3, help="seconds a round, for each server (3)")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (32)")
    parser.add_argument("--install", action="store_true", help="only install the peers")
    return parser.parse_args()


def _secret(url: str) -> str:
    with sign_in(url) as admin:
        answer = admin.post("/api/v1/service-accounts", json={"name": CLIENT_ID})
        answer.raise_for_status()
        return str(answer.json()["clientSecret"])


def _print(rounds: dict[str, list[Round]], options: argparse.Namespace) -> None:
    print(machine())
    print(
        f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections, server on core "
        f"{SERVER_CORE}, load on core {LOAD_CORE}; medians (least to most)"
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
            f"{who:30} {spread(rates):>24} {spread(of_floor, '.3f'):>18} "
            f"{medians['p50']:9.2f} {medians['p99']:9.2f} {medians['cpu']:9.1f}"
        )
    times = _times(rounds, "oidc-provider")
    print(f"Keystead / oidc-provider: {spread(times, '.2f')}")
    write_results("peers", {"servers": figures, "versions": installed.versions()})


def _times(rounds: dict[str, list[Round]], other: str) -> Sequence[float]:
    return ratios([one.rate for one in rounds[OURS]], [one.rate for one in rounds[other]])


if __name__ == "__main__":
    main()

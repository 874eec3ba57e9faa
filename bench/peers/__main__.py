"""Grants a second on one core of Keystead and of other token servers, beside the floor in the same run.

    python -m bench.peers [--rounds 3] [--seconds 3] [--connections 32] [--install]

Installs the peers where they are missing: see `bench/peers/installed.py`. Each server runs alone on its core and takes
turns with the others; the slowest has rounds of twice that.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
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
from bench.peers import installed, serving
from bench.peers.serving import Peer
from tests.serving import Server

OURS = "Keystead"
FLOOR = "floor"
SLOW = "django-oauth-toolkit, hashed"
_LONGER = 2  # times as long a round, or it would hardly answer within one


def main() -> None:
    asked = options("bench.peers", __doc__, 3, 3, flags={"install": "only install the peers"})
    installed.install()
    if asked.install:
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        server = stack.enter_context(Server(folder / "var"))
        secret = serving.new_client(server.url)
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
            load = Load(script, peer.url, [peer.pid], asked.connections)
            turns[who] = partial(load.round, asked.seconds * (_LONGER if who == SLOW else 1))
        rounds = take_turns(turns, asked.rounds)
    _print(rounds, asked)


def _print(rounds: dict[str, list[Round]], asked: argparse.Namespace) -> None:
    print_conditions(asked)
    figures = print_of_floor(rounds, FLOOR)
    times = _times(rounds, "oidc-provider")
    print(f"Keystead / oidc-provider: {spread(times, '.2f')}")
    write_results("peers", {"servers": figures, "versions": installed.versions()})


def _times(rounds: dict[str, list[Round]], other: str) -> Sequence[float]:
    return ratios([one.rate for one in rounds[OURS]], [one.rate for one in rounds[other]])


if __name__ == "__main__":
    main()

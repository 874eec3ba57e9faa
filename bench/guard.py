"""What a token costs an API behind keystead-guard, beside verifying its signature anew, in the same run.

    python -m bench.guard [--rounds 7] [--calls 20000]

One process, no network: the guard's line to Keystead is a stand-in that answers at once. Ways take turns, round by
round, so that a slow moment of the machine meets all of them; medians are the figures.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from keystead.changes.model import Subject
from keystead.kit.clock import SystemClock
from keystead.tokens.issuer import Earned, Issuer
from keystead.tokens.key_life import KeyLife
from keystead.tokens.signing_keys import SigningKey, SigningKeys
from keystead_guard import Guard
from keystead_guard.asgi import GuardMiddleware
from keystead_guard.jose import open_token, read_key_set

_URL = "http://keystead.example"
Call = Callable[[], Awaitable[object]]


def main() -> None:
    options = _options()
    asyncio.run(_measure(options.rounds, options.calls))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, help="rounds, of which the median counts (7)")
    parser.add_argument("--calls", type=int, default=20_000, help="calls a round (20000)")
    return parser.parse_args()


class _Keystead:
    """Answers as a server would: keys, a feed on which nothing happens, tokens that are good."""

    def __init__(self) -> None:
        clock = SystemClock()
        key = SigningKey.generate()
        self.keys = SigningKeys([key], [KeyLife(key.kid, 0, 0, None)])
        self.issuer = Issuer(_URL, 1, 3600, 3600, self.keys, clock)
        self._now = clock.now() // 1_000_000

    def token(self) -> str:
        subject = Subject("service-account", "9f55255e-11ed-47c7-acef-fc4054768dbc", "ci-pipeline")
        earned = Earned(subject, "ci-pipeline", "0b0ed1c7-1b64-4b7e-8b0e-8f3e3f6a0a0b", 1, _URL)
        return self.issuer.issue(earned).access_token

    def answer(self, request: httpx.Request) -> httpx.Response:
        nothing: dict[str, Any] = {"subjects": [], "credentials": [], "tokens": [], "signingKeys": False}
        nothing |= {"rights": False, "version": 1, "hash": "0" * 64, "at": self._now}
        content: dict[str, Any] = {
            "/.well-known/jwks.json": self.keys.jwks(self._now * 1_000_000),
            "/api/v2/token": {"access_token": "x", "expires_in": 3600},
            "/api/v2/introspect": {"active": True},
            "/api/v1/changes": nothing | {"reload": "after" not in request.url.params},
        }[request.url.path]
        return httpx.Response(200, json=content)


async def _measure(rounds: int, calls: int) -> None:
    keystead = _Keystead()
    token = keystead.token()
    keys = read_key_set(json.loads(json.dumps(keystead.keys.jwks(0))))
    async with (
        httpx.AsyncClient(transport=httpx.MockTransport(keystead.answer)) as http,
        Guard(_URL, "api", "secret", http=http) as guard,
    ):
        while guard.known(token) is None:
            await guard.authenticate(token)
            await asyncio.sleep(0.05)
        ways = _ways(guard, token, keys)
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, (call, share) in ways.items():
                taken[name].append(await _round(call, calls // share))
    _print(taken, rounds, calls)


def _ways(guard: Guard, token: str, keys: Any) -> dict[str, tuple[Call, int]]:
    """By name what to call, and which share of the calls is enough."""
    scope = {"type": "http", "path": "/jobs", "headers": [(b"authorization", f"Bearer {token}".encode())]}

    async def empty(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    protected = GuardMiddleware(empty, guard)

    async def nothing() -> None:
        return

    async def known() -> object:
        return guard.known(token)

    async def authenticate() -> object:
        return await guard.authenticate(token)

    async def middleware() -> None:
        await protected({**scope}, _never, _never)

    async def verified() -> object:
        return open_token(token, keys.get)

    return {
        "an empty coroutine": (nothing, 1),
        "known(): a token seen before": (known, 1),
        "authenticate(): a token seen before": (authenticate, 1),
        "the ASGI middleware, a token seen before": (middleware, 1),
        "its signature and claims, anew": (verified, 20),
    }


async def _never(*_: Any) -> Any:
    raise AssertionError("nothing is received or sent")


async def _round(call: Call, calls: int) -> float:
    """Microseconds a call."""
    started = time.perf_counter()
    for _ in range(calls):
        await call()
    return (time.perf_counter() - started) / calls * 1e6


def _print(taken: dict[str, list[float]], rounds: int, calls: int) -> None:
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores; "
        f"{rounds} rounds of {calls} calls; medians (least to most)"
    )
    anew = statistics.median(taken["its signature and claims, anew"])
    print(f"{'':42} {'us a call':>24} {'ratio':>8}")
    for name, times in taken.items():
        median = statistics.median(times)
        spread = f"{median:.2f} ({min(times):.2f}-{max(times):.2f})"
        print(f"{name:42} {spread:>24} {anew / median:>7.0f}x")
    print("ratio: how many times as long the signature, anew, takes")


if __name__ == "__main__":
    main()

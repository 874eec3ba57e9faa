"""Introspections and proxy checks a second on one core, beside grants by the same server in the same run.

    python -m bench.verification [--rounds 6] [--seconds 5] [--connections 32]

The server runs pinned to one core, wrk to another; what is asked takes turns, round by round. The ratio is taken round
by round and its median is the figure.
"""

import argparse
import statistics
import tempfile
from functools import partial
from pathlib import Path

import httpx

from bench.measure import (
    FORM,
    Load,
    Round,
    options,
    pin,
    print_conditions,
    ratios,
    spread,
    summary,
    take_turns,
    write_results,
    write_script,
)
from tests.serving import Server, sign_in, token_for

_TOKEN_VERIFIER = 99_001
_TABLE = """\
[[rule]]
path = "/clusters/{cluster}/jobs/**"
action = "read"
resource = "jobs"
scope = "{cluster}"
"""


def main() -> None:
    asked = options("bench.verification", __doc__, 6, 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.toml").write_text(_TABLE)
        settings = {"KEYSTEAD_PROXY_RULES": str(folder / "rules.toml")}
        with Server(folder / "var", settings) as server:
            loads = {
                what: Load(script, server.url + path, [server.pid], asked.connections)
                for what, (script, path) in _scripts(folder, server.url).items()
            }
            pin(server.pid)
            turns = {what: partial(load.round, asked.seconds) for what, load in loads.items()}
            rounds = take_turns(turns, asked.rounds)
    _print(rounds, asked)


def _scripts(folder: Path, url: str) -> dict[str, tuple[Path, str]]:
    """By name of what is asked, what wrk sends and where."""
    with sign_in(url) as admin:
        cluster = admin.post("/api/v1/clusters", json={"name": "here"}).json()["uuid"]
        api, api_secret = _account(admin, "jobs-api", _TOKEN_VERIFIER)
        caller, caller_secret = _account(admin, "bench-client", 7)
    token = token_for(url, caller, caller_secret)
    grant = f"grant_type=client_credentials&client_id={caller}&client_secret={caller_secret}"
    asked = {
        "X-Forwarded-Method": "GET",
        "X-Forwarded-Host": "jobs.example.com",
        "X-Forwarded-Uri": f"/clusters/{cluster}/jobs/7",
        "Authorization": f"Bearer {token}",
    }
    by_secret = f"token={token}&client_id={api}&client_secret={api_secret}"
    by_token = FORM | {"Authorization": f"Bearer {token_for(url, api, api_secret)}"}
    wanted = {
        "grant": ("POST", FORM, grant, "/api/v2/token"),
        "introspection by a secret": ("POST", FORM, by_secret, "/api/v2/introspect"),
        "introspection by a token": ("POST", by_token, f"token={token}", "/api/v2/introspect"),
        "proxy check": ("GET", asked, (), "/api/v1/proxy-check"),
    }
    return {
        what: (write_script(folder / f"{number}.lua", method, headers, body), path)
        for number, (what, (method, headers, body, path)) in enumerate(wanted.items())
    }


def _account(admin: httpx.Client, name: str, role: int) -> tuple[str, str]:
    made = admin.post("/api/v1/service-accounts", json={"name": name})
    made.raise_for_status()
    wish = {"subjectId": name, "subjectType": "service-account", "roleId": role}
    given = admin.post(
        "/api/v1/authorization/access-rules", json=wish | {"scopeId": "1", "scopeType": "tenant"}
    )
    given.raise_for_status()
    return name, str(made.json()["clientSecret"])


def _print(rounds: dict[str, list[Round]], asked: argparse.Namespace) -> None:
    print_conditions(asked)
    print(f"{'':28} {'a second':>24} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>8} {'of grants':>10}")
    grants = [one.rate for one in rounds["grant"]]
    figures = {}
    for what, taken in rounds.items():
        rates = [one.rate for one in taken]
        of_grants = statistics.median(ratios(rates, grants))
        medians = summary(taken)
        figures[what] = medians | {"ofGrants": round(of_grants, 3)}
        print(
            f"{what:28} {spread(rates):>24} {medians['p50']:8.2f} {medians['p99']:8.2f} {medians['cpu']:8.1f} "
            f"{of_grants:9.2f}x"
        )
    write_results("verification", figures)


if __name__ == "__main__":
    main()

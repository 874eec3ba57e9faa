"""Introspections and proxy checks a second on one core, beside grants by the same server in the same run.

    python -m bench.verification [--rounds 6] [--seconds 5] [--connections 32]

The server runs pinned to one core, wrk to another; what is asked takes turns, round by round. The ratio is taken round
by round and its median is the figure.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import httpx

from bench.token import LOAD_CORE, SERVER_CORE, Round, machine, pin, run_round
from tests.serving import Server, sign_in, token_for

_TOKEN_VERIFIER = 99_001
_SCRIPT = """\
wrk.method = "{method}"
{headers}
wrk.body = {body}
local bad = 0
function setup(thread) thread:set("bad", 0) threads = threads or {{}} table.insert(threads, thread) end
function response(status) if status ~= 200 then bad = bad + 1 end end
function done(summary, latency, requests)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("bad") end
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), refused + summary.errors.timeout + summary.errors.read + summary.errors.connect))
end
"""
_TABLE = """\
[[rule]]
path = "/clusters/{cluster}/jobs/**"
action = "read"
resource = "jobs"
scope = "{cluster}"
"""


def main() -> None:
    options = _options()
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is missing; on Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "rules.toml").write_text(_TABLE)
        settings = {"KEYSTEAD_PROXY_RULES": str(folder / "rules.toml")}
        with Server(folder / "var", settings) as server:
            scripts = _scripts(folder, server.url)
            pin(server.pid)
            rounds: dict[str, list[Round]] = {what: [] for what in scripts}
            for number in range(options.rounds + 1):
                for what, (script, path) in scripts.items():
                    command = [
                        "taskset",
                        "-c",
                        str(LOAD_CORE),
                        wrk,
                        "-t1",
                        f"-c{options.connections}",
                        "-s",
                        str(script),
                    ]
                    took = run_round(command, options.seconds if number else 1, server.url + path, server.pid)
                    if number:
                        rounds[what].append(took)
    _print(rounds, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.verification", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=6, help="rounds of all three (6)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds a round, for each (5)")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (32)")
    return parser.parse_args()


def _scripts(folder: Path, url: str) -> dict[str, tuple[Path, str]]:
    """By name of what is asked, what wrk sends and where."""
    with sign_in(url) as admin:
        cluster = admin.post("/api/v1/clusters", json={"name": "here"}).json()["uuid"]
        api, api_secret = _account(admin, "jobs-api", _TOKEN_VERIFIER)
        caller, caller_secret = _account(admin, "bench-client", 7)
    token = token_for(url, caller, caller_secret)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    grant = f"grant_type=client_credentials&client_id={caller}&client_secret={caller_secret}"
    asked = {
        "X-Forwarded-Method": "GET",
        "X-Forwarded-Host": "jobs.example.com",
        "X-Forwarded-Uri": f"/clusters/{cluster}/jobs/7",
        "Authorization": f"Bearer {token}",
    }
    by_secret = f"token={token}&client_id={api}&client_secret={api_secret}"
    by_token = form | {"Authorization": f"Bearer {token_for(url, api, api_secret)}"}
    wanted = {
        "grant": ("POST", form, grant, "/api/v2/token"),
        "introspection by a secret": ("POST", form, by_secret, "/api/v2/introspect"),
        "introspection by a token": ("POST", by_token, f"token={token}", "/api/v2/introspect"),
        "proxy check": ("GET", asked, None, "/api/v1/proxy-check"),
    }
    return {
        what: (_script(folder / f"{number}.lua", method, headers, body), path)
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


def _script(path: Path, method: str, headers: dict[str, str], body: str | None) -> Path:
    lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    path.write_text(_SCRIPT.format(method=method, headers=lines, body="nil" if body is None else f'"{body}"'))
    return path


def _print(rounds: dict[str, list[Round]], options: argparse.Namespace) -> None:
    print(machine())
    print(
        f"{options.rounds} rounds of {options.seconds} s, {options.connections} connections, server on core "
        f"{SERVER_CORE}, load on core {LOAD_CORE}; medians (least to most)"
    )
    print(f"{'':28} {'a second':>24} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>8} {'of grants':>10}")
    for what, taken in rounds.items():
        rates = [one.rate for one in taken]
        ratios = [one.rate / grant.rate for one, grant in zip(taken, rounds["grant"], strict=True)]
        spread = f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
        print(
            f"{what:28} {spread:>24} {statistics.median(one.p50 for one in taken):8.2f} "
            f"{statistics.median(one.p99 for one in taken):8.2f} {statistics.median(one.cpu for one in taken):8.1f} "
            f"{statistics.median(ratios):9.2f}x"
        )


if __name__ == "__main__":
    main()

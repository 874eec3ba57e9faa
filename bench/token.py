"""Grants a second on one core, beside the floor in the same run.

    python -m bench.token [--rounds 6] [--seconds 5] [--connections 32]

Both servers run pinned to one core, wrk to another; they take turns, round by round, so that a slow moment of the
machine meets both. The ratio is taken pair by pair and its median is the figure.
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.serving import Server, free_port, sign_in

SERVER_CORE = 0
LOAD_CORE = 1
_SCRIPT = """\
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "grant_type=client_credentials&client_id={client_id}&client_secret={secret}"
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


class Round(NamedTuple):
    """Requests a second; latencies in milliseconds; CPU of the server in microseconds a request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def main() -> None:
    options = _options()
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is missing; on Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "var") as server:
        client_id, secret = "bench-client", _secret(server.url)
        floor_port = free_port()
        floor = subprocess.Popen(
            [sys.executable, "-m", "bench.floor", str(floor_port), client_id, secret, f"{folder}/floor.db"]
        )
        try:
            _wait(f"http://127.0.0.1:{floor_port}", client_id, secret)
            script = Path(folder) / "grant.lua"
            script.write_text(_SCRIPT.format(client_id=client_id, secret=secret))
            for pid in (server.pid, floor.pid):
                pin(pid)
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
            ours_url, floor_url = f"{server.url}/api/v2/token", f"http://127.0.0.1:{floor_port}/"
            run_round(command, 1, ours_url, server.pid)
            run_round(command, 1, floor_url, floor.pid)
            pairs = [
                (
                    run_round(command, options.seconds, ours_url, server.pid),
                    run_round(command, options.seconds, floor_url, floor.pid),
                )
                for _ in range(options.rounds)
            ]
            _print(pairs, options)
        finally:
            floor.terminate()
            floor.wait(10)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.token", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=6, help="paired rounds (6)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds a round, for each server (5)")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (32)")
    return parser.parse_args()


def _secret(url: str) -> str:
    with sign_in(url) as admin:
        answer = admin.post("/api/v1/service-accounts", json={"name": "bench-client"})
        answer.raise_for_status()
        return str(answer.json()["clientSecret"])


def _wait(url: str, client_id: str, secret: str) -> None:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    for _ in range(200):
        try:
            httpx.post(url, data=form).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    sys.exit("the floor did not start")


def pin(pid: int) -> None:
    """All threads of a process onto the server's core."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {SERVER_CORE})


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run_round(command: list[str], seconds: int, url: str, pid: int) -> Round:
    before = _cpu_seconds(pid)
    output = subprocess.run(
        [*command, f"-d{seconds}s", url], capture_output=True, text=True, check=True, timeout=seconds + 30
    ).stdout
    used = _cpu_seconds(pid) - before
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", output)
    if found is None:
        sys.exit(f"wrk said nothing useful:\n{output}")
    requests, duration, p50, p99, failed = map(int, found.groups())
    if failed:
        sys.exit(f"{failed} of {requests} requests failed")
    return Round(requests / duration * 1e6, p50 / 1000, p99 / 1000, used / requests * 1e6)


def _print(pairs: list[tuple[Round, Round]], options: argparse.Namespace) -> None:
    print(machine())
    print(
        f"{options.rounds} paired rounds of {options.seconds} s, {options.connections} connections, "
        f"server on core {SERVER_CORE}, load on core {LOAD_CORE}; medians (least to most)"
    )
    print(f"{'':10} {'grants/s':>24} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>8}")
    for name, rounds in (("Keystead", [ours for ours, _ in pairs]), ("floor", [floor for _, floor in pairs])):
        rates = [one.rate for one in rounds]
        spread = f"{statistics.median(rates):,.0f} ({min(rates):,.0f}-{max(rates):,.0f})"
        print(
            f"{name:10} {spread:>24} {statistics.median(one.p50 for one in rounds):8.2f} "
            f"{statistics.median(one.p99 for one in rounds):8.2f} {statistics.median(one.cpu for one in rounds):8.1f}"
        )
    ratios = [ours.rate / floor.rate for ours, floor in pairs]
    cpu = [floor.cpu / ours.cpu for ours, floor in pairs]
    print(
        f"ratio of grants, Keystead / floor: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    )
    print(f"ratio of CPU a grant, floor / Keystead: {statistics.median(cpu):.2f}")


def machine() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}, {_processor()}, {os.cpu_count()} cores"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


if __name__ == "__main__":
    main()

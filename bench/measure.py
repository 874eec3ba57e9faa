"""What every measurement shares: servers on one core and wrk on another, turns, CPU and memory, and where results go.

Machines are shared and change speed by the minute. So whatever is compared takes turns in short rounds of one run,
ratios are taken round by round, and their median is the figure.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

T = TypeVar("T")
ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = Path(__file__).with_name("results")
SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_LOOK_SECONDS: Final = 0.15
_MOST_LOOKS: Final = 200
_PAGE_KIB: Final = os.sysconf("SC_PAGE_SIZE") // 1024
_SCRIPT: Final = """\
wrk.method = "{method}"
{headers}
{body}
local bad = 0
function setup(thread) thread:set("bad", 0) threads = threads or {{}} table.insert(threads, thread) end
function response(status) if status < 200 or status > 299 then bad = bad + 1 end end
function done(summary, latency, requests)
  local refused = 0
  for _, thread in ipairs(threads) do refused = refused + thread:get("bad") end
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), refused + summary.errors.timeout + summary.errors.read + summary.errors.connect))
end
"""


_IN_TURN: Final = """\
local bodies = {{{bodies}}}
local number = 0
function request()
  number = number + 1
  return wrk.format(nil, nil, nil, (bodies[number % #bodies + 1]:gsub("@N@", number)))
end
"""


class Round(NamedTuple):
    """Requests a second; latencies in milliseconds; CPU of the server in microseconds a request."""

    rate: float
    p50: float
    p99: float
    cpu: float


class Load(NamedTuple):
    """What wrk sends where, and whose CPU it costs. `processes`: the server's, their children are counted too."""

    script: Path
    url: str
    processes: Sequence[int]
    connections: int = 32

    def round(self, seconds: int, *, until_idle: bool = True) -> Round:
        """Fails when a request does. Returns when the server has nothing left to do, or does not wait for that."""
        before = cpu_seconds(self.processes)
        output = subprocess.run(
            [
                *("taskset", "-c", str(LOAD_CORE), _wrk(), "-t1", f"-c{self.connections}", f"-d{seconds}s"),
                *("--timeout", "20s", "-s", str(self.script), self.url),
            ],
            capture_output=True,
            text=True,
            check=True,
            timeout=seconds + 60,
        ).stdout
        used = cpu_seconds(self.processes) - before
        if until_idle:
            _until_idle(self.processes)
        found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", output)
        if found is None:
            sys.exit(f"wrk said nothing useful:\n{output}")
        requests, duration, p50, p99, failed = map(int, found.groups())
        if failed or not requests:
            sys.exit(f"{failed} of {requests} requests failed: {self.url}")
        return Round(requests / duration * 1e6, p50 / 1000, p99 / 1000, used / requests * 1e6)


def _until_idle(processes: Sequence[int]) -> None:
    """What a server still does for a round that is over is not taken from the next one's."""
    used = cpu_seconds(processes)
    for _ in range(_MOST_LOOKS):
        time.sleep(_LOOK_SECONDS)
        before, used = used, cpu_seconds(processes)
        if used - before < _LOOK_SECONDS / 4:
            return
    sys.exit("a server went on working after its round")


def _wrk() -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        sys.exit("wrk is missing; on Debian: apt-get install wrk")
    return wrk


def write_script(
    path: Path, method: str, headers: Mapping[str, str], bodies: str | Sequence[str] = ()
) -> Path:
    """For wrk: one body after the other, again and again. `@N@` in one becomes the request's number."""
    lines = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    if isinstance(bodies, str):
        body = f"wrk.body = [[{bodies}]]"  # without a function, which would cost wrk more
    else:
        body = _IN_TURN.format(bodies=", ".join(f"[[{one}]]" for one in bodies)) if bodies else ""
    path.write_text(_SCRIPT.format(method=method, headers=lines, body=body))
    return path


def options(
    module: str, doc: str | None, rounds: int, seconds: int, *, flags: Mapping[str, str] | None = None
) -> argparse.Namespace:
    """What every measurement with wrk may be told; `flags` are further switches, with what each does."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=(doc or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds, help=f"rounds of all ({rounds})")
    parser.add_argument("--seconds", type=int, default=seconds, help=f"seconds a round, for each ({seconds})")
    parser.add_argument("--connections", type=int, default=32, help="kept-alive connections (32)")
    for name, told in (flags or {}).items():
        parser.add_argument(f"--{name}", action="store_true", help=told)
    return parser.parse_args()


def print_conditions(asked: argparse.Namespace, beside: str = "load") -> None:
    """The machine and how it was measured. `beside`: what had the other core."""
    print(machine())
    print(
        f"{asked.rounds} rounds of {asked.seconds} s, {asked.connections} connections, server on core "
        f"{SERVER_CORE}, {beside} on core {LOAD_CORE}; medians (least to most)"
    )


def print_of_floor(rounds: Mapping[str, Sequence[Round]], floor: str) -> dict[str, dict[str, float]]:
    """A line for each server beside the floor; returns the same for results."""
    print(f"{'':30} {'grants/s':>24} {'of the floor':>20} {'p50 ms':>9} {'p99 ms':>9} {'CPU us':>9}")
    figures = {}
    for who, taken in rounds.items():
        rates = [one.rate for one in taken]
        of_floor = ratios(rates, [one.rate for one in rounds[floor]])
        medians = summary(taken)
        figures[who] = medians | {"ofFloor": round(statistics.median(of_floor), 4)}
        print(
            f"{who:30} {spread(rates):>24} {spread(of_floor, '.3f'):>20} "
            f"{medians['p50']:9.2f} {medians['p99']:9.2f} {medians['cpu']:9.1f}"
        )
    return figures


def take_turns(
    contestants: Mapping[str, Callable[[], T]], rounds: int, *, warm_up: bool = True
) -> dict[str, list[T]]:
    """What each gave, round by round. The first round, when it is for the caches, is not among them."""
    given: dict[str, list[T]] = {name: [] for name in contestants}
    for number in range(-1 if warm_up else 0, rounds):
        for name, contestant in contestants.items():
            one = contestant()
            if number >= 0:
                given[name].append(one)
    return given


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Of each pair of rounds."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The median, and the least and most."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}-{max(values):{form}})"


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def pin(pid: int, cores: Sequence[int] = (SERVER_CORE,)) -> None:
    """All threads of a process and of its children onto the server's core."""
    for one in family(pid):
        for thread in Path(f"/proc/{one}/task").iterdir():
            os.sched_setaffinity(int(thread.name), set(cores))


def family(pid: int) -> list[int]:
    """A process and all below it."""
    below: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        below += map(int, (thread / "children").read_text().split())
    return [pid, *(one for child in below for one in family(child))]


def cpu_seconds(processes: Sequence[int]) -> float:
    """What they and their children have used."""
    ticks = 0
    for pid in {one for process in processes for one in family(process)}:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class Memory(NamedTuple):
    """In MiB. `own` is what is resident and no file's: the page cache's share of mapped files is not in it."""

    resident: float
    own: float


def memory(pid: int | None = None) -> Memory:
    """Of this process, unless it is told another."""
    _, resident, shared, *_ = map(int, Path(f"/proc/{pid or os.getpid()}/statm").read_text().split())
    return Memory(resident * _PAGE_KIB / 1024, (resident - shared) * _PAGE_KIB / 1024)


def written(pid: int) -> int:
    """The bytes that a process has written, to files and sockets."""
    return int(Path(f"/proc/{pid}/io").read_text().partition("wchar: ")[2].split()[0])


def machine() -> str:
    return f"{platform.python_implementation()} {platform.python_version()}, {_processor()}, {os.cpu_count()} cores"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor()


def commit() -> str:
    """Of the sources, with a plus when they were changed since."""
    found = _git("rev-parse", "--short", "HEAD")
    return f"{found}+" if _git("status", "--porcelain", "--", "src", "guard/src") else found


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def write_results(name: str, figures: Any) -> None:
    """Into `bench/results/NAME.json`, with the machine, the commit, the day and the command."""
    RESULTS.mkdir(exist_ok=True)
    content = {
        "machine": machine(),
        "commit": commit(),
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "command": " ".join(["python", "-m", _program(), *_arguments()]),
        "figures": figures,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=1) + "\n")


def _arguments() -> list[str]:
    """Without the place where one machine keeps its databases."""
    return ["DIR" if before == "--keep" else one for before, one in zip(sys.argv, sys.argv[1:], strict=False)]


def _program() -> str:
    spec = sys.modules["__main__"].__spec__
    return "" if spec is None else spec.name.removesuffix(".__main__")


def summary(rounds: Sequence[Round]) -> dict[str, float]:
    """The medians of rounds, for results."""
    return {
        field: round(statistics.median(getattr(one, field) for one in rounds), 3) for field in Round._fields
    }

"""A file of 20,000 accounts and the list of a million: first byte, whole time, memory, and grants meanwhile.

    python -m bench.streams [--accounts 1000000] [--keep DIR] [--rounds 3]

A file is asked for once to warm the caches, then once for each round; the list, which takes a minute, once. Memory is
what the server has for itself at most while it answers, beyond what it had before: pages of the database's files that
the kernel keeps are not its own. Then grants: rounds alone, and rounds while the list is read as fast as it comes.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlencode

import httpx

from bench import organisation
from bench.measure import (
    FORM,
    Load,
    Round,
    machine,
    memory,
    pin,
    spread,
    summary,
    write_results,
    write_script,
)
from bench.organisation import grant_form
from tests.serving import Server, sign_in

LIST: Final = "/api/v1/service-accounts"
_LOOK_SECONDS: Final = 0.01
# The file is cut after 20,000 rows, and says of how many.
FILES: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "CSV of 20,000 rows": ({}, "text/csv"),
    "CSV of 20,000 rows, filtered": ({"filterBy": "name=@prod"}, "text/csv"),
}


class Answer(NamedTuple):
    """Milliseconds to the first byte and to the last; MiB that the server grew; MB of the answer."""

    first: float
    whole: float
    grown: float
    size: float


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data_dir: Path = options.keep or folder / "var"
        organisation.make(data_dir, options.accounts)
        with Server(data_dir) as server, sign_in(server.url) as admin:
            pin(server.pid)
            answers = {
                what: [_ask(admin, server.pid, *asked) for _ in range(options.rounds + 1)][1:]
                for what, asked in FILES.items()
            }
            answers["all accounts, unpaged"] = [_ask(admin, server.pid, {}, "application/json")]
            name_of_one = organisation.names(data_dir, 1)[0]
            body = urlencode(grant_form(name_of_one))
            script = write_script(folder / "grant.lua", "POST", FORM, body)
            load = Load(script, f"{server.url}/api/v2/token", [server.pid])
            alone, meanwhile = _grants(admin, load, options)
    _print(answers, alone, meanwhile, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=1_000_000, help="how many accounts (1,000,000)")
    parser.add_argument("--keep", type=Path, help="where the database is kept, and used again")
    parser.add_argument("--rounds", type=int, default=3, help="files of each kind, and rounds of grants (3)")
    parser.add_argument("--seconds", type=int, default=5, help="seconds of a round of grants (5)")
    return parser.parse_args()


def _ask(admin: httpx.Client, pid: int, parameters: Mapping[str, str], accept: str) -> Answer:
    before, size = memory(pid).own, 0
    with _most_memory(pid) as most:
        begun = time.perf_counter()
        with admin.stream("GET", LIST, params=parameters, headers={"Accept": accept}, timeout=600) as answer:
            answer.raise_for_status()
            first = 0.0
            for part in answer.iter_raw():
                first = first or time.perf_counter() - begun
                size += len(part)
        whole = time.perf_counter() - begun
    return Answer(first * 1000, whole * 1000, most[0] - before, size / 1e6)


@contextmanager
def _most_memory(pid: int) -> Iterator[list[float]]:
    """Its first is the most that the process had, once the block is left."""
    most, over = [0.0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            most[0] = max(most[0], memory(pid).own)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield most
    finally:
        over.set()
        thread.join()


def _grants(admin: httpx.Client, load: Load, options: argparse.Namespace) -> tuple[list[Round], list[Round]]:
    load.round(1)
    alone = [load.round(options.seconds) for _ in range(options.rounds)]
    over = threading.Event()
    reader = threading.Thread(target=_read_on, args=(admin, over))
    reader.start()
    try:
        time.sleep(0.5)
        meanwhile = [load.round(options.seconds, until_idle=False) for _ in range(options.rounds)]
    finally:
        over.set()
        reader.join()
    return alone, meanwhile


def _read_on(admin: httpx.Client, over: threading.Event) -> None:
    """Reads the list of all accounts, again when it ends, until it is over."""
    while not over.is_set():
        with admin.stream("GET", LIST, timeout=600) as answer:
            answer.raise_for_status()
            for _ in answer.iter_raw():
                if over.is_set():
                    return


def _print(
    answers: dict[str, list[Answer]], alone: list[Round], meanwhile: list[Round], options: argparse.Namespace
) -> None:
    print(machine())
    print(f"{options.accounts:,} accounts, SQLite; {options.rounds} of each; medians (least to most)")
    print(f"{'':32} {'first byte, ms':>22} {'whole, ms':>26} {'grown, MiB':>22} {'MB':>8}")
    results = {}
    for what, taken in answers.items():
        first, whole, grown, size = ([getattr(one, field) for one in taken] for field in Answer._fields)
        print(
            f"{what:32} {spread(first, ',.1f'):>22} {spread(whole):>26} {spread(grown, ',.1f'):>22} {size[0]:8.1f}"
        )
        results[what] = {
            field: round(statistics.median(getattr(one, field) for one in taken), 2)
            for field in Answer._fields
        }
    grants = {"alone": summary(alone), "while the list is read": summary(meanwhile)}
    for when, figures in grants.items():
        print(
            f"grants {when}: {figures['rate']:,.0f}/s, p50 {figures['p50']:.1f} ms, p99 {figures['p99']:.1f} ms"
        )
    write_results("streams", {"accounts": options.accounts, "answers": results, "grants": grants})


if __name__ == "__main__":
    main()

"""How long pages of service accounts take, by what is asked, at a hundred thousand accounts on SQLite.

    python -m bench.lists [--accounts 100000] [--times 40] [--keep DIR]

Each figure is a whole request to a real server, one after the other, as a table in a browser sends them: 50 rows with
their rules and the total. With --keep the made-up organisation stays in DIR, and is used again when it is there.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import httpx

from tests.serving import ADMIN_PASSWORD, Server, sign_in

LIST: Final = "/api/v1/service-accounts"
PAGE: Final = 50
SORTS: Final = (
    "name",
    "lastLogin",
    "createdBy",
    "createdAt",
    "updatedAt",
    "enabled",
    "accessRules",
    "secretCreatedAt",
    "secretExpiresAt",
)


class Question(NamedTuple):
    """`ask` gives the parameters for the n-th time: what is asked again and again is not always the same."""

    name: str
    ask: Callable[[int], dict[str, object]]


class Figures(NamedTuple):
    """In milliseconds; `rows` is what the total said at first."""

    name: str
    p50: float
    p99: float
    rows: str


def main() -> None:
    options = _options()
    with _filled(options) as data_dir, Server(data_dir) as server, sign_in(server.url) as admin:
        questions = list(_questions(admin, options.accounts))
        figures = [_measure(admin, question, options.times) for question in questions]
    _print(figures, options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.lists", description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000, help="how many accounts (100,000)")
    parser.add_argument("--times", type=int, default=40, help="requests of each kind (40)")
    parser.add_argument("--keep", type=Path, help="where the database is kept, and used again")
    return parser.parse_args()


@contextmanager
def _filled(options: argparse.Namespace) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        data_dir: Path = options.keep or Path(folder) / "var"
        if not (data_dir / "keystead.db").exists():
            _fill(data_dir, options.accounts)
        yield data_dir


def _fill(data_dir: Path, accounts: int) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = {"KEYSTEAD_DATA_DIR": str(data_dir), "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    command = [sys.executable, "-m", "keystead.cli.main", "demo", "--offline", "--accounts", str(accounts)]
    subprocess.run(command, env={**os.environ, **settings}, check=True)


def _questions(admin: httpx.Client, accounts: int) -> Iterator[Question]:
    for field in SORTS:
        for order in ("asc", "desc"):
            yield _same(f"first page, {field} {order}", sortBy=field, sortOrder=order)
    for field in ("name", "lastLogin", "createdBy", "updatedAt"):
        yield Question(f"any page, {field}", _somewhere(field, accounts))
    for written in _filters(admin):
        yield _same(f"filter {written}", filterBy=written)
    for written in (
        f"name=@prod,lastLogin>={_ago(7)}",
        f"createdBy==admin@keystead.local,lastLogin<={_ago(90)}",
        "roleId==1710,name=@pipeline",
        "name=@pipeline-prod-77,lastLogin==never",
    ):
        yield _same(f"filters {written}", filterBy=written, sortBy="updatedAt", sortOrder="desc")
    yield Question(
        "search for a name", lambda n: {"search": f"-{7_919 * (n + 1) % accounts + 1}", "sortBy": "name"}
    )
    for term in ("prod", "research", "L1 researcher", "forecast-7", "nothing that there is"):
        yield _same(f"search {term}", search=term, sortBy="name")


def _filters(admin: httpx.Client) -> list[str]:
    cluster = admin.get("/api/v1/clusters").json()[0]["uuid"]
    project = admin.get("/api/v1/org-unit/projects", params={"limit": 1}).json()["projects"][0]["id"]
    return [
        "name=@prod",
        "name=^ci-pipeline-prod",
        "name=@no-such-name",
        "createdBy==admin@keystead.local",
        "createdBy==nobody@example.com",
        "enabled==false",
        "lastLogin==never",
        f"lastLogin<={_ago(90)}",
        f"createdAt>={_ago(30)}",
        f"updatedAt>={_ago(1)}",
        f"secretCreatedAt<={_ago(365)}",
        "secretExpiresAt!=never",
        "accessRuleCount>=4",
        "roleId==5",
        "roleId=|1710|2256",
        "roleId!=5",
        f"scope=={project}",
        f"scope=^{cluster}",
        "accessRules=@research",
        "accessRules==Department administrator",
    ]


def _ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


def _same(name: str, **parameters: object) -> Question:
    return Question(name, lambda _: parameters)


def _somewhere(field: str, accounts: int) -> Callable[[int], dict[str, object]]:
    return lambda n: {"sortBy": field, "offset": (n + 1) * 7_919 % accounts}


def _measure(admin: httpx.Client, question: Question, times: int) -> Figures:
    took: list[float] = []
    rows = ""
    for number in range(-2, times):
        parameters = {"limit": PAGE, **question.ask(max(number, 0))}
        begun = time.perf_counter()
        answer = admin.get(LIST, params={name: str(value) for name, value in parameters.items()})
        if number >= 0:  # the first two are for the caches
            took.append((time.perf_counter() - begun) * 1_000)
        if answer.status_code != 200:
            sys.exit(f"{question.name}: {answer.status_code} {answer.text}")
        more = "+" if "x-total-count-exact" in answer.headers else ""
        rows = rows or answer.headers["x-total-count"] + more
    took.sort()
    return Figures(
        question.name, statistics.median(took), took[min(int(len(took) * 0.99), len(took) - 1)], rows
    )


def _print(figures: Sequence[Figures], options: argparse.Namespace) -> None:
    print(
        f"{options.accounts:,} accounts, SQLite; {options.times} requests of each kind, one after the other; ms"
    )
    print(f"{'':72} {'rows':>8} {'p50':>8} {'p99':>8}")
    for one in figures:
        print(f"{one.name[:72]:72} {one.rows:>8} {one.p50:8.1f} {one.p99:8.1f}")


if __name__ == "__main__":
    main()

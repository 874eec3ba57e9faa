"""How long the console's table takes, from a press to the rows on the screen, at a hundred thousand accounts on SQLite.

    python -m bench.console [--accounts 100000] [--times 30]

In a real Chromium against a real server on the same machine: the request, the answer, and the browser's own work. A
figure ends with the frame after the one in which the table stops waiting. A search is sent by Enter: the pause that the
field makes while one types is not in the figure. Each measurement starts in a page that has asked for nothing yet.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from playwright.sync_api import Locator, expect

from tests.browser.chromium import running_chromium
from tests.browser.large import fill
from tests.browser.site import Site
from tests.browser.visiting import Visit
from tests.serving import Server

# The page measures: a driver's own way to and fro would be in the figure otherwise.
_TIMED: Final = """(element, key) => new Promise((done) => {
  const frame = document.querySelector('.table-frame');
  const began = performance.now();
  const answered = () => performance.getEntriesByType('resource')
    .some(({ name, startTime }) => name.includes('/api/v1/service-accounts?') && startTime >= began);
  const look = () => {
    if (answered() && !frame.classList.contains('waiting')) {
      requestAnimationFrame(() => done(performance.now() - began));
    } else requestAnimationFrame(look);
  };
  if (key) element.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  else element.click();
  requestAnimationFrame(look);
})"""


class Step(NamedTuple):
    """`begin` is the view that a measurement starts from; `prepare` finds what is pressed there, for the n-th time."""

    name: str
    begin: str
    prepare: Callable[[Visit, int], Locator]
    key: str = ""


def _sort(column: str) -> Step:
    def prepare(visit: Visit, _: int) -> Locator:
        return visit.table.get_by_role("columnheader", name=column, exact=True).get_by_role("button")

    return Step(f"sort by {column}", "/service-accounts", prepare)


def _page(begin: str) -> Step:
    return Step(
        f"next page after {begin}", f"/service-accounts?{begin}", lambda visit, _: visit.button("Next page")
    )


def _filter(column: str, operator: str, value: str | None = None) -> Step:
    def prepare(visit: Visit, _: int) -> Locator:
        editor = visit.add_filter(column)
        editor.get_by_label("Operator", exact=True).select_option(operator)
        if value is not None:
            editor.get_by_role("textbox").fill(value)
        return editor.get_by_role("button", name="Apply", exact=True)

    return Step(f"filter {column} {operator} {value or ''}".strip(), "/service-accounts", prepare)


def _search(text: str) -> Step:
    def prepare(visit: Visit, number: int) -> Locator:
        field = visit.page.get_by_role("searchbox", name="Search")
        field.fill(text.format(number + 1))
        return field

    return Step(f"search {text}", "/service-accounts", prepare, "Enter")


STEPS: Final = (
    _sort("Last login"),
    _sort("Access rule(s)"),
    _sort("Last updated"),
    _page("page=1"),
    _page("page=1000"),
    _filter("Service account", "contains", "prod"),
    _filter("Last login", "is never"),
    _search("pipeline-prod-{}"),
    _search("L1 researcher"),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.console")
    parser.add_argument("--accounts", type=int, default=100_000, help="how many accounts (100,000)")
    parser.add_argument("--times", type=int, default=30, help="measurements of each kind (30)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "var"
        fill(data_dir, options.accounts)
        with Server(data_dir) as server, Site(server.url) as site, running_chromium() as browser:
            visit = Visit(browser, site)
            print(
                f"{options.accounts:,} accounts, SQLite; {options.times} times each; ms from the press to the rows"
            )
            print(f"{'':44} {'p50':>8} {'p99':>8}")
            for step in STEPS:
                took = sorted(_measure(visit, step, number) for number in range(options.times))
                p99 = took[min(int(len(took) * 0.99), len(took) - 1)]
                print(f"{step.name:44} {statistics.median(took):8.1f} {p99:8.1f}", flush=True)
            visit.leave()


def _measure(visit: Visit, step: Step, number: int) -> float:
    visit.go(step.begin)
    expect(visit.table.locator("tbody").get_by_role("row").first).to_be_visible()
    return float(step.prepare(visit, number).evaluate(_TIMED, step.key))


if __name__ == "__main__":
    main()

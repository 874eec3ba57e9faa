"""One table of what is in bench/results: each figure beside what was to be reached.

    python -m bench.table

Markdown, as docs/reference/performance.md has it.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from bench.measure import RESULTS

_OURS: Final = "Keystead"


class Line(NamedTuple):
    """`share` of the bar that was reached: 1 or more is all of it."""

    what: str
    figure: str
    bar: str
    share: float


def main() -> None:
    print("| What | Measured | To be reached | |")
    print("|---|---|---|---|")
    for line in _lines():
        print(f"| {line.what} | {line.figure} | {line.bar} | {'yes' if line.share >= 1 else '**no**'} |")


def _lines() -> Iterator[Line]:
    for read in (_grants, _postgres, _verification, _decisions, _streams, _writes, _memory, _growth):
        yield from read()


def _figures(name: str) -> Any:
    """Of a program that was not run yet there are none."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text())["figures"] if path.exists() else None


def _at_least(what: str, value: float, bar: float, form: str) -> Line:
    return Line(what, form.format(value), f"at least {form.format(bar)}", value / bar)


def _at_most(what: str, value: float, bar: float, form: str) -> Line:
    return Line(what, form.format(value), f"at most {form.format(bar)}", bar / max(value, 1e-9))


def _grants() -> Iterator[Line]:
    found = _figures("peers")
    if found:
        ours, floor = found["servers"][_OURS], found["servers"]["floor"]
        other = found["servers"]["oidc-provider"]
        yield _at_least("grants on SQLite, of the floor", ours["ofFloor"], 0.7, "{:.2f}")
        yield _at_least("grants, of oidc-provider's", ours["rate"] / other["rate"], 1.25, "{:.2f}")
        yield _at_most("p99 of grants, of the floor's", ours["p99"] / floor["p99"], 2, "{:.1f}")


def _postgres() -> Iterator[Line]:
    found = _figures("postgres")
    if found:
        one = found["servers"]["PostgreSQL, one worker"]
        yield _at_least("grants on PostgreSQL, one worker, of the floor", one["ofFloor"], 0.4, "{:.2f}")
        yield _at_least("grants a CPU-second, two workers to one", found["perCpuSecondOfTwo"], 0.85, "{:.2f}")


def _verification() -> Iterator[Line]:
    found = _figures("verification")
    if found:
        for what in ("introspection by a secret", "introspection by a token", "proxy check"):
            yield _at_least(f"{what}, of grants", found[what]["ofGrants"], 1, "{:.2f}")


def _decisions() -> Iterator[Line]:
    found = _figures("decisions")
    if found:
        took = {who: figures["p50"] for who, figures in found["deciders"].items()}
        yield _at_most("a decision in the process, median, us", took[_OURS], 3, "{:.2f}")
        for who in ("cedarpy", "casbin"):
            yield _at_least(f"decisions, of {who}'s", took[who] / took[_OURS], 1, "{:.0f}")


def _streams() -> Iterator[Line]:
    found = _figures("streams")
    if found:
        for what in ("CSV of 20,000 rows", "CSV of 20,000 rows, filtered"):
            answer = found["answers"][what]
            yield _at_most(f"{what}: first byte, ms", answer["first"], 100, "{:,.0f}")
            yield _at_most(f"{what}: whole, ms", answer["whole"], 1000, "{:,.0f}")
            yield _at_most(f"{what}: memory, MiB", answer["grown"], 20, "{:.0f}")
        whole = found["answers"]["all accounts, unpaged"]
        yield _at_most(f"{found['accounts']:,} accounts unpaged: memory, MiB", whole["grown"], 50, "{:.0f}")
        alone, meanwhile = found["grants"].values()
        yield _at_most("p99 of grants meanwhile, of alone", meanwhile["p99"] / alone["p99"], 2, "{:.1f}")


def _writes() -> Iterator[Line]:
    found = _figures("writes")
    if found:
        what = f"accounts created a second at {found['accounts']:,}"
        yield _at_least(what, found["creations"]["rate"], 1000, "{:,.0f}")
        batches = sorted(found["batchSeconds"])
        yield _at_most("batch of 10,000 rules, s", batches[len(batches) // 2], 2, "{:.1f}")


def _memory() -> Iterator[Line]:
    found = _figures("memory")
    if found:
        starts = sorted(found["readySeconds"])
        what = f"at {found['accounts']:,} accounts"
        yield _at_most(f"ready {what}, s", starts[len(starts) // 2], 1.5, "{:.2f}")
        yield _at_most(f"resident, idle {what}, MiB", found["idleMiB"], 130, "{:.0f}")
        yield _at_most("resident, after a minute of load, MiB", found["loadedMiB"], 200, "{:.0f}")


def _growth() -> Iterator[Line]:
    for name, who in (("growth", "1,000 at work"), ("growth-at-work", "up to 20,000 at work")):
        found = _figures(name)
        if not found:
            continue
        first, last = found[0], found[-1]
        sizes = f"at {last['accounts']:,} accounts, of {first['accounts']:,}, {who}"
        yield _at_least(f"grants {sizes}", last["grants"]["ofSmallest"], 0.9, "{:.2f}")
        yield _at_least(f"decisions {sizes}", first["decisionUs"] / last["decisionUs"], 0.9, "{:.2f}")


if __name__ == "__main__":
    main()

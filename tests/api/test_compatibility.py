"""What docs/reference/compatibility.md says is so: held against the contract's file and our own description."""

import asyncio
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.api.contract_shapes import Shape, bare, operations_of, shape_of, topmost
from tests.api.test_description import CONTRACT
from tests.inside import running_inside

PAGE: Final = Path(__file__).parents[2] / "docs" / "reference" / "compatibility.md"
EVERYWHERE: Final = "everywhere"
OPERATION: Final = r"(?:GET|POST|PUT|PATCH|DELETE) /[\w/{}-]*"
Json = dict[str, Any]


class Told(NamedTuple):
    verdict: str
    notes: str


class Compared(NamedTuple):
    """`lacking`: names that the contract has and we have not."""

    lacking: set[str]
    has_more: bool


@pytest.fixture(scope="module")
def contract() -> dict[str, Shape]:
    if not CONTRACT.is_file():
        pytest.skip("the contract's file is not beside this checkout")
    return shapes(json.loads(CONTRACT.read_text()))


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shape]:
    """By names without what their parameters are called."""

    async def asked() -> Json:
        async with running_inside(tmp_path_factory.mktemp("compared")) as inside:
            document: Json = (await inside.anonymous.get("/api/openapi.json")).json()
            return document

    return {bare(name): shape for name, shape in shapes(asyncio.run(asked())).items()}


def shapes(document: Json) -> dict[str, Shape]:
    return {name: shape_of(document, operation, item) for name, operation, item in operations_of(document)}


def told() -> dict[str, Told]:
    """The rows of the page's tables of operations."""
    rows = re.findall(rf"^\| `({OPERATION})` \| (\w+) \| (.*?) ?\|$", PAGE.read_text(), re.MULTILINE)
    found = {name: Told(verdict, notes) for name, verdict, notes in rows}
    assert len(found) == len(rows), "an operation is told of twice"
    return found


def statuses(title: str) -> dict[str, set[str]]:
    """Of a table of statuses: the operations of each, or EVERYWHERE."""
    section = PAGE.read_text().split(f"## {title}\n")[1].split("\n## ")[0]
    found: dict[str, set[str]] = defaultdict(set)
    for status, where in re.findall(r"^\| (\d{3}) \| (.*?) \|", section, re.MULTILINE):
        found[status] |= {EVERYWHERE} if where == EVERYWHERE else set(re.findall(rf"`({OPERATION})`", where))
    return found


def mismatches() -> set[str]:
    """The operations whose answers cannot be what the contract's schema says."""
    section = PAGE.read_text().split("## Where the contract's schemas do not hold\n")[1].split("\n## ")[0]
    return set(re.findall(rf"`({OPERATION})`", section))


def compared(theirs: Shape, own: Shape) -> Compared:
    missing = set(theirs.query - own.query) | topmost(theirs.body - own.body)
    more = bool(own.query - theirs.query or own.body - theirs.body)
    for status, names in theirs.answers.items():
        missing |= topmost(names - own.answers[status]) if status in own.answers else {status}
        more = more or bool(own.answers.get(status, frozenset()) - names)
    return Compared({name.rpartition(".")[2] for name in missing}, more)


def test_every_operation_of_the_contract_is_told_of_and_no_other(contract: dict[str, Shape]) -> None:
    assert set(told()) == set(contract)


def test_every_operation_of_the_contract_is_served(
    contract: dict[str, Shape], ours: dict[str, Shape]
) -> None:
    assert [name for name in contract if bare(name) not in ours] == []


def test_what_is_told_of_an_operation_is_so(contract: dict[str, Shape], ours: dict[str, Shape]) -> None:
    wrong = []
    for name, row in told().items():
        found = compared(contract[name], ours[bare(name)])
        as_found = "differs" if found.lacking else "more" if found.has_more else "same"
        allowed = {as_found, "differs"}  # what is declared alike may still mean another thing
        if row.verdict not in allowed:
            wrong.append(f"{name} is {' or '.join(sorted(allowed))}, not {row.verdict}")
        if row.verdict == "differs" and not row.notes:
            wrong.append(f"{name} differs, but it is not said how")
        wrong += [f"{name}: {word} is not told of" for word in found.lacking if word not in row.notes]
    assert wrong == []


def test_statuses_beyond_the_contract_are_told_of(contract: dict[str, Shape], ours: dict[str, Shape]) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for name, theirs in contract.items():
        for status in ours[bare(name)].statuses - theirs.statuses:
            found[status].add(name)
    page = statuses("Statuses that the contract does not declare")
    assert set(page) == set(found)
    for status, names in page.items():
        assert names in ({EVERYWHERE}, found[status]), status


def test_statuses_that_are_never_answered_are_told_of(
    contract: dict[str, Shape], ours: dict[str, Shape]
) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for name, theirs in contract.items():
        for status in theirs.statuses - ours[bare(name)].statuses:
            found[status].add(name)
    assert statuses("Statuses that are declared and never answered") == found


def test_what_stands_beside_the_contract_is_served(ours: dict[str, Shape]) -> None:
    section = PAGE.read_text().split("## Beside the contract\n")[1].split("\n## ")[0]
    named = re.findall(rf"`({OPERATION})`", section)
    assert len(named) >= 9
    assert [name for name in named if bare(name) not in ours] == []

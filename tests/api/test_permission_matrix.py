"""Every route by every caller: each cell is declared in tests/api/matrix.py, and a route without cells fails here."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import httpx
import pytest

from tests.api.conftest import Organisation, RuleWish
from tests.api.matrix import CALLERS, ROWS, Ask, Ground
from tests.api.people import People, Person


class Caller(NamedTuple):
    client: httpx.Client
    person: Person | None


@pytest.fixture(scope="module")
def people(server: str, admin: httpx.Client) -> Iterator[People]:
    with ExitStack() as stack:
        yield People(server, admin, stack)


@pytest.fixture(scope="module")
def callers(anonymous: httpx.Client, people: People, organisation: Organisation) -> dict[str, Caller]:
    """By the names of CALLERS; all but the first are people who live in the tenant."""
    rules: dict[str, list[RuleWish]] = {
        "nobody": [],
        "elsewhere": [(1, *organisation["b"])],
        "viewer": [(7, *organisation["a1"])],
        "keeper": [(1710, *organisation["a1"])],
        "administrator": [(1, *organisation.tenant)],
    }
    found = {"anonymous": Caller(anonymous, None)}
    for name, held in rules.items():
        person = people.new(rules=held)
        found[name] = Caller(people.settle(person).client, person)
    return found


def test_every_operation_has_its_cells(server: str) -> None:
    document = httpx.get(f"{server}/api/openapi.json").json()
    served = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    assert served - set(ROWS) == set(), "declare in tests/api/matrix.py who may ask these"
    assert set(ROWS) - served == set(), "these are served no more: drop them from tests/api/matrix.py"
    assert {name: len(row.answers.split()) for name, row in ROWS.items()} == dict.fromkeys(ROWS, len(CALLERS))


@pytest.mark.parametrize("operation", ROWS)
def test_each_cell_is_as_declared(
    operation: str,
    admin: httpx.Client,
    organisation: Organisation,
    callers: dict[str, Caller],
    people: People,
) -> None:
    row, found = ROWS[operation], []
    for caller in callers.values():
        ground = Ground(admin, organisation, caller.client, anew(people, caller))
        found.append(str(asked(caller.client, row.ask(ground))))
    assert dict(zip(CALLERS, found, strict=True)) == dict(zip(CALLERS, row.answers.split(), strict=True))


def anew(people: People, caller: Caller) -> Callable[[], dict[str, str]]:
    def headers() -> dict[str, str]:
        if caller.person is None:
            return {}
        return {"authorization": people.sign_in(caller.person).client.headers["authorization"]}

    return headers


def asked(client: httpx.Client, ask: Ask) -> int:
    """The status; of a batch that of its first failure, if there is one."""
    answer = client.request(ask.method, ask.path, json=ask.json, data=ask.data, headers=ask.headers)
    client.cookies.clear()
    if answer.status_code == 200 and "/batch" in ask.path:
        failed = answer.json()["failed"]
        return int(failed[0]["code"]) if failed else 200
    return answer.status_code

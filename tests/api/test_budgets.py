"""What writes may cost: statements and commits, which a slow day does not change. Reads have theirs beside each list.

On SQLite, where the writer's one connection tells all of them.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from keystead.db.sqlite import SqliteDatabase
from tests.inside import TOKEN, Inside, running_inside

ACCOUNTS: Final = "/api/v1/service-accounts"
RULES: Final = "/api/v1/authorization/access-rules"
CLIENTS: Final = 16


class Writer:
    """What was said to the writer's connection."""

    def __init__(self, inside: Inside) -> None:
        self.said: list[str] = []
        database = inside.database._database
        assert isinstance(database, SqliteDatabase)
        database._writer_raw.set_trace_callback(self.said.append)

    def commits(self) -> int:
        return sum(one == "COMMIT" for one in self.said)

    def statements(self) -> list[str]:
        """Those that read or write."""
        return [one for one in self.said if one.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]


@pytest.fixture
async def inside(tmp_path: Path) -> AsyncIterator[Inside]:
    async with running_inside(tmp_path) as started:
        yield started


@pytest.fixture
async def admin(inside: Inside) -> httpx.AsyncClient:
    return await inside.admin()


async def create(admin: httpx.AsyncClient, name: str) -> str:
    answer = await admin.post(ACCOUNTS, json={"name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["clientSecret"])


async def test_an_account_is_created_with_so_many_statements_and_one_commit(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    await create(admin, "first")
    writer = Writer(inside)
    await create(admin, "second")
    assert (len(writer.statements()), writer.commits()) == (15, 1)


async def test_creations_that_wait_share_commits(inside: Inside, admin: httpx.AsyncClient) -> None:
    await create(admin, "first")
    writer = Writer(inside)
    await asyncio.gather(*(create(admin, f"account-{number}") for number in range(CLIENTS)))
    assert writer.commits() <= 2  # one for those of a turn of the loop, one for those of the next


async def test_grants_that_wait_share_commits_and_read_once_each(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    forms = [
        {"grant_type": "client_credentials", "client_id": name, "client_secret": await create(admin, name)}
        for name in (f"account-{number}" for number in range(CLIENTS))
    ]
    writer = Writer(inside)
    inside.database.reads.clear()
    answers = await asyncio.gather(*(inside.anonymous.post(TOKEN, data=form) for form in forms))
    assert {answer.status_code for answer in answers} == {200}
    assert len(inside.database.reads) == CLIENTS
    assert writer.commits() <= 2


async def test_a_batch_of_rules_shares_commits(inside: Inside, admin: httpx.AsyncClient) -> None:
    names = [f"account-{number}" for number in range(CLIENTS)]
    for name in names:
        await create(admin, name)
    writer = Writer(inside)
    payload = {
        "subjects": [{"subjectId": name, "subjectType": "service-account"} for name in names],
        "scopes": [{"scopeId": "1", "scopeType": "tenant"}],
        "roleId": 7,
    }
    answer = await admin.post(f"{RULES}/batch-create", json={"payload": payload})
    assert len(answer.json()["succeeded"]) == CLIENTS, answer.text
    assert writer.commits() == 1
    assert len(writer.statements()) <= 20 * CLIENTS

"""Creations of accounts at a steady rate, beside which lists are measured."""

import asyncio
import secrets
import statistics
import time
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy import func, insert, select

from keystead.db.connection import Connection, Database
from keystead.db.schema import account, last_login, rule

_RULES: Final = 3


class Creations:
    """A context manager: inside it, so many accounts with their rules are written a second; with 0, none.

    The rows are those that a creation writes to what lists read, each in a job of the writer; that the answers are
    made, and what checks permissions, is not part of it.
    """

    def __init__(self, database: Database, a_second: int) -> None:
        self._database = database
        self._a_second = a_second
        self._took: list[float] = []
        self._task: asyncio.Task[None] | None = None
        self._jobs: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if self._a_second:
            self._task = asyncio.create_task(self._go_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task, *self._jobs])

    def told(self) -> dict[str, float]:
        return {"made": len(self._took), "p50_ms": statistics.median(self._took), "most_ms": max(self._took)}

    async def _go_on(self) -> None:
        begun = time.monotonic()
        made = 0
        while True:
            while made < (time.monotonic() - begun) * self._a_second:
                task = asyncio.create_task(self._make())
                self._jobs.add(task)
                task.add_done_callback(self._jobs.discard)
                made += 1
            await asyncio.sleep(0.005)

    async def _make(self) -> None:
        begun = time.perf_counter()
        await self._database.write(_make)
        self._took.append((time.perf_counter() - begun) * 1_000)


async def _make(connection: Connection) -> None:
    name = f"made-meanwhile-{secrets.token_hex(8)}"
    (like,) = await connection.fetch_all(select(account).order_by(account.c.pk.desc()).limit(1))
    values: dict[str, Any] = {column.name: like[column.name] for column in account.c if column.name != "pk"}
    values |= {"id": name, "name": name}
    pk = await connection.insert(insert(account).values(values))
    carried = ("home_code", "enabled", "role_set_id", "created_by_id")
    login = {"account_pk": pk, "name": name} | {column: values[column] for column in carried}
    await connection.execute(insert(last_login).values(login))
    (one,) = await connection.fetch_all(
        select(rule).where(rule.c.pk == select(func.max(rule.c.pk)).scalar_subquery())
    )
    given = {column.name: one[column.name] for column in rule.c if column.name != "pk"}
    own = {"subject_id": name, "subject_name": name, "subject_name_folded": name, "account_pk": pk}
    for number in range(_RULES):
        await connection.insert(insert(rule).values(given | own | {"role_id": 5 + number}))

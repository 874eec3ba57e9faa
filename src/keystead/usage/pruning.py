"""Forgets what was counted longer ago than is kept, a little at a time: nobody waits for it."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Table, delete, func, select

from keystead.db.connection import Connection, Database
from keystead.db.schema import usage_day, usage_home_day
from keystead.kit.clock import Clock
from keystead.usage.counters import KEPT_DAYS, day_of

ROWS_AT_ONCE: Final = 5_000


class UsagePruning:
    def __init__(self, database: Database, clock: Clock, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._database = database
        self._clock = clock
        self._rows = rows_at_once

    async def tend(self) -> None:
        """One step: some rows of the oldest day of each table."""
        first_kept = day_of(self._clock.now()) - KEPT_DAYS + 1
        for table, key in ((usage_day, usage_day.c.account_pk), (usage_home_day, usage_home_day.c.home_code)):
            oldest = await self._database.fetch_one(select(func.min(table.c.day).label("day")))
            if oldest is not None and oldest["day"] is not None and oldest["day"] < first_kept:
                await self._forget(table, key, oldest["day"])

    async def _forget(self, table: Table, key: ColumnElement[Any], day: int) -> None:
        of_day = table.c.day == day

        async def job(connection: Connection) -> None:
            last = await connection.fetch_one(
                select(key.label("key")).where(of_day).order_by(key).limit(1).offset(self._rows - 1)
            )
            some = [of_day] if last is None else [of_day, key <= last["key"]]
            await connection.execute(delete(table).where(*some))

        await self._database.record(job)

"""Secrets end by themselves when their time comes; what accounts' rows say of them follows within a minute."""

from typing import Final

from sqlalchemy import select

from keystead.db.connection import Connection, Database
from keystead.db.query_sql import in_list
from keystead.db.schema import account
from keystead.kit.clock import Clock
from keystead.service_accounts.store import date_secrets

_ACCOUNTS_AT_ONCE: Final = 500


class SecretExpiry:
    """Usage, not change: that a secret expires was written when it was made."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def tend(self) -> None:
        """Brings the accounts up to date of which a secret has expired, as many as there are."""
        while await self._some():
            pass

    async def _some(self) -> bool:
        now = self._clock.now()
        due = (
            select(account.c.pk)
            .where(account.c.secret_expires_at <= now)
            .order_by(account.c.secret_expires_at, account.c.pk)
            .limit(_ACCOUNTS_AT_ONCE)
        )
        pks = [row["pk"] for row in await self._database.fetch_all(due)]
        if pks:
            await self._database.record(lambda connection: _date(connection, pks, now))
        return len(pks) == _ACCOUNTS_AT_ONCE


async def _date(connection: Connection, pks: list[int], now: int) -> None:
    # Locked first: what a change does to the secrets meanwhile is then seen here, or sees this.
    locking = select(account.c.pk).where(in_list(account.c.pk, pks)).order_by(account.c.pk)
    for row in await connection.fetch_all(locking.with_for_update()):
        await date_secrets(connection, row["pk"], now)

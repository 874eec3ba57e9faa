"""What was used, by the day: of one account, and of all that live where somebody may look."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, bindparam, func, select

from keystead.authz.visibility import Visibility
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.query_sql import in_list, visible
from keystead.db.schema import credential, last_login, usage_day, usage_home_day
from keystead.kit.clock import Clock
from keystead.usage.counters import KEPT_DAYS, day_of

MOST_DAYS: Final = KEPT_DAYS
_LATEST = Prepared(
    select(last_login, credential.c.tail)
    .outerjoin_from(last_login, credential, credential.c.id == last_login.c.credential_id)
    .where(last_login.c.account_pk == bindparam("account_pk"))
)


class UsedDay(NamedTuple):
    day: int
    tokens: int
    refused: int


class Usage(NamedTuple):
    """Every day of a span, the oldest first, those on which nothing was too."""

    days: Sequence[UsedDay]

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.days)

    @property
    def refused(self) -> int:
        return sum(one.refused for one in self.days)


class UsageReports:
    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock

    async def of_account(self, account_pk: int, created_at: int, days: int) -> Usage:
        """`created_at` in microseconds: what is older was another's."""
        span = self._span(days)
        own = [day for day in span if day >= day_of(created_at)]
        rows = await self._reader.scan(
            select(usage_day.c.day, usage_day.c.tokens, usage_day.c.refused).where(
                in_list(usage_day.c.day, own), usage_day.c.account_pk == account_pk
            )
        )
        return _usage(span, rows)

    async def latest(self, account_pk: int) -> Row | None:
        """An account's row of `last_login`, with the `tail` of the secret if that is there still."""
        return await self._reader.fetch_one(_LATEST, {"account_pk": account_pk})

    async def of_places(self, visibility: Visibility, days: int) -> Usage:
        """Of accounts that were deleted since too."""
        span = self._span(days)
        return _usage(span, await self._reader.scan(_of_places(visibility, span)))

    def _span(self, days: int) -> range:
        today = day_of(self._clock.now())
        return range(today - days + 1, today + 1)


def _of_places(visibility: Visibility, span: range) -> Select[Any]:
    return (
        select(
            usage_home_day.c.day,
            func.sum(usage_home_day.c.tokens).label("tokens"),
            func.sum(usage_home_day.c.refused).label("refused"),
        )
        .where(
            usage_home_day.c.day.between(span[0], span[-1]),
            visible(usage_home_day.c.home_code, visibility),
        )
        .group_by(usage_home_day.c.day)
    )


def _usage(span: Iterable[int], rows: Sequence[Row]) -> Usage:
    found: Mapping[int, UsedDay] = {
        row["day"]: UsedDay(row["day"], int(row["tokens"]), int(row["refused"])) for row in rows
    }
    return Usage([found.get(day, UsedDay(day, 0, 0)) for day in span])

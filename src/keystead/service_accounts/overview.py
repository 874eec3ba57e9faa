"""The whole of what somebody may see, in numbers, each counted along an index that has all that it takes.

Of few accounts, numbers come by their homes; of many, along the index of what is counted, which has the homes in it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    func,
    literal_column,
    not_,
    select,
)

from keystead.authz.tree import Level, level_of
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import Condition, text_condition, unindexed, visible
from keystead.db.schema import account, actor, last_login, rule, usage_day
from keystead.kit.clock import DAY, Clock
from keystead.kit.query import Operator
from keystead.kit.remembered import Remembered
from keystead.service_accounts.selection import View
from keystead.usage.counters import day_of

SECONDS_REMEMBERED: Final = 60
_REMEMBERED: Final = 200
_FEW: Final = 5_000
_REFUSED_SHOWN: Final = 5
_BEYOND_ALL_KEYS: Final[ColumnElement[int]] = literal_column(str(2**62))
_ALIVE: Final = rule.c.deleted_at.is_(None)


class Overview(NamedTuple):
    """`numbers` by the names that `_numbers` gives them; `reach` by the level at which rules begin."""

    as_of: int
    numbers: Row
    reach: Mapping[Level, int]
    oldest_secret: Row | None
    refused_today: Sequence[Row]


class CreatorCount(NamedTuple):
    name: str
    accounts: int


class Overviews:
    """Each answer is shared by all who see the same, and remembered for a minute."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._reader = reader
        self._clock = clock
        self._overviews: Remembered[View, Overview] = Remembered(clock, SECONDS_REMEMBERED, _REMEMBERED)
        self._creators: Remembered[tuple[Visibility, str, int], list[CreatorCount]] = Remembered(
            clock, SECONDS_REMEMBERED, _REMEMBERED
        )

    async def of(self, view: View) -> Overview:
        return await self._overviews.get(view, lambda: self._make(view))

    async def creators(self, visibility: Visibility, search: str | None, limit: int) -> list[CreatorCount]:
        """Who made the accounts, whoever made most first."""
        key = (visibility, search or "", limit)
        return await self._creators.get(key, lambda: self._count_creators(*key))

    async def _make(self, view: View) -> Overview:
        now = self._clock.now()
        seen = await self._seen(view.accounts)
        (numbers,) = await self._reader.scan(_numbers(seen, view.rules, now))
        reach = dict.fromkeys(Level, 0)
        for row in await self._reader.scan(_rules_by_place(view.rules)):
            reach[level_of(row["scope_code"])] += row["rules"]
        oldest = await self._reader.scan(_oldest_secret(seen))
        refused = await self._reader.scan(_refused(seen, day_of(now)))
        return Overview(now, numbers, reach, oldest[0] if oldest else None, refused)

    async def _seen(self, visibility: Visibility) -> "_Seen":
        counted = select(account.c.pk).where(visible(account.c.home_code, visibility)).limit(_FEW + 1)
        rows = await self._reader.scan(select(func.count()).select_from(counted.subquery()))
        return _Seen(visibility, rows[0][0] <= _FEW)

    async def _count_creators(self, visibility: Visibility, search: str, limit: int) -> list[CreatorCount]:
        seen = await self._seen(visibility)
        number = func.count().label("number")
        counted = (
            select(account.c.created_by_id, number).where(seen.accounts()).group_by(account.c.created_by_id)
        )
        if search:
            named = select(actor.c.pk).where(text_condition(actor.c.name_folded, Operator.CONTAINS, search))
            counted = counted.where(account.c.created_by_id.in_(named))
        most = counted.order_by(number.desc(), account.c.created_by_id).limit(limit).subquery("most")
        rows = await self._reader.scan(
            select(actor.c.name, most.c.number)
            .join_from(most, actor, actor.c.pk == most.c.created_by_id)
            .order_by(most.c.number.desc(), most.c.created_by_id)
        )
        return [CreatorCount(row["name"], row["number"]) for row in rows]


class _Seen(NamedTuple):
    """What a viewer may see, and whether it is so little that homes are the shortest way to it."""

    visibility: Visibility
    is_little: bool

    def accounts(self) -> Condition:
        home = account.c.home_code if self.is_little else unindexed(account.c.home_code)
        return visible(home, self.visibility)

    def counted_by(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column of what is counted: an engine looks rows up by it, or by their homes, whichever is shorter."""
        return unindexed(column) if self.is_little else column

    def number(self, *conditions: Condition) -> Select[Any]:
        return select(func.count()).select_from(account).where(self.accounts(), *conditions)

    def number_by_login(self, *conditions: Condition) -> Select[Any]:
        if not self.is_little:
            own = visible(last_login.c.home_code, self.visibility)
            return select(func.count()).select_from(last_login).where(own, *conditions)
        joined = account.join(last_login, last_login.c.account_pk == account.c.pk)
        return select(func.count()).select_from(joined).where(self.accounts(), *conditions)


def _numbers(seen: _Seen, rules: Visibility, now: int) -> Select[Any]:
    """One row: each number under its name."""
    login, created = seen.counted_by(last_login.c.at), seen.counted_by(account.c.created_at)
    made, expiry = (
        seen.counted_by(column) for column in (account.c.secret_created_at, account.c.secret_expires_at)
    )
    today = day_of(now) * DAY
    ago = {days: now - days * DAY for days in (7, 30, 90, 180, 365, 730)}
    # Keys ascend with creation.
    younger = (
        select(account.c.pk)
        .where(account.c.created_at >= ago[30])
        .order_by(account.c.created_at, account.c.pk)
        .limit(1)
        .scalar_subquery()
    )
    is_older = last_login.c.account_pk < func.coalesce(younger, _BEYOND_ALL_KEYS)
    counted = {
        "accounts": select(func.count())
        .select_from(account)
        .where(visible(account.c.home_code, seen.visibility)),
        "disabled": seen.number(account.c.enabled == false()),
        "created_last_30_days": seen.number(created >= ago[30]),
        "without_rules": seen.number(_has_no_rule(seen, rules)),
        "login_today": seen.number_by_login(login >= today),
        "login_within_7_days": seen.number_by_login(login >= ago[7], login < today),
        "login_within_30_days": seen.number_by_login(login >= ago[30], login < ago[7]),
        "login_within_90_days": seen.number_by_login(login >= ago[90], login < ago[30]),
        "login_longer_ago": seen.number_by_login(login < ago[90]),
        "never_used": seen.number_by_login(login.is_(None)),
        "never_used_older_than_30_days": seen.number_by_login(login.is_(None), is_older),
        "expiring_within_30_days": seen.number(expiry > now, expiry <= now + 30 * DAY),
        "secret_within_30_days": seen.number(made >= ago[30]),
        "secret_within_90_days": seen.number(made >= ago[90], made < ago[30]),
        "secret_within_180_days": seen.number(made >= ago[180], made < ago[90]),
        "secret_within_year": seen.number(made >= ago[365], made < ago[180]),
        "secret_older_than_year": seen.number(made >= ago[730], made < ago[365]),
        "secret_older_than_2_years": seen.number(made < ago[730]),
    }
    return select(*(number.scalar_subquery().label(name) for name, number in counted.items()))


def _has_no_rule(seen: _Seen, rules: Visibility) -> Condition:
    if rules.is_everything:
        return seen.counted_by(account.c.rule_count) == 0
    own = and_(rule.c.account_pk == account.c.pk, _ALIVE, visible(rule.c.scope_code, rules))
    return not_(exists().where(own))


def _rules_by_place(rules: Visibility) -> Select[Any]:
    return (
        select(rule.c.scope_code, func.count().label("rules"))
        .where(_ALIVE, visible(rule.c.scope_code, rules))
        .group_by(rule.c.scope_code)
    )


def _oldest_secret(seen: _Seen) -> Select[Any]:
    return (
        select(account.c.id, account.c.name, account.c.secret_created_at)
        .where(seen.accounts(), account.c.secret_created_at.is_not(None))
        .order_by(account.c.secret_created_at, account.c.pk)
        .limit(1)
    )


def _refused(seen: _Seen, day: int) -> Select[Any]:
    """The accounts for which most attempts were refused on a day."""
    return (
        select(account.c.id, account.c.name, usage_day.c.refused, last_login.c.refused_ip)
        .join_from(usage_day, account, account.c.pk == usage_day.c.account_pk)
        .join(last_login, last_login.c.account_pk == account.c.pk)
        # Written out: an engine takes an index of some rows only for what it can see to be among them.
        .where(usage_day.c.day == day, usage_day.c.refused > literal_column("0"), seen.accounts())
        .order_by(usage_day.c.refused.desc(), usage_day.c.account_pk.desc())
        .limit(_REFUSED_SHOWN)
    )

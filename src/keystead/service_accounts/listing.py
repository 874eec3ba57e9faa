"""The list of accounts: filtered, sorted, counted and paged by the database.

A page takes three statements: its rows, the total, and the rows' rules; with filters, one before them, which takes the
place of the total's where it is a single filter or a viewer's own part. What a viewer may not see of an account's rules
takes no part in anything: the list cannot be filtered, searched or sorted by it.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import func, select

from keystead.db.connection import Reader, Row
from keystead.db.query_sql import in_list, visible
from keystead.db.schema import account, actor, last_login, org_unit, rule
from keystead.kit.query import Query
from keystead.roles.model import RoleTable
from keystead.service_accounts.selection import EXACT_UP_TO, Selection, View, choose

_ROWS_A_READ: Final = 200  # some milliseconds of the event loop, for which grants wait
_RULES_SHOWN: Final = 5
_ROW_COLUMNS: Final = (
    account.c.pk,
    account.c.id,
    account.c.name,
    account.c.home_id,
    account.c.home_code,
    account.c.created_at,
    account.c.updated_at,
    account.c.enabled,
    account.c.description,
    account.c.labels,
    account.c.secret_created_at,
    account.c.secret_expires_at,
    account.c.secret_count,
    account.c.audiences,
    account.c.token_ttl,
    actor.c.name.label("created_by"),
    last_login.c.at.label("last_login"),
    org_unit.c.level.label("home_level"),
    org_unit.c.name.label("home_name"),
)


class ShownRule(NamedTuple):
    rule_id: int
    role_name: str
    role_id: int
    scope_id: str
    scope_level: int
    scope_name: str


class ShownRules(NamedTuple):
    """The broadest few of an account's visible rules, and how many there are."""

    first: tuple[ShownRule, ...]
    total: int


class Total(NamedTuple):
    """`exact` False: there are more than `number`."""

    number: int
    exact: bool


NO_RULES: Final = ShownRules((), 0)


class AccountListing:
    def __init__(self, reader: Reader, roles: RoleTable) -> None:
        self._reader = reader
        self._roles = roles

    async def find(self, view: View, account_id: str) -> Row | None:
        """One account's row, if the viewer may see it."""
        return await self._reader.fetch_one(
            select(*_ROW_COLUMNS)
            .select_from(_JOINED)
            .where(account.c.id == account_id, visible(account.c.home_code, view.accounts))
        )

    async def page(self, view: View, query: Query, *, exact: bool = False) -> tuple[Sequence[Row], Total]:
        """The rows of one page, in order; and how many there are over all pages."""
        selection = await choose(self._reader, self._roles, view, query)
        limit, offset = query.page.limit, query.page.offset
        page = selection.keys(offset=offset, limit=limit).subquery("page")
        rows = await self._reader.scan(
            select(*_ROW_COLUMNS)
            .select_from(_JOINED.join(page, page.c.pk == account.c.pk))
            .order_by(*selection.order_again(page))
        )
        if limit is not None and len(rows) < limit and (rows or not offset):
            return rows, _total(offset + len(rows), exact)  # the last page tells
        return rows, await self._total(selection, exact)

    async def total(self, view: View, query: Query, *, exact: bool = False) -> Total:
        """How many rows there are over all pages: exact up to EXACT_UP_TO, beyond it on request."""
        return await self._total(await choose(self._reader, self._roles, view, query), exact)

    async def _total(self, selection: Selection, exact: bool) -> Total:
        if selection.counted is not None and (selection.counted <= EXACT_UP_TO or not exact):
            return _total(selection.counted, exact)
        (row,) = await self._reader.scan(selection.number(None if exact else EXACT_UP_TO))
        return _total(row[0], exact)

    async def every(self, view: View, query: Query, limit: int | None = None) -> AsyncIterator[Sequence[Row]]:
        """All rows in order (or the first `limit`), a few at a time, each batch its own short read.

        A row deleted meanwhile is left out, and none comes twice: the order is taken first.
        """
        selection = await choose(self._reader, self._roles, view, query)
        pks = await self._reader.scan_keys(selection.keys(offset=query.page.offset, limit=limit))
        for start in range(0, len(pks), _ROWS_A_READ):
            part = pks[start : start + _ROWS_A_READ]
            rows = await self._reader.scan(
                select(*_ROW_COLUMNS).select_from(_JOINED).where(in_list(account.c.pk, part))
            )
            by_pk = {row["pk"]: row for row in rows}
            yield [by_pk[pk] for pk in part if pk in by_pk]

    async def rules_of(
        self, view: View, pks: Sequence[int], shown: int = _RULES_SHOWN
    ) -> dict[int, ShownRules]:
        """The visible rules of these accounts, the broadest first: one statement, a bounded number of rows each."""
        ranked = (
            select(
                rule.c.account_pk,
                rule.c.pk.label("rule_id"),
                rule.c.role_id,
                rule.c.scope_id,
                org_unit.c.level,
                org_unit.c.name,
                func.count().over(partition_by=rule.c.account_pk).label("total"),
                func.row_number()
                .over(partition_by=rule.c.account_pk, order_by=(org_unit.c.level, rule.c.pk))
                .label("place"),
            )
            .join_from(rule, org_unit, org_unit.c.id == rule.c.scope_id)
            .where(
                in_list(rule.c.account_pk, pks),
                rule.c.deleted_at.is_(None),
                visible(rule.c.scope_code, view.rules),
            )
            .subquery()
        )
        rows = await self._reader.scan(
            select(ranked).where(ranked.c.place <= shown).order_by(ranked.c.account_pk, ranked.c.place)
        )
        return self._by_account(rows)

    def _by_account(self, rows: Sequence[Row]) -> dict[int, ShownRules]:
        found: dict[int, ShownRules] = {}
        for row in rows:
            one = ShownRule(
                row["rule_id"],
                self._roles.name(row["role_id"]),
                row["role_id"],
                row["scope_id"],
                row["level"],
                row["name"],
            )
            before = found.get(row["account_pk"], NO_RULES)
            found[row["account_pk"]] = ShownRules((*before.first, one), row["total"])
        return found


def _total(number: int, exact: bool) -> Total:
    """The same over all pages of a view, whichever of them knows more."""
    return Total(number, True) if exact else Total(min(number, EXACT_UP_TO), number <= EXACT_UP_TO)


_SIGNED_IN = last_login.c.account_pk == account.c.pk
_CREATED = actor.c.pk == account.c.created_by_id
_JOINED = (
    account.join(last_login, _SIGNED_IN)
    .join(actor, _CREATED)
    .join(org_unit, org_unit.c.id == account.c.home_id)
)

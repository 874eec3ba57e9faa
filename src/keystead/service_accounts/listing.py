"""The list of accounts: filtered, sorted, counted and paged by the database.

A page takes three statements: its rows, their rules, and the total. What a viewer may not see of an account's rules
takes no part in anything: the list cannot be filtered, searched or sorted by it.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from keystead.authz.tree import SPAN_OF_LEVEL
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import (
    Condition,
    capped_count,
    condition,
    in_list,
    order_by,
    text_condition,
    visible,
)
from keystead.db.schema import account, actor, last_login, org_unit, rule
from keystead.kit.ids import canonical_id
from keystead.kit.query import Filter, Operator, Query, text_matches, texts_of
from keystead.kit.text import fold
from keystead.roles.model import RoleTable

EXACT_UP_TO: Final = 10_000
_ROWS_A_READ: Final = 1_000
_RULES_SHOWN: Final = 5
_alive = and_(rule.c.account_pk == account.c.pk, rule.c.deleted_at.is_(None))
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
    actor.c.name.label("created_by"),
    last_login.c.at.label("last_login"),
    org_unit.c.level.label("home_level"),
    org_unit.c.name.label("home_name"),
)


class View(NamedTuple):
    """Whose list it is: the accounts it may show, and the rules it may know of."""

    accounts: Visibility
    rules: Visibility


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

    async def page(self, view: View, query: Query) -> Sequence[Row]:
        """The rows of one page, in order."""
        return await self._reader.scan(self._page_statement(view, query))

    async def total(self, view: View, query: Query, *, exact: bool = False) -> Total:
        """How many rows there are over all pages: exact up to EXACT_UP_TO, beyond it on request."""
        tables = _tables_for(query, {wanted.field for wanted in query.filters})
        matching = select(account.c.pk).select_from(tables).where(*self._conditions(view, query))
        if exact:
            rows = await self._reader.scan(select(func.count()).select_from(matching.subquery()))
            return Total(rows[0][0], exact=True)
        rows = await self._reader.scan(capped_count(matching, EXACT_UP_TO))
        return Total(min(rows[0][0], EXACT_UP_TO), exact=rows[0][0] <= EXACT_UP_TO)

    async def every(self, view: View, query: Query, limit: int | None = None) -> AsyncIterator[Sequence[Row]]:
        """All rows in order (or the first `limit`), a thousand at a time, each batch its own short read.

        A row deleted meanwhile is left out, and none comes twice: the order is taken first.
        """
        keys = await self._reader.scan(self._keys_statement(view, query, limit))
        pks = [row[0] for row in keys]
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

    # Statements

    def _page_statement(self, view: View, query: Query) -> Select[Any]:
        key = self._sort_key(view, query)
        page = (
            self._keys_statement(view, query, query.page.limit)
            .add_columns(key.label("sort_key"))
            .subquery("page")
        )
        # The same order again, now over the page alone: a join promises none.
        key_again, pk_again = (page.c.sort_key, page.c.pk)
        if query.sort.field == "createdAt":
            key_again = pk_again
        return (
            select(*_ROW_COLUMNS)
            .select_from(_JOINED.join(page, page.c.pk == account.c.pk))
            .order_by(*order_by(key_again, query.sort.descending, pk_again))
        )

    def _keys_statement(self, view: View, query: Query, limit: int | None) -> Select[Any]:
        # The index on last logins has the account's key in it, by which it breaks ties itself.
        tie = last_login.c.account_pk if query.sort.field == "lastLogin" else account.c.pk
        statement = (
            select(account.c.pk)
            .select_from(_tables_for(query, {query.sort.field, *(wanted.field for wanted in query.filters)}))
            .where(*self._conditions(view, query))
            .order_by(*order_by(self._sort_key(view, query), query.sort.descending, tie))
        )
        return statement.limit(limit).offset(query.page.offset or None)

    def _sort_key(self, view: View, query: Query) -> ColumnElement[Any]:
        match query.sort.field:
            case "name" | "clientId":
                return account.c.name
            case "lastLogin":
                return last_login.c.at
            case "createdBy":
                return actor.c.name_folded
            case "updatedAt":
                return account.c.updated_at
            case "enabled":
                return account.c.enabled
            case "accessRules" | "accessRuleCount":
                return self._number_of_rules(view)
            case "secretCreatedAt":
                return account.c.secret_created_at
            case "secretExpiresAt":
                return account.c.secret_expires_at
            case _:
                return account.c.pk  # creation order is the order of keys

    def _number_of_rules(self, view: View) -> ColumnElement[Any]:
        if view.rules.is_everything:
            return account.c.rule_count
        return (
            select(func.count())
            .select_from(rule)
            .where(_alive, visible(rule.c.scope_code, view.rules))
            .correlate(account)
            .scalar_subquery()
        )

    def _conditions(self, view: View, query: Query) -> list[Condition]:
        conditions = [visible(account.c.home_code, view.accounts)]
        conditions += [self._condition(view, wanted) for wanted in query.filters]
        if query.search:
            conditions.append(self._search(view, query.search))
        return conditions

    def _condition(self, view: View, wanted: Filter) -> Condition:
        match wanted.field:
            case "accessRules":
                return self._has_rule_named(view, wanted.operator, *texts_of(wanted))
            case "accessRuleCount":
                return condition(self._number_of_rules(view), wanted)
            case "roleId":
                return self._has_rule(view, wanted, condition(rule.c.role_id, _affirmed(wanted)))
            case "scope":
                return self._has_rule(view, wanted, _lies(rule.c.scope_code, _affirmed(wanted)))
            case "scopeId":
                return _lies(account.c.home_code, wanted)
            case "createdBy":
                return condition(actor.c.name_folded, wanted)
            case _:
                return condition(_COLUMNS.get(wanted.field, account.c.name), wanted)

    def _has_rule(self, view: View, wanted: Filter, such: Condition) -> Condition:
        """Has a visible rule such that; a negative operator means that it has none such."""
        has = exists().where(_alive, visible(rule.c.scope_code, view.rules), such)
        return has if wanted.operator.denies is None else not_(has)

    def _has_rule_named(self, view: View, operator: Operator, *values: str) -> Condition:
        """Has a visible rule whose role or scope name matches; a negative operator means that it has none such."""
        if operator.denies is not None:
            return not_(self._has_rule_named(view, operator.denies, *values))
        folded = [fold(value) for value in values]
        role_ids = [
            role.id for role in self._roles.all() if text_matches(operator, role.name_folded, *folded)
        ]
        named = select(org_unit.c.id).where(text_condition(org_unit.c.name_folded, operator, *values))
        return exists().where(
            _alive,
            visible(rule.c.scope_code, view.rules),
            or_(in_list(rule.c.role_id, role_ids), rule.c.scope_id.in_(named)),
        )

    def _search(self, view: View, text: str) -> Condition:
        return or_(
            text_condition(account.c.name, Operator.CONTAINS, text),
            text_condition(actor.c.name_folded, Operator.CONTAINS, text),
            self._has_rule_named(view, Operator.CONTAINS, text),
        )


_SIGNED_IN = last_login.c.account_pk == account.c.pk
_CREATED = actor.c.pk == account.c.created_by_id
_JOINED = (
    account.join(last_login, _SIGNED_IN)
    .join(actor, _CREATED)
    .join(org_unit, org_unit.c.id == account.c.home_id)
)

# How far beyond a place's own code the last code lies that is below it.
_BELOW: Final = case(
    {int(level): literal_column(str(span - 1)) for level, span in SPAN_OF_LEVEL.items()},
    value=org_unit.c.level,
)
# Every other field is the name.
_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "lastLogin": last_login.c.at,
    "createdAt": account.c.created_at,
    "updatedAt": account.c.updated_at,
    "enabled": account.c.enabled,
    "id": account.c.id,
    "secretCreatedAt": account.c.secret_created_at,
    "secretExpiresAt": account.c.secret_expires_at,
}


def _affirmed(wanted: Filter) -> Filter:
    """What a negative filter denies; any other as it is."""
    return replace(wanted, operator=wanted.operator.denies or wanted.operator)


def _lies(code: ColumnElement[Any], wanted: Filter) -> Condition:
    """Is the code of one of these places; for the operator of beginnings: of the place or of any below it."""
    ids = [canonical_id(text) for text in texts_of(wanted)]
    if wanted.operator is Operator.STARTS:
        place = select(org_unit.c.code).where(org_unit.c.id == ids[0])
        last = org_unit.c.code + _BELOW
        return and_(code >= place.scalar_subquery(), code <= place.with_only_columns(last).scalar_subquery())
    places = select(org_unit.c.code).where(org_unit.c.id.in_(ids))
    return code.in_(places) if wanted.operator.denies is None else code.not_in(places)


def _tables_for(query: Query, fields: Collection[str]) -> FromClause:
    """The account's table and those that these fields and the search lie in: each further one is a look-up a row."""
    tables: FromClause = account
    if "lastLogin" in fields:
        tables = tables.join(last_login, _SIGNED_IN)
    if "createdBy" in fields or query.search:
        tables = tables.join(actor, _CREATED)
    return tables

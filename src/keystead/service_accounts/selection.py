"""Which accounts a query selects, and in which order, as SQL.

There are two ways to a page. The order's index is walked until the page is full: it has in it what most filters read.
Or what selects few accounts is asked first, and those are put into order. Engines cannot tell which is the shorter
(SQLite has no figures to go by), so each filter's accounts are counted here, up to a bound; and nothing else is left
to be looked up by: a column that only says yes or no to a row is written as an expression.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    UnaryExpression,
    exists,
    func,
    not_,
    or_,
    select,
    union_all,
)

from keystead.authz.visibility import Visibility
from keystead.changes.actors import MAKERS, makers_named
from keystead.db.connection import Reader
from keystead.db.query_sql import (
    Condition,
    capped_count,
    condition,
    counts_up_to,
    in_list,
    order_by,
    text_condition,
    unindexed,
    visible,
)
from keystead.db.schema import account, actor, last_login, org_unit, rule
from keystead.kit.ids import canonical_id
from keystead.kit.query import Filter, Operator, Query, text_matches, texts_of
from keystead.kit.text import fold
from keystead.org_units.places import is_named, is_one_of, is_within
from keystead.roles.model import RoleTable

EXACT_UP_TO: Final = 10_000
"""Totals are counted so far, and further on request."""
FEW: Final = 2_000
"""So many accounts are put into order in a few milliseconds."""
SOME: Final = 50_000
"""Of so many rules the accounts are noted first, instead of each account's rules being looked at."""

_HOME: Final = "home"
_SEARCH: Final = "search"
_BY_RULES: Final = ("accessRules", "roleId", "scope")
_OF_LOGIN: Final = ("lastLogin",)
_NO_INDEX_SERVES: Final = (Operator.CONTAINS, Operator.ENDS)


class View(NamedTuple):
    """Whose list it is: the accounts it may show, and the rules it may know of."""

    accounts: Visibility
    rules: Visibility


class _Base(NamedTuple):
    """The table that is walked, and what it has of an account."""

    table: FromClause
    pk: ColumnElement[Any]
    home: ColumnElement[Any]
    name: ColumnElement[Any]
    enabled: ColumnElement[Any]
    creator: ColumnElement[Any]


def _base(table: FromClause, pk: ColumnElement[Any]) -> _Base:
    return _Base(table, pk, table.c.home_code, table.c.name, table.c.enabled, table.c.created_by_id)


_ACCOUNTS: Final = _base(account, account.c.pk)
_LOGINS: Final = _base(last_login, last_login.c.account_pk)
# What of the other tables' columns fields are; all else is of the base, or takes more than a column.
_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "lastLogin": last_login.c.at,
    "createdAt": account.c.created_at,
    "updatedAt": account.c.updated_at,
    "id": account.c.id,
    "secretCreatedAt": account.c.secret_created_at,
    "secretExpiresAt": account.c.secret_expires_at,
}


class Selection:
    """One caller's query. Its statements are there once it was made by `choose`."""

    def __init__(
        self,
        roles: RoleTable,
        view: View,
        query: Query,
        parts: Mapping[str, Select[Any]],
        leading: str | None,
        counted: int | None = None,
    ) -> None:
        """`parts`: by its name, the keys of the accounts that a part of the query selects, where those are not many;
        one of them may be `leading`: few enough to be asked first. `counted`: how many there are in all, where that is
        known already; EXACT_UP_TO and one more says more."""
        self.counted = counted
        self._roles = roles
        self._view = view
        self._query = query
        self._parts = parts
        self._leading = leading
        self._at = _LOGINS if query.sort.field in _OF_LOGIN else _ACCOUNTS

    def keys(self, *, offset: int | None = None, limit: int | None = None) -> Select[Any]:
        """The keys of what is selected, in order, each with what it was ordered by."""
        sort = self.sort_key()
        return (
            select(self._at.pk.label("pk"), sort.label("sort_key"))
            .select_from(self._tables({self._query.sort.field}))
            .where(*self._conditions())
            .order_by(*self._order(sort, self._at.pk))
            .limit(limit)
            .offset(offset or None)
        )

    def number(self, cap: int | None) -> Select[Any]:
        """How many there are; with a `cap`, that and one more says more."""
        matching = select(self._at.pk).select_from(self._tables(())).where(*self._conditions())
        if cap is not None:
            return capped_count(matching, cap)
        return select(func.count()).select_from(matching.subquery())

    def order_again(self, page: FromClause) -> tuple[UnaryExpression[Any], ...]:
        """The same order over the keys alone: a join promises none."""
        return self._order(page.c.sort_key, page.c.pk)

    def _order(self, sort: ColumnElement[Any], tie: ColumnElement[Any]) -> tuple[UnaryExpression[Any], ...]:
        return order_by(sort, self._query.sort.descending, tie)

    def sort_key(self) -> ColumnElement[Any]:
        match self._query.sort.field:
            case "name" | "clientId":
                return self._at.name
            case "enabled":
                return self._at.enabled
            case "createdBy":
                return MAKERS.c.place
            case "accessRules" | "accessRuleCount":
                return self._number_of_rules()
            case field:
                return _COLUMNS[field]

    def _number_of_rules(self) -> ColumnElement[Any]:
        if self._view.rules.is_everything:
            return account.c.rule_count
        own = (rule.c.account_pk == self._at.pk, rule.c.deleted_at.is_(None))
        return (
            select(func.count())
            .select_from(rule)
            .where(*own, visible(rule.c.scope_code, self._view.rules))
            .correlate(self._at.table)
            .scalar_subquery()
        )

    # The tables that the fields lie in: each further one is a look-up a row.

    def _tables(self, sorted_by: Collection[str]) -> FromClause:
        asked = (wanted.field for wanted in self._query.filters if _name(wanted) not in self._parts)
        fields = {*asked, *sorted_by}
        tables: FromClause = self._at.table
        if self._at is _LOGINS and self._needs_account(fields):
            tables = tables.join(account, account.c.pk == last_login.c.account_pk)
        if self._at is _ACCOUNTS and fields.intersection(_OF_LOGIN):
            tables = tables.join(last_login, last_login.c.account_pk == account.c.pk)
        if "createdBy" in sorted_by:
            tables = tables.join(MAKERS, MAKERS.c.pk == account.c.created_by_id)
        return tables

    def _needs_account(self, fields: Collection[str]) -> bool:
        of_account = {name for name in _COLUMNS if name not in _OF_LOGIN}
        counts_rules = "accessRuleCount" in fields and self._view.rules.is_everything
        return counts_rules or bool(of_account.intersection(fields))

    # Conditions that say yes or no to a row

    def _conditions(self) -> list[Condition]:
        conditions = [self._is_among(name) for name in self._parts if name != _SEARCH]
        if _HOME not in self._parts:
            conditions.append(visible(unindexed(self._at.home), self._view.accounts))
        conditions += [
            self._passes(wanted) for wanted in self._query.filters if _name(wanted) not in self._parts
        ]
        if self._query.search:
            conditions.append(self._is_found(self._query.search))
        return conditions

    def _is_among(self, name: str) -> Condition:
        """Of the accounts of a part. Only the leading one is there to look accounts up by."""
        pk = self._at.pk if name == self._leading else unindexed(self._at.pk)
        return pk.in_(self._parts[name])

    def _passes(self, wanted: Filter) -> Condition:
        if wanted.field in _BY_RULES:
            has = self._has_rule(or_(*_such_rules(self._roles, _affirmed(wanted))))
            return has if wanted.operator.denies is None else not_(has)
        match wanted.field:
            case "accessRuleCount" if self._view.rules.is_everything:
                return condition(unindexed(account.c.rule_count), wanted)
            case "accessRuleCount":
                return condition(self._number_of_rules(), wanted)
            case "scopeId":
                return _lies_in(unindexed(self._at.home), wanted)
            case "createdBy":
                return unindexed(self._at.creator).in_(makers_named(wanted))
            case "enabled":
                return condition(unindexed(self._at.enabled), wanted)
            case "name" | "clientId":
                return condition(unindexed(self._at.name), wanted)
            case field:
                return condition(unindexed(_COLUMNS[field]), wanted)

    def _has_rule(self, such: Condition) -> Condition:
        own = (rule.c.account_pk == self._at.pk, rule.c.deleted_at.is_(None))
        return exists().where(*own, visible(rule.c.scope_code, self._view.rules), such)

    def _is_found(self, text: str) -> Condition:
        by_rules = (
            self._is_among(_SEARCH)
            if _SEARCH in self._parts
            else self._has_rule(or_(*_named(self._roles, Operator.CONTAINS, text)))
        )
        return or_(
            text_condition(self._at.name, Operator.CONTAINS, text),
            self._at.creator.in_(
                select(actor.c.pk).where(text_condition(actor.c.name_folded, Operator.CONTAINS, text))
            ),
            by_rules,
        )


async def choose(reader: Reader, roles: RoleTable, view: View, query: Query) -> Selection:
    """Counts what each part of the query selects, up to a bound: in one statement, none where there are no parts."""
    parts = _parts(roles, view, query)
    alone = _is_all_of(parts, query)
    bounds = {name: EXACT_UP_TO if alone else _bound(name) for name in parts}
    numbers = await counts_up_to(reader, {name: (keys, bounds[name]) for name, keys in parts.items()})
    known = {name: keys for name, keys in parts.items() if numbers[name] <= _bound(name)}
    leading = min((name for name in known if name != _SEARCH), key=numbers.__getitem__, default=None)
    if leading is not None and numbers[leading] > FEW:
        leading = None
    return Selection(roles, view, query, known, leading, sum(numbers.values()) if alone else None)


def _is_all_of(parts: Mapping[str, Select[Any]], query: Query) -> bool:
    """Whether a part is the whole query, and has each account once: its number is the total then."""
    (name, *others) = parts or ("",)
    return bool(name) and not (
        others
        or query.search
        or name.startswith(_BY_RULES)
        or any(_name(wanted) != name for wanted in query.filters)
    )


def _bound(name: str) -> int:
    """What is a look at the account's own row is worth noting down for few alone."""
    return SOME if name == _SEARCH or name.startswith(_BY_RULES) else FEW


def _parts(roles: RoleTable, view: View, query: Query) -> dict[str, Select[Any]]:
    """What may select few accounts, each by its name, as a select of keys that an index serves."""
    parts: dict[str, Select[Any]] = {}
    if not view.accounts.is_everything:
        parts[_HOME] = select(account.c.pk).where(visible(account.c.home_code, view.accounts))
    together: defaultdict[str, list[Filter]] = defaultdict(list)
    for wanted in query.filters:
        # Names of roles, scopes and creators are few, and are looked through first.
        by_names = wanted.field in ("accessRules", "createdBy")
        if wanted.operator.denies is None and (by_names or wanted.operator not in _NO_INDEX_SERVES):
            together[_name(wanted)].append(wanted)
    for name, filters in together.items():
        keys = _keys_by(roles, view, filters)
        if keys is not None:
            parts[name] = keys
    if query.search:
        parts[_SEARCH] = _keys_by_rules(view, _named(roles, Operator.CONTAINS, query.search))
    return parts


def _name(wanted: Filter) -> str:
    """What a filter is called among the parts. Filters on one column are one part: from here to there is two."""
    if wanted.field in _BY_RULES or wanted.operator.denies is not None or wanted.operator in _NO_INDEX_SERVES:
        return f"{wanted.field}{wanted.operator.value}{wanted.value}"
    return wanted.field


def _keys_by(roles: RoleTable, view: View, filters: Sequence[Filter]) -> Select[Any] | None:
    field = filters[0].field
    if field in _BY_RULES:
        (wanted,) = filters  # each is a part of its own: another rule may be the one that it asks for
        return _keys_by_rules(view, _such_rules(roles, wanted))
    if field in _OF_LOGIN:
        return select(last_login.c.account_pk).where(*(condition(last_login.c.at, one) for one in filters))
    match field:
        case "accessRuleCount" if view.rules.is_everything:
            conditions: list[Condition] = [condition(account.c.rule_count, wanted) for wanted in filters]
        case "accessRuleCount":
            return None
        case "scopeId":
            conditions = [_lies_in(account.c.home_code, wanted) for wanted in filters]
        case "createdBy":
            conditions = [account.c.created_by_id.in_(makers_named(wanted)) for wanted in filters]
        case _:
            column = _COLUMNS.get(field, account.c.enabled if field == "enabled" else account.c.name)
            conditions = [condition(column, wanted) for wanted in filters]
    return select(account.c.pk).where(*conditions)


def _keys_by_rules(view: View, such: Sequence[Condition]) -> Select[Any]:
    """Of the accounts that have a rule of one of these sorts, each of which an index serves."""
    own = (
        rule.c.account_pk.is_not(None),
        rule.c.deleted_at.is_(None),
        visible(unindexed(rule.c.scope_code), view.rules),
    )
    sorts = [select(rule.c.account_pk).where(*own, one) for one in such]
    return sorts[0] if len(sorts) == 1 else select(union_all(*sorts).subquery().c.account_pk)


def _such_rules(roles: RoleTable, wanted: Filter) -> list[Condition]:
    """What a filter that an account passes by a rule asks of the rule: one of these. The filter denies nothing."""
    match wanted.field:
        case "roleId":
            return [condition(rule.c.role_id, wanted)]
        case "scope" if wanted.operator is Operator.STARTS:
            return [_lies_in(rule.c.scope_code, wanted)]
        case "scope":
            return [rule.c.scope_id.in_([canonical_id(text) for text in texts_of(wanted)])]
        case _:
            return _named(roles, wanted.operator, *texts_of(wanted))


def _named(roles: RoleTable, operator: Operator, *values: str) -> list[Condition]:
    """Rules of which the role's name or the scope's matches."""
    folded = [fold(value) for value in values]
    role_ids = [role.id for role in roles.all() if text_matches(operator, role.name_folded, *folded)]
    named = is_named(rule.c.scope_code, text_condition(org_unit.c.name_folded, operator, *values))
    return [named, *([in_list(rule.c.role_id, role_ids)] if role_ids else [])]


def _affirmed(wanted: Filter) -> Filter:
    """What a negative filter denies; any other as it is."""
    return replace(wanted, operator=wanted.operator.denies or wanted.operator)


def _lies_in(code: ColumnElement[Any], wanted: Filter) -> Condition:
    ids = texts_of(wanted)
    if wanted.operator is Operator.STARTS:
        return is_within(code, ids[0])
    return is_one_of(code, ids) if wanted.operator.denies is None else not_(is_one_of(code, ids))

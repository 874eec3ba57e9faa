"""Which rules a query selects, and in which order, as SQL: with the two ways of `service_accounts.selection`.

What selects few rules is asked first, and those are put into order; else the order's index is walked. Nothing is joined
before a page is full: names of scopes and makers are looked through on their own, and give codes and keys.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    UnaryExpression,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    union_all,
)

from keystead.access_rules.model import DELETING, READY
from keystead.authz.tree import LEVEL_BY_WORD, Level
from keystead.authz.visibility import Visibility
from keystead.changes.actors import MAKERS, makers_named
from keystead.db.connection import Reader
from keystead.db.query_sql import (
    Condition,
    condition,
    counts_up_to,
    in_list,
    order_by,
    text_condition,
    unindexed,
    value_condition,
    visible,
)
from keystead.db.schema import org_unit, rule
from keystead.kit.query import Filter, Operator, Query, text_matches, texts_of
from keystead.kit.text import fold
from keystead.org_units.places import is_named, is_within
from keystead.roles.model import RoleTable

FEW: Final = 2_000
_PHASE: Final = case((rule.c.deleted_at.is_(None), READY), else_=DELETING)
_LEVEL: Final[ColumnElement[int]] = case(
    (rule.c.scope_code == 0, int(Level.TENANT)),
    (rule.c.scope_code.bitwise_and(2**24 - 1) != 0, int(Level.PROJECT)),
    (rule.c.scope_code.bitwise_and(2**48 - 1) != 0, int(Level.DEPARTMENT)),
    else_=int(Level.CLUSTER),
)
# Scopes by the place of their name among all names.
_PLACES: Final = select(
    org_unit.c.code, func.dense_rank().over(order_by=org_unit.c.name_folded).label("place")
).subquery("place")
_SUBJECT: Final = rule.c.subject_name_folded
_SCOPE_NAME: Final = org_unit.c.name_folded
_OTHER_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "subjectType": rule.c.subject_type,
    "createdAt": rule.c.created_at,
    "deletedAt": rule.c.deleted_at,
    "phase": _PHASE,
}


class Wanted(NamedTuple):
    """What the list's older parameters ask for, beside `filterBy`. None asks for nothing."""

    include_deleted: bool = False
    subject_type: str | None = None
    subject_part: str | None = None
    subject_names: tuple[str, ...] | None = None
    updated_since: int | None = None
    cluster_id: str | None = None
    scope_type: str | None = None
    scope_id: str | None = None
    role_id: int | None = None


class _Served(NamedTuple):
    """A condition that an index serves; `of_living`: an index that has the rules that hold, and no others."""

    says: Condition
    of_living: bool = True


class _Part(NamedTuple):
    """What a query asks of a rule: in a form that says yes or no to a row which another way has led to; and as
    conditions that indexes serve, of which one is enough. No index serves it where there are none."""

    says: Condition
    served: Sequence[_Served] = ()


class RuleSelection:
    """One caller's query. `choose` makes it."""

    def __init__(self, includes_ended: bool, parts: Sequence[_Part], leading: int | None) -> None:
        """`leading`: which of the parts selects few rules, if one does."""
        self._includes_ended = includes_ended
        self._parts = parts
        self._leading = leading

    def keys(self, roles: RoleTable, query: Query) -> Select[Any]:
        """The keys of a page's rules, in order, each with what it was ordered by."""
        sort, tables = _sorted_by(query.sort.field, roles)
        return (
            select(rule.c.pk, sort.label("sort_key"))
            .select_from(tables)
            .where(*self._conditions())
            .order_by(*order_by(sort, query.sort.descending, rule.c.pk))
            .limit(query.page.limit)
            .offset(query.page.offset or None)
        )

    def number(self) -> Select[Any]:
        """How many rules there are over all pages."""
        return select(func.count()).select_from(rule).where(*self._conditions(looked_up=True))

    def _conditions(self, *, looked_up: bool = False) -> list[Condition]:
        """`looked_up`: where no order is to be kept, rules may be looked up by whatever serves."""
        conditions: list[Condition] = [] if self._includes_ended else [rule.c.deleted_at.is_(None)]
        for place, part in enumerate(self._parts):
            if place == self._leading:
                conditions.append(rule.c.pk.in_(_keys(self._includes_ended, part)))
            elif looked_up and self._leading is None and part.served:
                conditions.append(or_(*(one.says for one in part.served)))
            else:
                conditions.append(part.says)
        return conditions


def order_again(page: FromClause, query: Query) -> tuple[UnaryExpression[Any], ...]:
    """The order of `keys` over the keys alone: a join promises none."""
    return order_by(page.c.sort_key, query.sort.descending, page.c.pk)


async def choose(
    reader: Reader, roles: RoleTable, seen: Visibility | Sequence[str], query: Query, wanted: Wanted
) -> RuleSelection:
    """Counts what each part selects, up to FEW: in one statement, and none where there are no parts.

    `seen`: where rules may be seen, or the keys of the subjects whose own they are.
    """
    parts = [*_seen(seen), *_asked(wanted), *(_filtered(roles, one) for one in query.filters)]
    if query.search:
        parts.append(_searched(roles, query.search))
    numbers = await counts_up_to(
        reader,
        {
            place: (_keys(wanted.include_deleted, part), FEW)
            for place, part in enumerate(parts)
            if part.served
        },
    )
    leading = min(numbers, key=numbers.__getitem__, default=None)
    if leading is not None and numbers[leading] > FEW:
        leading = None
    return RuleSelection(wanted.include_deleted, parts, leading)


def _keys(includes_ended: bool, part: _Part) -> Select[Any]:
    selects = []
    for says, of_living in part.served:
        # An index of living rules is taken for being one: not where another has all that it takes.
        ended = rule.c.deleted_at if of_living else unindexed(rule.c.deleted_at)
        selects.append(select(rule.c.pk).where(says, *([] if includes_ended else [ended.is_(None)])))
    return selects[0] if len(selects) == 1 else select(union_all(*selects).subquery().c.pk)


def _seen(seen: Visibility | Sequence[str]) -> list[_Part]:
    if not isinstance(seen, Visibility):
        own = in_list(rule.c.subject_id, seen)
        return [_Part(in_list(unindexed(rule.c.subject_id), seen), [_Served(own)])]
    says = visible(unindexed(rule.c.scope_code), seen)
    return [_Part(says)] if seen.is_everything else [_Part(says, [_Served(visible(rule.c.scope_code, seen))])]


def _asked(wanted: Wanted) -> list[_Part]:
    parts: list[_Part] = []
    if wanted.subject_type is not None:
        parts.append(_Part(rule.c.subject_type == wanted.subject_type))
    if wanted.subject_part is not None:
        part = wanted.subject_part
        parts.append(_by(_SUBJECT, lambda one: text_condition(one, Operator.CONTAINS, part)))
    if wanted.subject_names is not None:
        names = [fold(name) for name in wanted.subject_names]
        parts.append(_by(_SUBJECT, lambda one: in_list(one, names)))
    if wanted.updated_since is not None:
        parts.append(_Part(rule.c.updated_at >= wanted.updated_since))
    if wanted.cluster_id is not None:
        cluster_id = wanted.cluster_id
        is_cluster = exists().where(org_unit.c.id == cluster_id, org_unit.c.level == int(Level.CLUSTER))
        parts.append(_by(rule.c.scope_code, lambda one: and_(is_cluster, is_within(one, cluster_id))))
    if wanted.scope_type is not None:
        level = int(LEVEL_BY_WORD[wanted.scope_type])
        parts.append(_Part(value_condition(_LEVEL, Operator.EQUALS, level)))
    if wanted.scope_id is not None:
        parts.append(_by(rule.c.scope_id, lambda one: one == wanted.scope_id))
    if wanted.role_id is not None:
        parts.append(_by(rule.c.role_id, lambda one: one == wanted.role_id))
    return parts


def _by(column: ColumnElement[Any], asks: Callable[[ColumnElement[Any]], Condition]) -> _Part:
    """What an index on the column serves."""
    return _Part(asks(unindexed(column)), [_Served(asks(column), column is not _SUBJECT)])


def _filtered(roles: RoleTable, wanted: Filter) -> _Part:
    part = _part_of(roles, wanted)
    # What most rules pass is no way to them.
    return part if wanted.operator.denies is None else _Part(part.says)


def _part_of(roles: RoleTable, wanted: Filter) -> _Part:
    match wanted.field:
        case "subjectId":
            return _by(_SUBJECT, lambda one: condition(one, wanted))
        case "roleId":
            return _by(rule.c.role_id, lambda one: condition(one, wanted))
        case "roleName":
            return _by(rule.c.role_id, lambda one: in_list(one, _roles_named(roles, wanted)))
        case "scopeId":
            return _by(rule.c.scope_id, lambda one: condition(one, wanted))
        case "scopeName":
            return _by(rule.c.scope_code, lambda one: _is_in_place_named(one, wanted))
        case "createdBy":
            return _by(rule.c.created_by_id, lambda one: one.in_(makers_named(wanted)))
        case "scopeType":
            return _Part(condition(_LEVEL, _levels(wanted)))
        case field:
            return _Part(condition(_OTHER_COLUMNS[field], wanted))


def _is_in_place_named(code: ColumnElement[Any], wanted: Filter) -> Condition:
    """A place that is gone has no name any more: it passes what asks for none such."""
    denied = wanted.operator.denies
    if denied is not None:
        return not_(_is_in_place_named(code, replace(wanted, operator=denied)))
    return is_named(code, condition(_SCOPE_NAME, wanted))


def _searched(roles: RoleTable, text: str) -> _Part:
    role_ids = [
        role.id for role in roles.ever() if text_matches(Operator.CONTAINS, role.name_folded, fold(text))
    ]
    named = text_condition(_SCOPE_NAME, Operator.CONTAINS, text)

    def asked(
        subject: ColumnElement[Any], code: ColumnElement[Any], role: ColumnElement[Any]
    ) -> list[Condition]:
        by_role = [in_list(role, role_ids)] if role_ids else []
        return [text_condition(subject, Operator.CONTAINS, text), is_named(code, named), *by_role]

    columns = (_SUBJECT, rule.c.scope_code, rule.c.role_id)
    by_subject, *by_others = asked(*columns)
    return _Part(
        or_(*asked(*(unindexed(column) for column in columns))),
        [_Served(by_subject, of_living=False), *map(_Served, by_others)],
    )


def _roles_named(roles: RoleTable, wanted: Filter) -> list[int]:
    values = [fold(value) for value in texts_of(wanted)]
    return [role.id for role in roles.ever() if text_matches(wanted.operator, role.name_folded, *values)]


def _levels(wanted: Filter) -> Filter:
    """The same of numbers: a level's word is none of its column."""
    levels = tuple(int(LEVEL_BY_WORD[word]) for word in texts_of(wanted))
    return replace(wanted, value=levels if wanted.operator.takes_several else levels[0])


def _sorted_by(field: str, roles: RoleTable) -> tuple[ColumnElement[Any], FromClause]:
    """What a field sorts by, and the tables that it takes."""
    match field:
        case "createdAt":
            return rule.c.pk, rule  # creation order is the order of keys
        case "subjectId":
            return _SUBJECT, rule
        case "roleId":
            return rule.c.role_id, rule
        case "roleName":
            by_name = sorted(roles.ever(), key=lambda role: (role.name_folded, role.id))
            places = {role.id: place for place, role in enumerate(by_name)}
            return case(places, value=rule.c.role_id), rule
        case "scopeId":
            return rule.c.scope_id, rule
        case "scopeType":
            return _LEVEL, rule
        case "scopeName":
            return _PLACES.c.place, rule.outerjoin(_PLACES, _PLACES.c.code == rule.c.scope_code)
        case "createdBy":
            return MAKERS.c.place, rule.join(MAKERS, MAKERS.c.pk == rule.c.created_by_id)
        case _:
            return _OTHER_COLUMNS[field], rule

"""The list of rules: filtered, sorted, counted and paged by the database. A page takes two statements."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select

from keystead.access_rules.model import DELETING, READY
from keystead.authz.tree import LEVEL_BY_WORD
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import Condition, condition, in_list, order_by, text_condition, visible
from keystead.db.schema import actor, org_unit, rule
from keystead.kit.query import Filter, Operator, Query, text_matches, texts_of
from keystead.kit.text import fold
from keystead.roles.model import RoleTable

_cluster = org_unit.alias("cluster")
_JOINED = (
    rule.join(actor, actor.c.pk == rule.c.created_by_id)
    .outerjoin(org_unit, org_unit.c.id == rule.c.scope_id)
    .outerjoin(
        _cluster,
        and_(
            _cluster.c.code == rule.c.scope_code.bitwise_rshift(literal(48)).bitwise_lshift(literal(48)),
            _cluster.c.level == LEVEL_BY_WORD["cluster"],
        ),
    )
)
_COLUMNS: Final = (
    rule,
    actor.c.name.label("created_by"),
    func.coalesce(org_unit.c.name, rule.c.scope_id).label("scope_name"),
    _cluster.c.id.label("cluster_id"),
)
_PHASE: Final = case((rule.c.deleted_at.is_(None), READY), else_=DELETING)


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


class RuleListing:
    def __init__(self, reader: Reader, roles: RoleTable) -> None:
        self._reader = reader
        self._roles = roles

    async def page(self, visibility: Visibility, query: Query, wanted: Wanted) -> tuple[Sequence[Row], int]:
        """The rows of one page, and how many there are over all pages."""
        return await self._read(
            self._conditions(visible(rule.c.scope_code, visibility), query, wanted), query
        )

    async def count(self, visibility: Visibility, query: Query, wanted: Wanted) -> int:
        return await self._total(self._conditions(visible(rule.c.scope_code, visibility), query, wanted))

    async def own_page(self, subject_keys: Sequence[str], query: Query) -> tuple[Sequence[Row], int]:
        """A subject's own rules, its groups' among them: whoever asks may always know what they hold."""
        return await self._read(
            self._conditions(in_list(rule.c.subject_id, subject_keys), query, Wanted()), query
        )

    async def own_count(self, subject_keys: Sequence[str], query: Query) -> int:
        return await self._total(self._conditions(in_list(rule.c.subject_id, subject_keys), query, Wanted()))

    async def find(self, visibility: Visibility, pk: int) -> Row | None:
        """A rule that is alive and in sight."""
        statement = _select().where(
            rule.c.pk == pk, rule.c.deleted_at.is_(None), visible(rule.c.scope_code, visibility)
        )
        return await self._reader.fetch_one(statement)

    async def rows_of(self, pks: Sequence[int]) -> list[Row]:
        """These rules in this order, whoever asks: for those that the asker has just made or may read."""
        found = await self._reader.scan(_select().where(in_list(rule.c.pk, pks)))
        by_pk = {row["pk"]: row for row in found}
        return [by_pk[pk] for pk in pks if pk in by_pk]

    async def _read(self, conditions: list[Condition], query: Query) -> tuple[Sequence[Row], int]:
        statement = (
            _select()
            .where(*conditions)
            .order_by(*order_by(self._sort_key(query.sort.field), query.sort.descending, rule.c.pk))
            .limit(query.page.limit)
            .offset(query.page.offset or None)
        )
        return await self._reader.scan(statement), await self._total(conditions)

    async def _total(self, conditions: list[Condition]) -> int:
        rows = await self._reader.scan(select(func.count()).select_from(_JOINED).where(*conditions))
        return int(rows[0][0])

    def _conditions(self, seen: Condition, query: Query, wanted: Wanted) -> list[Condition]:
        conditions = [seen, *self._asked(wanted)]
        conditions += [self._condition(one) for one in query.filters]
        if query.search:
            conditions.append(self._search(query.search))
        return conditions

    def _asked(self, wanted: Wanted) -> list[Condition]:
        conditions: list[Condition] = []
        if not wanted.include_deleted:
            conditions.append(rule.c.deleted_at.is_(None))
        if wanted.subject_type is not None:
            conditions.append(rule.c.subject_type == wanted.subject_type)
        if wanted.subject_part is not None:
            conditions.append(
                text_condition(rule.c.subject_name_folded, Operator.CONTAINS, wanted.subject_part)
            )
        if wanted.subject_names is not None:
            names = [fold(name) for name in wanted.subject_names]
            conditions.append(rule.c.subject_name_folded.in_(names))
        if wanted.updated_since is not None:
            conditions.append(rule.c.updated_at >= wanted.updated_since)
        if wanted.cluster_id is not None:
            conditions.append(_cluster.c.id == wanted.cluster_id)
        if wanted.scope_type is not None:
            conditions.append(org_unit.c.level == LEVEL_BY_WORD[wanted.scope_type])
        if wanted.scope_id is not None:
            conditions.append(rule.c.scope_id == wanted.scope_id)
        if wanted.role_id is not None:
            conditions.append(rule.c.role_id == wanted.role_id)
        return conditions

    def _condition(self, wanted: Filter) -> Condition:
        match wanted.field:
            case "roleName":
                return self._role_named(wanted.operator, *texts_of(wanted))
            case "scopeType":
                return condition(org_unit.c.level, _levels(wanted))
            case _:
                return condition(self._column(wanted.field), wanted)

    def _role_named(self, operator: Operator, *values: str) -> Condition:
        folded = [fold(value) for value in values]
        matching = [
            role.id for role in self._roles.ever() if text_matches(operator, role.name_folded, *folded)
        ]
        return in_list(rule.c.role_id, matching)

    def _search(self, text: str) -> Condition:
        return or_(
            text_condition(rule.c.subject_name_folded, Operator.CONTAINS, text),
            text_condition(org_unit.c.name_folded, Operator.CONTAINS, text),
            self._role_named(Operator.CONTAINS, text),
        )

    def _sort_key(self, field: str) -> ColumnElement[Any]:
        if field == "createdAt":
            return rule.c.pk  # creation order is the order of keys
        if field == "roleName":
            by_name = sorted(self._roles.ever(), key=lambda role: (role.name_folded, role.id))
            return case({role.id: place for place, role in enumerate(by_name)}, value=rule.c.role_id)
        return self._column(field)

    def _column(self, field: str) -> ColumnElement[Any]:
        columns: dict[str, ColumnElement[Any]] = {
            "subjectId": rule.c.subject_name_folded,
            "subjectType": rule.c.subject_type,
            "roleId": rule.c.role_id,
            "scopeId": rule.c.scope_id,
            "scopeType": org_unit.c.level,
            "scopeName": org_unit.c.name_folded,
            "createdAt": rule.c.created_at,
            "deletedAt": rule.c.deleted_at,
            "createdBy": actor.c.name_folded,
            "phase": _PHASE,
        }
        return columns[field]


def _levels(wanted: Filter) -> Filter:
    """The same of numbers: a level's word is none of its column."""
    levels = tuple(int(LEVEL_BY_WORD[word]) for word in texts_of(wanted))
    return replace(wanted, value=levels if wanted.operator.takes_several else levels[0])


def _select() -> Select[Any]:
    return select(*_COLUMNS).select_from(_JOINED)

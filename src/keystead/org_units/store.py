"""The table of org units: single nodes, lists, and the writes. A page of a list is one statement."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    bindparam,
    case,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from keystead.authz.tree import Level, Scope
from keystead.authz.visibility import Visibility
from keystead.changes.engine import Transaction
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.query_sql import Condition, condition, in_list, order_by, text_condition, visible
from keystead.db.schema import actor, org_unit, role
from keystead.kit.query import Filter, Operator, Query, texts_of
from keystead.kit.text import fold
from keystead.org_units.model import METRICS, READY

_parent = org_unit.alias("parent")
_updater = actor.alias("updater")
_WITH_CREATOR: Final = org_unit.join(actor, actor.c.pk == org_unit.c.created_by_id).outerjoin(
    _updater, _updater.c.pk == org_unit.c.updated_by_id
)
_WITH_PARENT: Final = _WITH_CREATOR.join(_parent, _parent.c.id == org_unit.c.parent_id)

_CHILD = Prepared(
    select(org_unit.c.id, org_unit.c.level, org_unit.c.code, org_unit.c.name).where(
        org_unit.c.parent_id == bindparam("parent_id"),
        org_unit.c.level == bindparam("level"),
        org_unit.c.name_folded == bindparam("name_folded"),
    )
)
_LAST_ORDINAL = Prepared(select(org_unit.c.last_ordinal).where(org_unit.c.id == bindparam("id")))
_SET_LAST_ORDINAL = Prepared(
    update(org_unit).where(org_unit.c.id == bindparam("unit_id")).values(last_ordinal=bindparam("ordinal"))
)
_ADD = Prepared(insert(org_unit))
_REPLACE = Prepared(
    update(org_unit)
    .where(org_unit.c.id == bindparam("unit_id"))
    .values(
        name=bindparam("new_name"),
        name_folded=bindparam("new_name_folded"),
        fields=bindparam("new_fields"),
        updated_at=bindparam("now"),
        updated_by_id=bindparam("updater"),
    )
)
_ROLES_AT_HOME = Prepared(
    select(role.c.id).where(role.c.home_id == bindparam("unit_id"), role.c.deleted_at.is_(None))
)


class View(NamedTuple):
    """Whose list it is: the nodes that it may show, and the departments whose names it may tell."""

    units: Visibility
    departments: Visibility


async def find_unit(reader: Reader, level: Level, unit_id: str, departments: Visibility) -> Row | None:
    """A node of that level, wherever it lies, with what its answer tells. `departments` as in `View`."""
    shape = _shape(level, departments)
    return await reader.fetch_one(shape.select().where(org_unit.c.id == unit_id))


async def list_clusters(reader: Reader, visibility: Visibility) -> Sequence[Row]:
    """All that are visible, in the order in which they were made."""
    shape = _shape(Level.CLUSTER, visibility)
    return await reader.scan(
        shape.select().where(visible(org_unit.c.code, visibility)).order_by(org_unit.c.code)
    )


async def page_of_units(
    reader: Reader, level: Level, view: View, query: Query, limit: int
) -> tuple[Sequence[Row], bool]:
    """At most `limit` rows in order, and whether more follow them."""
    shape = _shape(level, view.departments)
    statement = (
        shape.select()
        .where(*_conditions(shape, view, query))
        .order_by(*order_by(shape.sort_key(query.sort.field), query.sort.descending, org_unit.c.code))
        .limit(limit + 1)
        .offset(query.page.offset or None)
    )
    rows = await reader.scan(statement)
    return rows[:limit], len(rows) > limit


async def count_of_units(reader: Reader, level: Level, view: View, query: Query) -> int:
    """How many rows there are over all pages."""
    shape = _shape(level, view.departments)
    counted = shape.select().with_only_columns(func.count(), maintain_column_froms=True)
    rows = await reader.scan(counted.where(*_conditions(shape, view, query)))
    return int(rows[0][0])


async def projects_in(
    reader: Reader, department_ids: Collection[str], visibility: Visibility, most: int
) -> Mapping[str, Sequence[Row]]:
    """The first visible projects of each of these departments by name, at most `most` of each: one statement."""
    ranked = (
        select(
            org_unit.c.id,
            org_unit.c.name,
            org_unit.c.parent_id,
            func.row_number()
            .over(partition_by=org_unit.c.parent_id, order_by=(org_unit.c.name_folded, org_unit.c.code))
            .label("place"),
        )
        .where(
            in_list(org_unit.c.parent_id, department_ids),
            org_unit.c.level == int(Level.PROJECT),
            visible(org_unit.c.code, visibility),
        )
        .subquery()
    )
    rows = await reader.scan(
        select(ranked).where(ranked.c.place <= most).order_by(ranked.c.parent_id, ranked.c.place)
    )
    found: dict[str, list[Row]] = {department_id: [] for department_id in department_ids}
    for row in rows:
        found[row["parent_id"]].append(row)
    return found


async def find_child(reader: Reader, parent: Scope, name: str) -> Scope | None:
    row = await reader.fetch_one(
        _CHILD, {"parent_id": parent.id, "level": int(parent.level) + 1, "name_folded": fold(name)}
    )
    return None if row is None else Scope(row["id"], Level(row["level"]), row["code"], row["name"])


async def last_ordinal(tx: Transaction, parent: Scope) -> int:
    """The last ordinal that was given to a child of `parent`."""
    row = await tx.fetch_one(_LAST_ORDINAL, {"id": parent.id})
    if row is None:
        raise LookupError(f"no org unit has the id {parent.id}")
    return int(row["last_ordinal"])


async def add_unit(
    tx: Transaction, unit: Scope, parent: Scope, ordinal: int, settings: str, created_by_id: int
) -> None:
    """Writes the node, and at its parent that the ordinal is taken for good. `settings` is JSON."""
    await tx.execute(_SET_LAST_ORDINAL, {"unit_id": parent.id, "ordinal": ordinal})
    await tx.execute(
        _ADD,
        {
            "id": unit.id,
            "level": int(unit.level),
            "code": unit.code,
            "parent_id": parent.id,
            "name": unit.name,
            "name_folded": fold(unit.name),
            "last_ordinal": 0,
            "created_at": tx.now,
            "updated_at": tx.now,
            "created_by_id": created_by_id,
            "fields": settings,
            "updated_by_id": None,
        },
    )


async def replace_unit(tx: Transaction, unit: Scope, settings: str, updated_by_id: int) -> None:
    """Writes the node's name and its settings, which are JSON."""
    await tx.execute(
        _REPLACE,
        {
            "unit_id": unit.id,
            "new_name": unit.name,
            "new_name_folded": fold(unit.name),
            "new_fields": settings,
            "now": tx.now,
            "updater": updated_by_id,
        },
    )


async def roles_at_home(reader: Reader, unit: Scope) -> list[int]:
    """The custom roles whose home the node itself is."""
    return [row["id"] for row in await reader.fetch_all(_ROLES_AT_HOME, {"unit_id": unit.id})]


class _Shape(NamedTuple):
    """How the nodes of a level are read: what is joined, and the columns behind the fields that have values."""

    level: Level
    joined: FromClause
    columns: tuple[ColumnElement[Any], ...]
    fields: Mapping[str, ColumnElement[Any]]
    searched: tuple[ColumnElement[Any], ...] = ()

    def select(self) -> Select[Any]:
        creator, updater = actor.c.name, func.coalesce(_updater.c.name, actor.c.name)
        columns = [*org_unit.c, creator.label("created_by"), updater.label("updated_by"), *self.columns]
        return select(*columns).select_from(self.joined).where(org_unit.c.level == int(self.level))

    def condition(self, wanted: Filter) -> Condition:
        if wanted.field == "phase":
            return _always(wanted.operator, READY in texts_of(wanted))
        if wanted.field in METRICS:
            return _always(wanted.operator, False)
        return condition(self.fields[wanted.field], wanted)

    def sort_key(self, field: str) -> ColumnElement[Any]:
        """In what has one value for all, or none, nodes are alike: only the tie is left."""
        return self.fields.get(field, org_unit.c.code)

    def search(self, text: str) -> Condition:
        return or_(*(text_condition(column, Operator.CONTAINS, text) for column in self.searched))


def _conditions(shape: _Shape, view: View, query: Query) -> list[Condition]:
    conditions = [visible(org_unit.c.code, view.units), *map(shape.condition, query.filters)]
    return [*conditions, shape.search(query.search)] if query.search else conditions


def _always(operator: Operator, is_so: bool) -> Condition:
    """The same for every row: whether an equality holds, or its denial."""
    return true() if is_so != (operator.denies is not None) else false()


def _shape(level: Level, departments: Visibility) -> _Shape:
    own = {"name": org_unit.c.name_folded, "createdAt": org_unit.c.created_at}
    if level is Level.CLUSTER:
        return _Shape(level, _WITH_CREATOR, (), own)
    if level is Level.DEPARTMENT:
        cluster = org_unit.c.parent_id
        fields = {**own, "clusterId": cluster}
        return _Shape(level, _WITH_CREATOR, (cluster.label("cluster_id"),), fields, (own["name"],))
    # Who may not read the department must not find or sort its projects by its name.
    seen = visible(_parent.c.code, departments)
    parent_name = case((seen, _parent.c.name_folded))
    return _Shape(
        level,
        _WITH_PARENT,
        (_parent.c.parent_id.label("cluster_id"), case((seen, _parent.c.name)).label("parent_name")),
        {
            **own,
            "clusterId": _parent.c.parent_id,
            "departmentId": org_unit.c.parent_id,
            "parentId": org_unit.c.parent_id,
            "parentName": parent_name,
        },
        (own["name"], parent_name),
    )

"""The tree as a person walks it: where they may begin, what lies below a node, which nodes bear a name."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from keystead.authz.policy import Grants
from keystead.authz.tree import Level, Scope, ancestors
from keystead.authz.visibility import Visibility
from keystead.authz.vocabulary import Action, Permission
from keystead.db.connection import Reader
from keystead.db.query_sql import in_list, text_condition, visible
from keystead.db.schema import org_unit
from keystead.kit.query import Operator, Page
from keystead.org_units.scopes import RESOURCE_OF_LEVEL

_parent: Final = org_unit.alias("parent")
_child: Final = org_unit.alias("child")


class Node(NamedTuple):
    """A place, the names above it (its own is the last), and how many places directly below it may be seen."""

    scope: Scope
    path: tuple[str, ...]
    children: int


class TreeView:
    """What of the tree a caller sees: places of each level where they may read places of that level."""

    def __init__(self, grants: Grants) -> None:
        self._by_level: dict[Level, Visibility] = {
            level: grants.visibility(Permission(Action.READ, resource))
            for level, resource in RESOURCE_OF_LEVEL.items()
        }

    def shows(self, table: FromClause) -> ColumnElement[bool]:
        return or_(
            *(
                and_(table.c.level == int(level), visible(table.c.code, visibility))
                for level, visibility in self._by_level.items()
            )
        )


async def beginnings(reader: Reader, view: TreeView, page: Page) -> tuple[list[Node], bool]:
    """The highest places that are seen, and whether more follow this page."""
    parent_is_seen = (
        select(_parent.c.id).where(_parent.c.id == org_unit.c.parent_id, view.shows(_parent)).exists()
    )
    return await _nodes(reader, view, ~parent_is_seen, page)


async def places(
    reader: Reader, view: TreeView, scope_ids: Sequence[str], page: Page
) -> tuple[list[Node], bool]:
    """Those of these places that are seen, the highest first, and whether more follow this page."""
    return await _nodes(reader, view, in_list(org_unit.c.id, scope_ids), page)


async def children(reader: Reader, view: TreeView, parent_id: str, page: Page) -> tuple[list[Node], bool]:
    """What lies directly below a place, by name, and whether more follow this page."""
    return await _nodes(reader, view, org_unit.c.parent_id == parent_id, page)


async def named(reader: Reader, view: TreeView, text: str, page: Page) -> tuple[list[Node], bool]:
    """Places whose name contains `text`, the highest first, and whether more follow this page."""
    return await _nodes(reader, view, text_condition(org_unit.c.name_folded, Operator.CONTAINS, text), page)


async def _nodes(
    reader: Reader, view: TreeView, wanted: ColumnElement[bool], page: Page
) -> tuple[list[Node], bool]:
    below = (
        select(func.count())
        .select_from(_child)
        .where(_child.c.parent_id == org_unit.c.id, view.shows(_child))
        .correlate(org_unit)
        .scalar_subquery()
    )
    limit = page.limit or 1
    rows = await reader.scan(
        select(org_unit.c.id, org_unit.c.level, org_unit.c.code, org_unit.c.name, below.label("children"))
        .where(wanted, view.shows(org_unit))
        .order_by(org_unit.c.level, org_unit.c.name_folded, org_unit.c.code)
        .limit(limit + 1)
        .offset(page.offset or None)
    )
    scopes = [Scope(row["id"], Level(row["level"]), row["code"], row["name"]) for row in rows[:limit]]
    names = await _names_above(reader, scopes)
    nodes = [
        Node(scope, tuple(names[code] for code in ancestors(scope.code)), row["children"])
        for scope, row in zip(scopes, rows, strict=False)
    ]
    return nodes, len(rows) > limit


async def _names_above(reader: Reader, scopes: Sequence[Scope]) -> dict[int, str]:
    """The names of these places and all above them, by code: one statement."""
    codes = sorted({code for scope in scopes for code in ancestors(scope.code)})
    if not codes:
        return {}
    rows = await reader.scan(select(org_unit.c.code, org_unit.c.name).where(in_list(org_unit.c.code, codes)))
    return {row["code"]: row["name"] for row in rows}

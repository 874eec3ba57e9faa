"""The list of rules: filtered, sorted, counted and paged by the database.

A page takes two statements, its rows and the total; with filters, or for whoever sees a part, one before them.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, and_, func, literal, select

from keystead.access_rules.selection import RuleSelection, Wanted, choose, order_again
from keystead.authz.tree import LEVEL_BY_WORD
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import in_list, visible
from keystead.db.schema import actor, org_unit, rule
from keystead.kit.query import Query
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


class RuleListing:
    def __init__(self, reader: Reader, roles: RoleTable) -> None:
        self._reader = reader
        self._roles = roles

    async def page(self, visibility: Visibility, query: Query, wanted: Wanted) -> tuple[Sequence[Row], int]:
        """The rows of one page, and how many there are over all pages."""
        return await self._read(visibility, query, wanted)

    async def count(self, visibility: Visibility, query: Query, wanted: Wanted) -> int:
        return await self._number(await choose(self._reader, self._roles, visibility, query, wanted))

    async def own_page(self, subject_keys: Sequence[str], query: Query) -> tuple[Sequence[Row], int]:
        """A subject's own rules, its groups' among them: whoever asks may always know what they hold."""
        return await self._read(subject_keys, query, Wanted())

    async def own_count(self, subject_keys: Sequence[str], query: Query) -> int:
        return await self._number(await choose(self._reader, self._roles, subject_keys, query, Wanted()))

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

    async def _read(
        self, seen: Visibility | Sequence[str], query: Query, wanted: Wanted
    ) -> tuple[Sequence[Row], int]:
        selection = await choose(self._reader, self._roles, seen, query, wanted)
        page = selection.keys(self._roles, query).subquery("page")
        rows = await self._reader.scan(
            _select().join(page, page.c.pk == rule.c.pk).order_by(*order_again(page, query))
        )
        limit, offset = query.page.limit, query.page.offset
        if limit is not None and len(rows) < limit and (rows or not offset):
            return rows, offset + len(rows)  # the last page tells
        return rows, await self._number(selection)

    async def _number(self, selection: RuleSelection) -> int:
        (row,) = await self._reader.scan(selection.number())
        return int(row[0])


def _select() -> Select[Any]:
    return select(*_COLUMNS).select_from(_JOINED)

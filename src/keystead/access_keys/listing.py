"""The list of everybody's keys: filtered, sorted, counted and paged by the database."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select

from keystead.access_keys.store import JOINED, LAST_LOGIN, SHOWN
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import Condition, condition, in_list, order_by, text_condition, visible
from keystead.db.schema import access_key, person
from keystead.kit.query import Operator, Query

_ROWS_A_READ: Final = 1_000
# Names and client IDs are lower-case ASCII: folded as they are.
_COLUMNS: Final[dict[str, ColumnElement[Any]]] = {
    "name": access_key.c.name,
    "clientId": access_key.c.client_id,
    "createdBy": person.c.email_folded,
    "createdAt": access_key.c.created_at,
    "lastLogin": LAST_LOGIN,
}


class Only(NamedTuple):
    """What the contract filters by, beside the query: a client ID and a person's e-mail, whole."""

    client_id: str | None = None
    created_by: str | None = None


class AccessKeyListing:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def count(self, visibility: Visibility, query: Query, only: Only) -> int:
        """How many there are over all pages."""
        statement = select(func.count()).select_from(JOINED).where(*_conditions(visibility, query, only))
        return int((await self._reader.scan(statement))[0][0])

    async def every(self, visibility: Visibility, query: Query, only: Only) -> AsyncIterator[Sequence[Row]]:
        """The rows in order, a thousand at a time, each batch its own short read.

        A key deleted meanwhile is left out, and none comes twice: the order is taken first.
        """
        ids = [row["id"] for row in await self._reader.scan(_ids(visibility, query, only))]
        for start in range(0, len(ids), _ROWS_A_READ):
            part = ids[start : start + _ROWS_A_READ]
            rows = await self._reader.scan(
                select(*SHOWN).select_from(JOINED).where(in_list(access_key.c.id, part))
            )
            by_id = {row["id"]: row for row in rows}
            yield [by_id[key_id] for key_id in part if key_id in by_id]


def _ids(visibility: Visibility, query: Query, only: Only) -> Select[Any]:
    return (
        select(access_key.c.id)
        .select_from(JOINED)
        .where(*_conditions(visibility, query, only))
        .order_by(*order_by(_COLUMNS[query.sort.field], query.sort.descending, access_key.c.id))
        .limit(query.page.limit)
        .offset(query.page.offset or None)
    )


def _conditions(visibility: Visibility, query: Query, only: Only) -> list[Condition]:
    conditions = [visible(person.c.home_code, visibility)]
    conditions += [condition(_COLUMNS[wanted.field], wanted) for wanted in query.filters]
    for column, value in ((access_key.c.client_id, only.client_id), (person.c.email_folded, only.created_by)):
        if value is not None:
            conditions.append(text_condition(column, Operator.EQUALS, value))
    if query.search:
        searched = (access_key.c.name, access_key.c.client_id, person.c.email_folded)
        conditions.append(
            or_(*(text_condition(column, Operator.CONTAINS, query.search) for column in searched))
        )
    return conditions

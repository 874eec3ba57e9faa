"""The list of people: filtered, sorted, counted and paged by the database."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, literal, or_, select

from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import Condition, condition, order_by, text_condition, visible
from keystead.db.schema import actor, org_unit, person, second_factor
from keystead.kit.query import Operator, Query

_JOINED = (
    person.join(actor, actor.c.pk == person.c.created_by_id)
    .join(org_unit, org_unit.c.id == person.c.home_id)
    .outerjoin(second_factor, second_factor.c.person_id == person.c.id)
)
# Never the password's hash.
_COLUMNS: Final = (
    person.c.id,
    person.c.email,
    person.c.groups,
    person.c.enabled,
    person.c.password_is_temporary,
    person.c.home_id,
    person.c.home_code,
    person.c.created_at,
    person.c.updated_at,
    person.c.last_login_at,
    second_factor.c.confirmed_at.is_not(None).label("second_factor"),
    actor.c.name.label("created_by"),
    org_unit.c.level.label("home_level"),
    org_unit.c.name.label("home_name"),
)
# Everyone is local until identity providers are.
_IS_LOCAL: Final = literal(True)


class UserListing:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def page(self, visibility: Visibility, query: Query) -> Sequence[Row]:
        return await self._reader.scan(
            select(*_COLUMNS)
            .select_from(_JOINED)
            .where(*_conditions(visibility, query))
            .order_by(*order_by(_column(query.sort.field), query.sort.descending, person.c.id))
            .limit(query.page.limit)
            .offset(query.page.offset or None)
        )

    async def count(self, visibility: Visibility, query: Query) -> int:
        statement = select(func.count()).select_from(_JOINED).where(*_conditions(visibility, query))
        rows = await self._reader.scan(statement)
        return int(rows[0][0])

    async def find(self, visibility: Visibility, person_id: str) -> Row | None:
        return await self._reader.fetch_one(
            select(*_COLUMNS)
            .select_from(_JOINED)
            .where(person.c.id == person_id, visible(person.c.home_code, visibility))
        )


def _conditions(visibility: Visibility, query: Query) -> list[Condition]:
    conditions = [visible(person.c.home_code, visibility)]
    conditions += [condition(_column(wanted.field), wanted) for wanted in query.filters]
    if query.search:
        conditions.append(
            or_(
                text_condition(person.c.email_folded, Operator.CONTAINS, query.search),
                text_condition(actor.c.name_folded, Operator.CONTAINS, query.search),
            )
        )
    return conditions


def _column(field: str) -> ColumnElement[Any]:
    columns: dict[str, ColumnElement[Any]] = {
        "username": person.c.email_folded,
        "createdBy": actor.c.name_folded,
        "lastLogin": person.c.last_login_at,
        "creationTime": person.c.created_at,
        "lastUpdated": person.c.updated_at,
        "type": _IS_LOCAL,
        "isLocal": _IS_LOCAL,
    }
    return columns[field]

"""Conditions on columns that hold codes of places, for lists: in these places, or in one and all below it."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, literal_column, select

from keystead.authz.tree import SPAN_OF_LEVEL
from keystead.db.query_sql import Condition
from keystead.db.schema import org_unit
from keystead.kit.ids import canonical_id

# How far beyond a place's own code the last code lies that is below it.
_BELOW: Final = case(
    {int(level): literal_column(str(span - 1)) for level, span in SPAN_OF_LEVEL.items()},
    value=org_unit.c.level,
)


def is_one_of(code: ColumnElement[Any], ids: Collection[str]) -> Condition:
    """The code is that of one of these places; ids that are no place's are nobody's."""
    known = [canonical_id(text) for text in ids]
    return code.in_(select(org_unit.c.code).where(org_unit.c.id.in_(known)))


def is_named(code: ColumnElement[Any], such: Condition) -> Condition:
    """The code is that of a place of which `such`, a condition on `org_unit`, holds."""
    return code.in_(select(org_unit.c.code).where(such))


def is_within(code: ColumnElement[Any], place_id: str) -> Condition:
    """The code is that of the place or of one below it: a range, which an index serves."""
    place = select(org_unit.c.code).where(org_unit.c.id == canonical_id(place_id))
    last = place.with_only_columns(org_unit.c.code + _BELOW)
    return and_(code >= place.scalar_subquery(), code <= last.scalar_subquery())

"""`kit.query` as SQL that means the same on both engines. Statements are built here, executed by `db.connection`.

Text columns that are compared hold `kit.text.fold`ed text, ordered by its bytes (SQLite's BINARY, PostgreSQL's "C"):
that is the order of code points, on both engines and in Python.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy import Text as TextType

from keystead.authz.tree import Range
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader
from keystead.kit.query import FieldKind, Filter, Operator, Span, Wanted, texts_of
from keystead.kit.text import fold

Condition = ColumnElement[bool]
_Key = TypeVar("_Key", bound=Hashable)

# Not the backslash: PostgreSQL's own setting decides what a backslash in a literal means.
_ESCAPE: Final = "/"
_MOST_BOUND_VALUES: Final = 500
_RANGES_IN_A_NODE: Final = 16
_LAST_CODE_POINT: Final = 0x10FFFF
_BEFORE_SURROGATES: Final = 0xD7FF
_AFTER_SURROGATES: Final = 0xE000


def condition(column: ColumnElement[Any], wanted: Filter) -> Condition:
    """Rows whose `column` passes the filter; a TEXT field's column is folded."""
    if wanted.kind is FieldKind.TEXT:
        return text_condition(column, wanted.operator, *texts_of(wanted))
    return value_condition(column, wanted.operator, wanted.value)


def text_condition(column: ColumnElement[Any], operator: Operator, *values: str) -> Condition:
    """Compares a folded column with values, which are folded here; several are for operators that take several.

    A row without a value passes the negative operators, and nothing else.
    """
    if operator.takes_several:
        return value_condition(column, operator, tuple(dict.fromkeys(map(fold, values))))
    (value,) = values
    folded = fold(value)
    match operator:
        case Operator.CONTAINS:
            return column.like(f"%{_escaped(folded)}%", escape=_ESCAPE)
        case Operator.LACKS:
            return or_(column.is_(None), column.not_like(f"%{_escaped(folded)}%", escape=_ESCAPE))
        case Operator.STARTS:
            return _starts(column, folded)
        case Operator.ENDS:
            return column.like(f"%{_escaped(folded)}", escape=_ESCAPE)
        case _:
            return value_condition(column, operator, folded)


def value_condition(column: ColumnElement[Any], operator: Operator, value: Wanted) -> Condition:
    """Compares a column with `value` as it is; a Span stands for every moment in it, None for no value.

    A row without a value passes the negative operators and nothing else, unless it is None that is asked for. Raises
    ValueError for the operators of text.
    """
    if value is None:
        return column.is_(None) if operator is Operator.EQUALS else column.is_not(None)
    if isinstance(value, tuple) and not isinstance(value, Span):
        listed = column.in_([_wide(one) for one in value])
        return listed if operator is Operator.ANY_OF else or_(column.is_(None), ~listed)
    start, last = (value.start, value.end - 1) if isinstance(value, Span) else (value, value)
    match operator:
        case Operator.EQUALS:
            return column == _wide(start) if start == last else column.between(start, last)
        case Operator.DIFFERS if start == last:
            return column.is_distinct_from(_wide(start))
        case Operator.DIFFERS:
            return or_(column.is_(None), column < start, column > last)
        case Operator.AT_MOST:
            return column <= _wide(last)
        case Operator.AT_LEAST:
            return column >= _wide(start)
    raise ValueError(f"{operator.value} compares text only")


def _wide(value: Any) -> ColumnElement[Any]:
    """A caller's number has 64 bits, whatever the column has: PostgreSQL's client refuses what does not fit."""
    return literal(value, BigInteger()) if type(value) is int else literal(value)


def visible(column: ColumnElement[Any], visibility: Visibility) -> Condition:
    """Rows whose code in `column` lies in one of the visible ranges."""
    if visibility.is_everything:
        return true()
    if visibility.is_nothing:
        return false()
    if len(visibility.ranges) > _RANGES_IN_A_NODE:
        return _within_many(column, visibility.ranges)
    return or_(*(column.between(low, high) for low, high in visibility.ranges))


def unindexed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """The same value, written so that no engine looks rows up by it: for a condition that says yes or no to a row that
    another way has led to."""
    match column.type:
        case TextType():
            written = f"{column} || ''"
        case Boolean():
            written = f"coalesce({column}, {column})"
        case _:
            written = f"+{column}"
    return literal_column(written, column.type)


def in_list(column: ColumnElement[Any], values: Collection[int] | Collection[str]) -> Condition:
    """`column IN (values)`, of any length: engines bound how many parameters a statement has, so that a long list is
    written into it. The values are our own keys and ids, not a caller's text."""
    if not values:
        return false()
    in_line = len(values) > _MOST_BOUND_VALUES
    return column.in_(
        bindparam(None, list(values), type_=column.type, expanding=True, literal_execute=in_line)
    )


def order_by(
    column: ColumnElement[Any], descending: bool, tie_column: ColumnElement[Any]
) -> tuple[UnaryExpression[Any], ...]:
    """Rows without a value first when ascending, last when descending; ties by `tie_column` in the same direction.

    An index serves an order only when it declares the same place for NULLs, hence none is named for a column that the
    schema says has none. Do not sort by such a column of a table that is joined from outside.
    """
    if column is tie_column:
        return (_directed(tie_column, descending),)
    return _directed(column, descending), _directed(tie_column, descending)


def capped_count(statement: Select[Any], cap: int) -> Select[Any]:
    """The number of rows of `statement`, a plain one without DISTINCT or groups; `cap` + 1 says "more than `cap`"."""
    counted: Select[Any] = statement.with_only_columns(
        literal_column("1").label("counted"), maintain_column_froms=True
    )
    limited = counted.order_by(None).offset(None).limit(cap + 1)
    return select(func.count()).select_from(limited.subquery())


async def counts_up_to(reader: Reader, parts: Mapping[_Key, tuple[Select[Any], int]]) -> dict[_Key, int]:
    """How many rows each of some statements has, each with its cap as in `capped_count`: one statement for all of them,
    and none where there is nothing to count."""
    if not parts:
        return {}
    counted = [
        capped_count(statement, cap).scalar_subquery().label(f"part_{place}")
        for place, (statement, cap) in enumerate(parts.values())
    ]
    (row,) = await reader.scan(select(*counted))
    return {key: row[place] for place, key in enumerate(parts)}


def _escaped(text: str) -> str:
    """`text` for LIKE, in which `%` and `_` are wild."""
    for wild in (_ESCAPE, "%", "_"):
        text = text.replace(wild, _ESCAPE + wild)
    return text


def _starts(column: ColumnElement[Any], prefix: str) -> Condition:
    """A range and not LIKE, so that an index on the column serves it."""
    following = _after_all_that_start_with(prefix)
    if following is None:
        return column >= prefix
    return and_(column >= prefix, column < following)


def _after_all_that_start_with(prefix: str) -> str | None:
    """The least text above every text that begins with `prefix`; None when there is none."""
    stem = prefix.rstrip(chr(_LAST_CODE_POINT))
    if not stem:
        return None
    last = ord(stem[-1])
    following = _AFTER_SURROGATES if last == _BEFORE_SURROGATES else last + 1
    return stem[:-1] + chr(following)


def _within_many(column: ColumnElement[Any], ranges: Sequence[Range]) -> Condition:
    """Single codes, of which people with access to many projects have most, are one list; the rest is a tree."""
    singles = [low for low, high in ranges if low == high]
    wide = [each for each in ranges if each.low < each.high]
    return or_(in_list(column, singles), _tree(column, wide))


def _tree(column: ColumnElement[Any], ranges: Sequence[Range]) -> Condition:
    """Ascending ranges as a search tree: an expression may be only so deep, and a row then meets few of them.

    Bounds are written into the statement, which may have only so many parameters.
    """
    if len(ranges) <= _RANGES_IN_A_NODE:
        return or_(false(), *(_between(column, low, high) for low, high in ranges))
    width = _RANGES_IN_A_NODE
    while width * _RANGES_IN_A_NODE < len(ranges):
        width *= _RANGES_IN_A_NODE
    parts = [ranges[start : start + width] for start in range(0, len(ranges), width)]
    return or_(*(and_(_between(column, part[0].low, part[-1].high), _tree(column, part)) for part in parts))


def _between(column: ColumnElement[Any], low: int, high: int) -> Condition:
    return column.between(literal_column(f"{low:d}"), literal_column(f"{high:d}"))


def _directed(column: ColumnElement[Any], descending: bool) -> UnaryExpression[Any]:
    directed = column.desc() if descending else column.asc()
    if not getattr(column, "nullable", True):
        return directed
    return directed.nulls_last() if descending else directed.nulls_first()

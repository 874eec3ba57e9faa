"""The log as SQL: the changes and the sign-ins as one list.

A page takes three statements: its rows, the clusters in which they lie, and the total. Entries are kept as they were
written, so that text is compared without regard to the case of ASCII letters; all else must be typed as it stands.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from keystead.audit.model import APP, FAILED, SUCCEEDED, USER
from keystead.authz.tree import Level, ancestors
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.query_sql import (
    Condition,
    capped_count,
    condition,
    in_list,
    order_by,
    value_condition,
    visible,
)
from keystead.db.schema import change_entry, org_unit, rule, sign_in
from keystead.kit.query import FieldKind, Filter, Operator, Query, Span, texts_of
from keystead.kit.text import fold

EXACT_UP_TO: Final = 10_000
_ESCAPE: Final = "/"
_SEPARATOR: Final = "/"
_RULE: Final = "access-rule"


class Cluster(NamedTuple):
    id: str
    name: str


class Total(NamedTuple):
    """`exact` False: there are more than `number`."""

    number: int
    exact: bool


class Concerning(NamedTuple):
    """Ids: of the thing that entries speak of, and of whoever did it. None for any.

    Of an account or a person, entries about its access rules and its sign-ins are among them.
    """

    entity: str | None = None
    subject: str | None = None


ANYTHING: Final = Concerning()


class AuditLog:
    """What happened in a span of time, as far as a viewer may see."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def page(
        self,
        visibility: Visibility,
        span: Span,
        query: Query,
        limit: int,
        concerning: Concerning = ANYTHING,
    ) -> tuple[Sequence[Row], bool]:
        """At most `limit` rows in order, and whether more follow them."""
        statement = page_statement(visibility, span, query, limit, concerning)
        rows = await self._reader.scan(statement)
        return rows[:limit], len(rows) > limit

    async def total(
        self, visibility: Visibility, span: Span, query: Query, concerning: Concerning = ANYTHING
    ) -> Total:
        """How many rows there are over all pages, exact up to EXACT_UP_TO."""
        log = _log(visibility, span, query.filters, concerning)
        rows = await self._reader.scan(capped_count(select(log.c.place), EXACT_UP_TO))
        return Total(min(rows[0][0], EXACT_UP_TO), exact=rows[0][0] <= EXACT_UP_TO)

    async def clusters_of(self, codes: set[int]) -> Mapping[int, Cluster]:
        """The clusters in which these places lie, by the place's code; those that are gone are left out."""
        by_place = {code: ancestors(code)[Level.CLUSTER] for code in codes if code}
        if not by_place:
            return {}
        rows = await self._reader.fetch_all(
            select(org_unit.c.code, org_unit.c.id, org_unit.c.name).where(
                in_list(org_unit.c.code, set(by_place.values()))
            )
        )
        found = {row["code"]: Cluster(row["id"], row["name"]) for row in rows}
        return {place: found[code] for place, code in by_place.items() if code in found}


def page_statement(
    visibility: Visibility, span: Span, query: Query, limit: int, concerning: Concerning = ANYTHING
) -> Select[Any]:
    """The rows of a page, and one beyond it when there are more."""
    log = _log(visibility, span, query.filters, concerning)
    key: ColumnElement[Any]
    match query.sort.field:
        case "timestamp":
            key = log.c.at
        case "entity_name":
            key = log.c.entity_name_folded
        case field:
            key = func.lower(log.c[field])
    return (
        select(log)
        .order_by(*order_by(key, query.sort.descending, log.c.place))
        .limit(limit + 1)
        .offset(query.page.offset or None)
    )


def in_time_order(
    visibility: Visibility, span: Span, filters: Sequence[Filter], concerning: Concerning, descending: bool
) -> Select[Any]:
    """All rows of a span."""
    log = _log(visibility, span, filters, concerning)
    return select(log).order_by(*order_by(log.c.at, descending, log.c.place))


# The two sources, each with the same columns. Their types are named: an engine merges only what is of one type.


class _Source(NamedTuple):
    """`cluster` is the folded name of the cluster in which a row lies, for filters alone; `subject` the id of who did
    it."""

    table: FromClause
    columns: Mapping[str, ColumnElement[Any]]
    cluster: ColumnElement[Any]
    subject: ColumnElement[Any]


def _log(visibility: Visibility, span: Span, filters: Sequence[Filter], concerning: Concerning) -> Subquery:
    return union_all(
        *(_rows_of(source, visibility, span, filters, concerning) for source in (_CHANGES, _SIGN_INS))
    ).subquery("log")


def _rows_of(
    source: _Source, visibility: Visibility, span: Span, filters: Sequence[Filter], concerning: Concerning
) -> Select[Any]:
    at, code = source.columns["at"], source.columns["scope_code"]
    return (
        select(*(column.label(name) for name, column in source.columns.items()))
        .select_from(source.table)
        .where(at >= span.start, at < span.end, visible(code, visibility))
        .where(*(_condition(source, wanted) for wanted in filters), *_concerns(source, concerning))
    )


def _concerns(source: _Source, concerning: Concerning) -> list[Condition]:
    conditions: list[Condition] = []
    if concerning.subject is not None:
        conditions.append(source.subject == concerning.subject)
    if concerning.entity is not None and source is _SIGN_INS:
        conditions.append(source.columns["entity_id"] == concerning.entity)
    elif concerning.entity is not None:
        conditions += _is_about(concerning.entity)
    return conditions


def _is_about(entity: str) -> list[Condition]:
    """About the thing itself, or about a rule of it: rules stay in their table when they have ended."""
    itself: Select[Any] = select(_text(entity))
    rules = select(cast(rule.c.pk, Text)).where(rule.c.subject_id == entity)
    entity_id, kind = change_entry.c.entity_id, change_entry.c.entity_type
    return [entity_id.in_(itself.union_all(rules)), or_(entity_id == entity, kind == _RULE)]


def _condition(source: _Source, wanted: Filter) -> Condition:
    if wanted.field == "timestamp":
        return condition(source.columns["at"], wanted)
    if wanted.kind is FieldKind.CHOICE:
        return condition(source.columns[wanted.field], wanted)
    if wanted.field in _NAMES:
        return _text_condition(_NAMES[wanted.field](source), wanted.operator, *map(fold, texts_of(wanted)))
    column = func.lower(source.columns[wanted.field])
    return _text_condition(column, wanted.operator, *map(_lowered, texts_of(wanted)))


def _text_condition(column: ColumnElement[Any], operator: Operator, *values: str) -> Condition:
    if operator.takes_several:
        return value_condition(column, operator, values)
    (value,) = values
    match operator:
        case Operator.CONTAINS:
            return column.contains(value, autoescape=True, escape=_ESCAPE)
        case Operator.LACKS:
            return or_(column.is_(None), ~column.contains(value, autoescape=True, escape=_ESCAPE))
        case Operator.STARTS:
            return column.startswith(value, autoescape=True, escape=_ESCAPE)
        case Operator.ENDS:
            return column.endswith(value, autoescape=True, escape=_ESCAPE)
        case Operator.AT_MOST:
            # What was not told is stored as an empty text, which is no value: it comes before none.
            return and_(column != "", value_condition(column, operator, value))
        case _:
            return value_condition(column, operator, value)


def _lowered(text: str) -> str:
    """As the engines' `lower` does it: SQLite's, and PostgreSQL's under the collation "C"."""
    return "".join(character.lower() if character.isascii() else character for character in text)


# What has names in any script, and how it is compared. All else in the log is ASCII.
_NAMES: Final[Mapping[str, Callable[[_Source], ColumnElement[Any]]]] = {
    "cluster_name": lambda source: source.cluster,
    "entity_name": lambda source: source.columns["entity_name_folded"],
}


def _text(value: str | None) -> ColumnElement[Any]:
    return cast(null() if value is None else literal(value), Text)


def _number_of_place(key: ColumnElement[Any], source: int) -> ColumnElement[Any]:
    """One ascending order for ties of both sources."""
    return cast(key * literal_column("2") + literal_column(str(source)), BigInteger)


def _subject_type(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(case((column == "user", USER), else_=APP), Text)


def _second_name(path: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of the names in `path` the second, by functions that both engines have; names have no separator."""
    below = func.substr(_without_first_name(path), 2)
    return func.substr(below, 1, func.length(below) - func.length(_without_first_name(below)))


def _without_first_name(path: ColumnElement[Any]) -> ColumnElement[Any]:
    """From the first separator on: trims every character that is no separator."""
    return func.ltrim(path, func.replace(path, _SEPARATOR, ""))


_CHANGES: Final = _Source(
    change_entry,
    {
        "at": change_entry.c.at,
        "place": _number_of_place(change_entry.c.version, 0),
        "id": change_entry.c.id,
        "subject": change_entry.c.actor_name,
        "subject_type": _subject_type(change_entry.c.actor_type),
        "source_ip": change_entry.c.source_ip,
        "action": change_entry.c.action,
        "http_method": change_entry.c.http_method,
        "url": change_entry.c.url,
        "entity_type": change_entry.c.entity_type,
        "entity_name": change_entry.c.entity_name,
        "entity_name_folded": func.coalesce(
            change_entry.c.entity_name_folded, func.lower(change_entry.c.entity_name)
        ),
        "entity_id": change_entry.c.entity_id,
        "result": cast(case((change_entry.c.status < 400, SUCCEEDED), else_=FAILED), Text),
        "status": change_entry.c.status,
        "scope_code": change_entry.c.scope_code,
        "scope_path": change_entry.c.scope_path,
        "request_id": change_entry.c.request_id,
        "metadata": change_entry.c.metadata,
        "credential_id": _text(None),
        "sign_in": cast(null(), BigInteger),
    },
    case(
        (
            change_entry.c.scope_code != 0,
            _second_name(
                func.coalesce(change_entry.c.scope_path_folded, func.lower(change_entry.c.scope_path))
            ),
        )
    ),
    change_entry.c.actor_id,
)
_SIGN_INS: Final = _Source(
    sign_in,
    {
        "at": sign_in.c.at,
        "place": _number_of_place(sign_in.c.pk, 1),
        "id": _text(None),
        "subject": sign_in.c.subject_name,
        "subject_type": _subject_type(sign_in.c.subject_type),
        "source_ip": sign_in.c.source_ip,
        "action": _text("sign-in"),
        "http_method": sign_in.c.http_method,
        "url": sign_in.c.url,
        "entity_type": sign_in.c.subject_type,
        "entity_name": sign_in.c.subject_name,
        "entity_name_folded": func.lower(sign_in.c.subject_name),
        "entity_id": sign_in.c.subject_id,
        "result": cast(case((sign_in.c.succeeded, SUCCEEDED), else_=FAILED), Text),
        "status": sign_in.c.status,
        "scope_code": sign_in.c.scope_code,
        "scope_path": _text(None),
        "request_id": sign_in.c.request_id,
        "metadata": _text("{}"),
        "credential_id": sign_in.c.credential_id,
        "sign_in": cast(sign_in.c.pk, BigInteger),
    },
    select(org_unit.c.name_folded)
    .where(
        org_unit.c.code == sign_in.c.scope_code.bitwise_rshift(literal(48)).bitwise_lshift(literal(48)),
        org_unit.c.level == int(Level.CLUSTER),
    )
    .correlate(sign_in)
    .scalar_subquery(),
    sign_in.c.subject_id,
)

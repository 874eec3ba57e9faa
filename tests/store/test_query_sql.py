"""The database answers a list as plain Python over the same rows would: one model, every operator, ties and NULLs."""

import asyncio
import sqlite3
import string
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from keystead.authz.tree import Range, merge
from keystead.authz.visibility import EVERYTHING, NOTHING, Visibility
from keystead.db.connection import render
from keystead.db.query_sql import (
    capped_count,
    condition,
    in_list,
    order_by,
    text_condition,
    unindexed,
    value_condition,
    visible,
)
from keystead.kit.clock import format_utc, parse_utc
from keystead.kit.query import Field, FieldKind, Fields, Operator, text_matches
from keystead.kit.query_language import parse_filters
from keystead.kit.text import fold
from tests.postgres import PostgresServer

SQLITE = SQLiteDialect_pysqlite()
POSTGRESQL = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

item = Table(
    "item",
    MetaData(),
    Column("pk", Integer, primary_key=True),
    Column("name", Text),
    Column("number", BigInteger),
    Column("at", BigInteger),
    Column("enabled", Boolean, nullable=False),
    Column("code", BigInteger, nullable=False),
)
COLUMNS = {column.name: column for column in item.columns}
FIELDS = Fields(
    {
        "name": Field(FieldKind.TEXT),
        "number": Field(FieldKind.NUMBER),
        "at": Field(FieldKind.DATE, can_lack=True),
        "enabled": Field(FieldKind.BOOLEAN),
    },
    default_sort="name",
)


@dataclass(frozen=True)
class Item:
    pk: int
    name: str | None
    number: int | None
    at: int | None
    enabled: bool
    code: int


class Store:
    """Rows of `item` in an embedded database of their own."""

    def __init__(self, items: Sequence[Item] = ()) -> None:
        self._raw = sqlite3.connect(":memory:", isolation_level=None)
        self._raw.execute(
            "CREATE TABLE item (pk INTEGER PRIMARY KEY, name TEXT, number BIGINT, at BIGINT, enabled, code BIGINT)"
        )
        self._raw.execute("CREATE INDEX item_name ON item (name, pk)")
        self._raw.execute("CREATE INDEX item_number ON item (number, pk)")
        self._raw.execute("CREATE INDEX item_code ON item (code, pk)")
        self._raw.executemany(
            "INSERT INTO item VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    each.pk,
                    each.name if each.name is None else fold(each.name),
                    each.number,
                    each.at,
                    each.enabled,
                    each.code,
                )
                for each in items
            ],
        )

    def run(self, statement: Select[Any]) -> list[tuple[Any, ...]]:
        text, values = render(statement, SQLITE, {})
        return self._raw.execute(text, values).fetchall()

    def pks(self, *conditions: Any) -> list[int]:
        return [pk for (pk,) in self.run(select(item.c.pk).where(*conditions).order_by(item.c.pk))]

    def plan(self, statement: Select[Any]) -> str:
        text, values = render(statement, SQLITE, {})
        return " / ".join(row[3] for row in self._raw.execute(f"EXPLAIN QUERY PLAN {text}", values))

    def close(self) -> None:
        self._raw.close()


class PostgresTable:
    """The same rows in a PostgreSQL, each time others: what was there before is rolled back."""

    def __init__(self, dsn: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._raw = self._wait(asyncpg.connect(dsn))
        self._wait(
            self._raw.execute(
                'CREATE TABLE item (pk INTEGER PRIMARY KEY, name TEXT COLLATE "C", number BIGINT, at BIGINT, '
                "enabled BOOLEAN, code BIGINT)"
            )
        )

    def _wait(self, done: Awaitable[Any]) -> Any:
        return self._loop.run_until_complete(done)

    def filled(self, items: Sequence[Item]) -> Self:
        self._wait(self._raw.execute("BEGIN"))
        rows = [
            (one.pk, None if one.name is None else fold(one.name), one.number, one.at, one.enabled, one.code)
            for one in items
        ]
        self._wait(self._raw.executemany("INSERT INTO item VALUES ($1, $2, $3, $4, $5, $6)", rows))
        return self

    def run(self, statement: Select[Any]) -> list[tuple[Any, ...]]:
        text, values = render(statement, POSTGRESQL, {})
        return [tuple(row) for row in self._wait(self._raw.fetch(text, *values))]

    def pks(self, *conditions: Any) -> list[int]:
        return [pk for (pk,) in self.run(select(item.c.pk).where(*conditions).order_by(item.c.pk))]

    def close(self) -> None:
        self._wait(self._raw.execute("ROLLBACK"))

    def end(self) -> None:
        self._wait(self._raw.close())
        self._loop.close()


Filled = Callable[[Sequence[Item]], Store | PostgresTable]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest) -> Iterator[Filled]:
    """Puts rows into a table of either engine; whoever asked closes it again."""
    if request.param == "sqlite":
        yield Store
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    table = PostgresTable(postgres.dsn(postgres.create_database()))
    yield table.filled
    table.end()


@pytest.fixture
def store() -> Iterator[Store]:
    opened = Store()
    yield opened
    opened.close()


def sql(statement: Any, dialect: Dialect = SQLITE) -> str:
    return render(statement, dialect, {})[0].replace("\n", " ")


# The model

# SQLite's LIKE takes U+FFFE and U+FFFF, which are no characters, for U+FFFD.
ANY_CHARACTER = st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffd\ufffe\uffff")
TRICKY = st.sampled_from("aAbB%_\\/,'\"*?[]^$ éÉßſİıÅ\u0301\ud7ff\ue000\U0010ffff😀")
NAME = st.text(TRICKY | ANY_CHARACTER, max_size=5)
NUMBER = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1)
DAYS = st.sampled_from(["2026-01-30", "2026-01-31", "2026-02-01"])
CLOCKS = st.sampled_from(["00:00:00.000", "00:00:00.001", "12:00:00.500", "23:59:59.999"])
MOMENT = st.builds(
    lambda day, clock, rest: parse_utc("", f"{day}T{clock}Z") + rest, DAYS, CLOCKS, st.integers(0, 999)
)
CODE = st.integers(0, 40) | st.just(2**63 - 1)
RANGES = st.lists(st.tuples(CODE, CODE).map(lambda pair: Range(min(pair), max(pair))), max_size=60).map(merge)
VISIBILITY = st.just(EVERYTHING) | RANGES.map(Visibility)
ITEMS = st.lists(
    st.tuples(st.none() | NAME, st.none() | NUMBER, st.none() | MOMENT, st.booleans(), CODE), max_size=12
).map(lambda rows: [Item(pk, *row) for pk, row in enumerate(rows, start=1)])

NEGATIVE = ("!=", "!@", "!|")
ORDER_SIGNS = ["==", "!=", "<=", ">="]
SEVERAL_SIGNS = ["=|", "!|"]
SIGNS_OF_ONE = [operator.value for operator in Operator if not operator.takes_several]


class Asked(NamedTuple):
    """A filter in its parts; `texts` has one, or several for the signs that take several."""

    field: str
    sign: str
    texts: tuple[str, ...]

    @property
    def written(self) -> str:
        if self.sign not in SEVERAL_SIGNS:
            return self.field + self.sign + self.texts[0]
        escaped = (text.replace("\\", "\\\\").replace("|", "\\|") for text in self.texts)
        return self.field + self.sign + "|".join(escaped)


def one(field: str, signs: list[str], text: st.SearchStrategy[str]) -> st.SearchStrategy[Asked]:
    return st.builds(Asked, st.just(field), st.sampled_from(signs), st.tuples(text))


def several(field: str, text: st.SearchStrategy[str]) -> st.SearchStrategy[Asked]:
    texts = st.lists(text, min_size=1, max_size=4).map(tuple)
    return st.builds(Asked, st.just(field), st.sampled_from(SEVERAL_SIGNS), texts)


FILTER = st.one_of(
    one("name", SIGNS_OF_ONE, NAME.filter(bool)),
    several("name", NAME.filter(bool)),
    one("number", ORDER_SIGNS, NUMBER.map(str)),
    several("number", NUMBER.map(str)),
    one("at", ORDER_SIGNS, DAYS | MOMENT.map(format_utc)),
    one("at", ["==", "!="], st.just("never")),
    one("enabled", ["==", "!="], st.sampled_from(["true", "false"])),
)


def model_compares(sign: str, have: Any, wanted: Any) -> bool:
    match sign:
        case "==" | "!=":
            return (have == wanted) is (sign == "==")
        case "<=":
            return bool(have <= wanted)
        case ">=":
            return bool(have >= wanted)
        case "=@" | "!@":
            return (wanted in have) is (sign == "=@")
        case "=^":
            return bool(have.startswith(wanted))
    return bool(have.endswith(wanted))


def model_passes(each: Item, asked: Asked) -> bool:
    """As a person would judge from what an answer shows."""
    if asked.texts == ("never",) and asked.field == "at":
        return (each.at is None) is (asked.sign == "==")
    if asked.sign in SEVERAL_SIGNS:
        one_fits = any(model_fits(each, asked.field, "==", text) for text in asked.texts)
        return one_fits is (asked.sign == "=|")
    return model_fits(each, asked.field, asked.sign, asked.texts[0])


def model_fits(each: Item, field: str, sign: str, text: str) -> bool:
    have = getattr(each, field)
    if have is None:
        return sign in NEGATIVE
    match field:
        case "name":
            return model_compares(sign, fold(have), fold(text))
        case "number":
            return model_compares(sign, have, int(text))
        case "at":
            return model_compares(sign, format_utc(have)[: len(text)], text)
    return model_compares(sign, have, text == "true")


def model_sorted(items: Sequence[Item], field: str, descending: bool) -> list[Item]:
    def key(each: Item) -> tuple[Any, ...]:
        value = getattr(each, field)
        if value is None:
            return (False, 0, each.pk)
        return (True, fold(value) if field == "name" else value, each.pk)

    return sorted(items, key=key, reverse=descending)


# Lists against the model


@settings(max_examples=400, deadline=None)
@given(items=ITEMS, wanted=FILTER)
def test_every_filter_finds_what_the_model_finds(filled: Filled, items: list[Item], wanted: Asked) -> None:
    (parsed,) = parse_filters([wanted.written], FIELDS)
    expected = [each.pk for each in items if model_passes(each, wanted)]
    with closing(filled(items)) as store:
        assert store.pks(condition(COLUMNS[parsed.field], parsed)) == expected


@settings(max_examples=300, deadline=None)
@given(
    items=ITEMS,
    wanted=st.lists(FILTER, max_size=3),
    visibility=VISIBILITY,
    field=st.sampled_from(["pk", "name", "number", "at", "enabled", "code"]),
    descending=st.booleans(),
    limit=st.none() | st.integers(1, 4),
    offset=st.integers(0, 5) | st.just(2**63 - 1),
    cap=st.integers(0, 5),
)
def test_a_view_has_the_rows_order_page_and_count_of_the_model(
    filled: Filled,
    items: list[Item],
    wanted: list[Asked],
    visibility: Visibility,
    field: str,
    descending: bool,
    limit: int | None,
    offset: int,
    cap: int,
) -> None:
    parsed = parse_filters([each.written for each in wanted], FIELDS)
    conditions = [condition(COLUMNS[each.field], each) for each in parsed]
    statement = (
        select(item.c.pk)
        .where(visible(item.c.code, visibility), *conditions)
        .order_by(*order_by(COLUMNS[field], descending, item.c.pk))
        .limit(limit)
        .offset(offset)
    )
    passing = [
        each
        for each in items
        if visibility.shows(each.code) and all(model_passes(each, every) for every in wanted)
    ]
    ordered = [each.pk for each in model_sorted(passing, field, descending)]
    end = None if limit is None else offset + limit
    with closing(filled(items)) as store:
        assert [pk for (pk,) in store.run(statement)] == ordered[offset:end]
        assert store.run(capped_count(statement, cap)) == [(min(len(passing), cap + 1),)]


@settings(max_examples=200, deadline=None)
@given(
    items=ITEMS,
    operator=st.sampled_from(Operator),
    values=st.lists(NAME.filter(bool), min_size=1, max_size=3),
)
def test_tables_in_memory_are_matched_as_the_database_matches(
    filled: Filled, items: list[Item], operator: Operator, values: list[str]
) -> None:
    values = values if operator.takes_several else values[:1]
    expected = [
        each.pk
        for each in items
        if text_matches(operator, None if each.name is None else fold(each.name), *map(fold, values))
    ]
    with closing(filled(items)) as store:
        assert store.pks(text_condition(item.c.name, operator, *values)) == expected


# The cases by name


def named(*names: str | None) -> Store:
    return Store([Item(pk, name, None, None, True, 0) for pk, name in enumerate(names, start=1)])


@pytest.mark.parametrize("value", ["100%", "a_b", "a\\b", "a/b", "it's", "%", "_", "/", "\\"])
def test_signs_that_are_wild_in_patterns_stand_for_themselves(value: str) -> None:
    decoys = ["100x", "axb", "a-b", "its", "plain"]
    store = named(f"x{value}y", *decoys)
    assert store.pks(text_condition(item.c.name, Operator.CONTAINS, value)) == [1]


def test_case_does_not_matter_in_any_script() -> None:
    store = named("ÉCOLE-Straße", "ecole")
    for operator, value in (
        (Operator.STARTS, "école"),
        (Operator.ENDS, "STRASSE"),
        (Operator.CONTAINS, "OLE-s"),
    ):
        assert store.pks(text_condition(item.c.name, operator, value)) == [1]


def test_a_row_without_a_value_does_not_have_that_value() -> None:
    store = named(None, "a")
    assert store.pks(text_condition(item.c.name, Operator.DIFFERS, "a")) == [1]
    assert store.pks(text_condition(item.c.name, Operator.LACKS, "a")) == [1]
    assert store.pks(text_condition(item.c.name, Operator.AT_MOST, "z")) == [2]
    assert store.pks(text_condition(item.c.name, Operator.AT_LEAST, "a")) == [2]


@pytest.mark.parametrize("last", ["z", "\x7f", "\u07ff", "\ud7ff", "\ue000", "\uffff", "\U0010ffff"])
def test_a_prefix_finds_all_that_it_begins_and_nothing_beside(last: str) -> None:
    prefix = fold(f"a{last}")
    below, above = "a", "b"
    store = named(below, prefix, prefix + "\0", prefix + "\U0010ffff\U0010ffff", above)
    assert store.pks(text_condition(item.c.name, Operator.STARTS, prefix)) == [2, 3, 4]


def test_a_prefix_of_the_last_code_points_alone_has_no_upper_end() -> None:
    store = named("\U0010ffff", "\U0010ffff\U0010ffffx", "z")
    assert store.pks(text_condition(item.c.name, Operator.STARTS, "\U0010ffff")) == [1, 2]


def test_operators_of_text_do_not_compare_values() -> None:
    with pytest.raises(ValueError, match="compares text only"):
        value_condition(item.c.number, Operator.CONTAINS, 1)


def test_nobody_sees_anything_without_ranges() -> None:
    store = named("a")
    assert store.pks(visible(item.c.code, NOTHING)) == []
    assert store.pks(visible(item.c.code, EVERYTHING)) == [1]


@pytest.mark.parametrize(("count", "width"), [(16, 3), (17, 3), (300, 3), (5_000, 3), (17, 0), (100_000, 0)])
def test_any_number_of_ranges_is_one_statement(count: int, width: int) -> None:
    visibility = Visibility(tuple(Range(10 * n, 10 * n + width) for n in range(count)))
    codes = [0, 3, 4, 9, 10, 10 * count - 8, 10 * count - 7, 10 * count - 6, 10 * count]
    store = Store([Item(pk, None, None, None, True, code) for pk, code in enumerate(codes, start=1)])
    expected = [pk for pk, code in enumerate(codes, start=1) if visibility.shows(code)]
    assert store.pks(visible(item.c.code, visibility)) == expected


@pytest.mark.parametrize("count", [0, 1, 500, 501, 100_000])
def test_any_number_of_listed_values_is_one_statement(count: int) -> None:
    store = Store([Item(pk, f"it's-{pk}", pk, None, True, 0) for pk in (1, 500, 501, 100_000, 100_001)])
    expected = [pk for pk in (1, 500, 501, 100_000) if pk <= count]
    assert store.pks(in_list(item.c.number, range(1, count + 1))) == expected
    assert store.pks(in_list(item.c.name, [f"it's-{n}" for n in range(1, count + 1)])) == expected


def test_several_lists_and_filters_share_a_statement(store: Store) -> None:
    both = and_(in_list(item.c.pk, [1, 2]), or_(in_list(item.c.number, [3]), in_list(item.c.name, ["a"])))
    assert store.pks(both, text_condition(item.c.name, Operator.CONTAINS, "a")) == []


@pytest.mark.parametrize(("field", "value"), [("name", "a"), ("number", 5), ("enabled", False)])
def test_a_column_that_is_not_looked_up_by_has_the_same_values(field: str, value: str | int | bool) -> None:
    store = Store(
        [Item(1, "a", 5, None, True, 0), Item(2, "b", 6, None, False, 0), Item(3, None, None, None, True, 0)]
    )
    for operator in (Operator.EQUALS, Operator.DIFFERS):
        plain = value_condition(COLUMNS[field], operator, value)
        assert store.pks(value_condition(unindexed(COLUMNS[field]), operator, value)) == store.pks(plain)
    store.close()


# What the engines make of it


def test_no_index_serves_a_column_that_is_not_to_be_looked_up_by(store: Store) -> None:
    for column in (item.c.name, item.c.number, item.c.code):
        asked = select(item.c.at).where(value_condition(column, Operator.EQUALS, "x"))
        assert "USING INDEX" in store.plan(asked)
        asked = select(item.c.at).where(value_condition(unindexed(column), Operator.EQUALS, "x"))
        assert store.plan(asked) == "SCAN item"


def test_an_index_serves_a_prefix_a_viewer_and_a_sort(store: Store) -> None:
    starts = select(item.c.pk).where(text_condition(item.c.name, Operator.STARTS, "ci-"))
    assert "item_name (name>? AND name<?)" in store.plan(starts)
    seen = select(item.c.pk).where(visible(item.c.code, Visibility((Range(5, 9),))))
    assert "item_code (code>? AND code<?)" in store.plan(seen)
    for descending in (False, True):
        by_number = select(item.c.pk).order_by(*order_by(item.c.number, descending, item.c.pk)).limit(50)
        assert "TEMP B-TREE" not in store.plan(by_number)


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_missing_values_sort_alike_on_both_engines(dialect: Dialect) -> None:
    ascending = select(item.c.pk).order_by(*order_by(item.c.number, False, item.c.pk))
    descending = select(item.c.pk).order_by(*order_by(item.c.number, True, item.c.pk))
    assert sql(ascending, dialect).endswith("ORDER BY item.number ASC NULLS FIRST, item.pk ASC")
    assert sql(descending, dialect).endswith("ORDER BY item.number DESC NULLS LAST, item.pk DESC")


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_a_column_without_missing_values_sorts_as_a_plain_index_does(dialect: Dialect) -> None:
    by_code = select(item.c.pk).order_by(*order_by(item.c.code, True, item.c.pk))
    assert sql(by_code, dialect).endswith("ORDER BY item.code DESC, item.pk DESC")
    by_key = select(item.c.pk).order_by(*order_by(item.c.pk, True, item.c.pk))
    assert sql(by_key, dialect).endswith("ORDER BY item.pk DESC")


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_a_pattern_travels_as_one_value_with_its_escape_said(dialect: Dialect) -> None:
    statement = select(item.c.pk).where(text_condition(item.c.name, Operator.CONTAINS, "50%_/\\"))
    text, values = render(statement, dialect, {})
    assert text.endswith("ESCAPE '/'")
    assert values == ["%50/%/_//\\%"]


def test_nothing_of_a_callers_text_enters_the_statement() -> None:
    hostile = "'; DROP TABLE item; --" + string.punctuation
    for operator in Operator:
        statement = select(item.c.pk).where(text_condition(item.c.name, operator, hostile))
        for dialect in (SQLITE, POSTGRESQL):
            assert "DROP" not in sql(statement, dialect).upper()


def test_a_count_stops_at_its_cap_and_ignores_order_and_page() -> None:
    statement = (
        select(item.c.pk, item.c.name).where(item.c.number > 1).order_by(item.c.name).limit(5).offset(9)
    )
    text, values = render(capped_count(statement, 10_000), SQLITE, {})
    assert "name" not in text
    assert "ORDER BY" not in text
    assert values == [1, 10_001, 0] or values == [1, 10_001]

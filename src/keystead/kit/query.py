"""What a caller asks of a list: which rows, in which order, which part of them. No SQL, no HTTP.

Each feature declares its `Fields`: the wire names that may filter and sort, and the kind of value behind each.
`kit.query_language` reads a caller's text against them; `db.query_sql` turns the result into SQL.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple


class Operator(Enum):
    """How a field is compared, by its sign on the wire."""

    EQUALS = "=="
    DIFFERS = "!="
    AT_MOST = "<="
    AT_LEAST = ">="
    CONTAINS = "=@"
    LACKS = "!@"
    STARTS = "=^"
    ENDS = "=$"
    ANY_OF = "=|"
    NONE_OF = "!|"

    @property
    def denies(self) -> "Operator | None":
        """For the negative operators the one that each denies; a row without a value passes the negative ones."""
        return _DENIED.get(self)

    @property
    def takes_several(self) -> bool:
        """Whether the filter's value is a tuple of values, of which one that fits is enough."""
        return self in (Operator.ANY_OF, Operator.NONE_OF)


_DENIED: Final = {
    Operator.DIFFERS: Operator.EQUALS,
    Operator.LACKS: Operator.CONTAINS,
    Operator.NONE_OF: Operator.ANY_OF,
}
_EQUALITY: Final = (Operator.EQUALS, Operator.DIFFERS)
_ORDER: Final = (*_EQUALITY, Operator.AT_MOST, Operator.AT_LEAST)
_SEVERAL: Final = (Operator.ANY_OF, Operator.NONE_OF)
SEPARATOR: Final = "|"  # between the values of an operator that takes several
NEVER: Final = "never"  # on the wire: the value of a date that is not there


class FieldKind(Enum):
    """What a field's values are, for a sentence, and the operators that suit them."""

    TEXT = ("text", tuple(Operator))
    NUMBER = ("a whole number", (*_ORDER, *_SEVERAL))
    DATE = ("a date", _ORDER)
    BOOLEAN = ("true or false", _EQUALITY)
    CHOICE = ("one of its values", (*_EQUALITY, *_SEVERAL))

    def __init__(self, words: str, operators: tuple[Operator, ...]) -> None:
        self.words = words
        self.operators = operators


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a list. A CHOICE has `choices`; `aliases` are further spellings, each of one of the choices.

    `only` are the operators of a field that takes fewer than its kind does. `can_lack` is for dates that rows may be
    without, which is asked for by NEVER.
    """

    kind: FieldKind
    choices: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    filterable: bool = True
    sortable: bool = True
    only: tuple[Operator, ...] = ()
    can_lack: bool = False

    @property
    def operators(self) -> tuple[Operator, ...]:
        return self.only or self.kind.operators


def loose(name: str) -> str:
    """A name as enumerations of clients spell it: what follows the last dot, letters and digits alone, any case.

    `AccessRulesSortFilterFields.CREATEDAT` is `createdAt`.
    """
    return "".join(character for character in name.rpartition(".")[2].lower() if character.isalnum())


class Fields:
    """The fields of one list by wire name, and the one that sorts it when the caller names none."""

    def __init__(self, by_name: Mapping[str, Field], *, default_sort: str) -> None:
        self.by_name = by_name
        self.default_sort = default_sort
        self.filterable = tuple(name for name, known in by_name.items() if known.filterable)
        self.sortable = tuple(name for name, known in by_name.items() if known.sortable)
        if default_sort not in self.sortable:
            raise ValueError(f"{default_sort} is no field that sorts")
        self._by_loose_name = {loose(name): name for name in self.sortable}
        if len(self._by_loose_name) < len(self.sortable):
            raise ValueError("two fields differ only in case or in signs")
        names = "|".join(re.escape(name) for name in by_name)
        operators = "|".join(re.escape(operator.value) for operator in Operator)
        # Where a filter begins: at the start or after a comma, a known field with an operator behind it.
        self.filter_start = re.compile(rf"(?:^|,) *({names})({operators})")

    def sort_field(self, name: str) -> str | None:
        """The field that a caller means to sort by."""
        return name if name in self.sortable else self._by_loose_name.get(loose(name))


class Span(NamedTuple):
    """Moments from `start` up to, not including, `end`: a date as precise as it was written. Microseconds, UTC."""

    start: int
    end: int


Value = str | int | bool | Span
Wanted = Value | tuple[Value, ...] | None


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition; several hold together. A DATE has a Span, a NUMBER an int, a BOOLEAN a bool, all else text.

    None stands for no value; an operator that takes several has a tuple.
    """

    field: str
    operator: Operator
    value: Wanted
    kind: FieldKind = FieldKind.TEXT


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`limit` None: all that there is from `offset` on."""

    limit: int | None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """`search` is free text to look for in the columns that the list names, or None."""

    filters: tuple[Filter, ...]
    sort: Sort
    page: Page
    search: str | None = None


def texts_of(wanted: Filter) -> tuple[str, ...]:
    """The values of a filter on text, in a tuple also where there is one."""
    value = wanted.value
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


_TESTS: Final[Mapping[Operator, Callable[[str, str], bool]]] = {
    Operator.EQUALS: lambda text, value: text == value,
    Operator.AT_MOST: lambda text, value: text <= value,
    Operator.AT_LEAST: lambda text, value: text >= value,
    Operator.CONTAINS: lambda text, value: value in text,
    Operator.STARTS: lambda text, value: text.startswith(value),
    Operator.ENDS: lambda text, value: text.endswith(value),
}


def text_matches(operator: Operator, text: str | None, *values: str) -> bool:
    """What the database would answer, for small tables that are held in memory. All texts are folded."""
    denied = operator.denies
    if denied is not None:
        return not text_matches(denied, text, *values)
    test = _TESTS[Operator.EQUALS if operator is Operator.ANY_OF else operator]
    return text is not None and any(test(text, value) for value in values)

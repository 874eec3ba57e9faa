"""The language of lists: `filterBy`, `sortBy`, `sortOrder`, `limit`, `offset` and `search`, read against `Fields`.

`docs/reference/lists.md` is its description for callers. Every function raises a bad-input error that names the
parameter, the piece of it that is wrong, and what would be right.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from keystead.kit.clock import DAY, SECOND, parse_utc
from keystead.kit.errors import KeysteadError, bad_input
from keystead.kit.query import (
    NEVER,
    SEPARATOR,
    Field,
    FieldKind,
    Fields,
    Filter,
    Operator,
    Sort,
    Span,
    Value,
    Wanted,
    loose,
)

# An expression in SQL may be only so deep, a pattern only so long; both bounds are far beyond what people write.
MAX_FILTERS: Final = 50
MAX_TEXT: Final = 1_000
MAX_VALUES: Final = 200  # of one filter

_FILTER_BY: Final = "filterBy"
_MILLISECOND: Final = SECOND // 1_000
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_INT64_MIN: Final = -(2**63)
_INT64_MAX: Final = 2**63 - 1
_TRUTH: Final = {"true": True, "false": False}


def parse_filters(texts: Iterable[str], fields: Fields) -> tuple[Filter, ...]:
    """`texts` are the parameter's values, however often it was given; an empty one holds no filter."""
    filters = tuple(found for text in texts if text for found in _filters_in(text, fields))
    if len(filters) > MAX_FILTERS:
        raise bad_input(_FILTER_BY, f"has {len(filters)} filters; at most {MAX_FILTERS} are possible.")
    return filters


def parse_sort(sort_by: str | None, sort_order: str | None, fields: Fields) -> Sort:
    """Without `sort_by`, by the list's own field; without `sort_order`, ascending."""
    descending = _is_descending(sort_order)
    if sort_by is None:
        return Sort(fields.default_sort, descending)
    name = fields.sort_field(sort_by)
    if name is None:
        raise bad_input(
            "sortBy", f"cannot sort by {_quoted(sort_by)}; use one of {_listed(fields.sortable)}."
        )
    return Sort(name, descending)


def parse_limit(text: str, *, least: int = 1, most: int, name: str = "limit") -> int:
    """A whole number between bounds; `name` is for parameters that are called otherwise."""
    return _whole_number(name, text, least, most)


def parse_offset(text: str) -> int:
    return _whole_number("offset", text, 0, _INT64_MAX)


def parse_search(text: str | None) -> str | None:
    """The text to look for; nothing but white space looks for nothing."""
    if text is None or not text.strip():
        return None
    return require_short("search", text.strip())


def require_short(parameter: str, text: str) -> str:
    """A text to look for, which engines bound the length of."""
    if "\0" in text:
        raise bad_input(parameter, "must not contain NUL characters.")
    if len(text) > MAX_TEXT:
        raise bad_input(
            parameter, f"{_quoted(text)} has {len(text)} characters; at most {MAX_TEXT} are possible."
        )
    return text


def _filters_in(text: str, fields: Fields) -> Iterator[Filter]:
    """A comma inside a value looks like a separator: only a known field with an operator begins a filter."""
    starts = list(fields.filter_start.finditer(text))
    if not starts or starts[0].start() > 0:
        raise _no_filter(text, fields)
    ends = [start.start() for start in starts[1:]] + [len(text)]
    for start, end in zip(starts, ends, strict=True):
        yield _filter(start[1], Operator(start[2]), text[start.end() : end], fields)


def _filter(name: str, operator: Operator, text: str, fields: Fields) -> Filter:
    field = fields.by_name[name]
    if not field.filterable:
        raise bad_input(_FILTER_BY, f"cannot filter by {name}; use one of {_listed(fields.filterable)}.")
    if operator not in field.operators:
        raise bad_input(_FILTER_BY, f"{operator.value} does not suit {name}; use one of {_signs(field)}.")
    return Filter(name, operator, _wanted(name, operator, field, text), field.kind)


def _wanted(name: str, operator: Operator, field: Field, text: str) -> Wanted:
    if operator.takes_several:
        return _several(name, operator, field, text)
    if not text:
        raise bad_input(_FILTER_BY, f'"{name}{operator.value}" needs a value behind the operator.')
    if field.can_lack and text.strip().lower() == NEVER:
        if operator not in (Operator.EQUALS, Operator.DIFFERS):
            raise bad_input(_FILTER_BY, f"{operator.value} does not suit {NEVER}; use == or !=.")
        return None
    return _value(name, field, text)


def _several(name: str, operator: Operator, field: Field, text: str) -> tuple[Value, ...]:
    """The values between the signs that separate them, each once."""
    pieces = _separated(text)
    if len(pieces) > MAX_VALUES:
        raise bad_input(
            _FILTER_BY,
            f"{name}{operator.value} has {len(pieces)} values; at most {MAX_VALUES} are possible.",
        )
    if "" in pieces:
        raise bad_input(
            _FILTER_BY,
            f'"{name}{operator.value}" needs values behind the operator, with {SEPARATOR} between.',
        )
    return tuple(dict.fromkeys(_value(name, field, piece) for piece in pieces))


def _separated(text: str) -> list[str]:
    r"""What stands between the `|`. Behind a `\` a `|` or `\` stands for itself; before all else so does the `\`."""
    pieces = [""]
    escaped = False
    for character in text:
        if escaped:
            pieces[-1] += character if character in "|\\" else "\\" + character
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == SEPARATOR:
            pieces.append("")
        else:
            pieces[-1] += character
    if escaped:
        pieces[-1] += "\\"
    return pieces


def _no_filter(text: str, fields: Fields) -> KeysteadError:
    """Says whether the field or the operator is at fault where a filter should begin."""
    written = re.match(r"[\w.-]*", text.lstrip(" "))
    name = written[0] if written else ""
    if name in fields.filterable:
        signs = _signs(fields.by_name[name])
        return bad_input(_FILTER_BY, f"{_quoted(text)} needs an operator behind {name}: one of {signs}.")
    names = _listed(fields.filterable)
    return bad_input(
        _FILTER_BY, f"{_quoted(text)} does not begin with a field that can be filtered: one of {names}."
    )


def _value(name: str, field: Field, text: str) -> Value:
    match field.kind:
        case FieldKind.NUMBER:
            found: Value | None = _integer(text.strip())
        case FieldKind.DATE:
            found = _span(text)
        case FieldKind.BOOLEAN:
            found = _TRUTH.get(text.strip().lower())
        case FieldKind.CHOICE:
            found = _choice(field, text.strip())
        case _:
            return require_short(_FILTER_BY, text)
    if found is None:
        raise bad_input(_FILTER_BY, f"{name} cannot be {_quoted(text)}; it is {_expected(field)}.")
    return found


def _integer(text: str, least: int = _INT64_MIN, most: int = _INT64_MAX) -> int | None:
    """The number that `text` writes, when it lies between the bounds."""
    number = int(text) if _INTEGER.fullmatch(text) else None
    return number if number is not None and least <= number <= most else None


def _span(text: str) -> Value | None:
    """A date alone is its whole day; a time is its millisecond, since that is what answers show of it."""
    try:
        start = parse_utc(_FILTER_BY, text)
    except KeysteadError:
        return None
    length = DAY if _is_day(text.strip()) else _MILLISECOND
    start -= start % length
    return Span(start, start + length)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _choice(field: Field, text: str) -> Value | None:
    spellings = {loose(choice): choice for choice in field.choices}
    spellings.update((loose(alias), choice) for alias, choice in field.aliases.items())
    return text if text in field.choices else spellings.get(loose(text))


def _whole_number(name: str, text: str, least: int, most: int) -> int:
    number = _integer(text, least, most)
    if number is None:
        raise bad_input(name, f"must be a whole number from {least} to {most}.")
    return number


def _is_descending(text: str | None) -> bool:
    orders = {"asc": False, "desc": True}
    order = loose(text) if text is not None else "asc"
    if text is None or order in orders:
        return orders[order]
    raise bad_input("sortOrder", f"cannot be {_quoted(text)}; use asc or desc.")


def _expected(field: Field) -> str:
    if field.kind is FieldKind.CHOICE:
        return f"one of {_listed(field.choices)}"
    if field.kind is FieldKind.DATE:
        lacking = f", or {NEVER}" if field.can_lack else ""
        return f"a date such as 2026-01-31 or 2026-01-31T12:00:00Z{lacking}"
    return field.kind.words


def _signs(field: Field) -> str:
    return _listed(operator.value for operator in field.operators)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _quoted(text: str) -> str:
    """A caller's own words, cut so that the sentence stays one."""
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'

"""The query of a list, declared once: `read` is what the handler does with it, `parameters` what readers are told."""

from typing import Annotated, Any, Final

from keystead.kit.query import NEVER, Field, Fields, Query
from keystead.web.errors import Headers
from keystead.web.operations import Header, Parameter
from keystead.web.params import Parameters, read_query
from keystead.web.wire import choice, told

MAX_LIMIT: Final = 500
TOTAL_COUNT: Final = Header("X-Total-Count", int, "How many rows there are over all pages.")
TOTAL_HEADERS: Final = (
    TOTAL_COUNT,
    Header(
        "X-Total-Count-Exact",
        Annotated[str, told(enum=["false"])],
        "Present when there are more rows than the count says.",
    ),
)
_EXAMPLES: Final = {"TEXT": "=@prod", "NUMBER": "==5", "DATE": ">=2026-01-01T00:00:00Z", "BOOLEAN": "==true"}


def total_headers(total: int, *, exact: bool = True) -> Headers:
    """`exact` False: there are more than `total`."""
    counted = (b"x-total-count", str(total).encode())
    return [counted] if exact else [counted, (b"x-total-count-exact", b"false")]


class ListQuery:
    """`default_limit` None: without `limit`, everything. `sort_name` is what the enumeration of `sortBy` is called."""

    def __init__(
        self,
        fields: Fields,
        *,
        default_limit: int | None,
        max_limit: int = MAX_LIMIT,
        sort_name: str,
        searches: str | None = None,
    ) -> None:
        self._fields = fields
        self._default_limit = default_limit
        self._max_limit = max_limit
        self.narrowing: tuple[Parameter, ...] = (
            filter_parameter(fields),
            *([search_parameter(searches)] if searches else []),
        )
        self.parameters = (
            *self.narrowing,
            sort_parameter(fields, sort_name),
            SORT_ORDER,
            limit_parameter("limit", default_limit, max_limit),
            OFFSET,
        )

    def read(self, given: Parameters) -> Query:
        return read_query(given, self._fields, default_limit=self._default_limit, max_limit=self._max_limit)


def filter_parameter(fields: Fields) -> Parameter:
    names = "|".join(fields.filterable)
    one: Any = Annotated[str, told(pattern=rf"^({names})(==|!=|<=|>=|=@|!@|=\^|=\$|=\||!\|).+$")]
    example = _filter_example(fields)
    return Parameter(
        "filterBy",
        Annotated[list[one], told(example=[example])],
        f"Conditions that all must hold, joined by commas: field, operator, value, such as `{example}`. The operators "
        "are `==`, `!=`, `<=`, `>=`, `=@` contains, `!@` does not, `=^` starts with, `=$` ends with, `=|` is any of, "
        "`!|` is none of (values with `|` between). Fields: "
        f"{_told_fields(fields)}",
    )


def search_parameter(searches: str) -> Parameter:
    return Parameter("search", Annotated[str, told(example="prod")], f"Text to look for in {searches}.")


def sort_parameter(fields: Fields, name: str) -> Parameter:
    return Parameter(
        "sortBy",
        Annotated[str, choice(name, fields.sortable), told(default=fields.default_sort)],
        "The field to sort by.",
    )


SORT_ORDER: Final = Parameter(
    "sortOrder", Annotated[str, told(enum=["asc", "desc"], default="asc")], "Ascending or descending."
)
OFFSET: Final = Parameter(
    "offset",
    Annotated[int, told(minimum=0, default=0, example=0)],
    "How many rows to leave out at the beginning.",
)


def limit_parameter(name: str, default: int | None, most: int, least: int = 1) -> Parameter:
    bounds: dict[str, Any] = {"minimum": least, "maximum": most}
    if default is not None:
        bounds["default"] = default
    without = "" if default is not None else " Without it, all of them."
    return Parameter(
        name, Annotated[int, told(**bounds, example=min(most, 50))], f"How many rows at most.{without}"
    )


def _told_fields(fields: Fields) -> str:
    """The fields that filter, by what their values are."""
    by_words: dict[str, list[str]] = {}
    for name in fields.filterable:
        by_words.setdefault(_told_kind(fields.by_name[name]), []).append(f"`{name}`")
    return "; ".join(f"{', '.join(names)}: {words}" for words, names in by_words.items()) + "."


def _told_kind(known: Field) -> str:
    if known.choices:
        return f"one of {', '.join(known.choices)}"
    lacking = f" or `{NEVER}`" if known.can_lack else ""
    signs = f" with {', '.join(f'`{sign.value}`' for sign in known.only)} alone" if known.only else ""
    return f"{known.kind.words}{lacking}{signs}"


def _filter_example(fields: Fields) -> str:
    name = fields.filterable[0]
    known = fields.by_name[name]
    return f"{name}=={known.choices[0]}" if known.choices else f"{name}{_EXAMPLES[known.kind.name]}"

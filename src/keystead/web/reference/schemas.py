"""Schemas as a reader takes them in: a word for the type, a table of the fields."""

import json
from collections.abc import Iterator
from typing import Any, Final

from keystead.web.reference.markup import Markup, inline, joined, tag

Json = dict[str, Any]
_REF: Final = "#/components/schemas/"
_MOST_VALUES: Final = 8


def anchor(name: str) -> str:
    return f"schema-{name}"


def type_of(schema: Json) -> Markup:
    """In words, with links to what has a name."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return tag("a", name, href=f"#{anchor(name)}")
    if "anyOf" in schema:
        return joined(between(" or ", [type_of(one) for one in schema["anyOf"]]))
    match schema.get("type"):
        case "array":
            return joined(("array of ", type_of(schema["items"]))) if schema.get("items") else Markup("array")
        case "object" if isinstance(schema.get("additionalProperties"), dict):
            return joined(("object of ", type_of(schema["additionalProperties"])))
        case "string" if "format" in schema:
            return joined(("string, ", schema["format"]))
        case kind:
            return joined((kind or "anything",))


def fields_table(schema: Json) -> Markup:
    """The fields of an object, or the values of an enumeration."""
    if "enum" in schema:
        return tag("p", *between(" ", [tag("code", str(value)) for value in schema["enum"]]), class_="values")
    required = schema.get("required", ())
    rows = [
        field_row(name, field, required=name in required)
        for name, field in schema.get("properties", {}).items()
    ]
    return table(rows) if rows else tag("p", type_of(schema), class_="quiet")


def table(rows: list[Markup]) -> Markup:
    return tag("div", tag("table", tag("tbody", *rows)), class_="wide")


def field_row(
    name: str, schema: Json, *, required: bool, description: str = "", deprecated: bool = False
) -> Markup:
    """`description` beside the one that the schema brings."""
    marks = [tag("span", word, class_="mark") for word, holds in (("required", required),) if holds]
    if deprecated or schema.get("deprecated"):
        marks.append(tag("span", "deprecated", class_="mark old"))
    told = [inline(text) for text in (description, _whole(schema).get("description", "")) if text]
    return tag(
        "tr",
        tag("th", tag("code", name), *marks, scope="row"),
        tag(
            "td",
            tag("span", type_of(schema), class_="type"),
            *(tag("p", one) for one in told),
            *_limits(schema),
        ),
    )


def _limits(schema: Json) -> Iterator[Markup]:
    """What a value must be, beyond its type."""
    every = _whole(schema)
    values = every.get("enum", ())
    words = []
    if values:
        shown = [tag("code", str(value)) for value in values[:_MOST_VALUES]]
        rest = len(values) - len(shown)
        words.append(joined(["one of ", *between(", ", shown), *([f" and {rest} more"] if rest else [])]))
    for key, told in _TOLD.items():
        if key in every:
            words.append(joined((told, " ", tag("code", _shown(every[key])))))
    if words:
        yield tag("p", *between("; ", words), class_="limits")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _whole(schema: Json) -> Json:
    """What is told of a value that may be null is told of the value itself, too."""
    inner: Json = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), {})
    return {**inner, **schema}


_TOLD: Final = {
    "minLength": "at least characters:",
    "maxLength": "at most characters:",
    "minItems": "at least:",
    "maxItems": "at most:",
    "maxProperties": "at most:",
    "minimum": "from",
    "maximum": "up to",
    "pattern": "matches",
    "default": "default",
}


def between(separator: str, parts: list[Markup]) -> Iterator[str]:
    for place, part in enumerate(parts):
        if place:
            yield separator
        yield part

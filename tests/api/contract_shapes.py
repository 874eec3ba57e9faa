"""What an operation takes and answers, as names: of the contract and of our own description, to be compared."""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

Json = dict[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")


class Shape(NamedTuple):
    """Names with dots between: `departments.status`. Arrays leave no trace. `answers` by the status of success."""

    query: frozenset[str]
    body: frozenset[str]
    answers: dict[str, frozenset[str]]
    statuses: frozenset[str]


def operations_of(document: Json) -> Iterator[tuple[str, Json, Json]]:
    """Name (`GET /api/v1/users`), operation, and the path's item."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method], item


def bare(name: str) -> str:
    """An operation's name without what its parameters are called."""
    return re.sub(r"\{\w+\}", "{}", name)


def shape_of(document: Json, operation: Json, item: Json) -> Shape:
    parameters = [
        _found(document, one) for one in [*item.get("parameters", []), *operation.get("parameters", [])]
    ]
    answers: dict[str, frozenset[str]] = {}
    for status, given in operation["responses"].items():
        if status < "300":
            content = _found(document, given).get("content", {})
            answers[status] = _names_in(document, content)
    body = _found(document, operation.get("requestBody", {})).get("content", {})
    return Shape(
        frozenset(one["name"] for one in parameters if one["in"] == "query"),
        _names_in(document, body),
        answers,
        frozenset(operation["responses"]),
    )


def _names_in(document: Json, content: Json) -> frozenset[str]:
    names: set[str] = set()
    for one in content.values():
        _collect(document, one.get("schema", {}), "", (), names)
    return frozenset(names)


def _collect(document: Json, schema: Json, prefix: str, above: tuple[str, ...], names: set[str]) -> None:
    reference = schema.get("$ref")
    if reference is not None:
        if reference in above:  # a thing that may hold others of its own kind
            return
        above = (*above, reference)
        schema = _found(document, schema)
    for part in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(part, []):
            _collect(document, one, prefix, above, names)
    if isinstance(schema.get("items"), dict):
        _collect(document, schema["items"], prefix, above, names)
    for name, one in schema.get("properties", {}).items():
        names.add(prefix + name)
        _collect(document, one, f"{prefix}{name}.", above, names)


def _found(document: Json, given: Json) -> Json:
    while "$ref" in given:
        target: Any = document
        for part in given["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        given = target
    return given


def topmost(names: frozenset[str]) -> set[str]:
    """Of names that lie in one another those that lie in none of the others."""
    return {name for name in names if not any(name.startswith(f"{other}.") for other in names)}

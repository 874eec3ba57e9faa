"""Examples of an operation: the request as a line for a shell, the answers as they come."""

import json
from collections.abc import Iterator
from typing import Any

from keystead.web.reference.markup import Markup, tag
from keystead.web.reference.schemas import Json


def examples(path: str, method: str, operation: Json) -> Iterator[Markup]:
    yield _block("Request", _curl(path, method, operation))
    for status, answer in operation["responses"].items():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example not in (None, {}):
            yield _block(f"Answer, {status}", _pretty(example))


def _block(title: str, text: str) -> Markup:
    return tag("figure", tag("figcaption", title), tag("pre", tag("code", text), tabindex="0"))


def _curl(path: str, method: str, operation: Json) -> str:
    """A line for a shell, with `$KEYSTEAD` and `$TOKEN` for what the reader has."""
    query = "&".join(
        f"{one['name']}={_example(one['schema'])}"
        for one in operation.get("parameters", ())
        if one["required"] and one["in"] == "query"
    )
    target = f'"$KEYSTEAD{path}{f"?{query}" if query else ""}"'
    parts = [f"curl {target}" if method == "get" else f"curl -X {method.upper()} {target}"]
    if "security" not in operation:
        parts.append('-H "Authorization: Bearer $TOKEN"')
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        parts += _data(media, content)
    return " \\\n  ".join(parts)


def _data(media: str, content: Json) -> Iterator[str]:
    named = content.get("examples", {})
    example: Any = next((one["value"] for one in named.values()), content.get("example"))
    if media == "application/json":
        yield f'-H "Content-Type: {media}"'
        yield f"-d '{_pretty(example)}'"
        return
    for name, value in example.items():
        yield f"-d {name}={value}"


def _example(schema: Json) -> Any:
    return schema.get("examples", [schema.get("type", "")])[0]


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)

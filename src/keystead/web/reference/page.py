"""The page: chapters on the left, operations with their parameters, bodies, answers and examples, then the schemas."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from keystead.web.reference.markup import Markup, inline, joined, prose, tag
from keystead.web.reference.schemas import Json, anchor, between, field_row, fields_table, table, type_of

STYLE_PATH: Final = "/api/docs/reference.css"
DOCUMENT_PATH: Final = "/api/openapi.json"
_METHODS: Final = ("get", "post", "put", "patch", "delete")


def render(document: Json) -> bytes:
    """The whole page, of an OpenAPI document of ours."""
    title = document["info"]["title"]
    head = (
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        tag("title", title),
        Markup(f'<link rel="stylesheet" href="{STYLE_PATH}">'),
    )
    by_chapter = _by_chapter(document)
    body = (
        tag("a", "Skip to the text", href="#text", class_="skip"),
        tag("nav", *_navigation(document, by_chapter), aria_label="Operations"),
        tag("main", *_main(document, by_chapter), id="text"),
    )
    page = tag("html", tag("head", *head), tag("body", *body), lang="en")
    return f"<!doctype html>\n{page}\n".encode()


def _by_chapter(document: Json) -> dict[str, list[tuple[str, str, Json]]]:
    """Path, method and operation, by chapter in the document's order."""
    found: dict[str, list[tuple[str, str, Json]]] = {chapter["name"]: [] for chapter in document["tags"]}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                found[item[method]["tags"][0]].append((path, method, item[method]))
    return found


def _navigation(document: Json, by_chapter: dict[str, list[tuple[str, str, Json]]]) -> Iterator[Markup]:
    info = document["info"]
    yield tag("p", tag("a", info["title"], href="#text"), tag("span", info["version"]), class_="brand")
    for chapter, operations in by_chapter.items():
        links = (
            tag("li", tag("a", _method(method), operation["summary"], href=f"#{operation['operationId']}"))
            for _, method, operation in operations
        )
        yield tag("h2", tag("a", chapter, href=f"#{_slug(chapter)}"))
        yield tag("ul", *links)
    yield tag("h2", tag("a", "Errors", href="#errors"))
    yield tag("h2", tag("a", "Schemas", href="#schemas"))


def _main(document: Json, by_chapter: dict[str, list[tuple[str, str, Json]]]) -> Iterator[Markup]:
    info = document["info"]
    yield tag(
        "header",
        tag("h1", info["title"]),
        prose(info["description"]),
        tag("p", "The same for programs: ", tag("a", DOCUMENT_PATH, href=DOCUMENT_PATH), ", OpenAPI 3.1."),
    )
    for chapter in document["tags"]:
        yield tag(
            "section",
            tag("h2", chapter["name"]),
            prose(chapter["description"]),
            *(_operation(document, *one) for one in by_chapter[chapter["name"]]),
            id=_slug(chapter["name"]),
            class_="chapter",
        )
    yield tag(
        "section",
        tag("h2", "Errors"),
        prose("What each operation may answer when it does not do what was asked for."),
        table(
            [
                _error(name, status, document)
                for name, status in sorted(_statuses(document).items(), key=_order)
            ]
        ),
        id="errors",
        class_="chapter answers",
    )
    schemas = document["components"]["schemas"]
    yield tag(
        "section",
        tag("h2", "Schemas"),
        *(_schema(name, schema) for name, schema in schemas.items()),
        id="schemas",
        class_="chapter",
    )


def _operation(document: Json, path: str, method: str, operation: Json) -> Markup:
    examples = joined(_examples(document, path, method, operation))
    return tag(
        "article",
        tag(
            "div",
            tag("h3", tag("a", operation["summary"], href=f"#{operation['operationId']}")),
            tag("p", _method(method), tag("code", path), *_marks(operation), class_="place"),
            prose(operation.get("description", "")) if operation.get("description") else Markup(""),
            *_parameters(operation),
            *_body(document, operation),
            *_answers(operation),
            class_="words",
        ),
        tag("div", examples, class_="examples"),
        id=operation["operationId"],
    )


def _marks(operation: Json) -> Iterator[Markup]:
    if operation.get("deprecated"):
        yield tag("span", "deprecated", class_="mark old")
    if operation.get("security") == []:
        yield tag("span", "no token needed", class_="mark")


def _parameters(operation: Json) -> Iterator[Markup]:
    for place, title in (("path", "Path"), ("query", "Query")):
        rows = [
            field_row(
                one["name"],
                one["schema"],
                required=one["required"],
                description=one["description"],
                deprecated=one.get("deprecated", False),
            )
            for one in operation.get("parameters", ())
            if one["in"] == place
        ]
        if rows:
            yield tag("h4", title)
            yield table(rows)


def _body(document: Json, operation: Json) -> Iterator[Markup]:
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        name = content["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        yield tag("h4", "Body: ", type_of(content["schema"]), ", as ", media)
        if schema.get("description"):
            yield prose(schema["description"])
        yield fields_table(schema)


def _answers(operation: Json) -> Iterator[Markup]:
    """Those that an operation has of its own; those that it shares are links."""
    own = {status: answer for status, answer in operation["responses"].items() if "$ref" not in answer}
    shared = {
        status: answer["$ref"].rpartition("/")[2]
        for status, answer in operation["responses"].items()
        if status not in own
    }
    yield tag("h4", "Answers")
    yield tag("div", table([_answer(status, answer) for status, answer in own.items()]), class_="answers")
    links = [
        tag("a", status, href=f"#error-{name}", title=HTTPStatus(int(status)).phrase)
        for status, name in shared.items()
    ]
    yield tag("p", "Errors: ", *between(" ", links), class_="errors")


def _statuses(document: Json) -> dict[str, str]:
    """The status of each error answer, as the operations use it."""
    return {
        answer["$ref"].rpartition("/")[2]: status
        for item in document["paths"].values()
        for operation in item.values()
        for status, answer in operation["responses"].items()
        if "$ref" in answer
    }


def _order(error: tuple[str, str]) -> tuple[bool, str]:
    return error[0].startswith("OAuth"), error[1]


def _error(name: str, status: str, document: Json) -> Markup:
    return _answer(status, document["components"]["responses"][name], id_=f"error-{name}")


def _answer(status: str, answer: Json, id_: str | None = None) -> Markup:
    kinds = [_media(media, content) for media, content in answer.get("content", {}).items()]
    headers = [name for name in answer["headers"] if name != "X-Request-ID"]
    told = tag("p", inline(answer["description"]))
    more = tag("p", "Headers: ", ", ".join(headers), class_="limits") if headers else Markup("")
    return tag(
        "tr",
        tag(
            "th",
            tag("code", status),
            scope="row",
            title=HTTPStatus(int(status)).phrase,
            class_=f"s{status[0]}",
        ),
        tag("td", tag("span", *kinds, class_="type") if kinds else Markup(""), told, more),
        id_=id_,
    )


def _media(media: str, content: Json) -> Markup:
    if media == "application/json":
        return joined((type_of(content["schema"]), " "))
    return joined((tag("code", media), " "))


def _examples(document: Json, path: str, method: str, operation: Json) -> Iterator[Markup]:
    yield _block("Request", _curl(document, path, method, operation))
    for status, answer in operation["responses"].items():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example not in (None, {}):
            yield _block(f"Answer, {status}", _pretty(example))


def _block(title: str, text: str) -> Markup:
    return tag("figure", tag("figcaption", title), tag("pre", tag("code", text), tabindex="0"))


def _curl(document: Json, path: str, method: str, operation: Json) -> str:
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


def _schema(name: str, schema: Json) -> Markup:
    return tag(
        "section",
        tag("h3", tag("a", name, href=f"#{anchor(name)}")),
        prose(schema["description"]) if schema.get("description") else Markup(""),
        fields_table(schema),
        id=anchor(name),
        class_="schema",
    )


def _method(method: str) -> Markup:
    return tag("span", method.upper(), class_=f"method {method}")


def _slug(chapter: str) -> str:
    return chapter.lower().replace(" ", "-")

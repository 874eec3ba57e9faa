"""The page: chapters on the left, operations with their parameters, bodies, answers and examples, then the schemas."""

from collections.abc import Iterator
from typing import Final

from keystead.web.reference.markup import Markup, prose, tag
from keystead.web.reference.operation import answer_row, article, method_mark
from keystead.web.reference.schemas import Json, anchor, fields_table, table

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
            tag(
                "li", tag("a", method_mark(method), operation["summary"], href=f"#{operation['operationId']}")
            )
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
            *(article(document, *one) for one in by_chapter[chapter["name"]]),
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
    return answer_row(status, document["components"]["responses"][name], id_=f"error-{name}")


def _schema(name: str, schema: Json) -> Markup:
    return tag(
        "section",
        tag("h3", tag("a", name, href=f"#{anchor(name)}")),
        prose(schema.get("description", "")),
        fields_table(schema),
        id=anchor(name),
        class_="schema",
    )


def _slug(chapter: str) -> str:
    return chapter.lower().replace(" ", "-")

"""An operation as a reader takes it in: what it does, what it takes, what it answers; examples beside it."""

from collections.abc import Iterator
from http import HTTPStatus

from keystead.web.reference.examples import examples
from keystead.web.reference.markup import Markup, inline, joined, prose, tag
from keystead.web.reference.schemas import Json, between, field_row, fields_table, table, type_of


def article(document: Json, path: str, method: str, operation: Json) -> Markup:
    shown = joined(examples(path, method, operation))
    return tag(
        "article",
        tag(
            "div",
            tag("h3", tag("a", operation["summary"], href=f"#{operation['operationId']}")),
            tag("p", method_mark(method), tag("code", path), *_marks(operation), class_="place"),
            prose(operation.get("description", "")),
            *_parameters(operation),
            *_body(document, operation),
            *_answers(operation),
            class_="words",
        ),
        tag("div", shown, class_="examples"),
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
    yield tag("div", table([answer_row(status, answer) for status, answer in own.items()]), class_="answers")
    links = [
        tag("a", status, href=f"#error-{name}", title=HTTPStatus(int(status)).phrase)
        for status, name in shared.items()
    ]
    yield tag("p", "Errors: ", *between(" ", links), class_="errors")


def answer_row(status: str, answer: Json, id_: str | None = None) -> Markup:
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


def method_mark(method: str) -> Markup:
    return tag("span", method.upper(), class_=f"method {method}")

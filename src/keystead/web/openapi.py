"""The API's description: declared operations in, an OpenAPI 3.1 document out. Pure.

Schemas are what msgspec says of the types that the handlers really use. What a declaration leaves unsaid follows from
the rest of it: a path with a parameter can be unknown, a route that asks for a permission can refuse.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from keystead.users.model import PROOF_LASTS
from keystead.web.openapi_errors import HEADERS, Errors, error_statuses
from keystead.web.openapi_examples import Examples
from keystead.web.openapi_links import Links
from keystead.web.openapi_schemas import Json, Schemas
from keystead.web.operations import JSON_MEDIA, Header, OneOf, Operation, Parameter, Reply
from keystead.web.pipeline import Access, Route
from keystead.web.wire import Nothing

PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_GOOD: Final = {
    200: "What was asked for.",
    201: "It was made.",
    202: "It was accepted.",
    204: "It was done; there is nothing to add.",
}


class Chapter(NamedTuple):
    """A group of operations that belong together: OpenAPI's tag."""

    name: str
    description: str


class About(NamedTuple):
    """What the document says beside its operations. `error` and `oauth_error` are the types of the two renderings."""

    title: str
    version: str
    description: str
    url: str
    chapters: Sequence[Chapter]
    error: type[msgspec.Struct]
    oauth_error: type[msgspec.Struct]
    security: Mapping[str, Json]


def describe(about: About, operations: Sequence[Operation]) -> Json:
    """The document. Raises ValueError for a declaration that contradicts itself."""
    schemas = Schemas(list(_types(about, operations)))
    examples = Examples(schemas.components)
    errors = Errors(schemas.of(about.error), schemas.of(about.oauth_error))
    links = Links(operations, schemas.components)
    paths: Json = {}
    for operation in operations:
        path, described = (
            paths.setdefault(operation.path, {}),
            _operation(operation, schemas, examples, errors, links),
        )
        if path.setdefault(operation.method.lower(), described) is not described:
            raise ValueError(f"{operation.method} {operation.path} is declared twice")
    return {
        "openapi": "3.1.0",
        "info": {"title": about.title, "version": about.version, "description": about.description},
        "servers": [{"url": about.url}],
        "tags": [chapter._asdict() for chapter in about.chapters],
        "security": [{"bearerAuth": []}, {"sessionCookie": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": errors.components(),
            "headers": HEADERS,
            "securitySchemes": dict(about.security),
        },
    }


def _operation(
    operation: Operation, schemas: Schemas, examples: Examples, errors: Errors, links: Links
) -> Json:
    described: Json = {
        "operationId": operation.operation_id,
        "summary": operation.summary,
        "tags": [operation.tag],
    }
    needed = (operation.description, _needs(operation), _proof(operation))
    text = "\n\n".join(part for part in needed if part)
    if text:
        described["description"] = text
    if operation.deprecated:
        described["deprecated"] = True
    described.update(_access(operation))
    parameters = [_parameter(operation, one, schemas) for one in operation.parameters]
    if parameters:
        described["parameters"] = parameters
    _require_path_parameters(operation)
    if operation.body is not None:
        described["requestBody"] = _body(operation, schemas, examples)
    described["responses"] = {
        **{
            str(status): _linked(_answer(status, given, schemas, examples), links, operation)
            for status, given in operation.answers.items()
        },
        **{str(status): errors.reference(status, operation) for status in error_statuses(operation)},
    }
    return described


def _access(operation: Operation) -> Json:
    """Who may come in: OpenAPI's `security` where it is not a bearer token, and the permission that is asked for."""
    if not isinstance(operation, Route):
        taken: list[Json] = [{}, {"clientBasic": []}] if operation.speaks_oauth else []
        return {"security": [*taken, {"bearerAuth": []}] if operation.takes_bearer else taken}
    permission = operation.access.permission
    if operation.access.public:
        return {"security": []}
    if permission is None:
        return {}
    asked = {"action": permission.action.word, "resourceType": permission.resource.name}
    return {"x-permission": asked | {"where": _where(operation.access)[0]}}


def _needs(operation: Operation) -> str:
    """The permission, in a sentence."""
    access: Access | None = operation.access if isinstance(operation, Route) else None
    if access is None or access.permission is None:
        return ""
    return f"Needs `{access.permission}` {_where(access)[1]}."


def _where(access: Access) -> tuple[str, str]:
    """Where a permission must be held: as a word, and in a sentence."""
    if access.object_decides:
        return "object", "where the object lies"
    return ("tenant", "in the whole tenant") if access.whole_tenant else ("anywhere", "in some scope")


def _proof(operation: Operation) -> str:
    """That a browser's session needs a fresh proof, and what a key may not do, in sentences."""
    if not isinstance(operation, Route):
        return ""
    minutes = PROOF_LASTS // 60
    said = []
    if operation.makes_secret:
        said.append(
            f"A browser's session must have proved its password in the last {minutes} minutes (`prove_password`)."
        )
    if operation.makes_secret or operation.access.in_person:
        said.append("An access key is refused.")
    return " ".join(said)


def _require_path_parameters(operation: Operation) -> None:
    """Every parameter of the path is declared; what is declared otherwise is of the query."""
    missing = set(PATH_PARAMETER.findall(operation.path)) - {one.name for one in operation.parameters}
    if missing:
        raise ValueError(f"{operation.operation_id} does not declare {', '.join(sorted(missing))}")


def _parameter(operation: Operation, parameter: Parameter, schemas: Schemas) -> Json:
    schema = schemas.of(parameter.type)
    in_path = f"{{{parameter.name}}}" in operation.path
    described: Json = {
        "name": parameter.name,
        "in": "path" if in_path else "query",
        "description": parameter.description,
        "required": in_path or parameter.required,
        "schema": schema,
    }
    if parameter.deprecated:
        described["deprecated"] = True
    if schema.get("type") == "array":
        described["explode"] = False
    return described


def _body(operation: Operation, schemas: Schemas, examples: Examples) -> Json:
    schema = schemas.of(operation.body)
    content: Json = {"schema": schema}
    if operation.body_examples:
        content["examples"] = {name: {"value": value} for name, value in operation.body_examples.items()}
    else:
        content["example"] = examples.of(schema)
    return {"required": True, "content": {operation.body_media: content}}


def _answer(status: int, given: Any, schemas: Schemas, examples: Examples) -> Json:
    reply = as_reply(given)
    headers = {header.name: _header(header, schemas) for header in reply.headers}
    described: Json = {
        "description": reply.description or ("It was done." if reply.type is Nothing else _GOOD[status]),
        "headers": {**headers, "X-Request-ID": {"$ref": "#/components/headers/X-Request-ID"}},
    }
    content = {media: _content(reply, media, schemas, examples) for media in reply.media}
    if content and not (reply.type is None and reply.media == (JSON_MEDIA,)):
        described["content"] = content
    return described


def _linked(answer: Json, links: Links, operation: Operation) -> Json:
    found = links.of(operation, answer.get("content", {}).get(JSON_MEDIA, {}).get("schema"))
    return {**answer, "links": found} if found else answer


def as_reply(given: Any) -> Reply:
    return given if isinstance(given, Reply) else Reply(given)


def _content(reply: Reply, media: str, schemas: Schemas, examples: Examples) -> Json:
    if media != JSON_MEDIA or reply.type is None:
        return {"schema": {"type": "string"}}
    schema = schemas.of(reply.type)
    return {"schema": schema, "example": examples.of(schema)}


def _header(header: Header, schemas: Schemas) -> Json:
    return {"description": header.description, "schema": schemas.of(header.type)}


def _types(about: About, operations: Iterable[Operation]) -> Iterator[Any]:
    yield from (about.error, about.oauth_error)
    for operation in operations:
        yield from (parameter.type for parameter in operation.parameters)
        if operation.body is not None:
            yield operation.body
        for reply in map(as_reply, operation.answers.values()):
            yield from (header.type for header in reply.headers)
            if reply.type is not None:
                yield from reply.type.types if isinstance(reply.type, OneOf) else (reply.type,)

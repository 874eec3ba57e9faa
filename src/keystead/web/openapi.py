"""The API's description: declared operations in, an OpenAPI 3.1 document out. Pure.

Schemas are what msgspec says of the types that the handlers really use. What a declaration leaves unsaid follows from
the rest of it: a path with a parameter can be unknown, a route that asks for a permission can refuse.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from keystead.web.examples import Examples
from keystead.web.operations import JSON_MEDIA, Header, Operation, Parameter, Reply
from keystead.web.pipeline import Access, Route
from keystead.web.wire import SCHEMA_NAME, Nothing

Json = dict[str, Any]
PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_REF: Final = "#/components/schemas/"
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
    schemas = _Schemas(list(_types(about, operations)))
    examples = Examples(schemas.components)
    errors = _Errors(schemas.of(about.error), schemas.of(about.oauth_error))
    paths: Json = {}
    for operation in operations:
        path, described = (
            paths.setdefault(operation.path, {}),
            _operation(operation, schemas, examples, errors),
        )
        if path.setdefault(operation.method.lower(), described) is not described:
            raise ValueError(f"{operation.method} {operation.path} is declared twice")
    return {
        "openapi": "3.1.0",
        "info": {"title": about.title, "version": about.version, "description": about.description},
        "servers": [{"url": about.url}],
        "tags": [chapter._asdict() for chapter in about.chapters],
        "security": [{"bearerAuth": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.components.items())),
            "responses": errors.components(),
            "headers": _HEADERS,
            "securitySchemes": dict(about.security),
        },
    }


def _operation(operation: Operation, schemas: "_Schemas", examples: Examples, errors: "_Errors") -> Json:
    described: Json = {
        "operationId": operation.operation_id,
        "summary": operation.summary,
        "tags": [operation.tag],
    }
    text = "\n\n".join(part for part in (operation.description, _needs(operation)) if part)
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
            str(status): _answer(status, given, schemas, examples)
            for status, given in operation.answers.items()
        },
        **{str(status): errors.reference(status, operation) for status in error_statuses(operation)},
    }
    return described


def error_statuses(operation: Operation) -> list[int]:
    """The errors that an operation may answer with, ascending."""
    # A broken query string, and a path that is not UTF-8, are refused everywhere.
    statuses = {400, 500, 503, *operation.errors}
    if operation.body is not None:
        statuses |= {408, 413}
    if isinstance(operation, Route):
        if not operation.access.public:
            statuses |= {401, 403}
        if "{" in operation.path:
            statuses.add(404)
    return sorted(statuses)


def _access(operation: Operation) -> Json:
    """Who may come in: OpenAPI's `security` where it is not a bearer token, and the permission that is asked for."""
    if not isinstance(operation, Route):
        return {"security": [{}, {"clientBasic": []}] if operation.speaks_oauth else []}
    permission = operation.access.permission
    if operation.access.public:
        return {"security": []}
    if permission is None:
        return {}
    asked = {"action": permission.action.word, "resourceType": permission.resource.name}
    return {"x-permission": asked | {"where": "object" if operation.access.object_decides else "anywhere"}}


def _needs(operation: Operation) -> str:
    """The permission, in a sentence."""
    access: Access | None = operation.access if isinstance(operation, Route) else None
    if access is None or access.permission is None:
        return ""
    where = "where the object lies" if access.object_decides else "in some scope"
    return f"Needs `{access.permission}` {where}."


def _require_path_parameters(operation: Operation) -> None:
    """Every parameter of the path is declared; what is declared otherwise is of the query."""
    missing = set(PATH_PARAMETER.findall(operation.path)) - {one.name for one in operation.parameters}
    if missing:
        raise ValueError(f"{operation.operation_id} does not declare {', '.join(sorted(missing))}")


def _parameter(operation: Operation, parameter: Parameter, schemas: "_Schemas") -> Json:
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


def _body(operation: Operation, schemas: "_Schemas", examples: Examples) -> Json:
    schema = schemas.of(operation.body)
    content: Json = {"schema": schema}
    if operation.body_examples:
        content["examples"] = {name: {"value": value} for name, value in operation.body_examples.items()}
    else:
        content["example"] = examples.of(schema)
    return {"required": True, "content": {operation.body_media: content}}


def _answer(status: int, given: Any, schemas: "_Schemas", examples: Examples) -> Json:
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


def as_reply(given: Any) -> Reply:
    return given if isinstance(given, Reply) else Reply(given)


def _content(reply: Reply, media: str, schemas: "_Schemas", examples: Examples) -> Json:
    if media != JSON_MEDIA or reply.type is None:
        return {"schema": {"type": "string"}}
    schema = schemas.of(reply.type)
    return {"schema": schema, "example": examples.of(schema)}


def _header(header: Header, schemas: "_Schemas") -> Json:
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
                yield reply.type


class _Schemas:
    """The schemas of all types at once, so that each is named once."""

    def __init__(self, types: Sequence[Any]) -> None:
        self.components: Json = {}
        found, structs = msgspec.json.schema_components(types, ref_template=_REF + "{name}")
        # By identity: a type that carries what is told of it has no hash.
        self._by_type = {id(one): self._tidied(schema) for one, schema in zip(types, found, strict=True)}
        for name, schema in structs.items():
            # The library tells apart what is called alike by putting the module before the name.
            if name != schema.pop("title") or name in self.components:
                raise ValueError(f"two schemas are called {name}")
            self.components[name] = self._tidied(schema)

    def of(self, wanted: Any) -> Json:
        """The schema of one of the types; of a struct a reference."""
        found: Json = self._by_type[id(wanted)]
        return found

    def _tidied(self, schema: Any) -> Any:
        """Named schemas among the components, and no defaults that say nothing."""
        if isinstance(schema, list):
            return [self._tidied(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        tidy = {
            key: self._tidied(value) for key, value in schema.items() if (key, value) != ("default", None)
        }
        name = tidy.pop(SCHEMA_NAME, None)
        return tidy if name is None else self._named(name, tidy)

    def _named(self, name: str, schema: Json) -> Json:
        shared = {key: schema[key] for key in ("type", "enum", "pattern", "format") if key in schema}
        known = self.components.setdefault(name, shared)
        if any(known.get(key) != value for key, value in shared.items()):
            raise ValueError(f"two schemas are called {name}")
        told = {key: value for key, value in schema.items() if key not in shared}
        return {"$ref": _REF + name, **told}


class _Errors:
    """The error answers, each once, in both renderings."""

    def __init__(self, error: Json, oauth_error: Json) -> None:
        self._error = error
        self._oauth_error = oauth_error
        self._used: Json = {}

    def reference(self, status: int, operation: Operation) -> Json:
        phrase = HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
        # A defect is answered around the endpoint, which cannot then be asked how it speaks.
        oauth = operation.speaks_oauth and status != HTTPStatus.INTERNAL_SERVER_ERROR
        name = f"OAuth{phrase}" if oauth else phrase
        if name not in self._used:
            self._used[name] = self._response(status, oauth=oauth)
        return {"$ref": f"#/components/responses/{name}"}

    def components(self) -> Json:
        return dict(sorted(self._used.items()))

    def _response(self, status: int, *, oauth: bool) -> Json:
        told = _TOLD[status]
        headers = ["X-Request-ID", *told.headers]
        example = (
            {"error": told.oauth, "error_description": told.example}
            if oauth
            else {"code": status, "message": told.example}
        )
        schema = self._oauth_error if oauth else self._error
        return {
            "description": told.description,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
            "content": {JSON_MEDIA: {"schema": schema, "example": example}},
        }


class _Told(NamedTuple):
    """What an error of one status means, and one sentence that it may carry."""

    description: str
    example: str
    oauth: str = "invalid_request"
    headers: tuple[str, ...] = ()


_TOLD: Final = {
    400: _Told(
        "The request is wrong; the message names the field and says what would be right.",
        "name: is required.",
    ),
    401: _Told(
        "No token, or one that is not or no longer good.",
        "The token is no longer valid: sign in again.",
        "invalid_client",
        ("WWW-Authenticate",),
    ),
    403: _Told("The caller may see this, but not do it.", "You may not create service-account in any scope."),
    404: _Told(
        "Unknown, or not for the caller to see: the two look alike, to the byte.",
        "Service account not found.",
    ),
    406: _Told(
        "None of the media types that the Accept header names is served.", "This path answers JSON only."
    ),
    408: _Told("The body did not arrive in time.", "The body did not arrive within 30 s."),
    409: _Told("What is there already is in the way.", "A service account with this name already exists."),
    413: _Told("The body is too large.", "The body is larger than 1048576 bytes."),
    429: _Told(
        "Too many attempts from here; try again after the seconds that Retry-After says.",
        "Too many failed attempts; try again in 2 s.",
        "temporarily_unavailable",
        ("Retry-After",),
    ),
    500: _Told(
        "A defect of the server. Its log has it under the answer's X-Request-ID.",
        "Something went wrong here; the log has it under this answer's X-Request-ID.",
    ),
    503: _Told(
        "Not now: the database does not answer, or the question takes too long.",
        "The database does not answer.",
        "temporarily_unavailable",
        ("Retry-After",),
    ),
}
_HEADERS: Final[Json] = {
    "X-Request-ID": {
        "description": "Names the request in the log and the audit log. A caller may choose it: a UUID in this header.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "Retry-After": {
        "description": "After how many seconds to try again; not always there.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "The scheme by which to authenticate (RFC 9110 section 11.6.1).",
        "schema": {"type": "string"},
    },
}

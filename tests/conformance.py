"""Whether answers are what the API's description says they are."""

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import httpx
import jsonschema_rs

from keystead.web.console.site import PAGES

DOCUMENT: Final = "/api/openapi.json"
JSON: Final = "application/json"
# Around every operation, whatever it declares: no such method here.
NO_SUCH_METHOD: Final = 405
Json = dict[str, Any]


class Place(NamedTuple):
    """A described path and what may be done there."""

    pattern: re.Pattern[str]
    operations: Mapping[str, Json]


class Description:
    """An OpenAPI document as something to hold answers against. Fields that it does not name are refused."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._components = strict(document["components"])
        self._places = [Place(_pattern(path), item) for path, item in document["paths"].items()]
        self._validators: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def check(self, response: httpx.Response) -> None:
        """Raises AssertionError that says what is not as described."""
        request = response.request
        problems = list(self._problems(request, response))
        where = f"{request.method} {request.url.raw_path.decode()} answered {response.status_code}"
        assert not problems, f"{where}, but {'; '.join(problems)}: {response.text[:500]}"

    def _problems(self, request: httpx.Request, response: httpx.Response) -> Iterator[str]:
        if "x-request-id" not in response.headers:
            yield "without X-Request-ID"
        path = request.url.raw_path.decode().partition("?")[0]
        if path in PAGES:  # the console's, which are no part of the API
            return
        operations = self._operations_at(path)
        method = "get" if request.method == "HEAD" else request.method.lower()
        if operations is None:
            if response.status_code not in (400, 404):
                yield "nothing is described at this path"
        elif method not in operations:
            if response.status_code not in (400, NO_SUCH_METHOD):
                yield "this method is not described"
        else:
            yield from self._of_operation(operations[method], request, response)

    def _of_operation(
        self, operation: Json, request: httpx.Request, response: httpx.Response
    ) -> Iterator[str]:
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            yield f"{operation['operationId']} does not describe this status"
            return
        if "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        if request.method != "HEAD":
            yield from self._of_body(answer.get("content", {}), response)

    def _of_body(self, content: Json, response: httpx.Response) -> Iterator[str]:
        media = response.headers.get("content-type", "").partition(";")[0]
        if not content:
            if response.content:
                yield "a body is not described"
        elif media not in content:
            yield f"{media or 'no media type'} is not described"
        elif media == JSON:
            yield from self._mismatches(content[media]["schema"], response.json())

    def _mismatches(self, schema: Json, value: Any) -> Iterator[str]:
        key = str(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                {**strict(schema), "components": self._components}, validate_formats=True
            )
        for error in self._validators[key].iter_errors(value):
            yield f"{'.'.join(map(str, error.instance_path))} {error.message[:200]}"

    def _operations_at(self, path: str) -> Mapping[str, Json] | None:
        """A path without parameters before one with."""
        if path in self.document["paths"]:
            found: Mapping[str, Json] = self.document["paths"][path]
            return found
        return next((place.operations for place in self._places if place.pattern.fullmatch(path)), None)


def strict(schema: Any) -> Any:
    """The schema, with no room for fields that it does not name."""
    closed = copy.deepcopy(schema)
    for one in _objects(closed):
        if isinstance(one.get("properties"), dict) and one.get("type") == "object":
            one.setdefault("additionalProperties", False)
    return closed


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from _objects(one)
    elif isinstance(value, list):
        for one in value:
            yield from _objects(one)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))

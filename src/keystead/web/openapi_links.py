"""The description's links: which operations go on with what an answer told. Pure.

They follow from the paths. What a collection answers tells the ids of what is in it, so it leads to all that stands
below `/collection/{id}`; an operation on one thing leads to the others on the same one and below it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from keystead.web.openapi_schemas import Json
from keystead.web.operations import Operation

_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_LAST_WORD: Final = re.compile(r"[A-Z]?[a-z]+$")
_REFERENCE: Final = "#/components/schemas/"


class Links:
    """Of all that is served; `components` are the schemas that answers refer to."""

    def __init__(self, operations: Iterable[Operation], components: Mapping[str, Json]) -> None:
        self._targets = [one for one in operations if _PARAMETER.search(one.path)]
        self._components = components

    def of(self, source: Operation, answer: Json | None) -> Json:
        """Links by the operation that they lead to. `answer`: the schema of a good answer, None without one."""
        if source.method == "DELETE":
            return {}
        found = {}
        for target in self._targets:
            parameters = self._parameters(source, target, answer)
            if parameters is not None:
                found[target.operation_id] = {"operationId": target.operation_id, "parameters": parameters}
        return found

    def _parameters(self, source: Operation, target: Operation, answer: Json | None) -> dict[str, str] | None:
        """Where each parameter of the target's path is found; None where one is not."""
        below = target.path.removeprefix(source.path)
        if target is source or below == target.path or (below and not below.startswith("/")):
            return None
        known = {name: f"$request.path.{name}" for name in _PARAMETER.findall(source.path)}
        wanted = _PARAMETER.findall(below)
        if not wanted:
            return known or None
        pointer = self._pointer(answer, wanted[0]) if below.startswith(f"/{{{wanted[0]}}}") else None
        if pointer is None or len(wanted) > 1:
            return None
        return {**known, wanted[0]: f"$response.body#{pointer}"}

    def _pointer(self, schema: Json | None, parameter: str) -> str | None:
        """The JSON pointer to what a parameter is called in an answer: by its whole name, or by its last word."""
        schema = self._resolved(schema)
        if schema is None:
            return None
        if schema.get("type") == "array":
            return self._within(schema.get("items"), parameter, "/0")
        properties: Json = schema.get("properties", {})
        for name in (parameter, *(word.lower() for word in _LAST_WORD.findall(parameter))):
            if name in properties:
                return f"/{name}"
        lists = [name for name, given in properties.items() if given.get("type") == "array"]
        return self._within(properties[lists[0]], parameter, f"/{lists[0]}") if len(lists) == 1 else None

    def _within(self, schema: Any, parameter: str, prefix: str) -> str | None:
        pointer = self._pointer(schema, parameter)
        return None if pointer is None else f"{prefix}{pointer}"

    def _resolved(self, schema: Any) -> Json | None:
        if not isinstance(schema, dict):
            return None
        name = str(schema.get("$ref", "")).removeprefix(_REFERENCE)
        return self._resolved(self._components[name]) if name else schema

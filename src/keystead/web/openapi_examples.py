"""One example of a schema, put together from the examples of its parts."""

from typing import Any, Final

from keystead.web.openapi_schemas import REF

_BY_TYPE: Final[dict[str, Any]] = {
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
}


class Examples:
    """`components` are the schemas that references name."""

    def __init__(self, components: dict[str, Any]) -> None:
        self._components = components

    def of(self, schema: dict[str, Any]) -> Any:
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self.of(self._components[schema["$ref"].removeprefix(REF)])
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        if "enum" in schema:
            return schema["enum"][0]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.of(schema[key][0])
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return [self.of(schema["items"])] if schema.get("items") else []
            case kind:
                return _BY_TYPE.get(kind or "")

    def _object(self, schema: dict[str, Any]) -> dict[str, Any]:
        """All that must be there, and what may be there where somebody gave an example of it."""
        required = schema.get("required", ())
        return {
            name: self.of(part)
            for name, part in schema.get("properties", {}).items()
            if name in required or self._is_told(part)
        }

    def _is_told(self, schema: dict[str, Any]) -> bool:
        return "examples" in schema or any(self._is_told(one) for one in schema.get("anyOf", ())[:1])

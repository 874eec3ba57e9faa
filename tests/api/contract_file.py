"""The contract's own file as something to hold answers against, where it is at hand."""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

_FILE: Final = Path(__file__).parents[3] / "shared" / "contract" / "run-ai-2.24.openapi.json"


def require_of_contract(schema: str, value: object) -> None:
    """Raises jsonschema_rs.ValidationError when `value` is not what the contract calls `schema`."""
    if not _FILE.exists():
        return
    components = _with_nulls(json.loads(_FILE.read_text())["components"])
    asked = {"$ref": f"#/components/schemas/{schema}", "components": components}
    jsonschema_rs.Draft202012Validator(asked, validate_formats=True).validate(value)


def _with_nulls(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has a second type."""
    if isinstance(schema, list):
        return [_with_nulls(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: _with_nulls(one) for name, one in schema.items()}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found

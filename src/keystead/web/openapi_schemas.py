"""The schemas of a description, each under one name."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from keystead.web.operations import OneOf
from keystead.web.wire import SCHEMA_NAME

Json = dict[str, Any]
REF: Final = "#/components/schemas/"


class Schemas:
    """The schemas of all types at once, so that each is named once."""

    def __init__(self, types: Sequence[Any]) -> None:
        self.components: Json = {}
        found, structs = msgspec.json.schema_components(types, ref_template=REF + "{name}")
        # By identity: a type that carries what is told of it has no hash.
        self._by_type = {id(one): self._tidied(schema) for one, schema in zip(types, found, strict=True)}
        for name, schema in structs.items():
            # The library tells apart what is called alike by putting the module before the name.
            if name != schema.pop("title") or name in self.components:
                raise ValueError(f"two schemas are called {name}")
            self.components[name] = self._tidied(schema)

    def of(self, wanted: Any) -> Json:
        """The schema of one of the types; of a struct a reference."""
        if isinstance(wanted, OneOf):
            return {"oneOf": [self.of(one) for one in wanted.types]}
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
        return {"$ref": REF + name, **told}

"""The audit chain's canonical form and hash. Final: `docs/reference/audit-chain.md` has it byte by byte.

    hash(n) = SHA-256( hash(n - 1) || canonical(n) ),    hash(0) = 32 zero bytes

`canonical` is a JSON object in UTF-8 without white space, its keys in ascending order, of every column of the
entry but the hash itself; integers are decimal, `metadata` is an object of strings, `touches` one of arrays of
strings, all else is strings.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from keystead.db.connection import Row

GENESIS: Final = bytes(32)
FIELDS: Final = (
    "version",
    "id",
    "at",
    "actor_type",
    "actor_id",
    "actor_name",
    "action",
    "entity_type",
    "entity_id",
    "entity_name",
    "scope_code",
    "scope_path",
    "source_ip",
    "http_method",
    "url",
    "status",
    "request_id",
    "metadata",
    "touches",
)


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: keys ascending by code point, no white space, no needless escapes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(row: Mapping[str, Any] | Row) -> bytes:
    """`row` has a value for each of FIELDS; `metadata` and `touches` are JSON texts, as stored."""
    content = {name: row[name] for name in FIELDS}
    content["metadata"] = json.loads(content["metadata"])
    content["touches"] = json.loads(content["touches"])
    return canonical_json(content).encode()


def next_hash(previous: bytes, row: Mapping[str, Any] | Row) -> bytes:
    return hashlib.sha256(previous + canonical(row)).digest()

"""Identifiers. Every id that appears in a path is a UUID: no `_`, which some clients rewrite."""

import re
import uuid

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """A random UUID (RFC 9562 version 4) in its canonical lower-case form."""
    return str(uuid.uuid4())


def canonical_id(text: str) -> str:
    """A UUID's canonical form; any other text comes back as it was, and will simply not be found."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else text


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text.lower()) is not None

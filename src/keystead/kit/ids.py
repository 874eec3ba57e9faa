"""Identifiers. Every id that appears in a path is a UUID: no `_`, which some clients rewrite."""

import os
import re

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """A random UUID (RFC 9562 version 4) in its canonical lower-case form."""
    digits = os.urandom(16).hex()  # by hand: each token and each request wants one
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def canonical_id(text: str) -> str:
    """A UUID's canonical form; any other text comes back as it was, and will simply not be found."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else text


def is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text.lower()) is not None

"""The tenant's features: one has a meaning here, the rest is kept for other products."""

import re
from collections.abc import Mapping
from typing import Any, Final

from keystead.kit.errors import bad_input

CUSTOM_ROLES: Final = "tenant.enable_custom_roles"
# What is so until somebody says otherwise.
DEFAULTS: Final[Mapping[str, bool]] = {CUSTOM_ROLES: True}
MAX_FEATURES: Final = 100
MAX_KEY: Final = 100
# With a dot in it: the keys of other settings, which lie in the same table, have none.
KEY: Final = r"[a-z][a-zA-Z0-9_-]*(\.[a-zA-Z0-9_-]+)+"
_WORDS: Final = {"true": True, "false": False}


def require_key(text: str) -> str:
    if len(text) > MAX_KEY or not re.fullmatch(KEY, text):
        raise bad_input("key", f"must be words with dots between, such as {CUSTOM_ROLES}.")
    return text


def require_value(value: object) -> bool:
    """A truth, also as a word."""
    found = _WORDS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise bad_input("value", "must be true or false.")
    return found


def features_in(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, bool]:
    """Every feature by its key, of what the table of the tenant's settings holds."""
    kept = {key: bool(value["value"]) for key, value in stored.items() if re.fullmatch(KEY, key)}
    return {**DEFAULTS, **kept}


def find_feature(features: Mapping[str, bool], key: str) -> bool | None:
    """By its key, in which a client may have written every `_` as `-`."""
    wanted = key.replace("_", "-")
    return next((value for known, value in features.items() if known.replace("_", "-") == wanted), None)

"""An access key's rules that need no database: names, client IDs, the fields of its list."""

import re
import secrets
from typing import Final

from keystead.kit.errors import bad_input
from keystead.kit.query import Field, FieldKind, Fields

MAX_KEYS: Final = 20  # of one person
MIN_NAME: Final = 2
MAX_NAME: Final = 255
NAME: Final = "[a-z][-_a-z0-9]*[a-z0-9]"
CLIENT_ID: Final = "access-key-[0-9a-f]{32}"

FIELDS: Final = Fields(
    {
        "name": Field(FieldKind.TEXT),
        "clientId": Field(FieldKind.TEXT),
        "createdBy": Field(FieldKind.TEXT),
        "createdAt": Field(FieldKind.DATE),
        "lastLogin": Field(FieldKind.DATE, can_lack=True),
    },
    default_sort="createdAt",
)


def new_client_id() -> str:
    return f"access-key-{secrets.token_hex(16)}"


def is_client_id(text: str) -> bool:
    """Whether a client ID has the form of a key's, which no account's has (access law 2)."""
    return re.fullmatch(CLIENT_ID, text) is not None


def require_name(name: str) -> str:
    """Raises a bad-input error that says what would be right."""
    if not MIN_NAME <= len(name) <= MAX_NAME:
        raise bad_input("name", f"must have {MIN_NAME} to {MAX_NAME} characters.")
    if not re.fullmatch(NAME, name):
        raise bad_input(
            "name",
            "must begin with a letter a-z, end with a letter or digit, and have only a-z, 0-9, - and _ between.",
        )
    return name

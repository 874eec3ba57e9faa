"""An access key's rules that need no database: client IDs, the fields of its list."""

import re
import secrets
from typing import Final

from keystead.kit.query import Field, FieldKind, Fields

MAX_KEYS: Final = 20  # of one person
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

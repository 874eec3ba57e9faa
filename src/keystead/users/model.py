"""A person's rules that need no database: e-mails, groups, clients, the fields of the list."""

import re
from collections.abc import Sequence
from typing import Final

from keystead.kit.errors import bad_input
from keystead.kit.query import Field, FieldKind, Fields

# What the programs of people call themselves at the token endpoint; nothing is proved by it (RFC 6749 section 2.1).
PUBLIC_CLIENTS: Final = frozenset({"cli", "runai", "keystead"})
# Seconds for which a browser's session, once its person has proved their password, may make secrets.
PROOF_LASTS: Final = 15 * 60
MAX_EMAIL: Final = 254
MAX_GROUPS: Final = 100
MAX_GROUP: Final = 255
EMAIL: Final = r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}"

FIELDS: Final = Fields(
    {
        "username": Field(FieldKind.TEXT),
        "createdBy": Field(FieldKind.TEXT),
        "lastLogin": Field(FieldKind.DATE, can_lack=True),
        "creationTime": Field(FieldKind.DATE),
        "lastUpdated": Field(FieldKind.DATE),
        # One thing under two names: the contract sorts by the one and filters by the other.
        "type": Field(FieldKind.BOOLEAN, filterable=False),
        "isLocal": Field(FieldKind.BOOLEAN, sortable=False),
    },
    default_sort="username",
)


def require_email(email: str) -> str:
    if len(email) > MAX_EMAIL or not re.fullmatch(EMAIL, email):
        raise bad_input("email", "must be an e-mail address, such as dana@example.com.")
    return email


def require_groups(groups: Sequence[str]) -> list[str]:
    """Each once, in order. Raises a bad-input error that says what would be right."""
    if len(groups) > MAX_GROUPS:
        raise bad_input("groups", f"must be at most {MAX_GROUPS}.")
    for name in groups:
        if not name.strip() or len(name) > MAX_GROUP:
            raise bad_input("groups", f"must have 1 to {MAX_GROUP} characters each.")
    return list(dict.fromkeys(groups))

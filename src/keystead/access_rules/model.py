"""An access rule's rules that need no database: kinds of subjects, names, the fields of its list."""

import re
from typing import Final

from keystead.kit.errors import bad_input
from keystead.kit.query import Field, FieldKind, Fields

USER: Final = "user"
GROUP: Final = "group"
SERVICE_ACCOUNT: Final = "service-account"
SUBJECT_TYPES: Final = (USER, GROUP, SERVICE_ACCOUNT)
# The contract's older name of a service account: one and the same everywhere.
ALIASES: Final = {"app": SERVICE_ACCOUNT}
READY: Final = "Ready"
DELETING: Final = "Deleting"
MAX_SUBJECT: Final = 255

_EMAIL: Final = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")

FIELDS: Final = Fields(
    {
        "subjectId": Field(FieldKind.TEXT),
        "subjectType": Field(FieldKind.CHOICE, choices=SUBJECT_TYPES, aliases=ALIASES),
        "roleId": Field(FieldKind.NUMBER),
        "scopeId": Field(FieldKind.TEXT),
        "scopeType": Field(FieldKind.CHOICE, choices=("tenant", "cluster", "department", "project")),
        "roleName": Field(FieldKind.TEXT),
        "scopeName": Field(FieldKind.TEXT),
        "createdAt": Field(FieldKind.DATE),
        "deletedAt": Field(FieldKind.DATE, can_lack=True),
        "createdBy": Field(FieldKind.TEXT),
        "phase": Field(FieldKind.CHOICE, choices=("Creating", READY, "NotReady", DELETING)),
    },
    default_sort="createdAt",
)


def require_subject_type(text: str, field: str = "subjectType") -> str:
    kind = ALIASES.get(text, text)
    if kind not in SUBJECT_TYPES:
        raise bad_input(field, f"must be one of {', '.join((*SUBJECT_TYPES, *ALIASES))}.")
    return kind


def require_subject_name(kind: str, text: str) -> str:
    """A subject as the API names it: an e-mail, a group's name, a client ID."""
    if not text.strip() or len(text) > MAX_SUBJECT:
        raise bad_input("subjectId", f"must have 1 to {MAX_SUBJECT} characters.")
    if kind == USER and not _EMAIL.fullmatch(text):
        raise bad_input("subjectId", "must be an e-mail address for subjectType user.")
    return text

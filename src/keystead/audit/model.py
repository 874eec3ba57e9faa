"""The words of the audit log, and the fields of its list."""

from typing import Final

from keystead.kit.query import Field, FieldKind, Fields

USER: Final = "User"
APP: Final = "App"
SUCCEEDED: Final = "Succeeded"
FAILED: Final = "Failed"
ACTIONS: Final = ("create", "update", "delete", "sign-in", "sign-out", "reset-password")
HTTP_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "CREATE")

_TEXT: Final = Field(FieldKind.TEXT)
FIELDS: Final = Fields(
    {
        "timestamp": Field(FieldKind.DATE),
        "subject": _TEXT,
        "subject_type": Field(FieldKind.CHOICE, choices=(USER, APP)),
        "source_ip": _TEXT,
        "action": Field(FieldKind.CHOICE, choices=ACTIONS),
        "http_method": Field(FieldKind.TEXT, filterable=False),
        "result": Field(FieldKind.CHOICE, choices=(SUCCEEDED, FAILED)),
        "url": _TEXT,
        "entity_type": _TEXT,
        "entity_name": _TEXT,
        "entity_id": Field(FieldKind.TEXT, filterable=False),
        "cluster_name": Field(FieldKind.TEXT, sortable=False),
    },
    default_sort="timestamp",
)

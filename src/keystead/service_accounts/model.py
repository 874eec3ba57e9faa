"""A service account's rules that need no database: names, labels, the fields of its list."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from keystead.access_keys.model import is_client_id
from keystead.kit.client_names import require_client_name
from keystead.kit.errors import bad_input
from keystead.kit.query import Field, FieldKind, Fields, Operator
from keystead.users.model import PUBLIC_CLIENTS

MAX_DESCRIPTION: Final = 1000
MAX_LABELS: Final = 32
MAX_LABEL_KEY: Final = 63
MAX_LABEL_VALUE: Final = 255
MAX_SECRET_NAME: Final = 100
MAX_AUDIENCES: Final = 20
MAX_AUDIENCE: Final = 255
SHORTEST_TOKEN: Final = 61  # seconds: clients ask for another token when 60 are left

# A resource's address (RFC 8707 section 2: without a fragment), or a name of any kind.
_AUDIENCE: Final = re.compile(r"[!$-\[\]-~]+")
_LABEL_KEY: Final = re.compile(r"[A-Za-z0-9]([-._/A-Za-z0-9]*[A-Za-z0-9])?")

_ONE_OR_SEVERAL: Final = (Operator.EQUALS, Operator.DIFFERS, Operator.ANY_OF, Operator.NONE_OF)
_PLACE: Final = Field(FieldKind.TEXT, sortable=False, only=(*_ONE_OR_SEVERAL, Operator.STARTS))
FIELDS: Final = Fields(
    {
        "name": Field(FieldKind.TEXT),
        "clientId": Field(FieldKind.TEXT),
        "accessRules": Field(FieldKind.TEXT),
        "lastLogin": Field(FieldKind.DATE, can_lack=True),
        "createdBy": Field(FieldKind.TEXT),
        "createdAt": Field(FieldKind.DATE),
        "updatedAt": Field(FieldKind.DATE),
        "enabled": Field(FieldKind.BOOLEAN),
        "accessRuleCount": Field(FieldKind.NUMBER),
        "roleId": Field(FieldKind.NUMBER, sortable=False, only=_ONE_OR_SEVERAL),
        "scope": _PLACE,
        "scopeId": _PLACE,
        "id": Field(FieldKind.TEXT, sortable=False),
        "secretCreatedAt": Field(FieldKind.DATE, can_lack=True),
        "secretExpiresAt": Field(FieldKind.DATE, can_lack=True),
    },
    default_sort="createdAt",
)


def require_name(name: str) -> str:
    """A name that may be an account's, hence its client ID. Raises a bad-input error that says what would be right."""
    require_client_name(name)
    if is_client_id(name):  # an account of such a name could pass for a key (access law 2)
        raise bad_input("name", "has the form of an access key's client ID; choose another.")
    if name in PUBLIC_CLIENTS:
        # People's tokens say so in their `client_id`, by which an API may know its callers (RFC 9068 section 5).
        raise bad_input("name", "is what people's programs call themselves; choose another.")
    return name


def require_description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION:
        raise bad_input("description", f"must have at most {MAX_DESCRIPTION} characters.")
    return text


def require_labels(labels: Mapping[str, str]) -> dict[str, str]:
    if len(labels) > MAX_LABELS:
        raise bad_input("labels", f"must be at most {MAX_LABELS}.")
    for key, value in labels.items():
        if len(key) > MAX_LABEL_KEY or not _LABEL_KEY.fullmatch(key):
            raise bad_input(
                "labels", f"keys are at most {MAX_LABEL_KEY} letters and digits, with - . _ / between."
            )
        if len(value) > MAX_LABEL_VALUE:
            raise bad_input(f"labels.{key}", f"must have at most {MAX_LABEL_VALUE} characters.")
    return dict(labels)


def require_audiences(audiences: Sequence[str]) -> list[str]:
    """Each once, in their order. Raises a bad-input error that says what would be right."""
    if len(audiences) > MAX_AUDIENCES:
        raise bad_input("audiences", f"must be at most {MAX_AUDIENCES}.")
    for number, audience in enumerate(audiences):
        if len(audience) > MAX_AUDIENCE or not _AUDIENCE.fullmatch(audience):
            raise bad_input(
                f"audiences[{number}]",
                f"must be an address without a fragment, or a name: at most {MAX_AUDIENCE} printable ASCII characters, "
                'without blanks, ", # and \\.',
            )
    return list(dict.fromkeys(audiences))


def require_token_lifetime(seconds: int, longest: int) -> int:
    if not SHORTEST_TOKEN <= seconds <= longest:
        raise bad_input("tokenLifetime", f"must be from {SHORTEST_TOKEN} to {longest} seconds.")
    return seconds

"""What fields of requests and answers are, for the API's description. Nothing here checks anything at run time.

Bodies are checked by the rooms that own them, whose sentences say what would be right; a constraint that is told here
is told to readers.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

from msgspec import UNSET, Meta, Struct

from keystead.authz.vocabulary import ACTIONS, RESOURCE_TYPES, words_of

SCHEMA_NAME: Final = "x-schema-name"
"""Marks a schema that the description shows once, under this name: `web.openapi` moves it there."""


def told(description: str | None = None, /, example: Any = UNSET, **schema: Any) -> Meta:
    """What is told of a field; `schema` is JSON Schema as it stands, such as `maxLength=255`."""
    return Meta(
        description=description,
        examples=None if example is UNSET else [example],
        extra_json_schema=schema or None,
    )


def choice(name: str, values: Sequence[str], description: str | None = None, example: Any = UNSET) -> Meta:
    """One of `values`; shown once, under `name`."""
    return told(description, example, enum=list(values), **{SCHEMA_NAME: name})


Uuid: TypeAlias = Annotated[str, told(format="uuid", example="9f55255e-11ed-47c7-acef-fc4054768dbc")]
Moment: TypeAlias = Annotated[
    str, told(format="date-time", example="2026-03-12T09:30:00.000Z")
]  # UTC, milliseconds
SCOPE_TYPES: Final = ("system", "tenant", "cluster", "department", "project")
ScopeType: TypeAlias = Annotated[str, choice("ScopeType", SCOPE_TYPES, example="department")]
ScopeId: TypeAlias = Annotated[
    str,
    told(
        "The tenant's number as text, or the id of a cluster, department or project.",
        "5c1a77a4-98a0-4d80-9ca0-3d8dd1ed5f6d",
    ),
]
ScopeName: TypeAlias = Annotated[str, told("What the scope is called.", "research")]
PersonOrAccount: TypeAlias = Annotated[
    str, told("A person's e-mail or an account's client ID.", "dana@example.com")
]

ClientSecret: TypeAlias = Annotated[
    str,
    told(
        "The secret, told only this once: `ksk_`, 43 random letters and digits, 6 that are a checksum.",
        "ksk_EXAMPLEexampleEXAMPLEexampleEXAMPLEexampleE000000",
        pattern="^ksk_[0-9A-Za-z]{49}$",
    ),
]
ScopePath: TypeAlias = Annotated[
    str, told("Names from the tenant down, with `/` between.", "keystead/atlas-eu/research/vision")
]
ActionWord: TypeAlias = Annotated[str, choice("Action", [action.word for action in ACTIONS], example="read")]
ResourceTypeName: TypeAlias = Annotated[
    str, choice("ResourceType", [kind.name for kind in RESOURCE_TYPES], example="service-account")
]
PermittedActions: TypeAlias = Annotated[
    list[ActionWord], told("What you may do with it, beside reading.", ["update", "delete"])
]


class Permission(Struct, rename="camel"):
    """What may be done to things of one kind."""

    resource_type: ResourceTypeName
    display_name: Annotated[str, told(example="Service accounts")]
    group_id: Annotated[
        str,
        choice("ResourceTypeGroupId", list(dict.fromkeys(k.group_id for k in RESOURCE_TYPES)), example="iam"),
    ]
    actions: Annotated[list[ActionWord], told("Empty: nothing.", ["create", "read"])]


def permissions_in(mask: int) -> list[Permission]:
    """Every kind of thing, also those to which a set of permissions allows nothing."""
    return [
        Permission(kind.name, kind.display_name, kind.group_id, words_of(mask, kind))
        for kind in RESOURCE_TYPES
    ]


class CountResponse(Struct, rename="camel"):
    count: Annotated[int, told("How many there are.", 214)]


class Nothing(Struct):
    """An empty object."""

"""What the API of access keys takes and answers, in its two names: the older one says `secret` for `clientSecret`."""

from typing import Annotated, Final

import msgspec

from keystead.access_keys.model import CLIENT_ID, FIELDS
from keystead.kit import client_names
from keystead.web.lists import ListQuery
from keystead.web.operations import Parameter
from keystead.web.wire import (
    ActionWord,
    ClientSecret,
    Moment,
    PermittedActions,
    PersonOrAccount,
    ResourceTypeName,
    ScopeId,
    ScopeName,
    ScopeType,
    Uuid,
    told,
)

KeyName = Annotated[
    str,
    told(
        "Unique among your keys.",
        "laptop",
        pattern=f"^{client_names.PATTERN}$",
        minLength=client_names.SHORTEST,
        maxLength=client_names.LONGEST,
    ),
]
ClientId = Annotated[
    str, told("The client ID.", f"access-key-{'0123456789abcdef' * 2}", pattern=f"^{CLIENT_ID}$")
]
LastLogin = Annotated[Moment | None, told("When the key last earned a token. Null: never.")]

ACCESS_KEY_ID: Final = Parameter("accessKeyId", Uuid, "The key's id.")
APP_ID: Final = Parameter("appId", Uuid, "The key's id.")
LIST: Final = ListQuery(
    FIELDS,
    default_limit=None,
    sort_name="AccessKeySortFields",
    searches="names, client IDs and people",
)
ONLY: Final = (
    Parameter(
        "clientId",
        Annotated[str, told(example=f"access-key-{'0123456789abcdef' * 2}")],
        "Only the key of this client ID.",
    ),
    Parameter("createdBy", Annotated[str, told(example="dana@example.com")], "Only this person's keys."),
)


class AccessKeyPermission(msgspec.Struct, rename="camel"):
    resource_type: ResourceTypeName
    actions: Annotated[list[ActionWord], told(example=["read"])]


HeldTo = Annotated[
    list[AccessKeyPermission] | None,
    told("What the key may at most. Null: all that its person may.", None),
]
HeldToScope = Annotated[
    ScopeId | None, told("Where the key may it, and below. Null: wherever its person may.")
]


class AccessKeyCreationRequest1(msgspec.Struct, rename="camel"):
    """A key carries what you hold at each moment; `permissions` and a scope make it carry less, never more."""

    name: KeyName
    permissions: list[AccessKeyPermission] | None = None
    scope_id: ScopeId | None = None
    scope_type: ScopeType | None = None


class UserAppCreationRequest(msgspec.Struct, rename="camel"):
    name: KeyName


class AccessKey1(msgspec.Struct, rename="camel"):
    """A key of yours, without its secret."""

    name: KeyName
    client_id: ClientId
    id: Uuid
    created_at: Moment
    last_login: LastLogin
    permissions: HeldTo
    scope_id: HeldToScope
    scope_type: ScopeType | None
    scope_name: Annotated[
        ScopeName | None, told("Null also where the place is gone: the key then may nothing.")
    ]


class AccessKeys(msgspec.Struct, rename="camel"):
    access_keys: list[AccessKey1]


class AccessKeyPostResponse(msgspec.Struct, rename="camel"):
    id: Uuid
    client_id: ClientId
    name: KeyName
    client_secret: ClientSecret
    created_at: Moment


class RegenerateAccessKeySecretResponse(msgspec.Struct, rename="camel"):
    client_secret: ClientSecret


class AccessKeyAdministration(AccessKey1, kw_only=True, rename="camel"):
    """Anybody's key, without its secret."""

    created_by: Annotated[PersonOrAccount, told("Whose key it is.", "dana@example.com")]
    permitted_actions: PermittedActions


class AccessKeysAdministration(msgspec.Struct, rename="camel"):
    access_keys: list[AccessKeyAdministration]


class UserApp(msgspec.Struct, rename="camel"):
    """An access key under its older name."""

    name: KeyName
    client_id: ClientId
    id: Uuid
    created_at: Moment
    last_login: LastLogin


class UserAppPostResponse(msgspec.Struct, rename="camel"):
    id: Uuid
    client_id: ClientId
    name: KeyName
    secret: ClientSecret
    created_at: Moment


class UserAppAdministration(UserApp, kw_only=True, rename="camel"):
    created_by: Annotated[PersonOrAccount, told("Whose key it is.", "dana@example.com")]

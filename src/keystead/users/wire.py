"""What the API of people takes and answers."""

from typing import Annotated, Final

import msgspec

from keystead.users.model import EMAIL, FIELDS, MAX_EMAIL, MAX_GROUP, MAX_GROUPS
from keystead.web.lists import MAX_LIMIT, ListQuery
from keystead.web.operations import Parameter
from keystead.web.wire import Moment, PermittedActions, PersonOrAccount, ScopeName, ScopeType, Uuid, told

# A pattern, as in the contract: the format `email` is narrower than what is taken.
Email = Annotated[
    str,
    told("Who they are, in every rule.", "dana@example.com", pattern=f"^{EMAIL}$", maxLength=MAX_EMAIL),
]
Groups = Annotated[
    list[Annotated[str, told(maxLength=MAX_GROUP)]],
    told(
        "Groups that the person is in: rules for a group hold for them.", ["researchers"], maxItems=MAX_GROUPS
    ),
]
TemporaryPassword = Annotated[
    str,
    told(
        "Told only this once. A token that it earns is good for changing it, and for nothing else.",
        "(shown once)",
    ),
]
Home = Annotated[str, told("Where the person lives: those who read users there see them.", "1")]

LIST: Final = ListQuery(
    FIELDS, default_limit=MAX_LIMIT, sort_name="UsersFilterSortFields", searches="e-mails and creators"
)
OLDER_FILTER: Final = Parameter(
    "filter", str, "`runai.is_local:true` or `runai.is_local:false`.", deprecated=True
)
USER_ID: Final = Parameter("userId", Uuid, "The person's id.")


# The contract numbers some names; clients that are made from the description are to find them.
class UserCreationRequest1(msgspec.Struct, rename="camel"):
    """Without a home, the person lives in the highest scope in which you may create."""

    email: Email
    reset_password: Annotated[bool | None, told("The password is temporary in any case.", True)] = None
    notify: Annotated[bool | None, told("Nobody is mailed in any case.")] = None
    groups: Groups | None = None
    scope_id: Home | None = None
    scope_type: ScopeType | None = None


class UserPatchRequest(msgspec.Struct, rename="camel"):
    """What is absent stays as it is."""

    enabled: Annotated[bool | None, told("Disabling ends the person's sessions and tokens.", False)] = None
    groups: Groups | None = None


class UserChangePasswordRequest(msgspec.Struct, rename="camel"):
    current_password: Annotated[str, told(format="password", example="correct horse battery")]
    new_password: Annotated[str, told(format="password", example="staple of another sort")]


class User2(msgspec.Struct, rename="camel"):
    """A person who may sign in."""

    id: Uuid
    username: Email
    created_by: PersonOrAccount
    created_at: Moment
    updated_at: Moment
    last_login: Annotated[Moment | None, told("Null: never.")]
    is_local: Annotated[bool, told("False: an identity provider signs them in.")]
    groups: Groups
    enabled: bool
    password_is_temporary: Annotated[bool, told("True until they change it.", False)]
    second_factor: Annotated[bool, told("Whether they sign in with a one-time code too.", False)]
    scope_id: Home
    scope_type: ScopeType
    scope_name: ScopeName
    permitted_actions: PermittedActions


class UserPostResponse(msgspec.Struct, rename="camel"):
    id: Uuid
    username: Email
    temp_password: TemporaryPassword


class ResetPasswordResponse(msgspec.Struct, rename="camel"):
    temp_password: TemporaryPassword

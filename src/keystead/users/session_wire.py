"""What the API of sessions and second factors takes and answers."""

from typing import Annotated, Final

import msgspec

from keystead.users.model import MAX_EMAIL
from keystead.web.wire import (
    ActionWord,
    Moment,
    ResourceTypeName,
    ScopeId,
    ScopeName,
    ScopePath,
    ScopeType,
    Uuid,
    choice,
    told,
)

CODE_REQUIRED: Final = "code-required"
SIGNED_IN: Final = "signed-in"
PASSWORD_CHANGE_REQUIRED: Final = "password-change-required"
ENROLMENT_REQUIRED: Final = "second-factor-enrolment-required"

OneTimeCode = Annotated[
    str, told("Six digits of an authenticator app, or a recovery code.", "492039", maxLength=64)
]
PasswordText = Annotated[str, told(format="password", example="correct horse battery")]


class SessionRequest(msgspec.Struct):
    email: Annotated[str, told(example="dana@example.com", maxLength=MAX_EMAIL)]
    password: PasswordText
    code: OneTimeCode | None = None


class SessionProofRequest(msgspec.Struct):
    password: PasswordText
    code: OneTimeCode | None = None


class SessionPerson(msgspec.Struct):
    id: Uuid
    email: Annotated[str, told(example="dana@example.com")]


class SessionTenant(msgspec.Struct):
    id: Annotated[str, told("The tenant's number.", "1")]
    name: Annotated[str, told(example="keystead")]


class SessionSecondFactor(msgspec.Struct):
    enabled: Annotated[bool, told("Whether the person has one.")]
    required: Annotated[bool, told("Whether everybody must have one.")]


class SessionRole(msgspec.Struct, rename="camel"):
    role_id: Annotated[int, told(example=1)]
    role_name: Annotated[str, told(example="System administrator")]
    scope_id: ScopeId
    scope_type: ScopeType
    scope_name: ScopeName


class SessionPermissions(msgspec.Struct, rename="camel"):
    """All that the caller may do in a scope, what they hold above it included."""

    scope_id: ScopeId
    scope_type: ScopeType
    scope_name: ScopeName
    scope_path: ScopePath
    permissions: Annotated[
        dict[ResourceTypeName, list[ActionWord]],
        told(
            "Kinds of things to which nothing is allowed are left out.",
            {"service-account": ["create", "read"]},
        ),
    ]


class Session(msgspec.Struct, rename="camel"):
    """Who asks, and what they may: nothing yet, while the state asks for something else first."""

    state: Annotated[
        str,
        choice(
            "SessionState",
            (SIGNED_IN, PASSWORD_CHANGE_REQUIRED, ENROLMENT_REQUIRED),
            "`password-change-required`: change it, with `POST /api/v1/me/password`, before all else. "
            "`second-factor-enrolment-required`: enrol, with `POST /api/v1/me/second-factor`, before all else.",
            SIGNED_IN,
        ),
    ]
    person: Annotated[SessionPerson | None, told("Null where a service account asks.")]
    tenant: SessionTenant
    proved_at: Annotated[
        Moment | None, told("When the password was last proved; null for all but browsers' sessions.")
    ]
    idle_timeout_seconds: Annotated[
        int | None, told("How long a browser's session may rest before it ends; null for a token.", 3600)
    ]
    expires_at: Annotated[Moment, told("When the session, or the token, ends in any case.")]
    second_factor: SessionSecondFactor
    roles: Annotated[list[SessionRole], told("What gives the permissions, broadest first; 50 at most.")]
    permissions: Annotated[
        list[SessionPermissions],
        told("Broadest first; 500 at most. A scope in which no more is held than above it is left out."),
    ]


class CodeRequired(msgspec.Struct):
    """The password was right. Send it again, with a code of the second factor: nobody is in yet."""

    state: Annotated[str, told(example=CODE_REQUIRED, enum=[CODE_REQUIRED])]


class SecondFactor(msgspec.Struct, rename="camel"):
    enabled: bool
    required: Annotated[bool, told("Whether everybody must have one.")]
    recovery_codes_left: Annotated[int, told(example=10)]


class SecondFactorEnrolment(msgspec.Struct):
    """Told only this once."""

    secret: Annotated[str, told("In base32, for those who type it.", "(shown once)")]
    uri: Annotated[str, told("What the QR code holds.", "otpauth://totp/Keystead:dana@example.com?...")]


class SecondFactorConfirmation(msgspec.Struct):
    code: Annotated[str, told("What the app shows now.", "492039", maxLength=64)]


class RecoveryCodes(msgspec.Struct, rename="camel"):
    """Each signs in once in place of the app. Told only this once."""

    recovery_codes: Annotated[list[str], told(example=["(shown once)"])]

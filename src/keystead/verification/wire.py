"""What verifiers ask and get."""

from typing import Annotated, Final

import msgspec

from keystead.web.operations import Parameter
from keystead.web.wire import told

MAX_WAIT: Final = 25
"""Seconds that a question for changes may wait: proxies between cut what is quiet for longer than 30."""

TokenText = Annotated[
    str, told("The token, whole.", "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJo.c2lnbmF0dXJl")
]
TokenTypeHint = Annotated[
    str | None, told("What the token is thought to be; it is found without, too.", "access_token")
]
ClientId = Annotated[str | None, told("The client ID, where no header says who asks.")]
SecretText = Annotated[str | None, told(format="password")]
Uuids = Annotated[list[str], told(example=["9f55255e-11ed-47c7-acef-fc4054768dbc"])]


class IntrospectionRequest(msgspec.Struct):
    """RFC 7662 section 2.1."""

    token: TokenText
    token_type_hint: TokenTypeHint = None
    client_id: ClientId = None
    client_secret: SecretText = None


class IntrospectionResponse(msgspec.Struct, omit_defaults=True):
    """RFC 7662 section 2.2. Of a token that is not active nothing else is said."""

    active: Annotated[bool, told("Whether the token is good at this moment.", True)]
    scope: Annotated[str | None, told("What the token is narrowed to; absent: to nothing.", "jobs:read")] = (
        None
    )
    client_id: Annotated[str | None, told("The client that the token was issued to.", "ci-pipeline-prod")] = (
        None
    )
    username: Annotated[
        str | None, told("A person's e-mail, or an account's client ID.", "ci-pipeline-prod")
    ] = None
    token_type: Annotated[str | None, told(example="Bearer")] = None
    exp: Annotated[int | None, told("When it expires, in seconds since 1970.", 1_790_000_000)] = None
    iat: Annotated[int | None, told("When it was issued.", 1_789_996_400)] = None
    sub: Annotated[
        str | None, told("The subject's immutable UUID.", "9f55255e-11ed-47c7-acef-fc4054768dbc")
    ] = None
    aud: Annotated[
        str | list[str] | None, told("The APIs that it is meant for.", "https://keystead.example.com")
    ] = None
    iss: Annotated[str | None, told(example="https://keystead.example.com")] = None
    jti: Annotated[str | None, told("The token's own id.", "0b0ed1c7-1b64-4b7e-8b0e-8f3e3f6a0a0b")] = None
    subject_type: Annotated[str | None, told(enum=["user", "service-account"])] = None
    tenant_id: Annotated[str | None, told("The tenant's number.", "1")] = None


class RevocationRequest(IntrospectionRequest):
    """RFC 7009 section 2.1. People's programs, which have no secret, give their `client_id` alone."""


AFTER: Final = Parameter(
    "after",
    Annotated[int, told(minimum=0, example=4711)],
    "The version that you know. Absent: you know nothing.",
)
HASH: Final = Parameter(
    "hash",
    Annotated[str, told(pattern="^[0-9a-f]{64}$")],
    "The `hash` that came with that version: tells a database that was restored from one that went on.",
)
WAIT: Final = Parameter(
    "wait",
    Annotated[int, told(minimum=0, maximum=MAX_WAIT, default=MAX_WAIT)],
    "How many seconds to wait for a change, if there is none yet.",
)


class StatusChanges(msgspec.Struct, rename="camel"):
    """What ended since a version. Tokens of what is named here, issued until `at`, must be asked about again.

    That something is named says that its tokens died, or that what they may do became another, or neither.
    """

    version: Annotated[int, told("Ask for what comes after this one.", 4712)]
    hash: Annotated[str, told("Send it along.", "5f" * 32)]
    at: Annotated[int, told("The server's time, in seconds since 1970.", 1_790_000_000)]
    reload: Annotated[bool, told("True: more changed than can be told; ask about every token again.", False)]
    subjects: Annotated[Uuids, told("People and accounts, by the `sub` of their tokens.")]
    credentials: Annotated[Uuids, told("Secrets, keys and sessions, by the `credential_id` of tokens.")]
    tokens: Annotated[Uuids, told("Single tokens, by their `jti`: these are dead.")]
    signing_keys: Annotated[bool, told("Fetch the key set again.", False)]
    rights: Annotated[
        bool, told("What subjects that are not named here may do changed: forget decisions.", False)
    ]

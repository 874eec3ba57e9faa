"""What the token endpoints and discovery take and answer, by the names of their standards."""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from msgspec import UNSET, UnsetType

from keystead.tokens.key_life import KeyState
from keystead.web.operations import Parameter
from keystead.web.wire import Moment, Uuid, choice, told

AN_ACCESS_TOKEN: Final = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJo.c2lnbmF0dXJl"
AccessToken = Annotated[str, told("A JWT (RFC 9068), signed ES256 unless set otherwise.", AN_ACCESS_TOKEN)]
IdToken = Annotated[str | None, told("Who the token is for, as OpenID Connect has it.")]
RefreshToken = Annotated[str | None, told("People's only: good once, for the next token.")]
Seconds = Annotated[int, told("How many seconds the token lives.", 3600)]
ClientId = Annotated[
    str | None, told("An account's client ID; for people absent, `cli`, `runai` or `keystead`.")
]
SecretText = Annotated[str | None, told(format="password")]


class OAuth2TokenRequest(msgspec.Struct):
    """RFC 6749. `Authorization: Basic` may take the place of `client_id` and `client_secret`."""

    grant_type: Annotated[str, told(enum=["client_credentials", "password", "refresh_token"])]
    client_id: ClientId = None
    client_secret: SecretText = None
    username: Annotated[str | None, told("A person's e-mail.")] = None
    password: SecretText = None
    refresh_token: SecretText = None
    scope: Annotated[
        str | None,
        told(
            "Words `resourceType:action`, with blanks between, to which the token is narrowed; without them it does "
            "all that its subject may. `openid` asks for an ID token; `profile`, `email`, `offline_access` do nothing.",
            "jobs:read jobs:create",
        ),
    ] = None
    resource: Annotated[
        list[str] | None,
        told(
            "For which APIs the token is meant (RFC 8707): among the account's `audiences`, or this server itself, "
            "which it is without. May be given several times.",
            ["https://jobs.example.com"],
        ),
    ] = None
    audience: Annotated[list[str] | None, told("Another name of `resource`.")] = None


class OAuth2TokenResponse(msgspec.Struct, omit_defaults=True):
    access_token: AccessToken
    token_type: Annotated[str, told(enum=["Bearer"])]
    expires_in: Seconds
    refresh_token: RefreshToken = None
    id_token: IdToken = None
    scope: Annotated[
        str | None, told("What the token is narrowed to. Absent: to nothing.", "jobs:read jobs:create")
    ] = None


class TokenQuestion(msgspec.Struct):
    """A token, and who asks."""

    token: Annotated[str, told("The token, whole.", AN_ACCESS_TOKEN)]
    token_type_hint: Annotated[
        str | None, told("What the token is thought to be; it is found without, too.", "access_token")
    ] = None
    client_id: Annotated[str | None, told("The client ID, where no header says who asks.")] = None
    client_secret: SecretText = None


class IntrospectionRequest(TokenQuestion):
    """RFC 7662 section 2.1."""


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


class RevocationRequest(TokenQuestion):
    """RFC 7009 section 2.1. People's programs, which have no secret, give their `client_id` alone."""


class OAuth2Error(msgspec.Struct):
    """RFC 6749 section 5.2; for who asks by an access token, RFC 6750 section 3.1."""

    error: Annotated[
        str,
        told(
            example="invalid_client",
            enum=[
                "invalid_request",
                "invalid_client",
                "invalid_grant",
                "unauthorized_client",
                "unsupported_grant_type",
                "invalid_scope",
                "invalid_target",
                "invalid_token",
                "insufficient_scope",
                "server_error",
                "temporarily_unavailable",
            ],
        ),
    ]
    error_description: Annotated[str, told("A sentence for people.", "The client ID or the secret is wrong.")]


_NAMES = {
    "grant_type": "grantType",
    "client_id": "clientID",
    "client_secret": "clientSecret",
    "refresh_token": "refreshToken",
    "app_id": "appID",
    "app_secret": "appSecret",
}


class TokenRequest(msgspec.Struct, rename=_NAMES):
    """Names are taken in any case. `app_token` is the older name of `client_credentials`."""

    grant_type: Annotated[
        str,
        choice("TokenRequestGrantTypeEnum", ("client_credentials", "app_token", "password", "refresh_token")),
    ]
    client_id: ClientId = None
    client_secret: SecretText = None
    username: Annotated[str | None, told("A person's e-mail.")] = None
    password: SecretText = None
    refresh_token: SecretText = None
    app_id: Annotated[str | None, told("The older name of `clientID`.", deprecated=True)] = None
    app_secret: Annotated[
        str | None, told("The older name of `clientSecret`.", format="password", deprecated=True)
    ] = None


class TokenResponse(msgspec.Struct, rename="camel", omit_defaults=True):
    access_token: AccessToken
    expires_in: Seconds
    refresh_token: RefreshToken = None
    id_token: IdToken = None


class AppTokenRequest(msgspec.Struct):
    """`name` or `id` is the client ID."""

    name: ClientId = None
    id: ClientId = None
    secret: SecretText = None


class AppTokenResponse(msgspec.Struct):
    access_token: AccessToken
    id_token: IdToken


class AuthorizationServer(msgspec.Struct, omit_defaults=True):
    """RFC 8414 section 2."""

    issuer: Annotated[str, told(format="uri", example="https://keystead.example.com")]
    token_endpoint: Annotated[str, told(format="uri", example="https://keystead.example.com/api/v2/token")]
    jwks_uri: Annotated[str, told(format="uri", example="https://keystead.example.com/.well-known/jwks.json")]
    grant_types_supported: Annotated[
        Sequence[str], told(example=["client_credentials", "password", "refresh_token"])
    ]
    response_types_supported: Annotated[Sequence[str], told("Empty: there is no authorization endpoint.", [])]
    token_endpoint_auth_methods_supported: Annotated[
        Sequence[str], told(example=["client_secret_basic", "client_secret_post", "none"])
    ]
    revocation_endpoint: Annotated[
        str, told(format="uri", example="https://keystead.example.com/api/v2/revoke")
    ]
    revocation_endpoint_auth_methods_supported: Annotated[
        Sequence[str], told(example=["client_secret_basic", "client_secret_post", "none"])
    ]
    introspection_endpoint: Annotated[
        str, told(format="uri", example="https://keystead.example.com/api/v2/introspect")
    ]
    introspection_endpoint_auth_methods_supported: Annotated[
        Sequence[str], told(example=["client_secret_basic", "client_secret_post", "Bearer"])
    ]
    scopes_supported: Annotated[Sequence[str], told(example=["openid"])]


class OpenIdProvider(AuthorizationServer, kw_only=True):
    """OpenID Connect Discovery 1.0 section 3."""

    subject_types_supported: Annotated[Sequence[str], told(example=["public"])]
    id_token_signing_alg_values_supported: Annotated[Sequence[str], told(example=["ES256"])]
    claims_supported: Annotated[Sequence[str], told(example=["iss", "sub", "aud", "iat", "exp"])]


class PublicKey(msgspec.Struct):
    """RFC 7517. An elliptic curve key has `crv`, `x`, `y` (RFC 7518), Ed25519 `crv`, `x` (RFC 8037), RSA `n`, `e`."""

    kty: Annotated[str, told(example="EC", enum=["EC", "OKP", "RSA"])]
    kid: Annotated[
        str, told("The key's thumbprint (RFC 7638).", "XQkZbZ1tqFq3m0CwI2bqJ4cWcXo3hQ5kqHn0cZ3f6nE")
    ]
    use: Annotated[str, told(example="sig")]
    alg: Annotated[str, told(example="ES256")]
    crv: Annotated[str | UnsetType, told(example="P-256")] = UNSET
    x: Annotated[str | UnsetType, told(example="WbbXWmfOCHwiWi1QGGDnJyLm9wyTdJ2kYyCF0Y3GZgA")] = UNSET
    y: Annotated[str | UnsetType, told(example="q2Rc9pDN3bhr-AS8tbFhGKf3rRDpTnDTHYqEVt8YVNA")] = UNSET
    n: str | UnsetType = UNSET
    e: str | UnsetType = UNSET


class KeySet(msgspec.Struct):
    """RFC 7517 section 5. A key is published before it signs, and stays while a token of its may live."""

    keys: Sequence[PublicKey]


SIGNING_KEY_ID: Final = Parameter("signingKeyId", Uuid, "The key's `id`, not its `kid`.")


class SigningKeyInfo(msgspec.Struct, rename="camel"):
    """A key without its private part. It is published as long as it is listed."""

    id: Uuid
    kid: Annotated[
        str, told("As tokens and verifiers name it.", "XQkZbZ1tqFq3m0CwI2bqJ4cWcXo3hQ5kqHn0cZ3f6nE")
    ]
    alg: Annotated[str, told(example="ES256")]
    state: Annotated[
        str,
        told(
            "`coming`: published, signs from `signsFrom`. `retired`: signs no more, verifies until `withdrawnAt`. "
            "`standby`: published, of an algorithm that is on and does not sign.",
            "signing",
            enum=[one.value for one in KeyState if one is not KeyState.WITHDRAWN],
        ),
    ]
    created_at: Moment
    signs_from: Annotated[Moment | None, told("Null of a key that stands by.")]
    retires_at: Annotated[Moment | None, told("When the next key signs; null while there is none.")]
    withdrawn_at: Annotated[Moment | None, told("When nothing that it signed can live any more.")]


class SigningKeysList(msgspec.Struct, rename="camel"):
    signing_keys: Sequence[SigningKeyInfo]


class RevokedSigningKey(SigningKeysList, rename="camel"):
    """What is left."""

    replaced_by: Annotated[
        str | None, told("The `id` of the key that signs instead; null where the revoked one did not sign.")
    ]

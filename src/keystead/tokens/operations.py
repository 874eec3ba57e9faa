"""The token endpoints as operations: where each stands, which dialect it speaks, and what it is described as."""

from typing import Final, NamedTuple

from keystead.tokens.dialects import AppTokenDialect, ContractDialect, Dialect, OAuthDialect
from keystead.tokens.wire import (
    AppTokenRequest,
    AppTokenResponse,
    OAuth2TokenRequest,
    OAuth2TokenResponse,
    RevocationRequest,
    TokenRequest,
    TokenResponse,
)
from keystead.web.operations import FORM_MEDIA, Operation, Parameter

TOKEN_PATH: Final = "/api/v2/token"
INTROSPECTION_PATH: Final = "/api/v2/introspect"
REVOCATION_PATH: Final = "/api/v2/revoke"
_TAG: Final = "Tokens"
_EXAMPLES: Final = {
    "an account": {
        "grant_type": "client_credentials",
        "client_id": "ci-pipeline-prod",
        "client_secret": "ksk_...",
    },
    "a person": {"grant_type": "password", "username": "dana@example.com", "password": "..."},
    "the next token": {"grant_type": "refresh_token", "refresh_token": "ksr_..."},
}


class TokenOperation(NamedTuple):
    operation: Operation
    dialect: Dialect


TOKEN_OPERATIONS: Final = (
    TokenOperation(
        Operation(
            method="POST",
            path=TOKEN_PATH,
            operation_id="grant_token_v2",
            tag=_TAG,
            summary="Get a token",
            description=(
                "For an account by client ID and secret, for a person by e-mail and password or by a refresh token. "
                "An unknown client, a wrong secret and a disabled account get the same answer. Failures from one "
                "address are slowed down."
            ),
            body=OAuth2TokenRequest,
            body_media=FORM_MEDIA,
            body_examples=_EXAMPLES,
            answers={200: OAuth2TokenResponse},
            errors=(401, 429),
            speaks_oauth=True,
        ),
        OAuthDialect(),
    ),
    TokenOperation(
        Operation(
            method="POST",
            path="/api/v1/token",
            operation_id="grant_token",
            tag=_TAG,
            summary="Get a token, in JSON",
            description="The same in the form of Run:ai's clients. Bad credentials are a 400 here.",
            body=TokenRequest,
            body_examples={
                "an account": {
                    "grantType": "client_credentials",
                    "clientID": "ci-pipeline-prod",
                    "clientSecret": "ksk_...",
                }
            },
            answers={200: TokenResponse},
            errors=(429,),
        ),
        ContractDialect(),
    ),
    TokenOperation(
        Operation(
            method="POST",
            path="/auth/realms/{realm}/protocol/openid-connect/token",
            operation_id="grant_token_of_realm",
            tag=_TAG,
            summary="Get a token, at the older path",
            parameters=(Parameter("realm", str, "Any: there is one."),),
            body=OAuth2TokenRequest,
            body_media=FORM_MEDIA,
            body_examples=_EXAMPLES,
            answers={200: OAuth2TokenResponse},
            errors=(401, 429),
            deprecated=True,
            speaks_oauth=True,
        ),
        OAuthDialect(),
    ),
    TokenOperation(
        Operation(
            method="POST",
            path="/v1/k8s/auth/oauth/apptoken",
            operation_id="app_token",
            tag=_TAG,
            summary="Get a token, in the oldest form",
            body=AppTokenRequest,
            body_examples={"an account": {"name": "ci-pipeline-prod", "secret": "ksk_..."}},
            answers={200: AppTokenResponse},
            errors=(429,),
            deprecated=True,
        ),
        AppTokenDialect(),
    ),
)
REVOCATION: Final = Operation(
    method="POST",
    path=REVOCATION_PATH,
    operation_id="revoke_token",
    tag=_TAG,
    summary="Revoke a token",
    description=(
        "RFC 7009, by the client that the token was issued to. An access token ends alone; a refresh token ends its "
        "session, and with it every token that the session earned. What is no token, or dead already, is a 200 too."
    ),
    body=RevocationRequest,
    body_media=FORM_MEDIA,
    body_examples={
        "an account": {"token": "eyJ0eXAi...", "client_id": "ci-pipeline-prod", "client_secret": "ksk_..."},
        "a person": {"token": "ksr_...", "client_id": "cli"},
    },
    answers={200: None},
    errors=(401, 429),
    speaks_oauth=True,
)

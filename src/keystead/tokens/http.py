"""What clients and verifiers discover: keys (RFC 7517) and metadata (RFC 8414, OpenID Connect Discovery 1.0)."""

from typing import Any, Final

from keystead.authz.narrowing import WORDS
from keystead.changes.feed import Feed
from keystead.kit.clock import Clock
from keystead.tokens.key_life import JWKS_MAX_AGE
from keystead.tokens.operations import INTROSPECTION_PATH, REVOCATION_PATH, TOKEN_PATH
from keystead.tokens.signing_keys import SigningKeys
from keystead.tokens.wire import AuthorizationServer, KeySet, OpenIdProvider
from keystead.web.pipeline import PUBLIC, Answer, Request, Route

_TAG: Final = "Discovery"
_JWKS_PATH: Final = "/.well-known/jwks.json"
_SECRETS: Final = ("client_secret_basic", "client_secret_post")
_CACHED: Final = (b"cache-control", f"public, max-age={JWKS_MAX_AGE}".encode())


class DiscoveryHttp:
    def __init__(
        self,
        keys: SigningKeys,
        feed: Feed,
        clock: Clock,
        issuer_url: str,
        grant_types: list[str],
    ) -> None:
        self._keys = keys
        self._feed = feed
        self._clock = clock
        self._issuer_url = issuer_url
        self._grant_types = grant_types

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path=_JWKS_PATH,
                operation_id="get_jwks",
                access=PUBLIC,
                handler=self.jwks,
                tag=_TAG,
                summary="The keys that verify tokens",
                answers={200: KeySet},
            ),
            Route(
                method="GET",
                path="/.well-known/oauth-authorization-server",
                operation_id="get_authorization_server_metadata",
                access=PUBLIC,
                handler=self.authorization_server,
                tag=_TAG,
                summary="What there is for OAuth clients",
                answers={200: AuthorizationServer},
            ),
            Route(
                method="GET",
                path="/.well-known/openid-configuration",
                operation_id="get_openid_configuration",
                access=PUBLIC,
                handler=self.openid_configuration,
                tag=_TAG,
                summary="What there is for OpenID Connect clients",
                answers={200: OpenIdProvider},
            ),
        ]

    async def jwks(self, _request: Request) -> Answer:
        await self._feed.current()
        return Answer(200, self._keys.jwks(self._clock.now()), [_CACHED])

    async def authorization_server(self, _request: Request) -> Answer:
        return Answer(200, AuthorizationServer(**self._metadata()), [_CACHED])

    async def openid_configuration(self, _request: Request) -> Answer:
        await self._feed.current()
        claims = ["iss", "sub", "aud", "iat", "exp", "tenant_id", "email", "preferred_username"]
        answer = OpenIdProvider(
            **self._metadata(),
            subject_types_supported=["public"],
            id_token_signing_alg_values_supported=self._keys.algorithms(self._clock.now()),
            claims_supported=claims,
        )
        return Answer(200, answer, [_CACHED])

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self._issuer_url,
            "token_endpoint": self._issuer_url + TOKEN_PATH,
            "jwks_uri": self._issuer_url + _JWKS_PATH,
            "grant_types_supported": self._grant_types,
            # There is no authorization endpoint, hence no response type.
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": [*_SECRETS, "none"],
            "revocation_endpoint": self._issuer_url + REVOCATION_PATH,
            "revocation_endpoint_auth_methods_supported": [*_SECRETS, "none"],
            "introspection_endpoint": self._issuer_url + INTROSPECTION_PATH,
            # RFC 8414 section 2 takes types of access tokens, too.
            "introspection_endpoint_auth_methods_supported": [*_SECRETS, "Bearer"],
            "scopes_supported": ["openid", *WORDS],
        }

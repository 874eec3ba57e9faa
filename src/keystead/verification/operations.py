"""What stands beside the pipeline here, as operations."""

from typing import Final

from keystead.tokens.operations import INTROSPECTION_PATH
from keystead.tokens.wire import IntrospectionRequest, IntrospectionResponse
from keystead.web.operations import FORM_MEDIA, Header, Operation, Reply

TAG: Final = "Verification"
PROXY_PATH: Final = "/api/v1/proxy-check"
ENVOY_PREFIX: Final = f"{PROXY_PATH}/envoy"

INTROSPECTION: Final = Operation(
    method="POST",
    path=INTROSPECTION_PATH,
    operation_id="introspect_token",
    tag=TAG,
    summary="Ask about a token",
    description=(
        "RFC 7662: whether a token is good at this moment, and whose it is. What a change took away is gone here when "
        "the change is answered. Whoever asks authenticates as a client, or by an access token of their own, and needs "
        "`read token-introspection` where the token's subject lives; of others nothing is said but `active: false`. "
        "Refresh tokens and ID tokens are never active: they are for nobody else."
    ),
    body=IntrospectionRequest,
    body_media=FORM_MEDIA,
    body_examples={
        "as a client": {"token": "eyJ0eXAi...", "client_id": "jobs-api", "client_secret": "ksk_..."}
    },
    answers={200: IntrospectionResponse},
    errors=(401, 403, 429),
    speaks_oauth=True,
    takes_bearer=True,
)

_IDENTITY: Final = (
    Header("X-Keystead-Subject", str, "The subject's immutable UUID."),
    Header("X-Keystead-Subject-Type", str, "`user` or `service-account`."),
    Header("X-Keystead-Client-Id", str, "The client that the token was issued to."),
    Header("X-Keystead-Name", str, "A person's e-mail, or an account's client ID."),
    Header("X-Keystead-Scope", str, "What the token is narrowed to; empty: to nothing."),
    Header("X-Keystead-Tenant-Id", str, "The tenant's number."),
)
PROXY_CHECK: Final = Operation(
    method="GET",
    path=PROXY_PATH,
    operation_id="check_for_proxy",
    tag=TAG,
    summary="May this request pass?",
    description=(
        "For nginx (`auth_request`), Traefik and Caddy, with the token of the request that came to the proxy, and what "
        "was asked for in `X-Forwarded-Method`, `X-Forwarded-Host` and `X-Forwarded-Uri`. The table in "
        "`KEYSTEAD_PROXY_RULES` says what it takes; what the table does not know is a 403. A proxy hands the headers "
        "of a 200 on, in place of any that its caller sent. Envoy (`ext_authz`) asks at `/api/v1/proxy-check/envoy` "
        "and the path that was asked for, by the method that was used."
    ),
    answers={200: Reply(None, "It may; whose it is.", _IDENTITY)},
    errors=(401, 403),
    takes_bearer=True,
)

"""What stands beside the pipeline here, as operations."""

from typing import Final

from keystead.tokens.operations import INTROSPECTION_PATH
from keystead.tokens.wire import IntrospectionRequest, IntrospectionResponse
from keystead.web.operations import FORM_MEDIA, Operation

TAG: Final = "Verification"

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

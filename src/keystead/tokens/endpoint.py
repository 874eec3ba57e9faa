"""The token endpoint: bare ASGI, because every pipeline of a platform comes through here.

Its phases are shared and in order: dialect, grant (authentication, throttling, recording), issuing with the key that
signs as of now, dialect. A grant fills one hole and can skip none of the others.
"""

from collections.abc import Mapping

from keystead.authz.narrowing import narrowing_words, unknown_word
from keystead.changes.feed import Feed
from keystead.changes.model import Origin
from keystead.kit.errors import KeysteadError
from keystead.tokens.dialects import Dialect
from keystead.tokens.forms import OAuthError, shown
from keystead.tokens.grants import Grant
from keystead.tokens.issuer import Issuer
from keystead.tokens.jws import MAX_TOKEN_LENGTH
from keystead.web.asgi import AsgiApp, AsgiScope, Receive, Send, read_body, send_answer
from keystead.web.metrics import GRANT
from keystead.web.router import method_not_allowed


class TokenEndpoint:
    def __init__(self, grants: Mapping[str, Grant], issuer: Issuer, feed: Feed) -> None:
        self._grants = grants
        self._issuer = issuer
        self._feed = feed

    def speaking(self, dialect: Dialect) -> AsgiApp:
        """The endpoint as an ASGI application that understands one dialect."""
        probe = dialect.write_error(OAuthError("invalid_client", ""))

        async def serve(scope: AsgiScope, receive: Receive, send: Send) -> None:
            origin: Origin = scope["keystead.origin"]
            try:
                if scope["method"] != "POST":
                    raise method_not_allowed(scope["method"], ["POST"])
                request = dialect.read(scope, await read_body(scope, receive))
                grant = self._grants.get(request.grant_type)
                if grant is None:
                    known = ", ".join(self._grants)
                    raise OAuthError("unsupported_grant_type", f"The grant type must be one of {known}.")
                scope[GRANT] = request.grant_type
                if request.scope:
                    request = request._replace(scope=_narrowing(request.scope))
                earned = await grant.earn(request, origin, status_if_refused=probe.status)
                await self._feed.current()
                issued = self._issuer.issue(earned, with_id_token=request.wants_id_token)
                if len(issued.access_token) > MAX_TOKEN_LENGTH:  # nobody would take it
                    raise OAuthError(
                        "invalid_request", "The token would be too long: ask for fewer audiences or scopes."
                    )
                answer = dialect.write(issued)
            except KeysteadError as error:
                answer = dialect.write_error(error)
            await send_answer(send, answer.status, answer.body, answer.headers)

        return serve


def _narrowing(scope: str) -> str:
    """What of a `scope` narrows the token; empty: nothing. Raises OAuthError."""
    words = narrowing_words(scope)
    unknown = unknown_word(words)
    if unknown is not None:
        raise OAuthError(
            "invalid_scope",
            f"{shown(unknown)} is no scope: a scope is resourceType:action, such as jobs:read.",
        )
    return " ".join(words)

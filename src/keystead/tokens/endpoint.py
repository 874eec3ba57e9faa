"""The token endpoint: bare ASGI, because every pipeline of a platform comes through here.

Its phases are shared and in order: dialect, grant (authentication, throttling, recording), issuing with the key that
signs as of now, dialect. A grant fills one hole and can skip none of the others.
"""

from collections.abc import Mapping

from keystead.changes.feed import Feed
from keystead.changes.model import Origin
from keystead.kit.errors import KeysteadError
from keystead.tokens.dialects import Dialect
from keystead.tokens.forms import OAuthError
from keystead.tokens.grants import Grant
from keystead.tokens.issuer import Issuer
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
                earned = await grant.earn(request, origin, status_if_refused=probe.status)
                await self._feed.current()
                answer = dialect.write(self._issuer.issue(earned, with_id_token=request.wants_id_token))
            except KeysteadError as error:
                answer = dialect.write_error(error)
            await send_answer(send, answer.status, answer.body, answer.headers)

        return serve

"""Introspection (RFC 7662): whether a token is good at this moment, for those who may ask."""

from typing import Final

import msgspec

from keystead.authz.policy import Grants
from keystead.authz.vocabulary import TOKEN_INTROSPECTION, Action, Permission
from keystead.changes.model import Origin
from keystead.kit.errors import KeysteadError, Kind, forbidden
from keystead.tokens.door import ClientDoor
from keystead.tokens.forms import NO_CACHE, Form, OAuthError, read_form, write_oauth_error
from keystead.tokens.verifier import Caller, Standing, Verifier
from keystead.tokens.wire import IntrospectionResponse
from keystead.web.asgi import JSON, NO_STORE, AsgiScope, Receive, Send, header, read_body, send_answer
from keystead.web.pipeline import SIGNED_IN, bearer_token, require_settled
from keystead.web.router import method_not_allowed

INTROSPECT: Final = Permission(Action.READ, TOKEN_INTROSPECTION)
_HEADERS: Final = [JSON, NO_STORE, NO_CACHE]
_encode = msgspec.json.Encoder().encode
_INACTIVE: Final = _encode(IntrospectionResponse(active=False))


class IntrospectionEndpoint:
    """Bare ASGI: an API that introspects asks for every call that it gets."""

    def __init__(self, door: ClientDoor, verifier: Verifier) -> None:
        self._door = door
        self._verifier = verifier

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        try:
            if scope["method"] != "POST":
                raise method_not_allowed(scope["method"], ["POST"])
            form = read_form(scope, await read_body(scope, receive))
            token = form.fields.get("token")
            if token is None:
                raise OAuthError("invalid_request", "token is required.")
            asker = await self._asker(scope, form)
            answer = await self._answer(asker.grants, token)
        except KeysteadError as error:
            refusal = write_oauth_error(error)
            await send_answer(send, refusal.status, refusal.body, refusal.headers)
        else:
            await send_answer(send, 200, answer, _HEADERS)

    async def _asker(self, scope: AsgiScope, form: Form) -> Caller:
        """By a bearer's token, or as a client authenticates at the token endpoint (section 2.1)."""
        if header(scope, b"authorization")[:7].lower() == "bearer ":
            if form.client.client_secret is not None:
                raise OAuthError("invalid_request", "The client authenticates in two ways at once: use one.")
            asker = await self._verifier.authenticate(bearer_token(scope))
        else:
            origin: Origin = scope["keystead.origin"]
            admitted = await self._door.enter(form.client, origin, status_if_refused=401)
            asker = await self._verifier.client(admitted.subject, admitted.credential_id)
        require_settled(SIGNED_IN, asker)
        if not asker.grants.allows_anywhere(INTROSPECT):
            raise forbidden(f"You may not {INTROSPECT} in any scope.")
        return asker

    async def _answer(self, grants: Grants, token: str) -> bytes:
        """Of a subject that lives where the asker may not introspect nothing is said (access law 6); nor of one who has
        a temporary password, or a second factor to enrol: that is between them and Keystead.
        """
        try:
            standing = await self._verifier.examine(token)
        except KeysteadError as error:
            if error.kind is not Kind.UNAUTHENTICATED:
                raise
            return _INACTIVE
        if not standing.is_for_others or not grants.allows(INTROSPECT, standing.state.home_code):
            return _INACTIVE
        return _encode(_response(standing))


def _response(standing: Standing) -> IntrospectionResponse:
    claims = standing.claims
    return IntrospectionResponse(
        active=True,
        scope=claims.scope or None,
        client_id=claims.client_id,
        username=standing.state.subject.name,
        token_type="Bearer",
        exp=claims.exp,
        iat=claims.iat,
        sub=claims.sub,
        aud=claims.aud,
        iss=claims.iss,
        jti=claims.jti,
        subject_type=claims.subject_type,
        tenant_id=claims.tenant_id,
    )

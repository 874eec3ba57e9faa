"""The revocation endpoint (RFC 7009): clients authenticate as they do for a token."""

from keystead.changes.model import Origin
from keystead.kit.errors import KeysteadError
from keystead.kit.secret import Secret
from keystead.tokens.door import ClientDoor
from keystead.tokens.forms import NO_CACHE, Form, OAuthError, public_client, read_form, write_oauth_error
from keystead.tokens.revocation import NotItsTokenError, Revocations, TokenClient
from keystead.web.asgi import NO_STORE, AsgiScope, Receive, Send, read_body, send_answer
from keystead.web.router import method_not_allowed


class RevocationEndpoint:
    def __init__(self, door: ClientDoor, revocations: Revocations) -> None:
        self._door = door
        self._revocations = revocations

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        origin: Origin = scope["keystead.origin"]
        try:
            if scope["method"] != "POST":
                raise method_not_allowed(scope["method"], ["POST"])
            form = read_form(scope, await read_body(scope, receive))
            token = form.fields.get("token")
            if token is None:
                raise OAuthError("invalid_request", "token is required.")
            client = await self._client(form, origin)
            await self._revocations.revoke(Secret(token), client, origin)
        except NotItsTokenError:
            await _refuse(OAuthError("unauthorized_client", "The token was issued to another client."), send)
        except KeysteadError as error:
            await _refuse(error, send)
        else:
            await send_answer(send, 200, b"", [NO_STORE, NO_CACHE])

    async def _client(self, form: Form, origin: Origin) -> TokenClient:
        """Section 2.1: a client that has a secret proves it, people's programs say which they are."""
        if form.client.client_secret is None:
            return TokenClient(public_client(form.client.client_id))
        client, _ = await self._door.enter(form.client, origin, status_if_refused=401)
        return TokenClient(client.client_id, client.subject.id)


async def _refuse(error: KeysteadError, send: Send) -> None:
    refusal = write_oauth_error(error)
    await send_answer(send, refusal.status, refusal.body, refusal.headers)

"""The grants: each finds out who earned a token, and nothing else. Steps that all share are the endpoint's."""

from typing import Protocol

from keystead.changes.model import Origin
from keystead.tokens.audiences import Audiences
from keystead.tokens.dialects import TokenRequest
from keystead.tokens.door import ClientDoor
from keystead.tokens.forms import ClientCredentials, OAuthError, public_client
from keystead.tokens.issuer import Earned
from keystead.tokens.settling import Settling
from keystead.users.sessions import SecondFactorError, Session, Sessions, WiderScopeError


class Grant(Protocol):
    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        """Who has earned a token. Raises OAuthError, or a throttling error; records what must be recorded."""
        ...


class ClientCredentialsGrant:
    """RFC 6749 section 4.4: the secret of a service account, or of a person's access key."""

    def __init__(self, door: ClientDoor, audiences: Audiences, settling: Settling) -> None:
        self._door = door
        self._audiences = audiences
        self._settling = settling

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        given = ClientCredentials(request.client_id, request.client_secret)
        client, credential_id = await self._door.sign_in(given, origin, status_if_refused=status_if_refused)
        audience = self._audiences.choose(request.targets, client.audiences)
        settled = await self._settling.has_settled(client.subject)
        return Earned(
            client.subject,
            client.client_id,
            credential_id,
            client.generation,
            audience if settled else self._settling.audience,
            client.expires_at,
            scope=request.scope,
            ttl=client.token_ttl,
            settled=settled,
        )


class PasswordGrant:
    """RFC 6749 section 4.3: a person's e-mail and password open a session."""

    def __init__(self, sessions: Sessions, audiences: Audiences, settling: Settling) -> None:
        self._sessions = sessions
        self._audiences = audiences
        self._settling = settling

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        client_id = public_client(request.client_id)
        if not request.username or not request.password:
            raise OAuthError("invalid_request", "username and password are required.")
        audience = self._audiences.choose(request.targets, ())
        try:
            session = await self._sessions.sign_in(
                request.username,
                request.password,
                client_id,
                origin,
                status_if_refused=status_if_refused,
                scope=request.scope,
            )
        except SecondFactorError:
            raise OAuthError(
                "invalid_grant", "This person has a second factor: they sign in through the console alone."
            ) from None
        if session is None:
            raise OAuthError("invalid_grant", "The e-mail or the password is wrong.")
        return await _earned(session, client_id, audience, self._settling)


class ClosedGrant:
    """One that this server is told not to take (RFC 6749 section 5.2)."""

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        raise OAuthError("unauthorized_client", f"The grant type {request.grant_type} is switched off here.")


class RefreshTokenGrant:
    """RFC 6749 section 6, with rotation: a refresh token is good once (RFC 9700 section 4.14.2)."""

    def __init__(self, sessions: Sessions, audiences: Audiences, settling: Settling) -> None:
        self._sessions = sessions
        self._audiences = audiences
        self._settling = settling

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        client_id = public_client(request.client_id)
        if not request.refresh_token:
            raise OAuthError("invalid_request", "The refresh token is required.")
        audience = self._audiences.choose(request.targets, ())
        try:
            session = await self._sessions.refresh(request.refresh_token, client_id, origin, request.scope)
        except WiderScopeError:
            raise OAuthError(
                "invalid_scope", "The session was opened for less: it can be narrowed further, not widened."
            ) from None
        if session is None:
            raise OAuthError("invalid_grant", "The refresh token is not, or no longer, good: sign in again.")
        return await _earned(session, client_id, audience, self._settling)


async def _earned(session: Session, client_id: str, audience: str | list[str], settling: Settling) -> Earned:
    settled = await settling.has_settled(session.subject)
    return Earned(
        session.subject,
        client_id,
        session.id,
        session.generation,
        audience if settled else settling.audience,
        session.expires_at,
        session.refresh_token,
        session.scope,
        settled=settled,
    )

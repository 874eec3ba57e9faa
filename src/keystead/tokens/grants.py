"""The grants: each finds out who earned a token, and nothing else. Steps that all share are the endpoint's."""

from typing import Final, Protocol

from keystead.changes.feed import Feed
from keystead.changes.model import Origin
from keystead.credentials.throttle import SignInThrottle
from keystead.tokens.clients import Client, Clients
from keystead.tokens.dialects import OAuthError, TokenRequest
from keystead.tokens.issuer import Earned
from keystead.usage.recorder import SignIn, UsageRecorder
from keystead.users.model import PUBLIC_CLIENTS
from keystead.users.sessions import SecondFactorError, Sessions

_PUBLIC_CLIENT_DEFAULT: Final = "keystead"


class Grant(Protocol):
    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        """Who has earned a token. Raises OAuthError, or a throttling error; records what must be recorded."""
        ...


class ClientCredentialsGrant:
    """RFC 6749 section 4.4: the secret of a service account, or of a person's access key."""

    def __init__(self, clients: Clients, throttle: SignInThrottle, usage: UsageRecorder, feed: Feed) -> None:
        self._clients = clients
        self._throttle = throttle
        self._usage = usage
        self._feed = feed

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        if not request.client_id or not request.client_secret:
            raise OAuthError("invalid_request", "The client's ID and secret are required.")
        self._throttle.admit_secret(origin.source_ip)
        if not self._clients.is_well_formed(request.client_secret):
            self._throttle.secret_failed(origin.source_ip)
            raise refused()
        version = self._feed.version
        client = await self._clients.authenticate(request.client_id, request.client_secret)
        if client is None or not client.admitted:
            self._throttle.secret_failed(origin.source_ip)
        if client is None:
            await self._usage.refused(origin.source_ip)
            raise refused()
        await self._usage.sign_in(_sign_in(client, origin, 200 if client.admitted else status_if_refused))
        await self._feed.current()
        if version != self._feed.version:
            # Something changed meanwhile, maybe elsewhere: no token may be issued on what was true before.
            client = await self._clients.authenticate(request.client_id, request.client_secret)
        if client is None or not client.admitted or client.credential_id is None:
            raise refused()
        return Earned(
            client.subject, client.client_id, client.credential_id, client.generation, client.expires_at
        )


class PasswordGrant:
    """RFC 6749 section 4.3: a person's e-mail and password open a session."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        client_id = _public_client(request)
        if not request.username or not request.password:
            raise OAuthError("invalid_request", "username and password are required.")
        try:
            session = await self._sessions.sign_in(
                request.username, request.password, client_id, origin, status_if_refused=status_if_refused
            )
        except SecondFactorError:
            raise OAuthError(
                "invalid_grant", "This person has a second factor: they sign in through the console alone."
            ) from None
        if session is None:
            raise OAuthError("invalid_grant", "The e-mail or the password is wrong.")
        return Earned(
            session.subject,
            client_id,
            session.id,
            session.generation,
            session.expires_at,
            session.refresh_token,
        )


class ClosedGrant:
    """One that this server is told not to take (RFC 6749 section 5.2)."""

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        raise OAuthError("unauthorized_client", f"The grant type {request.grant_type} is switched off here.")


class RefreshTokenGrant:
    """RFC 6749 section 6, with rotation: a refresh token is good once (RFC 9700 section 4.14.2)."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def earn(self, request: TokenRequest, origin: Origin, *, status_if_refused: int) -> Earned:
        client_id = _public_client(request)
        if not request.refresh_token:
            raise OAuthError("invalid_request", "The refresh token is required.")
        session = await self._sessions.refresh(request.refresh_token, client_id, origin)
        if session is None:
            raise OAuthError("invalid_grant", "The refresh token is not, or no longer, good: sign in again.")
        return Earned(
            session.subject,
            client_id,
            session.id,
            session.generation,
            session.expires_at,
            session.refresh_token,
        )


def refused() -> OAuthError:
    """The one answer to an unknown client, a wrong secret, an expired one and a disabled account."""
    return OAuthError("invalid_client", "The client ID or the secret is wrong, or the account is disabled.")


def _public_client(request: TokenRequest) -> str:
    client_id = request.client_id or _PUBLIC_CLIENT_DEFAULT
    if client_id not in PUBLIC_CLIENTS:
        raise OAuthError(
            "invalid_client",
            f"People sign in as client {', '.join(sorted(PUBLIC_CLIENTS))}, or without client_id.",
        )
    return client_id


def _sign_in(client: Client, origin: Origin, status: int) -> SignIn:
    return SignIn(
        client.subject.type,
        client.subject.id,
        client.subject.name,
        client.account_pk,
        client.home_code,
        client.credential_id,
        client.admitted,
        status,
        origin,
    )

"""Revocation (RFC 7009): the client that a token was issued to ends it. An access token alone, or a whole session."""

from contextlib import suppress
from typing import NamedTuple

from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Origin, Touches
from keystead.credentials.store import find_credential
from keystead.kit.clock import SECOND, format_utc
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import REFRESH_TOKEN_PREFIX, Secret
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tokens.revoked import add_revoked, is_revoked
from keystead.tokens.verifier import Standing, Verifier
from keystead.users.sessions import Sessions


class NotItsTokenError(Exception):
    """The token was issued to another client."""


class _DeadAlreadyError(Exception):
    """Somebody else was faster."""


class TokenClient(NamedTuple):
    """Who revokes. `subject_id` is None for people's programs, which prove nothing: the token is their proof."""

    client_id: str
    subject_id: str | None = None


class Revocations:
    def __init__(self, changes: ChangeEngine, verifier: Verifier, sessions: Sessions) -> None:
        self._changes = changes
        self._verifier = verifier
        self._sessions = sessions

    async def revoke(self, token: Secret, client: TokenClient, origin: Origin) -> None:
        """Nothing is left to do for what is no token, or dead already (section 2.2). Raises NotItsTokenError."""
        if token.reveal().startswith(REFRESH_TOKEN_PREFIX):
            if not await self._sessions.end(token, client.client_id, origin):
                raise NotItsTokenError
            return
        standing = await self._standing(token)
        if standing is None:
            return
        claims = standing.claims
        if claims.client_id != client.client_id or client.subject_id not in (None, claims.sub):
            raise NotItsTokenError
        await self._end(standing, origin)

    async def _standing(self, token: Secret) -> Standing | None:
        try:
            return await self._verifier.examine(token.reveal())
        except KeysteadError as error:
            if error.kind is Kind.UNAUTHENTICATED:
                return None
            raise

    async def _end(self, standing: Standing, origin: Origin) -> None:
        claims, subject = standing.claims, standing.state.subject

        async def change(tx: Transaction) -> Outcome[None]:
            tx.needs_no_authority("the token, in the hands of its client")
            if await is_revoked(tx, claims.jti) or not await find_credential(tx, claims.credential_id):
                raise _DeadAlreadyError
            scope = await scope_at(tx, standing.state.home_code)
            path = await scope_path(tx, scope.code)
            await add_revoked(tx, claims.jti, claims.exp * SECOND)
            told = {"clientId": claims.client_id, "expiresAt": format_utc(claims.exp * SECOND)}
            touches = Touches(tokens=(claims.jti,))
            return Outcome(
                Entry("delete", "token", claims.jti, subject.name, scope, path, 200, touches, told), None
            )

        with suppress(_DeadAlreadyError):
            await self._changes.apply(Actor(subject, origin), change)

"""From a bearer token, or a browser's cookie, to whoever calls, held to the state of this moment.

A signature is verified once and remembered; whether the token still lives is asked every time.
"""

from typing import Final, NamedTuple

import msgspec

from keystead.access_rules.index import USER, SubjectIndex, SubjectState, is_alive
from keystead.authz.narrowing import limit_of
from keystead.authz.policy import Grants, Limit
from keystead.changes.feed import Feed
from keystead.changes.model import Actor, Origin, Subject
from keystead.credentials.liveness import LiveCredentials
from keystead.credentials.model import Credential
from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock
from keystead.kit.errors import KeysteadError, unauthenticated
from keystead.kit.secret import Secret
from keystead.tokens.claims import AccessClaims, is_meant_for
from keystead.tokens.jws import open_token
from keystead.tokens.revoked import RevokedTokens
from keystead.tokens.settling import Settling
from keystead.tokens.signing_keys import SigningKeys
from keystead.users.browser_sessions import BrowserSessions
from keystead.users.model import PROOF_LASTS

_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})


_decode_claims = msgspec.json.Decoder(AccessClaims).decode


class _Verified(NamedTuple):
    """What a signature proved: it goes on to hold only while the key is there."""

    claims: AccessClaims
    kid: str
    limit: Limit | None


class Standing(NamedTuple):
    """A token that is good, and what it hangs on. `is_for_others`: than Keystead itself, which alone settles people."""

    claims: AccessClaims
    credential: Credential
    state: SubjectState
    limit: Limit | None
    is_for_others: bool

    @property
    def grants(self) -> Grants:
        """What the token may: what its subject holds, within what its credential and its scope leave of it."""
        return self.state.grants.within(self.credential.limit).within(self.limit)


class Caller(NamedTuple):
    """An authenticated identity and what it holds as of this request. Times in microseconds.

    A person with a temporary password `must_change_password` before all else, and then `must_enrol` a second factor
    where the tenant requires one. `proved_at`, when the person last proved their password, is known of browsers'
    sessions alone; with a proof that `is_stale` no secret is made. `access_key` is the client ID of the key by which
    a person's program asks. `limit` is what the token `token_id` is narrowed to, which `grants` are already.
    """

    subject: Subject
    grants: Grants
    credential_id: str
    generation: int
    home_code: int
    groups: tuple[str, ...]
    expires_at: int
    must_change_password: bool = False
    has_second_factor: bool = False
    must_enrol: bool = False
    proved_at: int | None = None
    proof_is_stale: bool = False
    access_key: str = ""
    token_id: str = ""
    limit: Limit | None = None

    def acting_from(self, origin: Origin) -> Actor:
        return Actor(
            self.subject,
            origin,
            self.credential_id,
            self.generation,
            self.access_key,
            self.token_id,
            self.limit,
        )


class Verifier:
    def __init__(
        self,
        issuer_url: str,
        keys: SigningKeys,
        credentials: LiveCredentials,
        subjects: SubjectIndex,
        feed: Feed,
        clock: Clock,
        browsers: BrowserSessions,
        settling: Settling,
        revoked: RevokedTokens,
        size: int = 20_000,
    ) -> None:
        self._issuer_url = issuer_url
        self._keys = keys
        self._credentials = credentials
        self._subjects = subjects
        self._feed = feed
        self._clock = clock
        self._browsers = browsers
        self._settling = settling
        self._revoked = revoked
        self.cache: BoundedCache[str, _Verified] = BoundedCache(size)

    async def authenticate(self, token: str) -> Caller:
        """Whoever holds the token. Raises a `Kind.UNAUTHENTICATED` error when it is not, or no longer, good for us."""
        standing = await self.examine(token)
        if not (self._is_meant_for(standing, None) or standing.claims.aud == self._settling.audience):
            raise _invalid()
        return self._caller_by(standing)

    def caller_elsewhere(self, standing: Standing, audience: str | None) -> Caller:
        """Whose token it is to somebody else, by whose name it must be meant; None: by ours.

        Raises a `Kind.UNAUTHENTICATED` error.
        """
        if not (standing.is_for_others and self._is_meant_for(standing, audience)):
            raise _invalid()
        return self._caller_by(standing)

    def _is_meant_for(self, standing: Standing, audience: str | None) -> bool:
        return is_meant_for(standing.claims, audience or self._issuer_url)

    def _caller_by(self, standing: Standing) -> Caller:
        return self._caller(
            standing.state,
            standing.credential.id,
            standing.claims.exp * SECOND,
            standing.grants,
            _access_key(standing.credential),
            standing.claims.jti,
            standing.limit,
        )

    async def examine(self, token: str) -> Standing:
        """What a token says, and what it hangs on, as of now; whichever API it is meant for.

        Raises a `Kind.UNAUTHENTICATED` error when it is not, or no longer, good.
        """
        await self._feed.current()
        now = self._clock.now()
        verified = self.cache.get(token)
        if verified is None:
            verified = self._verify(token, now)
            self.cache.put(token, verified)
        elif self._keys.find(verified.kid, now) is None:
            raise _ended()
        claims = verified.claims
        if claims.exp * SECOND <= now:
            raise unauthenticated("The token has expired: sign in again.")
        if claims.nbf * SECOND > now:
            raise unauthenticated("The token is not valid yet.")
        if claims.jti in self._revoked:
            raise _ended()
        credential, state = await self._alive(
            claims.credential_id, claims.subject_type, claims.sub, claims.generation
        )
        is_for_others = claims.aud != self._settling.audience and self._settling.is_settled(state)
        return Standing(claims, credential, state, verified.limit, is_for_others)

    async def client(self, subject: Subject, credential_id: str) -> Caller:
        """Who has just proved to be the subject by a credential. Raises a `Kind.UNAUTHENTICATED` error."""
        await self._feed.current()
        credential, state = await self._alive(credential_id, subject.type, subject.id)
        return self._caller(
            state,
            credential.id,
            credential.expires_at or 0,
            state.grants.within(credential.limit),
            _access_key(credential),
        )

    async def _alive(
        self, credential_id: str, subject_type: str, subject_id: str, generation: int | None = None
    ) -> tuple[Credential, SubjectState]:
        """What a token, or without `generation` its credential alone, hangs on. Raises when any of it is dead."""
        credential = await self._credentials.find(credential_id)
        state = await self._subjects.find(subject_type, subject_id)
        if credential is None or state is None:
            raise _ended()
        if not is_alive(
            credential, state, state.generation if generation is None else generation, subject_id
        ):
            raise _ended()
        return credential, state

    async def authenticate_browser(self, cookie: Secret) -> Caller:
        """Whose session it is. Raises a `Kind.UNAUTHENTICATED` error when there is none, or none any more."""
        await self._feed.current()
        session = await self._browsers.find(cookie)
        state = await self._subjects.find(USER, session.person_id) if session else None
        if session is None or state is None or not state.enabled:
            raise unauthenticated("The session has ended: sign in again.")
        caller = self._caller(state, session.id, session.expires_at, state.grants)
        age = self._clock.now() - session.proved_at
        return caller._replace(proved_at=session.proved_at, proof_is_stale=age > PROOF_LASTS * SECOND)

    def _caller(
        self,
        state: SubjectState,
        credential_id: str,
        expires_at: int,
        grants: Grants,
        access_key: str = "",
        token_id: str = "",
        limit: Limit | None = None,
    ) -> Caller:
        return Caller(
            state.subject,
            grants,
            credential_id,
            state.generation,
            state.home_code,
            state.groups,
            expires_at,
            state.must_change_password,
            state.has_second_factor,
            self._settling.must_enrol(state),
            access_key=access_key,
            token_id=token_id,
            limit=limit,
        )

    def _verify(self, token: str, now: int) -> _Verified:
        """Signature and claims (RFC 9068 section 4), without regard to time or revocation."""
        opened = open_token(token, lambda kid: self._keys.find(kid or "", now))
        if opened is None or (opened.header.typ or "").lower() not in _TYPES:
            raise _invalid()
        try:
            claims = _decode_claims(opened.payload)
        except (msgspec.MsgspecError, UnicodeError):
            raise _invalid() from None
        if claims.iss != self._issuer_url:
            raise _invalid()
        return _Verified(claims, opened.header.kid or "", limit_of(claims.scope))


def _access_key(credential: Credential) -> str:
    return credential.client_id if credential.is_access_key else ""


def _ended() -> KeysteadError:
    return unauthenticated("The token is no longer valid: sign in again.")


def _invalid() -> KeysteadError:
    return unauthenticated("The bearer token is not one of this server's access tokens.")

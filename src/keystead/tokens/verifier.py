"""From a bearer token to whoever calls, held to the state of this moment.

A signature is verified once and remembered; whether the token still lives is asked every time.
"""

from typing import Final, NamedTuple

import msgspec

from keystead.access_rules.index import SubjectIndex, is_alive
from keystead.authz.policy import Grants
from keystead.changes.feed import Feed
from keystead.changes.model import Actor, Origin, Subject
from keystead.credentials.liveness import LiveCredentials
from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock
from keystead.kit.errors import KeysteadError, unauthenticated
from keystead.tokens import jwt
from keystead.tokens.claims import AccessClaims
from keystead.tokens.signing_keys import SigningKeys

MAX_TOKEN_LENGTH: Final = 8192
_TYPES: Final = frozenset({"at+jwt", "application/at+jwt"})


class _Header(msgspec.Struct):
    alg: str
    typ: str
    kid: str
    crit: msgspec.Raw | None = None


_decode_header = msgspec.json.Decoder(_Header).decode
_decode_claims = msgspec.json.Decoder(AccessClaims).decode


class _Verified(NamedTuple):
    """What a signature proved: it goes on to hold only while the key is there."""

    claims: AccessClaims
    kid: str


class Caller(NamedTuple):
    """An authenticated identity and what it holds as of this request."""

    subject: Subject
    grants: Grants
    credential_id: str
    generation: int
    home_code: int
    groups: tuple[str, ...]
    must_change_password: bool = False

    def acting_from(self, origin: Origin) -> Actor:
        return Actor(self.subject, origin, self.credential_id, self.generation)


class Verifier:
    def __init__(
        self,
        issuer_url: str,
        keys: SigningKeys,
        credentials: LiveCredentials,
        subjects: SubjectIndex,
        feed: Feed,
        clock: Clock,
        size: int = 20_000,
    ) -> None:
        self._issuer_url = issuer_url
        self._keys = keys
        self._credentials = credentials
        self._subjects = subjects
        self._feed = feed
        self._clock = clock
        self.cache: BoundedCache[str, _Verified] = BoundedCache(size)

    async def authenticate(self, token: str) -> Caller:
        """Whoever holds the token. Raises a `Kind.UNAUTHENTICATED` error when it is not, or no longer, good."""
        await self._feed.current()
        now = self._clock.now()
        verified = self.cache.get(token)
        if verified is None:
            verified = self._verify(token, now)
            self.cache.put(token, verified)
        elif self._keys.find(verified.kid, now) is None:
            raise unauthenticated("The token is no longer valid: sign in again.")
        claims = verified.claims
        if claims.exp * SECOND <= now:
            raise unauthenticated("The token has expired: sign in again.")
        credential = await self._credentials.find(claims.credential_id)
        state = await self._subjects.find(claims.subject_type, claims.sub)
        if state is None or not is_alive(credential, state, claims.generation, claims.sub):
            raise unauthenticated("The token is no longer valid: sign in again.")
        return Caller(
            state.subject,
            state.grants,
            claims.credential_id,
            claims.generation,
            state.home_code,
            state.groups,
            state.must_change_password,
        )

    def _verify(self, token: str, now: int) -> _Verified:
        """Signature and claims (RFC 9068 section 4), without regard to time or revocation."""
        header_segment, payload_segment, signature_segment = _split(token)
        try:
            header = _decode_header(jwt.decode_segment(header_segment))
            if header.alg != jwt.ALG or header.typ.lower() not in _TYPES or header.crit is not None:
                raise _invalid()
            key = self._keys.find(header.kid, now)
            signing_input = f"{header_segment}.{payload_segment}"
            if key is None or not jwt.verify(signing_input, signature_segment, key.public):
                raise _invalid()
            claims = _decode_claims(jwt.decode_segment(payload_segment))
        except (jwt.MalformedTokenError, msgspec.MsgspecError, UnicodeError):
            raise _invalid() from None
        if claims.iss != self._issuer_url or claims.aud != self._issuer_url:
            raise _invalid()
        return _Verified(claims, header.kid)


def _split(token: str) -> list[str]:
    segments = token.split(".") if len(token) <= MAX_TOKEN_LENGTH and token.isascii() else []
    if len(segments) != 3:
        raise _invalid()
    return segments


def _invalid() -> KeysteadError:
    return unauthenticated("The bearer token is not one of this server's access tokens.")

"""Makes tokens."""

from typing import NamedTuple

from keystead.changes.model import Subject
from keystead.kit.clock import SECOND, Clock
from keystead.kit.ids import new_id
from keystead.kit.secret import Secret
from keystead.tokens import jwt
from keystead.tokens.claims import AccessClaims, IdClaims
from keystead.tokens.signing_keys import SigningKey, SigningKeys


class Earned(NamedTuple):
    """What a grant found out: who may have a token, by which credential.

    `expires_at` is the credential's end in microseconds; no token outlives it. `scope` narrows the token, to nothing
    when it is empty. `ttl` is how many seconds this subject's tokens live; None: as all do. Who has not
    `settled` what must be done first is vouched for by no ID token.
    """

    subject: Subject
    client_id: str
    credential_id: str
    generation: int
    audience: str | list[str]
    expires_at: int | None = None
    refresh_token: Secret | None = None
    scope: str = ""
    ttl: int | None = None
    settled: bool = True


class Issued(NamedTuple):
    access_token: str
    expires_in: int
    id_token: str | None = None
    refresh_token: Secret | None = None
    scope: str = ""


class Issuer:
    """`url` is the issuer. Tokens live `ttl` seconds, or as long as their subject's do, at most `most`."""

    def __init__(
        self, url: str, tenant_id: int, ttl: int, most: int, keys: SigningKeys, clock: Clock
    ) -> None:
        self.url = url
        self._tenant_id = str(tenant_id)
        self._ttl = ttl
        self._most = most
        self._keys = keys
        self._clock = clock

    def issue(self, earned: Earned, *, with_id_token: bool = False) -> Issued:
        moment = self._clock.now()
        key, now = self._keys.signing(moment), moment // SECOND
        expires = now + min(earned.ttl or self._ttl, self._most)
        if earned.expires_at is not None:
            expires = min(expires, earned.expires_at // SECOND)
        claims = AccessClaims(
            iss=self.url,
            sub=earned.subject.id,
            aud=earned.audience,
            client_id=earned.client_id,
            iat=now,
            exp=expires,
            jti=new_id(),
            tenant_id=self._tenant_id,
            subject_type=earned.subject.type,
            credential_id=earned.credential_id,
            generation=earned.generation,
            scope=earned.scope,
        )
        access_token = jwt.sign(key.header, claims, key.private)
        id_token = self._id_token(key, earned, now, expires) if with_id_token and earned.settled else None
        return Issued(access_token, expires - now, id_token, earned.refresh_token, earned.scope)

    def _id_token(self, key: SigningKey, earned: Earned, now: int, expires: int) -> str:
        is_person = earned.subject.type == "user"
        claims = IdClaims(
            iss=self.url,
            sub=earned.subject.id,
            aud=earned.client_id,
            iat=now,
            exp=expires,
            tenant_id=self._tenant_id,
            email=earned.subject.name if is_person else None,
            preferred_username=earned.subject.name,
        )
        return jwt.sign(key.id_token_header, claims, key.private)

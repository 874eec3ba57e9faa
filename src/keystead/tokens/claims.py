"""What a token says (RFC 9068 section 2.2) and what Keystead adds to it."""

import msgspec


class AccessClaims(msgspec.Struct, frozen=True, omit_defaults=True):
    """Times in seconds since the epoch; ours begin at once. `aud` is a list where a token is meant for several APIs;
    `scope` narrows it, unless it is empty.

    Subject, credential and generation tie the token to what revokes it.
    """

    iss: str
    sub: str
    aud: str | list[str]
    client_id: str
    iat: int
    exp: int
    jti: str
    tenant_id: str
    subject_type: str
    credential_id: str
    generation: int
    scope: str = ""
    nbf: int = 0


class IdClaims(msgspec.Struct, frozen=True, omit_defaults=True):
    """OpenID Connect Core section 2. Told apart by its `typ`: never taken for an access token."""

    iss: str
    sub: str
    aud: str
    iat: int
    exp: int
    tenant_id: str
    email: str | None = None
    preferred_username: str | None = None


def is_meant_for(claims: AccessClaims, audience: str) -> bool:
    """Whether an API that goes by `audience` may honour the token (RFC 9068 section 4)."""
    return claims.aud == audience or (isinstance(claims.aud, list) and audience in claims.aud)

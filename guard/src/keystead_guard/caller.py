"""Whose token it is, and whether what it says is for this API (RFC 9068 section 4)."""

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from keystead_guard.errors import InvalidTokenError
from keystead_guard.jose import Json, Token

_TYPES = frozenset({"at+jwt", "application/at+jwt"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity. `subject` is its immutable UUID, by which to remember it; names are for people to read.

    `scope` holds the words that the token is narrowed to; empty: it does all that its subject may. Times in seconds.
    """

    subject: str
    subject_type: str
    client_id: str
    tenant_id: str
    scope: frozenset[str]
    token_id: str
    credential_id: str
    issued_at: int
    expires_at: int
    claims: Json = field(repr=False, compare=False)
    token: str = field(repr=False, compare=False)

    def is_narrowed_away_from(self, action: str, resource_type: str) -> bool:
        """Whether the token's own scope rules this out, whatever its subject may."""
        return bool(self.scope) and f"{resource_type}:{action}" not in self.scope


def read_caller(
    text: str, opened: Token, issuer: str, audiences: Container[str], now: float, skew: float
) -> Caller:
    """Raises InvalidTokenError. `now` and `skew`, by which clocks may differ, in seconds."""
    header, claims = opened
    if str(header.get("typ")).lower() not in _TYPES:
        raise InvalidTokenError("The token is not an access token.")
    if claims.get("iss") != issuer:
        raise InvalidTokenError("The token is of another issuer.")
    meant_for = claims.get("aud")
    given = meant_for if isinstance(meant_for, list) else [meant_for]
    if not any(isinstance(one, str) and one in audiences for one in given):
        raise InvalidTokenError("The token is meant for another API.")
    expires_at, issued_at = _moment(claims, "exp"), _moment(claims, "iat")
    if expires_at + skew <= now:
        raise InvalidTokenError("The token has expired.")
    not_before = _moment(claims, "nbf") if "nbf" in claims else issued_at
    if max(issued_at, not_before) - skew > now:
        raise InvalidTokenError("The token is not valid yet.")
    return Caller(
        _text(claims, "sub"),
        _text(claims, "subject_type"),
        _text(claims, "client_id"),
        _text(claims, "tenant_id"),
        frozenset(str(claims.get("scope", "")).split()),
        _text(claims, "jti"),
        _text(claims, "credential_id"),
        issued_at,
        expires_at,
        claims,
        text,
    )


def _text(claims: Json, name: str) -> str:
    value: Any = claims.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidTokenError(f"The token says nothing of {name}.")
    return value


def _moment(claims: Json, name: str) -> int:
    value: Any = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidTokenError(f"The token says nothing of {name}.")
    return value

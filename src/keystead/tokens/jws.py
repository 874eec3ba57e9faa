"""Opens a token: whether a key of ours signed it. Nothing of the token itself says which key, or how it is used.

RFC 8725: the algorithm is the key's (section 3.1), keys come from our own store alone, so that `jku`, `x5u`, `jwk` and
`x5c` in a header mean nothing (section 3.10), and what a header calls critical is not understood (RFC 7515 section
4.1.11).
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from keystead.tokens import jwt
from keystead.tokens.jwt import MalformedTokenError, PublicKey

MAX_TOKEN_LENGTH: Final = 8192
"""Characters: what is longer is none of ours."""


class VerifyingKey(Protocol):
    @property
    def alg(self) -> str: ...

    @property
    def public(self) -> PublicKey: ...


class Header(msgspec.Struct):
    alg: str
    kid: str | None = None
    typ: str | None = None
    crit: msgspec.Raw | UnsetType = UNSET


class Opened(NamedTuple):
    header: Header
    payload: bytes


_decode_header: Final = msgspec.json.Decoder(Header).decode


def open_token(token: str, find_key: Callable[[str | None], VerifyingKey | None]) -> Opened | None:
    """Header and payload of a compact JWS (RFC 7515 section 7.1) whose signature is right; None for all else.

    `find_key` is given the header's `kid`.
    """
    segments = token.split(".") if len(token) <= MAX_TOKEN_LENGTH and token.isascii() else []
    if len(segments) != 3:  # a JWE has five
        return None
    try:
        header = _decode_header(jwt.decode_segment(segments[0]))
        key = find_key(header.kid)
        if key is None or header.alg != key.alg or header.crit is not UNSET:
            return None
        if not jwt.verify(f"{segments[0]}.{segments[1]}", segments[2], key.public):
            return None
        return Opened(header, jwt.decode_segment(segments[1]))
    except (MalformedTokenError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None

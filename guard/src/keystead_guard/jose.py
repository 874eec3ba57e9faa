"""JWS compact form (RFC 7515) and the keys that verify it (RFC 7517), as strict as RFC 8725 asks.

The algorithm is the key's, never the token's; keys come from Keystead alone, whatever `jku`, `x5u` or `jwk` in a header
say; what a header calls critical is not understood.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

ALGORITHMS: Final = ("ES256", "Ed25519", "EdDSA", "RS256")
MAX_TOKEN_LENGTH: Final = 8192
"""Characters: what is longer is no token."""

Json = Mapping[str, Any]
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey
_COORDINATE: Final = 32
_SMALLEST_RSA: Final = 2048
_ECDSA: Final = ec.ECDSA(SHA256())
_PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# CVE-2017-15361 (ROCA): moduli of a broken generator are powers of 65537 modulo each of these primes.
_ROCA_PRIMES: Final = (
    3,
    5,
    7,
    11,
    13,
    17,
    19,
    23,
    29,
    31,
    37,
    53,
    61,
    71,
    73,
    79,
    97,
    103,
    107,
    109,
    127,
    151,
    157,
)


class JoseError(ValueError):
    """Not a token, not a key, or not one that is taken here."""


class Key(NamedTuple):
    kid: str
    alg: str
    public: PublicKey


class Token(NamedTuple):
    header: Json
    claims: Json


def read_key_set(content: Any, algorithms: Iterable[str] = ALGORITHMS) -> dict[str, Key]:
    """The keys of a JWK set that verify tokens here, by their ids; keys for something else are left out.

    Raises JoseError for a set that is none, has one id twice, or holds what must never be published.
    """
    keys = content.get("keys") if isinstance(content, Mapping) else None
    if not isinstance(keys, list) or not all(isinstance(key, Mapping) for key in keys):
        raise JoseError("not a JWK set")
    if any(_PRIVATE_PARTS & key.keys() for key in keys):
        raise JoseError("a JWK set that holds private or symmetric keys")
    kids = [key.get("kid") for key in keys]
    if len(set(map(str, kids))) != len(kids):
        raise JoseError("a JWK set that has one kid twice")
    allowed = frozenset(algorithms) & frozenset(ALGORITHMS)
    found = (_key(key) for key in keys if str(key.get("alg")) in allowed and _verifies(key))
    return {key.kid: key for key in found if key is not None}


def open_token(token: str, find_key: Callable[[str], Key | None]) -> Token | None:
    """What a token says, if a key of Keystead's signed it; None for all else. Claims are not looked at."""
    segments = _segments(token)
    if segments is None:
        return None
    try:
        header = _object(segments[0])
        key = find_key(str(header.get("kid")))
        if key is None or header.get("alg") != key.alg or "crit" in header:
            return None
        if not _is_right(f"{segments[0]}.{segments[1]}".encode(), _decoded(segments[2]), key.public):
            return None
        return Token(header, _object(segments[1]))
    except JoseError:
        return None


def key_id_of(token: str) -> str | None:
    """Which key a token claims to be signed by; None where it is no token at all."""
    segments = _segments(token)
    if segments is None:
        return None
    try:
        kid = _object(segments[0]).get("kid")
    except JoseError:
        return None
    return kid if isinstance(kid, str) else None


def signature_is_right(token: str, key: Key) -> bool:
    """The signature alone, whatever the payload is; the header must be for this key."""
    segments = _segments(token)
    if segments is None:
        return False
    try:
        header = _object(segments[0])
        if header.get("alg") != key.alg or "crit" in header or header.get("kid", key.kid) != key.kid:
            return False
        _decoded(segments[1])
        return _is_right(f"{segments[0]}.{segments[1]}".encode(), _decoded(segments[2]), key.public)
    except JoseError:
        return False


def _segments(token: str) -> list[str] | None:
    """The three of a compact JWS (RFC 7515 section 7.1); None for all else: a JWE has five."""
    segments = token.split(".") if len(token) <= MAX_TOKEN_LENGTH and token.isascii() else []
    return segments if len(segments) == 3 else None


def _is_right(data: bytes, signature: bytes, key: PublicKey) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != 2 * _COORDINATE:
                return False
            r, s = int.from_bytes(signature[:_COORDINATE]), int.from_bytes(signature[_COORDINATE:])
            key.verify(encode_dss_signature(r, s), data, _ECDSA)
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _verifies(key: Json) -> bool:
    operations = key.get("key_ops", ["verify"])
    return key.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _key(jwk: Json) -> Key | None:
    """None for a key whose kind does not fit its algorithm, or that is too weak to trust."""
    alg, kind = jwk["alg"], (jwk.get("kty"), jwk.get("crv"))
    kid = jwk.get("kid")
    try:
        if alg == "ES256" and kind == ("EC", "P-256"):
            x, y = _number(jwk.get("x")), _number(jwk.get("y"))
            public: PublicKey = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        elif alg in ("Ed25519", "EdDSA") and kind == ("OKP", "Ed25519"):
            public = ed25519.Ed25519PublicKey.from_public_bytes(_decoded(_text(jwk.get("x"))))
        elif alg == "RS256" and kind[0] == "RSA":
            public = _rsa(_number(jwk.get("n")), _number(jwk.get("e")))
        else:
            return None
    except ValueError:  # a point that is not on its curve, a number that is none
        return None
    return Key(kid if isinstance(kid, str) else "", alg, public)


def _rsa(modulus: int, exponent: int) -> rsa.RSAPublicKey:
    if modulus.bit_length() < _SMALLEST_RSA or exponent < 65_537 or exponent % 2 == 0:
        raise JoseError("a weak RSA key")
    if all(modulus % prime in _powers(prime) for prime in _ROCA_PRIMES):
        raise JoseError("an RSA key of a broken generator")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _powers(prime: int) -> set[int]:
    """What 65537 generates modulo a prime."""
    found, power = set[int](), 1
    while power not in found:
        found.add(power)
        power = power * 65_537 % prime
    return found


def _number(text: Any) -> int:
    return int.from_bytes(_decoded(_text(text)))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise JoseError("not a text")
    return value


def _object(segment: str) -> Json:
    data = _decoded(segment)
    try:
        content = json.loads(data.decode(), object_pairs_hook=_without_doubles, parse_constant=_no_number)
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError, too
        raise JoseError("not JSON") from None
    if not isinstance(content, dict):
        raise JoseError("not a JSON object")
    return content


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JoseError("a name that is given twice")
    return found


def _no_number(constant: str) -> float:
    """RFC 8259 section 6: `NaN` and `Infinity` are no JSON, though Python reads them."""
    raise JoseError(f"{constant} is not JSON")


def _decoded(text: str) -> bytes:
    """Strict base64url without padding (RFC 7515 section 2): one text for one value."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise JoseError("not base64url") from None
    if urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise JoseError("not canonical base64url")
    return data

"""JWS compact form (RFC 7515) for the access tokens of RFC 9068. Hot, hence by hand; all other JOSE is joserfc's.

A key signs in one way, whatever a token's header says: ES256 and RS256 (RFC 7518), or Ed25519 (RFC 9864, RFC 8037).

Some clients decode a token's payload with the standard base64 alphabet. Their payload therefore never needs the two
characters in which the alphabets differ: it is ASCII, and the four ASCII characters whose low six bits could give
them (`>`, `?`, `~`, DEL) are written as JSON escapes.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

_ECDSA: Final = ec.ECDSA(SHA256())
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = SHA256()
_COORDINATE: Final = 32
_ESCAPES: Final = ((b">", rb"\u003e"), (b"?", rb"\u003f"), (b"~", rb"\u007e"), (b"\x7f", rb"\u007f"))
_encode = msgspec.json.Encoder().encode


class MalformedTokenError(ValueError):
    """The text is not a compact JWS."""


def encode_segment(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_segment(text: str) -> bytes:
    """Strict base64url without padding (RFC 7515 section 2); one text for one value.

    Raises MalformedTokenError.
    """
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (Base64Error, ValueError):
        raise MalformedTokenError("not base64url") from None
    if encode_segment(data) != text:
        raise MalformedTokenError("not canonical base64url")
    return data


def encode_payload(claims: Any) -> bytes:
    """Claims as the JSON that goes into a token: ASCII, and free of what standard base64 would spell differently."""
    payload = _encode(claims)
    if not payload.isascii():
        payload = json.dumps(json.loads(payload), separators=(",", ":")).encode()
    for character, escape in _ESCAPES:
        if character in payload:
            payload = payload.replace(character, escape)
    return payload


def sign(header_segment: str, claims: Any, key: PrivateKey) -> str:
    """The compact JWS of `claims`."""
    signing_input = f"{header_segment}.{encode_segment(encode_payload(claims))}"
    return f"{signing_input}.{encode_segment(_signature(signing_input.encode(), key))}"


def _signature(data: bytes, key: PrivateKey) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):  # RFC 7518 section 3.4
        r, s = decode_dss_signature(key.sign(data, _ECDSA))
        return r.to_bytes(_COORDINATE) + s.to_bytes(_COORDINATE)
    if isinstance(key, ed25519.Ed25519PrivateKey):  # RFC 8037 section 3.1
        return key.sign(data)
    return key.sign(data, _PKCS1, _SHA256)  # RFC 7518 section 3.3


def verify(signing_input: str, signature_segment: str, key: PublicKey) -> bool:
    """Whether the signature is right. Raises MalformedTokenError when it is no base64url."""
    signature, data = decode_segment(signature_segment), signing_input.encode()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != 2 * _COORDINATE:
                return False
            r, s = int.from_bytes(signature[:_COORDINATE]), int.from_bytes(signature[_COORDINATE:])
            key.verify(encode_dss_signature(r, s), data, _ECDSA)
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, _PKCS1, _SHA256)
    except InvalidSignature:
        return False
    return True

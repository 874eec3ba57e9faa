"""Signing keys: sealed at rest under the master key, held in memory, published as a JWK set (RFC 7517)."""

import asyncio
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from joserfc.jwk import import_key

from keystead.tokens import key_life
from keystead.tokens.jwt import PrivateKey, PublicKey, decode_segment, encode_segment
from keystead.tokens.key_life import KeyLife, KeyState
from keystead.tokens.master_key import MasterKey

ES256: Final = "ES256"
_RSA_BITS: Final = 2048
_MAKERS: Final[dict[str, Callable[[], PrivateKey]]] = {
    ES256: lambda: ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "EdDSA": ed25519.Ed25519PrivateKey.generate,  # the name of before RFC 9864, which older libraries know
    "RS256": lambda: rsa.generate_private_key(public_exponent=65_537, key_size=_RSA_BITS),
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`alg` is the one algorithm that the key is for. `header` is the ready first segment of its access tokens."""

    kid: str
    alg: str
    private: PrivateKey
    public: PublicKey
    public_jwk: dict[str, Any]
    header: str
    id_token_header: str

    @classmethod
    def generate(cls, alg: str = ES256) -> Self:
        return cls.from_private(_MAKERS[alg](), alg)

    @classmethod
    async def made(cls, alg: str) -> Self:
        """The same beside the event loop, and before a change begins: an RSA key takes tens of milliseconds."""
        return await asyncio.to_thread(cls.generate, alg)

    @classmethod
    def from_private(cls, private: PrivateKey, alg: str = ES256) -> Self:
        jwk = import_key(_pem(private), _key_type(private))
        kid = jwk.thumbprint()
        public_jwk = {**jwk.as_dict(private=False), "kid": kid, "use": "sig", "alg": alg}
        return cls(
            kid,
            alg,
            private,
            private.public_key(),
            public_jwk,
            _header("at+jwt", alg, kid),
            _header("JWT", alg, kid),
        )

    def sealed(self, master: MasterKey) -> bytes:
        """The private key as it lies in the database."""
        der = self.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return master.seal(der, self.kid)

    @classmethod
    def opened(cls, sealed: bytes, kid: str, alg: str, master: MasterKey) -> Self:
        """Raises WrongMasterKeyError."""
        private = serialization.load_der_private_key(master.open(sealed, kid), password=None)
        if not isinstance(private, PrivateKey):
            raise TypeError(f"signing key {kid} is of a kind that signs nothing here")
        return cls.from_private(private, alg)


class SigningKeys:
    """The keys as of the newest change that concerned them: one signs, all that are not withdrawn verify."""

    def __init__(self, keys: Sequence[SigningKey], lives: Sequence[KeyLife]) -> None:
        self.replace(keys, lives)

    def replace(self, keys: Sequence[SigningKey], lives: Sequence[KeyLife]) -> None:
        """`keys` and `lives` are of the same keys, by ascending first use; there is at least one."""
        self._by_kid = {key.kid: (key, life) for key, life in zip(keys, lives, strict=True)}
        self.lives = tuple(lives)

    def signing(self, now: int) -> SigningKey:
        return self._by_kid[key_life.signing(self.lives, now).kid][0]

    def find(self, kid: str, now: int) -> SigningKey | None:
        """A key that verifies."""
        key, life = self._by_kid.get(kid, (None, None))
        return None if life is None or life.state(now) is KeyState.WITHDRAWN else key

    def jwks(self, now: int) -> dict[str, Any]:
        return {"keys": [key.public_jwk for key in self._published(now)]}

    def algorithms(self, now: int) -> list[str]:
        """By which tokens of now are signed, and those that may be met beside them: of before, and of keys to come."""
        return list(dict.fromkeys([self.signing(now).alg, *(key.alg for key in self._published(now))]))

    def _published(self, now: int) -> list[SigningKey]:
        return [key for key, life in self._by_kid.values() if life.state(now) is not KeyState.WITHDRAWN]


def key_id(kid: str) -> str:
    """How paths name a key. A UUID (RFC 9562 version 8) of the first bytes of its thumbprint: that may have a `_`."""
    field = bytearray(decode_segment(kid)[:16])
    field[6], field[8] = field[6] & 0x0F | 0x80, field[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(field)))


def _header(typ: str, alg: str, kid: str) -> str:
    return encode_segment(json.dumps({"typ": typ, "alg": alg, "kid": kid}, separators=(",", ":")).encode())


def _key_type(private: PrivateKey) -> Literal["EC", "OKP", "RSA"]:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return "EC"
    return "OKP" if isinstance(private, ed25519.Ed25519PrivateKey) else "RSA"


def _pem(private: PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

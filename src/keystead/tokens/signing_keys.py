"""Signing keys: made once, sealed at rest under the master key, published as a JWK set (RFC 7517)."""

import json
from dataclasses import dataclass
from typing import Any, Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey
from sqlalchemy import insert, select

from keystead.changes.engine import Outcome, Transaction
from keystead.changes.model import Entry
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import signing_key
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tokens.jwt import ALG, encode_segment
from keystead.tokens.master_key import MasterKey

_ALL = Prepared(select(signing_key).order_by(signing_key.c.signs_from, signing_key.c.kid))
_ADD = Prepared(insert(signing_key))


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`header` is the ready first segment of every access token that this key signs."""

    kid: str
    private: ec.EllipticCurvePrivateKey
    public: ec.EllipticCurvePublicKey
    public_jwk: dict[str, Any]
    header: str
    id_token_header: str

    @classmethod
    def from_private(cls, private: ec.EllipticCurvePrivateKey) -> Self:
        jwk = ECKey.import_key(_pem(private))
        kid = jwk.thumbprint()
        public_jwk = {**jwk.as_dict(private=False), "kid": kid, "use": "sig", "alg": ALG}
        return cls(
            kid, private, private.public_key(), public_jwk, _header("at+jwt", kid), _header("JWT", kid)
        )


class SigningKeys:
    """The keys of this server: the newest signs, all verify."""

    def __init__(self, keys: list[SigningKey]) -> None:
        self._by_kid = {key.kid: key for key in keys}
        self.current = keys[-1]

    def find(self, kid: str) -> SigningKey | None:
        return self._by_kid.get(kid)

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.public_jwk for key in self._by_kid.values()]}


async def load_signing_keys(reader: Reader, master: MasterKey) -> list[SigningKey]:
    """Every key, oldest first. Raises WrongMasterKeyError."""
    keys = []
    for row in await reader.fetch_all(_ALL):
        private = serialization.load_der_private_key(
            master.open(row["private_sealed"], row["kid"]), password=None
        )
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError(f"signing key {row['kid']} is not an elliptic curve key")
        keys.append(SigningKey.from_private(private))
    return keys


async def make_signing_key(tx: Transaction, master: MasterKey) -> Outcome[None]:
    """A change: a new ES256 key, sealed before it is written."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = SigningKey.from_private(private)
    der = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    await tx.execute(
        _ADD,
        {
            "kid": key.kid,
            "alg": ALG,
            "public_jwk": json.dumps(key.public_jwk, sort_keys=True),
            "private_sealed": master.seal(der, key.kid),
            "created_at": tx.now,
            "signs_from": tx.now,
        },
    )
    tenant = await scope_at(tx, 0)
    return Outcome(Entry("create", "signing-key", key.kid, ALG, tenant, await scope_path(tx, 0), 201), None)


def _header(typ: str, kid: str) -> str:
    return encode_segment(json.dumps({"typ": typ, "alg": ALG, "kid": kid}, separators=(",", ":")).encode())


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

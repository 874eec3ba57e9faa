"""Whether a key of ours signed a token: RFCs 7515, 7518, 8037, 8725, by their own examples, Wycheproof's and ours."""

from typing import Any, Final, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import import_key

from keystead.tokens import jwt
from keystead.tokens.jws import MAX_TOKEN_LENGTH, open_token
from keystead.tokens.signing_keys import SigningKey
from tests import jose

# RFC 7515 appendix A.2
RSA: Final = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
    "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Ca"
    "pHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h"
    "4FRWyuXpoQ",
    "e": "AQAB",
}
PAYLOAD: Final = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)
RSA_SIGNED: Final = (
    f"eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t"
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j"
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ"
    "Ge77Rw"
)
# RFC 7515 appendix A.3
EC: Final = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
EC_SIGNED: Final = (
    f"eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
# RFC 8037 appendix A
OKP: Final = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
OKP_PRIVATE: Final = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
OKP_THUMBPRINT: Final = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
OKP_SIGNED: Final = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)
ALGORITHMS: Final = ("ES256", "Ed25519", "EdDSA", "RS256")


class Key(NamedTuple):
    """As our own store would hold it."""

    alg: str
    public: Any
    kid: str | None = None


def key_of(alg: str, public_jwk: dict[str, Any]) -> Key:
    plain = {
        name: value for name, value in public_jwk.items() if name not in ("alg", "use", "key_ops", "kid")
    }
    return Key(alg, import_key(plain).get_op_key("verify"), public_jwk.get("kid"))


def is_opened(token: str, key: Key) -> bool:
    return open_token(token, lambda _: key) is not None


@pytest.mark.parametrize(
    ("alg", "public", "token"),
    [("RS256", RSA, RSA_SIGNED), ("ES256", EC, EC_SIGNED), ("EdDSA", OKP, OKP_SIGNED)],
)
def test_the_examples_of_rfc_7515_and_rfc_8037(alg: str, public: dict[str, str], token: str) -> None:
    key = key_of(alg, public)
    opened = open_token(token, lambda _: key)
    assert opened is not None
    assert opened.payload == jwt.decode_segment(token.split(".")[1])
    for other in set(ALGORITHMS) - {alg}:
        assert not is_opened(token, key._replace(alg=other))


def test_rfc_8037_appendix_a_3_and_a_4_a_key_is_named_by_its_thumbprint_and_signs_as_the_example() -> None:
    private = Ed25519PrivateKey.from_private_bytes(jwt.decode_segment(OKP_PRIVATE))
    key = SigningKey.from_private(private, "EdDSA")
    assert key.kid == OKP_THUMBPRINT
    assert key.public_jwk == {**OKP, "kid": OKP_THUMBPRINT, "use": "sig", "alg": "EdDSA"}
    header, payload, signature = OKP_SIGNED.split(".")
    assert jwt.encode_segment(private.sign(f"{header}.{payload}".encode())) == signature


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_another_library_verifies_what_is_signed_here(alg: str) -> None:
    key = SigningKey.generate(alg)
    token = jwt.sign(key.header, {"a": 1}, key.private)
    read = jws.deserialize_compact(token, import_key(key.public_jwk), algorithms=[alg])
    assert read.headers() == {"typ": "at+jwt", "alg": alg, "kid": key.kid}
    opened = open_token(token, lambda kid: key if kid == key.kid else None)
    assert opened is not None
    assert opened.header.typ == "at+jwt"


def test_rfc_7518_section_3_3_an_rsa_key_has_2048_bits() -> None:
    assert SigningKey.generate("RS256").public.key_size == 2048  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_good_ones_are_opened_and_spoiled_ones_are_not() -> None:
    wrong, valid = [], 0
    for vector in jose.own():
        key = key_of(vector.keys[0]["alg"], vector.keys[0])
        opened = open_token(vector.token, {key.kid: key}.get)
        valid += vector.valid
        if (opened is not None) != vector.valid:
            wrong.append(vector.name)
    assert (wrong, valid) == ([], len(ALGORITHMS))


def test_what_is_longer_than_any_token_is_none() -> None:
    key = SigningKey.generate()
    token = jwt.sign(key.header, {"a": "x" * MAX_TOKEN_LENGTH}, key.private)
    assert open_token(token, lambda _: key) is None
    assert open_token("." * MAX_TOKEN_LENGTH, lambda _: key) is None


def test_wycheproof_accepts_what_is_opened_and_nothing_else() -> None:
    """Keys of ours are for signing, by algorithms of ours: vectors about other keys are for those who take some in."""
    vectors = [
        vector
        for vector in jose.wycheproof("json_web_signature")
        if jose.is_supported(vector) and vector.keys[0].get("use") != "enc"
    ]
    wrong = []
    for vector in vectors:
        key = key_of(vector.keys[0]["alg"], vector.keys[0])
        opened = isinstance(vector.token, str) and is_opened(vector.token, key)
        if opened != vector.valid:
            wrong.append(vector.name)
    assert wrong == []
    valid = sum(vector.valid for vector in vectors)
    assert (valid, len(vectors) - valid) == (10, 262)


@pytest.mark.parametrize("header", jose.ODD_HEADERS, ids=lambda one: one[:30].decode("latin-1"))
def test_a_header_that_is_hard_to_read_makes_a_token_none_and_nothing_worse(header: bytes) -> None:
    key = jose.private_keys()["ES256"]
    ours = key_of("ES256", jose.public_jwk("ES256", key))
    token = jose.signed_as("ES256", jose.segment(header.replace(b"KID", key.kid.encode())), "e30", key)
    assert not is_opened(token, ours)

"""The compact JWS of access tokens: RFC 7515, RFC 7518 section 3.4, and the rule about standard base64."""

import json
from base64 import b64decode, urlsafe_b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey

from keystead.tokens import jwt
from keystead.tokens.claims import AccessClaims, IdClaims
from keystead.tokens.signing_keys import SigningKey

KEY = SigningKey.from_private(ec.generate_private_key(ec.SECP256R1()))
OTHER_KEY = SigningKey.from_private(ec.generate_private_key(ec.SECP256R1()))

# What the alphabets of base64 spell differently, and what surrounds it.
AWKWARD = st.text(st.sampled_from('>?~\x7f}|<=@\\"/+-_ \x00\u00be\u00bf\u07ff\uffff\U0001fbff'))
TEXT = st.one_of(AWKWARD, st.text(st.characters(exclude_categories=["Cs"])))
CLAIMS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def sign(claims: Any) -> str:
    return jwt.sign(KEY.header, claims, KEY.private)


def access_claims(issuer: str, name: str, subject: str) -> AccessClaims:
    return AccessClaims(
        iss=issuer,
        sub=subject,
        aud=issuer,
        client_id=name,
        iat=1,
        exp=2,
        jti=subject,
        tenant_id="1",
        subject_type="service-account",
        credential_id=subject,
        generation=1,
    )


def padded(segment: str) -> str:
    return segment + "=" * (-len(segment) % 4)


def assert_reads_alike(token: str, claims: Any) -> None:
    """With the standard alphabet of base64, with the URL's, and with no regard to either."""
    payload = token.split(".")[1]
    assert not set(payload) & set("-_+/")
    assert json.loads(b64decode(padded(payload), validate=True)) == claims
    assert json.loads(urlsafe_b64decode(padded(payload))) == claims


# The payload and standard base64


@given(st.dictionaries(TEXT, CLAIMS, max_size=6))
def test_any_payload_reads_the_same_in_both_alphabets_of_base64(claims: dict[str, Any]) -> None:
    assert_reads_alike(sign(claims), claims)


@given(issuer=TEXT, name=TEXT, subject=TEXT)
def test_whatever_issuer_and_subject_are_called_an_access_token_reads_in_both_alphabets(
    issuer: str, name: str, subject: str
) -> None:
    assert_reads_alike(
        sign(access_claims(issuer, name, subject)),
        {
            "iss": issuer,
            "sub": subject,
            "aud": issuer,
            "client_id": name,
            "iat": 1,
            "exp": 2,
            "jti": subject,
            "tenant_id": "1",
            "subject_type": "service-account",
            "credential_id": subject,
            "generation": 1,
        },
    )


@given(issuer=TEXT, email=TEXT)
def test_an_id_token_reads_in_both_alphabets_too(issuer: str, email: str) -> None:
    claims = IdClaims(
        iss=issuer, sub="s", aud="a", iat=1, exp=2, tenant_id="1", email=email, preferred_username=email
    )
    expected = {"iss": issuer, "sub": "s", "aud": "a", "iat": 1, "exp": 2, "tenant_id": "1"}
    assert_reads_alike(sign(claims), expected | {"email": email, "preferred_username": email})


def test_every_ascii_character_is_safe_at_every_place_of_a_group() -> None:
    for code in range(32, 128):
        for shift in range(3):
            claims = {"a" * shift: chr(code) * 6}
            assert_reads_alike(sign(claims), claims)


# Signatures (RFC 7518 section 3.4)


def test_another_library_verifies_what_is_signed_here() -> None:
    claims = {"iss": "https://keystead.example", "exp": 2}
    read = jws.deserialize_compact(sign(claims), ECKey.import_key(KEY.public_jwk), algorithms=["ES256"])
    assert json.loads(read.payload) == claims
    assert read.headers() == {"typ": "at+jwt", "alg": "ES256", "kid": KEY.kid}


def test_what_another_library_signed_verifies_here() -> None:
    pem = ECKey.generate_key("P-256")
    token = jws.serialize_compact({"alg": "ES256"}, b"payload", pem, algorithms=["ES256"])
    signing_input, _, signature = token.rpartition(".")
    public = pem.get_op_key("verify")
    assert jwt.verify(signing_input, signature, public)


def test_a_signature_holds_for_its_key_and_its_text_alone() -> None:
    signing_input, _, signature = sign({"sub": "a"}).rpartition(".")
    assert jwt.verify(signing_input, signature, KEY.public)
    assert not jwt.verify(signing_input, signature, OTHER_KEY.public)
    assert not jwt.verify(signing_input + "A", signature, KEY.public)


@given(place=st.integers(0, 63), change=st.integers(1, 255))
def test_a_signature_with_any_byte_changed_is_wrong(place: int, change: int) -> None:
    signing_input, _, signature = sign({"sub": "a"}).rpartition(".")
    changed = bytearray(jwt.decode_segment(signature))
    changed[place] ^= change
    assert not jwt.verify(signing_input, jwt.encode_segment(bytes(changed)), KEY.public)


@pytest.mark.parametrize("length", [0, 1, 32, 63, 65, 71, 128])
def test_a_signature_of_another_length_is_wrong(length: int) -> None:
    """A signature in DER, for one: 70 to 72 bytes."""
    assert not jwt.verify("a.b", jwt.encode_segment(bytes(length)), KEY.public)


def test_a_signature_of_zeros_is_wrong() -> None:
    assert not jwt.verify("a.b", jwt.encode_segment(bytes(64)), KEY.public)


# Segments (RFC 7515 section 2)


@given(st.binary())
def test_a_segment_reads_back(data: bytes) -> None:
    assert jwt.decode_segment(jwt.encode_segment(data)) == data


@pytest.mark.parametrize(
    "text", ["YQ==", "YQ=", "YR", "Y", "Y Q", "YQ\n", "YWE.", "+/8", "YQé", "YQ\x00", "=", "\ud800"]
)
def test_a_segment_that_is_not_the_one_spelling_of_its_bytes_is_refused(text: str) -> None:
    with pytest.raises(jwt.MalformedTokenError):
        jwt.decode_segment(text)


@given(st.text())
def test_whatever_a_segment_is_it_is_read_or_refused(text: str) -> None:
    try:
        data = jwt.decode_segment(text)
    except jwt.MalformedTokenError:
        return
    assert jwt.encode_segment(data) == text

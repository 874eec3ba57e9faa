"""The guard's own JOSE: which keys it takes from a set, and which tokens they open."""

from typing import Any

import pytest

from keystead_guard.jose import (
    ALGORITHMS,
    JoseError,
    key_id_of,
    open_token,
    read_key_set,
    signature_is_right,
)
from tests import jose


def is_accepted(vector: jose.Vector) -> bool:
    """As the guard would: by a set of keys, of which it takes those that are for this."""
    try:
        keys = read_key_set({"keys": vector.keys})
    except JoseError:
        return False
    return isinstance(vector.token, str) and any(
        signature_is_right(vector.token, key) for key in keys.values()
    )


@pytest.mark.parametrize("name", ["json_web_signature", "json_web_key"])
def test_wycheproof_accepts_what_is_opened_and_nothing_else(name: str) -> None:
    vectors = jose.wycheproof(name)
    opened = [vector.name for vector in vectors if not vector.valid and is_accepted(vector)]
    assert opened == []
    refused = [
        vector.name
        for vector in vectors
        if vector.valid and jose.is_supported(vector) and not is_accepted(vector)
    ]
    assert refused == []
    assert sum(vector.valid and jose.is_supported(vector) for vector in vectors) > 0


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_good_ones_are_opened_and_spoiled_ones_are_not() -> None:
    wrong, valid = [], 0
    for vector in jose.own():
        keys = read_key_set({"keys": vector.keys})
        valid += vector.valid
        if (open_token(vector.token, keys.get) is not None) != vector.valid:
            wrong.append(vector.name)
    assert (wrong, valid) == ([], len(ALGORITHMS))


def published(*algs: str) -> list[dict[str, Any]]:
    keys = jose.private_keys()
    return [jose.public_jwk(alg, keys[alg]) for alg in algs]


def test_keys_for_something_else_are_left_out() -> None:
    (key,) = published("ES256")
    for other in (
        {"use": "enc"},
        {"key_ops": ["encrypt"]},
        {"key_ops": "verify"},
        {"key_ops": 1},
        {"alg": ["ES256"]},
        {"alg": "ES384"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"crv": "P-384"},
        {"x": "AA"},
        {"x": 1},
        {"y": key["x"]},
        {"kty": "OKP"},
    ):
        assert read_key_set({"keys": [{**key, **other}]}) == {}, other
    del key["alg"]
    assert read_key_set({"keys": [key]}) == {}


def test_only_the_algorithms_that_are_allowed_count() -> None:
    keys = published("ES256", "Ed25519", "RS256")
    assert len(read_key_set({"keys": keys})) == 3
    assert [key.alg for key in read_key_set({"keys": keys}, ["RS256", "HS256"]).values()] == ["RS256"]


def test_a_set_that_is_none_or_holds_what_must_not_be_published_is_refused_whole() -> None:
    (key,) = published("ES256")
    contents: list[Any] = [None, [], {}, {"keys": None}, {"keys": [1]}, {"keys": [key, key]}]
    for content in contents:
        with pytest.raises(JoseError):
            read_key_set(content)
    for secret in ({"d": "x"}, {"k": "x"}, {"p": "x"}):
        with pytest.raises(JoseError):
            read_key_set({"keys": [key, {"kty": "oct", "kid": "other", **secret}]})
    assert read_key_set({"keys": []}) == {}


def test_a_name_that_is_given_twice_makes_a_token_none() -> None:
    key, other = jose.private_keys()["ES256"], '{"alg":"ES256","kid":"%s","kid":"%s"}'
    keys = read_key_set({"keys": [jose.public_jwk("ES256", key)]})
    header = jose.segment((other % (key.kid, key.kid)).encode())
    payload = jose.segment({"a": 1})
    token = jose.signed_as("ES256", header, payload, key)
    assert open_token(token, keys.get) is None


@pytest.mark.parametrize(
    "header", [jose.A_LONG_NUMBER, *jose.ODD_HEADERS], ids=lambda one: one[:30].decode("latin-1")
)
def test_a_header_that_is_hard_to_read_makes_a_token_none_and_nothing_worse(header: bytes) -> None:
    key = jose.private_keys()["ES256"]
    keys = read_key_set({"keys": [jose.public_jwk("ES256", key)]})
    token = jose.signed_as("ES256", jose.segment(header.replace(b"KID", key.kid.encode())), "e30", key)
    assert open_token(token, keys.get) is None
    assert key_id_of(token) in (None, key.kid)

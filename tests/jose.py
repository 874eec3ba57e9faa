"""Signed texts, good and bad, with the keys that they are to be held against: Wycheproof's, and a set of our own.

`JOSE_VECTORS` names the folder with Wycheproof's; our own stand in where there is none, and are tried beside.
"""

import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

FOLDER: Final = "JOSE_VECTORS"
SUPPORTED: Final = ("ES256", "Ed25519", "EdDSA", "RS256")
A_LONG_NUMBER: Final = b'{"alg":"ES256","kid":"KID","x":' + b"1" * 5_000 + b"}"
# Headers that JSON readers stumble over. `KID` stands for the key's id.
ODD_HEADERS: Final = (
    b'{"alg":"ES256","kid":"KID","x":' + b"[" * 5_000 + b"]" * 900 + b"}",
    b'{"alg":"ES256","kid":"KID","x":' + b"[" * 2_900 + b"]" * 2_900 + b"}",
    b'{"alg":"ES256","kid":"KID","x":NaN}',
    b'{"alg":"ES256","kid":"KID","x":-Infinity}',
    b'{"alg":"ES256","kid":"KID","crit":null}',
    b'{"alg":"ES256","kid":"KID"} {}',
    b'\xef\xbb\xbf{"alg":"ES256","kid":"KID"}',
    b"\xff\xfe{",
    b'{"alg":["ES256"],"kid":"KID"}',
    b'{"alg":"ES256","kid":{"KID":1}}',
    b'{"alg":"es256","kid":"KID"}',
    b'{"alg":"ES256\\u0000","kid":"KID"}',
    b"[]",
    b'"ES256"',
    b"null",
    b"",
)
Json = dict[str, Any]


class Vector(NamedTuple):
    """`keys` is the JWK set that a verifier has; `token` is text, or something else in place of a compact JWS."""

    name: str
    keys: list[Json]
    token: Any
    valid: bool


def wycheproof(name: str) -> list[Vector]:
    """Every vector of one of Wycheproof's files. Skips the test where the folder is not named."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        pytest.skip(
            f"{FOLDER} names no folder with Wycheproof's vectors: those of our own stand in for them."
        )
    content = json.loads((Path(folder) / f"wycheproof_{name}_test.json").read_text())
    return [
        Vector(
            f"{test['tcId']} {group['comment']} {test['comment']}",
            _keys(group.get("public") or group["private"]),
            test["jws"],
            test["result"] == "valid",
        )
        for group in content["testGroups"]
        for test in group["tests"]
    ]


def _keys(group: Json) -> list[Json]:
    found: list[Json] = group.get("keys", [group])
    return found


def is_supported(vector: Vector) -> bool:
    """Whether every key is for an algorithm that we take."""
    return all(key.get("alg") in SUPPORTED for key in vector.keys)


def segment(content: object) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def private_keys() -> dict[str, Any]:
    """One for each algorithm, with its `kid`."""
    made: dict[str, Any] = {
        "ES256": ECKey.generate_key("P-256", private=True),
        "Ed25519": OKPKey.generate_key("Ed25519", private=True),
        "EdDSA": OKPKey.generate_key("Ed25519", private=True),
        "RS256": RSAKey.generate_key(2048, private=True),
    }
    for key in made.values():
        key.ensure_kid()
    return made


def public_jwk(alg: str, key: Any) -> Json:
    return {**key.as_dict(private=False), "alg": alg, "use": "sig"}


def own() -> Iterator[Vector]:
    """Made anew each time: good ones by another library, and each good one spoiled in every way that has a name."""
    keys, strangers = private_keys(), private_keys()
    for alg, key in keys.items():
        public = public_jwk(alg, key)
        head = {"alg": alg, "kid": key.kid}
        token = jws.serialize_compact(head, b'{"a":1}', key, algorithms=[alg])
        yield Vector(f"{alg} good", [public], token, True)
        for name, spoiled in _spoiled(token, head, public, key, strangers[alg]):
            yield Vector(f"{alg} {name}", [public], spoiled, False)


def _spoiled(token: str, head: Json, public: Json, key: Any, stranger: Any) -> Iterator[tuple[str, Any]]:
    header, payload, signature = token.split(".")
    raw = urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    signed = f"{header}.{payload}"
    yield "nothing", ""
    yield "without a signature", f"{signed}."
    yield "with two segments", signed
    yield "with a fourth segment", f"{token}."
    yield "as a JWE has it", f"{token}.a.b"
    yield "signature cut", f"{signed}.{segment(raw[:-1])}"
    yield "signature longer", f"{signed}.{segment(raw + bytes(1))}"
    yield "signature of zeros", f"{signed}.{segment(bytes(len(raw)))}"
    yield "signature of ones", f"{signed}.{segment(bytes([255]) * len(raw))}"
    yield "signature changed", f"{signed}.{segment(bytes([raw[0] ^ 1]) + raw[1:])}"
    yield "padding", f"{signed}.{signature}="
    yield "blanks", f" {token}"
    yield "a line's end", f"{token}\n"
    yield "standard base64", f"{signed}.{signature[:-1]}+"
    yield "another payload", f"{header}.{segment({'a': 2})}.{signature}"
    yield "another header", f"{segment({**head, 'x': 1})}.{payload}.{signature}"
    yield "alg none", f"{segment({**head, 'alg': 'none'})}.{payload}."
    yield "alg None, with a signature", f"{segment({**head, 'alg': 'None'})}.{payload}.{signature}"
    yield "alg missing", f"{segment({'kid': head['kid']})}.{payload}.{signature}"
    yield "alg twice", f"{segment(_twice(head))}.{payload}.{signature}"
    yield "JSON serialization", json.dumps({"payload": payload, "protected": header, "signature": signature})
    yield from _signed_otherwise(head, payload, public, key, stranger)


def _twice(head: Json) -> bytes:
    return f'{{"alg":"none","alg":"{head["alg"]}","kid":"{head["kid"]}"}}'.encode()


def _signed_otherwise(
    head: Json, payload: str, public: Json, key: Any, stranger: Any
) -> Iterator[tuple[str, Any]]:
    """By a right signature of somebody who has no private key of ours, or by one that means something else."""
    data = urlsafe_b64decode(payload + "==")
    text = json.dumps(public, sort_keys=True)
    for name, secret in (("the public key", text.encode()), ("an empty key", b"")):
        signing_input = f"{segment({**head, 'alg': 'HS256'})}.{payload}"
        digest = hmac.digest(secret, signing_input.encode(), "sha256")
        yield f"HMAC with {name}", f"{signing_input}.{segment(digest)}"
    alg = head["alg"]
    told = public_jwk(alg, stranger)
    for name, more in (
        ("another's key", {}),
        ("another's key in the header", {"jwk": told}),
        ("another's key by address", {"jku": "http://127.0.0.1:1/keys", "x5u": "http://127.0.0.1:1/cert"}),
    ):
        yield name, jws.serialize_compact(head | more, data, stranger, algorithms=[alg])
    for name, changed in (
        ("an unknown key's id", {**head, "kid": "unknown"}),
        ("another's algorithm", {**head, "alg": next(one for one in SUPPORTED if one != alg)}),
    ):
        yield name, signed_as(alg, segment(changed), payload, key)
    critical = {**head, "crit": ["exp"], "exp": 1}
    yield "a critical header", signed_as(alg, segment(critical), payload, key)


def signed_as(alg: str, header: str, payload: str, key: Any) -> str:
    """A right signature by `alg` of two segments, whatever they say."""
    signing_input = f"{header}.{payload}"
    algorithm = jws.JWSRegistry.algorithms[alg]
    return f"{signing_input}.{segment(algorithm.sign(signing_input.encode(), key))}"

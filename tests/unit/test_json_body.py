"""JSON bodies: one text, one meaning (RFC 8259, RFC 7493)."""

import contextlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.kit.errors import KeysteadError, Kind
from keystead.web.json_body import decode_body

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


class Part(msgspec.Struct, rename="camel"):
    part_name: str


class Body(msgspec.Struct, rename="camel"):
    name: str
    labels: dict[str, str] = {}
    parts: list[Part] = []
    names: list[list[str]] = []


ANYTHING = msgspec.json.Decoder()
DECODER = msgspec.json.Decoder(Body)


def refusal(raw: bytes) -> str:
    with pytest.raises(KeysteadError) as caught:
        decode_body(DECODER, raw)
    assert caught.value.kind is Kind.BAD_INPUT
    assert caught.value.field is not None
    assert caught.value.message.startswith(caught.value.field + ": ")
    assert caught.value.message.endswith(".")
    return caught.value.message


@given(VALUES.filter(lambda value: not isinstance(value, str)))
def test_what_a_client_writes_is_read_once_and_twice_encoded(value: Any) -> None:
    written = json.dumps(value)
    assert decode_body(ANYTHING, written.encode()) == value
    assert decode_body(ANYTHING, json.dumps(written).encode()) == value
    assert decode_body(ANYTHING, f" \n{written}\t".encode()) == value


@given(st.binary())
def test_whatever_comes_is_read_or_refused(raw: bytes) -> None:
    for decoder in (ANYTHING, DECODER):
        with contextlib.suppress(KeysteadError):
            decode_body(decoder, raw)


@pytest.mark.parametrize("raw", [b"", b"  ", b"\n", b'""', b'" "'])
def test_an_empty_body_is_asked_for(raw: bytes) -> None:
    assert refusal(raw) == "body: a JSON object is required."


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b'{"name":"a"',
        b'{"name":"a",}',
        b"{'name':'a'}",
        b'{"name":"a"} {}',
        b'{"name":NaN}',
        b'{"name":"a\nb"}',
        b'{"name":"a\x00b"}',
        b"\xef\xbb\xbf{}",
        b"name=a",
        b'"name"',
    ],
)
def test_what_is_no_json_is_said_to_be_none(raw: bytes) -> None:
    assert refusal(raw).startswith("body: is not JSON: ")


@pytest.mark.parametrize("raw", [b'{"name":"\xff"}', b'{"name":"\xed\xa0\x80"}'])
def test_what_is_no_utf_8_is_said_to_be_none(raw: bytes) -> None:
    assert refusal(raw) == "body: must be JSON in UTF-8."


@pytest.mark.parametrize("escape", [rb"\ud800", rb"\udc00", rb"\ud800\u0041", rb"\ud800\ud800", rb"a\udfffb"])
def test_half_a_character_is_refused(escape: bytes) -> None:
    assert refusal(b'{"name":"' + escape + b'"}').startswith("body: is not JSON: ")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[]", "body: expected `object`, got `array`."),
        (b"null", "body: expected `object`, got `null`."),
        (b"{}", "name: is required."),
        (b'{"name":1}', "name: expected `str`, got `int`."),
        (b'{"name":null}', "name: expected `str`, got `null`."),
        (b'{"name":"a","labels":{"b":1}}', "labels[...]: expected `str`, got `int`."),
        (b'{"name":"a","parts":[{}]}', "parts[0].partName: is required."),
        (b'{"name":"a","parts":[{"partName":1}]}', "parts[0].partName: expected `str`, got `int`."),
    ],
)
def test_a_wrong_type_is_told_by_its_field_and_by_what_would_be_right(raw: bytes, said: str) -> None:
    assert refusal(raw) == said


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b'{"name":"a","name":"b"}', "name"),
        (b'{"name":"a","name":"a"}', "name"),
        (b'{"name":"a","\\u006eame":"b"}', "name"),
        (b'{"name":"a","labels":{"b":"1","b":"2"}}', "b"),
        (b'{"name":"a","unknown":[{"c":1,"c":1}]}', "c"),
    ],
)
def test_a_name_that_is_given_twice_is_refused(raw: bytes, field: str) -> None:
    assert refusal(raw) == f"{field}: is given more than once."


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (rb'{"name":"a\u0000"}', "name"),
        (rb'{"name":"a","labels":{"b":"\u0000"}}', "b"),
        (rb'{"name":"a","labels":{"b\u0000":"1"}}', "b?"),
        (rb'{"name":"a","names":[["b"],["\u0000"]]}', "names"),
        (rb'"{\"name\":\"a\\u0000\"}"', "name"),
    ],
)
def test_a_nul_character_is_told_by_its_field(raw: bytes, field: str) -> None:
    assert refusal(raw) == f"{field}: must not contain a NUL character."


def test_the_spelling_of_an_escape_is_no_nul() -> None:
    assert decode_body(DECODER, rb'{"name":"\\u0000"}').name == r"\u0000"


@pytest.mark.parametrize("part", [b"[", b'{"a":', b'[{"a":'])
def test_deep_nesting_is_refused(part: bytes) -> None:
    assert refusal(b'{"unknown":' + part * 100_000) == "body: nests too deeply."


@pytest.mark.parametrize("number", ["9" * 5_000, "1" + "0" * 400, "-" + "9" * 5_000, "0." + "1" * 5_000])
def test_a_long_number_in_a_field_that_nobody_reads_does_not_matter(number: str) -> None:
    assert decode_body(DECODER, f'{{"name":"a","unknown":[{number}]}}'.encode()).name == "a"

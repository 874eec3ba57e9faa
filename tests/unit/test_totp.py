"""One-time codes: the vectors of RFC 6238, the window, each once; codes for the day on which the app is gone."""

import re
from base64 import b32decode
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from keystead.kit.clock import SECOND
from keystead.users import totp

KEY = b"12345678901234567890"
NOW = 1_800_000_000 * SECOND
STEP = 1_800_000_000 // totp.STEP_SECONDS


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    assert totp.code_at(KEY, seconds // totp.STEP_SECONDS, digits=8) == code
    # Six digits are the last six (RFC 4226 section 5.3).
    assert totp.code_at(KEY, seconds // totp.STEP_SECONDS) == code[2:]


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_for_its_own_step_and_for_one_on_either_side(steps: int, taken: bool) -> None:
    found = totp.matching_step(KEY, totp.code_at(KEY, STEP + steps), NOW, after=0)
    assert found == (STEP + steps if taken else None)


def test_neither_a_step_that_was_taken_nor_an_older_one_is_taken_again() -> None:
    for steps in (-1, 0):
        assert totp.matching_step(KEY, totp.code_at(KEY, STEP + steps), NOW, after=STEP) is None
    assert totp.matching_step(KEY, totp.code_at(KEY, STEP + 1), NOW, after=STEP) == STEP + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_six_digits_is_no_code_of_an_app(code: str) -> None:
    assert not totp.looks_like_totp(code)
    assert totp.looks_like_totp(totp.code_at(KEY, STEP))


@pytest.mark.parametrize("code", ["", "１２３４５６", "ünfug!", "\U0001f680" * 6])
def test_a_code_of_any_text_is_a_wrong_one(code: str) -> None:
    assert totp.matching_step(KEY, code, NOW, after=0) is None


def test_the_secret_is_as_apps_read_it() -> None:
    secret = totp.generate_secret()
    assert len(secret) == totp.SECRET_BYTES
    assert secret != totp.generate_secret()
    text = totp.in_base32(secret).reveal()
    assert re.fullmatch("[A-Z2-7]{32}", text)
    assert b32decode(text) == secret
    uri = urlsplit(totp.provisioning_uri(secret, "dana+ops@example.com").reveal())
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert uri.path == "/Keystead:dana%2Bops%40example.com"
    assert unquote(uri.path) == "/Keystead:dana+ops@example.com"
    assert parse_qs(uri.query) == {"secret": [text], "issuer": ["Keystead"]}


def test_recovery_codes_are_ten_and_kept_as_digests_whatever_way_they_are_typed() -> None:
    codes = [code.reveal() for code in totp.generate_recovery_codes()]
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){3}", code) for code in codes)
    digests = [totp.recovery_digest(code) for code in codes]
    assert not any(part in "".join(digests) for code in codes for part in (code, code.replace("-", "")))
    typed = f" {codes[3].upper().replace('-', ' ')} "
    left = totp.without(digests, typed)
    assert left == digests[:3] + digests[4:]
    assert totp.without(left or [], typed) is None
    assert totp.without(digests, "") is None

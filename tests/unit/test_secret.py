"""Secrets: their form, their checksum, and that they never print."""

import copy
import json
import logging
import pickle
import re
import string
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from keystead.cli.logs import configure_logs
from keystead.kit.secret import (
    CLIENT_SECRET_PREFIX,
    RANDOM_BITS,
    RANDOM_LENGTH,
    REFRESH_TOKEN_PREFIX,
    Secret,
    base62,
    is_well_formed,
    make_secret,
    seal,
    tail,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "secrets.md"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM = st.text(st.sampled_from(ALPHABET), min_size=RANDOM_LENGTH, max_size=RANDOM_LENGTH)
HIDDEN = "never to be seen"


def documented_pattern() -> re.Pattern[str]:
    found = re.search(r"```\n(.*)\n```", DOCUMENT.read_text())
    assert found
    return re.compile(found[1])


def checksum_as_documented(body: str) -> str:
    """Written from the page, not from the code."""
    number, digits = zlib.crc32(body.encode()), ""
    while number:
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return digits.rjust(6, "0")


# Form


def test_a_client_secret_is_what_the_page_for_scanners_says() -> None:
    for _ in range(100):
        text = make_secret(CLIENT_SECRET_PREFIX).reveal()
        assert documented_pattern().fullmatch(text)
        assert checksum_as_documented(text[:-6]) == text[-6:]


def test_a_scanner_finds_a_secret_in_a_line_and_takes_no_refresh_token_for_one() -> None:
    secret, refresh = (
        make_secret(CLIENT_SECRET_PREFIX).reveal(),
        make_secret(REFRESH_TOKEN_PREFIX, 2).reveal(),
    )
    line = f'export CLIENT_SECRET="{secret}" REFRESH={refresh}'
    assert documented_pattern().findall(line) == [secret]


def test_secrets_are_letters_digits_and_underscores_alone() -> None:
    """Old clients do not escape them in forms and URLs."""
    assert re.fullmatch(r"[A-Za-z0-9_]+", make_secret(CLIENT_SECRET_PREFIX).reveal())
    assert re.fullmatch(r"[A-Za-z0-9_]+", make_secret(REFRESH_TOKEN_PREFIX, 2).reveal())


def test_no_two_secrets_are_alike() -> None:
    assert len({make_secret(CLIENT_SECRET_PREFIX).reveal() for _ in range(1_000)}) == 1_000


@given(st.integers(0, 2**RANDOM_BITS - 1))
def test_the_random_digits_hold_every_bit(number: int) -> None:
    digits = base62(number, RANDOM_LENGTH)
    assert len(digits) == RANDOM_LENGTH
    read = 0
    for digit in digits:
        read = read * 62 + ALPHABET.index(digit)
    assert read == number


# Checksum


@given(RANDOM)
def test_what_was_sealed_is_well_formed(digits: str) -> None:
    secret = seal(CLIENT_SECRET_PREFIX + digits)
    assert is_well_formed(secret, CLIENT_SECRET_PREFIX)
    assert not is_well_formed(secret, REFRESH_TOKEN_PREFIX)
    assert not is_well_formed(secret, CLIENT_SECRET_PREFIX, random_parts=2)


@given(RANDOM, st.data())
def test_one_wrong_character_is_always_noticed(digits: str, data: st.DataObject) -> None:
    text = seal(CLIENT_SECRET_PREFIX + digits).reveal()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(exclude_characters=text[place]))
    mistyped = Secret(text[:place] + other + text[place + 1 :])
    assert not is_well_formed(mistyped, CLIENT_SECRET_PREFIX)


@given(RANDOM, st.integers(0, 47))
def test_two_neighbours_changed_round_are_always_noticed(digits: str, place: int) -> None:
    text = seal(CLIENT_SECRET_PREFIX + digits).reveal()
    turned = text[: 4 + place] + text[5 + place] + text[4 + place] + text[6 + place :]
    assert is_well_formed(Secret(turned), CLIENT_SECRET_PREFIX) == (turned == text)


@given(RANDOM, st.integers(0, 52))
def test_a_secret_that_was_cut_is_noticed(digits: str, length: int) -> None:
    text = seal(CLIENT_SECRET_PREFIX + digits).reveal()
    assert not is_well_formed(Secret(text[:length]), CLIENT_SECRET_PREFIX)


@given(st.text(st.characters()))
def test_whatever_is_presented_it_is_judged(text: str) -> None:
    assert not is_well_formed(Secret(text), CLIENT_SECRET_PREFIX)
    assert not is_well_formed(Secret(CLIENT_SECRET_PREFIX + text.ljust(49)[:49]), CLIENT_SECRET_PREFIX)


def test_the_tail_comes_from_the_checksum_and_shows_nothing_random() -> None:
    secret = make_secret(CLIENT_SECRET_PREFIX)
    assert tail(secret) == checksum_as_documented(secret.reveal()[:-6])[-4:]


# Never printed


@dataclass
class Holder:
    password: Secret


class Named(NamedTuple):
    password: Secret


def raising(secret: Secret) -> str:
    try:
        raise ValueError("wrong", secret)
    except ValueError as error:
        return "".join(traceback.format_exception(error))


PRINTERS: dict[str, Callable[[Secret], Any]] = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": format,
    "format with a width": lambda secret: format(secret, ">60"),
    "f-string": lambda secret: f"{secret} {secret!r} {secret!s} {secret!a} {secret:s}",
    "f-string that names it": lambda secret: f"{secret=}",
    "percent": lambda secret: "%s %r %a" % (secret, secret, secret),  # noqa: UP031
    "str.format": lambda secret: "{} {0!r}".replace("{}", "{0}").format(secret),
    "list": lambda secret: str([secret]),
    "dictionary": lambda secret: repr({"password": secret, secret: 1}),
    "dataclass": lambda secret: repr(Holder(secret)),
    "named tuple": lambda secret: repr(Named(secret)),
    "traceback": raising,
    "json with repr": lambda secret: json.dumps({"password": secret}, default=repr),
    "msgspec with repr": lambda secret: msgspec.json.encode({"password": secret}, enc_hook=repr),
}


@pytest.mark.parametrize("printer", PRINTERS)
def test_it_shows_itself_to_nobody(printer: str) -> None:
    shown = str(PRINTERS[printer](Secret(HIDDEN)))
    assert HIDDEN not in shown
    assert "hidden" in shown


SERIALISERS: dict[str, Callable[[Secret], Any]] = {
    "json": json.dumps,
    "msgspec": msgspec.json.encode,
    "pickle": pickle.dumps,
    "pickle of what holds it": lambda secret: pickle.dumps([secret]),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "vars": vars,
}


@pytest.mark.parametrize("serialiser", SERIALISERS)
def test_it_is_not_serialised_without_being_asked(serialiser: str) -> None:
    with pytest.raises(TypeError) as caught:
        SERIALISERS[serialiser](Secret(HIDDEN))
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_protocol_of_pickle_takes_it(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(HIDDEN), protocol)


def test_the_standard_logger_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("signed in with %s and %r", Secret(HIDDEN), [Secret(HIDDEN)])
    assert HIDDEN not in caplog.text
    assert caplog.text.count("hidden") == 2


@pytest.fixture
def logs_as_they_were() -> Iterator[None]:
    """The set-up of logs is the process's: other tests share it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("logs_as_they_were")
@pytest.mark.parametrize("log_format", ["json", "console"])
def test_our_own_log_does_not_show_it(log_format: str, capfd: pytest.CaptureFixture[str]) -> None:
    log = configure_logs(log_format, "info")
    try:
        raise ValueError(Secret(HIDDEN))
    except ValueError:
        log.exception("failed", password=Secret(HIDDEN), holder={"password": Secret(HIDDEN)})
    shown = capfd.readouterr()
    assert "hidden" in shown.err
    assert HIDDEN not in shown.out + shown.err


# Compared


def test_secrets_are_equal_by_their_text_and_to_nothing_else() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("ä")}) == 2


def test_a_digest_is_sha_256() -> None:
    assert Secret("abc").digest().hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

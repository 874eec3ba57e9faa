"""Secrets: how they are made, recognised and kept from being printed.

A secret is a prefix, 43 base62 characters that carry 256 random bits, and 6 base62 characters of checksum
(CRC-32 of all that precedes). The checksum lets a scanner tell a real secret from noise without asking anyone; it
protects nothing, since anyone can compute it.
"""

import hashlib
import re
import secrets
import zlib
from typing import Final, NoReturn

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS: Final = frozenset(_ALPHABET)
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
RANDOM_BITS: Final = 256
RANDOM_LENGTH: Final = 43
CHECKSUM_LENGTH: Final = 6
TAIL_LENGTH: Final = 4

CLIENT_SECRET_PREFIX: Final = "ksk_"
REFRESH_TOKEN_PREFIX: Final = "ksr_"
BROWSER_SESSION_PREFIX: Final = "ksb_"
_SECRET_IN_TEXT: Final = re.compile(r"(ks[krb]_)[0-9A-Za-z]{16,}")  # one that was cut is recognised too


class Secret:
    """Text that must not be printed: it shows itself only to those who ask by `reveal()`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def digest(self) -> bytes:
        """SHA-256. Enough for 256 random bits, which no dictionary holds; never for a password."""
        return hashlib.sha256(self._text.encode()).digest()

    def __repr__(self) -> str:
        return "Secret(hidden)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not serialised; reveal() it where it leaves on purpose")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return secrets.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self.digest())


def base62(number: int, length: int) -> str:
    """`number` in base62, left-padded to `length` digits."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(text: str) -> str:
    high, rest = divmod(zlib.crc32(text.encode()), 62**4)
    middle, low = divmod(rest, 62**2)  # two digits at a time: each grant checks one
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


def random_base62() -> str:
    return base62(secrets.randbits(RANDOM_BITS), RANDOM_LENGTH)


def make_secret(prefix: str, random_parts: int = 1) -> Secret:
    """A new secret of `random_parts` times 256 random bits behind `prefix`."""
    return seal(prefix + "".join(random_base62() for _ in range(random_parts)))


def seal(body: str) -> Secret:
    """Puts the checksum behind `body` (a prefix and its random digits)."""
    return Secret(body + _checksum(body))


def is_well_formed(secret: Secret, prefix: str, random_parts: int = 1) -> bool:
    """Whether the text can have come from `make_secret`: prefix, length, digits and checksum agree."""
    text = secret.reveal()
    if len(text) != len(prefix) + RANDOM_LENGTH * random_parts + CHECKSUM_LENGTH or not text.startswith(
        prefix
    ):
        return False
    if not _DIGITS.issuperset(text[len(prefix) :]):
        return False
    return _checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def tail(secret: Secret) -> str:
    """The last 4 characters of the checksum: tells secrets apart in lists and gives away nothing random."""
    return secret.reveal()[-TAIL_LENGTH:]


def hide_secrets(text: str) -> str:
    """The text without the secrets in it: for what repeats a caller's words, among which one may have slipped."""
    return _SECRET_IN_TEXT.sub(r"\1...", text) if "ks" in text else text

"""One-time codes: by an authenticator app (RFC 6238), or from a list that a person keeps for the day it is gone."""

import base64
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from keystead.kit.clock import SECOND
from keystead.kit.secret import Secret

ISSUER: Final = "Keystead"
STEP_SECONDS: Final = 30
DIGITS: Final = 6
WINDOW: Final = 1  # steps before and after: clocks differ (RFC 6238 section 5.2)
SECRET_BYTES: Final = 20  # as RFC 4226 section 4 recommends
RECOVERY_CODES: Final = 10
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_LENGTH: Final = 16  # some 79 bits: too many to be guessed from their digests


def generate_secret() -> bytes:
    return os.urandom(SECRET_BYTES)


def in_base32(secret: bytes) -> Secret:
    """As people type it into their app, where they cannot scan it."""
    return Secret(base64.b32encode(secret).decode().rstrip("="))


def provisioning_uri(secret: bytes, email: str) -> Secret:
    """What the QR code holds: the key URI format that authenticator apps share."""
    label = quote(f"{ISSUER}:{email}", safe=":")
    return Secret(
        f"otpauth://totp/{label}?" + urlencode({"secret": in_base32(secret).reveal(), "issuer": ISSUER})
    )


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    # HMAC-SHA-1 is what every app computes; as a MAC it stands.
    return (
        TOTP(secret, digits, SHA1(), STEP_SECONDS).generate(step * STEP_SECONDS).decode()  # noqa: S303
    )


def matching_step(secret: bytes, code: str, now: int, after: int) -> int | None:
    """The step whose code this is, at most one away from `now` (microseconds) and newer than `after`; None: wrong.

    The caller keeps the step, so that no code is good twice.
    """
    current = now // (STEP_SECONDS * SECOND)
    matches = [
        step
        for step in range(current - WINDOW, current + WINDOW + 1)
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode())
    ]
    return next((step for step in matches if step > after), None)


def normalised(code: str) -> str:
    """A code without what people put between its parts."""
    return re.sub(r"[\s-]", "", code).lower()


def looks_like_totp(code: str) -> bool:
    return re.fullmatch(rf"[0-9]{{{DIGITS}}}", code, re.ASCII) is not None


def generate_recovery_codes() -> list[Secret]:
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def _recovery_code() -> Secret:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LENGTH))
    return Secret("-".join(letters[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4)))


def recovery_digest(code: str) -> str:
    """SHA-256 in hexadecimal, of a code in any spelling."""
    return Secret(normalised(code)).digest().hex()


def without(digests: Sequence[str], code: str) -> list[str] | None:
    """The digests without that of `code`; None where it is none of them."""
    wanted = recovery_digest(code)
    left = [digest for digest in digests if not hmac.compare_digest(digest, wanted)]
    return None if len(left) == len(digests) else left

"""Passwords: argon2id (RFC 9106), off the event loop, a bounded number at once."""

import secrets
from collections.abc import Callable
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from keystead.kit.errors import KeysteadError, Kind, bad_input
from keystead.kit.secret import Secret
from keystead.kit.turns import Turns

T = TypeVar("T")
MIN_LENGTH: Final = 8
MAX_LENGTH: Final = 256
_AT_ONCE: Final = 2
_WAITING: Final = 32
_WORDS: Final = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._threads = Turns(_AT_ONCE, "keystead-argon2")
        self._under_way = 0
        # Verified when there is no such person, so that an unknown e-mail costs what a known one does.
        self._decoy: str | None = None

    async def hash(self, password: Secret) -> str:
        return await self._run(self._hasher.hash, password.reveal())

    async def verify(self, stored: str | None, password: Secret) -> bool:
        """Whether the password is right; False at the same cost where nothing is stored."""
        if stored is None and self._decoy is None:
            self._decoy = await self._run(self._hasher.hash, secrets.token_urlsafe())
        matches = await self._run(self._matches, stored or self._decoy or "", password.reveal())
        return matches and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., T], *arguments: str) -> T:
        if self._under_way >= _AT_ONCE + _WAITING:
            raise KeysteadError(
                Kind.UNAVAILABLE, "Too many people are signing in: try again in a moment.", retry_after=1
            )
        self._under_way += 1
        try:
            return await self._threads.run(work, *arguments)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        self._threads.close_soon()


def generate_password() -> Secret:
    """Twenty letters and digits that cannot be confused, in groups of five: about 98 bits."""
    groups = ("".join(secrets.choice(_WORDS) for _ in range(5)) for _ in range(4))
    return Secret("-".join(groups))


def require_acceptable(field: str, password: Secret, email: str) -> None:
    """NIST SP 800-63B: length matters, composition rules do not. Raises a bad-input error that never shows it."""
    text = password.reveal()
    if not MIN_LENGTH <= len(text) <= MAX_LENGTH:
        raise bad_input(field, f"must have {MIN_LENGTH} to {MAX_LENGTH} characters.")
    if text.casefold() == email.casefold():
        raise bad_input(field, "must not be the e-mail address.")
    if len(set(text)) < 4:
        raise bad_input(field, "must have at least 4 different characters.")

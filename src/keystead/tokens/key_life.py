"""The life of a signing key: published before it signs, verifying for as long as what it signed may live. Pure.

One key signs at a time. Each is followed by the next, and stays published until the last token that it can have signed
has expired. Beside them keys of other algorithms stand by: published, so that every verifier knows them before one is
told to sign. Times are in microseconds.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final, NamedTuple

from keystead.kit.clock import DAY, SECOND

JWKS_MAX_AGE: Final = 300
"""Seconds for which a verifier may keep the published keys without looking again."""

LONGEST_TOKEN: Final = 86_400
"""Seconds: no token outlives this, whatever the settings of the process that made it."""

# Processes do not agree on the time to the second, and a commit takes a moment.
_MARGIN: Final = 60 * SECOND
LEAD: Final = JWKS_MAX_AGE * SECOND + _MARGIN
"""From the making of a key to its first use: by then nobody holds a set of keys without it."""

_VERIFIES_ON: Final = (LONGEST_TOKEN + JWKS_MAX_AGE) * SECOND + _MARGIN


NEVER: Final = 2**62
"""As a first use: of a key that stands by."""


class KeyState(StrEnum):
    STANDBY = "standby"  # published, signs when its algorithm's turn comes
    COMING = "coming"  # published, does not sign yet
    SIGNING = "signing"
    RETIRED = "retired"  # verifies what it signed
    WITHDRAWN = "withdrawn"  # nothing that it signed lives: neither published nor honoured


class KeyLife(NamedTuple):
    """`retires_at` is when the next key begins to sign; None while there is none."""

    kid: str
    created_at: int
    signs_from: int
    retires_at: int | None
    alg: str = "ES256"

    @property
    def withdrawn_at(self) -> int | None:
        return None if self.retires_at is None else self.retires_at + _VERIFIES_ON

    def state(self, now: int) -> KeyState:
        if self.signs_from == NEVER:
            return KeyState.STANDBY
        if self.retires_at is not None and now >= self.retires_at:
            return KeyState.RETIRED if now < self.retires_at + _VERIFIES_ON else KeyState.WITHDRAWN
        return KeyState.SIGNING if now >= self.signs_from else KeyState.COMING


def lives(keys: Sequence[tuple[str, int, int]]) -> list[KeyLife]:
    """Of each key its id, creation and first use; by ascending first use, those that stand by at the end."""
    follow = [
        KeyLife(kid, created_at, signs_from, None if following == NEVER else following)
        for (kid, created_at, signs_from), (_, _, following) in pairwise(keys)
    ]
    return [*follow, *(KeyLife(*key, None) for key in keys[-1:])]


def succession(keys: Sequence[KeyLife]) -> list[KeyLife]:
    """Those that follow one another."""
    return [key for key in keys if key.signs_from != NEVER]


def standing_by(keys: Sequence[KeyLife], alg: str) -> KeyLife | None:
    return next((key for key in keys if key.signs_from == NEVER and key.alg == alg), None)


def signing(keys: Sequence[KeyLife], now: int) -> KeyLife:
    """The newest whose time has come; the first, where a clock that ran back says that none has."""
    return next((key for key in reversed(keys) if key.signs_from <= now), keys[0])


def is_due(keys: Sequence[KeyLife], days: int, now: int) -> bool:
    """Whether the newest key of a succession has signed for `days` (0: for ever) and nothing follows it yet."""
    if days == 0 or not keys or keys[-1].state(now) is KeyState.COMING:
        return False
    return now >= max(keys[-1].created_at, keys[-1].signs_from) + days * DAY

"""Against guessing: token buckets in memory, by address and by person and address together (access law 15)."""

import ipaddress
import math
from typing import Final, NamedTuple

from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock
from keystead.kit.errors import KeysteadError, Kind

# Clients obey Retry-After while someone waits: the longest that we ask for.
MAX_RETRY_AFTER: Final = 5


class Rate(NamedTuple):
    """`burst` attempts at once, then `per_second` more each second."""

    burst: int
    per_second: float


PASSWORD_BY_PERSON: Final = Rate(burst=20, per_second=0.2)
PASSWORD_BY_ADDRESS: Final = Rate(burst=60, per_second=2)
# Six digits are few, and whoever is asked for them has proved the password: nobody else can use a person's attempts up.
CODE_BY_PERSON: Final = Rate(burst=10, per_second=1 / 60)
FAILED_SECRET_BY_ADDRESS: Final = Rate(burst=200, per_second=20)


class _Bucket:
    __slots__ = ("at", "level")

    def __init__(self, level: float, at: int) -> None:
        self.level = level
        self.at = at


class Throttle:
    """One rate over many keys; remembers at most `size` of them, the newest."""

    def __init__(self, clock: Clock, rate: Rate, size: int = 100_000) -> None:
        self._clock = clock
        self._rate = rate
        self._buckets: BoundedCache[str, _Bucket] = BoundedCache(size)

    def require(self, key: str) -> None:
        """Raises a `Kind.THROTTLED` error, with seconds to wait, when the key has no attempt left. Takes none."""
        bucket = self._refilled(key)
        if bucket is not None and bucket.level < 1:
            wait = math.ceil((1 - bucket.level) / self._rate.per_second)
            raise KeysteadError(
                Kind.THROTTLED,
                "Too many attempts to sign in from here: wait a moment and try again.",
                retry_after=min(wait, MAX_RETRY_AFTER),
            )

    def count(self, key: str) -> None:
        """Takes one attempt from the key."""
        bucket = self._refilled(key)
        if bucket is None:
            bucket = _Bucket(float(self._rate.burst), self._clock.now())
            self._buckets.put(key, bucket)
        bucket.level = max(bucket.level - 1, 0.0)

    def _refilled(self, key: str) -> _Bucket | None:
        bucket = self._buckets.get(key)
        if bucket is not None:
            now = self._clock.now()
            earned = max(now - bucket.at, 0) / SECOND * self._rate.per_second
            bucket.level = min(bucket.level + earned, float(self._rate.burst))
            bucket.at = now
        return bucket


class SignInThrottle:
    """The limits that sign-ins meet."""

    def __init__(self, clock: Clock) -> None:
        self._person = Throttle(clock, PASSWORD_BY_PERSON)
        self._address = Throttle(clock, PASSWORD_BY_ADDRESS)
        self._code = Throttle(clock, CODE_BY_PERSON)
        self._failed = Throttle(clock, FAILED_SECRET_BY_ADDRESS)

    def admit_password(self, person: str, address: str) -> None:
        """Counts the attempt, right or wrong, before the password is looked at."""
        address = whoever_has(address)
        pair = f"{address} {person}"
        self._person.require(pair)
        self._address.require(address)
        self._person.count(pair)
        self._address.count(address)

    def admit_code(self, person_id: str) -> None:
        """Counts the attempt, right or wrong, before a one-time code is looked at.

        By the person alone, wherever from, and beside `admit_password`, which the same request has passed.
        """
        self._code.require(person_id)
        self._code.count(person_id)

    def admit_secret(self, address: str) -> None:
        self._failed.require(whoever_has(address))

    def secret_failed(self, address: str) -> None:
        self._failed.count(whoever_has(address))


def whoever_has(address: str) -> str:
    """An IPv6 address by its first 64 bits: whoever has one has all that share them (RFC 6177). Others as they are."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))

"""Time as whole microseconds since 1970-01-01T00:00:00Z: one integer on the wire to the database, sortable."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from keystead.kit.errors import bad_input

SECOND = 1_000_000
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = -62_135_596_800 * SECOND
_LATEST = 253_402_300_800 * SECOND - 1


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...


class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1000


def format_utc(microseconds: int) -> str:
    """ISO 8601 in UTC with milliseconds and `Z`, as every answer writes it."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def format_optional(microseconds: int | None) -> str | None:
    return None if microseconds is None else format_utc(microseconds)


def parse_utc(field: str, text: str) -> int:
    """Reads an ISO 8601 date or time; without an offset it is UTC. Raises a bad-input error that names `field`.

    What an offset pushes out of the years 1 to 9999 becomes their first or last moment, which can be written.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise bad_input(field, "must be a date such as 2026-01-31 or 2026-01-31T12:00:00Z.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - _EPOCH) // timedelta(microseconds=1), _EARLIEST), _LATEST)

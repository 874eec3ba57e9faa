"""When the open sessions of browsers were last used. Usage, not change: noted at most once a minute a session."""

from typing import Final

from keystead.credentials.store import last_active, note_activity
from keystead.db.connection import Connection, Database
from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock

NOTED_EVERY: Final = 60 * SECOND


class _Seen:
    """`at` is the last use that this process knows of, `noted` the one that the database had from it."""

    __slots__ = ("at", "noted")

    def __init__(self, at: int, noted: int) -> None:
        self.at = at
        self.noted = noted


class Activity:
    """Of a session that this process alone serves, the last use is known exactly.

    Another process, or this one before a restart, may have seen a session up to a minute after what it noted: such a
    session gets that minute on top, rather than ending under somebody's hands.
    """

    def __init__(self, database: Database, clock: Clock, size: int = 50_000) -> None:
        self._database = database
        self._clock = clock
        self._seen: BoundedCache[str, _Seen] = BoundedCache(size)

    def opened(self, session_id: str) -> None:
        """A session was opened here, just now."""
        now = self._clock.now()
        self._seen.put(session_id, _Seen(now, now))

    async def is_in_use(self, session_id: str, idle_timeout: int) -> bool:
        """Whether the session was used within the last `idle_timeout` microseconds; if so this is another use."""
        now = self._clock.now()
        seen = self._seen.get(session_id)
        if seen is None or now - seen.at > idle_timeout:
            seen = await self._looked_up(session_id, seen, now)
            if seen is None or now - seen.at > idle_timeout:
                return False
        seen.at = max(seen.at, now)
        if now - seen.noted >= NOTED_EVERY:
            await self._note(session_id, seen, now)
        return True

    async def _looked_up(self, session_id: str, known: _Seen | None, now: int) -> _Seen | None:
        noted = await last_active(self._database, session_id)
        if noted is None or (known is not None and noted == known.noted):
            return known
        seen = _Seen(min(noted + NOTED_EVERY, now), noted)
        self._seen.put(session_id, seen)
        return seen

    async def _note(self, session_id: str, seen: _Seen, now: int) -> None:
        before, seen.noted = seen.noted, now  # so that who comes meanwhile does not note it too

        async def job(connection: Connection) -> None:
            await note_activity(connection, session_id, now)

        try:
            await self._database.record(job)
        except BaseException:
            seen.noted = before
            raise

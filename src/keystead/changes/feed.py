"""The feed of committed changes, for caches, and the freshness that answers rest on.

On SQLite one process makes every change, and its caches hear of each before anyone is answered: state is always
current, and `current()` returns at once. Where others change the same database, what they changed is read here: once
for all that wait at that moment, begun after they asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, Protocol

from keystead.changes.model import Applied, Touches

MOST_AT_ONCE: Final = 1_000

Listener = Callable[[Touches], None]


class _Held(NamedTuple):
    """A small table that is held in memory whole, and read again when a change concerns it."""

    is_concerned: Callable[[Touches], bool]
    reload: Callable[[], Awaitable[None]]


class Others(Protocol):
    """What every process changed, this one included. Raises a `Kind.UNAVAILABLE` error."""

    async def since(self, version: int, most: int, /) -> Sequence[Applied]:
        """The changes from a version on, itself included, ascending, at most `most`."""
        ...

    async def newest(self) -> Applied:
        """The newest change, as one that touched everything."""
        ...


class Feed:
    """`others` is None where this process makes every change.

    `moment` is another after caches were told of anything: whoever reads to fill a cache compares it before and after.
    """

    def __init__(self, version: int, others: Others | None = None) -> None:
        self.version = version
        self.moment = 0
        self._hash: bytes | None = None  # of the change at `version`; None until it was read
        self._others = others
        self._reading: asyncio.Task[Exception | None] | None = None
        self._next_read: asyncio.Task[Exception | None] | None = None
        self._listeners: list[Listener] = []
        self._stale: list[_Held] = []
        self._reloading = asyncio.Lock()

    def subscribe(self, listener: Listener) -> None:
        """`listener` is called once for each change, by ascending version, before the change is acknowledged.

        It drops what it holds and nothing else; it does not fail.
        """
        self._listeners.append(listener)

    def hold(self, is_concerned: Callable[[Touches], bool], reload: Callable[[], Awaitable[None]]) -> None:
        """For a small table that is held in memory whole, such as the roles or the signing keys.

        `reload` is awaited by `current()` after a change for which `is_concerned` is true.
        """
        held = _Held(is_concerned, reload)

        def mark(touches: Touches) -> None:
            if (touches.everything or held.is_concerned(touches)) and held not in self._stale:
                self._stale.append(held)

        self.subscribe(mark)

    def publish(self, applied: Applied) -> None:
        """Tells every listener, also behind one that fails; then raises what they raised, together."""
        # With others at work a change of ours can be heard of before one of theirs: those stay to be read.
        if self._others is None or applied.version == self.version + 1:
            self._stand_at(applied)
        self._tell(applied)

    def _tell(self, applied: Applied) -> None:
        self.moment += 1
        failed: list[Exception] = []
        for listener in self._listeners:
            try:
                listener(applied.touches)
            except Exception as error:  # a cache that was not told would lie
                failed.append(error)
        if failed:
            raise ExceptionGroup(f"caches failed to hear of change {applied.version}", failed)

    def _stand_at(self, applied: Applied) -> None:
        self.version, self._hash = applied.version, applied.hash

    async def current(self) -> None:
        """Returns when the caches reflect every change that was acknowledged before this call."""
        if self._others is not None:
            await self._read_others()
        if self._stale or self._reloading.locked():
            await self._reload_stale()

    async def _read_others(self) -> None:
        """Waits for a read that begins after this call: the one under way may have begun too early."""
        if self._next_read is None:
            self._next_read = asyncio.get_running_loop().create_task(self._read_behind(self._reading))
        error = await asyncio.shield(self._next_read)
        if error is not None:
            raise error

    async def _read_behind(self, earlier: "asyncio.Task[Exception | None] | None") -> Exception | None:
        """What went wrong, for those who wait to raise: when all of them have gone, nobody misses it."""
        if earlier is not None:
            await asyncio.wait([earlier])
        self._reading, self._next_read = self._next_read, None
        if self._others is not None:
            try:
                await self._read(self._others)
            except Exception as error:
                return error
        return None

    async def _read(self, others: Others) -> None:
        """Versions have no gaps, so that what follows the change that we know is all that there was since.

        When that one is not there any more, or another stands in its place, the database came from a backup, or from a
        standby that had not yet heard everything. Then nothing that caches hold is known to be true.
        """
        version, known_hash = self.version, self._hash
        found = await others.since(version, MOST_AT_ONCE)
        follows = version == 0 or bool(
            found and found[0].version == version and known_hash in {None, found[0].hash}
        )
        if follows and len(found) < MOST_AT_ONCE:
            for applied in found:
                if applied.version == self.version:
                    self._stand_at(applied)
                elif applied.version > self.version:
                    self.publish(applied)
        else:
            # Read before caches forget: what they are filled with from here on is at least as new.
            newest = await others.newest()
            self._stand_at(newest)
            self._tell(newest)

    async def _reload_stale(self) -> None:
        async with self._reloading:
            while self._stale:
                # Taken off before it is read: a change that comes meanwhile puts it back.
                held = self._stale.pop()
                try:
                    await held.reload()
                except BaseException:
                    self._stale.append(held)
                    raise

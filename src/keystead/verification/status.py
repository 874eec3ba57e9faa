"""The status feed: what ended since a version, for verifiers that check signatures without asking.

It tells what `changes.feed` tells our own caches, cut down to what tokens carry. A verifier that is behind what is
kept, or that knew another history, is told to ask about everything again.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from keystead.changes.feed import MOST_AT_ONCE, Feed, Others
from keystead.changes.model import Applied, Touches
from keystead.tenant_settings.model import SECOND_FACTOR

_SECONDS_BETWEEN_LOOKS: Final = 0.25
_MOST_WAITING: Final = 2_000
_NOT_IN_TOKENS: Final = ("group:", "email:")  # how groups, and people who are awaited, stand among subjects


class Changed(NamedTuple):
    """What changed up to `version`, whose hash in the chain is `hash`. `reload`: more than the rest can tell.

    `rights`: of subjects that are not among `subjects`.
    """

    version: int
    hash: bytes
    reload: bool = False
    subjects: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    signing_keys: bool = False
    rights: bool = False


class StatusFeed:
    """`shared`: other processes change the database too, so that one has to look for what they changed."""

    def __init__(self, feed: Feed, changes: Others, *, shared: bool) -> None:
        self._feed = feed
        self._changes = changes
        self._shared = shared
        self._waiting = 0
        self._ended = False
        self._heard = asyncio.Event()
        self._look: asyncio.Task[None] | None = None
        self._reads: dict[tuple[int, int], asyncio.Task[Sequence[Applied]]] = {}
        feed.subscribe(self._wake)

    async def wait(self, after: int, seconds: float) -> None:
        """Returns when there is a version after this one, or after so many seconds; at once when too many wait."""
        if self._waiting >= _MOST_WAITING:
            return
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                while self._feed.version <= after and not self._ended:
                    await (self._next_look() if self._shared else self._heard.wait())
        except TimeoutError:
            return
        finally:
            self._waiting -= 1

    def end(self) -> None:
        """Nobody waits any more: the server is about to stop."""
        self._ended = True
        self._wake(Touches())

    async def since(self, after: int | None, known_hash: bytes | None) -> Changed:
        """What came after a version, up to now: half of it would look like all. None: nothing is known.

        The feed is current.
        """
        current = self._feed.version
        if after is None or after > current:
            return await self._everything()
        found = await self._read(after)
        follows = bool(found) and found[0].version == after and known_hash in {None, found[0].hash}
        if not follows or found[-1].version < current:
            return await self._everything()
        return _told(found[-1], [applied.touches for applied in found[1:]])

    async def _everything(self) -> Changed:
        newest = await self._changes.newest()
        return Changed(newest.version, newest.hash, reload=True)

    async def _read(self, after: int) -> Sequence[Applied]:
        """One read for all who ask the same at that moment, as those who waited together do."""
        key = (after, self._feed.version)
        read = self._reads.get(key)
        if read is None:
            read = asyncio.ensure_future(self._changes.since(after, MOST_AT_ONCE))
            self._reads[key] = read
            read.add_done_callback(lambda _: self._reads.pop(key))
        return await asyncio.shield(read)

    def _wake(self, _touches: Touches) -> None:
        heard, self._heard = self._heard, asyncio.Event()
        heard.set()

    async def _next_look(self) -> None:
        """One look at what others changed for all that wait."""
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._look_soon())
        await asyncio.shield(self._look)

    async def _look_soon(self) -> None:
        await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        await self._feed.current()


def _told(newest: Applied, touched: Sequence[Touches]) -> Changed:
    if any(one.everything or SECOND_FACTOR in one.settings for one in touched):
        return Changed(newest.version, newest.hash, reload=True)
    subjects = _distinct(key for one in touched for key in one.subjects)
    return Changed(
        newest.version,
        newest.hash,
        False,
        tuple(key for key in subjects if not key.startswith(_NOT_IN_TOKENS)),
        _distinct(key for one in touched for key in one.credentials),
        _distinct(key for one in touched for key in one.tokens),
        any(one.signing_keys for one in touched),
        any(one.roles or one.scopes for one in touched) or any(key.startswith("group:") for key in subjects),
    )


def _distinct(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))

"""Answers that cost something: made once for all who ask at that moment, and good for a while."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from keystead.kit.bounded import BoundedCache
from keystead.kit.clock import SECOND, Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class _Made(NamedTuple, Generic[V]):
    work: "asyncio.Task[V]"
    good_until: int


class Remembered(Generic[K, V]):
    """At most `size` answers, each for so many seconds after it was begun. What failed is not remembered."""

    def __init__(self, clock: Clock, seconds: int, size: int) -> None:
        self._clock = clock
        self._microseconds = seconds * SECOND
        self._made: BoundedCache[K, _Made[V]] = BoundedCache(size)

    async def get(self, key: K, make: Callable[[], Awaitable[V]]) -> V:
        """Raises what `make` raises, to everyone who waited for it."""
        known = self._made.get(key)
        if known is None or known.good_until <= self._clock.now():
            work = asyncio.ensure_future(_done(make))
            known = _Made(work, self._clock.now() + self._microseconds)
            self._made.drop(key)  # written anew, it is the youngest
            self._made.put(key, known)
            work.add_done_callback(lambda ended: self._forget_failed(key, ended))
        # One of those who wait may go away; the others still want it.
        return await asyncio.shield(known.work)

    def _forget_failed(self, key: K, ended: "asyncio.Task[V]") -> None:
        known = self._made.get(key)
        failed = ended.cancelled() or ended.exception() is not None
        if failed and known is not None and known.work is ended:
            self._made.drop(key)


async def _done(make: Callable[[], Awaitable[V]]) -> V:
    return await make()

"""The feed of committed changes, for caches, and the freshness that answers rest on.

On SQLite one process makes every change, and its caches hear of each before anyone is answered: state is
always current, and `current()` returns at once. Another engine reads the version here, once for all that wait.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from keystead.changes.model import Applied, Touches

Listener = Callable[[Touches], None]


class _Held(NamedTuple):
    """A small table that is held in memory whole, and read again when a change concerns it."""

    is_concerned: Callable[[Touches], bool]
    reload: Callable[[], Awaitable[None]]


class Feed:
    def __init__(self, version: int) -> None:
        self.version = version
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
        failed: list[Exception] = []
        for listener in self._listeners:
            try:
                listener(applied.touches)
            except Exception as error:  # a cache that was not told would lie
                failed.append(error)
        self.version = applied.version
        if failed:
            raise ExceptionGroup(f"caches failed to hear of change {applied.version}", failed)

    async def current(self) -> None:
        """Returns when the caches reflect every change that was acknowledged before this call."""
        if self._stale or self._reloading.locked():
            await self._reload_stale()

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

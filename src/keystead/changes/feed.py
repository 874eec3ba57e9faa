"""The feed of committed changes, for caches, and the freshness that answers rest on.

On SQLite one process makes every change, and its caches hear of each before anyone is answered: state is
always current, and `current()` returns at once. Another engine reads the version here, once for all that wait.
"""

from collections.abc import Callable

from keystead.changes.model import Applied, Touches

Listener = Callable[[Touches], None]


class Feed:
    def __init__(self, version: int) -> None:
        self.version = version
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        """`listener` is called once for each change, by ascending version, before the change is acknowledged.

        It drops what it holds and nothing else; it does not fail.
        """
        self._listeners.append(listener)

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

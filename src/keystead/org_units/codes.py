"""The codes of places by their ids, from memory where memory is current. A code is for life: nodes are never moved."""

from keystead.changes.feed import Feed
from keystead.changes.model import Touches
from keystead.db.connection import Reader
from keystead.kit.bounded import BoundedCache
from keystead.org_units.scopes import find_scope


class ScopeCodes:
    """`find_scope`'s code, remembered until the feed tells of the place."""

    def __init__(self, reader: Reader, feed: Feed, size: int = 50_000) -> None:
        self._reader = reader
        self._feed = feed
        self.cache: BoundedCache[str, int] = BoundedCache(size)
        feed.subscribe(self._drop)

    async def find(self, scope_id: str) -> int | None:
        known = self.cache.get(scope_id)
        if known is not None:
            return known
        moment = self._feed.moment
        found = await find_scope(self._reader, scope_id)
        if found is None:
            return None
        if moment == self._feed.moment and found.id == scope_id:
            self.cache.put(scope_id, found.code)
        return found.code

    def _drop(self, touches: Touches) -> None:
        if touches.everything:
            self.cache.clear()
        for scope_id in touches.scopes:
            self.cache.drop(scope_id)

"""Whether a token's credential is alive, from memory where memory is current."""

from keystead.changes.feed import Feed
from keystead.changes.model import Touches
from keystead.credentials.model import Credential
from keystead.credentials.store import find_credential
from keystead.db.connection import Reader
from keystead.kit.bounded import BoundedCache


class LiveCredentials:
    """`find_credential`, remembered until the feed tells of the credential."""

    def __init__(self, reader: Reader, feed: Feed, size: int = 50_000) -> None:
        self._reader = reader
        self._feed = feed
        self.cache: BoundedCache[str, Credential] = BoundedCache(size)
        feed.subscribe(self._drop)

    async def find(self, credential_id: str) -> Credential | None:
        known = self.cache.get(credential_id)
        if known is not None:
            return known
        moment = self._feed.moment
        found = await find_credential(self._reader, credential_id)
        if found is not None and moment == self._feed.moment:
            self.cache.put(credential_id, found)
        return found

    def _drop(self, touches: Touches) -> None:
        if touches.everything:
            self.cache.clear()
        for credential_id in touches.credentials:
            self.cache.drop(credential_id)

"""Single access tokens that were revoked before their time: held in memory, by every process the same ones."""

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, insert, select

from keystead.changes.engine import Transaction
from keystead.changes.feed import Feed
from keystead.changes.model import Touches
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import revoked_token
from keystead.kit.clock import SECOND, Clock
from keystead.tokens.key_life import LONGEST_TOKEN

_ALIVE = Prepared(
    select(revoked_token.c.jti, revoked_token.c.expires_at)
    .where(revoked_token.c.expires_at > bindparam("now"))
    .order_by(revoked_token.c.expires_at)
)
_BY_ID = Prepared(select(revoked_token.c.jti).where(revoked_token.c.jti == bindparam("jti")))
_ADD = Prepared(insert(revoked_token))
_FORGET = Prepared(delete(revoked_token).where(revoked_token.c.expires_at <= bindparam("now")))


class RevokedTokens:
    """`known`: the id of each token, with the microsecond from which it is dead anyway."""

    def __init__(self, known: Mapping[str, int], clock: Clock) -> None:
        self._clock = clock
        self._until: dict[str, int] = dict(known)

    def __contains__(self, jti: str) -> bool:
        return jti in self._until

    def __len__(self) -> int:
        return len(self._until)

    def learn(self, known: Mapping[str, int]) -> None:
        """Adds to what is known: what was heard while `known` was read stays."""
        self._until |= known

    def hear(self, touches: Touches) -> None:
        """A change names the tokens that it revoked; none of them can live longer than any may."""
        if not touches.tokens:
            return
        now = self._clock.now()
        while self._until and next(iter(self._until.values())) <= now:
            del self._until[next(iter(self._until))]
        for jti in touches.tokens:
            self._until[jti] = now + LONGEST_TOKEN * SECOND


async def load_revoked(reader: Reader, now: int) -> dict[str, int]:
    rows = await reader.fetch_all(_ALIVE, {"now": now})
    return {row["jti"]: row["expires_at"] for row in rows}


async def is_revoked(reader: Reader, jti: str) -> bool:
    return await reader.fetch_one(_BY_ID, {"jti": jti}) is not None


async def add_revoked(tx: Transaction, jti: str, expires_at: int) -> None:
    """Those that have expired meanwhile go."""
    await tx.execute(_FORGET, {"now": tx.now})
    await tx.execute(_ADD, {"jti": jti, "expires_at": expires_at})


async def fresh_revoked(reader: Reader, feed: Feed, clock: Clock) -> RevokedTokens:
    """As of now, and kept so."""
    revoked = RevokedTokens(await load_revoked(reader, clock.now()), clock)

    async def reload() -> None:
        revoked.learn(await load_revoked(reader, clock.now()))

    feed.subscribe(revoked.hear)
    feed.hold(lambda _: False, reload)  # only where a change does not say what it concerned
    return revoked

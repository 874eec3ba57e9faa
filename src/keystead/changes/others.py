"""What other processes changed, read from the entries that they left: each carries the keys that it touches."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from keystead.changes.model import Applied, Touches
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import change_entry, change_head

_FROM = Prepared(
    select(change_entry.c.version, change_entry.c.touches, change_entry.c.hash)
    .where(change_entry.c.version >= bindparam("version"))
    .order_by(change_entry.c.version)
    .limit(bindparam("most"))
)
_NEWEST = Prepared(select(change_head.c.version, change_head.c.hash))


class ChangesOfOthers:
    """`changes.feed.Others` over the table of entries."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def since(self, version: int, most: int) -> Sequence[Applied]:
        rows = await self._reader.fetch_all(_FROM, {"version": version, "most": most})
        return [Applied(row["version"], touches_of(row["touches"]), row["hash"]) for row in rows]

    async def newest(self) -> Applied:
        head = await self._reader.fetch_one(_NEWEST)
        if head is None:
            raise RuntimeError("the database has no change_head row")
        return Applied(head["version"], EVERYTHING, head["hash"])


EVERYTHING = Touches(everything=("0",))


def touches_of(text: str) -> Touches:
    """What `change_entry.touches` says. A key that this program does not know is one of a newer one: all is dropped."""
    stored: dict[str, list[str]] = json.loads(text)
    known = {name: tuple(keys) for name, keys in stored.items() if name in Touches.__slots__}
    return Touches(**known) if len(known) == len(stored) else EVERYTHING

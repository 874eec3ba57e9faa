"""What other processes changed, read from the entries that they left: each carries the keys that it touches."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from keystead.changes.model import Applied, Touches
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import change_entry

_AFTER = Prepared(
    select(change_entry.c.version, change_entry.c.touches)
    .where(change_entry.c.version > bindparam("version"))
    .order_by(change_entry.c.version)
    .limit(bindparam("most"))
)


class ChangesOfOthers:
    """`changes.feed.Others` over the table of entries. Its versions have no gaps, so nothing can be missed."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def after(self, version: int, most: int) -> Sequence[Applied]:
        rows = await self._reader.fetch_all(_AFTER, {"version": version, "most": most})
        return [Applied(row["version"], touches_of(row["touches"])) for row in rows]


def touches_of(text: str) -> Touches:
    """What `change_entry.touches` says. A key that this program does not know is one of a newer one: all is dropped."""
    stored: dict[str, list[str]] = json.loads(text)
    known = {name: tuple(keys) for name, keys in stored.items() if name in Touches.__slots__}
    if len(known) < len(stored):
        return Touches(everything=("0",))
    return Touches(**known)

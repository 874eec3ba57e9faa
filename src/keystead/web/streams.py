"""Lists that are sent while they are made: no more of them is in memory than one batch."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec


async def json_array(
    batches: AsyncIterator[Sequence[Any]], opening: bytes = b"[", closing: bytes = b"]"
) -> AsyncIterator[bytes]:
    """One JSON array of what all batches hold, in pieces; `opening` and `closing` may put it into an object.

    The first piece leaves with the first batch: what goes wrong before is answered as an error.
    """
    before = opening
    async for batch in batches:
        if batch:
            yield before + msgspec.json.encode(batch)[1:-1]
            before = b","
    yield closing if before == b"," else opening + closing

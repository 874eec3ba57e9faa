"""The whole log, for files: read in windows of time that hold a bounded number of rows, whatever the filters find.

Each window is a short read of its own, so that nothing waits for a long one and nothing is held open meanwhile.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from sqlalchemy import Select, select

from keystead.audit.store import Concerning, in_time_order
from keystead.authz.visibility import Visibility
from keystead.db.connection import Reader, Row
from keystead.db.schema import change_entry, sign_in
from keystead.kit.query import Filter, Span

ROWS_A_WINDOW: Final = 1_000  # of each of the two sources
_SOURCES: Final = (
    (change_entry.c.at, change_entry.c.version),
    (sign_in.c.at, sign_in.c.pk),
)


class AuditExport:
    def __init__(self, reader: Reader, rows_a_window: int = ROWS_A_WINDOW) -> None:
        self._reader = reader
        self._rows_a_window = rows_a_window

    async def every(
        self,
        visibility: Visibility,
        span: Span,
        filters: Sequence[Filter],
        concerning: Concerning,
        *,
        descending: bool = False,
    ) -> AsyncIterator[Sequence[Row]]:
        """All rows that a viewer may see, in the order of time; a batch may be empty."""
        while span.start < span.end:
            window, span = await self._window(span, descending)
            rows = in_time_order(visibility, window, filters, concerning, descending)
            yield await self._reader.scan(rows)

    async def _window(self, span: Span, descending: bool) -> tuple[Span, Span]:
        """The next window, and what is left of the span behind it."""
        found = [
            row["at"]
            for source in _SOURCES
            for row in await self._reader.scan(self._edge(*source, span, descending))
        ]
        if not found:
            return span, Span(span.end, span.end)
        if descending:
            # What is of one moment stays together, so that a window never ends inside it.
            edge = min(max(found) + 1, span.end - 1)
            return Span(edge, span.end), Span(span.start, edge)
        edge = max(min(found), span.start + 1)
        return Span(span.start, edge), Span(edge, span.end)

    def _edge(self, at: Any, key: Any, span: Span, descending: bool) -> Select[Any]:
        """The time of the first row of a source that is one too many for a window; none when all fit."""
        order = (at.desc(), key.desc()) if descending else (at, key)
        return (
            select(at.label("at"))
            .where(at >= span.start, at < span.end)
            .order_by(*order)
            .limit(1)
            .offset(self._rows_a_window)
        )

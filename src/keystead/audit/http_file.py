"""The audit log as a file."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from keystead.audit import wire
from keystead.audit.export import AuditExport
from keystead.audit.http import READ, TAG, entry_answer, entry_id, read_concerning, read_span
from keystead.audit.model import FIELDS
from keystead.audit.store import AuditLog
from keystead.audit.wire import FILE_PARAMETERS, FILE_TYPES, MAX_SAMPLES
from keystead.authz.vocabulary import EVENTS_HISTORY, Action
from keystead.db.connection import Reader, Row
from keystead.kit.clock import format_utc
from keystead.kit.query_language import parse_limit, parse_sort
from keystead.web.asgi import JSON
from keystead.web.csv import csv_headers, render_rows
from keystead.web.operations import CSV_MEDIA, JSON_MEDIA, Reply
from keystead.web.params import read_filters, single
from keystead.web.pipeline import Request, Route, Streamed, anywhere, require_choice
from keystead.web.streams import json_array

# As the console calls them, in its order.
COLUMNS: Final = (
    "Subject",
    "Subject type",
    "Source IP",
    "Date & time",
    "Event",
    "Event ID",
    "Status",
    "Entity type",
    "Entity name",
    "Entity ID",
    "URL",
    "HTTP method",
)
_JSON_FILE: Final = (b"content-disposition", b'attachment; filename="audit-log.json"')


class AuditFileHttp:
    def __init__(self, reader: Reader, tenant_id: int) -> None:
        self._log = AuditLog(reader)
        self._export = AuditExport(reader)
        self._tenant_id = str(tenant_id)

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/audit/log/file",
                operation_id="downloadAuditLogs",
                access=anywhere(Action.READ, EVENTS_HISTORY),
                handler=self.download,
                tag=TAG,
                summary="Download the audit log",
                description=(
                    "The entries that the list shows, as a file of any length, by time. Cells of CSV that a "
                    "spreadsheet would run as a formula begin with an apostrophe."
                ),
                parameters=FILE_PARAMETERS,
                answers={200: Reply(list[wire.AuditLog], "The file.", (), (JSON_MEDIA, CSV_MEDIA))},
            )
        ]

    async def download(self, request: Request) -> Streamed:
        # The contract writes it so, the client that is made of it the other way.
        wanted = single(request.query, "file_type") or single(request.query, "fileType") or FILE_TYPES[0]
        as_csv = require_choice("file_type", wanted.rpartition(".")[2], FILE_TYPES) == "CSV"
        samples = single(request.query, "numberOfSamples")
        most = None if samples is None else _limit(samples)
        batches = _first(
            self._export.every(
                request.visibility(READ),
                read_span(request.query),
                read_filters(request.query, FIELDS),
                read_concerning(request.query),
                descending=parse_sort(None, single(request.query, "sortOrder"), FIELDS).descending,
            ),
            most,
        )
        if as_csv:
            return Streamed(_csv(batches), csv_headers("audit-log.csv"))
        answers = (await self._answers(rows) async for rows in batches)
        return Streamed(json_array(answers), [JSON, _JSON_FILE])

    async def _answers(self, rows: Sequence[Row]) -> list[wire.AuditLog]:
        clusters = await self._log.clusters_of({row["scope_code"] for row in rows})
        return [entry_answer(row, clusters.get(row["scope_code"]), self._tenant_id) for row in rows]


def _limit(text: str) -> int:
    return parse_limit(text, least=0, most=MAX_SAMPLES, name="numberOfSamples")


async def _first(batches: AsyncIterator[Sequence[Row]], most: int | None) -> AsyncIterator[Sequence[Row]]:
    """The batches until there were so many rows."""
    left = most
    async for rows in batches:
        yield rows if left is None else rows[:left]
        if left is not None:
            left -= len(rows)
            if left <= 0:
                return


async def _csv(batches: AsyncIterator[Sequence[Row]]) -> AsyncIterator[bytes]:
    titles = render_rows([COLUMNS])
    async for rows in batches:
        if titles or rows:
            yield titles + render_rows(map(_cells, rows))
            titles = b""
    if titles:
        yield titles


def _cells(row: Row) -> Sequence[str]:
    return (
        row["subject"],
        row["subject_type"],
        row["source_ip"],
        format_utc(row["at"]),
        row["action"],
        entry_id(row),
        row["result"],
        row["entity_type"],
        row["entity_name"],
        row["entity_id"],
        row["url"],
        row["http_method"],
    )

"""CSV as spreadsheets open it (RFC 4180): UTF-8, CRLF, and no cell that would run as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from keystead.web.errors import Headers

MAX_ROWS: Final = 20_000
_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def defused(cell: str) -> str:
    """An apostrophe before what a spreadsheet would take for a formula makes it text."""
    return f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell


def render_rows(rows: Iterable[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows([defused(cell) for cell in row] for row in rows)
    return buffer.getvalue().encode()


def csv_headers(file_name: str) -> Headers:
    return [
        (b"content-type", b"text/csv; charset=utf-8; header=present"),
        (b"content-disposition", f'attachment; filename="{file_name}"'.encode()),
    ]


def wants_csv(accept: str) -> bool:
    """Whether the Accept header names text/csv (RFC 9110 section 12.5.1)."""
    return any(part.partition(";")[0].strip().lower() == "text/csv" for part in accept.split(","))

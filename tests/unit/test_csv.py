"""CSV: RFC 4180, and no cell that a spreadsheet would run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.web.csv import defused, render_rows, wants_csv

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=5), min_size=1, max_size=5))
def test_what_is_written_reads_back_defused(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(render_rows(rows).decode(), newline="")))
    assert read == [[defused(cell) for cell in row] for row in rows]


@given(CELLS)
def test_no_cell_begins_as_a_formula_does(cell: str) -> None:
    shown = defused(cell)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert shown.removeprefix("'") == cell.removeprefix("'")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_becomes_text(cell: str) -> None:
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=1", "1-1", "a@b.org", " =1", "ci-pipeline"])
def test_what_is_no_formula_stays(cell: str) -> None:
    assert defused(cell) == cell


def test_lines_end_as_rfc_4180_says() -> None:
    assert render_rows([["a", 'say "b"'], ["c,d", ""]]) == b'a,"say ""b"""\r\n"c,d",\r\n'


@pytest.mark.parametrize(
    "accept", ["text/csv", "TEXT/CSV; header=present", "application/xml, text/csv;q=0.9"]
)
def test_csv_is_what_names_it(accept: str) -> None:
    assert wants_csv(accept)


@pytest.mark.parametrize(
    "accept", ["", "*/*", "application/json", "text/*", "text/csvx", "text/html, */*;q=0.8"]
)
def test_json_is_what_does_not(accept: str) -> None:
    assert not wants_csv(accept)

"""The log in windows: all of it, in order, whatever is of one moment, with a bounded number of rows at a time."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from sqlalchemy import insert

from keystead.audit.export import AuditExport
from keystead.audit.store import ANYTHING, in_time_order
from keystead.authz.visibility import EVERYTHING, NOTHING
from keystead.changes.engine import ChangeEngine
from keystead.db.connection import Connection, Database
from keystead.db.schema import sign_in
from keystead.kit.query import Span
from tests.store.counting import CountingReader
from tests.store.ground import ADMINISTRATOR, ManualClock, note
from tests.store.test_audit_log import SIGN_IN

MOMENTS: Final = [0, 0, 1, 1, 1, 1, 1, 1, 2, 5, 5, 6, 9]


@pytest.fixture
async def span(database: Database, engine: ChangeEngine, clock: ManualClock) -> Span:
    """Two rows at each of these moments, a change and a sign-in, and more sign-ins at one of them."""
    start = clock.time

    async def sign_ins(connection: Connection) -> None:
        for moment in [*MOMENTS, *[3] * 10]:
            await connection.insert(insert(sign_in).values(SIGN_IN | {"at": start + moment}))

    for number, moment in enumerate(MOMENTS):
        clock.time = start + moment
        await engine.apply(ADMINISTRATOR, note(f"note-{number}"))
    await database.write(sign_ins)
    return Span(start, start + 10)


def keys(rows: Sequence[Any]) -> list[tuple[int, int]]:
    return [(row["at"], row["place"]) for row in rows]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("window", [1, 2, 3, 7, 1_000])
async def test_windows_add_up_to_the_log(
    database: Database, span: Span, window: int, descending: bool
) -> None:
    whole = keys(await database.scan(in_time_order(EVERYTHING, span, (), ANYTHING, descending)))
    assert len(whole) == 2 * len(MOMENTS) + 10
    export = AuditExport(database, window)
    found: list[tuple[int, int]] = []
    async for rows in export.every(EVERYTHING, span, (), ANYTHING, descending=descending):
        found += keys(rows)
    assert found == whole


@pytest.mark.parametrize("descending", [False, True])
async def test_a_window_has_so_many_rows_of_each_source_and_those_of_its_last_moment(
    database: Database, span: Span, descending: bool
) -> None:
    batches = [
        len(rows)
        async for rows in AuditExport(database, 3).every(
            EVERYTHING, span, (), ANYTHING, descending=descending
        )
    ]
    assert len(batches) > 3
    assert max(batches) <= 12  # the most that happened at one moment


async def test_rows_that_nobody_may_see_are_walked_in_windows_too(database: Database, span: Span) -> None:
    reader = CountingReader(database)
    batches = [rows async for rows in AuditExport(reader, 3).every(NOTHING, span, (), ANYTHING)]
    assert not any(batches)
    assert len(batches) > 3

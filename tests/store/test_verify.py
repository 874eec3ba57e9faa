"""The chain shows that it was tampered with, and where."""

import asyncpg
import pytest
from sqlalchemy import delete, insert, select, update

from keystead.changes import chain
from keystead.changes.engine import ChangeEngine
from keystead.changes.verify import Break, Intact, verify
from keystead.db.connection import Connection, Database
from keystead.db.postgres import PostgresDatabase
from keystead.db.schema import change_entry, change_head
from tests.store.ground import ADMINISTRATOR, note

ENTRIES = 7
BATCH = 3


@pytest.fixture
async def chained(engine: ChangeEngine, database: Database) -> Database:
    """Seven changes."""
    for number in range(ENTRIES):
        await engine.apply(ADMINISTRATOR, note(f"note-{number}"))
    return database


async def tamper(database: Database, *statements: object) -> Intact | Break:
    async def job(connection: Connection) -> None:
        for statement in statements:
            await connection.execute(statement)  # type: ignore[arg-type]

    await database.write(job)
    return await verify(database, BATCH)


async def test_a_new_database_has_an_intact_chain_of_nothing(database: Database) -> None:
    assert await verify(database) == Intact(0, chain.GENESIS)


@pytest.mark.parametrize("batch", [1, 3, 7, 1000])
async def test_an_untouched_chain_is_intact_up_to_its_head(chained: Database, batch: int) -> None:
    head = await chained.fetch_one(select(change_head))
    assert head is not None
    assert await verify(chained, batch) == Intact(ENTRIES, head["hash"])


NUMBERS = {"at", "scope_code", "status"}


@pytest.mark.parametrize("column", sorted(set(chain.FIELDS) - {"version", "metadata", "touches"}))
async def test_no_column_can_be_edited(chained: Database, column: str) -> None:
    other = 12_345 if column in NUMBERS else "other"
    edit = update(change_entry).where(change_entry.c.version == 4).values({column: other})
    assert await tamper(chained, edit) == Break(
        4, "the entry, or the one before it, is not as it was written"
    )


@pytest.mark.parametrize(
    "forged",
    [
        '{"kind":"other"}',
        '{"kind": "note"}',  # the same to a reader of JSON, but not what was written
        '{"kind":"other","kind":"note"}',
        "no JSON",
        "[" * 100_000,
        b"\x00",
    ],
)
@pytest.mark.parametrize("column", ["metadata", "touches"])
async def test_json_columns_cannot_be_edited(chained: Database, column: str, forged: object) -> None:
    edit = update(change_entry).where(change_entry.c.version == 4).values({column: forged})
    if isinstance(forged, bytes) and isinstance(chained, PostgresDatabase):
        with pytest.raises(asyncpg.DataError):  # there a text column holds text
            await tamper(chained, edit)
        return
    found = await tamper(chained, edit)
    assert isinstance(found, Break)
    assert found.version == 4


async def test_a_hash_cannot_be_edited(chained: Database) -> None:
    edit = update(change_entry).where(change_entry.c.version == 4).values(hash=bytes(32))
    assert (await tamper(chained, edit)).version == 4


async def test_a_rewritten_entry_breaks_at_its_successor(chained: Database) -> None:
    rows = await chained.fetch_all(select(change_entry).order_by(change_entry.c.version))
    forged = {name: rows[3][name] for name in chain.FIELDS} | {"actor_name": "someone else"}
    edit = update(change_entry).where(change_entry.c.version == 4)
    found = await tamper(
        chained, edit.values(actor_name="someone else", hash=chain.next_hash(rows[2]["hash"], forged))
    )
    assert isinstance(found, Break)
    assert found.version == 5


@pytest.mark.parametrize("version", [1, 4, ENTRIES])
async def test_no_entry_can_be_removed(chained: Database, version: int) -> None:
    removed = delete(change_entry).where(change_entry.c.version == version)
    assert await tamper(chained, removed) == Break(version, "the entry is missing")


async def test_the_newest_cannot_be_removed_with_the_head_set_back(chained: Database) -> None:
    found = await tamper(chained, update(change_head).values(version=ENTRIES - 1))
    assert found == Break(ENTRIES - 1, "the head of the chain has another hash than its newest entry")


OUTSIDE = Break(ENTRIES, "there are entries outside the chain, before its first or behind its head")


async def test_no_entry_lies_beyond_the_head(chained: Database) -> None:
    rows = await chained.fetch_all(select(change_entry).order_by(change_entry.c.version))
    back = update(change_head).values(version=ENTRIES - 1, hash=rows[-2]["hash"])
    assert await tamper(chained, back) == OUTSIDE._replace(version=ENTRIES - 1)


async def test_no_entry_can_be_slipped_in_before_the_first(chained: Database) -> None:
    row = await chained.fetch_one(select(change_entry).where(change_entry.c.version == 1))
    assert row is not None
    forged = {name: row[name] for name in (*chain.FIELDS, "hash")} | {"version": 0, "id": "0"}
    assert await tamper(chained, insert(change_entry).values(forged)) == OUTSIDE


async def test_a_missing_head_is_a_break(chained: Database) -> None:
    assert await tamper(chained, delete(change_head)) == Break(0, "the head of the chain is missing")

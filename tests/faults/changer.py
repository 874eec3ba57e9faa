"""Changes a database until it is killed: `python -m tests.faults.changer PATH-OR-ADDRESS PREFIX`.

Prints one line for each change that was acknowledged, and only then: its version and the name that it wrote.
"""

import asyncio
import contextlib
import sys
from pathlib import Path

import structlog
from sqlalchemy import insert, select

from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.feed import Feed
from keystead.db.connection import Database
from keystead.db.lock import ServerLock
from keystead.db.postgres import PostgresDatabase
from keystead.db.schema import actor, change_head
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.clock import SystemClock
from keystead.kit.errors import KeysteadError, Kind, conflict
from keystead.kit.secret import Secret
from tests.store.ground import ADMINISTRATOR, entry_about, holds_nothing

AT_ONCE = 8


async def change_for_ever(engine: ChangeEngine, prefix: str) -> None:
    number = 0
    while True:
        number += 1
        name = f"{prefix}-{number}"

        async def change(transaction: Transaction, name: str = name) -> Outcome[int]:
            await transaction.grants()
            row = {"subject_id": name, "name": name, "name_folded": name}
            await transaction.insert(insert(actor).values(row))
            if name.endswith("7"):  # some are refused after they wrote
                raise conflict("No.")
            head = await transaction.fetch_one(select(change_head.c.version))
            return Outcome(entry_about(name), -1 if head is None else head["version"] + 1)

        try:
            version = await engine.apply(ADMINISTRATOR, change)
        except KeysteadError as error:
            if error.kind is Kind.UNAVAILABLE:  # the server was killed, not we: it comes back
                await asyncio.sleep(0.05)
            continue
        print(version, name, flush=True)


async def main(where: str, prefix: str) -> None:
    database: Database
    if where.startswith("postgresql:"):
        database = await PostgresDatabase.open(Secret(where))
    else:
        database = SqliteDatabase(Path(where))
    head = await database.fetch_one(select(change_head.c.version))
    engine = ChangeEngine(
        database, Feed(0 if head is None else head["version"]), SystemClock(), holds_nothing
    )
    await asyncio.gather(*(change_for_ever(engine, f"{prefix}-{task}") for task in range(AT_ONCE)))


if __name__ == "__main__":
    # Standard output is for what was acknowledged.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    is_file = not sys.argv[1].startswith("postgresql:")
    with ServerLock(Path(sys.argv[1])) if is_file else contextlib.nullcontext():
        asyncio.run(main(sys.argv[1], sys.argv[2]))

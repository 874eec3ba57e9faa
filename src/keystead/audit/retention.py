"""Old entries go, where a retention is set: what they were is forgotten, that the rest was not tampered with is not.

Once a day at most, one change moves the checkpoint, from which the chain is verified on, and says so in an entry of its
own. The rows behind it are then deleted in steps so small that nobody waits for one.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert

from keystead.authz.tree import ROOT
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import NO_ORIGIN, SYSTEM, Actor, Entry
from keystead.changes.verify import AUDIT_LOG, CHECKPOINT_ID, Checkpoint, attested_by, read_checkpoint
from keystead.db.connection import Connection, Database, Prepared, Reader, Row
from keystead.db.schema import audit_checkpoint, change_entry, refused_client, sign_in
from keystead.kit.clock import DAY, Clock
from keystead.org_units.scopes import scope_at, scope_path

ROWS_A_STEP: Final = 500
_PAUSE: Final = 0.05  # seconds between two steps
_NEWEST_BEFORE = Prepared(
    select(change_entry.c.version, change_entry.c.hash, change_entry.c.at)
    .where(change_entry.c.at < bindparam("cutoff"))
    .order_by(change_entry.c.at.desc(), change_entry.c.version.desc())
    .limit(1)
)
# Entries that only tell of earlier removals are not worth another.
_WORTH_IT = Prepared(
    select(
        exists()
        .where(
            change_entry.c.version > bindparam("after"),
            change_entry.c.version <= bindparam("up_to"),
            change_entry.c.entity_type != AUDIT_LOG,
        )
        .label("worth_it")
    )
)
_put = upsert(audit_checkpoint).values(
    id=CHECKPOINT_ID, version=bindparam("version"), hash=bindparam("hash"), at=bindparam("at")
)
_SET_CHECKPOINT = Prepared(
    _put.on_conflict_do_update(
        index_elements=["id"],
        set_={"version": _put.excluded.version, "hash": _put.excluded.hash, "at": _put.excluded.at},
    )
)


class _NothingToDoError(Exception):
    """There is nothing to remove, or another process was faster."""


class Retention:
    """`days` is how long entries and sign-ins are kept; 0 for ever. `pause` in seconds, between two steps."""

    def __init__(
        self,
        database: Database,
        changes: ChangeEngine,
        clock: Clock,
        days: int,
        rows_a_step: int = ROWS_A_STEP,
        pause: float = _PAUSE,
    ) -> None:
        self._database = database
        self._changes = changes
        self._clock = clock
        self._days = days
        self._rows_a_step = rows_a_step
        self._pause = pause

    async def tend(self) -> None:
        """Removes what is too old by now. Given up half-way, it is gone on with the next time."""
        if self._days:
            cutoff = (self._clock.now() // DAY - self._days) * DAY
            await self._move_checkpoint(cutoff)
            await self._delete(sign_in, (sign_in.c.pk,), sign_in.c.at < cutoff)
            refused = (refused_client.c.hour, refused_client.c.source_ip)
            await self._delete(refused_client, refused, refused_client.c.hour < cutoff)
        checkpoint = await read_checkpoint(self._database)
        if checkpoint.version:
            version = change_entry.c.version
            await self._delete(change_entry, (version,), version <= checkpoint.version)

    async def _move_checkpoint(self, cutoff: int) -> None:
        """In a change that first looks again: the look before it spares the log a change that does nothing."""
        if await _next_checkpoint(self._database, cutoff) is None:
            return

        async def change(tx: Transaction) -> Outcome[None]:
            before = await read_checkpoint(tx)
            row = await _next_checkpoint(tx, cutoff)
            if row is None:
                raise _NothingToDoError
            checkpoint = Checkpoint(row["version"], row["hash"], row["at"])
            await tx.execute(_SET_CHECKPOINT, checkpoint._asdict())
            scope, path = await scope_at(tx, ROOT), await scope_path(tx, ROOT)
            told = {**attested_by(checkpoint), "entries": str(checkpoint.version - before.version)}
            name = f"entries up to version {checkpoint.version}"
            entry = Entry("delete", AUDIT_LOG, str(checkpoint.version), name, scope, path, 200, metadata=told)
            return Outcome(entry, None)

        try:
            await self._changes.apply(Actor(SYSTEM, NO_ORIGIN), change)
        except _NothingToDoError:
            return

    async def _delete(
        self, table: Table, keys: Sequence[ColumnElement[Any]], old: ColumnElement[bool]
    ) -> None:
        some = select(*keys).where(old).order_by(*keys).limit(self._rows_a_step)
        step = Prepared(delete(table).where((tuple_(*keys) if len(keys) > 1 else keys[0]).in_(some)))

        async def job(connection: Connection) -> int:
            return await connection.execute(step)

        deleted = self._rows_a_step
        while deleted >= self._rows_a_step:
            deleted = await self._database.record(job)
            await asyncio.sleep(self._pause)


async def _next_checkpoint(reader: Reader, cutoff: int) -> Row | None:
    """The entry up to which everything is too old; None where there is none, or none that is worth it."""
    row = await reader.fetch_one(_NEWEST_BEFORE, {"cutoff": cutoff})
    if row is None:
        return None
    before = await read_checkpoint(reader)
    found = await reader.fetch_one(_WORTH_IT, {"after": before.version, "up_to": row["version"]})
    return row if found is not None and found["worth_it"] else None

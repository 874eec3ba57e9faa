"""Walks the audit chain and says where it breaks, if it does."""

import json
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from keystead.changes import chain
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import audit_checkpoint, change_entry, change_head

_BATCH: Final = 1_000
CHECKPOINT_ID: Final = 1
AUDIT_LOG: Final = "audit-log"  # what an entry is about that says up to where others were removed
_BEFORE_ALL: Final = -(2**62)
_CHECKPOINT = Prepared(
    select(audit_checkpoint.c.version, audit_checkpoint.c.hash, audit_checkpoint.c.at).where(
        audit_checkpoint.c.id == CHECKPOINT_ID
    )
)
_checkpoint_version = (
    select(audit_checkpoint.c.version).where(audit_checkpoint.c.id == CHECKPOINT_ID).scalar_subquery()
)
# One statement, so that head and entries are of one moment.
_HEAD = Prepared(
    select(
        change_head.c.version,
        change_head.c.hash,
        select(func.count())
        .select_from(change_entry)
        .where(change_entry.c.version > func.coalesce(_checkpoint_version, literal_column(str(_BEFORE_ALL))))
        .scalar_subquery()
        .label("entries"),
    )
)
_HEAD_ALONE = Prepared(select(change_head.c.version, change_head.c.hash, change_head.c.at))
_ENTRIES = Prepared(
    select(change_entry)
    .where(change_entry.c.version > bindparam("after"), change_entry.c.version <= bindparam("head"))
    .order_by(change_entry.c.version)
    .limit(bindparam("batch"))
)


class Head(NamedTuple):
    """The newest entry: its version, its hash, its time in microseconds. What an outside copy pins."""

    version: int
    hash: bytes
    at: int


class Checkpoint(NamedTuple):
    """The entries up to this version were removed, as the retention has it; `hash` and `at` are those of its entry."""

    version: int
    hash: bytes
    at: int


NO_CHECKPOINT: Final = Checkpoint(0, chain.GENESIS, 0)


class Intact(NamedTuple):
    """Every entry up to `version` is as it was written, if the hash is the one that was noted elsewhere.

    Those up to `after` are gone, as an entry of the chain says.
    """

    version: int
    hash: bytes
    after: int = 0


class Break(NamedTuple):
    """The first version at which the chain does not hold, and how."""

    version: int
    problem: str


async def read_head(reader: Reader) -> Head:
    """Raises LookupError where there is none, which no migrated database is."""
    row = await reader.fetch_one(_HEAD_ALONE)
    if row is None:
        raise LookupError("the head of the chain is missing")
    return Head(row["version"], row["hash"], row["at"])


async def read_checkpoint(reader: Reader) -> Checkpoint:
    """Where the chain begins."""
    row = await reader.fetch_one(_CHECKPOINT)
    return NO_CHECKPOINT if row is None else Checkpoint(row["version"], row["hash"], row["at"])


def attested_by(checkpoint: Checkpoint) -> dict[str, str]:
    """What the entry says by which entries were removed: the chain itself vouches for where it begins."""
    return {"upTo": str(checkpoint.version), "hash": checkpoint.hash.hex()}


async def verify(reader: Reader, batch: int = _BATCH) -> Intact | Break:
    """Recomputes every hash up to the head as of now; entries that follow meanwhile are left for the next time."""
    while True:
        checkpoint = await read_checkpoint(reader)
        found = await _walk(reader, checkpoint, batch)
        if isinstance(found, Intact) or checkpoint == await read_checkpoint(reader):
            return found
        # What was not found may have been removed meanwhile: the checkpoint moves once a day at most.


async def _walk(reader: Reader, checkpoint: Checkpoint, batch: int) -> Intact | Break:
    heads = await reader.scan(_HEAD)
    if len(heads) != 1:
        return Break(0, "the head of the chain is missing")
    head = heads[0]
    version, previous, _ = checkpoint
    is_attested = checkpoint == NO_CHECKPOINT
    while version < head["version"]:
        entries = await reader.scan(_ENTRIES, {"after": version, "head": head["version"], "batch": batch})
        for entry in entries:
            version += 1
            problem = _problem(version, previous, entry)
            if problem:
                return Break(version, problem)
            is_attested = is_attested or _attests(entry, checkpoint)
            previous = entry["hash"]
        if not entries:
            return Break(version + 1, "the entry is missing")
    if previous != head["hash"]:
        return Break(version, "the head of the chain has another hash than its newest entry")
    if head["entries"] != version - checkpoint.version:
        return Break(version, "there are entries outside the chain, before its first or behind its head")
    if not is_attested:
        return Break(checkpoint.version, "no entry says that the entries up to here were removed")
    return Intact(version, previous, checkpoint.version)


def _attests(entry: Row, checkpoint: Checkpoint) -> bool:
    if entry["entity_type"] != AUDIT_LOG or entry["action"] != "delete":
        return False
    told: dict[str, str] = json.loads(entry["metadata"])
    return attested_by(checkpoint).items() <= told.items()


def _problem(version: int, previous: bytes, entry: Row) -> str | None:
    if entry["version"] != version:
        return "the entry is missing"
    try:
        as_written = all(
            chain.canonical_json(json.loads(entry[name])) == entry[name] for name in ("metadata", "touches")
        )
        unchanged = chain.next_hash(previous, entry) == entry["hash"]
    except (ValueError, TypeError, RecursionError):  # not JSON, not text, not UTF-8
        as_written = unchanged = False
    if not (as_written and unchanged):
        return "the entry, or the one before it, is not as it was written"
    return None

"""Walks the audit chain and says where it breaks, if it does."""

import json
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, select

from keystead.changes import chain
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import change_entry, change_head

_BATCH: Final = 1_000
# One statement, so that head and entries are of one moment.
_HEAD = Prepared(
    select(
        change_head.c.version,
        change_head.c.hash,
        select(func.count()).select_from(change_entry).scalar_subquery().label("entries"),
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


class Intact(NamedTuple):
    """Every entry up to `version` is as it was written, if the hash is the one that was noted elsewhere."""

    version: int
    hash: bytes


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


async def verify(reader: Reader, batch: int = _BATCH) -> Intact | Break:
    """Recomputes every hash up to the head as of now; entries that follow meanwhile are left for the next time."""
    heads = await reader.scan(_HEAD)
    if len(heads) != 1:
        return Break(0, "the head of the chain is missing")
    head = heads[0]
    version, previous = 0, chain.GENESIS
    while version < head["version"]:
        entries = await reader.scan(_ENTRIES, {"after": version, "head": head["version"], "batch": batch})
        for entry in entries:
            version += 1
            problem = _problem(version, previous, entry)
            if problem:
                return Break(version, problem)
            previous = entry["hash"]
        if not entries:
            return Break(version + 1, "the entry is missing")
    if previous != head["hash"]:
        return Break(version, "the head of the chain has another hash than its newest entry")
    if head["entries"] != version:
        return Break(version, "there are entries outside the chain, before its first or behind its head")
    return Intact(version, previous)


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

"""The one way to change anything.

A handler describes a change as a function of a `Transaction`. It runs on the database's writer: the version row
is locked, the actor's authority is read there and then, the change writes, and its entry takes the next version.
What cannot happen, by construction: a change without an entry, an entry without a change, a change for which
nobody asked whether the actor may make it.
"""

from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import bindparam, insert, select, update

from keystead.authz.policy import Grants
from keystead.changes import chain
from keystead.changes.feed import Feed
from keystead.changes.model import SYSTEM, Actor, Applied, Entry
from keystead.db.connection import (
    NO_PARAMETERS,
    Connection,
    Database,
    Parameters,
    Prepared,
    Reader,
    Row,
    Statement,
)
from keystead.db.schema import change_entry, change_head
from keystead.kit.clock import Clock
from keystead.kit.ids import new_id
from keystead.kit.text import fold_beyond_ascii

T = TypeVar("T")
HEAD_ID: Final = 1
MAX_METADATA: Final = 10
# On an engine with row locks the row stays locked until the commit; SQLite's writer is alone anyway.
_LOCK_HEAD = Prepared(
    select(change_head.c.version, change_head.c.hash, change_head.c.at)
    .where(change_head.c.id == HEAD_ID)
    .with_for_update()
)
_READ_HEAD = Prepared(select(change_head.c.version).where(change_head.c.id == HEAD_ID))
_MOVE_HEAD = Prepared(
    update(change_head)
    .where(change_head.c.id == HEAD_ID)
    .values(version=bindparam("version"), hash=bindparam("hash"), at=bindparam("at"))
)
_ADD_ENTRY = Prepared(insert(change_entry))
_HASH_AT = Prepared(select(change_entry.c.hash).where(change_entry.c.version == bindparam("version")))


class Outcome(NamedTuple, Generic[T]):
    """What a change did: its entry for the log, and the result for whoever asked."""

    entry: Entry
    result: T


class Authority(Protocol):
    """Reads, inside the change, what the actor holds now.

    Raises a `Kind.UNAUTHENTICATED` error when the actor's credential, account or generation died meanwhile.
    """

    async def __call__(self, connection: Connection, actor: Actor, now: int, /) -> Grants: ...


class Transaction:
    """A change under way: a connection that counts the rows written, the actor, the time, the actor's authority."""

    def __init__(self, connection: Connection, actor: Actor, now: int, authority: Authority) -> None:
        self._connection = connection
        self._authority = authority
        self._grants: Grants | None = None
        self.actor = actor
        self.now = now
        self.writes = 0
        self.authority_checked = actor.subject is SYSTEM

    async def grants(self) -> Grants:
        """What the actor holds, as of this change. Asking is what makes a change permissible at all."""
        if self._grants is None:
            self._grants = await self._authority(self._connection, self.actor, self.now)
        self.authority_checked = True
        return self._grants

    def needs_no_authority(self, because: str) -> None:
        """For a change that rests on another proof than permissions, such as a password: `because` names it."""
        if not because:
            raise ValueError("say what the change rests on")
        self.authority_checked = True

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        return await self._connection.fetch_one(statement, parameters)

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return await self._connection.fetch_all(statement, parameters)

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        return await self._connection.scan(statement, parameters)

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        return await self._connection.scan_keys(statement, parameters)

    async def execute(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        touched = await self._connection.execute(statement, parameters)
        self.writes += max(touched, 0)
        return touched

    async def insert(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> int:
        self.writes += 1
        return await self._connection.insert(statement, parameters)

    async def execute_many(self, statement: Statement, rows: Sequence[Parameters]) -> None:
        self.writes += len(rows)
        await self._connection.execute_many(statement, rows)


Change = Callable[[Transaction], Awaitable[Outcome[T]]]


class ChangeEngine:
    def __init__(self, database: Database, feed: Feed, clock: Clock, authority: Authority) -> None:
        self._database = database
        self._feed = feed
        self._clock = clock
        self._authority = authority

    async def apply(self, actor: Actor, change: Change[T]) -> T:
        """Makes the change and returns its result once it is durable and every cache has heard of it.

        Raises whatever `change` raises, after which nothing of it is left, and a `Kind.UNAVAILABLE` error when the
        database could not commit.
        """

        async def job(connection: Connection) -> tuple[Applied, T]:
            return await self._run(connection, actor, change)

        _, result = await self._database.write(job, lambda done: self._feed.publish(done[0]), _landed)
        return result

    async def _run(self, connection: Connection, actor: Actor, change: Change[T]) -> tuple[Applied, T]:
        head = await connection.fetch_one(_LOCK_HEAD)
        if head is None:
            raise RuntimeError("the database has no change_head row")
        # Time never runs backwards in the chain, whatever the machine's clock does.
        now = max(self._clock.now(), head["at"])
        transaction = Transaction(connection, actor, now, self._authority)
        entry, result = await change(transaction)
        _require_whole(transaction, entry)
        row = _entry_row(head["version"] + 1, actor, now, entry)
        row["hash"] = chain.next_hash(head["hash"], row)
        await connection.execute(_ADD_ENTRY, row)
        await connection.execute(_MOVE_HEAD, {"version": row["version"], "hash": row["hash"], "at": now})
        return Applied(row["version"], entry.touches, row["hash"]), result


async def _landed(connection: Connection, done: tuple[Applied, Any]) -> bool:
    """Whether a change was kept of which that is not known. What could still commit it holds the lock that we take."""
    await connection.fetch_one(_LOCK_HEAD)
    entry = await connection.fetch_one(_HASH_AT, {"version": done[0].version})
    return entry is not None and bytes(entry["hash"]) == done[0].hash


def _require_whole(transaction: Transaction, entry: Entry) -> None:
    if not isinstance(entry, Entry):
        raise TypeError("a change returns Outcome(entry, result)")
    if transaction.writes == 0:
        raise RuntimeError(
            f"an audit entry for a change that wrote nothing: {entry.action} {entry.entity_type}"
        )
    if not transaction.authority_checked:
        raise RuntimeError(f"nobody checked whether the actor may {entry.action} this {entry.entity_type}")
    if len(entry.metadata) > MAX_METADATA or not all(
        isinstance(text, str) for text in entry.metadata.values()
    ):
        raise TypeError(f"metadata of an audit entry is at most {MAX_METADATA} strings")


def _entry_row(version: int, actor: Actor, now: int, entry: Entry) -> dict[str, Any]:
    metadata = dict(entry.metadata)
    if actor.access_key and len(metadata) < MAX_METADATA:
        metadata["accessKey"] = actor.access_key
    return {
        "version": version,
        "id": new_id(),
        "at": now,
        "actor_type": actor.subject.type,
        "actor_id": actor.subject.id,
        "actor_name": actor.subject.name,
        "action": entry.action,
        "entity_type": entry.entity_type,
        "entity_id": entry.entity_id,
        "entity_name": entry.entity_name,
        "entity_name_folded": fold_beyond_ascii(entry.entity_name),
        "scope_code": entry.scope.code,
        "scope_path": entry.scope_path,
        "scope_path_folded": fold_beyond_ascii(entry.scope_path),
        "source_ip": actor.origin.source_ip,
        "http_method": actor.origin.http_method,
        "url": actor.origin.url,
        "status": entry.status,
        "request_id": actor.origin.request_id,
        "metadata": chain.canonical_json(metadata),
        "touches": chain.canonical_json(
            {name: list(keys) for name, keys in asdict(entry.touches).items() if keys}
        ),
    }


async def is_reachable(reader: Reader) -> bool:
    """Whether the database answers with its version row."""
    return await reader.fetch_one(_READ_HEAD) is not None


async def current_version(reader: Reader) -> int:
    """The version of the last committed change."""
    head = await reader.fetch_one(_READ_HEAD)
    if head is None:
        raise RuntimeError("the database has no change_head row")
    return int(head["version"])

"""Writes what was used, many at a time; whoever waits is answered once it is durable."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from keystead.changes.model import Origin
from keystead.db.connection import Connection, Database, Prepared
from keystead.db.schema import credential_use, last_login, refused_client, sign_in
from keystead.kit.clock import SECOND, Clock
from keystead.usage.counters import Attempt, count

HOUR: Final = 3600 * SECOND

_ADD_SIGN_IN = Prepared(
    insert(sign_in).values({c.name: bindparam(c.name) for c in sign_in.c if c.name != "pk"})
)
_SET_LAST_LOGIN = Prepared(
    update(last_login)
    .where(last_login.c.account_pk == bindparam("account_key"))
    .values(at=bindparam("moment"), source_ip=bindparam("source"), credential_id=bindparam("credential"))
)
_SET_LAST_REFUSED = Prepared(
    update(last_login)
    .where(last_login.c.account_pk == bindparam("account_key"))
    .values(refused_at=bindparam("moment"), refused_ip=bindparam("source"))
)
_used = upsert(credential_use).values(credential_id=bindparam("credential_id"), at=bindparam("at"))
_SET_LAST_USE = Prepared(
    _used.on_conflict_do_update(index_elements=["credential_id"], set_={"at": _used.excluded.at})
)
_refused = upsert(refused_client).values(
    hour=bindparam("hour"), source_ip=bindparam("source_ip"), attempts=bindparam("attempts")
)
_COUNT_REFUSED = Prepared(
    _refused.on_conflict_do_update(
        index_elements=["hour", "source_ip"],
        set_={"attempts": refused_client.c.attempts + _refused.excluded.attempts},
    )
)


class SignIn(NamedTuple):
    """One attempt by a known subject. `account_pk` is None for people, whose last login lies in their sessions."""

    subject_type: str
    subject_id: str
    subject_name: str
    account_pk: int | None
    scope_code: int
    credential_id: str | None
    succeeded: bool
    status: int
    origin: Origin


class _Batch:
    """What waits for one commit."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.sign_ins: list[tuple[int, SignIn]] = []
        self.refused: Counter[tuple[int, str]] = Counter()

    def settle(self, error: BaseException | None) -> None:
        """Tells all who wait that it is written, or that it is not."""
        for written in self.waiting:
            if written.done():  # its caller has gone
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)

    async def write(self, connection: Connection, shard: int) -> None:
        """Rows by ascending key, so that the batches of two processes do not wait for each other in a ring."""
        await connection.execute_many(_ADD_SIGN_IN, [_sign_in_row(at, event) for at, event in self.sign_ins])
        logins: dict[int, dict[str, Any]] = {}
        refusals: dict[int, dict[str, Any]] = {}
        uses: dict[str, int] = {}
        attempts: list[Attempt] = []
        for at, event in self.sign_ins:
            if event.account_pk is not None:
                attempts.append(Attempt(at, event.account_pk, event.scope_code, event.succeeded))
                latest = {"account_key": event.account_pk, "moment": at, "source": event.origin.source_ip}
                if event.succeeded:
                    logins[event.account_pk] = {**latest, "credential": event.credential_id}
                else:
                    refusals[event.account_pk] = latest
            if event.succeeded and event.credential_id is not None:
                uses[event.credential_id] = at
        await connection.execute_many(_SET_LAST_LOGIN, [logins[pk] for pk in sorted(logins)])
        await connection.execute_many(_SET_LAST_REFUSED, [refusals[pk] for pk in sorted(refusals)])
        await connection.execute_many(
            _SET_LAST_USE, [{"credential_id": id_, "at": at} for id_, at in sorted(uses.items())]
        )
        await count(connection, attempts, shard)
        await connection.execute_many(
            _COUNT_REFUSED,
            [
                {"hour": hour, "source_ip": ip, "attempts": n}
                for (hour, ip), n in sorted(self.refused.items())
            ],
        )


class UsageRecorder:
    """One batch is being written while the next collects. `shard` is the process's own, where there are several."""

    def __init__(self, database: Database, clock: Clock, shard: int = 0) -> None:
        self._database = database
        self._clock = clock
        self._shard = shard
        self._collecting = _Batch()
        self._flushing: asyncio.Task[None] | None = None

    async def sign_in(self, event: SignIn) -> None:
        """Returns when the attempt is durable. Raises a `Kind.UNAVAILABLE` error when it could not be written."""
        self._collecting.sign_ins.append((self._clock.now(), event))
        await self._written()

    async def sign_ins_of_the_past(self, events: Sequence[tuple[int, SignIn]]) -> None:
        """Sign-ins with the moments at which they were, in one batch: for histories that are imported or made up."""
        batch = _Batch()
        batch.sign_ins.extend(events)
        await self._database.record(partial(batch.write, shard=self._shard))

    async def refused(self, source_ip: str) -> None:
        """An attempt for a client that does not exist: counted."""
        self._collecting.refused[self._clock.now() // HOUR * HOUR, source_ip] += 1
        await self._written()

    async def _written(self) -> None:
        loop = asyncio.get_running_loop()
        if self._flushing is None:
            self._flushing = loop.create_task(self._flush())
        # A future of one's own: whoever gives up takes nobody's batch along.
        written: asyncio.Future[None] = loop.create_future()
        self._collecting.waiting.append(written)
        await written

    async def _flush(self) -> None:
        """Writes batch after batch, until none has collected anything."""
        try:
            while self._collecting.waiting:
                batch, self._collecting = self._collecting, _Batch()
                await self._write(batch)
        finally:
            self._flushing = None

    async def _write(self, batch: _Batch) -> None:
        try:
            await self._database.record(partial(batch.write, shard=self._shard))
        except BaseException as error:  # whoever waits hears of it; this goes on for the others
            batch.settle(error)
            if not isinstance(error, Exception):
                raise
        else:
            batch.settle(None)


def _sign_in_row(at: int, event: SignIn) -> dict[str, Any]:
    return {
        "at": at,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "subject_name": event.subject_name,
        "scope_code": event.scope_code,
        "credential_id": event.credential_id,
        "succeeded": event.succeeded,
        "status": event.status,
        "source_ip": event.origin.source_ip,
        "http_method": event.origin.http_method,
        "url": event.origin.url,
        "request_id": event.origin.request_id,
    }

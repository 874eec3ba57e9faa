"""The whole application in this process: over a clock that a test moves and a database whose reads are counted."""

import shutil
from array import array
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import httpx

from keystead.app import Keystead, build
from keystead.db.connection import (
    NO_PARAMETERS,
    Database,
    Job,
    Landed,
    Parameters,
    Reader,
    Row,
    Statement,
)
from keystead.db.migrate import upgrade, upgrade_postgres
from keystead.db.postgres import PostgresDatabase, connect
from keystead.db.sqlite import SqliteDatabase
from keystead.kit.clock import SECOND
from keystead.settings import Settings
from keystead.tokens.master_key import MasterKey
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

T = TypeVar("T")
URL: Final = "https://keystead.example"
HERE: Final = "192.0.2.1"
TOKEN: Final = "/api/v2/token"


class Clock:
    """Moves when a test says so."""

    def __init__(self) -> None:
        self.time = 1_800_000_000 * SECOND

    def now(self) -> int:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += int(seconds * SECOND)


@dataclass
class Log:
    """Keeps what the application has to say."""

    events: list[str] = field(default_factory=list)

    def info(self, event: str, **_fields: Any) -> None:
        self.events.append(event)

    warning = exception = info


class Read(NamedTuple):
    statement: Statement
    parameters: Parameters
    rows: int


class _Watched:
    """Passes reads on, and keeps which statements read how many rows."""

    def __init__(self, reader: Reader, reads: list[Read]) -> None:
        self._reader = reader
        self.reads = reads

    async def fetch_one(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Row | None:
        row = await self._reader.fetch_one(statement, parameters)
        self.reads.append(Read(statement, parameters, 0 if row is None else 1))
        return row

    async def fetch_all(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        rows = await self._reader.fetch_all(statement, parameters)
        self.reads.append(Read(statement, parameters, len(rows)))
        return rows

    async def scan(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> Sequence[Row]:
        rows = await self._reader.scan(statement, parameters)
        self.reads.append(Read(statement, parameters, len(rows)))
        return rows

    async def scan_keys(self, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> "array[int]":
        keys = await self._reader.scan_keys(statement, parameters)
        self.reads.append(Read(statement, parameters, len(keys)))
        return keys


class WatchedDatabase(_Watched):
    """A database whose reads are kept."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, [])
        self._database = database

    async def write(
        self, job: Job[T], committed: Callable[[T], None] | None = None, landed: Landed[T] | None = None
    ) -> T:
        return await self._database.write(job, committed, landed)

    async def record(self, job: Job[T]) -> T:
        return await self._database.record(job)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Reader]:
        async with self._database.snapshot() as reader:
            yield _Watched(reader, self.reads)

    def waiting(self) -> int:
        return self._database.waiting()

    async def close(self) -> None:
        await self._database.close()


@dataclass
class Inside:
    keystead: Keystead
    database: WatchedDatabase
    clock: Clock
    log: Log
    anonymous: httpx.AsyncClient

    def coming_from(self, address: str) -> httpx.AsyncClient:
        """A client with an address of its own: attempts to sign in are counted by it."""
        transport = httpx.ASGITransport(self.keystead.asgi, client=(address, 50_000))
        return httpx.AsyncClient(transport=transport, base_url=URL)

    def bearing(self, token: str) -> httpx.AsyncClient:
        client = self.coming_from(HERE)
        client.headers["Authorization"] = f"Bearer {token}"
        return client

    async def sign_in(
        self, email: str = ADMIN_EMAIL, password: str = ADMIN_PASSWORD, **more: str
    ) -> dict[str, Any]:
        """What the password grant answers."""
        form = {"grant_type": "password", "username": email, "password": password, **more}
        answer = await self.anonymous.post(TOKEN, data=form)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def admin(self) -> httpx.AsyncClient:
        return self.bearing((await self.sign_in())["access_token"])


@asynccontextmanager
async def running_inside(
    directory: Path,
    *,
    migrated: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Inside]:
    """`migrated` is a database to begin with, which is copied."""
    environment = {
        "KEYSTEAD_DATA_DIR": str(directory),
        "KEYSTEAD_PUBLIC_URL": URL,
        "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD,
        **(settings or {}),
    }
    loaded = Settings.load(environment, on_terminal=False)
    if migrated is not None:
        shutil.copy(migrated, loaded.database_path)
    opened = await _opened(loaded)
    clock, log = Clock(), Log()
    try:
        database = WatchedDatabase(opened)
        keystead = await build(
            loaded, database, MasterKey(bytes(32)), clock, log, keep_generated_password=None
        )
        transport = httpx.ASGITransport(keystead.asgi, client=(HERE, 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as anonymous:
            yield Inside(keystead, database, clock, log, anonymous)
        keystead.close()
    finally:
        await opened.close()


async def _opened(loaded: Settings) -> Database:
    if loaded.is_on_sqlite:
        upgrade(loaded.database_path)
        return SqliteDatabase(loaded.database_path)
    raw = await connect(loaded.database_url)
    await upgrade_postgres(raw)
    await raw.close()
    return await PostgresDatabase.open(loaded.database_url)

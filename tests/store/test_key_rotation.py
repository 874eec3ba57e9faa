"""Signing keys in the database of either engine: how one follows another, whoever notices, and at whatever moment."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import select

from keystead.authz.policy import Grant, Grants
from keystead.authz.vocabulary import SECURITY_SETTINGS, Action
from keystead.changes.engine import ChangeEngine, current_version
from keystead.changes.feed import Feed
from keystead.changes.others import ChangesOfOthers
from keystead.changes.verify import Intact, verify
from keystead.db.connection import Connection, Database, Row
from keystead.db.schema import change_entry, signing_key
from keystead.first_start import ensure_signing_keys
from keystead.kit.clock import SECOND
from keystead.kit.errors import KeysteadError, Kind
from keystead.tokens.key_life import LEAD, KeyState
from keystead.tokens.key_rotation import KeyRotation, exchange_master_key
from keystead.tokens.key_store import load_signing_keys
from keystead.tokens.master_key import MasterKey, WrongMasterKeyError
from keystead.tokens.signing_keys import SigningKeys, key_id
from tests.store.ground import ADMINISTRATOR, ManualClock

DAY = 86_400 * SECOND
DAYS = 90
MASTER = MasterKey(bytes(32))
OTHER_MASTER = MasterKey(bytes([1]) * 32)
MAY_UPDATE = Grants((Grant(1, 1, SECURITY_SETTINGS.mask(Action.UPDATE), 0),))


async def holds_the_keys(connection: Connection, actor: Any, now: int) -> Grants:
    return MAY_UPDATE


class Process:
    """One of several over the database, with its keys in memory."""

    def __init__(
        self, database: Database, changes: ChangeEngine, keys: SigningKeys, feed: Feed, clock: ManualClock
    ) -> None:
        self.database = database
        self.clock = clock
        self.changes = changes
        self.keys = keys
        self.feed = feed
        self.rotation = KeyRotation(changes, feed, MASTER, keys, clock, DAYS)
        feed.hold(lambda touches: bool(touches.signing_keys), self._reload)

    async def _reload(self) -> None:
        self.keys.replace(*await load_signing_keys(self.database, MASTER))

    async def states(self) -> list[KeyState]:
        await self.feed.current()
        return [life.state(self.clock.now()) for life in self.keys.lives]

    async def signer(self) -> str:
        await self.feed.current()
        return self.keys.signing(self.clock.now()).kid

    async def entries(self) -> list[Row]:
        statement = select(change_entry).where(change_entry.c.entity_type == "signing-key")
        return list(await self.database.fetch_all(statement.order_by(change_entry.c.version)))


MakeProcess = Callable[[], Awaitable[Process]]


@pytest.fixture
def make_process(database: Database, clock: ManualClock) -> MakeProcess:
    async def make() -> Process:
        feed = Feed(await current_version(database), ChangesOfOthers(database))
        changes = ChangeEngine(database, feed, clock, holds_the_keys)
        keys = await ensure_signing_keys(database, changes, MASTER)
        return Process(database, changes, keys, feed, clock)

    return make


@pytest.fixture
async def process(make_process: MakeProcess) -> Process:
    return await make_process()


async def test_the_first_start_makes_a_key_that_signs(process: Process) -> None:
    assert await process.states() == [KeyState.SIGNING]


async def test_the_next_key_is_published_at_once_and_signs_later(process: Process) -> None:
    first = await process.signer()
    made = await process.rotation.rotate(ADMINISTRATOR)
    assert await process.states() == [KeyState.SIGNING, KeyState.COMING]
    process.clock.time += LEAD - 1
    assert await process.signer() == first
    process.clock.time += 1
    assert await process.signer() == made.kid
    assert await process.states() == [KeyState.RETIRED, KeyState.SIGNING]


async def test_two_cannot_be_coming(process: Process) -> None:
    await process.rotation.rotate(ADMINISTRATOR)
    with pytest.raises(KeysteadError, match="published already") as refused:
        await process.rotation.rotate(ADMINISTRATOR)
    assert refused.value.kind is Kind.CONFLICT
    process.clock.time += LEAD
    await process.rotation.rotate(ADMINISTRATOR)
    assert await process.states() == [KeyState.RETIRED, KeyState.SIGNING, KeyState.COMING]


# In an emergency


async def test_a_new_key_signs_at_once_when_the_one_that_signs_is_revoked(process: Process) -> None:
    first = await process.signer()
    revoked = await process.rotation.revoke(ADMINISTRATOR, key_id(first))
    assert await process.states() == [KeyState.SIGNING]
    assert await process.signer() == revoked.replaced_by != first
    assert process.keys.find(first, process.clock.now()) is None


async def test_the_coming_key_takes_the_place_of_the_revoked_one(process: Process) -> None:
    coming = await process.rotation.rotate(ADMINISTRATOR)
    revoked = await process.rotation.revoke(ADMINISTRATOR, key_id(await process.signer()))
    assert await process.signer() == revoked.replaced_by == coming.kid
    assert await process.states() == [KeyState.SIGNING]


async def test_a_retired_key_does_not_sign_again_when_its_follower_is_revoked(process: Process) -> None:
    first = await process.signer()
    await process.rotation.rotate(ADMINISTRATOR)
    process.clock.time += LEAD
    revoked = await process.rotation.revoke(ADMINISTRATOR, key_id(await process.signer()))
    assert await process.states() == [KeyState.RETIRED, KeyState.SIGNING]
    assert await process.signer() == revoked.replaced_by != first


async def test_revoking_a_key_that_does_not_sign_changes_nothing_else(process: Process) -> None:
    first = await process.signer()
    await process.rotation.rotate(ADMINISTRATOR)
    process.clock.time += LEAD
    second = await process.signer()
    third = await process.rotation.rotate(ADMINISTRATOR)
    assert (await process.rotation.revoke(ADMINISTRATOR, key_id(first))).replaced_by is None
    assert (await process.rotation.revoke(ADMINISTRATOR, key_id(third.kid))).replaced_by is None
    assert await process.signer() == second
    assert await process.states() == [KeyState.SIGNING]


async def test_another_process_honours_a_revocation_and_signs_with_the_same_key_at_once(
    make_process: MakeProcess,
) -> None:
    here, there = await make_process(), await make_process()
    first = await there.signer()
    await here.rotation.revoke(ADMINISTRATOR, key_id(first))
    assert await there.signer() == await here.signer() != first
    assert there.keys.find(first, there.clock.now()) is None


async def test_what_is_no_key_is_not_found(process: Process) -> None:
    for wanted in ("", "no-uuid", "00000000-0000-8000-8000-000000000000", await process.signer()):
        with pytest.raises(KeysteadError) as refused:
            await process.rotation.revoke(ADMINISTRATOR, wanted)
        assert refused.value.kind is Kind.NOT_FOUND


async def test_whoever_may_not_update_security_settings_of_the_tenant_is_refused(
    process: Process, database: Database
) -> None:
    async def holds_elsewhere(connection: Connection, actor: Any, now: int) -> Grants:
        return Grants((Grant(1, 1, SECURITY_SETTINGS.mask(Action.UPDATE), 1 << 48),))

    changes = ChangeEngine(database, process.feed, process.clock, holds_elsewhere)
    rotation = KeyRotation(changes, process.feed, MASTER, process.keys, process.clock, DAYS)
    for attempt in (
        rotation.rotate(ADMINISTRATOR),
        rotation.revoke(ADMINISTRATOR, key_id(await process.signer())),
    ):
        with pytest.raises(KeysteadError) as refused:
            await attempt
        assert refused.value.kind is Kind.FORBIDDEN


# By the clock


async def test_nothing_is_done_before_its_time(process: Process) -> None:
    process.clock.time += DAYS * DAY - 1
    await process.rotation.tend()
    assert len(await process.entries()) == 1


async def test_of_processes_that_all_notice_one_makes_the_next_key(make_process: MakeProcess) -> None:
    processes = [await make_process() for _ in range(5)]
    processes[0].clock.time += DAYS * DAY
    await asyncio.gather(*(one.rotation.tend() for one in processes))
    await asyncio.gather(*(one.rotation.tend() for one in processes))
    assert len(await processes[0].entries()) == 2
    rows = await processes[0].database.fetch_all(select(signing_key))
    assert len(rows) == 2


async def test_a_key_of_which_no_token_lives_is_removed_once(make_process: MakeProcess) -> None:
    processes = [await make_process() for _ in range(3)]
    first = processes[0]
    await first.rotation.rotate(ADMINISTRATOR)
    for one in processes:
        assert await one.states() == [KeyState.SIGNING, KeyState.COMING]
    withdrawn_at = first.keys.lives[0].withdrawn_at
    assert withdrawn_at is not None
    first.clock.time = withdrawn_at - 1
    await asyncio.gather(*(one.rotation.tend() for one in processes))
    assert len(await first.entries()) == 2
    first.clock.time = withdrawn_at
    await asyncio.gather(*(one.rotation.tend() for one in processes))
    entries = await first.entries()
    assert [entry["action"] for entry in entries] == ["create", "create", "delete"]
    assert await first.states() == [KeyState.SIGNING]


async def test_keys_are_made_on_and_on(process: Process) -> None:
    """Ten years of looking once a day."""
    seen = set()
    for _ in range(3_650 // 30):
        process.clock.time += 30 * DAY
        await process.rotation.tend()
        states = await process.states()
        assert states.count(KeyState.SIGNING) == 1
        assert len(states) <= 3
        seen.add(await process.signer())
    assert len(seen) >= 30
    assert isinstance(await verify(process.database), Intact)


async def test_the_log_names_the_key_and_tells_caches_of_it(process: Process) -> None:
    first = await process.signer()
    made = await process.rotation.rotate(ADMINISTRATOR)
    await process.rotation.revoke(ADMINISTRATOR, key_id(first))
    _, create, delete = await process.entries()
    assert (create["action"], create["entity_id"]) == ("create", made.kid)
    assert json.loads(create["touches"]) == {"signing_keys": [made.kid]}
    assert (delete["action"], delete["entity_id"]) == ("delete", first)
    assert json.loads(delete["metadata"]) == {"reason": "revoked", "replacedBy": made.kid}
    assert set(json.loads(delete["touches"])["signing_keys"]) == {first, made.kid}


# The master key


async def test_under_another_master_key_every_key_opens_and_under_the_old_one_none(process: Process) -> None:
    await process.rotation.rotate(ADMINISTRATOR)
    assert await exchange_master_key(process.changes, MASTER, OTHER_MASTER) == 2
    keys, _ = await load_signing_keys(process.database, OTHER_MASTER)
    assert {key.kid for key in keys} == {entry["entity_id"] for entry in await process.entries()}
    with pytest.raises(WrongMasterKeyError):
        await load_signing_keys(process.database, MASTER)


async def test_with_the_wrong_master_key_nothing_is_exchanged(process: Process) -> None:
    with pytest.raises(WrongMasterKeyError):
        await exchange_master_key(process.changes, OTHER_MASTER, MASTER)
    assert len((await load_signing_keys(process.database, MASTER))[0]) == 1
    assert len(await process.entries()) == 1


async def test_a_process_with_the_old_master_key_seals_nothing_under_it(process: Process) -> None:
    await exchange_master_key(process.changes, MASTER, OTHER_MASTER)
    with pytest.raises(KeysteadError, match="Start it again with the new one") as refused:
        await process.rotation.rotate(ADMINISTRATOR)
    assert refused.value.kind is Kind.UNAVAILABLE
    assert len((await load_signing_keys(process.database, OTHER_MASTER))[0]) == 1

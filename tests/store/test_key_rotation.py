"""Signing keys in the database of either engine: how one follows another, whoever notices, and at whatever moment."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
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
from keystead.tokens import signing_keys
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
        self,
        database: Database,
        changes: ChangeEngine,
        keys: SigningKeys,
        feed: Feed,
        clock: ManualClock,
        algorithms: Sequence[str],
    ) -> None:
        self.database = database
        self.clock = clock
        self.changes = changes
        self.keys = keys
        self.feed = feed
        self.rotation = KeyRotation(changes, feed, MASTER, keys, clock, DAYS, algorithms)
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


MakeProcess = Callable[..., Awaitable[Process]]


@pytest.fixture
def make_process(database: Database, clock: ManualClock) -> MakeProcess:
    async def make(*algorithms: str) -> Process:
        algorithms = algorithms or ("ES256",)
        feed = Feed(await current_version(database), ChangesOfOthers(database))
        changes = ChangeEngine(database, feed, clock, holds_the_keys)
        keys = await ensure_signing_keys(database, changes, MASTER, algorithms[0])
        return Process(database, changes, keys, feed, clock, algorithms)

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


async def test_no_change_waits_while_a_key_is_made(
    make_process: MakeProcess, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All changes queue behind one writer, and an RSA key takes as long as hundreds of them."""
    writing, made, write = False, [], database.write

    async def watched(job: Any, *more: Any) -> Any:
        async def watched_job(connection: Connection) -> Any:
            nonlocal writing
            writing = True
            try:
                return await job(connection)
            finally:
                writing = False

        return await write(watched_job, *more)

    monkeypatch.setattr(database, "write", watched)
    for alg, maker in list(signing_keys._MAKERS.items()):

        def noted(alg: str = alg, maker: Any = maker) -> Any:
            made.append((alg, writing))
            return maker()

        monkeypatch.setitem(signing_keys._MAKERS, alg, noted)
    process = await make_process("RS256", "ES256")
    await process.rotation.tend()
    await process.rotation.rotate(ADMINISTRATOR)
    process.clock.time += LEAD
    await process.rotation.revoke(ADMINISTRATOR, key_id(await process.signer()))
    assert [alg for alg, _ in made] == ["RS256", "ES256", "RS256", "RS256"]
    assert not any(while_writing for _, while_writing in made)


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
    rotation = KeyRotation(changes, process.feed, MASTER, process.keys, process.clock, DAYS, ["ES256"])
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


# Algorithms


async def algorithms(process: Process) -> list[tuple[str, KeyState]]:
    await process.feed.current()
    return [(life.alg, life.state(process.clock.now())) for life in process.keys.lives]


async def signing_algorithm(process: Process) -> str:
    await process.feed.current()
    return process.keys.signing(process.clock.now()).alg


@pytest.mark.parametrize("alg", ["ES256", "Ed25519", "EdDSA", "RS256"])
async def test_the_first_key_is_of_the_algorithm_that_is_to_sign(make_process: MakeProcess, alg: str) -> None:
    process = await make_process(alg)
    await process.rotation.tend()
    assert await algorithms(process) == [(alg, KeyState.SIGNING)]


async def test_of_every_other_algorithm_that_is_on_a_key_stands_by(make_process: MakeProcess) -> None:
    process = await make_process("ES256", "Ed25519", "RS256")
    for _ in range(2):
        await process.rotation.tend()
        assert sorted(await algorithms(process)) == [
            ("ES256", KeyState.SIGNING),
            ("Ed25519", KeyState.STANDBY),
            ("RS256", KeyState.STANDBY),
        ]
    process.clock.time += DAY
    assert await signing_algorithm(process) == "ES256"
    assert len(process.keys.jwks(process.clock.now())["keys"]) == 3


async def test_a_key_that_stood_by_signs_at_once_when_its_algorithm_comes_first(
    make_process: MakeProcess,
) -> None:
    before = await make_process("ES256", "Ed25519")
    await before.rotation.tend()
    before.clock.time += LEAD
    stood_by = await make_process("ES256", "Ed25519")
    known = {life.kid for life in stood_by.keys.lives}
    process = await make_process("Ed25519", "ES256")
    await process.rotation.tend()
    assert await signing_algorithm(process) == "Ed25519"
    assert await process.signer() in known, "verifiers know it already"
    assert await algorithms(process) == [
        ("ES256", KeyState.RETIRED),
        ("Ed25519", KeyState.SIGNING),
        ("ES256", KeyState.STANDBY),
    ]


async def test_an_algorithm_that_nobody_knew_signs_when_every_verifier_has_seen_its_key(
    make_process: MakeProcess,
) -> None:
    await make_process("ES256")
    process = await make_process("RS256")
    for _ in range(2):
        await process.rotation.tend()
        assert await algorithms(process) == [("ES256", KeyState.SIGNING), ("RS256", KeyState.COMING)]
    process.clock.time += LEAD
    assert await signing_algorithm(process) == "RS256"
    await process.rotation.tend()
    assert await algorithms(process) == [("ES256", KeyState.RETIRED), ("RS256", KeyState.SIGNING)]


async def test_a_key_that_stands_by_too_shortly_waits_until_every_verifier_has_seen_it(
    make_process: MakeProcess,
) -> None:
    await (await make_process("ES256", "RS256")).rotation.tend()
    process = await make_process("RS256")
    process.clock.time += LEAD - 1
    await process.rotation.tend()
    assert await signing_algorithm(process) == "ES256"
    process.clock.time += 1
    assert await signing_algorithm(process) == "RS256"


async def test_a_key_that_stands_by_goes_with_its_algorithm(make_process: MakeProcess) -> None:
    await (await make_process("ES256", "RS256")).rotation.tend()
    process = await make_process("ES256")
    await process.rotation.tend()
    assert await algorithms(process) == [("ES256", KeyState.SIGNING)]


async def test_keys_that_stand_by_are_in_the_way_of_no_rotation(make_process: MakeProcess) -> None:
    process = await make_process("ES256", "RS256")
    await process.rotation.tend()
    first = await process.signer()
    made = await process.rotation.rotate(ADMINISTRATOR)
    assert made.alg == "ES256"
    process.clock.time += LEAD
    assert await process.signer() == made.kid != first
    process.clock.time += DAYS * DAY
    await process.rotation.tend()
    assert [alg for alg, state in await algorithms(process) if state is KeyState.COMING] == ["ES256"]


async def test_the_key_that_signs_is_revoked_in_favour_of_one_that_stands_by_where_it_is_to_sign(
    make_process: MakeProcess,
) -> None:
    await (await make_process("ES256", "Ed25519")).rotation.tend()
    process = await make_process("Ed25519")
    stands_by = next(life.kid for life in process.keys.lives if life.alg == "Ed25519")
    revoked = await process.rotation.revoke(ADMINISTRATOR, key_id(await process.signer()))
    assert revoked.replaced_by == stands_by == await process.signer()


async def test_a_key_that_stands_by_is_revoked_and_another_takes_its_place(make_process: MakeProcess) -> None:
    process = await make_process("ES256", "Ed25519")
    await process.rotation.tend()
    await process.feed.current()
    stands_by = next(life.kid for life in process.keys.lives if life.alg == "Ed25519")
    assert (await process.rotation.revoke(ADMINISTRATOR, key_id(stands_by))).replaced_by is None
    await process.rotation.tend()
    assert await algorithms(process) == [("ES256", KeyState.SIGNING), ("Ed25519", KeyState.STANDBY)]
    assert stands_by not in {life.kid for life in process.keys.lives}


async def test_keys_of_every_algorithm_survive_another_master_key(make_process: MakeProcess) -> None:
    process = await make_process("ES256", "Ed25519", "RS256")
    await process.rotation.tend()
    await process.feed.current()
    before = {life.kid: life.alg for life in process.keys.lives}
    assert await exchange_master_key(process.changes, MASTER, OTHER_MASTER) == 3
    keys, _ = await load_signing_keys(process.database, OTHER_MASTER)
    assert {key.kid: key.alg for key in keys} == before

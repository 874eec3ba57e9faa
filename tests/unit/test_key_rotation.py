"""A key's life: seen by every verifier before it signs, published until the last of its tokens has expired."""

import dataclasses
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet

from keystead.changes.model import Subject
from keystead.kit.clock import SECOND
from keystead.kit.ids import is_uuid
from keystead.settings import SETTINGS
from keystead.tokens.issuer import Earned, Issuer
from keystead.tokens.jwt import encode_segment
from keystead.tokens.key_life import (
    JWKS_MAX_AGE,
    LEAD,
    LONGEST_TOKEN,
    KeyLife,
    KeyState,
    is_due,
    lives,
    signing,
)
from keystead.tokens.signing_keys import SigningKey, SigningKeys, key_id

DAY = 86_400 * SECOND
START = 1_800_000_000 * SECOND
EARNED = Earned(Subject("service-account", "a", "ci"), "ci", "c", 0, "https://k")
# Few, because making one takes longer than all else.
POOL = [SigningKey.generate() for _ in range(8)]


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> int:
        return self.time


class World:
    """Keys that follow one another, an issuer, and every set of keys that was ever fetched."""

    def __init__(self, ttl: int) -> None:
        self.clock = Clock()
        self.dates = [(POOL[0].kid, START, START)]
        self.keys = SigningKeys(POOL[:1], lives(self.dates))
        self.issuer = Issuer("https://k", 1, ttl, ttl, self.keys, self.clock)

    def rotate(self) -> None:
        """As the change does it: refused while one is coming, or when the pool is empty."""
        now = self.clock.now()
        if self.keys.lives[-1].state(now) is not KeyState.COMING and len(self.dates) < len(POOL):
            self.dates.append((POOL[len(self.dates)].kid, now, now + LEAD))
            self.keys.replace(POOL[: len(self.dates)], lives(self.dates))

    def published(self) -> KeySet:
        return KeySet.import_key_set({"keys": self.keys.jwks(self.clock.now())["keys"]})


STEPS = st.lists(
    st.tuples(st.integers(0, 100_000), st.sampled_from(["rotate", "issue", "fetch"])), min_size=1, max_size=40
)


@given(ttl=st.integers(61, LONGEST_TOKEN), steps=STEPS)
def test_a_token_verifies_until_it_expires_even_with_keys_fetched_a_while_ago(
    ttl: int, steps: list[tuple[int, str]]
) -> None:
    world = World(ttl)
    fetched, issued = [(START, world.published())], list[tuple[int, str]]()
    for seconds, step in steps:
        world.clock.time += seconds * SECOND
        now = world.clock.now()
        match step:
            case "rotate":
                world.rotate()
            case "issue":
                issued.append((now, world.issuer.issue(EARNED).access_token))
            case "fetch":
                fetched.append((now, world.published()))
        at_hand = [keys for at, keys in fetched if at >= now - JWKS_MAX_AGE * SECOND] + [world.published()]
        for at, token in issued:
            if now < at + ttl * SECOND:
                for keys in at_hand:
                    assert jwt.decode(token, keys, algorithms=["ES256"]).claims["exp"] * SECOND >= now
    assert len(world.published().keys) >= 1


@given(st.lists(st.integers(0, 2 * 86_400), min_size=1, max_size=6), st.integers(0, 10 * 86_400))
def test_at_any_time_one_key_signs_and_those_before_it_have_retired(steps: list[int], seconds: int) -> None:
    starts = [START + offset * SECOND for offset in accumulate(steps)]
    keys = lives([(str(number), start, start) for number, start in enumerate(starts)])
    now = START + seconds * SECOND
    found = [key.state(now) for key in keys]
    order = [KeyState.WITHDRAWN, KeyState.RETIRED, KeyState.SIGNING, KeyState.COMING]
    assert found == sorted(found, key=order.index)
    if now >= starts[0]:
        assert found.count(KeyState.SIGNING) == 1
        assert signing(keys, now).state(now) is KeyState.SIGNING
    else:
        assert signing(keys, now) is keys[0], "a clock that ran back leaves nobody without a key"


def test_a_key_is_published_for_more_than_the_age_of_any_copy_before_it_signs() -> None:
    assert LEAD > JWKS_MAX_AGE * SECOND


def test_no_setting_lets_a_token_outlive_the_key_that_signed_it() -> None:
    bound = next(setting for setting in SETTINGS if setting.field == "token_ttl")
    assert bound.value.read(str(LONGEST_TOKEN)) == LONGEST_TOKEN
    with pytest.raises(ValueError, match=r"^$"):
        bound.value.read(str(LONGEST_TOKEN + 1))


def test_a_withdrawn_key_is_neither_published_nor_honoured() -> None:
    follower = START + LEAD
    keys = SigningKeys(POOL[:2], lives([(POOL[0].kid, START, START), (POOL[1].kid, START, follower)]))
    gone = keys.lives[0].withdrawn_at
    assert gone is not None
    assert gone >= follower + LONGEST_TOKEN * SECOND
    assert keys.find(POOL[0].kid, gone - 1) is POOL[0]
    assert len(keys.jwks(gone - 1)["keys"]) == 2
    assert keys.find(POOL[0].kid, gone) is None
    assert [key["kid"] for key in keys.jwks(gone)["keys"]] == [POOL[1].kid]


@pytest.mark.parametrize(
    ("days", "age", "due"), [(90, 90 * DAY, True), (90, 90 * DAY - 1, False), (0, 10_000 * DAY, False)]
)
def test_the_next_key_is_due_when_the_newest_has_signed_long_enough(days: int, age: int, due: bool) -> None:
    assert is_due([KeyLife("k", START, START, None)], days, START + age) is due


def test_while_the_next_key_is_coming_none_is_due() -> None:
    keys = lives([("a", START, START), ("b", START + 100 * DAY, START + 100 * DAY + LEAD)])
    assert not is_due(keys, 90, START + 100 * DAY + 1)
    assert not is_due(keys, 90, START + 190 * DAY)
    assert is_due(keys, 90, START + 190 * DAY + LEAD)


def test_a_key_that_replaced_a_revoked_one_counts_its_days_from_its_making() -> None:
    replacement = KeyLife("b", START + 80 * DAY, START, None)
    assert not is_due([replacement], 90, START + 100 * DAY)
    assert is_due([replacement], 90, START + 170 * DAY)


@given(st.binary(min_size=32, max_size=32))
def test_the_id_of_a_key_can_stand_in_a_path(thumbprint: bytes) -> None:
    found = key_id(encode_segment(thumbprint))
    assert is_uuid(found)
    assert "_" not in found
    assert found[14] == "8"


def test_a_key_shows_its_public_half_alone() -> None:
    assert "d" not in POOL[0].public_jwk
    assert "private" in {field.name for field in dataclasses.fields(POOL[0])}

"""The throttle against guessing (access law 15): token buckets, over a clock that a test moves."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.credentials.throttle import (
    CODE_BY_PERSON,
    FAILED_SECRET_BY_ADDRESS,
    MAX_RETRY_AFTER,
    PASSWORD_BY_ADDRESS,
    PASSWORD_BY_PERSON,
    Rate,
    SignInThrottle,
    Throttle,
    whoever_has,
)
from keystead.kit.clock import SECOND
from keystead.kit.errors import KeysteadError, Kind


class Clock:
    def __init__(self) -> None:
        self.time = 1_700_000_000 * SECOND

    def now(self) -> int:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += int(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def refusal(attempt: Callable[[], None]) -> KeysteadError | None:
    try:
        attempt()
    except KeysteadError as error:
        return error if error.kind is Kind.THROTTLED else pytest.fail(error.message)
    return None


def attempt_at(throttle: Throttle, key: str = "a") -> bool:
    if refusal(lambda: throttle.require(key)):
        return False
    throttle.count(key)
    return True


def admitted(attempt: Callable[[], None], tries: int) -> int:
    return sum(refusal(attempt) is None for _ in range(tries))


# One rate


def test_a_burst_is_admitted_and_then_no_more(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=3, per_second=1))
    assert [attempt_at(throttle) for _ in range(5)] == [True, True, True, False, False]


def test_time_gives_attempts_back_up_to_the_burst(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=3, per_second=0.5))
    assert sum(attempt_at(throttle) for _ in range(10)) == 3
    clock.pass_seconds(4)
    assert sum(attempt_at(throttle) for _ in range(10)) == 2
    clock.pass_seconds(1_000_000)
    assert sum(attempt_at(throttle) for _ in range(10)) == 3


def test_waiting_as_long_as_was_asked_is_enough(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=1, per_second=0.5))
    assert attempt_at(throttle)
    error = refusal(lambda: throttle.require("a"))
    assert error is not None
    assert error.retry_after == 2
    clock.pass_seconds(error.retry_after)
    assert attempt_at(throttle)


def test_clients_that_obey_are_never_asked_to_wait_long(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=1, per_second=0.001))
    assert attempt_at(throttle)
    error = refusal(lambda: throttle.require("a"))
    assert error is not None
    assert error.retry_after == MAX_RETRY_AFTER


def test_asking_whether_one_may_takes_no_attempt(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=1, per_second=1))
    for _ in range(10):
        throttle.require("a")
    assert attempt_at(throttle)


def test_keys_do_not_share_their_attempts(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=1, per_second=1))
    assert [attempt_at(throttle, key) for key in "aabb"] == [True, False, True, False]


def test_a_clock_that_runs_backwards_gives_nothing_and_takes_nothing(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=2, per_second=1))
    assert attempt_at(throttle)
    clock.pass_seconds(-3_600)
    assert [attempt_at(throttle) for _ in range(2)] == [True, False]


def test_memory_is_bounded(clock: Clock) -> None:
    throttle = Throttle(clock, Rate(burst=1, per_second=1), size=10)
    for number in range(1_000):
        attempt_at(throttle, str(number))
    assert len(throttle._buckets) == 10


@given(
    st.integers(1, 20),
    st.floats(0.01, 20),
    st.lists(st.floats(0, 30), max_size=60),
)
def test_no_pattern_of_attempts_beats_the_rate(burst: int, per_second: float, waits: list[float]) -> None:
    clock = Clock()
    begun = clock.time
    throttle = Throttle(clock, Rate(burst, per_second))
    count = 0
    for wait in waits:
        clock.pass_seconds(wait)
        count += attempt_at(throttle)
        assert count <= burst + (clock.time - begun) / SECOND * per_second + 1e-6


# The three limits


def test_passwords_are_counted_right_or_wrong_by_person_and_address(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    assert (
        admitted(lambda: throttle.admit_password("eve@x.org", "192.0.2.1"), 100) == PASSWORD_BY_PERSON.burst
    )
    assert refusal(lambda: throttle.admit_password("eve@x.org", "192.0.2.2")) is None
    assert refusal(lambda: throttle.admit_password("bob@x.org", "192.0.2.1")) is None


def test_passwords_are_counted_by_address_whoever_is_tried(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    people = iter(range(1_000))
    tried = admitted(lambda: throttle.admit_password(f"{next(people)}@x.org", "192.0.2.1"), 500)
    assert tried == PASSWORD_BY_ADDRESS.burst
    assert refusal(lambda: throttle.admit_password("0@x.org", "192.0.2.2")) is None


def test_an_attempt_that_was_refused_does_not_count_against_the_address(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    admitted(lambda: throttle.admit_password("eve@x.org", "192.0.2.1"), 500)
    left = PASSWORD_BY_ADDRESS.burst - PASSWORD_BY_PERSON.burst
    assert (
        admitted(lambda: throttle.admit_password("bob@x.org", "192.0.2.1"), left) == PASSWORD_BY_PERSON.burst
    )


def test_codes_are_counted_by_person_alone_one_a_minute_after_the_first_few(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    assert admitted(lambda: throttle.admit_code("dana"), 100) == CODE_BY_PERSON.burst
    assert refusal(lambda: throttle.admit_code("eve")) is None
    clock.pass_seconds(59)
    assert refusal(lambda: throttle.admit_code("dana")) is not None
    clock.pass_seconds(1)
    assert admitted(lambda: throttle.admit_code("dana"), 5) == 1
    # A day of guessing three codes of a million at a time: one in two hundred.
    guesses = 3 * (CODE_BY_PERSON.burst + 86_400 * CODE_BY_PERSON.per_second)
    assert guesses / 1_000_000 < 1 / 200


def test_of_secrets_failures_alone_count_and_by_address_alone(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    assert admitted(lambda: throttle.admit_secret("192.0.2.1"), 5_000) == 5_000
    for _ in range(FAILED_SECRET_BY_ADDRESS.burst):
        throttle.admit_secret("192.0.2.1")
        throttle.secret_failed("192.0.2.1")
    error = refusal(lambda: throttle.admit_secret("192.0.2.1"))
    assert error is not None
    assert error.retry_after == 1
    assert refusal(lambda: throttle.admit_secret("192.0.2.2")) is None
    clock.pass_seconds(1)
    assert refusal(lambda: throttle.admit_secret("192.0.2.1")) is None


def test_all_addresses_of_one_ipv6_network_are_one(clock: Clock) -> None:
    throttle = SignInThrottle(clock)
    hosts = iter(range(1_000))
    tried = admitted(lambda: throttle.admit_password("eve@x.org", f"2001:db8:1:2::{next(hosts):x}"), 500)
    assert tried == PASSWORD_BY_PERSON.burst
    assert refusal(lambda: throttle.admit_password("eve@x.org", "2001:db8:1:3::1")) is None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_an_address_stands_for_whoever_has_it(address: str, key: str) -> None:
    assert whoever_has(address) == key

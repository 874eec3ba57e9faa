"""Answers are made once for all who wait, and are good for a while."""

import asyncio

import pytest

from keystead.kit.clock import SECOND
from keystead.kit.remembered import Remembered


class Clock:
    def __init__(self) -> None:
        self.time = 0

    def now(self) -> int:
        return self.time


class Work:
    """Ends when it is told to; counts how often it was begun."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.may_end.wait()
        if number == 13:
            raise RuntimeError
        return number


async def test_who_asks_meanwhile_shares_the_answer_and_who_asks_later_has_it_for_a_while() -> None:
    clock, work = Clock(), Work()
    remembered: Remembered[str, int] = Remembered(clock, 60, 10)
    waiting = [asyncio.ensure_future(remembered.get("a", work)) for _ in range(3)]
    await asyncio.sleep(0)
    work.may_end.set()
    assert await asyncio.gather(*waiting) == [1, 1, 1]
    assert await remembered.get("b", work) == 2
    clock.time = 60 * SECOND - 1
    assert await remembered.get("a", work) == 1
    clock.time = 60 * SECOND
    assert await remembered.get("a", work) == 3


async def test_somebody_who_goes_away_takes_the_answer_from_nobody() -> None:
    work = Work()
    remembered: Remembered[str, int] = Remembered(Clock(), 60, 10)
    gone, stays = (asyncio.ensure_future(remembered.get("a", work)) for _ in range(2))
    await asyncio.sleep(0)
    gone.cancel()
    work.may_end.set()
    assert await stays == 1
    assert gone.cancelled() or gone.cancelling()


async def test_what_failed_fails_for_all_who_waited_and_is_tried_again() -> None:
    work = Work()
    work.begun = 12
    work.may_end.set()
    remembered: Remembered[str, int] = Remembered(Clock(), 60, 10)
    outcomes = await asyncio.gather(*(remembered.get("a", work) for _ in range(2)), return_exceptions=True)
    assert [type(one) for one in outcomes] == [RuntimeError, RuntimeError]
    assert await remembered.get("a", work) == 14


async def test_only_so_many_answers_are_kept() -> None:
    work = Work()
    work.may_end.set()
    remembered: Remembered[int, int] = Remembered(Clock(), 60, 2)
    for key in (1, 2, 3, 3, 1):
        await remembered.get(key, work)
    assert work.begun == 4


@pytest.mark.parametrize("seconds", [0, 1])
async def test_an_answer_that_was_made_anew_is_the_youngest(seconds: int) -> None:
    clock, work = Clock(), Work()
    work.may_end.set()
    remembered: Remembered[int, int] = Remembered(clock, 1, 2)
    for key in (1, 2):
        await remembered.get(key, work)
    clock.time += seconds * SECOND
    await remembered.get(1, work)
    await remembered.get(3, work)
    begun = work.begun
    await remembered.get(1, work)
    assert work.begun == begun + (0 if seconds else 1)

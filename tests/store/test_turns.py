"""A thread gets its turn beside an event loop that never rests."""

import asyncio
import threading

import pytest

from keystead.kit.turns import Turns

MANY_TURNS = 200_000  # of the loop: many seconds of them, where a handful is enough


async def test_what_a_thread_answers_and_raises_reaches_whoever_waits() -> None:
    turns = Turns(2, "test")
    assert await turns.run(max, 1, 2) == 2
    with pytest.raises(ZeroDivisionError):
        await turns.run(divmod, 1, 0)
    await turns.close()


async def test_a_thread_that_needs_the_interpreter_often_ends_beside_a_saturated_loop() -> None:
    turns = Turns(1, "test")
    ended = threading.Event()

    def work() -> int:
        for _ in range(50):
            ended.wait(0.000_01)  # lets go of the interpreter, as every call into SQLite does
        return 50

    working = turns.run(work)
    for _ in range(MANY_TURNS):
        if working.done():
            break
        sum(range(1_000))
        await asyncio.sleep(0)
    assert working.done()
    assert await working == 50
    await turns.close()


async def test_closing_waits_for_what_was_begun() -> None:
    turns = Turns(1, "test")
    go = threading.Event()
    working = turns.run(go.wait, 30)
    closing = asyncio.create_task(turns.close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert await working is True

"""Many rules at once: each is a change of its own, and they share commits. One that fails stops no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from keystead.access_rules.actions import AccessRules, NewRule
from keystead.changes.model import Actor
from keystead.kit.errors import KeysteadError

W = TypeVar("W")
R = TypeVar("R")
MOST: Final = 10_000
_AT_ONCE: Final = 64


class Failed(NamedTuple, Generic[W]):
    wish: W
    error: KeysteadError


class Report(NamedTuple, Generic[W, R]):
    """What became of each, in the order of the wishes."""

    succeeded: list[R]
    failed: list[Failed[W]]


class RuleBatches:
    def __init__(self, rules: AccessRules) -> None:
        self._rules = rules

    async def create(self, actor: Actor, wishes: Sequence[NewRule]) -> Report[NewRule, int]:
        """The ids of the rules that were made, and why the others were not."""
        return await _each(wishes, lambda wish: self._rules.create(actor, wish))

    async def delete(self, actor: Actor, ids: Sequence[int]) -> Report[int, int]:
        async def end(pk: int) -> int:
            await self._rules.delete(actor, pk)
            return pk

        return await _each(ids, end)

    async def validate_delete(self, actor: Actor, ids: Sequence[int]) -> Report[int, int]:
        """What `delete` would report, rule by rule; nothing is deleted."""

        async def try_to_end(pk: int) -> int:
            await self._rules.validate_delete(actor, pk)
            return pk

        return await _each(ids, try_to_end)


async def _each(wishes: Sequence[W], work: Callable[[W], Awaitable[R]]) -> Report[W, R]:
    report: Report[W, R] = Report([], [])
    for start in range(0, len(wishes), _AT_ONCE):
        part = wishes[start : start + _AT_ONCE]
        outcomes = await asyncio.gather(*(_try(wish, work) for wish in part))
        for wish, (result, error) in zip(part, outcomes, strict=True):
            if error is not None:
                report.failed.append(Failed(wish, error))
            else:
                report.succeeded.extend(result)
    return report


async def _try(wish: W, work: Callable[[W], Awaitable[R]]) -> tuple[list[R], KeysteadError | None]:
    try:
        return [await work(wish)], None
    except KeysteadError as error:
        return [], error

"""Places in the organisation: tenant > cluster > department > project, as numbers.

A node's code is `cluster << 48 | department << 24 | project`, from ordinals that are given once under a parent and
never reused; 0 stands below a level. All that lies in a node is then one range of codes, which an index can serve.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, NamedTuple


class Level(IntEnum):
    """Depth in the tree; a lower number is a higher place."""

    TENANT = 0
    CLUSTER = 1
    DEPARTMENT = 2
    PROJECT = 3

    @property
    def word(self) -> str:
        return self.name.lower()


ROOT: Final = 0  # the tenant's own code
LEVEL_BY_WORD: Final = {level.word: level for level in Level}
_SHIFT: Final = {Level.CLUSTER: 48, Level.DEPARTMENT: 24, Level.PROJECT: 0}
SPAN_OF_LEVEL: Final = {Level.TENANT: 2**63, Level.CLUSTER: 2**48, Level.DEPARTMENT: 2**24, Level.PROJECT: 1}
_PROJECT: Final = 2**24 - 1  # the bits of a project's ordinal
_DEPARTMENT: Final = 2**48 - 2**24
MAX_ORDINAL: Final = {Level.CLUSTER: 2**15 - 1, Level.DEPARTMENT: 2**24 - 1, Level.PROJECT: 2**24 - 1}


class Range(NamedTuple):
    """Codes from `low` to `high`, both included."""

    low: int
    high: int


class Scope(NamedTuple):
    """A place where something lies or a rule applies."""

    id: str
    level: Level
    code: int
    name: str

    @property
    def range(self) -> Range:
        return Range(self.code, self.code + SPAN_OF_LEVEL[self.level] - 1)

    def contains(self, code: int) -> bool:
        low, high = self.range
        return low <= code <= high


def child_code(parent: Scope, ordinal: int) -> int:
    """The code of the `ordinal`-th child (counted from 1) that was ever made under `parent`."""
    return parent.code + (ordinal << _SHIFT[Level(parent.level + 1)])


def level_of(code: int) -> Level:
    """The level that a code itself tells."""
    if code == 0:
        return Level.TENANT
    if code & (2**24 - 1):
        return Level.PROJECT
    return Level.DEPARTMENT if code & (2**48 - 1) else Level.CLUSTER


def reach(code: int) -> Range:
    """All that lies at or below the node of `code`."""
    return Range(code, code + SPAN_OF_LEVEL[level_of(code)] - 1)


def lies_in(code: int, place: int) -> bool:
    """Whether `code` is the node of `place` or below it: `reach`, without making a range. Every decision asks this."""
    if place == code or not place:
        return True
    if place & _PROJECT:
        return False
    shift = 24 if place & _DEPARTMENT else 48
    return code >> shift == place >> shift


def ancestors(code: int) -> list[int]:
    """The codes of the node and all above it, the tenant first."""
    cluster = code >> 48 << 48
    department = code >> 24 << 24
    return sorted({0, cluster, department, code})


def merge(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same codes as disjoint ranges, ascending."""
    merged: list[Range] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1].high:
            merged[-1] = Range(merged[-1].low, max(high, merged[-1].high))
        else:
            merged.append(Range(low, high))
    return tuple(merged)

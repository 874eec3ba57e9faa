"""What a caller may see. Every list, count and export takes one of these as an argument; there is no default."""

from dataclasses import dataclass

from keystead.authz.tree import Level, Range, Scope

_ALL = Scope("", Level.TENANT, 0, "").range


@dataclass(frozen=True, slots=True)
class Visibility:
    """Disjoint ranges of codes in which things are visible."""

    ranges: tuple[Range, ...]

    @property
    def is_everything(self) -> bool:
        return self.ranges == (_ALL,)

    @property
    def is_nothing(self) -> bool:
        return not self.ranges

    def shows(self, code: int) -> bool:
        return any(low <= code <= high for low, high in self.ranges)


EVERYTHING = Visibility((_ALL,))
NOTHING = Visibility(())

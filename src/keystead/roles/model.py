"""A role as rules and decisions see it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from keystead.authz.vocabulary import BY_NAME, Action
from keystead.roles.predefined import PREDEFINED, PredefinedRole

ALL_ACTIONS: Final = Action.CREATE | Action.READ | Action.UPDATE | Action.DELETE
SYSTEM_ADMINISTRATOR_ID: Final = 1


@dataclass(frozen=True, slots=True)
class Role:
    """`mask` holds the permissions, as `authz.vocabulary` packs them."""

    id: int
    name: str
    description: str
    mask: int

    @property
    def name_folded(self) -> str:
        return self.name.casefold()


class RoleTable:
    """Every role there is, by id."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self._by_id = {role.id: role for role in roles}

    def find(self, role_id: int) -> Role | None:
        return self._by_id.get(role_id)

    def all(self) -> list[Role]:
        """Ascending by id."""
        return sorted(self._by_id.values(), key=lambda role: role.id)

    def mask(self, role_id: int) -> int:
        """The permissions of a role; none for a role that is gone."""
        found = self._by_id.get(role_id)
        return found.mask if found else 0

    def name(self, role_id: int) -> str:
        found = self._by_id.get(role_id)
        return found.name if found else f"Role {role_id}"


def predefined_roles() -> RoleTable:
    return RoleTable(Role(role.id, role.name, role.description, _mask(role)) for role in PREDEFINED)


def _mask(role: PredefinedRole) -> int:
    return (
        _mask_of(role.crud, ALL_ACTIONS)
        | _mask_of(role.read_update, Action.READ | Action.UPDATE)
        | _mask_of(role.read, Action.READ)
    )


def _mask_of(names: str, actions: Action) -> int:
    mask = 0
    for name in names.split():
        mask |= BY_NAME[name].mask(actions)
    return mask

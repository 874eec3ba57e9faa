"""A role as rules and decisions see it."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from keystead.authz.tree import Scope, reach
from keystead.authz.visibility import Visibility
from keystead.authz.vocabulary import (
    ACTION_BY_WORD,
    BY_NAME,
    OWN_BY_NAME,
    RESOURCE_TYPES,
    Action,
    words_of,
)
from keystead.kit.errors import bad_input
from keystead.kit.query import Field, FieldKind, Fields
from keystead.kit.text import fold
from keystead.roles.predefined import FIRST_OWN_ID, PREDEFINED, RESERVED_IDS, PredefinedRole

ALL_ACTIONS: Final = Action.CREATE | Action.READ | Action.UPDATE | Action.DELETE
SYSTEM_ADMINISTRATOR_ID: Final = 1
# Far above every id that scripts know, whichever the contract reserves.
FIRST_CUSTOM_ID: Final = 100_000
MAX_NAME: Final = 255
MAX_DESCRIPTION: Final = 1000

FIELDS: Final = Fields(
    {
        "name": Field(FieldKind.TEXT),
        "createdAt": Field(FieldKind.DATE),
        "createdBy": Field(FieldKind.TEXT),
        "custom": Field(FieldKind.BOOLEAN),
        "scopeType": Field(FieldKind.CHOICE, choices=("tenant", "cluster", "department", "project")),
        "enabled": Field(FieldKind.BOOLEAN),
    },
    default_sort="name",
)


@dataclass(frozen=True, slots=True)
class CustomPart:
    """What a custom role has beyond its permissions. Times in microseconds."""

    home: Scope
    permission_sets: tuple[str, ...]
    kubernetes_permissions: str
    created_by: str
    created_at: int
    updated_at: int


@dataclass(frozen=True, slots=True)
class Role:
    """`mask` holds the permissions, as `authz.vocabulary` packs them. `custom` is None for those of the product.

    Of one that is `ended` the name is left, for the rules that gave it.
    """

    id: int
    name: str
    description: str
    mask: int
    enabled: bool = True
    custom: CustomPart | None = None
    ended: bool = False

    @property
    def name_folded(self) -> str:
        return fold(self.name)

    @property
    def is_own(self) -> bool:
        """Predefined, and not of the contract: Keystead added it."""
        return self.custom is None and self.id >= FIRST_OWN_ID

    @property
    def effective_mask(self) -> int:
        """What a rule with this role gives: nothing while the role is disabled."""
        return self.mask if self.enabled else 0

    def is_seen_by(self, visibility: Visibility) -> bool:
        """A custom role is seen by those who read roles above, at or below its home; the product's by all."""
        if self.custom is None:
            return True
        low, high = reach(self.custom.home.code)
        return any(seen.low <= high and low <= seen.high for seen in visibility.ranges)

    def may_be_given_in(self, scope: Scope) -> bool:
        return self.custom is None or self.custom.home.contains(scope.code)


class RoleTable:
    """Every role by id: the product's, and the custom ones as they were last read."""

    def __init__(self, custom: Iterable[Role] = ()) -> None:
        self._predefined = {role.id: role for role in _predefined()}
        self._by_id: dict[int, Role] = {}
        self._ever: dict[int, Role] = {}
        self.replace_custom(custom)

    def replace_custom(self, roles: Iterable[Role]) -> None:
        self._ever = self._predefined | {role.id: role for role in roles}
        self._by_id = {role_id: role for role_id, role in self._ever.items() if not role.ended}

    def find(self, role_id: int) -> Role | None:
        return self._by_id.get(role_id)

    def find_predefined(self, role_id: int) -> Role | None:
        return self._predefined.get(role_id)

    def all(self) -> list[Role]:
        """Ascending by id."""
        return sorted(self._by_id.values(), key=lambda role: role.id)

    def ever(self) -> Iterable[Role]:
        """Those that are gone too."""
        return self._ever.values()

    def name(self, role_id: int) -> str:
        found = self._ever.get(role_id)
        return found.name if found else f"Role {role_id}"


def is_custom_id(role_id: int) -> bool:
    return role_id >= FIRST_CUSTOM_ID and role_id not in RESERVED_IDS


def encode_permissions(mask: int) -> str:
    """A mask as it is stored: by the names of types and actions, which outlive any numbering."""
    spelled = {resource.name: words_of(mask, resource) for resource in RESOURCE_TYPES}
    return json.dumps({name: words for name, words in spelled.items() if words}, separators=(",", ":"))


@lru_cache(maxsize=1024)
def decode_permissions(text: str) -> int:
    """The mask of what `encode_permissions` wrote."""
    stored: Mapping[str, list[str]] = json.loads(text)
    mask = 0
    for name, words in stored.items():
        for word in words:
            mask |= BY_NAME[name].mask(ACTION_BY_WORD[word])
    return mask


def require_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME or re.search(r"[\x00-\x1f\x7f]", name):
        raise bad_input("name", f"must have 1 to {MAX_NAME} printable characters.")
    return name


def require_description(description: str) -> str:
    if len(description) > MAX_DESCRIPTION:
        raise bad_input("description", f"must have at most {MAX_DESCRIPTION} characters.")
    return description


def _predefined() -> Iterable[Role]:
    return (Role(role.id, role.name, role.description, _mask(role)) for role in PREDEFINED)


def _mask(role: PredefinedRole) -> int:
    return (
        _mask_of(role.crud, ALL_ACTIONS)
        | _mask_of(role.read_update, Action.READ | Action.UPDATE)
        | _mask_of(role.read, Action.READ)
    )


def _mask_of(names: str, actions: Action) -> int:
    mask = 0
    for name in names.split():
        mask |= (BY_NAME.get(name) or OWN_BY_NAME[name]).mask(actions)
    return mask

"""Permission sets: the pieces of which custom roles are made. For each kind of thing one to view and one to manage it.

Their ids are UUIDs made from their names, hence the same in every Keystead.
"""

import uuid
from typing import Final, NamedTuple

from keystead.authz.vocabulary import RESOURCE_TYPES, Action, ResourceType

_NAMESPACE: Final = uuid.UUID("5a9b3f0e-1d0c-4d0b-9d3c-6f2f5f1f8f11")
# Nothing but reading makes sense of these.
_ONLY_READ: Final = frozenset(
    {
        "tenant",
        "nodes",
        "dashboards-overview",
        "dashboards-analytics",
        "dashboards-consumption",
        "events-history",
        "scrapeable-metrics",
    }
)
# One is there for each workload: nobody makes or deletes any.
_ONLY_EDITED: Final = frozenset({"workload-properties"})
_EDITS: Final = Action.READ | Action.UPDATE
_EVERYTHING: Final = Action.CREATE | Action.READ | Action.UPDATE | Action.DELETE
_VERBS: Final = {
    Action.READ: "Reads",
    _EDITS: "Reads and updates",
    _EVERYTHING: "Creates, reads, updates and deletes",
}


class PermissionSet(NamedTuple):
    """`permissions` are pairs of a resource type and the actions on it."""

    id: str
    name: str
    description: str
    permissions: tuple[tuple[ResourceType, Action], ...]

    @property
    def mask(self) -> int:
        mask = 0
        for resource, actions in self.permissions:
            mask |= resource.mask(actions)
        return mask


def _set(verb: str, display_name: str, resources: list[ResourceType], actions: Action) -> PermissionSet:
    name = f"{verb} {display_name[:1].lower()}{display_name[1:]}"
    words = ", ".join(resource.name for resource in resources)
    description = f"{_VERBS[actions]}: {words}."
    permissions = tuple((resource, actions) for resource in resources)
    return PermissionSet(str(uuid.uuid5(_NAMESPACE, name)), name, description, permissions)


def _all_sets() -> dict[str, PermissionSet]:
    by_display: dict[str, list[ResourceType]] = {}
    for resource in RESOURCE_TYPES:
        by_display.setdefault(resource.display_name, []).append(resource)
    sets = []
    for display_name, resources in by_display.items():
        sets.append(_set("View", display_name, resources, Action.READ))
        if resources[0].name not in _ONLY_READ:
            actions = _EDITS if resources[0].name in _ONLY_EDITED else _EVERYTHING
            sets.append(_set("Manage", display_name, resources, actions))
    return {one.id: one for one in sets}


PERMISSION_SETS: Final = _all_sets()
"""Every permission set by id, in the order of the resource types."""

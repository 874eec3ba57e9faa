"""Permissions as data. A set of permissions is one integer: four bits (create, read, update, delete) a type."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Final, NamedTuple

from keystead.kit.errors import bad_input


class Action(IntFlag):
    CREATE = 1
    READ = 2
    UPDATE = 4
    DELETE = 8

    @property
    def word(self) -> str:
        return (self.name or "").lower()


ACTIONS: Final = (Action.CREATE, Action.READ, Action.UPDATE, Action.DELETE)
ACTION_BY_WORD: Final = {action.word: action for action in ACTIONS}
_WIDTH: Final = 4


class ResourceType(NamedTuple):
    """A kind of thing that permissions speak of. `place` is where its four bits stand in a permission mask."""

    name: str
    display_name: str
    group_id: str
    place: int

    def mask(self, action: Action) -> int:
        return int(action) << (self.place * _WIDTH)


_TYPES: Final = (
    # In the order of the contract's ResourceType enum. Masks are made anew at each start and stored nowhere.
    ("department", "Departments", "organization"),
    ("tenant", "Account", "organization"),
    ("project", "Projects", "organization"),
    ("cluster", "Clusters", "physical-resource"),
    ("cluster-config", "Cluster configuration", "physical-resource"),
    ("nodepools", "Node pools", "physical-resource"),
    ("nodes", "Nodes", "physical-resource"),
    ("settings", "Settings", "organization"),
    ("security-settings", "Security settings", "organization"),
    ("branding-settings", "Branding settings", "organization"),
    ("users", "Users", "iam"),
    ("apps", "Applications", "iam"),
    ("service-account", "Service accounts", "iam"),
    ("dashboards-overview", "Overview dashboard", "dashboard"),
    ("dashboards-analytics", "Analytics dashboard", "dashboard"),
    ("dashboards-consumption", "Consumption dashboard", "dashboard"),
    ("roles", "Roles", "iam"),
    ("access_rules", "Access rules", "iam"),
    ("jobs", "Jobs", "workload"),
    ("workloads", "Workloads", "workload"),
    ("workspaces", "Workspaces", "workload"),
    ("trainings", "Trainings", "workload"),
    ("inferences", "Inferences", "workload"),
    ("environments", "Environments", "workload-asset"),
    ("pvc-assets", "Data sources", "workload-asset"),
    ("git-assets", "Data sources", "workload-asset"),
    ("host-path-assets", "Data sources", "workload-asset"),
    ("nfs-assets", "Data sources", "workload-asset"),
    ("s3-assets", "Data sources", "workload-asset"),
    ("compute-resources", "Compute resources", "workload-asset"),
    ("templates", "Templates", "workload-asset"),
    ("credentials", "Credentials", "workload-asset"),
    ("events-history", "Event history", "organization"),
    ("policies", "Policies", "organization"),
    ("cm-volume-assets", "Data sources", "workload-asset"),
    ("datavolumes", "Data volumes", "workload-asset"),
    ("secret-volume-assets", "Data sources", "workload-asset"),
    ("storage-class-configuration", "Storage class configurations", "workload-asset"),
    ("access-keys", "Access keys", "iam"),
    ("workload-properties", "Workload properties", "workload"),
    ("network-topologies", "Network topologies", "physical-resource"),
    ("registries", "Registries", "workload-asset"),
    ("scrapeable-metrics", "Scrapeable metrics", "dashboard"),
)
_OWN_TYPES: Final = (
    # Of Keystead alone. The contract's enum is closed: no answer that lists a role's permissions names these, no
    # permission set and no custom role holds them.
    ("token-introspection", "Token introspection", "iam"),
    ("token-status", "Token status feed", "iam"),
    ("access-decisions", "Access decisions", "iam"),
)
_ALL: Final = tuple(ResourceType(*fields, place) for place, fields in enumerate(_TYPES + _OWN_TYPES))
RESOURCE_TYPES: Final = _ALL[: len(_TYPES)]
OWN_RESOURCE_TYPES: Final = _ALL[len(_TYPES) :]
BY_NAME: Final = {resource.name: resource for resource in RESOURCE_TYPES}
OWN_BY_NAME: Final = {resource.name: resource for resource in OWN_RESOURCE_TYPES}

DEPARTMENT: Final = BY_NAME["department"]
TENANT: Final = BY_NAME["tenant"]
PROJECT: Final = BY_NAME["project"]
CLUSTER: Final = BY_NAME["cluster"]
USERS: Final = BY_NAME["users"]
SERVICE_ACCOUNT: Final = BY_NAME["service-account"]
ACCESS_KEYS: Final = BY_NAME["access-keys"]
ROLES: Final = BY_NAME["roles"]
ACCESS_RULES: Final = BY_NAME["access_rules"]
EVENTS_HISTORY: Final = BY_NAME["events-history"]
SECURITY_SETTINGS: Final = BY_NAME["security-settings"]
SETTINGS: Final = BY_NAME["settings"]
TOKEN_INTROSPECTION: Final = OWN_BY_NAME["token-introspection"]
TOKEN_STATUS: Final = OWN_BY_NAME["token-status"]
ACCESS_DECISIONS: Final = OWN_BY_NAME["access-decisions"]


@dataclass(frozen=True, slots=True)
class Permission:
    """`mask` is of both: every decision asks for it."""

    action: Action
    resource: ResourceType
    mask: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", self.resource.mask(self.action))

    def __str__(self) -> str:
        return f"{self.action.word} {self.resource.name}"


def actions_of(mask: int, resource: ResourceType) -> Action:
    """Which actions on `resource` a permission mask holds."""
    return Action((mask >> (resource.place * _WIDTH)) & 0b1111)


def words_of(mask: int, resource: ResourceType) -> list[str]:
    held = actions_of(mask, resource)
    return [action.word for action in ACTIONS if action in held]


def permissions_of(mask: int) -> list[Permission]:
    """A mask spelled out, for sentences and explanations."""
    return [
        Permission(action, resource)
        for resource in _ALL
        for action in ACTIONS
        if action in actions_of(mask, resource)
    ]


def require_permissions(given: Iterable[tuple[str, Sequence[str]]]) -> int:
    """The mask of `permissions` in a body: names of resource types, each with words of actions.

    Raises a bad-input error that names the field.
    """
    mask = 0
    for index, (name, words) in enumerate(given):
        resource = require_resource_type(f"permissions[{index}].resourceType", name)
        for word in words:
            action = ACTION_BY_WORD.get(word.lower())
            if action is None:
                raise bad_input(f"permissions[{index}].actions", f"must be of {', '.join(ACTION_BY_WORD)}.")
            mask |= resource.mask(action)
    return mask


def require_resource_type(field: str, name: str) -> ResourceType:
    found = BY_NAME.get(name) or BY_NAME.get(name.lower().replace("_", "-"))
    if found is None:
        raise bad_input(field, f"must be a resource type, such as {SERVICE_ACCOUNT.name}.")
    return found

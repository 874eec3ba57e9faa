"""The rules of the tree that need no database: names, the fields of its lists, and what is kept for other products.

Clusters, departments and projects carry settings of a scheduler that Keystead is not. They are taken, checked to be
what the contract says, kept and given back. Nothing is computed from them.
"""

import unicodedata
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from keystead.kit.errors import bad_input
from keystead.kit.query import Field, FieldKind, Fields

MAX_NAME: Final = 255
MAX_SETTINGS_BYTES: Final = 64 * 1024
DEFAULT_DEPARTMENT: Final = "default"
MAX_CHILDREN: Final = 1_000  # that a department names
PHASES: Final = (
    "Creating",
    "Updating",
    "Deleting",
    "Deleted",
    "Initializing",
    "Ready",
    "NotReady",
    "Unknown",
)
READY: Final = "Ready"

# Measured by a scheduler: known to the lists, but without a value here.
METRICS: Final = (
    "totalGpuQuota",
    "gpuAllocated",
    *(
        f"{measure}{period}"
        for period in ("24h", "7d", "30d")
        for measure in ("avgGpuAllocation", "avgGpuUtilization", "avgGpuMemoryUtilization")
    ),
)
_TEXT: Final = Field(FieldKind.TEXT)
_SHARED: Final = {"name": _TEXT, "clusterId": _TEXT, "createdAt": Field(FieldKind.DATE)}
_METRICS: Final = dict.fromkeys(METRICS, _TEXT)
DEPARTMENT_FIELDS: Final = Fields({**_SHARED, **_METRICS}, default_sort="createdAt")
PROJECT_FIELDS: Final = Fields(
    {
        **_SHARED,
        "departmentId": _TEXT,
        "parentId": _TEXT,
        "parentName": _TEXT,
        "phase": Field(FieldKind.CHOICE, choices=PHASES),
        **_METRICS,
    },
    default_sort="createdAt",
)


def require_name(name: str) -> str:
    """A name that a node may have: paths of scopes put `/` between names. Raises a bad-input error."""
    if not 1 <= len(name) <= MAX_NAME:
        raise bad_input("name", f"must have 1 to {MAX_NAME} characters.")
    if name != name.strip():
        raise bad_input("name", "must not begin or end with white space.")
    if "/" in name or any(unicodedata.category(character) in _NOT_IN_NAMES for character in name):
        raise bad_input("name", "must have neither / nor control characters.")
    return name


# Control characters, ends of lines and paragraphs, halves of characters.
_NOT_IN_NAMES: Final = frozenset({"Cc", "Zl", "Zp", "Cs"})


class Shape(msgspec.Struct, rename="camel"):
    """What a request may say beside names and places. UNSET is left out of answers; None is null there."""


Seconds = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class SchedulingRules(Shape):
    interactive_job_time_limit_seconds: Seconds | None = None
    interactive_job_max_idle_duration_seconds: Seconds | None = None
    interactive_job_preempt_idle_duration_seconds: Seconds | None = None
    training_job_max_idle_duration_seconds: Seconds | None = None
    training_job_time_limit_seconds: Seconds | None = None


class NodeTypesPerWorkload(Shape):
    training: list[str] | UnsetType = UNSET
    workspace: list[str] | UnsetType = UNSET
    names: dict[str, str] | None = None


class NodePool(Shape):
    id: str
    name: str | UnsetType = UNSET


class Resource(Shape):
    deserved: float | None = None
    limit: float | None = None
    over_quota_weight: float | None = None


class MemoryQuota(Resource, kw_only=True):
    units: Literal["Mib", "MB", "GB"]


class NonNullResource(Resource):
    """Its `deserved` is never null in an answer."""

    def __post_init__(self) -> None:
        if self.deserved is None:
            self.deserved = 0


class Resources(Shape):
    """What a node is due of one node pool. Its `gpu` is never null in an answer."""

    node_pool: NodePool | None = None
    gpu: NonNullResource | None = None
    cpu: Resource | None = None
    memory: MemoryQuota | None = None
    priority: str | None = None

    def __post_init__(self) -> None:
        if self.gpu is None:
            self.gpu = NonNullResource()


class ClusterSettings(Shape):
    domain: str | None = None
    version: str | None = None


class DepartmentSettings(Shape, kw_only=True):
    resources: list[Resources]
    description: str | None = None
    scheduling_rules: SchedulingRules | None = None
    default_node_pools: list[str] | None = None
    node_types: NodeTypesPerWorkload | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        if self.description is None:
            self.description = ""
        if self.node_types is None:
            self.node_types = UNSET


class ProjectSettings(DepartmentSettings):
    requested_namespace: str | None = None
    enforce_runai_scheduler: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.enforce_runai_scheduler is None:
            self.enforce_runai_scheduler = True


def encode_settings(given: Shape, kind: type[Shape]) -> str:
    """The JSON that is kept: of what was given, the part that `kind` names.

    Raises a bad-input error when there is more of it than anyone needs.
    """
    settings = kind(**{name: getattr(given, name) for name in kind.__struct_fields__})
    encoded = msgspec.json.encode(settings)
    if len(encoded) > MAX_SETTINGS_BYTES:
        raise bad_input("body", f"has settings of more than {MAX_SETTINGS_BYTES} bytes.")
    return encoded.decode()


def replace_settings(kept: str, given: Shape, kind: type[Shape]) -> str:
    """The JSON that is kept from here on. What `given` has a field for is replaced, also by leaving it out."""
    before = msgspec.json.decode(kept, type=kind)
    after = {name: getattr(given, name, getattr(before, name)) for name in kind.__struct_fields__}
    return encode_settings(kind(**after), kind)

"""What the API of the organisation's tree takes and answers."""

from typing import Annotated, Final

import msgspec

from keystead.org_units.model import (
    DEPARTMENT_FIELDS,
    MAX_CHILDREN,
    MAX_NAME,
    PHASES,
    PROJECT_FIELDS,
    ClusterSettings,
    DepartmentSettings,
    NodeTypesPerWorkload,
    ProjectSettings,
    SchedulingRules,
    Shape,
)
from keystead.web.lists import ListQuery
from keystead.web.operations import Parameter
from keystead.web.wire import ActionWord, Moment, PersonOrAccount, Uuid, choice, told

ClusterName = Annotated[str, told(example="atlas-eu", minLength=1, maxLength=MAX_NAME)]
DepartmentName = Annotated[str, told(example="research", minLength=1, maxLength=MAX_NAME)]
ProjectName = Annotated[str, told(example="vision", minLength=1, maxLength=MAX_NAME)]
ClusterId = Annotated[Uuid, told("The cluster that it lies in.", "71f69d83-ba66-4822-adf5-55ce55efd210")]
DepartmentId = Annotated[str, told(example="5c1a77a4-98a0-4d80-9ca0-3d8dd1ed5f6d")]
Domain = Annotated[str | None, told("Kept, and given back.", "atlas-eu.example.com")]
OnUnit = Annotated[
    list[ActionWord],
    told("What you may do with it; `create`: make a place directly below it.", ["create", "update"]),
]
Version = Annotated[str | None, told("Kept, and given back.", "2.24.0")]

DEPARTMENTS: Final = ListQuery(
    DEPARTMENT_FIELDS, default_limit=50, sort_name="DepartmentFilterSortFields", searches="names"
)
PROJECTS: Final = ListQuery(
    PROJECT_FIELDS, default_limit=50, sort_name="ProjectFilterSortFields", searches="names"
)
_FLAG = Annotated[bool, told(default=False)]
CASCADE: Final = Parameter(
    "cascade",
    _FLAG,
    "Delete all that lies in it too: nodes, rules, the accounts that live there. Each needs its own permission; people "
    "who live there are in the way.",
)
VERBOSITIES_OF_CLUSTER: Final = ("metadata", "full")
VERBOSITIES_OF_DEPARTMENT: Final = ("meta", "brief", "verbose")
VERBOSITY_OF_CLUSTER: Final = Parameter(
    "verbosity",
    Annotated[str, told(enum=list(VERBOSITIES_OF_CLUSTER), default="full")],
    "`metadata` leaves the status out.",
)
VERBOSITY_OF_DEPARTMENT: Final = Parameter(
    "verbosity",
    Annotated[str, choice("Verbosity", VERBOSITIES_OF_DEPARTMENT), told(default="brief")],
    f"`meta` leaves the status out; `verbose` adds the first {MAX_CHILDREN:,} projects of each.",
)
INCLUDE_REQUESTED_FOR_DELETE: Final = Parameter(
    "includeRequestedForDelete", _FLAG, "Changes nothing: a cluster is gone as soon as that is asked for."
)
INSTALL: Final = (
    Parameter("version", Annotated[str, told(example="2.24.0")], "Of what is to be installed."),
    Parameter(
        "remoteClusterUrl", Annotated[str, told(example="https://atlas-eu.example.com")], "Its address."
    ),
)
FORCE: Final = Parameter("force", _FLAG, "Answer 204. It empties nothing.")


class ClusterCreationRequest(ClusterSettings, kw_only=True):
    name: ClusterName


class ClusterUpdateRequest(Shape):
    """A cluster's domain and version are told when it is made."""

    name: ClusterName


class DepartmentCreationRequest(DepartmentSettings, kw_only=True):
    name: DepartmentName
    cluster_id: ClusterId


class DepartmentUpdateRequest(DepartmentSettings, kw_only=True):
    """What is left out is from then on as if it had been left out when the node was made, but for the name."""

    name: DepartmentName | None = None


class ProjectCreationRequest(ProjectSettings, kw_only=True):
    name: ProjectName
    cluster_id: ClusterId
    parent_id: Annotated[DepartmentId | None, told("The department; absent: the cluster's own.")] = None


class ProjectUpdateRequest(DepartmentSettings, kw_only=True):
    """What is left out is from then on as if it had been left out when the node was made, but for the name."""

    name: ProjectName | None = None
    enforce_runai_scheduler: bool | None = None


class ClusterDisplayedStatus(Shape):
    """Whether a cluster is connected is not for Keystead to know."""

    state: Annotated[
        str,
        choice(
            "ClusterState",
            (
                "WaitingToConnect",
                "Connected",
                "Disconnected",
                "MissingPrerequisites",
                "ServiceIssues",
                "Unknown",
            ),
            example="Unknown",
        ),
    ]


class DisplayedCluster(ClusterSettings, kw_only=True):
    uuid: Uuid
    tenant_id: Annotated[int, told("The tenant's number.", 1)]
    name: ClusterName
    status: ClusterDisplayedStatus | msgspec.UnsetType = msgspec.UNSET
    created_at: Moment
    updated_at: Moment
    created_by: PersonOrAccount
    updated_by: PersonOrAccount
    deleted_at: Annotated[Moment | None, told("Always null.")] = None
    delete_requested_at: Annotated[Moment | None, told("Always null.")] = None
    last_liveness: Annotated[Moment | None, told("Always null.")] = None
    permitted_actions: OnUnit


_INSTALL_NAMES = {
    "installation_str": "installationStr",
    "repository_name": "repositoryName",
    "chart_repo_url": "chartRepoURL",
    "client_secret": "clientSecret",
}


class ClusterInstallationInfoResponse(msgspec.Struct, rename=_INSTALL_NAMES):
    """Keystead installs nothing on clusters: this says so to scripts that ask."""

    installation_str: Annotated[
        str, told("A shell comment.", "# Nothing to install: there is no chart for helm.")
    ]
    repository_name: Annotated[str, told("Empty.", "")]
    chart_repo_url: Annotated[str, told("Empty.", "")]
    client_secret: Annotated[str, told("Empty: a cluster has no secret.", "")]


class HttpResponse(Shape):
    code: Annotated[int, told(example=202, minimum=100, maximum=599)]
    message: Annotated[str, told(example="The cluster was deleted.")]


class TotalResources(Shape):
    """A scheduler's sums, which Keystead is not: always null."""

    gpu_quota: float | None = None
    cpu_quota: float | None = None
    memory_quota: float | None = None


class DepartmentStatus(Shape):
    """Empty: what a scheduler would say."""


class DepartmentProjectChild(Shape):
    id: Uuid
    name: ProjectName


class Department(DepartmentSettings, kw_only=True):
    id: Uuid
    name: DepartmentName
    cluster_id: ClusterId
    status: DepartmentStatus | msgspec.UnsetType = msgspec.UNSET
    total_resources: TotalResources
    children: (
        Annotated[
            list[DepartmentProjectChild], told("The projects that you may see, the first of them by name.")
        ]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    created_at: Moment
    updated_at: Moment
    created_by: PersonOrAccount
    updated_by: PersonOrAccount
    permitted_actions: OnUnit


class DepartmentsPage(Shape, omit_defaults=True):
    departments: list[Department]
    next: Annotated[int | None, told("The offset of the next page; absent on the last.", 50)] = None


class DepartmentProjectParent(Shape):
    id: DepartmentId
    name: DepartmentName


class ProjectStatus(Shape):
    phase: Annotated[str, choice("ProjectPhase", PHASES, example="Ready")]
    namespace: Annotated[str | None, told("What was requested.")]
    phase_message: Annotated[str | None, told("Always null.")] = None


class ProjectEffective(Shape):
    """The project's own settings: nothing is inherited."""

    scheduling_rules: SchedulingRules | None = None
    default_node_pools: list[str] | None = None
    node_types: NodeTypesPerWorkload | msgspec.UnsetType = msgspec.UNSET


class Project(ProjectSettings, kw_only=True):
    id: Uuid
    name: ProjectName
    cluster_id: ClusterId
    parent_id: DepartmentId
    parent: Annotated[DepartmentProjectParent | None, told("The department, to those who may read it.")]
    status: ProjectStatus
    total_resources: TotalResources
    effective: ProjectEffective
    created_at: Moment
    updated_at: Moment
    created_by: PersonOrAccount
    updated_by: PersonOrAccount
    permitted_actions: OnUnit


class ProjectsPage(Shape, omit_defaults=True):
    projects: list[Project]
    next: Annotated[int | None, told("The offset of the next page; absent on the last.", 50)] = None

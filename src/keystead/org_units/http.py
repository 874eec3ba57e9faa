"""The API of the organisation's tree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import asdict

from keystead.authz.policy import Grants
from keystead.authz.tree import Level
from keystead.authz.vocabulary import Action
from keystead.db.connection import Row
from keystead.kit.clock import format_utc
from keystead.org_units import wire
from keystead.org_units.actions import NewUnit, OrgUnits, UnitEdit
from keystead.org_units.model import (
    READY,
    ClusterSettings,
    DepartmentSettings,
    ProjectSettings,
    Shape,
    encode_settings,
    replace_settings,
)
from keystead.org_units.scopes import RESOURCE_OF_LEVEL, permitted_on
from keystead.org_units.wire import (
    CASCADE,
    FORCE,
    INCLUDE_REQUESTED_FOR_DELETE,
    INSTALL,
    VERBOSITIES_OF_CLUSTER,
    VERBOSITIES_OF_DEPARTMENT,
    VERBOSITY_OF_CLUSTER,
    VERBOSITY_OF_DEPARTMENT,
    ClusterCreationRequest,
    ClusterDisplayedStatus,
    ClusterInstallationInfoResponse,
    ClusterUpdateRequest,
    Department,
    DepartmentCreationRequest,
    DepartmentProjectChild,
    DepartmentProjectParent,
    DepartmentsPage,
    DepartmentStatus,
    DepartmentUpdateRequest,
    DisplayedCluster,
    HttpResponse,
    Project,
    ProjectCreationRequest,
    ProjectEffective,
    ProjectsPage,
    ProjectStatus,
    ProjectUpdateRequest,
    TotalResources,
)
from keystead.web.lists import ListQuery
from keystead.web.operations import Parameter, Reply
from keystead.web.params import single
from keystead.web.pipeline import Answer, Handler, Request, Route, anywhere, on_object, require_choice
from keystead.web.wire import CountResponse, Uuid

_DEFAULT_LIMIT: Final = 50


class _Operations(NamedTuple):
    """The ids of what can be done with the nodes of a level."""

    list_all: str
    create: str
    get: str
    update: str
    delete: str


class _Kind(NamedTuple):
    """One level of the tree as the API speaks of it. `updated` is the status that an update answers.

    `shown` are the parameters that say how much of one is told.
    """

    level: Level
    path: str
    id: Parameter
    operations: _Operations
    body: type[Shape]
    update: type[Shape]
    updated: int
    settings: type[Shape]
    node: type[Shape]
    answer: Callable[[Row, Grants], Any]
    shown: tuple[Parameter, ...] = ()

    @property
    def tag(self) -> str:
        return f"{self.level.word.capitalize()}s"


class _Pages(NamedTuple):
    """A list that comes in pages: what it is, what may be asked of it, and the id of counting it."""

    page: Callable[[list[Any], int | None], Shape]
    query: ListQuery
    counting: str


class OrgUnitsHttp:
    def __init__(self, units: OrgUnits, tenant_id: int) -> None:
        self._units = units
        self._tenant_id = tenant_id

    def routes(self) -> list[Route]:
        clusters = _Kind(
            Level.CLUSTER,
            "/api/v1/clusters",
            Parameter("clusterUuid", Uuid, "The cluster's id."),
            _Operations(
                "get_clusters", "create_cluster", "get_cluster_by_uuid", "updateCluster", "delete_cluster"
            ),
            ClusterCreationRequest,
            ClusterUpdateRequest,
            204,
            ClusterSettings,
            DisplayedCluster,
            self._cluster_answer,
            (VERBOSITY_OF_CLUSTER,),
        )
        return [
            _list(
                clusters,
                partial(self.list_clusters, clusters),
                list[DisplayedCluster],
                (VERBOSITY_OF_CLUSTER, INCLUDE_REQUESTED_FOR_DELETE),
            ),
            *self._routes_of_one(clusters),
            self._delete_cluster(clusters),
            self._install_info(clusters),
            _list(
                _DEPARTMENTS,
                self.page_of_departments,
                DepartmentsPage,
                (*wire.DEPARTMENTS.parameters, VERBOSITY_OF_DEPARTMENT),
            ),
            *self._routes_of_one(_DEPARTMENTS),
            self._delete(_DEPARTMENTS),
            self._count(_DEPARTMENTS, _PAGES_OF_DEPARTMENTS),
            _list(
                _PROJECTS,
                self.page_of_projects,
                ProjectsPage,
                wire.PROJECTS.parameters,
            ),
            *self._routes_of_one(_PROJECTS),
            self._delete(_PROJECTS),
            self._count(_PROJECTS, _PAGES_OF_PROJECTS),
        ]

    def _routes_of_one(self, kind: _Kind) -> Iterator[Route]:
        resource, noun = RESOURCE_OF_LEVEL[kind.level], kind.level.word
        one = f"{kind.path}/{{{kind.id.name}}}"
        yield Route(
            method="POST",
            path=kind.path,
            operation_id=kind.operations.create,
            access=anywhere(Action.CREATE, resource),
            handler=partial(self.create, kind),
            tag=kind.tag,
            summary=f"Create a {noun}",
            description=_KEPT,
            body=kind.body,
            answers={201: kind.node},
            errors=(404, 409),
        )
        yield Route(
            method="GET",
            path=one,
            operation_id=kind.operations.get,
            access=on_object(Action.READ, resource),
            handler=partial(self.get, kind),
            tag=kind.tag,
            summary=f"Get a {noun}",
            parameters=(kind.id, *kind.shown),
            answers={200: kind.node},
        )
        yield Route(
            method="PUT",
            path=one,
            operation_id=kind.operations.update,
            access=on_object(Action.UPDATE, resource),
            handler=partial(self.update, kind),
            tag=kind.tag,
            summary=f"Rename or change a {noun}",
            description="Nodes are never moved.",
            parameters=(kind.id,),
            body=kind.update,
            answers={kind.updated: None if kind.updated == 204 else kind.node},
            errors=(409,),
        )

    def _delete(self, kind: _Kind) -> Route:
        return Route(
            method="DELETE",
            path=f"{kind.path}/{{{kind.id.name}}}",
            operation_id=kind.operations.delete,
            access=on_object(Action.DELETE, RESOURCE_OF_LEVEL[kind.level]),
            handler=partial(self.delete, kind),
            tag=kind.tag,
            summary=f"Delete a {kind.level.word}",
            description=_IN_THE_WAY,
            parameters=(kind.id, CASCADE),
            answers={204: None},
            errors=(409,),
        )

    def _delete_cluster(self, kind: _Kind) -> Route:
        return replace(
            self._delete(kind),
            handler=self.delete_cluster,
            parameters=(kind.id, CASCADE, FORCE),
            answers={
                202: Reply(HttpResponse, "The cluster is gone."),
                204: Reply(None, "With `force`, the same."),
            },
        )

    def _install_info(self, kind: _Kind) -> Route:
        return Route(
            method="GET",
            path=f"{kind.path}/{{{kind.id.name}}}/cluster-install-info",
            operation_id="get_cluster_install_info_by_uuid",
            access=on_object(Action.READ, RESOURCE_OF_LEVEL[kind.level]),
            handler=self.install_info,
            tag=kind.tag,
            summary="What to install on a cluster",
            description="Nothing: for scripts that ask.",
            parameters=(kind.id, *INSTALL),
            answers={200: ClusterInstallationInfoResponse},
        )

    def _count(self, kind: _Kind, pages: _Pages) -> Route:
        return Route(
            method="GET",
            path=f"{kind.path}/count",
            operation_id=pages.counting,
            access=anywhere(Action.READ, RESOURCE_OF_LEVEL[kind.level]),
            handler=partial(self.count, kind, pages),
            tag=kind.tag,
            summary=f"Count {kind.level.word}s",
            parameters=pages.query.narrowing,
            answers={200: CountResponse},
        )

    async def list_clusters(self, kind: _Kind, request: Request) -> Answer:
        verbosity = _verbosity(request, VERBOSITIES_OF_CLUSTER, "full")
        _is_set(request, "includeRequestedForDelete")
        rows = await self._units.list_clusters(request.grants())
        return Answer(200, await self._answers(kind, request.grants(), rows, verbosity))

    async def page_of_departments(self, request: Request) -> Answer:
        verbosity = _verbosity(request, VERBOSITIES_OF_DEPARTMENT, "brief")
        return await self._page(_DEPARTMENTS, _PAGES_OF_DEPARTMENTS, request, verbosity)

    async def page_of_projects(self, request: Request) -> Answer:
        return await self._page(_PROJECTS, _PAGES_OF_PROJECTS, request, "full")

    async def _page(self, kind: _Kind, pages: _Pages, request: Request, verbosity: str) -> Answer:
        query = pages.query.read(request.query)
        limit = query.page.limit or _DEFAULT_LIMIT
        rows, more = await self._units.page(kind.level, request.grants(), query, limit)
        following = query.page.offset + limit if more else None
        return Answer(
            200, pages.page(await self._answers(kind, request.grants(), rows, verbosity), following)
        )

    async def count(self, kind: _Kind, pages: _Pages, request: Request) -> Answer:
        query = pages.query.read(request.query)
        return Answer(200, CountResponse(await self._units.count(kind.level, request.grants(), query)))

    async def get(self, kind: _Kind, request: Request) -> Answer:
        verbosity = _verbosity(request, VERBOSITIES_OF_CLUSTER, "full") if kind.shown else "verbose"
        row = await self._units.get(kind.level, request.grants(), request.path[kind.id.name])
        return Answer(200, await self._answer(kind, request.grants(), row, verbosity))

    async def install_info(self, request: Request) -> Answer:
        await self._units.get(Level.CLUSTER, request.grants(), request.path["clusterUuid"])
        return Answer(200, ClusterInstallationInfoResponse(_NOTHING_TO_INSTALL, "", "", ""))

    async def create(self, kind: _Kind, request: Request) -> Answer:
        body = request.body
        wish = NewUnit(
            body.name,
            encode_settings(body, kind.settings),
            getattr(body, "cluster_id", ""),
            getattr(body, "parent_id", None),
        )
        row = await self._units.create(request.actor(), kind.level, wish)
        return Answer(201, await self._answer(kind, request.grants(), row))

    async def update(self, kind: _Kind, request: Request) -> Answer:
        edit = UnitEdit(request.body.name, partial(replace_settings, given=request.body, kind=kind.settings))
        row = await self._units.update(
            request.actor(), kind.level, request.path[kind.id.name], edit, kind.updated
        )
        if kind.updated == 204:
            return Answer(204)
        return Answer(kind.updated, await self._answer(kind, request.grants(), row))

    async def delete(self, kind: _Kind, request: Request) -> Answer:
        await self._units.delete(
            request.actor(),
            kind.level,
            request.path[kind.id.name],
            204,
            cascade=_is_set(request, "cascade"),
        )
        return Answer(204)

    async def delete_cluster(self, request: Request) -> Answer:
        """Gone at once in either case: `force` asks for the answer that says so, `cascade` for an end of all in it."""
        status = 204 if _is_set(request, "force") else 202
        await self._units.delete(
            request.actor(),
            Level.CLUSTER,
            request.path["clusterUuid"],
            status,
            cascade=_is_set(request, "cascade"),
        )
        return Answer(status, None if status == 204 else HttpResponse(status, "The cluster was deleted."))

    async def _answer(self, kind: _Kind, grants: Grants, row: Row, verbosity: str = "verbose") -> Any:
        (answer,) = await self._answers(kind, grants, [row], verbosity)
        return answer

    async def _answers(self, kind: _Kind, grants: Grants, rows: Sequence[Row], verbosity: str) -> list[Any]:
        """Of which `metadata` and `meta` leave the status out, and only `verbose` tells of a department's projects."""
        answers = [kind.answer(row, grants) for row in rows]
        if verbosity in ("metadata", "meta"):
            for answer in answers:
                answer.status = UNSET
        if verbosity == "verbose" and kind.level is Level.DEPARTMENT:
            projects = await self._units.projects_in(grants, rows)
            for row, answer in zip(rows, answers, strict=True):
                answer.children = [
                    DepartmentProjectChild(project["id"], project["name"]) for project in projects[row["id"]]
                ]
        return answers

    def _cluster_answer(self, row: Row, grants: Grants) -> DisplayedCluster:
        return DisplayedCluster(
            **_settings(row, ClusterSettings),
            uuid=row["id"],
            tenant_id=self._tenant_id,
            name=row["name"],
            status=ClusterDisplayedStatus("Unknown"),
            **_made(row, grants),
        )


def _list(kind: _Kind, handler: Handler, answer: Any, parameters: Sequence[Parameter] = ()) -> Route:
    return Route(
        method="GET",
        path=kind.path,
        operation_id=kind.operations.list_all,
        access=anywhere(Action.READ, RESOURCE_OF_LEVEL[kind.level]),
        handler=handler,
        tag=kind.tag,
        summary=f"List {kind.level.word}s",
        parameters=parameters,
        answers={200: answer},
    )


def _is_set(request: Request, flag: str) -> bool:
    text = single(request.query, flag)
    return text is not None and require_choice(flag, text, ["true", "false"]) == "true"


def _verbosity(request: Request, choices: Sequence[str], default: str) -> str:
    """Clients write a member of an enum as `Verbosity.META`, and older ones say it twice: the last word counts."""
    given = [text for name, text in request.query if name == "verbosity"]
    return require_choice("verbosity", given[-1].rpartition(".")[2], choices) if given else default


def _settings(row: Row, kind: type[Shape]) -> dict[str, Any]:
    """What was given to be kept."""
    return asdict(msgspec.json.decode(row["fields"], type=kind))


def _made(row: Row, grants: Grants) -> dict[str, Any]:
    """Who made it and when, and what whoever asks may do with it."""
    return {
        "created_at": format_utc(row["created_at"]),
        "updated_at": format_utc(row["updated_at"]),
        "created_by": row["created_by"],
        "updated_by": row["updated_by"],
        "permitted_actions": permitted_on(grants, Level(row["level"]), row["code"]),
    }


def _department_answer(row: Row, grants: Grants) -> Department:
    return Department(
        **_settings(row, DepartmentSettings),
        id=row["id"],
        name=row["name"],
        cluster_id=row["cluster_id"],
        status=DepartmentStatus(),
        total_resources=TotalResources(),
        **_made(row, grants),
    )


def _project_answer(row: Row, grants: Grants) -> Project:
    settings = _settings(row, ProjectSettings)
    parent = (
        None if row["parent_name"] is None else DepartmentProjectParent(row["parent_id"], row["parent_name"])
    )
    return Project(
        **settings,
        id=row["id"],
        name=row["name"],
        cluster_id=row["cluster_id"],
        parent_id=row["parent_id"],
        parent=parent,
        status=ProjectStatus(READY, settings["requested_namespace"]),
        total_resources=TotalResources(),
        effective=ProjectEffective(**{name: settings[name] for name in ProjectEffective.__struct_fields__}),
        **_made(row, grants),
    )


_KEPT: Final = (
    "What concerns a scheduler (resources, scheduling rules, node pools and types) is kept and given back; nothing is "
    "computed from it."
)
_NOTHING_TO_INSTALL: Final = "# Nothing to install: there is no chart for helm."
_IN_THE_WAY: Final = (
    "Refused while nodes, rules, accounts or people are in it, unless `cascade` is asked for."
)
_DEPARTMENTS: Final = _Kind(
    Level.DEPARTMENT,
    "/api/v1/org-unit/departments",
    Parameter("departmentId", Uuid, "The department's id."),
    _Operations(
        "get_departments", "create_department", "get_department", "update_department", "delete_department"
    ),
    DepartmentCreationRequest,
    DepartmentUpdateRequest,
    200,
    DepartmentSettings,
    Department,
    _department_answer,
)
_PROJECTS: Final = _Kind(
    Level.PROJECT,
    "/api/v1/org-unit/projects",
    Parameter("projectId", Uuid, "The project's id."),
    _Operations("get_projects", "create_project", "get_project", "update_project", "delete_project"),
    ProjectCreationRequest,
    ProjectUpdateRequest,
    200,
    ProjectSettings,
    Project,
    _project_answer,
)
_PAGES_OF_DEPARTMENTS: Final = _Pages(DepartmentsPage, wire.DEPARTMENTS, "count_departments")
_PAGES_OF_PROJECTS: Final = _Pages(ProjectsPage, wire.PROJECTS, "count_projects")

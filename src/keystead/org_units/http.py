"""The API of the organisation's tree."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
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
    ClusterCreationRequest,
    ClusterDisplayedStatus,
    ClusterUpdateRequest,
    Department,
    DepartmentCreationRequest,
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
    """One level of the tree as the API speaks of it. `updated` is the status that an update answers."""

    level: Level
    path: str
    id: Parameter
    operations: _Operations
    body: type[Shape]
    update: type[Shape]
    updated: int
    settings: type[Shape]
    node: type[Shape]
    answer: Callable[[Row, Grants], Shape]

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
        )
        return [
            _list(clusters, partial(self.list_clusters, clusters), list[DisplayedCluster]),
            *self._routes_of_one(clusters),
            self._delete_cluster(clusters),
            _list(
                _DEPARTMENTS,
                partial(self.page, _DEPARTMENTS, _PAGES_OF_DEPARTMENTS),
                DepartmentsPage,
                wire.DEPARTMENTS.parameters,
            ),
            *self._routes_of_one(_DEPARTMENTS),
            self._delete(_DEPARTMENTS),
            self._count(_DEPARTMENTS, _PAGES_OF_DEPARTMENTS),
            _list(
                _PROJECTS,
                partial(self.page, _PROJECTS, _PAGES_OF_PROJECTS),
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
            parameters=(kind.id,),
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
        rows = await self._units.list_clusters(request.grants())
        return Answer(200, [kind.answer(row, request.grants()) for row in rows])

    async def page(self, kind: _Kind, pages: _Pages, request: Request) -> Answer:
        query = pages.query.read(request.query)
        limit = query.page.limit or _DEFAULT_LIMIT
        rows, more = await self._units.page(kind.level, request.grants(), query, limit)
        following = query.page.offset + limit if more else None
        return Answer(200, pages.page([kind.answer(row, request.grants()) for row in rows], following))

    async def count(self, kind: _Kind, pages: _Pages, request: Request) -> Answer:
        query = pages.query.read(request.query)
        return Answer(200, CountResponse(await self._units.count(kind.level, request.grants(), query)))

    async def get(self, kind: _Kind, request: Request) -> Answer:
        row = await self._units.get(kind.level, request.grants(), request.path[kind.id.name])
        return Answer(200, kind.answer(row, request.grants()))

    async def create(self, kind: _Kind, request: Request) -> Answer:
        body = request.body
        wish = NewUnit(
            body.name,
            encode_settings(body, kind.settings),
            getattr(body, "cluster_id", ""),
            getattr(body, "parent_id", None),
        )
        row = await self._units.create(request.actor(), kind.level, wish)
        return Answer(201, kind.answer(row, request.grants()))

    async def update(self, kind: _Kind, request: Request) -> Answer:
        edit = UnitEdit(request.body.name, partial(replace_settings, given=request.body, kind=kind.settings))
        row = await self._units.update(
            request.actor(), kind.level, request.path[kind.id.name], edit, kind.updated
        )
        return (
            Answer(204) if kind.updated == 204 else Answer(kind.updated, kind.answer(row, request.grants()))
        )

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


def _settings(row: Row, kind: type[Shape]) -> dict[str, Any]:
    """What was given to be kept."""
    return asdict(msgspec.json.decode(row["fields"], type=kind))


def _made(row: Row, grants: Grants) -> dict[str, Any]:
    """Who made it and when, and what whoever asks may do with it."""
    return {
        "created_at": format_utc(row["created_at"]),
        "updated_at": format_utc(row["updated_at"]),
        "created_by": row["created_by"],
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

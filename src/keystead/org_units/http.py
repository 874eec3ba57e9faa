"""The API of the organisation's tree."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from keystead.authz.tree import Level
from keystead.authz.vocabulary import Action
from keystead.db.connection import Row
from keystead.kit.clock import format_utc
from keystead.kit.query import Fields, Query
from keystead.org_units.actions import NewUnit, OrgUnits, UnitEdit
from keystead.org_units.model import (
    DEPARTMENT_FIELDS,
    PROJECT_FIELDS,
    READY,
    ClusterSettings,
    DepartmentSettings,
    ProjectSettings,
    Shape,
    encode_settings,
    replace_settings,
)
from keystead.org_units.scopes import RESOURCE_OF_LEVEL
from keystead.web.params import read_query, single
from keystead.web.pipeline import Answer, Handler, Request, Route, anywhere, on_object, require_choice

_DEFAULT_LIMIT: Final = 50
_MAX_LIMIT: Final = 500


class CreateClusterBody(ClusterSettings, kw_only=True):
    name: str


class CreateDepartmentBody(DepartmentSettings, kw_only=True):
    name: str
    cluster_id: str


class CreateProjectBody(ProjectSettings, kw_only=True):
    name: str
    cluster_id: str
    parent_id: str | None = None


class UpdateClusterBody(Shape):
    """A cluster's domain and version are told when it is made."""

    name: str


class UpdateDepartmentBody(DepartmentSettings, kw_only=True):
    """What is left out is from then on as if it had been left out when the node was made, but for the name."""

    name: str | None = None


class UpdateProjectBody(UpdateDepartmentBody, kw_only=True):
    enforce_runai_scheduler: bool | None = None


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
    parameter: str
    operations: _Operations
    body: type[Shape]
    update: type[Shape]
    updated: int
    settings: type[Shape]
    answer: Callable[[Row], dict[str, Any]]


class _Pages(NamedTuple):
    """A list that comes in pages: under which key, what may filter and sort it, and the id of counting it."""

    key: str
    fields: Fields
    counting: str


class OrgUnitsHttp:
    def __init__(self, units: OrgUnits, tenant_id: int) -> None:
        self._units = units
        self._tenant_id = tenant_id

    def routes(self) -> list[Route]:
        clusters = _Kind(
            Level.CLUSTER,
            "/api/v1/clusters",
            "clusterUuid",
            _Operations(
                "get_clusters", "create_cluster", "get_cluster_by_uuid", "updateCluster", "delete_cluster"
            ),
            CreateClusterBody,
            UpdateClusterBody,
            204,
            ClusterSettings,
            self._cluster_answer,
        )
        return [
            *self._routes(clusters, partial(self.list_clusters, clusters), self.delete_cluster),
            *self._routes(_DEPARTMENTS, partial(self.page, _DEPARTMENTS, _PAGES_OF_DEPARTMENTS)),
            *self._routes(_PROJECTS, partial(self.page, _PROJECTS, _PAGES_OF_PROJECTS)),
            self._count(_DEPARTMENTS, _PAGES_OF_DEPARTMENTS),
            self._count(_PROJECTS, _PAGES_OF_PROJECTS),
        ]

    def _routes(self, kind: _Kind, list_: Handler, delete: Handler | None = None) -> Iterator[Route]:
        resource = RESOURCE_OF_LEVEL[kind.level]
        one = f"{kind.path}/{{{kind.parameter}}}"
        yield Route(
            method="GET",
            path=kind.path,
            operation_id=kind.operations.list_all,
            access=anywhere(Action.READ, resource),
            handler=list_,
        )
        yield Route(
            method="POST",
            path=kind.path,
            operation_id=kind.operations.create,
            access=anywhere(Action.CREATE, resource),
            handler=partial(self.create, kind),
            body=kind.body,
        )
        yield Route(
            method="GET",
            path=one,
            operation_id=kind.operations.get,
            access=on_object(Action.READ, resource),
            handler=partial(self.get, kind),
        )
        yield Route(
            method="PUT",
            path=one,
            operation_id=kind.operations.update,
            access=on_object(Action.UPDATE, resource),
            handler=partial(self.update, kind),
            body=kind.update,
        )
        yield Route(
            method="DELETE",
            path=one,
            operation_id=kind.operations.delete,
            access=on_object(Action.DELETE, resource),
            handler=delete or partial(self.delete, kind),
        )

    def _count(self, kind: _Kind, pages: _Pages) -> Route:
        return Route(
            method="GET",
            path=f"{kind.path}/count",
            operation_id=pages.counting,
            access=anywhere(Action.READ, RESOURCE_OF_LEVEL[kind.level]),
            handler=partial(self.count, kind, pages),
        )

    async def list_clusters(self, kind: _Kind, request: Request) -> Answer:
        rows = await self._units.list_clusters(request.grants())
        return Answer(200, [kind.answer(row) for row in rows])

    async def page(self, kind: _Kind, pages: _Pages, request: Request) -> Answer:
        query = _query(pages, request)
        limit = query.page.limit or _DEFAULT_LIMIT
        rows, more = await self._units.page(kind.level, request.grants(), query, limit)
        answer: dict[str, Any] = {pages.key: [kind.answer(row) for row in rows]}
        if more:
            answer["next"] = query.page.offset + limit
        return Answer(200, answer)

    async def count(self, kind: _Kind, pages: _Pages, request: Request) -> Answer:
        number = await self._units.count(kind.level, request.grants(), _query(pages, request))
        return Answer(200, {"count": number})

    async def get(self, kind: _Kind, request: Request) -> Answer:
        row = await self._units.get(kind.level, request.grants(), request.path[kind.parameter])
        return Answer(200, kind.answer(row))

    async def create(self, kind: _Kind, request: Request) -> Answer:
        body = request.body
        wish = NewUnit(
            body.name,
            encode_settings(body, kind.settings),
            getattr(body, "cluster_id", ""),
            getattr(body, "parent_id", None),
        )
        row = await self._units.create(request.actor(), kind.level, wish)
        return Answer(201, kind.answer(row))

    async def update(self, kind: _Kind, request: Request) -> Answer:
        edit = UnitEdit(request.body.name, partial(replace_settings, given=request.body, kind=kind.settings))
        row = await self._units.update(
            request.actor(), kind.level, request.path[kind.parameter], edit, kind.updated
        )
        return Answer(204) if kind.updated == 204 else Answer(kind.updated, kind.answer(row))

    async def delete(self, kind: _Kind, request: Request) -> Answer:
        await self._units.delete(
            request.actor(),
            kind.level,
            request.path[kind.parameter],
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
        return Answer(
            status, None if status == 204 else {"code": status, "message": "The cluster was deleted."}
        )

    def _cluster_answer(self, row: Row) -> dict[str, Any]:
        """The contract's DisplayedCluster. Whether a cluster is connected is not for Keystead to know."""
        return {
            **msgspec.json.decode(row["fields"]),
            "uuid": row["id"],
            "tenantId": self._tenant_id,
            "name": row["name"],
            "status": {"state": "Unknown"},
            **_made(row),
        }


def _query(pages: _Pages, request: Request) -> Query:
    return read_query(request.query, pages.fields, default_limit=_DEFAULT_LIMIT, max_limit=_MAX_LIMIT)


def _is_set(request: Request, flag: str) -> bool:
    text = single(request.query, flag)
    return text is not None and require_choice(flag, text, ["true", "false"]) == "true"


def _made(row: Row) -> dict[str, Any]:
    return {
        "createdAt": format_utc(row["created_at"]),
        "updatedAt": format_utc(row["updated_at"]),
        "createdBy": row["created_by"],
    }


def _department_answer(row: Row) -> dict[str, Any]:
    """The contract's Department, and its DepartmentForList."""
    return {
        **msgspec.json.decode(row["fields"]),
        "id": row["id"],
        "name": row["name"],
        "clusterId": row["cluster_id"],
        "status": {},
        "totalResources": _NOT_COMPUTED,
        **_made(row),
    }


def _project_answer(row: Row) -> dict[str, Any]:
    """The contract's Project. Its `parent` is told to those who may read the department."""
    settings = msgspec.json.decode(row["fields"])
    parent = None if row["parent_name"] is None else {"id": row["parent_id"], "name": row["parent_name"]}
    return {
        **settings,
        "id": row["id"],
        "name": row["name"],
        "clusterId": row["cluster_id"],
        "parentId": row["parent_id"],
        "parent": parent,
        "status": {"phase": READY, "namespace": settings.get("requestedNamespace")},
        "totalResources": _NOT_COMPUTED,
        "effective": {name: settings[name] for name in _EFFECTIVE if name in settings},
        **_made(row),
    }


_NOT_COMPUTED: Final = {"gpuQuota": None, "cpuQuota": None, "memoryQuota": None}
_EFFECTIVE: Final = ("schedulingRules", "defaultNodePools", "nodeTypes")
_DEPARTMENTS: Final = _Kind(
    Level.DEPARTMENT,
    "/api/v1/org-unit/departments",
    "departmentId",
    _Operations(
        "get_departments", "create_department", "get_department", "update_department", "delete_department"
    ),
    CreateDepartmentBody,
    UpdateDepartmentBody,
    200,
    DepartmentSettings,
    _department_answer,
)
_PROJECTS: Final = _Kind(
    Level.PROJECT,
    "/api/v1/org-unit/projects",
    "projectId",
    _Operations("get_projects", "create_project", "get_project", "update_project", "delete_project"),
    CreateProjectBody,
    UpdateProjectBody,
    200,
    ProjectSettings,
    _project_answer,
)
_PAGES_OF_DEPARTMENTS: Final = _Pages("departments", DEPARTMENT_FIELDS, "count_departments")
_PAGES_OF_PROJECTS: Final = _Pages("projects", PROJECT_FIELDS, "count_projects")

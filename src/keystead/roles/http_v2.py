"""The API of roles, second version: custom roles, made of permission sets; and the sets."""

from typing import Any, Final

import msgspec

from keystead.authz.vocabulary import (
    ACTION_BY_WORD,
    RESOURCE_TYPES,
    ROLES,
    Action,
    require_resource_type,
    words_of,
)
from keystead.kit.errors import bad_input, not_found
from keystead.kit.ids import canonical_id
from keystead.roles.actions import READ, Roles, RoleWish
from keystead.roles.http import common_answer, read_role_id
from keystead.roles.listing import matching_roles, scope_type
from keystead.roles.model import FIELDS, Role, RoleTable
from keystead.roles.permission_sets import PERMISSION_SETS, PermissionSet
from keystead.web.params import read_query
from keystead.web.pipeline import Answer, Request, Route, anywhere, on_object

_PATH: Final = "/api/v2/authorization/roles"
_SETS: Final = "/api/v1/authorization/permission-sets"


class PermissionBody(msgspec.Struct, rename="camel"):
    resource_type: str
    actions: list[str]


class PermissionSetBody(msgspec.Struct, rename="camel"):
    id: str
    name: str | None = None


class KubernetesPermissionsBody(msgspec.Struct, rename="camel", omit_defaults=True):
    predefined_role: str | None = None


class RoleBody(msgspec.Struct, rename="camel"):
    name: str
    description: str
    enabled: bool | None = None
    permission_sets: list[PermissionSetBody] | None = None
    permissions: list[PermissionBody] | None = None
    kubernetes_permissions: KubernetesPermissionsBody | None = None
    scope_id: str | None = None
    scope_type: str | None = None


class RolesV2Http:
    def __init__(self, actions: Roles, roles: RoleTable) -> None:
        self._actions = actions
        self._roles = roles

    def routes(self) -> list[Route]:
        read, update = anywhere(Action.READ, ROLES), on_object(Action.UPDATE, ROLES)
        one = _PATH + "/{roleId}"
        return [
            Route(method="GET", path=_PATH, operation_id="get_roles", access=read, handler=self.list),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_role",
                access=anywhere(Action.CREATE, ROLES),
                handler=self.create,
                body=RoleBody,
            ),
            Route(method="GET", path=one, operation_id="get_role", access=read, handler=self.get),
            Route(
                method="PUT",
                path=one,
                operation_id="update_role",
                access=update,
                handler=self.replace,
                body=RoleBody,
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_role",
                access=on_object(Action.DELETE, ROLES),
                handler=self.delete,
            ),
            Route(
                method="POST",
                path=one + "/enable",
                operation_id="enable_role",
                access=update,
                handler=self.enable,
            ),
            Route(
                method="POST",
                path=one + "/disable",
                operation_id="disable_role",
                access=update,
                handler=self.disable,
            ),
            Route(
                method="GET",
                path=_SETS,
                operation_id="get_permission_sets",
                access=read,
                handler=self.list_sets,
            ),
            Route(
                method="GET",
                path=_SETS + "/{permissionSetId}",
                operation_id="get_permission_set",
                access=read,
                handler=self.get_set,
            ),
        ]

    async def list(self, request: Request) -> Answer:
        query = read_query(request.query, FIELDS, default_limit=50, max_limit=500)
        found = matching_roles(self._roles, request.visibility(READ), query)
        start, limit = query.page.offset, query.page.limit or len(found)
        answer: dict[str, Any] = {"roles": [_answer(role) for role in found[start : start + limit]]}
        if start + limit < len(found):
            answer["next"] = start + limit
        return Answer(200, answer)

    async def get(self, request: Request) -> Answer:
        role = self._roles.find(read_role_id(request))
        if role is None or not role.is_seen_by(request.visibility(READ)):
            raise not_found("Role")
        return Answer(200, _answer(role))

    async def create(self, request: Request) -> Answer:
        role_id = await self._actions.create(request.actor(), _wish(request.body))
        return Answer(201, _answer(await self._actions.get(role_id)))

    async def replace(self, request: Request) -> Answer:
        role_id = read_role_id(request)
        await self._actions.replace(request.actor(), role_id, _wish(request.body))
        return Answer(200, _answer(await self._actions.get(role_id)))

    async def delete(self, request: Request) -> Answer:
        await self._actions.delete(request.actor(), read_role_id(request))
        return Answer(204)

    async def enable(self, request: Request) -> Answer:
        await self._actions.set_enabled(request.actor(), read_role_id(request), True)
        return Answer(204)

    async def disable(self, request: Request) -> Answer:
        await self._actions.set_enabled(request.actor(), read_role_id(request), False)
        return Answer(204)

    async def list_sets(self, _request: Request) -> Answer:
        return Answer(200, {"permissionSets": [_set_answer(one) for one in PERMISSION_SETS.values()]})

    async def get_set(self, request: Request) -> Answer:
        found = PERMISSION_SETS.get(canonical_id(request.path["permissionSetId"]))
        if found is None:
            raise not_found("Permission set")
        return Answer(200, _set_answer(found))


def _wish(body: RoleBody) -> RoleWish:
    sets = tuple(_require_set(index, given.id) for index, given in enumerate(body.permission_sets or []))
    mask = _mask_of(body.permissions or [])
    for one in sets:
        mask |= one.mask
    if not mask:
        raise bad_input("permissionSets", "must name at least one permission set.")
    kubernetes = msgspec.json.encode(body.kubernetes_permissions or KubernetesPermissionsBody()).decode()
    return RoleWish(
        body.name,
        body.description,
        mask,
        tuple(one.id for one in sets),
        kubernetes,
        body.enabled is not False,
        body.scope_id,
        body.scope_type,
    )


def _require_set(index: int, set_id: str) -> PermissionSet:
    found = PERMISSION_SETS.get(canonical_id(set_id))
    if found is None:
        raise bad_input(f"permissionSets[{index}].id", f"is no permission set; GET {_SETS} lists them.")
    return found


def _mask_of(permissions: list[PermissionBody]) -> int:
    mask = 0
    for index, given in enumerate(permissions):
        resource = require_resource_type(f"permissions[{index}].resourceType", given.resource_type)
        for word in given.actions:
            action = ACTION_BY_WORD.get(word.lower())
            if action is None:
                raise bad_input(f"permissions[{index}].actions", f"must be of {', '.join(ACTION_BY_WORD)}.")
            mask |= resource.mask(action)
    return mask


def _permissions(mask: int) -> list[dict[str, Any]]:
    spelled = ((resource.name, words_of(mask, resource)) for resource in RESOURCE_TYPES)
    return [{"resourceType": name, "actions": words} for name, words in spelled if words]


def _answer(role: Role) -> dict[str, Any]:
    sets = role.custom.permission_sets if role.custom else ()
    return common_answer(role) | {
        "permissions": _permissions(role.mask),
        "permissionSets": [{"id": set_id, "name": PERMISSION_SETS[set_id].name} for set_id in sets],
        "deprecated": False,
        "scopeType": scope_type(role),
        **({"scopeId": role.custom.home.id} if role.custom else {}),
    }


def _set_answer(one: PermissionSet) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "permissions": _permissions(one.mask),
    }

"""The API of roles, second version: custom roles, made of permission sets; and the sets."""

from typing import Final

import msgspec

from keystead.authz.policy import Grants
from keystead.authz.vocabulary import RESOURCE_TYPES, ROLES, Action, require_permissions, words_of
from keystead.kit.clock import format_utc
from keystead.kit.errors import bad_input, not_found
from keystead.kit.ids import canonical_id
from keystead.roles import wire
from keystead.roles.actions import READ, Roles, RoleWish
from keystead.roles.http import TAG, kubernetes_permissions, read_role_id
from keystead.roles.listing import created_at, created_by, matching_roles, scope_type, updated_at
from keystead.roles.model import Role, RoleTable
from keystead.roles.permission_sets import PERMISSION_SETS, PermissionSet
from keystead.roles.wire import (
    LIST,
    PERMISSION_SET_ID,
    ROLE_ID,
    KubernetesPermissions,
    PermissionSetReference,
    PermissionSets,
    RolePermission,
    RoleRequest,
    RolesPage,
)
from keystead.web.lists import TOTAL_COUNT, total_headers
from keystead.web.operations import Reply
from keystead.web.pipeline import Answer, Request, Route, anywhere, on_object

_PATH: Final = "/api/v2/authorization/roles"
_OFFERED: Final = Action.UPDATE | Action.DELETE
_SETS: Final = "/api/v1/authorization/permission-sets"


class RolesV2Http:
    def __init__(self, actions: Roles, roles: RoleTable) -> None:
        self._actions = actions
        self._roles = roles

    def routes(self) -> list[Route]:
        read, update = anywhere(Action.READ, ROLES), on_object(Action.UPDATE, ROLES)
        one = _PATH + "/{roleId}"
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_roles",
                access=read,
                handler=self.list,
                tag=TAG,
                summary="List roles",
                description="Those of the product, and the custom ones of scopes where you may read roles.",
                parameters=LIST.parameters,
                answers={200: Reply(RolesPage, "The roles.", (TOTAL_COUNT,))},
            ),
            Route(
                method="POST",
                path=_PATH,
                operation_id="create_role",
                access=anywhere(Action.CREATE, ROLES),
                handler=self.create,
                tag=TAG,
                summary="Create a custom role",
                body=RoleRequest,
                answers={201: wire.Role},
                errors=(404, 409),
            ),
            Route(
                method="GET",
                path=one,
                operation_id="get_role",
                access=read,
                handler=self.get,
                tag=TAG,
                summary="Get a role",
                parameters=(ROLE_ID,),
                answers={200: wire.Role},
            ),
            Route(
                method="PUT",
                path=one,
                operation_id="update_role",
                access=update,
                handler=self.replace,
                tag=TAG,
                summary="Replace a custom role",
                description=(
                    "For all who have it, at once: you need every permission of the role in every scope in which it "
                    "is given. The product's roles stay as they are."
                ),
                parameters=(ROLE_ID,),
                body=RoleRequest,
                answers={200: wire.Role},
                errors=(409,),
            ),
            Route(
                method="DELETE",
                path=one,
                operation_id="delete_role",
                access=on_object(Action.DELETE, ROLES),
                handler=self.delete,
                tag=TAG,
                summary="Delete a custom role",
                description="Refused while rules give it.",
                parameters=(ROLE_ID,),
                answers={204: None},
                errors=(409,),
            ),
            Route(
                method="POST",
                path=one + "/enable",
                operation_id="enable_role",
                access=update,
                handler=self.enable,
                tag=TAG,
                summary="Enable a custom role",
                parameters=(ROLE_ID,),
                answers={204: None},
            ),
            Route(
                method="POST",
                path=one + "/disable",
                operation_id="disable_role",
                access=update,
                handler=self.disable,
                tag=TAG,
                summary="Disable a custom role",
                description="Rules that give it stay, and give nothing.",
                parameters=(ROLE_ID,),
                answers={204: None},
            ),
            Route(
                method="GET",
                path=_SETS,
                operation_id="get_permission_sets",
                access=read,
                handler=self.list_sets,
                tag=TAG,
                summary="List permission sets",
                answers={200: PermissionSets},
            ),
            Route(
                method="GET",
                path=_SETS + "/{permissionSetId}",
                operation_id="get_permission_set",
                access=read,
                handler=self.get_set,
                tag=TAG,
                summary="Get a permission set",
                parameters=(PERMISSION_SET_ID,),
                answers={200: wire.PermissionSet},
            ),
        ]

    async def list(self, request: Request) -> Answer:
        query = LIST.read(request.query)
        grants = request.grants()
        found = matching_roles(self._roles, grants.visibility(READ), query)
        start, limit = query.page.offset, query.page.limit or len(found)
        following = start + limit if start + limit < len(found) else None
        page = RolesPage([_answer(role, grants) for role in found[start : start + limit]], following)
        return Answer(200, page, total_headers(len(found)))

    async def get(self, request: Request) -> Answer:
        role = self._roles.find(read_role_id(request))
        if role is None or not role.is_seen_by(request.visibility(READ)):
            raise not_found("Role")
        return Answer(200, _answer(role, request.grants()))

    async def create(self, request: Request) -> Answer:
        role_id = await self._actions.create(request.actor(), _wish(request.body))
        return Answer(201, _answer(await self._actions.get(role_id), request.grants()))

    async def replace(self, request: Request) -> Answer:
        role_id = read_role_id(request)
        await self._actions.replace(request.actor(), role_id, _wish(request.body))
        return Answer(200, _answer(await self._actions.get(role_id), request.grants()))

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
        return Answer(200, PermissionSets([_set_answer(one) for one in PERMISSION_SETS.values()]))

    async def get_set(self, request: Request) -> Answer:
        found = PERMISSION_SETS.get(canonical_id(request.path["permissionSetId"]))
        if found is None:
            raise not_found("Permission set")
        return Answer(200, _set_answer(found))


def _wish(body: RoleRequest) -> RoleWish:
    sets = tuple(_require_set(index, given.id) for index, given in enumerate(body.permission_sets or []))
    mask = require_permissions((one.resource_type, one.actions) for one in body.permissions or [])
    for one in sets:
        mask |= one.mask
    if not mask:
        raise bad_input("permissionSets", "must name at least one permission set.")
    kubernetes = msgspec.json.encode(body.kubernetes_permissions or KubernetesPermissions()).decode()
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


def _permissions(mask: int) -> list[RolePermission]:
    spelled = ((resource.name, words_of(mask, resource)) for resource in RESOURCE_TYPES)
    return [RolePermission(name, words) for name, words in spelled if words]


def _answer(role: Role, grants: Grants) -> wire.Role:
    sets = role.custom.permission_sets if role.custom else ()
    return wire.Role(
        id=role.id,
        name=role.name,
        description=role.description,
        created_by=created_by(role),
        created_at=format_utc(created_at(role)),
        updated_at=format_utc(updated_at(role)),
        custom=role.custom is not None,
        enabled=role.enabled,
        effective_enabled=role.enabled,
        kubernetes_permissions=kubernetes_permissions(role),
        permissions=_permissions(role.mask),
        permission_sets=[PermissionSetReference(set_id, PERMISSION_SETS[set_id].name) for set_id in sets],
        deprecated=False,
        scope_type=scope_type(role),
        # The product's roles stay as they are.
        permitted_actions=grants.words_at(role.custom.home.code, ROLES, _OFFERED) if role.custom else [],
        scope_id=role.custom.home.id if role.custom else msgspec.UNSET,
    )


def _set_answer(one: PermissionSet) -> wire.PermissionSet:
    return wire.PermissionSet(one.id, one.name, one.description, _permissions(one.mask))

"""The API of roles, first version: read only, every role with every resource type."""

import re
from typing import Final

import msgspec

from keystead.authz.vocabulary import ROLES, Action, Permission
from keystead.kit.clock import format_utc
from keystead.kit.errors import bad_input, not_found
from keystead.roles.listing import created_at, created_by, updated_at
from keystead.roles.model import Role, RoleTable
from keystead.roles.wire import ROLE_ID, KubernetesPermissions, RoleV1
from keystead.web.pipeline import Answer, Request, Route, anywhere
from keystead.web.wire import permissions_in

_PATH: Final = "/api/v1/authorization/roles"
TAG: Final = "Roles"
_READ: Final = Permission(Action.READ, ROLES)
_ID: Final = re.compile(r"[0-9]{1,10}")
_MAX_ID: Final = 2**31 - 1


class RolesHttp:
    """The product's roles are answered alike to all who may read roles, so their answers are encoded once."""

    def __init__(self, roles: RoleTable) -> None:
        self._roles = roles
        self._encoded = {role.id: _encode(role) for role in roles.all() if role.custom is None}

    def routes(self) -> list[Route]:
        read = anywhere(Action.READ, ROLES)
        return [
            Route(
                method="GET",
                path=_PATH,
                operation_id="get_roles_v1",
                access=read,
                handler=self.list,
                tag=TAG,
                summary="List roles, with every kind of thing",
                answers={200: list[RoleV1]},
            ),
            Route(
                method="GET",
                path=_PATH + "/{roleId}",
                operation_id="get_role_v1",
                access=read,
                handler=self.get,
                tag=TAG,
                summary="Get a role, with every kind of thing",
                parameters=(ROLE_ID,),
                answers={200: RoleV1},
            ),
        ]

    async def list(self, request: Request) -> Answer:
        seen = request.visibility(_READ)
        return Answer(200, [self._answer(role) for role in self._roles.all() if role.is_seen_by(seen)])

    async def get(self, request: Request) -> Answer:
        role = self._roles.find(read_role_id(request))
        if role is None or not role.is_seen_by(request.visibility(_READ)):
            raise not_found("Role")
        return Answer(200, self._answer(role))

    def _answer(self, role: Role) -> msgspec.Raw:
        return self._encoded.get(role.id) or _encode(role)


def read_role_id(request: Request) -> int:
    """The id in the path. Raises a bad-input error when it can be none."""
    text = request.path["roleId"]
    if not _ID.fullmatch(text) or int(text) > _MAX_ID:
        raise bad_input("roleId", f"must be a whole number from 0 to {_MAX_ID}.")
    return int(text)


def kubernetes_permissions(role: Role) -> KubernetesPermissions:
    """What was given to be kept, if anything was."""
    if role.custom is None:
        return KubernetesPermissions()
    return msgspec.json.decode(role.custom.kubernetes_permissions, type=KubernetesPermissions)


def role_answer(role: Role) -> RoleV1:
    return RoleV1(
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
        permissions=permissions_in(role.mask),
    )


def _encode(role: Role) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(role_answer(role)))

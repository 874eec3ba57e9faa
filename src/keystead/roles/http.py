"""The API of roles, first version: read only. They are the same for all who may read them, so answers are made once."""

import re
from typing import Any, Final

import msgspec

from keystead.authz.vocabulary import RESOURCE_TYPES, ROLES, Action, words_of
from keystead.kit.errors import bad_input, not_found
from keystead.roles.model import Role, RoleTable
from keystead.web.pipeline import Answer, Request, Route, anywhere

_PATH: Final = "/api/v1/authorization/roles"
# The word and a date for what came with the product: clients compare the word, and want some date.
_CREATOR: Final = "Run:ai"
_SINCE: Final = "2024-01-01T00:00:00.000Z"
_ID: Final = re.compile(r"[0-9]{1,10}")
_MAX_ID: Final = 2**31 - 1


class RolesHttp:
    def __init__(self, roles: RoleTable) -> None:
        answers = {role.id: role_answer(role) for role in roles.all()}
        self._one = {role_id: msgspec.Raw(msgspec.json.encode(answer)) for role_id, answer in answers.items()}
        self._all = msgspec.Raw(msgspec.json.encode(list(answers.values())))

    def routes(self) -> list[Route]:
        """Whoever reads roles in some scope reads them all: they belong to no scope."""
        read = anywhere(Action.READ, ROLES)
        return [
            Route(method="GET", path=_PATH, operation_id="get_roles_v1", access=read, handler=self.list),
            Route(
                method="GET",
                path=_PATH + "/{roleId}",
                operation_id="get_role_v1",
                access=read,
                handler=self.get,
            ),
        ]

    async def list(self, request: Request) -> Answer:
        return Answer(200, self._all)

    async def get(self, request: Request) -> Answer:
        found = self._one.get(_role_id(request.path["roleId"]))
        if found is None:
            raise not_found("Role")
        return Answer(200, found)


def role_answer(role: Role) -> dict[str, Any]:
    """The contract's RoleV1: it names every resource type, also those on which it may nothing."""
    return {
        "id": role.id,
        "name": role.name,
        "description": role.description,
        "createdBy": _CREATOR,
        "createdAt": _SINCE,
        "updatedAt": _SINCE,
        "custom": False,
        "enabled": True,
        "effectiveEnabled": True,
        "permissions": [
            {
                "resourceType": resource.name,
                "displayName": resource.display_name,
                "groupId": resource.group_id,
                "actions": words_of(role.mask, resource),
            }
            for resource in RESOURCE_TYPES
        ],
        "kubernetesPermissions": {},
    }


def _role_id(text: str) -> int:
    if not _ID.fullmatch(text) or int(text) > _MAX_ID:
        raise bad_input("roleId", f"must be a whole number from 0 to {_MAX_ID}.")
    return int(text)

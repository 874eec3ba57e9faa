"""What the API of roles takes and answers."""

from typing import Annotated, Final

import msgspec

from keystead.roles.model import FIELDS, MAX_DESCRIPTION, MAX_NAME
from keystead.web.lists import ListQuery
from keystead.web.operations import Parameter
from keystead.web.wire import (
    ActionWord,
    Moment,
    Permission,
    PermittedActions,
    ResourceTypeName,
    ScopeId,
    ScopeType,
    Uuid,
    told,
)

RoleId = Annotated[int, told(example=5)]
RoleName = Annotated[str, told(example="L1 researcher", minLength=1, maxLength=MAX_NAME)]
RoleDescription = Annotated[str, told(example="Runs workloads in projects", maxLength=MAX_DESCRIPTION)]
CreatedBy = Annotated[str, told("Who made it; the product's name for a role that comes with it.", "Run:ai")]
Effective = Annotated[bool, told("False: rules with this role give nothing.")]

LIST: Final = ListQuery(
    FIELDS, default_limit=50, sort_name="RolesSortFilterFields", searches="names and descriptions"
)
ROLE_ID: Final = Parameter("roleId", Annotated[int, told(minimum=0, example=5)], "The role's id.")
PERMISSION_SET_ID: Final = Parameter("permissionSetId", Uuid, "The permission set's id.")


class KubernetesPermissions(msgspec.Struct, rename="camel", omit_defaults=True):
    """Kept for other products, and given back."""

    predefined_role: str | None = None


class RoleV1(msgspec.Struct, rename="camel"):
    """A role with every kind of thing, also those to which it gives nothing."""

    id: RoleId
    name: RoleName
    description: RoleDescription
    created_by: CreatedBy
    created_at: Moment
    updated_at: Moment
    custom: bool
    enabled: bool
    effective_enabled: Effective
    kubernetes_permissions: KubernetesPermissions
    permissions: list[Permission]
    deleted_at: Annotated[Moment | None, told("Always null: a role that is gone is listed nowhere.")] = None


class RolePermission(msgspec.Struct, rename="camel"):
    resource_type: ResourceTypeName
    actions: Annotated[list[ActionWord], told(example=["create", "read"])]


class PermissionSetReference(msgspec.Struct, rename="camel"):
    id: Uuid
    name: str | None = None


class RoleRequest(msgspec.Struct, rename="camel"):
    """A custom role gives all that its permission sets give, and its `permissions`, which are the older form.

    Without a home, it lives in the highest scope in which you may create roles. It can be given there and below.
    """

    name: RoleName
    description: RoleDescription
    enabled: Annotated[bool | None, told("Absent: true.")] = None
    permission_sets: Annotated[
        list[PermissionSetReference] | None, told(example=[{"id": "9f55255e-11ed-47c7-acef-fc4054768dbc"}])
    ] = None
    permissions: list[RolePermission] | None = None
    kubernetes_permissions: KubernetesPermissions | None = None
    scope_id: ScopeId | None = None
    scope_type: ScopeType | None = None


class Role(msgspec.Struct, rename="camel"):
    """A role, by the kinds of things to which it gives anything."""

    id: RoleId
    name: RoleName
    description: RoleDescription
    created_by: CreatedBy
    created_at: Moment
    updated_at: Moment
    custom: bool
    enabled: bool
    effective_enabled: Effective
    kubernetes_permissions: KubernetesPermissions
    permissions: list[RolePermission]
    permission_sets: Annotated[list[PermissionSetReference], told("What a custom role is made of.")]
    deprecated: Annotated[bool, told(example=False)]
    scope_type: ScopeType
    permitted_actions: PermittedActions
    scope_id: Annotated[ScopeId, told("Where a custom role lives.")] | msgspec.UnsetType = msgspec.UNSET


class RolesPage(msgspec.Struct, rename="camel", omit_defaults=True):
    roles: list[Role]
    next: Annotated[int | None, told("The offset of the next page; absent on the last.")] = None


class PermissionSet(msgspec.Struct, rename="camel"):
    """Permissions that belong together, of which custom roles are made."""

    id: Uuid
    name: Annotated[str, told(example="Service accounts")]
    description: str
    permissions: list[RolePermission]


class PermissionSets(msgspec.Struct, rename="camel"):
    permission_sets: list[PermissionSet]

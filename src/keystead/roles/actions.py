"""What can be done with custom roles. Nobody gives by way of a role what they do not hold (access law 8)."""

import dataclasses
from typing import NamedTuple

from keystead.authz.tree import LEVEL_BY_WORD, Scope
from keystead.authz.vocabulary import ROLES, Action, Permission
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.db.connection import Reader
from keystead.kit.errors import bad_input, conflict, forbidden, not_found
from keystead.kit.ids import canonical_id
from keystead.org_units.homes import choose_home
from keystead.org_units.scopes import scope_path
from keystead.roles import model, store
from keystead.roles.model import CustomPart, Role, RoleTable
from keystead.tenant_settings.store import load_settings
from keystead.tenants.model import CUSTOM_ROLES, features_in

CREATE = Permission(Action.CREATE, ROLES)
READ = Permission(Action.READ, ROLES)
UPDATE = Permission(Action.UPDATE, ROLES)
DELETE = Permission(Action.DELETE, ROLES)


class RoleWish(NamedTuple):
    """A role as somebody wants it. `mask` is what its sets and permissions add up to."""

    name: str
    description: str
    mask: int
    permission_sets: tuple[str, ...] = ()
    kubernetes_permissions: str = "{}"
    enabled: bool = True
    scope_id: str | None = None
    scope_type: str | None = None


class Roles:
    def __init__(self, reader: Reader, changes: ChangeEngine, roles: RoleTable) -> None:
        self._reader = reader
        self._changes = changes
        self._roles = roles

    async def get(self, role_id: int) -> Role:
        """A role as it is now, for whoever just changed it."""
        role = await store.find_role(self._reader, self._roles, role_id)
        if role is None:
            raise not_found("Role")
        return role

    async def create(self, actor: Actor, wish: RoleWish) -> int:
        """Makes a role that nobody has yet; returns its id."""
        name = model.require_name(wish.name)
        description = model.require_description(wish.description)

        async def change(tx: Transaction) -> Outcome[int]:
            await _require_feature(tx)
            home = await choose_home(tx, await tx.grants(), CREATE, wish.scope_id, wish.scope_type)
            if await store.name_is_taken(tx, self._roles, name):
                raise conflict(f"A role named {name} already exists.", field="name")
            custom = CustomPart(home, wish.permission_sets, wish.kubernetes_permissions, "", tx.now, tx.now)
            role = Role(await store.next_id(tx), name, description, wish.mask, wish.enabled, custom)
            await store.add_role(tx, role, home, await actor_pk(tx, actor.subject))
            return Outcome(await _entry(tx, "create", role, home, 201), role.id)

        return await self._changes.apply(actor, change)

    async def replace(self, actor: Actor, role_id: int, wish: RoleWish) -> None:
        """Changes a role for everyone who has it: its editor must hold all of it wherever a rule gives it."""
        name = model.require_name(wish.name)
        description = model.require_description(wish.description)

        async def change(tx: Transaction) -> Outcome[None]:
            role, custom = await self._permitted(tx, role_id, UPDATE)
            await _require_feature(tx)
            if await store.name_is_taken(tx, self._roles, name, but_by=role.id):
                raise conflict(f"A role named {name} already exists.", field="name")
            edited = Role(
                role.id,
                name,
                description,
                wish.mask,
                wish.enabled,
                dataclasses.replace(
                    custom,
                    permission_sets=wish.permission_sets,
                    kubernetes_permissions=wish.kubernetes_permissions,
                ),
            )
            _require_home(custom.home, wish)
            await self._require_all_of_it(tx, edited)
            await store.replace_role(tx, edited)
            return Outcome(await _entry(tx, "update", edited, custom.home, 200), None)

        await self._changes.apply(actor, change)

    async def set_enabled(self, actor: Actor, role_id: int, enabled: bool) -> None:
        async def change(tx: Transaction) -> Outcome[None]:
            role, custom = await self._permitted(tx, role_id, UPDATE)
            if enabled:
                await _require_feature(tx)
            switched = dataclasses.replace(role, enabled=enabled)
            await self._require_all_of_it(tx, switched)
            await store.replace_role(tx, switched)
            return Outcome(await _entry(tx, "update", switched, custom.home, 204), None)

        await self._changes.apply(actor, change)

    async def delete(self, actor: Actor, role_id: int) -> None:
        """Raises a conflict while a rule gives the role."""

        async def change(tx: Transaction) -> Outcome[None]:
            role, custom = await self._permitted(tx, role_id, DELETE)
            if await store.places_given(tx, role.id):
                raise conflict("Access rules give this role: delete them first.")
            await store.end_role(tx, role.id)
            return Outcome(await _entry(tx, "delete", role, custom.home, 204), None)

        await self._changes.apply(actor, change)

    async def _permitted(
        self, tx: Transaction, role_id: int, permission: Permission
    ) -> tuple[Role, CustomPart]:
        """The custom role, for a change that needs `permission` at its home. The product's roles stay as they are."""
        grants = await tx.grants()
        role = await store.find_role(tx, self._roles, role_id)
        if role is None or not role.is_seen_by(grants.visibility(READ)):
            raise not_found("Role")
        if role.custom is None:
            raise forbidden("A predefined role can be neither changed nor deleted.")
        if not grants.allows(permission, role.custom.home.code):
            raise forbidden(f"You may not {permission} here.")
        return role, role.custom

    async def _require_all_of_it(self, tx: Transaction, role: Role) -> None:
        grants = await tx.grants()
        given_at = await store.places_given(tx, role.id) if role.enabled else []
        if any(grants.missing_for(role.mask, code) for code in given_at):
            raise forbidden(
                "This role is given where you do not hold all of its permissions: you may not change it so."
            )


async def _require_feature(tx: Transaction) -> None:
    """Nothing is made wider while custom roles are switched off; disabling and deleting stay possible."""
    if not features_in(await load_settings(tx))[CUSTOM_ROLES]:
        raise forbidden(f"Custom roles are switched off: the tenant's setting {CUSTOM_ROLES} is false.")


def _require_home(home: Scope, wish: RoleWish) -> None:
    """A role stays where it was made: what a request says of its home must be so, or be left out."""
    if wish.scope_id is not None and canonical_id(wish.scope_id) != home.id:
        raise bad_input("scopeId", "cannot be changed: a role stays where it was made.")
    if wish.scope_type is not None and LEVEL_BY_WORD.get(wish.scope_type.lower()) is not home.level:
        raise bad_input("scopeType", "cannot be changed: a role stays where it was made.")


async def _entry(tx: Transaction, action: str, role: Role, home: Scope, status: int) -> Entry:
    touches = Touches(roles=(str(role.id),))
    metadata = {"enabled": str(role.enabled).lower()}
    path = await scope_path(tx, home.code)
    return Entry(action, "role", str(role.id), role.name, home, path, status, touches, metadata)

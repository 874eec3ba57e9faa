"""What can be done with the tree. Nodes are made, renamed and deleted, never moved: codes are for good."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from keystead.authz.policy import Grants
from keystead.authz.tree import MAX_ORDINAL, Level, Scope, ancestors, child_code
from keystead.authz.vocabulary import DEPARTMENT, Action, Permission
from keystead.changes.actors import actor_pk
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.db.connection import Reader, Row
from keystead.kit.errors import bad_input, conflict, forbidden, not_found
from keystead.kit.ids import canonical_id, new_id
from keystead.kit.query import Query
from keystead.org_units import store
from keystead.org_units.model import (
    DEFAULT_DEPARTMENT,
    MAX_CHILDREN,
    DepartmentSettings,
    encode_settings,
    require_name,
)
from keystead.org_units.removal import remove_empty, remove_with_all
from keystead.org_units.scopes import (
    RESOURCE_OF_LEVEL,
    can_read_scope,
    require_readable_scope,
    scope_at,
    scope_path,
)

_READ_DEPARTMENTS = Permission(Action.READ, DEPARTMENT)
_NO_SETTINGS = DepartmentSettings(resources=[])


class NewUnit(NamedTuple):
    """`settings` is the JSON that is kept for other products; `cluster_id` is for what lies in a cluster."""

    name: str
    settings: str
    cluster_id: str = ""
    parent_id: str | None = None


def _as_they_are(settings: str) -> str:
    return settings


class UnitEdit(NamedTuple):
    """`name` None leaves it. `settings` makes of the JSON that is kept the JSON that will be."""

    name: str | None = None
    settings: Callable[[str], str] = _as_they_are


class OrgUnits:
    """A node is returned as a row of its table with `created_by`, and below a cluster with `cluster_id`."""

    def __init__(self, reader: Reader, changes: ChangeEngine) -> None:
        self._reader = reader
        self._changes = changes

    async def list_clusters(self, grants: Grants) -> Sequence[Row]:
        return await store.list_clusters(
            self._reader, grants.visibility(_permission(Action.READ, Level.CLUSTER))
        )

    async def page(
        self, level: Level, grants: Grants, query: Query, limit: int
    ) -> tuple[Sequence[Row], bool]:
        """At most `limit` departments or projects, and whether more follow."""
        return await store.page_of_units(self._reader, level, _view(level, grants), query, limit)

    async def count(self, level: Level, grants: Grants, query: Query) -> int:
        """How many departments or projects pass, over all pages."""
        return await store.count_of_units(self._reader, level, _view(level, grants), query)

    async def get(self, level: Level, grants: Grants, unit_id: str) -> Row:
        """Raises a not-found error for what is unknown and for what is out of sight alike."""
        return await _readable(self._reader, level, grants, unit_id)

    async def projects_in(self, grants: Grants, departments: Sequence[Row]) -> Mapping[str, Sequence[Row]]:
        """The projects of these departments that somebody may read, by the department's id; the first of them."""
        visibility = grants.visibility(_permission(Action.READ, Level.PROJECT))
        ids = [row["id"] for row in departments]
        return await store.projects_in(self._reader, ids, visibility, MAX_CHILDREN)

    async def create(self, actor: Actor, level: Level, wish: NewUnit) -> Row:
        """Makes a node, and for a project without `parent_id` the cluster's default department when it is missing.

        Raises a not-found error that names the field when the place is unknown or out of sight, and a conflict when
        a sibling has the name.
        """
        name = require_name(wish.name)

        async def change(tx: Transaction) -> Outcome[Row]:
            grants = await tx.grants()
            parent, was_made = await _place(tx, grants, level, wish)
            unit = await _add(tx, grants, parent, name, wish.settings)
            touched = (parent.id, unit.id) if was_made else (unit.id,)
            metadata = {"madeDepartment": parent.name, "madeDepartmentId": parent.id} if was_made else {}
            path = await scope_path(tx, unit.code)
            entry = Entry(
                "create", level.word, unit.id, name, unit, path, 201, Touches(scopes=touched), metadata
            )
            return Outcome(entry, await _readable(tx, level, grants, unit.id))

        return await self._changes.apply(actor, change)

    async def update(self, actor: Actor, level: Level, unit_id: str, edit: UnitEdit, status: int) -> Row:
        """Renames, and replaces settings. `status` is that of the answer, for the log.

        Raises a conflict when a sibling has the name.
        """
        name = None if edit.name is None else require_name(edit.name)

        async def change(tx: Transaction) -> Outcome[Row]:
            grants = await tx.grants()
            row = await _readable(tx, level, grants, unit_id)
            unit = Scope(row["id"], level, row["code"], row["name"] if name is None else name)
            _require(grants, Action.UPDATE, level, unit)
            was_renamed = unit.name != row["name"]
            if was_renamed:
                await _require_free_name(
                    tx, await scope_at(tx, ancestors(unit.code)[level - 1]), level, unit.name, but_of=unit.id
                )
            updated_by = await actor_pk(tx, actor.subject)
            await store.replace_unit(tx, unit, edit.settings(row["fields"]), updated_by)
            # A role that is held in memory knows its home by name.
            roles = await store.roles_at_home(tx, unit) if was_renamed else []
            entry = Entry(
                "update",
                level.word,
                unit.id,
                unit.name,
                unit,
                await scope_path(tx, unit.code),
                status,
                Touches(scopes=(unit.id,), roles=tuple(map(str, roles))),
                {"formerName": row["name"]} if was_renamed else {},
            )
            return Outcome(entry, await _readable(tx, level, grants, unit.id))

        return await self._changes.apply(actor, change)

    async def delete(
        self, actor: Actor, level: Level, unit_id: str, status: int, *, cascade: bool = False
    ) -> None:
        """`cascade` takes along what lies in the node. Raises a conflict that says what keeps it from going."""

        async def change(tx: Transaction) -> Outcome[None]:
            grants = await tx.grants()
            row = await _readable(tx, level, grants, unit_id)
            unit = Scope(row["id"], level, row["code"], row["name"])
            _require(grants, Action.DELETE, level, unit)
            path = await scope_path(tx, unit.code)
            remove = remove_with_all if cascade else remove_empty
            touches, metadata = await remove(tx, grants, unit)
            entry = Entry("delete", level.word, unit.id, unit.name, unit, path, status, touches, metadata)
            return Outcome(entry, None)

        await self._changes.apply(actor, change)


def _permission(action: Action, level: Level) -> Permission:
    return Permission(action, RESOURCE_OF_LEVEL[level])


def _view(level: Level, grants: Grants) -> store.View:
    return store.View(
        grants.visibility(_permission(Action.READ, level)), grants.visibility(_READ_DEPARTMENTS)
    )


def _require(grants: Grants, action: Action, level: Level, place: Scope) -> None:
    permission = _permission(action, level)
    if not grants.allows(permission, place.code):
        raise forbidden(f"You may not {permission} in this {place.level.word}.")


async def _readable(reader: Reader, level: Level, grants: Grants, unit_id: str) -> Row:
    departments = grants.visibility(_READ_DEPARTMENTS)
    row = await store.find_unit(reader, level, canonical_id(unit_id), departments)
    if row is None or not grants.allows(_permission(Action.READ, level), row["code"]):
        raise not_found(level.word.capitalize())
    return row


# Where a new node goes


async def _place(tx: Transaction, grants: Grants, level: Level, wish: NewUnit) -> tuple[Scope, bool]:
    """The parent of a new node, and whether it was made for it."""
    if level is Level.CLUSTER:
        return await scope_at(tx, 0), False
    if level is Level.DEPARTMENT:
        return await _named(tx, grants, "clusterId", wish.cluster_id, Level.CLUSTER), False
    if wish.parent_id is None:
        return await _default_department(tx, grants, wish.cluster_id)
    return await _department(tx, grants, wish.parent_id, wish.cluster_id), False


async def _named(tx: Transaction, grants: Grants, field: str, scope_id: str, level: Level) -> Scope:
    scope = await require_readable_scope(tx, grants, field, scope_id)
    if scope.level is not level:
        raise bad_input(field, f"is the id of a {scope.level.word}; it must be that of a {level.word}.")
    return scope


async def _department(tx: Transaction, grants: Grants, department_id: str, cluster_id: str) -> Scope:
    """Who administers one department only cannot read its cluster, but knows its id: the two need only agree."""
    department = await _named(tx, grants, "parentId", department_id, Level.DEPARTMENT)
    cluster = await scope_at(tx, ancestors(department.code)[Level.CLUSTER])
    if canonical_id(cluster_id) != cluster.id:
        await _named(tx, grants, "clusterId", cluster_id, Level.CLUSTER)
        raise bad_input("parentId", "is the id of a department that lies in another cluster than clusterId.")
    return department


async def _default_department(tx: Transaction, grants: Grants, cluster_id: str) -> tuple[Scope, bool]:
    """The cluster's department named `default`, made when it is missing. One that is out of sight looks missing."""
    cluster = await _named(tx, grants, "clusterId", cluster_id, Level.CLUSTER)
    found = await store.find_child(tx, cluster, DEFAULT_DEPARTMENT)
    if found is not None and can_read_scope(grants, found):
        return found, False
    if found is not None or not grants.allows(_permission(Action.CREATE, Level.DEPARTMENT), cluster.code):
        raise forbidden(
            f"You see no department named {DEFAULT_DEPARTMENT} in this cluster and may not make one: name a parentId."
        )
    settings = encode_settings(_NO_SETTINGS, DepartmentSettings)
    return await _add(tx, grants, cluster, DEFAULT_DEPARTMENT, settings), True


async def _add(tx: Transaction, grants: Grants, parent: Scope, name: str, settings: str) -> Scope:
    level = Level(parent.level + 1)
    _require(grants, Action.CREATE, level, parent)
    await _require_free_name(tx, parent, level, name)
    ordinal = await store.last_ordinal(tx, parent) + 1
    if ordinal > MAX_ORDINAL[level]:
        raise conflict(
            f"This {parent.level.word} has had {MAX_ORDINAL[level]} {level.word}s, the most that it can ever have."
        )
    unit = Scope(new_id(), level, child_code(parent, ordinal), name)
    await store.add_unit(tx, unit, parent, ordinal, settings, await actor_pk(tx, tx.actor.subject))
    return unit


async def _require_free_name(
    tx: Transaction, parent: Scope, level: Level, name: str, *, but_of: str | None = None
) -> None:
    """Among siblings, whatever the case. `but_of` is the node that is renamed: it may have its own."""
    found = await store.find_child(tx, parent, name)
    if found is not None and found.id != but_of:
        raise conflict(
            f"A {level.word} of this name already exists in this {parent.level.word}.", field="name"
        )

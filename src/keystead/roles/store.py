"""The role table: custom roles. Those of the product are code."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, func, insert, select, update

from keystead.authz.tree import Level, Scope
from keystead.changes.engine import Transaction
from keystead.changes.feed import Feed
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import actor, org_unit, role, rule
from keystead.kit.text import fold
from keystead.roles.model import (
    FIRST_CUSTOM_ID,
    CustomPart,
    Role,
    RoleTable,
    decode_permissions,
    encode_permissions,
)

_SELECT = (
    select(
        role,
        actor.c.name.label("created_by"),
        org_unit.c.name.label("home_name"),
        org_unit.c.level.label("home_level"),
    )
    .join_from(role, actor, actor.c.pk == role.c.created_by_id)
    .join(org_unit, org_unit.c.id == role.c.home_id)
    .where(role.c.deleted_at.is_(None))
)
_ALL = Prepared(_SELECT.order_by(role.c.id))
_ENDED = Prepared(select(role.c.id, role.c.name).where(role.c.deleted_at.is_not(None)))
_BY_ID = Prepared(_SELECT.where(role.c.id == bindparam("id")))
_BY_NAME = Prepared(
    select(role.c.id).where(role.c.name_folded == bindparam("name_folded"), role.c.deleted_at.is_(None))
)
_LAST_ID = Prepared(select(func.max(role.c.id)))
_ADD = Prepared(insert(role))
_REPLACE = Prepared(
    update(role)
    .where(role.c.id == bindparam("role_id"))
    .values(
        name=bindparam("new_name"),
        name_folded=bindparam("new_name_folded"),
        description=bindparam("new_description"),
        enabled=bindparam("now_enabled"),
        permission_sets=bindparam("new_sets"),
        permissions=bindparam("new_permissions"),
        kubernetes_permissions=bindparam("new_kubernetes"),
        updated_at=bindparam("now"),
    )
)
_END = Prepared(
    update(role)
    .where(role.c.id == bindparam("role_id"))
    .values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
)
_GIVEN_AT = Prepared(
    select(rule.c.scope_code)
    .where(rule.c.role_id == bindparam("role_id"), rule.c.deleted_at.is_(None))
    .distinct()
)


async def load_custom_roles(reader: Reader) -> list[Role]:
    """Those that are there, and what is left of those that are gone."""
    ended = await reader.fetch_all(_ENDED)
    return [
        *(_role(row) for row in await reader.fetch_all(_ALL)),
        *(Role(row["id"], row["name"], "", 0, enabled=False, ended=True) for row in ended),
    ]


async def fresh_roles(reader: Reader, feed: Feed) -> RoleTable:
    """Every role, held in memory and read again when one changes."""
    roles = RoleTable(await load_custom_roles(reader))

    async def reload() -> None:
        roles.replace_custom(await load_custom_roles(reader))

    feed.hold(lambda touches: bool(touches.roles), reload)
    return roles


async def find_role(reader: Reader, roles: RoleTable, role_id: int) -> Role | None:
    """A role as it is now, for a change: custom ones are read anew."""
    found = roles.find_predefined(role_id)
    if found is not None:
        return found
    row = await reader.fetch_one(_BY_ID, {"id": role_id})
    return None if row is None else _role(row)


async def name_is_taken(reader: Reader, roles: RoleTable, name: str, *, but_by: int | None = None) -> bool:
    folded = fold(name)
    if any(known.custom is None and known.name_folded == folded for known in roles.all()):
        return True
    row = await reader.fetch_one(_BY_NAME, {"name_folded": folded})
    return row is not None and row["id"] != but_by


async def next_id(reader: Reader) -> int:
    """Above every id that there ever was: those of deleted roles stay taken."""
    row = await reader.fetch_one(_LAST_ID)
    last = row[0] if row else None
    return max(FIRST_CUSTOM_ID, (last or 0) + 1)


async def places_given(reader: Reader, role_id: int) -> list[int]:
    """The codes of the scopes in which a rule gives the role."""
    return [row["scope_code"] for row in await reader.fetch_all(_GIVEN_AT, {"role_id": role_id})]


async def add_role(tx: Transaction, wanted: Role, home: Scope, created_by_id: int) -> None:
    custom = wanted.custom
    await tx.execute(
        _ADD,
        {
            "id": wanted.id,
            "name": wanted.name,
            "name_folded": wanted.name_folded,
            "description": wanted.description,
            "enabled": wanted.enabled,
            "home_id": home.id,
            "home_code": home.code,
            "permission_sets": _encode(custom.permission_sets if custom else ()),
            "permissions": encode_permissions(wanted.mask),
            "kubernetes_permissions": custom.kubernetes_permissions if custom else "{}",
            "created_by_id": created_by_id,
            "created_at": tx.now,
            "updated_at": tx.now,
            "deleted_at": None,
        },
    )


async def replace_role(tx: Transaction, wanted: Role) -> None:
    custom = wanted.custom
    await tx.execute(
        _REPLACE,
        {
            "role_id": wanted.id,
            "new_name": wanted.name,
            "new_name_folded": wanted.name_folded,
            "new_description": wanted.description,
            "now_enabled": wanted.enabled,
            "new_sets": _encode(custom.permission_sets if custom else ()),
            "new_permissions": encode_permissions(wanted.mask),
            "new_kubernetes": custom.kubernetes_permissions if custom else "{}",
            "now": tx.now,
        },
    )


async def end_role(tx: Transaction, role_id: int) -> None:
    await tx.execute(_END, {"role_id": role_id, "now": tx.now})


def _encode(ids: Sequence[str]) -> str:
    return json.dumps(list(ids), separators=(",", ":"))


def _role(row: Row) -> Role:
    return Role(
        row["id"],
        row["name"],
        row["description"],
        decode_permissions(row["permissions"]),
        bool(row["enabled"]),
        CustomPart(
            Scope(row["home_id"], Level(row["home_level"]), row["home_code"], row["home_name"]),
            tuple(json.loads(row["permission_sets"])),
            row["kubernetes_permissions"],
            row["created_by"],
            row["created_at"],
            row["updated_at"],
        ),
    )

"""What somebody holds, as a person reads it: by role and scope, and by scope alone."""

from typing import Final, NamedTuple

from keystead.authz.policy import Grants
from keystead.authz.tree import Scope, ancestors
from keystead.db.connection import Reader
from keystead.org_units.scopes import scopes_at

ROLES_SHOWN: Final = 50
_TENANT: Final = 0


class HeldRole(NamedTuple):
    role_id: int
    scope: Scope


class HeldPermissions(NamedTuple):
    """`mask` is all that is held at the scope, from above too."""

    scope: Scope
    path: str
    mask: int


class Held(NamedTuple):
    """Each broadest first."""

    tenant: Scope
    roles: list[HeldRole]
    permissions: list[HeldPermissions]


async def held_by(reader: Reader, grants: Grants) -> Held:
    """`roles` are the first few; `permissions` leave out scopes in which no more is held than above them."""
    held = [grant for grant in grants.held if grant.mask]
    codes = sorted({grant.code for grant in held})
    wider = {code: _held_above(grants, code) for code in codes}
    adding = [code for code in codes if grants.mask_at(code) & ~wider[code]]
    known = {
        scope.code: scope
        for scope in await scopes_at(
            reader, {_TENANT, *(above for code in codes for above in ancestors(code))}
        )
    }
    roles = {(grant.role_id, grant.code) for grant in held if grant.code in known}
    broadest = sorted(roles, key=lambda one: (known[one[1]].level, one[1], one[0]))
    permissions = [
        HeldPermissions(known[code], _path(known, code), grants.mask_at(code))
        for code in adding
        if code in known
    ]
    permissions.sort(key=lambda one: (one.scope.level, one.scope.code))
    return Held(
        known[_TENANT], [HeldRole(role, known[code]) for role, code in broadest[:ROLES_SHOWN]], permissions
    )


def _held_above(grants: Grants, code: int) -> int:
    """What is held at a place by rules above it alone."""
    above = ancestors(code)[:-1]
    return grants.mask_at(above[-1]) if above else 0


def _path(known: dict[int, Scope], code: int) -> str:
    return "/".join(known[above].name for above in ancestors(code) if above in known)

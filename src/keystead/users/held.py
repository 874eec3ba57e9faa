"""What somebody holds, as a person reads it: by role and scope, and by scope alone."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from keystead.authz.policy import Grants
from keystead.authz.tree import ROOT, Scope, ancestors, level_of
from keystead.db.connection import Reader
from keystead.org_units.scopes import scopes_at

ROLES_SHOWN: Final = 50
SCOPES_SHOWN: Final = 500


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
    """Of roles and scopes the first few; scopes in which no more is held than above them are left out."""
    roles = sorted({(grant.role_id, grant.code) for grant in grants.held if grant.mask}, key=_broadest_role)
    masks = masks_that_add(grants)
    shown_roles, shown_codes = roles[:ROLES_SHOWN], list(masks)[:SCOPES_SHOWN]
    codes = {ROOT, *(code for _, code in shown_roles), *_with_all_above(shown_codes)}
    known = {scope.code: scope for scope in await scopes_at(reader, codes)}
    return Held(
        known[ROOT],
        [HeldRole(role_id, known[code]) for role_id, code in shown_roles if code in known],
        [
            HeldPermissions(known[code], _path(known, code), masks[code])
            for code in shown_codes
            if code in known
        ],
    )


def masks_that_add(grants: Grants) -> dict[int, int]:
    """By place, broadest first: all that is held there, where that is more than is held above it."""
    own: dict[int, int] = {}
    for grant in grants.held:
        own[grant.code] = own.get(grant.code, 0) | grant.mask
    adding: dict[int, int] = {}
    for code in sorted(own, key=_broadest):
        *above, _ = ancestors(code)
        held_above = 0
        for place in above:
            held_above |= own.get(place, 0)
        if own[code] & ~held_above:
            adding[code] = own[code] | held_above
    return adding


def _broadest(code: int) -> tuple[int, int]:
    return level_of(code), code


def _broadest_role(role: tuple[int, int]) -> tuple[int, int, int]:
    role_id, code = role
    return (*_broadest(code), role_id)


def _with_all_above(codes: Iterable[int]) -> set[int]:
    return {above for code in codes for above in ancestors(code)}


def _path(known: Mapping[int, Scope], code: int) -> str:
    return "/".join(known[above].name for above in ancestors(code) if above in known)

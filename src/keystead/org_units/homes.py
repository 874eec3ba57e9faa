"""Where new things live (access law 5): accounts, people and custom roles have a home in the tree."""

from typing import Final

from keystead.authz.policy import Grants
from keystead.authz.tree import LEVEL_BY_WORD, Scope
from keystead.authz.vocabulary import Permission
from keystead.db.connection import Reader
from keystead.kit.errors import KeysteadError, Kind, bad_input, forbidden
from keystead.org_units.scopes import require_readable_scope, scopes_at

_SCOPES_NAMED: Final = 10


async def choose_home(
    reader: Reader, grants: Grants, create: Permission, scope_id: str | None, scope_type: str | None
) -> Scope:
    """As asked, else the one highest scope in which the maker may create.

    Raises a bad-input error that names the scopes when several are equally high, a not-found error for a scope that
    is unknown or out of sight, and a forbidden error where the maker may not create.
    """
    if scope_id is not None:
        return await _asked(reader, grants, create, scope_id, scope_type)
    if scope_type is not None:
        raise bad_input("scopeId", "is required beside scopeType.")
    possible = await scopes_at(reader, grants.top_codes(create))
    if not possible:
        raise forbidden(f"You may not {create} in any scope.")
    highest = [scope for scope in possible if scope.level == possible[0].level]
    if len(highest) > 1:
        named = ", ".join(
            f"{scope.id} ({scope.level.word} {scope.name})" for scope in highest[:_SCOPES_NAMED]
        )
        more = f" and {len(highest) - _SCOPES_NAMED} more" if len(highest) > _SCOPES_NAMED else ""
        raise KeysteadError(
            Kind.BAD_INPUT,
            f"scopeId: is required, since you may {create} in several scopes: {named}{more}.",
            field="scopeId",
        )
    return highest[0]


async def _asked(
    reader: Reader, grants: Grants, create: Permission, scope_id: str, scope_type: str | None
) -> Scope:
    scope = await require_readable_scope(reader, grants, "scopeId", scope_id)
    if scope_type is not None and LEVEL_BY_WORD.get(scope_type.lower()) is not scope.level:
        raise bad_input("scopeType", f"is {scope.level.word} for this scopeId.")
    if not grants.allows(create, scope.code):
        raise forbidden(f"You may not {create} in this scope.")
    return scope

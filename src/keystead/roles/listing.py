"""The list of roles, filtered and sorted in memory: it is small, and most of it is code."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from keystead.authz.visibility import Visibility
from keystead.kit.query import FieldKind, Filter, Operator, Query, Span, text_matches, texts_of
from keystead.kit.text import fold
from keystead.roles.model import Role, RoleTable

# What recorded answers say of the roles that come with the product; clients compare the word and want some date.
PRODUCT_CREATOR: Final = "Run:ai"
OWN_CREATOR: Final = "Keystead"
PRODUCT_SINCE: Final = 1_704_067_200_000_000  # 2024-01-01T00:00:00Z, in microseconds


def created_by(role: Role) -> str:
    if role.custom:
        return role.custom.created_by
    return OWN_CREATOR if role.is_own else PRODUCT_CREATOR


def created_at(role: Role) -> int:
    return role.custom.created_at if role.custom else PRODUCT_SINCE


def updated_at(role: Role) -> int:
    return role.custom.updated_at if role.custom else PRODUCT_SINCE


def scope_type(role: Role) -> str:
    return role.custom.home.level.word if role.custom else "tenant"


_VALUES: Final[dict[str, Callable[[Role], Any]]] = {
    "name": lambda role: role.name_folded,
    "createdAt": created_at,
    "createdBy": lambda role: fold(created_by(role)),
    "custom": lambda role: role.custom is not None,
    "scopeType": scope_type,
    "enabled": lambda role: role.enabled,
}


def matching_roles(roles: RoleTable, visibility: Visibility, query: Query) -> list[Role]:
    """The roles in sight that pass, in order; paging is the caller's."""
    seen: Iterable[Role] = (role for role in roles.all() if role.is_seen_by(visibility))
    passing = [role for role in seen if all(_passes(role, wanted) for wanted in query.filters)]
    if query.search:
        text = fold(query.search)
        passing = [role for role in passing if text in role.name_folded or text in fold(role.description)]
    value = _VALUES[query.sort.field]
    return sorted(passing, key=lambda role: (value(role), role.id), reverse=query.sort.descending)


def _passes(role: Role, wanted: Filter) -> bool:
    value = _VALUES[wanted.field](role)
    if wanted.kind is FieldKind.TEXT:
        return text_matches(wanted.operator, value, *map(fold, texts_of(wanted)))
    if isinstance(wanted.value, tuple) and not isinstance(wanted.value, Span):
        return (value in wanted.value) is (wanted.operator is Operator.ANY_OF)
    span = wanted.value
    low, high = (span.start, span.end - 1) if isinstance(span, Span) else (span, span)
    match wanted.operator:
        case Operator.AT_LEAST:
            return bool(value >= low)
        case Operator.AT_MOST:
            return bool(value <= high)
        case Operator.DIFFERS:
            return not low <= value <= high
        case _:
            return bool(low <= value <= high)

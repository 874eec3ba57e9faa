"""The end of a node: of an empty one, or with `cascade` of all that lies in it. One change, and nothing is orphaned."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from keystead.authz.policy import Grants
from keystead.authz.tree import Level, Scope
from keystead.authz.vocabulary import (
    ACCESS_RULES,
    DEPARTMENT,
    PROJECT,
    ROLES,
    SERVICE_ACCOUNT,
    USERS,
    Action,
    Permission,
    ResourceType,
)
from keystead.changes.engine import Transaction
from keystead.changes.model import Touches
from keystead.db.connection import Row
from keystead.kit.errors import conflict, forbidden
from keystead.org_units.contents import Content, Ended, content_of, end_all, gives_a_role_elsewhere

MOST_KEYS_NAMED: Final = 1_000
_NAMES_TOLD: Final = 20
_UNSEEN: Final = "what you may not see"


class _Sort(NamedTuple):
    """A sort of things that may lie in a node."""

    words: str
    resource: ResourceType


_PEOPLE: Final = _Sort("people", USERS)
# In the order of `Content`.
_SORTS: Final = (
    _Sort("departments", DEPARTMENT),
    _Sort("projects", PROJECT),
    _Sort("access rules", ACCESS_RULES),
    _Sort("custom roles", ROLES),
    _Sort("service accounts", SERVICE_ACCOUNT),
    _PEOPLE,
)


class Removed(NamedTuple):
    """What the log says of it beside the node."""

    touches: Touches
    metadata: Mapping[str, str]


async def remove_empty(tx: Transaction, grants: Grants, unit: Scope) -> Removed:
    """Raises a conflict that says what is in the node still."""
    there = _there(await content_of(tx, unit))
    if there:
        what = _listed(_told(grants, unit, there))
        raise conflict(f"This {unit.level.word} still has {what} in it: only an empty one can be deleted.")
    return _removed(unit, await end_all(tx, unit))


async def remove_with_all(tx: Transaction, grants: Grants, unit: Scope) -> Removed:
    """Ends what lies in the node too, each sort by the right to delete it there. People are never deleted so.

    Raises a forbidden error that names the rights that are missing, and a conflict where people live.
    """
    there = _there(await content_of(tx, unit))
    _require_rights(grants, unit, [sort for sort in there if sort is not _PEOPLE])
    if _PEOPLE in there:
        what = _listed(_told(grants, unit, [_PEOPLE]))
        raise conflict(
            f"This {unit.level.word} still has {what} in it: people do not go with it, delete them first."
        )
    if await gives_a_role_elsewhere(tx, unit):
        raise conflict(f"Access rules outside this {unit.level.word} give a custom role of it.")
    removed = _removed(unit, await end_all(tx, unit))
    return removed._replace(metadata={"cascade": "true", **removed.metadata})


def _there(content: Content) -> list[_Sort]:
    return [sort for is_there, sort in zip(content, _SORTS, strict=True) if is_there]


def _require_rights(grants: Grants, unit: Scope, there: Sequence[_Sort]) -> None:
    missing = [sort for sort in there if not _may(grants, Action.DELETE, sort, unit)]
    if missing:
        seen = [sort for sort in missing if _may(grants, Action.READ, sort, unit)]
        needed = [str(Permission(Action.DELETE, sort.resource)) for sort in seen]
        if len(seen) < len(missing):
            needed.append(f"delete {_UNSEEN}")
        raise forbidden(
            f"You may not delete all that is in this {unit.level.word}: you may not {_listed(needed)}."
        )


def _told(grants: Grants, unit: Scope, there: Sequence[_Sort]) -> list[str]:
    """Of what is there the sorts that whoever asks may read, and that there is more (access law 7)."""
    seen = [sort.words for sort in there if _may(grants, Action.READ, sort, unit)]
    return seen if len(seen) == len(there) else [*seen, _UNSEEN]


def _may(grants: Grants, action: Action, sort: _Sort, unit: Scope) -> bool:
    return grants.allows(Permission(action, sort.resource), unit.code)


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _removed(unit: Scope, ended: Ended) -> Removed:
    return Removed(_touches(unit, ended), _metadata(unit, ended))


def _touches(unit: Scope, ended: Ended) -> Touches:
    touches = Touches(
        subjects=tuple(sorted(ended.subjects)),
        credentials=tuple(ended.credentials),
        scopes=tuple(row["id"] for row in ended.units),
        roles=tuple(str(row["id"]) for row in ended.roles),
    )
    keys = len(touches.subjects) + len(touches.credentials) + len(touches.scopes) + len(touches.roles)
    return touches if keys <= MOST_KEYS_NAMED else Touches(everything=(unit.id,))


def _metadata(unit: Scope, ended: Ended) -> dict[str, str]:
    levels = [row["level"] for row in ended.units if row["id"] != unit.id]
    numbers = {
        "departments": levels.count(Level.DEPARTMENT),
        "projects": levels.count(Level.PROJECT),
        "accessRules": ended.rules,
        "customRoles": len(ended.roles),
        "serviceAccounts": len(ended.accounts),
    }
    names = {"customRoleNames": _names(ended.roles), "serviceAccountNames": _names(ended.accounts)}
    return {name: str(number) for name, number in numbers.items() if number} | {
        name: text for name, text in names.items() if text
    }


def _names(rows: Sequence[Row]) -> str:
    """The first few: the log must not grow with what was deleted."""
    more = len(rows) - _NAMES_TOLD
    return ", ".join(row["name"] for row in rows[:_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")

"""Looking scopes up: by id, by code, with their paths. Reads only; every feature may ask."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from keystead.authz.policy import Grants
from keystead.authz.tree import Level, Scope, ancestors
from keystead.authz.vocabulary import CLUSTER, DEPARTMENT, PROJECT, TENANT, Action, Permission, ResourceType
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import org_unit
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.ids import canonical_id

RESOURCE_OF_LEVEL: dict[Level, ResourceType] = {
    Level.TENANT: TENANT,
    Level.CLUSTER: CLUSTER,
    Level.DEPARTMENT: DEPARTMENT,
    Level.PROJECT: PROJECT,
}
_COLUMNS = (org_unit.c.id, org_unit.c.level, org_unit.c.code, org_unit.c.name)
_BY_ID = Prepared(select(*_COLUMNS).where(org_unit.c.id == bindparam("id")))
_PATH = Prepared(
    select(org_unit.c.name)
    .where(org_unit.c.code.in_([bindparam(level.word) for level in Level]))
    .order_by(org_unit.c.level)
)
_TENANT = Prepared(
    select(org_unit.c.id, org_unit.c.name, org_unit.c.created_at).where(org_unit.c.code == Level.TENANT)
)
_BY_CODE = Prepared(select(*_COLUMNS).where(org_unit.c.code == bindparam("code")))


def _scope(row: Row) -> Scope:
    return Scope(row["id"], Level(row["level"]), row["code"], row["name"])


async def tenant_row(reader: Reader) -> Row:
    """The tenant's `id`, `name` and `created_at`."""
    row = await reader.fetch_one(_TENANT)
    if row is None:
        raise LookupError("the database has no tenant")
    return row


async def find_scope(reader: Reader, scope_id: str) -> Scope | None:
    row = await reader.fetch_one(_BY_ID, {"id": canonical_id(scope_id)})
    return None if row is None else _scope(row)


async def scope_at(reader: Reader, code: int) -> Scope:
    """The scope of a code that a row carries: nodes with homes or rules cannot be deleted, so it is there."""
    row = await reader.fetch_one(_BY_CODE, {"code": code})
    if row is None:
        raise LookupError(f"no org unit has the code {code}")
    return _scope(row)


async def scopes_at(reader: Reader, codes: Iterable[int]) -> list[Scope]:
    """The scopes of these codes, highest and oldest first; codes that are gone are left out."""
    codes = list(codes)
    if len(codes) == 1:
        row = await reader.fetch_one(_BY_CODE, {"code": codes[0]})
        return [] if row is None else [_scope(row)]
    found = await reader.fetch_all(
        select(*_COLUMNS).where(org_unit.c.code.in_(codes)).order_by(org_unit.c.level, org_unit.c.code)
    )
    return [_scope(row) for row in found]


async def scope_path(reader: Reader, code: int) -> str:
    """Names from the tenant down, `/` between, as the contract's `scopePath`."""
    codes = ancestors(code)
    # Padded with the place itself: one statement, made once, for every depth.
    padded = {level.word: codes[min(level, len(codes) - 1)] for level in Level}
    return "/".join(row["name"] for row in await reader.fetch_all(_PATH, padded))


def can_read_scope(grants: Grants, scope: Scope) -> bool:
    """Whether a subject may know of a place: it reads places of that level there."""
    return grants.allows(Permission(Action.READ, RESOURCE_OF_LEVEL[scope.level]), scope.code)


def permitted_on(grants: Grants, level: Level, code: int) -> list[str]:
    """What a subject may do with a place, in words; `create`: make another directly below it.

    The tenant itself is neither renamed nor deleted.
    """
    own = Action.UPDATE | Action.DELETE if level is not Level.TENANT else Action(0)
    words = grants.words_at(code, RESOURCE_OF_LEVEL[level], own)
    if level is Level.PROJECT:
        return words
    return grants.words_at(code, RESOURCE_OF_LEVEL[Level(level + 1)], Action.CREATE) + words


async def require_readable_scope(reader: Reader, grants: Grants, field: str, scope_id: str) -> Scope:
    """A scope that a request names. What the caller cannot read counts as unknown (access law 6).

    Raises a `Kind.NOT_FOUND` error that names `field`.
    """
    scope = await find_scope(reader, scope_id)
    if scope is None or not can_read_scope(grants, scope):
        raise unseen_scope(field)
    return scope


def unseen_scope(field: str) -> KeysteadError:
    """A request's `field` names a scope that there is not, or that the caller may not know of."""
    return KeysteadError(Kind.NOT_FOUND, f"{field}: no scope that you can see has this id.", field=field)

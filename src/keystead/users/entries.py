"""What the audit log says of people and their sessions."""

from collections.abc import Mapping

from keystead.changes.engine import Transaction
from keystead.changes.model import Entry, Touches
from keystead.db.connection import Row
from keystead.org_units.scopes import scope_at, scope_path


async def session_entry(
    tx: Transaction,
    person: Row,
    action: str,
    session_id: str,
    status: int,
    metadata: Mapping[str, str] | None = None,
) -> Entry:
    scope = await scope_at(tx, person["home_code"])
    path = await scope_path(tx, scope.code)
    touches = Touches(credentials=(session_id,))
    return Entry(action, "session", session_id, person["email"], scope, path, status, touches, metadata or {})


async def person_entry(
    tx: Transaction,
    person: Row,
    action: str,
    status: int,
    touches: Touches,
    metadata: Mapping[str, str] | None = None,
) -> Entry:
    scope = await scope_at(tx, person["home_code"])
    path = await scope_path(tx, scope.code)
    return Entry(action, "user", person["id"], person["email"], scope, path, status, touches, metadata or {})

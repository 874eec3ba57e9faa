"""What storage tests stand on: a tenant, an administrator, a clock that stands still, and the smallest change."""

from collections.abc import Awaitable, Callable

from sqlalchemy import insert

from keystead.authz.policy import NOTHING_HELD, Grants
from keystead.authz.tree import Level, Scope
from keystead.changes.engine import Outcome, Transaction
from keystead.changes.model import Actor, Entry, Origin, Subject, Touches
from keystead.db.connection import Connection
from keystead.db.schema import actor as actor_table
from keystead.db.schema import org_unit

TENANT = Scope("1", Level.TENANT, 0, "Tenant")
ADMINISTRATOR = Actor(
    Subject("user", "11111111-1111-4111-8111-111111111111", "admin@example.com"),
    Origin("192.0.2.7", "POST", "/api/v1/things", "request-1"),
)


class ManualClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = 1_700_000_000_000_000

    def now(self) -> int:
        return self.time


async def add_tenant(connection: Connection) -> None:
    await connection.execute(
        insert(org_unit).values(
            id=TENANT.id,
            level=TENANT.level,
            code=TENANT.code,
            name=TENANT.name,
            name_folded=TENANT.name.casefold(),
            last_ordinal=0,
            created_at=0,
            updated_at=0,
            created_by_id=0,
            fields="{}",
        )
    )


async def holds_nothing(connection: Connection, actor: Actor, now: int) -> Grants:
    """Enough for the engine, which demands that authority is read, not what it says."""
    return NOTHING_HELD


def entry_about(name: str) -> Entry:
    touches = Touches(subjects=(name,))
    return Entry("create", "note", name, name, TENANT, TENANT.name, 201, touches, {"kind": "note"})


async def write_note(transaction: Transaction, name: str) -> int:
    row = {"subject_id": name, "name": name, "name_folded": name}
    return await transaction.insert(insert(actor_table).values(row))


def note(name: str) -> Callable[[Transaction], Awaitable[Outcome[int]]]:
    """A change that writes one row named so; its result is the row's key."""

    async def change(transaction: Transaction) -> Outcome[int]:
        await transaction.grants()
        return Outcome(entry_about(name), await write_note(transaction, name))

    return change

"""Commands that work on the database itself. SQLite's file is theirs alone while they do: no server may run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from keystead.access_rules.index import CurrentAuthority
from keystead.changes.engine import ChangeEngine, current_version
from keystead.changes.feed import Feed
from keystead.cli.databases import prepared
from keystead.cli.errors import CannotStartError
from keystead.db.connection import Database
from keystead.kit.clock import SystemClock
from keystead.org_units.scopes import find_scope
from keystead.roles.model import RoleTable
from keystead.settings import Settings


@asynccontextmanager
async def existing_database(settings: Settings) -> AsyncIterator[tuple[Database, ChangeEngine]]:
    """The database and the way to change it. Raises CannotStartError where no Keystead was started yet."""
    nothing = CannotStartError(
        "There is nothing there yet: `keystead serve` makes the database and its first administrator."
    )
    if settings.is_on_sqlite and not settings.database_path.exists():
        raise nothing
    async with prepared(settings) as database:
        if await find_scope(database, str(settings.tenant_id)) is None:
            raise nothing
        feed = Feed(await current_version(database))
        # Whoever holds the database acts as Keystead itself: nobody's authority is asked for.
        yield database, ChangeEngine(database, feed, SystemClock(), CurrentAuthority(RoleTable()))

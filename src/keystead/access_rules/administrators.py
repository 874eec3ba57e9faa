"""The tenant keeps an administrator (access law 11)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from keystead.access_rules.store import has_administrator
from keystead.changes.engine import Transaction
from keystead.kit.errors import conflict


@asynccontextmanager
async def keeping_an_administrator(tx: Transaction) -> AsyncIterator[None]:
    """Around what may take the role from somebody: raises a conflict, and undoes the change, when nobody is left."""
    had_one = await has_administrator(tx)
    yield
    if had_one and not await has_administrator(tx):
        raise conflict(
            "This would leave the tenant without a system administrator: give the role to another first."
        )

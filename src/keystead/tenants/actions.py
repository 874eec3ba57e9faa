"""Switching the tenant's features."""

from typing import Final

from keystead.authz.vocabulary import SETTINGS, Action, Permission
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.kit.errors import conflict, forbidden
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tenant_settings.store import load_settings, put_setting
from keystead.tenants.model import MAX_FEATURES, features_in

READ: Final = Permission(Action.READ, SETTINGS)
UPDATE: Final = Permission(Action.UPDATE, SETTINGS)
_TENANT: Final = 0


class Features:
    def __init__(self, changes: ChangeEngine) -> None:
        self._changes = changes

    async def set(self, actor: Actor, key: str, value: bool) -> None:
        """`key` has passed the model. Raises a forbidden error, and a conflict when there are too many."""

        async def change(tx: Transaction) -> Outcome[None]:
            if not (await tx.grants()).allows(UPDATE, _TENANT):
                raise forbidden(f"You may not {UPDATE} of the whole tenant.")
            known = features_in(await load_settings(tx))
            if key not in known and len(known) >= MAX_FEATURES:
                raise conflict(f"The tenant has {MAX_FEATURES} features, the most there can be.")
            await put_setting(tx, key, {"value": value})
            scope, path = await scope_at(tx, _TENANT), await scope_path(tx, _TENANT)
            told = {"value": str(value).lower()}
            entry = Entry("update", "setting", key, key, scope, path, 200, Touches(settings=(key,)), told)
            return Outcome(entry, None)

        await self._changes.apply(actor, change)

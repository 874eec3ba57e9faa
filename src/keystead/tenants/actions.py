"""Switching the tenant's features."""

from typing import Final

from keystead.authz.policy import require_in_tenant
from keystead.authz.tree import ROOT
from keystead.authz.vocabulary import SETTINGS, Action, Permission
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.kit.errors import conflict
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tenant_settings.store import load_settings, put_setting
from keystead.tenants.model import MAX_FEATURES, features_in

UPDATE: Final = Permission(Action.UPDATE, SETTINGS)


class Features:
    def __init__(self, changes: ChangeEngine) -> None:
        self._changes = changes

    async def set(self, actor: Actor, key: str, value: bool) -> None:
        """`key` has passed the model. Raises a forbidden error, and a conflict when there are too many."""

        async def change(tx: Transaction) -> Outcome[None]:
            require_in_tenant(await tx.grants(), UPDATE)
            known = features_in(await load_settings(tx))
            if key not in known and len(known) >= MAX_FEATURES:
                raise conflict(f"The tenant has {MAX_FEATURES} features, the most there can be.")
            await put_setting(tx, key, {"value": value})
            scope, path = await scope_at(tx, ROOT), await scope_path(tx, ROOT)
            told = {"value": str(value).lower()}
            entry = Entry("update", "setting", key, key, scope, path, 200, Touches(settings=(key,)), told)
            return Outcome(entry, None)

        await self._changes.apply(actor, change)

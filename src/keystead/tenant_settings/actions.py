"""What an administrator does with the tenant's settings. Each change is audited, and holds in every process at once."""

from collections.abc import Mapping
from typing import Any, Final

from keystead.authz.policy import require_in_tenant
from keystead.authz.tree import ROOT
from keystead.authz.vocabulary import SECURITY_SETTINGS, Action, Permission
from keystead.changes.engine import ChangeEngine, Outcome, Transaction
from keystead.changes.model import Actor, Entry, Touches
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tenant_settings.model import SECOND_FACTOR
from keystead.tenant_settings.store import put_setting

UPDATE: Final = Permission(Action.UPDATE, SECURITY_SETTINGS)
_LONGEST_TOLD: Final = 200


class TenantSettings:
    def __init__(self, changes: ChangeEngine) -> None:
        self._changes = changes

    async def set(self, actor: Actor, key: str, value: Mapping[str, Any]) -> None:
        """`key` and `value` have passed the model. Raises a forbidden error."""

        async def change(tx: Transaction) -> Outcome[None]:
            require_in_tenant(await tx.grants(), UPDATE)
            await put_setting(tx, key, value)
            scope, path = await scope_at(tx, ROOT), await scope_path(tx, ROOT)
            told = {name: _told(part) for name, part in value.items()}
            entry = Entry("update", "setting", key, key, scope, path, 200, Touches(settings=(key,)), told)
            return Outcome(entry, None)

        await self._changes.apply(actor, change)

    async def require_second_factor(self, actor: Actor, *, required: bool) -> None:
        """Whether everybody must have one: who has none may do nothing but enrol, from the answer on."""
        await self.set(actor, SECOND_FACTOR, {"required": required})


def _told(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return text[:_LONGEST_TOLD]

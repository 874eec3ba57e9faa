"""The table of the tenant's settings, small enough to be read whole."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from keystead.changes.engine import Transaction
from keystead.changes.feed import Feed
from keystead.db.connection import Prepared, Reader
from keystead.db.schema import tenant_setting
from keystead.tenant_settings.model import CurrentSettings

_ALL = Prepared(select(tenant_setting.c.key, tenant_setting.c.value))
_put = upsert(tenant_setting).values(
    key=bindparam("key"), value=bindparam("value"), updated_at=bindparam("updated_at")
)
_PUT = Prepared(
    _put.on_conflict_do_update(
        index_elements=["key"], set_={"value": _put.excluded.value, "updated_at": _put.excluded.updated_at}
    )
)


async def load_settings(reader: Reader) -> dict[str, dict[str, Any]]:
    """What was set, by key."""
    return {row["key"]: json.loads(row["value"]) for row in await reader.fetch_all(_ALL)}


async def fresh_settings(reader: Reader, feed: Feed) -> CurrentSettings:
    """The tenant's settings, held in memory and read again when one changes."""
    current = CurrentSettings(await load_settings(reader))

    async def reload() -> None:
        current.replace(await load_settings(reader))

    feed.hold(lambda touches: bool(touches.settings), reload)
    return current


async def put_setting(tx: Transaction, key: str, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    await tx.execute(_PUT, {"key": key, "value": text, "updated_at": tx.now})

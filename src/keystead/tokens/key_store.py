"""The table of signing keys, and what the audit log says of them."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from keystead.changes.engine import Transaction
from keystead.changes.feed import Feed
from keystead.changes.model import Entry, Touches
from keystead.db.connection import Prepared, Reader, Row
from keystead.db.schema import signing_key
from keystead.kit.errors import KeysteadError, Kind
from keystead.org_units.scopes import scope_at, scope_path
from keystead.tokens import key_life
from keystead.tokens.key_life import KeyLife
from keystead.tokens.master_key import MasterKey, WrongMasterKeyError
from keystead.tokens.signing_keys import SigningKey, SigningKeys

# In this order keys follow one another, in every process alike.
_ALL = Prepared(select(signing_key).order_by(signing_key.c.signs_from, signing_key.c.kid))
_ADD = Prepared(insert(signing_key))
_DELETE = Prepared(delete(signing_key).where(signing_key.c.kid == bindparam("of_kid")))
_SET_FIRST_USE = Prepared(
    update(signing_key).where(signing_key.c.kid == bindparam("of_kid")).values(signs_from=bindparam("moment"))
)
_SEAL = Prepared(
    update(signing_key)
    .where(signing_key.c.kid == bindparam("of_kid"))
    .values(private_sealed=bindparam("sealed"))
)


async def load_signing_keys(reader: Reader, master: MasterKey) -> tuple[list[SigningKey], list[KeyLife]]:
    """Every key, by ascending first use. Raises WrongMasterKeyError."""
    rows = await reader.fetch_all(_ALL)
    return [SigningKey.opened(row["private_sealed"], row["kid"], row["alg"], master) for row in rows], _lives(
        rows
    )


def keep_fresh(keys: SigningKeys, reader: Reader, feed: Feed, master: MasterKey) -> None:
    """Keys that are held in memory are read again when one changes."""

    async def reload() -> None:
        try:
            keys.replace(*await load_signing_keys(reader, master))
        except WrongMasterKeyError:
            raise other_master_key() from None

    feed.hold(lambda touches: bool(touches.signing_keys), reload)


async def load_lives(reader: Reader) -> list[KeyLife]:
    """The dates of every key, by ascending first use."""
    return _lives(await reader.fetch_all(_ALL))


async def add_key(tx: Transaction, master: MasterKey, key: SigningKey, signs_from: int) -> str:
    """Writes a key that was made before, sealed; returns its `kid`.

    Raises a `Kind.UNAVAILABLE` error where the others are sealed under another master key: keys under two of them would
    open with neither, and the next start would fail.
    """
    await require_current(tx, master)
    await tx.execute(
        _ADD,
        {
            "kid": key.kid,
            "alg": key.alg,
            "public_jwk": json.dumps(key.public_jwk, sort_keys=True),
            "private_sealed": key.sealed(master),
            "created_at": tx.now,
            "signs_from": signs_from,
        },
    )
    return key.kid


async def require_current(reader: Reader, master: MasterKey) -> None:
    """Raises a `Kind.UNAVAILABLE` error where what is in the database is sealed under another master key."""
    for row in (await reader.fetch_all(_ALL))[-1:]:
        try:
            master.open(row["private_sealed"], row["kid"])
        except WrongMasterKeyError:
            raise other_master_key() from None


async def delete_key(tx: Transaction, kid: str) -> bool:
    """Whether it was there."""
    return await tx.execute(_DELETE, {"of_kid": kid}) > 0


async def set_first_use(tx: Transaction, kid: str, signs_from: int) -> None:
    await tx.execute(_SET_FIRST_USE, {"of_kid": kid, "moment": signs_from})


async def seal_again(tx: Transaction, old: MasterKey, new: MasterKey) -> int:
    """Seals every private key under another master key; returns how many. Raises WrongMasterKeyError."""
    rows = await tx.fetch_all(_ALL)
    for row in rows:
        key = SigningKey.opened(row["private_sealed"], row["kid"], row["alg"], old)
        await tx.execute(_SEAL, {"of_kid": key.kid, "sealed": key.sealed(new)})
    return len(rows)


def other_master_key() -> KeysteadError:
    return KeysteadError(
        Kind.UNAVAILABLE,
        "The master key was exchanged: this process has the old one. Start it again with the new one.",
    )


async def key_entry(
    tx: Transaction,
    action: str,
    kid: str,
    alg: str,
    status: int,
    touched: Sequence[str],
    metadata: Mapping[str, str] | None = None,
) -> Entry:
    scope, path = await scope_at(tx, 0), await scope_path(tx, 0)
    touches = Touches(signing_keys=tuple(touched))
    return Entry(action, "signing-key", kid, alg, scope, path, status, touches, metadata or {})


def _lives(rows: Sequence[Row]) -> list[KeyLife]:
    lives = key_life.lives([(row["kid"], row["created_at"], row["signs_from"]) for row in rows])
    return [life._replace(alg=row["alg"]) for life, row in zip(lives, rows, strict=True)]

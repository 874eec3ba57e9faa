"""A database with many accounts, each of which can sign in: what the demo makes, and copies of it in SQL.

    python -m bench.organisation DIR [--accounts 1000000]

Copied are accounts with their secrets and rules, last logins and uses, sign-ins, and audit entries, whose chain of
hashes does not verify then. The secret of an account follows from its name, so that any of them can be asked for.
"""

import argparse
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from keystead.kit.secret import CLIENT_SECRET_PREFIX, RANDOM_BITS, RANDOM_LENGTH, Secret, base62, seal, tail
from tests.serving import ADMIN_PASSWORD

DATABASE: Final = "keystead.db"
_MADE: Final = 1_000

# What the k-th copy has of its own. Only the first part of an id is replaced, by the copy's number: ids stay unique,
# and what names one still does.
_ID: Final = "printf('%08x', k) || substr({0}, 9)"
_NAME: Final = "{0} || '_' || k"
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "account": {
        "pk": "pk + k * :accounts",
        "id": _ID.format("id"),
        "name": _NAME.format("name"),
        "created_at": "created_at + k",
        "updated_at": "updated_at + k",
    },
    "last_login": {
        "account_pk": "account_pk + k * :accounts",
        "name": _NAME.format("name"),
        "at": "at + k",
        "credential_id": _ID.format("credential_id"),
    },
    "credential": {
        "id": _ID.format("id"),
        "subject_id": _ID.format("subject_id"),
        "client_id": _NAME.format("client_id"),
        "digest": f"digest_of({_NAME.format('client_id')})",
    },
    "credential_use": {"credential_id": _ID.format("credential_id")},
    "rule": {
        "pk": "pk + k * :rules",
        "subject_id": _ID.format("subject_id"),
        "subject_name": _NAME.format("subject_name"),
        "subject_name_folded": _NAME.format("subject_name_folded"),
        "account_pk": "account_pk + k * :accounts",
    },
    "change_entry": {
        "version": "version + k * :entries",
        "id": _ID.format("id"),
        "at": "at + k",
        "entity_id": f"CASE entity_type WHEN 'service-account' THEN {_ID.format('entity_id')} ELSE entity_id END",
    },
    "sign_in": {
        "pk": "pk + k * :sign_ins",
        "at": "at + k",
        "subject_id": _ID.format("subject_id"),
        "subject_name": _NAME.format("subject_name"),
    },
}
_OF_ACCOUNTS: Final = {
    "credential": "subject_type = 'service-account'",
    "rule": "account_pk IS NOT NULL",
    "change_entry": "entity_type IN ('service-account', 'access-rule')",
    "sign_in": "subject_type = 'service-account'",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.organisation", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--accounts", type=int, default=1_000_000, help="rounded to thousands (1,000,000)")
    options = parser.parse_args()
    make(options.directory, options.accounts)


def make(data_dir: Path, accounts: int) -> None:
    """Makes the database unless it is there already."""
    if (data_dir / DATABASE).exists():
        return
    half_made = data_dir.with_name(f"{data_dir.name}.part")
    half_made.mkdir(parents=True)
    settings = {"KEYSTEAD_DATA_DIR": str(half_made), "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    command = [sys.executable, "-m", "keystead.cli.main", "demo", "--offline", "--accounts", str(_MADE)]
    subprocess.run(command, env={**os.environ, **settings}, check=True, stdout=subprocess.DEVNULL)
    with closing(sqlite3.connect(half_made / DATABASE)) as database:
        for pragma in ("synchronous=OFF", "cache_size=-2000000", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        database.create_function("digest_of", 1, lambda name: secret_of(name).digest(), deterministic=True)
        with database, _without_indexes(database):
            _copy(database, round(accounts / _MADE) - 1)
        database.execute("ANALYZE")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    half_made.rename(data_dir)


def secret_of(name: str) -> Secret:
    """The secret of a copied account."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()) % 2**RANDOM_BITS
    return seal(CLIENT_SECRET_PREFIX + base62(number, RANDOM_LENGTH))


def grant_form(name: str) -> dict[str, str]:
    """What an account sends for a token."""
    return {
        "grant_type": "client_credentials",
        "client_id": name,
        "client_secret": secret_of(name).reveal(),
    }


def names(data_dir: Path, number: int) -> list[str]:
    """So many accounts that can sign in, from all over the database, or all that there are."""
    uri = f"{(data_dir / DATABASE).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        (last,) = database.execute("SELECT max(pk) FROM account").fetchone()
        step = max(1, last // number)
        found = database.execute(
            "SELECT name FROM account WHERE pk % :step = :step - 1 AND enabled", {"step": step}
        )
        return [row[0] for row in found][:number]


@contextmanager
def _without_indexes(database: sqlite3.Connection) -> Iterator[None]:
    """Indexes are made of all rows at the end, which is quicker by far. Those that hold UNIQUE stay."""
    made = database.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN {tuple(_OWN)}"
    ).fetchall()
    for name, _ in made:
        database.execute(f"DROP INDEX {name}")
    yield
    for _, sql in made:
        database.execute(sql)


def _copy(database: sqlite3.Connection, times: int) -> None:
    numbers = {"times": times} | {
        name: database.execute(f"SELECT max({key}) FROM {table}").fetchone()[0]
        for name, key, table in (
            ("accounts", "pk", "account"),
            ("rules", "pk", "rule"),
            ("entries", "version", "change_entry"),
            ("sign_ins", "pk", "sign_in"),
        )
    }
    for row in database.execute(
        "SELECT id, client_id FROM credential WHERE subject_type = 'service-account'"
    ).fetchall():
        secret = secret_of(row[1])
        database.execute(
            "UPDATE credential SET digest = ?, tail = ? WHERE id = ?", (secret.digest(), tail(secret), row[0])
        )
    for table, own in _OWN.items():
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(own.get(column, column) for column in columns)
        database.execute(
            "WITH RECURSIVE copies (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < :times) "
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM copies CROSS JOIN {table} WHERE {_OF_ACCOUNTS.get(table, '1')}",
            numbers,
        )
    database.execute("UPDATE change_head SET version = (SELECT max(version) FROM change_entry)")


if __name__ == "__main__":
    main()

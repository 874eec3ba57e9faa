"""Many accounts in little time: the demo makes some, and copies of them make the rest, in SQL."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.serving import ADMIN_PASSWORD

_MADE: Final = 2_000
_PATIENCE_SECONDS: Final = 120

# What a copy has of its own, by table and column; `k` numbers the copies, `last` is the newest creation. Ids stay
# unique and rules still name their account, because only the first part of an id is replaced, by the copy's number.
_ID: Final = "printf('%08x', k) || substr({0}, 9)"
_NAME: Final = "{0} || '_' || k"
_OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "account": {
        "pk": "pk + k * :accounts",
        "id": _ID.format("id"),
        "name": _NAME.format("name"),
        "created_at": ":last + k * :accounts + pk",
        "updated_at": ":last + k * :accounts + pk",
    },
    "last_login": {"account_pk": "account_pk + k * :accounts", "name": _NAME.format("name")},
    "rule": {
        "pk": "pk + k * :rules",
        "subject_id": _ID.format("subject_id"),
        "subject_name": _NAME.format("subject_name"),
        "subject_name_folded": _NAME.format("subject_name_folded"),
        "account_pk": "account_pk + k * :accounts",
    },
}
_OF_ACCOUNTS: Final = {"account": "1", "last_login": "1", "rule": "account_pk IS NOT NULL"}


def demo(data_dir: Path, accounts: int) -> None:
    """Makes a database with the demo's organisation, a past and all."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("KEYSTEAD_")}
    ours = {"KEYSTEAD_DATA_DIR": str(data_dir), "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    done = subprocess.run(
        [sys.executable, "-m", "keystead.cli.main", "demo", "--offline", "--accounts", str(accounts)],
        env=inherited | ours,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def fill(data_dir: Path, accounts: int) -> None:
    """Makes a database with so many accounts, rounded up to a multiple of what the demo makes."""
    demo(data_dir, _MADE)
    with closing(sqlite3.connect(data_dir / "keystead.db")) as database, database:
        _copy(database, -(-accounts // _MADE) - 1)


def _copy(database: sqlite3.Connection, times: int) -> None:
    (last, made), (rules,) = (
        database.execute(f"SELECT {what} FROM {table}").fetchone()
        for what, table in (("max(created_at), max(pk)", "account"), ("max(pk)", "rule"))
    )
    numbers = {"last": last, "accounts": made, "rules": rules, "times": times}
    for table, own in _OWN.items():
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(own.get(column, column) for column in columns)
        database.execute(
            "WITH RECURSIVE copies (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < :times) "
            f"INSERT INTO {table} ({', '.join(columns)}) "
            f"SELECT {values} FROM copies CROSS JOIN {table} WHERE {_OF_ACCOUNTS[table]}",
            numbers,
        )
    database.execute("ANALYZE")

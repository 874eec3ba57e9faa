"""A large database for `bench.lists`: what the demo makes, copied in SQL, on SQLite and from there on PostgreSQL.

    python -m bench.lists_data DIR [--accounts 100000] [--entries 0] [--postgres postgresql://…]

Copies are what lists read: accounts, rules, last logins, sign-ins, audit entries. Their chain of hashes does not
verify, and nobody can sign in as a copy. Ids stay unique, keys ascend with creation. Accounts then get homes below the
tenant, 400 creators, of whom few made most, and half of them one more rule: three each, nearly.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Boolean, Table

from keystead.db.migrate import upgrade, upgrade_postgres
from keystead.db.postgres import connect
from keystead.db.schema import metadata
from keystead.kit.secret import Secret
from tests.serving import ADMIN_PASSWORD

DATABASE: Final = "keystead.db"
_MARK: Final = "grown.json"
_MOST_BY_DEMO: Final = 100_000
_CREATORS: Final = 400
_ROWS_A_COPY: Final = 20_000

# What each row becomes in its k-th copy (k = 0 … :times - 1); only the first part of an id is replaced, so that rules
# still name their account. Names differ in what they end with, as they do when programs make them.
_ID: Final = "CASE k WHEN 0 THEN {0} ELSE printf('%08x', k) || substr({0}, 9) END"
_NAME: Final = "CASE k WHEN 0 THEN {0} ELSE {0} || printf('-%d', k) END"
_GROWN: Final[Mapping[str, Mapping[str, str]]] = {
    "account": {
        "pk": "pk * :times + k",
        "id": _ID.format("id"),
        "name": _NAME.format("name"),
        "created_at": "created_at + k",
        "updated_at": "updated_at + k * 60000000",
    },
    "last_login": {
        "account_pk": "account_pk * :times + k",
        "name": _NAME.format("name"),
        "at": "at - k * 3600000000",
    },
    "rule": {
        "pk": "pk * :times + k",
        "subject_id": _ID.format("subject_id"),
        "subject_name": _NAME.format("subject_name"),
        "subject_name_folded": _NAME.format("subject_name_folded"),
        "account_pk": "account_pk * :times + k",
        "created_at": "created_at + k",
    },
    "change_entry": {"version": "version * :times + k", "id": _ID.format("id"), "at": "at + k"},
    "sign_in": {"pk": "pk * :times + k", "at": "at + k"},
}
_LISTS: Final = ("account", "last_login", "rule")
_LOG: Final = ("change_entry", "sign_in")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.lists_data", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("directory", type=Path)
    parser.add_argument("--accounts", type=int, default=100_000, help="how many accounts (100,000)")
    parser.add_argument("--entries", type=int, default=0, help="how many entries of the audit log, about")
    parser.add_argument("--postgres", metavar="DSN", help="an empty database that gets the same rows")
    options = parser.parse_args()
    path = make(options.directory, options.accounts, options.entries)
    if options.postgres:
        asyncio.run(to_postgres(path, options.postgres))


def make(data_dir: Path, accounts: int, entries: int = 0) -> Path:
    """The path of a database in `data_dir` that has so many accounts: made, unless it is there.

    Where a demo's database is there that nothing was copied in, it is grown."""
    path = data_dir / DATABASE
    if (data_dir / _MARK).exists():
        upgrade(path)
        return path
    if not path.exists():
        _demo(data_dir, min(accounts, _MOST_BY_DEMO))
    upgrade(path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-1000000")
        database.execute("PRAGMA temp_store=MEMORY")
        (made,) = database.execute("SELECT count(*) FROM account").fetchone()
        (logged,) = database.execute(
            "SELECT (SELECT count(*) FROM change_entry) + (SELECT count(*) FROM sign_in)"
        ).fetchone()
        with database, _without_indexes(database):
            for table in _LISTS:
                _grow(database, table, round(accounts / made))
            for table in _LOG:
                _grow(database, table, max(1, round(entries / logged)))
            _add_homes(database)
            _add_creators(database)
            _add_rules(database)
            database.execute("UPDATE change_head SET version = (SELECT max(version) FROM change_entry)")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (data_dir / _MARK).write_text(json.dumps({"accounts": accounts, "entries": entries}))
    return path


def _demo(data_dir: Path, accounts: int) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    settings = {"KEYSTEAD_DATA_DIR": str(data_dir), "KEYSTEAD_ADMIN_PASSWORD": ADMIN_PASSWORD}
    command = [sys.executable, "-m", "keystead.cli.main", "demo", "--offline", "--accounts", str(accounts)]
    subprocess.run(command, env={**os.environ, **settings}, check=True)


@contextmanager
def _without_indexes(database: sqlite3.Connection) -> Iterator[None]:
    """Indexes are made of all rows at the end, which is quicker by far. Those that hold UNIQUE stay."""
    made = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'"
        f" AND tbl_name IN {(*_LISTS, *_LOG)}"
    ).fetchall()
    for name, _ in made:
        database.execute(f"DROP INDEX {name}")
    yield
    for _, sql in made:
        database.execute(sql)


def _grow(database: sqlite3.Connection, table: str, times: int) -> None:
    if times <= 1:
        return
    begun = time.monotonic()
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(f"{_GROWN[table].get(column, column)} AS {column}" for column in columns)
    database.execute(f"CREATE TEMP TABLE grown AS SELECT * FROM {table}")
    database.execute(f"DELETE FROM {table}")
    database.execute(
        "WITH RECURSIVE copies (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM copies WHERE k < :times - 1) "
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM grown CROSS JOIN copies",
        {"times": times},
    )
    database.execute("DROP TABLE grown")
    print(f"{table}: {times} times, {time.monotonic() - begun:.0f} s", flush=True)


def _add_homes(database: sqlite3.Connection) -> None:
    """Three accounts of four live where their first rule is."""
    database.execute(
        "CREATE TEMP TABLE home AS SELECT account_pk AS pk, scope_id AS id, scope_code AS code, min(rule.pk)"
        " FROM rule WHERE account_pk % 4 > 0 GROUP BY account_pk"
    )
    database.execute("CREATE UNIQUE INDEX temp.home_pk ON home (pk)")
    for table, key, columns in (
        ("account", "pk", "home_id = home.id, home_code = home.code"),
        ("last_login", "account_pk", "home_code = home.code"),
    ):
        database.execute(f"UPDATE {table} SET {columns} FROM home WHERE home.pk = {table}.{key}")


def _add_creators(database: sqlite3.Connection) -> None:
    (before,) = database.execute("SELECT max(pk) FROM actor").fetchone()
    names = [
        f"{first}.{number}@example.com" for number in range(100) for first in ("ana", "ben", "eva", "tom")
    ]
    database.executemany(
        "INSERT INTO actor (pk, subject_id, name, name_folded) VALUES (?, ?, ?, ?)",
        [
            (before + 1 + place, f"made-up-{place}", name, name)
            for place, name in enumerate(names[:_CREATORS])
        ],
    )
    # A third by the administrator; of the rest, one in n by the n-th creator, about.
    spread = f"{before} + 1 + CAST({_CREATORS} * u * u * u AS INTEGER)"
    for table, key in (("account", "pk"), ("rule", "pk")):
        database.execute(
            f"UPDATE {table} SET created_by_id = {spread.replace('u', f'({key} * 7919 % 10007 / 10007.0)')}"
            f" WHERE {key} % 3 > 0"
        )
    database.execute(
        "UPDATE last_login SET created_by_id = (SELECT created_by_id FROM account WHERE pk = account_pk)"
    )


def _add_rules(database: sqlite3.Connection) -> None:
    """One more for every second account: of its first rule's role, in the place behind that rule's."""
    (last,) = database.execute("SELECT max(pk) FROM rule").fetchone()
    columns = [row[1] for row in database.execute("PRAGMA table_info(rule)")]
    own = {"pk": f"{last} + row_number() OVER ()", "scope_id": "place.id", "scope_code": "place.code"}
    values = ", ".join(own.get(column, f"rule.{column}") for column in columns)
    database.execute(
        f"INSERT OR IGNORE INTO rule ({', '.join(columns)}) SELECT {values} FROM rule JOIN org_unit AS place"
        " ON place.code = rule.scope_code + 1 AND place.level = 3 WHERE rule.pk IN"
        " (SELECT min(pk) FROM rule WHERE account_pk % 2 = 0 GROUP BY account_pk)"
    )
    database.execute(
        "UPDATE account SET rule_count = rule_count + 1 WHERE pk IN (SELECT account_pk FROM rule WHERE pk > ?)",
        (last,),
    )


async def to_postgres(path: Path, dsn: str) -> None:
    """Copies all tables into an empty PostgreSQL database."""
    raw = await connect(Secret(dsn), seconds_of_silence=None)
    await upgrade_postgres(raw)
    # Commits that are not waited for, of rows that are made again when the server falls.
    await raw.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
    made = await raw.fetch(
        "SELECT indexname, indexdef FROM pg_indexes JOIN pg_class ON relname = indexname JOIN pg_index ON "
        "indexrelid = pg_class.oid WHERE schemaname = current_schema() AND NOT indisunique"
    )
    for index in made:
        await raw.execute(f"DROP INDEX {index['indexname']}")
    with closing(sqlite3.connect(path)) as database:
        for table in metadata.sorted_tables:
            await _copy(raw, database, table)
    for index in made:
        await raw.execute(index["indexdef"])
    await raw.execute("VACUUM ANALYZE")
    await raw.close()


async def _copy(raw: Any, database: sqlite3.Connection, table: Table) -> None:
    begun, names = time.monotonic(), [column.name for column in table.columns]
    truths = [place for place, column in enumerate(table.columns) if isinstance(column.type, Boolean)]
    await raw.execute(f"TRUNCATE {table.name}")
    cursor = database.execute(f"SELECT {', '.join(names)} FROM {table.name}")
    while rows := cursor.fetchmany(_ROWS_A_COPY):
        records: Sequence[Sequence[Any]] = rows
        if truths:
            records = [
                [bool(cell) if place in truths else cell for place, cell in enumerate(row)] for row in rows
            ]
        await raw.copy_records_to_table(table.name, columns=names, records=records)
    for name in names:
        sequence = await raw.fetchval("SELECT pg_get_serial_sequence($1, $2)", table.name, name)
        if sequence:
            await raw.execute(f"SELECT setval('{sequence}', (SELECT max({name}) FROM {table.name}))")
    print(f"{table.name}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()

"""Migrations add up to the schema, run whole or not at all, and refuse what is not theirs with a sentence."""

import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from keystead.changes import chain
from keystead.db import migrate
from keystead.db.migrate import MigrationError
from keystead.db.schema import metadata

SQLITE = SQLiteDialect_pysqlite()


def read(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def objects(path: Path) -> dict[str, str]:
    """Every table and index by its name, as SQLite keeps its definition."""
    found = read(
        path, "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    )
    return {str(name): one_line(str(sql)) for name, sql in found}


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def declared() -> dict[str, str]:
    """The same of the schema. SQLite has NULLs first when ascending, and refuses the words in an index."""
    found: dict[str, str] = {}
    for table in metadata.tables.values():
        found[table.name] = one_line(str(CreateTable(table).compile(dialect=SQLITE)))
        for index in table.indexes:
            text = one_line(str(CreateIndex(index).compile(dialect=SQLITE)))
            found[str(index.name)] = text.replace(" ASC NULLS FIRST", "")
    return found


def test_the_migrated_database_is_the_schema(migrated: Path) -> None:
    assert objects(migrated) == declared()


def test_alembic_finds_no_difference_to_the_schema(migrated: Path) -> None:
    engine = create_engine(f"sqlite:///{migrated}", poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_program_knows_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate._SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [migrate.HEAD]


def test_the_first_migration_begins_the_chain(migrated: Path) -> None:
    assert read(migrated, "SELECT id, version, hash, at FROM change_head") == [(1, 0, chain.GENESIS, 0)]
    assert read(migrated, "PRAGMA application_id") == [(migrate.APPLICATION_ID,)]
    assert read(migrated, "PRAGMA integrity_check") == [("ok",)]


def test_a_database_holds_secrets_and_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keystead.db"
    migrate.upgrade(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["plain.db", "50%25 ä?#'.db"])
def test_a_path_and_a_url_name_the_same_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    migrate.upgrade(f"sqlite:///{path}")
    before = path.read_bytes()
    migrate.upgrade(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == [name]


def test_an_up_to_date_database_is_opened_without_alembic(migrated: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from keystead.db.migrate import upgrade; "
        "upgrade(Path(sys.argv[1])); sys.exit(any(name.partition('.')[0] == 'alembic' for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program, str(migrated)], check=True, timeout=60)


NEXT = "9999"
BROKEN_STEP = f"""
import sqlalchemy as sa
from alembic import op
revision = "{NEXT}"
down_revision = "{migrate.HEAD}"
def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer()))
    raise RuntimeError("half-way")
"""


@pytest.mark.parametrize("fresh", [True, False])
def test_a_migration_that_stops_half_way_leaves_nothing(
    fresh: bool, database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate._SCRIPTS, scripts)
    (scripts / "versions" / "9999_half.py").write_text(BROKEN_STEP)
    known = migrate.HEAD
    monkeypatch.setattr(migrate, "_SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "HEAD", NEXT)
    path = tmp_path / "fresh.db" if fresh else database_path
    before = objects(path)
    with pytest.raises(RuntimeError, match="half-way"):
        migrate.upgrade(path)
    assert objects(path) == before
    assert fresh or read(path, "SELECT version_num FROM alembic_version") == [(known,)]


def test_an_older_database_is_upgraded(
    database_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate._SCRIPTS, scripts)
    whole = BROKEN_STEP.replace('    raise RuntimeError("half-way")\n', "")
    (scripts / "versions" / "9999_whole.py").write_text(whole)
    monkeypatch.setattr(migrate, "_SCRIPTS", scripts)
    monkeypatch.setattr(migrate, "HEAD", NEXT)
    migrate.upgrade(database_path)
    assert "half" in objects(database_path)
    assert read(database_path, "SELECT version_num FROM alembic_version") == [(NEXT,)]


def test_a_database_of_a_newer_version_is_refused(database_path: Path) -> None:
    run(database_path, "UPDATE alembic_version SET version_num = '0999'")
    before = database_path.read_bytes()
    with pytest.raises(
        MigrationError, match=r"keystead\.db was written by a newer version .* schema is 0999"
    ):
        migrate.upgrade(database_path)
    assert database_path.read_bytes() == before


OTHERS = {
    "of another program": ["CREATE TABLE recipes (name TEXT)"],
    "of another program that uses Alembic": [
        "CREATE TABLE alembic_version (version_num TEXT)",
        "INSERT INTO alembic_version VALUES ('0001')",
    ],
    "of another program with a mark of its own": ["CREATE TABLE t (i)", "PRAGMA application_id = 7"],
    "marked as ours, and empty of ours": [
        "CREATE TABLE t (i)",
        f"PRAGMA application_id = {migrate.APPLICATION_ID}",
    ],
    "that says nothing about its version": [
        "CREATE TABLE alembic_version (version_num TEXT)",
        f"PRAGMA application_id = {migrate.APPLICATION_ID}",
    ],
}


@pytest.mark.parametrize("statements", OTHERS.values(), ids=OTHERS)
def test_a_database_that_is_not_keysteads_is_refused_and_left_alone(
    tmp_path: Path, statements: list[str]
) -> None:
    path = tmp_path / "other.db"
    run(path, *statements)
    before = path.read_bytes()
    with pytest.raises(MigrationError, match=r"other\.db is not a Keystead database"):
        migrate.upgrade(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)
    before = path.read_bytes()
    with pytest.raises(MigrationError, match=r"letter\.txt is not a Keystead database"):
        migrate.upgrade(path)
    assert path.read_bytes() == before


def test_what_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"keystead\.db cannot be opened: No such file or directory\."):
        migrate.upgrade(tmp_path / "missing" / "keystead.db")
    with pytest.raises(MigrationError, match=r"cannot be used: unable to open database file\."):
        migrate.upgrade(tmp_path)
    with pytest.raises(MigrationError, match="must be sqlite:///"):
        migrate.upgrade("postgresql://localhost/keystead")

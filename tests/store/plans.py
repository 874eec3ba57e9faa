"""How SQLite would run a statement: plans do not depend on the day or on the machine."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Dialect
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from keystead.db.connection import NO_PARAMETERS, Parameters, Statement, render

_DIALECT: Dialect = SQLiteDialect_pysqlite()


def plan_on_sqlite(database: Path, statement: Statement, parameters: Parameters = NO_PARAMETERS) -> list[str]:
    text, values = render(statement, _DIALECT, parameters)
    with closing(sqlite3.connect(database)) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]

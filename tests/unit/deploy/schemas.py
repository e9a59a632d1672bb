"""A database's schema as a set of lines, so that two can be compared and what differs be read."""

import re
from collections.abc import Iterator
from typing import Any

from common import db

HISTORY = "schema_migration"
POSTGRES_COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = current_schema()"""
POSTGRES_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = current_schema()::regnamespace"""
POSTGRES_INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"


def described() -> set[str]:
    """Every column (type, nullability, default), index, unique key and check of the database in use."""
    with db.connection():
        rows = _sqlite() if db.is_sqlite() else _postgres()
        return {line for table, line in rows if table != HISTORY}


def _rows(sql: str) -> list[Any]:
    return list(db.handle.execute_sql(sql).fetchall())


def _sqlite() -> Iterator[tuple[str, str]]:
    for kind, name, table, sql in _rows("SELECT type, name, tbl_name, sql FROM sqlite_master"):
        if kind == "table":
            for _, column, *rest in _rows(f"PRAGMA table_info('{name}')"):
                yield table, f"{table}.{column}: {rest}"
            for check in re.findall(r"CHECK \((?:[^()]|\([^()]*\))*\)", sql):
                yield table, f"{table}: {check}"
            if "AUTOINCREMENT" in sql:
                yield table, f"{table}: autoincrement"
        else:
            columns = [row[2] for row in _rows(f"PRAGMA index_info('{name}')")]
            yield table, f"{table}: index {name} on {columns}: {sql}"


def _postgres() -> Iterator[tuple[str, str]]:
    for table, column, *rest in _rows(POSTGRES_COLUMNS):
        yield table, f"{table}.{column}: {rest}"
    for table, name, definition in _rows(POSTGRES_CONSTRAINTS) + _rows(POSTGRES_INDEXES):
        yield table, f"{table}: {name}: {definition}"

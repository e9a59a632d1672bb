"""Whether a company was told of an invoice that was set aside."""

from typing import Any

from peewee import SqliteDatabase

WHEN = "pre"  # the default lets the old code go on inserting


def up(_migrator: Any, database: Any) -> None:
    truth = "INTEGER" if isinstance(database, SqliteDatabase) else "BOOLEAN"  # SQLite knows no truth
    database.execute_sql(f"ALTER TABLE set_aside ADD COLUMN told {truth} NOT NULL DEFAULT false")

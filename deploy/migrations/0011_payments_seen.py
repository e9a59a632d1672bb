"""How many of the invoices that a fetch saw were paid, and whether that says that payments are marked at all."""

from typing import Any

from peewee import SqliteDatabase

WHEN = "pre"  # the defaults let the old code go on inserting


def up(_migrator: Any, database: Any) -> None:
    truth = "INTEGER" if isinstance(database, SqliteDatabase) else "BOOLEAN"  # SQLite knows no truth
    for column in ("paid INTEGER NOT NULL DEFAULT 0", f"marks_paid {truth} NOT NULL DEFAULT true"):
        database.execute_sql(f"ALTER TABLE fetch_run ADD COLUMN {column}")

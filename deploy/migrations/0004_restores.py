"""That the database came from a backup, and when a person last spoke of a letter."""

from typing import Any

from peewee import PostgresqlDatabase

WHEN = "pre"


def up(_migrator: Any, database: Any) -> None:
    key = "SERIAL" if isinstance(database, PostgresqlDatabase) else "INTEGER"
    database.execute_sql(
        f'CREATE TABLE "restore" ("id" {key} NOT NULL PRIMARY KEY, "since" TIMESTAMPTZ NOT NULL, '
        '"until" TIMESTAMPTZ NOT NULL)'
    )
    database.execute_sql('ALTER TABLE "letter" ADD COLUMN "decided_at" TIMESTAMPTZ')

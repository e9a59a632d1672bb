"""One lease for all the rows that a relay publishes together, instead of one in each row."""

from typing import Any

WHEN = "pre"


def up(_migrator: Any, database: Any) -> None:
    database.execute_sql(
        'CREATE TABLE "relay_lease" ("id" VARCHAR(36) NOT NULL PRIMARY KEY, "owner" TEXT NOT NULL, '
        '"until" TIMESTAMPTZ NOT NULL, "rows" TEXT NOT NULL)'
    )
    database.execute_sql('ALTER TABLE "outbox" ADD COLUMN "retry_at" TIMESTAMPTZ')

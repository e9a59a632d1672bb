"""Who asked for a fetch."""

from typing import Any

WHEN = "pre"  # the default lets the old code go on inserting


def up(_migrator: Any, database: Any) -> None:
    database.execute_sql('ALTER TABLE "fetch" ADD COLUMN "by" TEXT NOT NULL DEFAULT \'\'')

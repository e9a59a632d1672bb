"""Which decision on a held letter was heard last, and what came of it."""

from typing import Any

WHEN = "pre"  # the defaults let the old code go on inserting
COLUMNS = ('"decision_no" INTEGER NOT NULL DEFAULT 0', "\"outcome\" TEXT NOT NULL DEFAULT ''")


def up(_migrator: Any, database: Any) -> None:
    for column in COLUMNS:
        database.execute_sql(f'ALTER TABLE "letter" ADD COLUMN {column}')

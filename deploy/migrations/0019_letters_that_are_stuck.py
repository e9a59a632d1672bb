"""Operators see letters that were held or refused, over all companies: few among hundreds of thousands."""

from typing import Any

WHEN = "pre"  # an index more


def up(_migrator: Any, database: Any) -> None:
    database.execute_sql(
        'CREATE INDEX "letter_stuck" ON "letter" ("state", "planned_at") '
        "WHERE state IN ('held', 'failed', 'bounced')"
    )

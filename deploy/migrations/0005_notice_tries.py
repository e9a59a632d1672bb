"""How often a company has been asked again at an address that refuses its mail."""

from typing import Any

WHEN = "pre"  # the default lets the old code go on inserting


def up(_migrator: Any, database: Any) -> None:
    database.execute_sql("ALTER TABLE notice ADD COLUMN tries INTEGER NOT NULL DEFAULT 0")

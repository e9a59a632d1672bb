"""Which CVR number Ordrestyring names for a key, and when a key is tried again."""

from typing import Any

WHEN = "pre"  # the defaults let the old code go on inserting


def up(_migrator: Any, database: Any) -> None:
    for column in ("cvr VARCHAR(8) NOT NULL DEFAULT ''", "try_at TIMESTAMPTZ"):
        database.execute_sql(f"ALTER TABLE key_trial ADD COLUMN {column}")

"""What a person decided about a failed message, when, and how often the message has failed."""

from typing import Any

WHEN = "pre"  # the defaults let the old code go on inserting


def up(_migrator: Any, database: Any) -> None:
    for column in (
        "times INTEGER NOT NULL DEFAULT 1",
        "decided_at TIMESTAMPTZ",
        "reason TEXT NOT NULL DEFAULT ''",
    ):
        database.execute_sql(f"ALTER TABLE failed_message ADD COLUMN {column}")
    database.execute_sql('CREATE INDEX "failed_message_queue_event_id" ON "failed_message" ("queue", "event_id")')

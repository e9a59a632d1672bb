"""When a procedure started, by what, was handed on and ended; and what the figures of a company read.

Of procedures older than this it is known by what they started. The days stay open: they count in the figures of all
time alone. Each statement by itself: with the new columns in one transaction nobody could even read the procedures
until all of them were written. What was broken off is gone on with.
"""

from typing import Any

WHEN = "pre"  # the defaults let the old code go on inserting
atomic = False
COLUMNS = ("started_on DATE", "started_by VARCHAR(10) NOT NULL DEFAULT ''", "escalated_on DATE", "ended_on DATE")
BY_ANSWER = (
    "UPDATE procedure SET started_by = 'answer' WHERE EXISTS (SELECT 1 FROM answer WHERE answer.choice = 'start' "
    "AND answer.procedure_id = procedure.id AND answer.answer_no <= procedure.answer_no)"
)
BY_SILENCE = (
    "UPDATE procedure SET started_by = 'silence' WHERE started_by = '' AND (looked_at IS NOT NULL "
    "OR stage IN ('running', 'checking', 'paused', 'collecting_fees', 'escalated'))"
)


def up(_migrator: Any, database: Any) -> None:
    there = {column.name for column in database.get_columns("procedure")}
    for column in COLUMNS:
        name, kind = column.split(" ", 1)
        if name not in there:
            database.execute_sql(f'ALTER TABLE "procedure" ADD COLUMN "{name}" {kind}')
    database.execute_sql(BY_ANSWER)
    database.execute_sql(BY_SILENCE)

"""Operators see letters that were held or refused, over all companies: few among hundreds of thousands. Built while
letters are written, so outside a transaction; what was broken off is done anew.
"""

from typing import Any

from peewee import PostgresqlDatabase

WHEN = "pre"  # an index more
atomic = False


def up(_migrator: Any, database: Any) -> None:
    index = "INDEX CONCURRENTLY" if isinstance(database, PostgresqlDatabase) else "INDEX"
    database.execute_sql(f'DROP {index} IF EXISTS "letter_stuck"')
    database.execute_sql(
        f'CREATE {index} "letter_stuck" ON "letter" ("state", "planned_at") '
        "WHERE state IN ('held', 'failed', 'bounced')"
    )

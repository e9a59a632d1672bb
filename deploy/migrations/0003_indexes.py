"""What the sweep looks for (events by when they were published, letters that still have their text), and who is due.

Built while writers go on, so outside a transaction; one that was broken off is dropped and built anew.
"""

from typing import Any

from peewee import PostgresqlDatabase

WHEN = "pre"
atomic = False

INDEXES = {
    "outbox_published": '"outbox" ("published_at") WHERE published_at IS NOT NULL',
    "letter_full": '"letter" ("to_debtor", "planned_at") WHERE length(content) > 0',
    "company_fetched": '"company" ("fetch_at", "cvr") WHERE api_key IS NOT NULL',
    "fetch_of_day": '"fetch" ("business_date", "occasion", "company")',
}


def up(_migrator: Any, database: Any) -> None:
    index = "INDEX CONCURRENTLY" if isinstance(database, PostgresqlDatabase) else "INDEX"
    for name, what in INDEXES.items():
        database.execute_sql(f'DROP {index} IF EXISTS "{name}"')
        database.execute_sql(f'CREATE {index} "{name}" ON {what}')

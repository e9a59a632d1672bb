"""What the tasks and the numbers of a company are found by. Built while writers go on, so outside a transaction; what
was broken off is done anew.
"""

from typing import Any

from peewee import PostgresqlDatabase

WHEN = "pre"
atomic = False
INDEXES = {
    "letter_to_company": '"letter" ("company", "planned_at") WHERE NOT to_debtor',
    "procedure_unreachable": '"procedure" ("company") WHERE unreachable_step > step',
    "ledger_line_payments": '"ledger_line" ("company", "procedure_id", "value_on", "booked_on", "amount") '
    "WHERE account = 'principal' AND against = 'received'",
    "ledger_line_beside": '"ledger_line" ("company", "account", "kind", "against", "booked_on", "amount") '
    "WHERE account <> 'principal' OR against = 'lost'",
}


def up(_migrator: Any, database: Any) -> None:
    index = "INDEX CONCURRENTLY" if isinstance(database, PostgresqlDatabase) else "INDEX"
    for name, what in INDEXES.items():
        database.execute_sql(f'DROP {index} IF EXISTS "{name}"')
        database.execute_sql(f'CREATE {index} "{name}" ON {what}')

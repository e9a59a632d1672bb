"""What a company wrote off, found among its invoices. Built while writers go on, so outside a transaction; what was
broken off is done anew.
"""

from typing import Any

from peewee import PostgresqlDatabase

WHEN = "pre"
atomic = False


def up(_migrator: Any, database: Any) -> None:
    index = "INDEX CONCURRENTLY" if isinstance(database, PostgresqlDatabase) else "INDEX"
    database.execute_sql(f'DROP {index} IF EXISTS "procedure_waived"')
    columns = '"procedure" ("company", "invoice_number", "round")'
    database.execute_sql(f"CREATE {index} \"procedure_waived\" ON {columns} WHERE reason = 'waived'")

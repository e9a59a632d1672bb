"""What the lists of invoices are read by: the due date and the debtor's name in columns of their own, and indexes.

Older code goes on inserting; what it writes the next fetch files. Filled some rows at a time, under the company's lock,
which whoever writes its invoices takes first; built while writers go on, so outside a transaction. What was broken off
is gone on with, or done anew.
"""

import json
from typing import Any

from peewee import PostgresqlDatabase

from common import names

WHEN = "pre"
atomic = False
BATCH = 1000  # rows a statement
COLUMNS = {"due_on": "DATE", "debtor_key": "TEXT NOT NULL DEFAULT ''"}
TAB = "(CASE stage WHEN 'checking' THEN 'running' WHEN 'cancelled' THEN 'settled' ELSE stage END)"
OWED = "outstanding > 0"
CHARGE = "account IN ('fee', 'interest', 'compensation')"
INDEXES = {
    "known_invoice_owed": f'"known_invoice" ("company", "due_on", "number", "outstanding") WHERE {OWED}',
    "known_invoice_owed_number": f'"known_invoice" ("company", length(number), "number") WHERE {OWED}',
    "known_invoice_unasked": '"known_invoice" ("company", "due_on", "number", "outstanding") '
    f"WHERE NOT asked AND {OWED}",
    "known_invoice_outstanding": '"known_invoice" ("company", "outstanding", "number")',
    "known_invoice_debtor": '"known_invoice" ("company", "debtor_key", "number", "customer_number", "due_on", '
    '"outstanding")',
    "procedure_tab": f'"procedure" ("company", {TAB}, "due_on", "invoice_number", "stage", "amount", "paid", '
    '"notified_on")',
    "procedure_tab_number": f'"procedure" ("company", {TAB}, length(invoice_number), "invoice_number")',
    "ledger_line_charges": f'"ledger_line" ("company", "amount") WHERE {CHARGE}',
}
NEXT = "SELECT number, state FROM known_invoice WHERE company = {0} AND due_on IS NULL AND number > {0} {1}"
FILL = """UPDATE known_invoice SET due_on = given.due_on, debtor_key = given.debtor_key
    FROM json_to_recordset(%s::json) AS given(number text, due_on date, debtor_key text)
    WHERE known_invoice.company = %s AND known_invoice.number = given.number"""
FILL_SQLITE = """UPDATE known_invoice SET due_on = given.value ->> 'due_on', debtor_key = given.value ->> 'debtor_key'
    FROM json_each(?) AS given WHERE known_invoice.company = ? AND known_invoice.number = given.value ->> 'number'"""


def up(_migrator: Any, database: Any) -> None:
    is_postgres = isinstance(database, PostgresqlDatabase)
    there = {column.name for column in database.get_columns("known_invoice")}
    for name, kind in COLUMNS.items():
        if name not in there:
            database.execute_sql(f'ALTER TABLE "known_invoice" ADD COLUMN "{name}" {kind}')
    for (cvr,) in database.execute_sql("SELECT cvr FROM company").fetchall():
        place: str | None = ""
        while place is not None:
            with database.atomic():
                place = _fill(database, cvr, place, is_postgres=is_postgres)
    index = "INDEX CONCURRENTLY" if is_postgres else "INDEX"
    for name, what in INDEXES.items():
        database.execute_sql(f'DROP {index} IF EXISTS "{name}"')
        database.execute_sql(f'CREATE {index} "{name}" ON {what}')


def _fill(database: Any, cvr: str, place: str, *, is_postgres: bool) -> str | None:
    """Some invoices of the company, beyond that number; returns where to go on, None at the end."""
    lock = " FOR UPDATE" if is_postgres else ""
    database.execute_sql(f"SELECT cvr FROM company WHERE cvr = {database.param}{lock}", (cvr,))  # noqa: S608
    order = f"ORDER BY number LIMIT {BATCH}"
    rows = database.execute_sql(NEXT.format(database.param, order), (cvr, place)).fetchall()
    if not rows:
        return None
    filed = json.dumps([_filed(*row) for row in rows])
    database.execute_sql(FILL if is_postgres else FILL_SQLITE, (filed, cvr))
    return str(rows[-1][0])


def _filed(number: str, state: str) -> dict[str, str]:
    known = json.loads(state)
    return {"number": number, "due_on": known["due_on"], "debtor_key": names.key(known["debtor"]["name"])}

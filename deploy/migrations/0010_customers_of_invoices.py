"""The customer numbers of invoices that were saved before there was a column for them: from their state.

A company at a time, under its lock, which whoever writes its invoices takes first; what was broken off is gone on with.
"""

from typing import Any

from peewee import SqliteDatabase

WHEN = "post"  # the old code writes invoices without their customer
atomic = False


def up(_migrator: Any, database: Any) -> None:
    is_sqlite = isinstance(database, SqliteDatabase)
    lock = "" if is_sqlite else " FOR UPDATE"
    customer = "state ->> '$.debtor.customer_number'" if is_sqlite else "state::json #>> '{debtor,customer_number}'"
    mine = f"company = {database.param} AND customer_number = ''"
    fill = f"UPDATE known_invoice SET customer_number = {customer} WHERE {mine} AND {customer} <> ''"  # noqa: S608
    for (cvr,) in database.execute_sql("SELECT cvr FROM company").fetchall():
        with database.atomic():
            database.execute_sql(f"SELECT cvr FROM company WHERE cvr = {database.param}{lock}", (cvr,))  # noqa: S608
            database.execute_sql(fill, (cvr,))

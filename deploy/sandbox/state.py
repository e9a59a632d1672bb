"""The stand-in ERP's state: one SQLite file, which outlives a restart."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import msgspec

from deploy.sandbox.fields import DEBTORS, INVOICES, Model
from deploy.sandbox.query import Query
from deploy.sandbox.serving import open_database
from deploy.sandbox.wire import Company

SCHEMA = f"""
CREATE TABLE IF NOT EXISTS company (key TEXT PRIMARY KEY, name TEXT, cvr TEXT, keyset INTEGER, pagesize_cap INTEGER,
    revoked INTEGER NOT NULL DEFAULT 0);
{INVOICES.schema}; {DEBTORS.schema};
CREATE UNIQUE INDEX IF NOT EXISTS invoice_by_number ON invoice (key, invoice_number);
CREATE INDEX IF NOT EXISTS invoice_by_number_alone ON invoice (invoice_number);
CREATE INDEX IF NOT EXISTS invoice_by_due_date ON invoice (key, payment_date);
CREATE INDEX IF NOT EXISTS invoice_by_customer ON invoice (key, customer_number);
CREATE INDEX IF NOT EXISTS invoice_by_update ON invoice (key, updated_at);
CREATE UNIQUE INDEX IF NOT EXISTS debtor_by_number ON debtor (key, customer_number);
CREATE INDEX IF NOT EXISTS debtor_by_name ON debtor (key, customer_name);
"""


class Missing(Exception):
    """What was asked for is not there."""

    def __init__(self) -> None:
        super().__init__("This item does not exists")  # Ordrestyring's own words


class Refused(Exception):
    """The control door can't do what it was asked."""


class State:
    """Reads and raw writes; `invoices.py` knows what an invoice and a payment are."""

    def __init__(self, path: Path | str) -> None:
        self._lock = RLock()
        self._database = open_database(path, SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; one at a time."""
        with self._lock, self._database:
            yield self._database

    def close(self) -> None:
        self._database.close()

    def save_company(self, company: Company) -> None:
        """Adds a company, or changes the one with this key; its key works (again)."""
        values = msgspec.to_builtins(company)
        with self.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO company (key, name, cvr, keyset, pagesize_cap)"
                " VALUES (:key, :name, :cvr, :keyset, :pagesize_cap)",
                values,
            )

    def revoke(self, key: str) -> None:
        """The key stops working. Raises Missing."""
        with self.transaction() as database:
            if not database.execute("UPDATE company SET revoked = 1 WHERE key = ?", [key]).rowcount:
                raise Missing

    def company(self, key: str) -> Company | None:
        """The company that this key opens."""
        rows = self._select(
            "SELECT key, name, cvr, keyset, pagesize_cap FROM company WHERE key = ? AND NOT revoked", key
        )
        return msgspec.convert(dict(rows[0]), Company, strict=False) if rows else None

    def page(self, model: Model, key: str, query: Query) -> list[dict[str, Any]]:
        sql = f"SELECT * FROM {model.table} WHERE key = ? AND {query.where} ORDER BY {query.order} LIMIT ? OFFSET ?"  # noqa: S608  # names from fields.py only
        return [model.shown(row) for row in self._select(sql, key, *query.values, query.limit, query.offset)]

    def one(self, model: Model, key: str, ident: str | int) -> dict[str, Any]:
        """Raises Missing."""
        rows = self._select(f"SELECT * FROM {model.table} WHERE key = ? AND {model.ident} = ?", key, ident)  # noqa: S608
        if not rows:
            raise Missing
        return model.shown(rows[0])

    def counts(self) -> list[dict[str, Any]]:
        return [
            dict(row) | {"keyset": bool(row["keyset"]), "revoked": bool(row["revoked"])}
            for row in self._select(
                "SELECT *, (SELECT count(*) FROM invoice i WHERE i.key = c.key) AS invoices,"
                " (SELECT count(*) FROM debtor d WHERE d.key = c.key) AS debtors FROM company c ORDER BY key"
            )
        ]

    def find(self, model: Model, ident: str | int, key: str | None) -> sqlite3.Row:
        """The row of any company. Raises Missing, and Refused if two companies have it and no key says which."""
        sql = f"SELECT * FROM {model.table} WHERE {model.ident} = ? AND (key = ? OR ? IS NULL)"  # noqa: S608
        rows = self._select(sql, ident, key, key)
        if not rows:
            raise Missing
        if len(rows) > 1:
            raise Refused(f"{model.ident} {ident} is known at several companies: say key")
        return rows[0]

    def _select(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()

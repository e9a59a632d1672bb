"""What happens to invoices and debtors, as the control door is told: added, paid, credited, changed, gone."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from deploy.sandbox.fields import DEBTORS, INVOICES, Model, stamp
from deploy.sandbox.serving import parse_json, to_json
from deploy.sandbox.state import Refused, State
from deploy.sandbox.wire import NewInvoice, Payment, to_oere

FIRST_NUMBER = 10001
FIRST_CUSTOMER = 1001
VAT_SHARE = 5  # a fifth of the price incl. 25 % VAT


class Invoices:
    """Changes to the state; `now` gives unix seconds for `created_at` and `updated_at` alone."""

    def __init__(self, state: State, now: Callable[[], int]) -> None:
        self._state = state
        self._now = now

    def add(self, news: Sequence[NewInvoice]) -> list[dict[str, Any]]:
        """All of them or none. Raises Refused, saying which one is wrong."""
        with self._state.transaction() as database:
            next_numbers: dict[str, int] = {}
            return [self._add(database, place, new, next_numbers) for place, new in enumerate(news)]

    def _add(
        self, database: sqlite3.Connection, place: int, new: NewInvoice, numbers: dict[str, int]
    ) -> dict[str, Any]:
        if new.key not in numbers:
            numbers[new.key] = _next_number(database, new.key, place)
        number = numbers[new.key] if new.number is None else new.number
        numbers[new.key] = max(numbers[new.key], number + 1)
        try:
            customer = self._save_debtor(database, new)
            _insert(database, INVOICES, self._invoice_row(new, number, customer))
        except sqlite3.IntegrityError as error:
            raise Refused(f"number {number} or its customer_number is taken - at `$[{place}]`") from error
        return {"number": number, "customer_number": customer}

    def _save_debtor(self, database: sqlite3.Connection, new: NewInvoice) -> str:
        column, value = ("customer_name", new.customer_name)
        if new.customer_number is not None:
            column, value = ("customer_number", new.customer_number)
        known = database.execute(f"SELECT * FROM debtor WHERE key = ? AND {column} = ?", [new.key, value]).fetchone()  # noqa: S608
        if known is None:
            return self._insert_debtor(database, new)
        database.execute(
            "UPDATE debtor SET customer_name = ?, customer_email = ?, cvr = ?, updated_at = ? WHERE id = ?",
            [new.customer_name, new.email, new.cvr, self._now(), known["id"]],
        )
        return str(known["customer_number"])

    def _insert_debtor(self, database: sqlite3.Connection, new: NewInvoice) -> str:
        last = database.execute("SELECT max(id) FROM debtor").fetchone()[0] or 0
        number = new.customer_number or f"K-{FIRST_CUSTOMER + last}"
        shared = {"customer_name": new.customer_name, "customer_email": new.email, "cvr": new.cvr}
        shared |= {"invoice_name": new.customer_name, "customer_number": number, "invoice_countrycode": "DK"}
        _insert(database, DEBTORS, {"key": new.key, "status": 1, "is_blocked": 0} | shared | self._stamps())
        return number

    def _invoice_row(self, new: NewInvoice, number: int, customer: str) -> dict[str, Any]:
        paid = new.amount if new.paid_on and new.paid_amount is None else new.paid_amount
        return {
            "key": new.key,
            "type": 1,
            "status": 1,
            "invoice_number": number,
            "customer_number": customer,
            "invoice_name": new.customer_name,
            "cust_name": new.customer_name,
            "cust_cvr": new.cvr,
            "date": stamp(new.issued_on),
            "payment_date": stamp(new.due_on),
            "payed_date": stamp(new.paid_on) if new.paid_on else None,
            "payed_amount": to_oere("paid_amount", paid) if paid is not None else 0,
            **_split(to_oere("amount", new.amount)),
            **self._stamps(),
        }

    def _stamps(self) -> dict[str, int]:
        return dict.fromkeys(("created_at", "updated_at"), self._now())

    def pay(self, number: int, payment: Payment) -> dict[str, Any]:
        with self._state.transaction():
            row = self._state.find(INVOICES, number, payment.key)
            paid = (row["payed_amount"] or 0) + to_oere("amount", payment.amount)
            day = stamp(payment.date) if payment.amount > 0 else row["payed_date"]
            return self._write(INVOICES, row, {"payed_amount": paid, "payed_date": day if paid > 0 else None})

    def credit(self, number: int, key: str | None) -> dict[str, Any]:
        with self._state.transaction():
            return self._write(INVOICES, self._state.find(INVOICES, number, key), _split(0))

    def delete(self, number: int, key: str | None) -> None:
        with self._state.transaction() as database:
            database.execute("DELETE FROM invoice WHERE id = ?", [self._state.find(INVOICES, number, key)["id"]])

    def change(self, model: Model, ident: str | int, key: str | None, wanted: dict[str, Any]) -> dict[str, Any]:
        """Sets fields to any JSON value. One that its column can't hold is shown; filters still see the old one."""
        if unknown := wanted.keys() - set(model.columns):
            raise Refused(f"unknown field - at `$.{min(unknown)}`")
        fitting = {c: model.stored(c, v) for c, v in wanted.items() if model.fits(c, v)}
        odd = {c: v for c, v in wanted.items() if c not in fitting}
        with self._state.transaction():
            return self._write(model, self._state.find(model, ident, key), fitting, odd)

    def _write(
        self, model: Model, row: sqlite3.Row, values: dict[str, Any], odd: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        before = parse_json(row["raw"] or "{}")
        raw = {c: v for c, v in before.items() if c not in values} | (odd or {})
        values = {"updated_at": self._now()} | values | {"raw": to_json(raw).decode()}
        assignments = ", ".join(f"{column} = ?" for column in values)
        with self._state.transaction() as database:
            try:
                database.execute(f"UPDATE {model.table} SET {assignments} WHERE id = ?", [*values.values(), row["id"]])  # noqa: S608
            except sqlite3.IntegrityError as error:
                raise Refused(f"{model.ident} is taken - at `$.{model.ident}`") from error
        return self._state.one(model, row["key"], values.get(model.ident, row[model.ident]))


def _insert(database: sqlite3.Connection, model: Model, row: dict[str, Any]) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {model.table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608


def _next_number(database: sqlite3.Connection, key: str, place: int) -> int:
    if not database.execute("SELECT 1 FROM company WHERE key = ?", [key]).fetchone():
        raise Refused(f"no company has the key {key!r} - at `$[{place}].key`")
    last = database.execute("SELECT max(invoice_number) FROM invoice WHERE key = ?", [key]).fetchone()[0]
    return max(FIRST_NUMBER, (last or 0) + 1)


def _split(oere: int) -> dict[str, int]:
    vat = (oere * 2 + VAT_SHARE) // (VAT_SHARE * 2)
    return {"amount_vat": oere, "vat": vat, "amount": oere - vat}

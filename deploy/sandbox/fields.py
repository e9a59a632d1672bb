"""The models of Ordrestyring's REST v2, field by field (facts: Rackbeat/php-ordrestyring `src/Models`)."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from deploy.sandbox.serving import parse_json

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
LARGEST = 2**53  # what every JSON reader can hold, and SQLite as øre
Kind = Literal["whole", "money", "text"]


@dataclass(frozen=True)
class Model:
    """A table of the API: its path, the column in its URLs, its columns in the order they are shown."""

    path: str
    table: str
    ident: str
    columns: tuple[str, ...]
    whole: frozenset[str]  # integers, dates among them (unix seconds)
    money: frozenset[str]  # stored as whole øre, shown as kroner

    def kind(self, column: str) -> Kind:
        return "money" if column in self.money else "whole" if column in self.whole else "text"

    @property
    def schema(self) -> str:
        """Columns for SQL. `raw` holds values, as JSON, that don't fit their column's kind."""
        named = ", ".join(f"{c} {'TEXT' if self.kind(c) == 'text' else 'INTEGER'}" for c in self.columns)
        return f"CREATE TABLE IF NOT EXISTS {self.table} (id INTEGER PRIMARY KEY, key TEXT NOT NULL, raw TEXT, {named})"

    def fits(self, column: str, value: Any) -> bool:
        """Whether the column can hold the value; a row always keeps its identity."""
        if value is None:
            return column != self.ident
        if self.kind(column) == "text":
            return isinstance(value, str)
        if type(value) is int:
            return abs(value) < LARGEST
        return self.kind(column) == "money" and isinstance(value, Decimal) and _is_kroner(value)

    def stored(self, column: str, value: Any) -> Any:
        return int(value * 100) if self.kind(column) == "money" and value is not None else value

    def shown(self, row: sqlite3.Row) -> dict[str, Any]:
        """The row as the API answers it."""
        values = {c: self._shown(c, row[c]) for c in self.columns}
        odd: dict[str, Any] = parse_json(row["raw"] or "{}")
        return values | odd

    def _shown(self, column: str, value: Any) -> Any:
        return Decimal(value).scaleb(-2) if self.kind(column) == "money" and value is not None else value


def stamp(day: date) -> int:
    """Unix seconds of local midnight: how Ordrestyring writes a date."""
    return int(datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN).timestamp())


def _is_kroner(value: Decimal) -> bool:
    return abs(value) < LARGEST and value == round(value, 2)


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


INVOICES = Model(
    path="debtor-invoices",
    table="invoice",
    ident="invoice_number",
    columns=_names("""type, customer_number, case_number, department, invoice_name, invoice_address, invoice_postalcode,
        invoice_city, cust_name, cust_address, cust_postalcode, cust_city, del_name, del_address, del_city,
        del_postalcode, text, date, payment_date, ref, rek, made_by, amount, vat, amount_vat, fi_number, header, status,
        del_att, cust_att, invoice_att, payed_date, payed_amount, invoice_number, updated_at, created_at, cust_cvr,
        use_skattered"""),
    whole=frozenset(_names("type, date, payment_date, status, payed_date, invoice_number, updated_at, created_at")),
    money=frozenset(_names("amount, vat, amount_vat, payed_amount")),
)
DEBTORS = Model(
    path="debtors",
    table="debtor",
    ident="customer_number",
    columns=_names("""due_dates, status, customer_name, customer_attention, customer_address, customer_postalcode,
        customer_city, customer_telephone, customer_email, customer_mobile, invoice_name, invoice_address,
        invoice_postalcode, invoice_city, invoice_telephone, invoice_email, invoice_mobile, cvr, ean, customer_remarks,
        customer_number, invoice_attention, avance_type, updated_at, is_blocked, created_at, pdf_layout_id,
        billy_handle, dinero_handle, internal_remark, currency_id, fortnox_handle, fortnox_delivery_address_id,
        invoice_social_security_number, invoice_property_designation, invoice_residence_association_organisation_number,
        visma_handle, termsofpayment_id, invoice_countrycode, termsOfPayment"""),
    whole=frozenset(_names("due_dates, status, updated_at, created_at, is_blocked, termsofpayment_id, currency_id")),
    money=frozenset(),
)

"""Invoices of a company as fetcher and dunning leave them, many at once, on either database."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from common import bulk, db, names
from common.events import Debtor, Invoice
from common.tables import KnownInvoice, Procedure
from tests.unit.decisions.cases import CVR, MONDAY, invoice

TODAY = date(2026, 11, 23)


def stated(number: str, days: int = 20, amount: str = "100.00", name: str = "Anne Holm", **fields: Any) -> Invoice:
    """Overdue since so many days."""
    debtor = Debtor(customer_number=fields.pop("customer", "77"), name=name, email="anne@orsted.dk")
    due_on = TODAY - timedelta(days=days)
    return invoice(number, due_on=due_on, amount=Decimal(amount), debtor=debtor, **fields)


def shelve(invoices: Iterable[Invoice], stage: str | None = "running", cvr: str = CVR, **fields: Any) -> None:
    """With procedures in that stage; None: found, and not asked about."""
    listed = list(invoices)
    with db.transaction():
        bulk.insert(KnownInvoice, [_known(one, cvr, asked=stage is not None) for one in listed])
        bulk.insert(Procedure, [_procedure(one, stage, cvr) | fields for one in listed if stage])


def _known(one: Invoice, cvr: str, *, asked: bool) -> dict[str, Any]:
    row = {"company": cvr, "number": one.number, "sequence": one.sequence, "asked": asked, "tracked": asked}
    row |= {"outstanding": one.outstanding, "state": msgspec.to_builtins(one), "due_on": one.due_on}
    return row | {"customer_number": one.debtor.customer_number, "debtor_key": names.key(one.debtor.name)}


def _procedure(one: Invoice, stage: str | None, cvr: str) -> dict[str, Any]:
    row = {"id": f"p-{cvr}-{one.number}"[:36], "company": cvr, "invoice_number": one.number, "round": 1, "version": 3}
    row |= {"stage": stage, "reason": "", "sequence": one.sequence, "customer_number": one.debtor.customer_number}
    row |= {"debtor_email": one.debtor.email, "amount": one.amount, "paid": one.paid, "due_on": one.due_on}
    row |= {"policy": {"fee": "100.00", "reminders": 3, "silence": "start"}, "opened_at": MONDAY - timedelta(days=5)}
    row |= {"answer_no": 0, "fee_answer_no": 0, "step": 0, "attempt": 0, "pending": False, "unreachable_step": 0}
    return row | {"wake_no": 1, "wake_at": MONDAY + timedelta(days=2), "notified_on": TODAY - timedelta(days=3)}

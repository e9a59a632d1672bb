"""Reads: rows as the frozen values that letters are made of."""

from collections.abc import Sequence
from typing import Any

import msgspec

from common import db
from common.events import Invoice
from common.money import kroner
from common.tables import Company, KnownInvoice, Procedure
from notifier.facts import Case, Claim, Creditor
from notifier.words import plain, plain_lines


class Unknown(Exception):
    """The message names a company or a procedure that is not there."""


def creditor(cvr: str) -> Creditor:
    """Raises Unknown."""
    with db.connection():
        row = Company.get_or_none(Company.cvr == cvr)
    if row is None:
        raise Unknown(f"{Unknown.__doc__} {cvr}")
    return Creditor(
        cvr=row.cvr,
        name=plain(row.name),
        email=plain(row.email),
        language=row.language,
        payment_details=plain_lines(row.payment_details),
    )


def case(procedure_id: str) -> Case:
    """Raises Unknown."""
    with db.connection():
        found = with_invoices(Procedure.id == procedure_id)
        if not found:
            raise Unknown(f"{Unknown.__doc__} {procedure_id}")
        return Case(creditor=creditor(found[0].company), claim=claim(found[0]))


def with_invoices(*chosen: Any, limit: int | None = None) -> Sequence[Any]:
    """Procedures, each with the `state` of its invoice, in the order in which the portal lists them."""
    known = (KnownInvoice.company == Procedure.company) & (KnownInvoice.number == Procedure.invoice_number)
    joined = Procedure.select(Procedure, KnownInvoice.state.alias("state")).join(KnownInvoice, on=known)
    return list(joined.where(*chosen).order_by(Procedure.due_on, Procedure.invoice_number).limit(limit).objects())


def claim(row: Any) -> Claim:
    invoice, policy = msgspec.convert(row.state, Invoice), row.policy
    return Claim(
        procedure_id=row.id,
        number=plain(invoice.number),
        debtor=plain(invoice.debtor.name) or plain(invoice.debtor.customer_number),
        email=plain(row.debtor_email) or None,
        amount=invoice.amount,
        outstanding=invoice.outstanding,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        payment_line=plain(invoice.payment_line),
        step=row.step,
        notified_on=row.notified_on,
        last_reminder_on=row.last_reminder_on,
        fee=kroner(str(policy["fee"])),
        reminders=policy["reminders"],
        days_between=policy["days_between"],
        silence=policy["silence"],
        start_days=policy["start_days"],
        weekend_due=policy.get("weekend_due", "next"),  # procedures that are older than this choice
    )

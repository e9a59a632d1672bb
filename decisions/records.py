"""Reads: what is on record of a claim, whoever looks at it."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from common.calendar import local_date
from common.events import Invoice
from common.tables import LedgerLine, Letter, Notice, Objection, Procedure

MOST_LETTERS = 200  # about an invoice; real ones have ten
_OF_LETTER = ("id", "kind", "step", "recipient", "subject", "state", "reason", "planned_at", "sent_at", "to_debtor")


def ledger(procedure: Procedure) -> list[LedgerLine]:
    """The lines of all rounds of its invoice, in the order in which they were booked."""
    own = (Procedure.company == procedure.company) & (Procedure.invoice_number == procedure.invoice_number)
    rounds = Procedure.select(Procedure.id).where(own)
    return list(LedgerLine.select().where(LedgerLine.procedure_id.in_(rounds)).order_by(LedgerLine.id))


def completed(lines: list[LedgerLine], invoice: Invoice) -> list[LedgerLine]:
    """A ledger that was begun before the principal was booked is completed from what the ERP says."""
    if any(line.account == "principal" for line in lines):
        return lines
    paid = min(invoice.paid, invoice.amount)
    paid_on = invoice.paid_on or local_date(invoice.observed_at)
    principal = _line("principal", "invoiced", invoice.amount, invoice.issued_on or invoice.due_on)
    return [principal, *([_line("paid", "received", -paid, paid_on)] if paid else []), *lines]


def _line(kind: str, against: str, amount: Decimal, booked_on: date) -> LedgerLine:
    fields = {"kind": kind, "account": "principal", "against": against, "amount": amount, "booked_on": booked_on}
    return LedgerLine(step=0, attempt=0, rule="", event="", **fields)


def objections(procedure_id: str) -> list[Objection]:
    """Oldest first."""
    of_procedure = Objection.select().where(Objection.procedure_id == procedure_id)
    return list(of_procedure.order_by(Objection.objection_no))


def letters(procedure: Procedure) -> list[Letter]:
    """What was sent about it: the mail that asked, and the letters to the debtor, be it that they came back."""
    asking = Notice.select(Notice.letter_id).where(Notice.procedure_id == procedure.id)
    reminding = (Letter.procedure_id == procedure.id) & Letter.to_debtor
    shown = Letter.select(Letter.kind, Letter.step, Letter.recipient, Letter.sent_at, Letter.state)
    sent = shown.where(Letter.state.in_(("sent", "bounced")), reminding | Letter.id.in_(asking))
    return [letter for letter in sent.order_by(Letter.sent_at) if letter.sent_at]


def mails(procedure_ids: Collection[str]) -> list[Letter]:
    """Every mail about these procedures, whatever became of it, without its bytes; the newest of them, oldest first."""
    columns = [getattr(Letter, name) for name in (*_OF_LETTER, "decided_at", "decision_no", "outcome")]
    chosen = Letter.select(*columns).where(about(procedure_ids))
    return list(chosen.order_by(Letter.planned_at.desc(), Letter.id.desc()).limit(MOST_LETTERS))[::-1]


def about(procedure_ids: Collection[str]) -> Any:
    """The condition for letters about these procedures, and for the digests that ask about them. Takes a query: an
    index serves each part of the condition only without one inside.
    """
    of_these = Notice.procedure_id.in_(procedure_ids) & Notice.letter_id.is_null(False)
    asking = [notice.letter_id for notice in Notice.select(Notice.letter_id).where(of_these)]
    return Letter.procedure_id.in_(procedure_ids) | Letter.about.in_(procedure_ids) | Letter.id.in_(asking)

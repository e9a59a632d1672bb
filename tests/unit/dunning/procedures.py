"""Procedures and invoices to start a test from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from common import events as e
from common.law import REMINDER_FEE
from common.ledger import owed
from dunning import facts, opening
from dunning.charges import Law
from dunning.knowledge import Knowledge
from dunning.ledger import Ledger, Line
from dunning.policy import Policy
from dunning.prices import Prices
from dunning.procedure import Procedure
from dunning.rates import Rates

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # 8 o'clock in Copenhagen
TODAY = date(2026, 3, 2)
DUE_ON = date(2026, 2, 16)
LAW = Law(rates=Rates(), prices=Prices())


INVOICE = e.Invoice(
    number="1001",
    sequence=1,
    status="open",
    issued_on=date(2026, 2, 2),
    due_on=DUE_ON,
    amount=Decimal("1250.00"),
    paid=Decimal("0.00"),
    paid_on=None,
    debtor=e.Debtor(customer_number="BF-1", name="Ane Holm", email="ane@holm.example"),
    observed_at=MONDAY,
)


KNOWN = Knowledge(fetch_id="f", began_at=MONDAY - timedelta(hours=2))
POLICY = Policy()


def open_fees(ledger: Ledger) -> Decimal:
    """What is open beside the principal."""
    return owed(ledger).charges


def kinds(procedure: Procedure) -> list[str]:
    """What was booked beside the principal."""
    return [line.kind for line in procedure.ledger if line.account != "principal"]


def invoice(**changes: Any) -> e.Invoice:
    return replace(INVOICE, **changes)


def debtor(**changes: Any) -> e.Debtor:
    return replace(INVOICE.debtor, **changes)


def paid_invoice(surplus: str = "0.00", **changes: Any) -> e.Invoice:
    full = Decimal("1250.00") + Decimal(surplus)
    return invoice(**{"status": "paid", "paid": full, "paid_on": TODAY, "sequence": 9} | changes)


def overdue(**changes: Any) -> e.InvoiceOverdue:
    return e.InvoiceOverdue(company="12345674", invoice=invoice(**changes), fetch_id="f")


def awaiting(**policy: Any) -> Procedure:
    """Opened this Monday and saved; nothing of its news is left."""
    return saved(opening.opened(overdue(), Policy(**policy), None, MONDAY, LAW))


def asked(**policy: Any) -> Procedure:
    return awaiting(**policy).but(notified_on=TODAY)


def running(step: int = 0, last: date | None = None, **policy: Any) -> Procedure:
    """Running, with `step` reminders sent, each with its fee."""
    lines = tuple(Line("fee", n, 0, Decimal("100.00"), DUE_ON, REMINDER_FEE.paragraph) for n in range(1, step + 1))
    started = asked(**policy).but(stage="running", step=step, last_reminder_on=last)
    return started.booking(*lines).waking(MONDAY)


def checking(step: int = 0, last: date | None = None, **policy: Any) -> Procedure:
    return running(step, last, **policy).but(stage="checking").waking(MONDAY + timedelta(hours=2))


def pending(step: int = 0) -> Procedure:
    """Reminder step + 1 is issued with its fee, and not known to be sent."""
    fee = Line("fee", step + 1, 0, Decimal("100.00"), TODAY, REMINDER_FEE.paragraph)
    return running(step).but(pending=True).booking(fee).waking(None)


def collecting() -> Procedure:
    known = running(1, TODAY)
    return facts.paid(known, paid_invoice(), MONDAY, LAW).but(news=())


def saved(procedure: Procedure) -> Procedure:
    return procedure.but(version=procedure.version + 1, news=())


def said(procedure: Procedure) -> list[str]:
    return [event.type for event in procedure.news]


def letter(kind: type[e.LetterEvent], step: int = 1, attempt: int = 0, what: Any = "reminder", **fields: Any) -> Any:
    return kind(
        company="12345674",
        letter_id="l",
        letter_version=1,
        kind=what,
        procedure_id="p",
        invoice_number="1001",
        step=step,
        attempt=attempt,
        **fields,
    )

"""A company in the middle of things: one invoice with a reminder, one found, one set aside, and some trouble."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from common import cloudevents, db, outbox
from common import events as e
from common.tables import (
    Answer,
    Company,
    FailedMessage,
    Fetch,
    FetchRun,
    KnownInvoice,
    LedgerLine,
    Letter,
    Procedure,
    SetAside,
)

CVR = "12345674"
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
INVOICE = e.Invoice(
    number="10001",
    sequence=3,
    status="open",
    issued_on=date(2026, 2, 1),
    due_on=date(2026, 2, 15),
    amount=Decimal("1250.00"),
    paid=Decimal("0.00"),
    paid_on=None,
    debtor=e.Debtor(customer_number="K-1", name="Anna Holm", email="anna@holm.example"),
    observed_at=MONDAY,
)
REMINDED = MONDAY - timedelta(days=4)


def fill() -> None:
    """Needs tables."""
    with db.transaction():
        Company.insert(
            cvr=CVR, name="Jensen VVS ApS", email="kontor@jensen.example", api_key="x", created_at=MONDAY
        ).execute()
        _fetch()
        _known(INVOICE.number, asked=True)
        _known("10002", asked=False)
        SetAside.insert(company=CVR, number="10003", reason="amount_vat is 'mange penge'", seen_at=MONDAY).execute()
        _procedure()
        _letters()
        _trouble()
        _say()


def _fetch() -> None:
    Fetch.insert(id="f1", company=CVR, business_date=date(2026, 3, 2), occasion="daily", requested_at=MONDAY).execute()
    counts = {"seen": 3, "overdue": 1, "found": 1, "set_aside": 1}
    FetchRun.insert(fetch_id="f1", company=CVR, state="finished", began_at=MONDAY, ended_at=MONDAY, **counts).execute()


def _known(number: str, *, asked: bool) -> None:
    state = msgspec.to_builtins(replace(INVOICE, number=number))
    KnownInvoice.insert(
        company=CVR, number=number, sequence=3, asked=asked, tracked=True, outstanding=Decimal("1250.00"), state=state
    ).execute()


def _procedure() -> None:
    wake: dict[str, Any] = {"wake_at": MONDAY + timedelta(days=6), "wake_no": 4}
    Procedure.insert(
        id="p1", company=CVR, invoice_number=INVOICE.number, round=1, version=5, stage="running", reason="", sequence=3,
        customer_number="K-1", debtor_email="anna@holm.example", amount=INVOICE.amount, paid=INVOICE.paid,
        due_on=INVOICE.due_on, policy={"reminders": 3}, opened_at=REMINDED, answer_no=1, fee_answer_no=0, step=1,
        attempt=0, pending=False, unreachable_step=0, last_reminder_on=REMINDED.date(), **wake,
    ).execute()  # fmt: skip
    LedgerLine.insert(
        procedure_id="p1", company=CVR, kind="fee", step=1, attempt=0, amount=Decimal("100.00"),
        booked_on=REMINDED.date(), rule="renteloven § 9 b, stk. 2",
    ).execute()  # fmt: skip
    Answer.insert(procedure_id="p1", company=CVR, answer_no=1, choice="start", answered_at=REMINDED).execute()


def _letters() -> None:
    reminder: dict[str, Any] = {"kind": "reminder", "recipient": "anna@holm.example", "message_id": "<m>"}
    reminder |= {"company": CVR, "about": "p1", "procedure_id": "p1", "to_debtor": True, "planned_at": REMINDED}
    reminder |= {"subject": "Rykker", "content": b""}
    Letter.insert(id="l1", step=1, state="sent", sent_at=REMINDED, **reminder).execute()
    Letter.insert(id="l2", step=2, state="held", reason="it may have left", **reminder).execute()


def _trouble() -> None:
    failed = {"queue": "dunning", "type": "invoice.paid", "company": CVR, "body": "{}", "collected_at": MONDAY}
    FailedMessage.insert_many([failed | {"event_id": n, "cause": "KeyError: 'x'"} for n in "12"]).execute()


def _say() -> None:
    about = {"company": CVR, "procedure_id": "p1", "invoice_number": INVOICE.number}
    outbox.add(e.InvoiceOverdue(company=CVR, invoice=INVOICE), at=REMINDED)
    outbox.add(e.LetterPlanned(company=CVR, letter_id="l1", kind="reminder"), at=REMINDED + timedelta(minutes=1))
    outbox.add(e.ProcedureDue(**about, wake_no=4), at=MONDAY + timedelta(days=6))
    outbox.add(e.InvoiceOverdue(company=CVR, invoice=replace(INVOICE, number="10002")))


def wire(invoice: e.Invoice) -> str:
    """What a message says of a paid invoice."""
    paid = e.InvoicePaid(company=CVR, invoice=invoice).identified("tests")
    return cloudevents.to_wire(paid, source="tests", time=MONDAY)

"""One example of every event; their wire forms are frozen in events/ beside this file."""

from datetime import UTC, date, datetime
from decimal import Decimal

from common import events as e

NOW = datetime(2026, 3, 2, 7, 30, 15, 250000, tzinfo=UTC)
COMPANY = "12345674"
PROCEDURE = "4b1f6d5e-7f0a-5b53-9a40-7f6f1d2f2b11"
FETCH = "c9d7e0b4-0b0e-5d8e-8a55-0f4a3f9a7c22"
LETTER = "1d2f9f36-93f0-5f0e-9f0a-2b6f6a5f3c33"

INVOICE = e.Invoice(
    number="1001",
    sequence=3,
    status="open",
    issued_on=date(2026, 2, 2),
    due_on=date(2026, 2, 16),
    amount=Decimal("1250.50"),
    paid=Decimal("250.00"),
    paid_on=None,
    payment_line="+71<000000000010012+12345678<",
    debtor=e.Debtor(
        customer_number="BF-17",
        name="Ærø & Sønner <Tømrer>",
        email="bogholderi@aeroe.example",
        cvr="12345674",
        address="Havnegade 1",
        postal_code="5970",
        city="Ærøskøbing",
    ),
    observed_at=NOW,
)


def _invoice(kind: type[e.InvoiceEvent]) -> e.Event:
    return kind(company=COMPANY, invoice=INVOICE, fetch_id=FETCH)


def _procedure(kind: type[e.ProcedureEvent], **fields: object) -> e.Event:
    return kind(company=COMPANY, procedure_id=PROCEDURE, invoice_number="1001", procedure_version=4, **fields)  # type: ignore[arg-type]


def _letter(kind: type[e.LetterEvent], **fields: object) -> e.Event:
    return kind(
        company=COMPANY,
        letter_id=LETTER,
        letter_version=2,
        kind="reminder",
        procedure_id=PROCEDURE,
        invoice_number="1001",
        step=1,
        attempt=0,
        **fields,  # type: ignore[arg-type]
    )


_LOOK = {"company": COMPANY, "procedure_id": PROCEDURE, "invoice_number": "1001", "wake_no": 3}
_ANSWER = {"company": COMPANY, "procedure_id": PROCEDURE, "invoice_number": "1001", "answered_at": NOW}
_HUNDRED, _PRINCIPAL = Decimal("100.00"), Decimal("1000.50")

SAMPLES: tuple[e.Event, ...] = (
    e.FetchRequested(company=COMPANY, fetch_id=FETCH, business_date=date(2026, 3, 2), occasion="daily"),
    e.FetchPageRequested(company=COMPANY, fetch_id=FETCH, cursor="after:1001", attempt=1),
    e.FetchFinished(company=COMPANY, fetch_id=FETCH, began_at=NOW, seen=40, overdue=3, found=2, set_aside=1),
    e.FetchFailed(company=COMPANY, fetch_id=FETCH, reason="key_refused", key_no=1),
    _invoice(e.InvoiceOverdue),
    _invoice(e.InvoiceChanged),
    _invoice(e.InvoicePartlyPaid),
    _invoice(e.InvoicePaid),
    _invoice(e.InvoiceCredited),
    _invoice(e.InvoiceWithdrawn),
    _invoice(e.InvoiceReopened),
    e.InvoiceCheckRequested(**_LOOK),  # type: ignore[arg-type]
    e.InvoiceChecked(**_LOOK, invoice=INVOICE),  # type: ignore[arg-type]
    e.InvoiceCheckFailed(**_LOOK, reason="unavailable"),  # type: ignore[arg-type]
    _procedure(e.DecisionRequested, fetch_id=FETCH, starts_on=date(2026, 3, 5)),
    e.ProcedureDue(**_LOOK, nudge="492559"),  # type: ignore[arg-type]
    _procedure(e.ProcedureStarted, by="silence"),
    _procedure(e.ProcedureCancelled, reason="stopped"),
    _procedure(e.ReminderIssued, step=1, attempt=0, fee=_HUNDRED, fees=_HUNDRED, outstanding=_PRINCIPAL),
    _procedure(e.FeeReversed, step=1, amount=_HUNDRED),
    _procedure(e.DebtorUnreachable, step=1, attempt=0),
    _procedure(e.ProcedureCollectingFees, fees=_HUNDRED),
    _procedure(e.ProcedureSettled, reason="covered", covered=_HUNDRED),
    _procedure(e.ProcedureEscalated, outstanding=_PRINCIPAL, fees=Decimal("300.00")),
    e.DecisionMade(**_ANSWER, answer_no=1, choice="start"),  # type: ignore[arg-type]
    e.FeeDecisionMade(**_ANSWER, answer_no=2, choice="cover"),  # type: ignore[arg-type]
    e.NoticesDue(company=COMPANY, fetch_id=FETCH, occasion="finished"),
    e.LetterPlanned(company=COMPANY, letter_id=LETTER, kind="reminder", attempt=0),
    _letter(e.LetterSent, sent_at=NOW),
    _letter(e.LetterFailed, reason="550 no such user"),
    _letter(e.LetterHeld),
    _letter(e.LetterWithdrawn, reason="stopped"),
)

"""One example of every event; their wire forms are frozen in events/ beside this file."""

from dataclasses import replace
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
    known = {"company": COMPANY, "procedure_id": PROCEDURE, "invoice_number": "1001", "procedure_version": 4}
    return kind(**known | fields)  # type: ignore[arg-type]


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
_CHARGES = {"interest": Decimal("12.34"), "compensation": Decimal("310.00"), "pay_by": date(2026, 3, 16)}
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
    _procedure(e.ProcedurePaused, reason="said_paid", until=date(2026, 3, 16)),
    _procedure(e.ProcedureResumed, by="company"),
    _procedure(e.ProcedureHeld, reason="old", fetch_id=FETCH, since=NOW),
    _procedure(e.CollectionNoticeIssued, step=4, attempt=0, fees=_HUNDRED, outstanding=_PRINCIPAL, **_CHARGES),
    _procedure(e.FeeReminderIssued, step=1, attempt=0, fees=_HUNDRED, outstanding=Decimal("0.00"), **_CHARGES),
    _procedure(e.FeesUnpaid, fees=_HUNDRED, interest=Decimal("12.34"), compensation=Decimal("310.00")),
    e.ObjectionRaised(
        company=COMPANY,
        procedure_id=PROCEDURE,
        invoice_number="1001",
        objection_no=1,
        kind="paid",
        paid_on=date(2026, 2, 27),
        raised_at=NOW,
    ),
    e.PolicyAdopted(company=COMPANY, procedure_id=PROCEDURE, invoice_number="1001", policy_no=2),
    e.StatementDue(company=COMPANY, month=date(2026, 2, 1)),
    _letter(e.LetterBounced, reason="550 5.1.1 no such user", status="5.1.1"),
    e.PaymentsUnmarked(company=COMPANY, fetch_id=FETCH, seen=120, paid=3),
    e.InvoicesSetAside(company=COMPANY, fetch_id=FETCH, count=2),
    e.ApiKeySubmitted(company=COMPANY, key_no=2),
    e.ApiKeyAccepted(company=COMPANY, key_no=2),
    e.ApiKeyRefused(company=COMPANY, key_no=2),
    e.ApiKeyUnreachable(company=COMPANY, key_no=2, attempt=1),
    e.InvoicePicked(company=COMPANY, invoice_number="1001", pick_no=1, picked_at=NOW),
    e.DebtorErased(company=COMPANY, customer_number="BF-17", erasure_no=1),
    e.LoginInvited(company=COMPANY, login_id=LETTER, asked_at=NOW),
    e.LoginForgotten(company=COMPANY, login_id=LETTER, asked_at=NOW),
    e.SampleRequested(company=COMPANY, asked_at=NOW),
    e.LetterDecisionMade(
        company=COMPANY, letter_id=LETTER, decision_no=1, choice="sent", sent_on=date(2026, 3, 2), decided_at=NOW
    ),
)
LATER: tuple[e.Event, ...] = (  # with the fields that they got after they were frozen
    e.InvoiceOverdue(company=COMPANY, invoice=replace(INVOICE, sequence=4), fetch_id=FETCH, picked=True),
    e.FetchFinished(
        company=COMPANY, fetch_id=LETTER, began_at=NOW, seen=4, overdue=0, found=0, set_aside=0, trusted=False
    ),
    _procedure(
        e.ReminderIssued,
        procedure_version=5,
        step=3,
        attempt=0,
        fee=_HUNDRED,
        fees=_HUNDRED * 3,
        outstanding=_PRINCIPAL,
        collection_notice=True,
        **_CHARGES,
    ),
    _procedure(
        e.ProcedureCollectingFees,
        procedure_version=5,
        fees=_HUNDRED,
        interest=Decimal("12.34"),
        compensation=Decimal("310.00"),
    ),
    _procedure(
        e.ProcedureSettled,
        procedure_version=5,
        reason="covered",
        covered=_HUNDRED,
        costs=Decimal("50.00"),
        waived=Decimal("0.00"),
        surplus=Decimal("0.50"),
    ),
    _procedure(
        e.ProcedureEscalated,
        procedure_version=5,
        outstanding=_PRINCIPAL,
        fees=_HUNDRED * 3,
        interest=Decimal("12.34"),
        interest_until=date(2026, 3, 2),
        compensation=Decimal("310.00"),
        collection_fee=_HUNDRED,
        amount=INVOICE.amount,
        paid=INVOICE.paid,
        issued_on=INVOICE.issued_on,
        due_on=INVOICE.due_on,
        debtor=INVOICE.debtor,
        reminders=3,
        warned_on=date(2026, 2, 16),
        pay_by=date(2026, 2, 28),
        disputed=True,
    ),
    e.DecisionMade(
        **_ANSWER,  # type: ignore[arg-type]
        answer_no=3,
        choice="resume",
        latest={"start": 1, "resume": 3},
        objections={"dispute": 1},
    ),
    e.FeeDecisionMade(
        **_ANSWER,  # type: ignore[arg-type]
        answer_no=4,
        choice="received",
        latest={"start": 1, "cover": 2, "collect": 3, "received": 4},
        objections={},
    ),
    e.ObjectionRaised(
        company=COMPANY,
        procedure_id=PROCEDURE,
        invoice_number="1001",
        objection_no=3,
        kind="call",
        raised_at=NOW,
        latest={"paid": 1, "dispute": 2, "call": 3},
    ),
)
LATEST = (  # fields that came later still
    e.ObjectionRaised(
        company=COMPANY,
        procedure_id=PROCEDURE,
        invoice_number="1001",
        objection_no=4,
        kind="dispute",
        raised_at=NOW,
        latest={"dispute": 4},
        by="company",
    ),
)
NAMED = {event.type: event for event in SAMPLES} | {f"{event.type}.2": event for event in LATER}
NAMED |= {f"{event.type}.3": event for event in LATEST}
SAMPLES += LATER + LATEST

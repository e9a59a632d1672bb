"""A company with an invoice in every stage, whose customers have names that want to break out of a page."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote
from uuid import uuid5

from common.events import NAMESPACE
from tests.unit.decisions import cases

MARK = "kunde-mærke"  # in the name of every customer
HOSTILE = f"<script>alert(1)</script>\"'=1+1 & Søn {MARK}"
STAGES: dict[str, dict[str, Any]] = {
    "awaiting_decision": {},
    "running": {"step": 1, "last_reminder_on": date(2026, 11, 20)},
    "checking": {"step": 2},
    "paused": {"reason": "disputed", "disputed": True, "objection_no": 1},
    "collecting_fees": {"step": 1},
    "escalated": {"step": 3, "warned_on": date(2026, 11, 1)},
    "settled": {"reason": "paid"},
    "cancelled": {"reason": "stopped"},
}
UNASKED = "1999/7 #1"  # found, and never asked about
NUMBERS = {stage: f"{2041 + place}" for place, stage in enumerate(STAGES)}
IDS = [*NUMBERS.values(), UNASKED, *(f"p-{number}" for number in NUMBERS.values())]
ADDRESSES = [f"/invoices/{quote(number, safe='')}" for number in (*NUMBERS.values(), UNASKED)]


def fill() -> None:
    """All of it, in the database that is in use, where the company is."""
    for place, (stage, fields) in enumerate(STAGES.items()):
        _invoice(stage, fields, place)
    debtor = replace(cases.invoice().debtor, name=HOSTILE, customer_number="K99")
    cases.known(cases.invoice(UNASKED, debtor=debtor), asked=False)


def _invoice(stage: str, fields: dict[str, Any], place: int) -> None:
    usual = cases.invoice()
    debtor = replace(usual.debtor, name=f"{HOSTILE} {place}", customer_number=f"K{place}")
    is_paid = stage in ("collecting_fees", "settled")
    of = cases.invoice(
        NUMBERS[stage],
        debtor=debtor,
        due_on=date(2026, 11, 16) - timedelta(days=20 * place),
        paid=usual.amount if is_paid else Decimal("0.00"),
        paid_on=date(2026, 11, 20) if is_paid else None,
        status="paid" if is_paid else "open",
    )
    procedure = cases.procedure(stage, of=of, notified_on=date(2026, 11, 18), **fields)
    _letter(procedure, "notice", 5)
    cases.line(procedure, "principal", str(of.amount), "principal")
    if is_paid:
        cases.line(procedure, "paid", str(-of.amount), "principal")
    for step in range(1, fields.get("step", 0) + 1):
        cases.line(procedure, "fee", "100.00", step=step)
        _letter(procedure, "reminder", 4 - step, step)
    if fields.get("objection_no"):
        cases.objection(procedure, words=f"{HOSTILE} er forkert")


def _letter(procedure: str, kind: str, days: int, step: int = 0) -> None:
    """A mail that left so many days ago, with its text."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = f"Rykker {step}", "a@b.example", "anne@orsted.dk"
    mail["Date"] = "Mon, 16 Nov 2026 10:00:00 +0000"
    mail.set_content(f"Kære {HOSTILE}")
    known: dict[str, Any] = {
        "id": str(uuid5(NAMESPACE, f"{procedure} {kind} {step}")),
        "content": mail.as_bytes(),
        "subject": f"Rykker {step}",
    }
    cases.letter(procedure, kind, cases.MONDAY - timedelta(days=days), step, **known)

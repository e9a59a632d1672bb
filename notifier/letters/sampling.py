"""A sample of what debtors get: the first reminder, with invented figures, to the company itself; pure.

Nothing in it can be paid, answered or objected to: it is about no claim, and has no link.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from common import events as e
from common.law import DAYS_BETWEEN, DAYS_TO_PAY
from common.money import ZERO
from notifier.facts import Case, Claim, Creditor
from notifier.letters import claiming
from notifier.letters.claiming import Beside
from notifier.letters.draft import Draft

NOBODY = {"da": "Eksempel Kunde", "en": "Example Customer"}
AMOUNT = Decimal("4250.00")
DAYS_LATE, DAYS_OLD = timedelta(days=14), timedelta(days=28)
SLACK = timedelta(days=4)  # that dunning gives beyond what the law asks, in a warning


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the company chose of its first reminder: the fee in kroner, and whether it is the last one and warns."""

    fee: Decimal
    reminders: int
    warns: bool


def sample(creditor: Creditor, event: e.SampleRequested, chosen: Chosen, beside: Beside) -> Draft:
    case = Case(creditor=creditor, claim=_claim(creditor, chosen, beside.today))
    real = claiming.reminder(case, _reminder(case, chosen, beside.today), beside)
    return replace(
        real,
        kind="sample",
        about=f"{creditor.cvr}/{event.asked_at.isoformat()}",
        step=0,
        procedure_id=None,
        to_debtor=False,
        recipient=creditor.email,
        outstanding=ZERO,
        charges=ZERO,
        pay_by=None,
        says={**real.says, "page": ""},
    )


def _claim(creditor: Creditor, chosen: Chosen, today: date) -> Claim:
    return Claim(
        procedure_id="sample",
        number="1001",
        debtor=NOBODY[creditor.language],
        email=None,
        amount=AMOUNT,
        outstanding=AMOUNT,
        issued_on=today - DAYS_OLD,
        due_on=today - DAYS_LATE,
        reminders=chosen.reminders,
    )


def _reminder(case: Case, chosen: Chosen, today: date) -> e.ReminderIssued:
    """As dunning would say it."""
    warned = today + timedelta(days=DAYS_TO_PAY.on(today)) + SLACK
    return e.ReminderIssued(
        company=case.creditor.cvr,
        procedure_id=case.claim.procedure_id,
        invoice_number=case.claim.number,
        procedure_version=1,
        step=1,
        attempt=0,
        fee=chosen.fee,
        fees=chosen.fee,
        outstanding=AMOUNT,
        collection_notice=chosen.warns,
        pay_by=warned if chosen.warns else today + timedelta(days=DAYS_BETWEEN.on(today) - 1),
    )

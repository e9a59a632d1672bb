"""What the ERP says of the invoice, and what comes of it; pure."""

from datetime import date, datetime
from decimal import Decimal

from common import events as e
from common.calendar import local_date, office_opens
from common.money import ZERO
from dunning.deadlines import next_reminder_on
from dunning.fees import open_fees, standing_fees
from dunning.procedure import (
    OVER,
    Procedure,
    cancelled,
    covered,
    reversing_all,
    settled,
    told,
    without_pending_fee,
)


def changed(before: Procedure, invoice: e.Invoice, now: datetime) -> Procedure:
    """Still owed, with another amount, due date or debtor. A new address ends the wait for one."""
    after = told(before, invoice)
    waited = before.stage == "running" and not before.pending and before.unreachable_step == before.step + 1
    if waited and after.debtor_email and after.debtor_email != before.debtor_email:
        return after.waking(now)
    return after


def paid(before: Procedure, invoice: e.Invoice, now: datetime) -> Procedure:
    """The principal is paid. What was paid beyond it goes to the fees; the fee policy decides about the rest."""
    after, today = told(before, invoice), local_date(now)
    if before.stage in OVER:
        return after
    after = without_pending_fee(after, today, "paid before it was sent")
    surplus = min(invoice.paid - invoice.amount - _collected(after), open_fees(after.ledger))
    if surplus > ZERO:
        after = after.booking(after.line("collected", -surplus, today, "surplus in the ERP"))
    return _principal_paid(before, after, today)


def _principal_paid(before: Procedure, after: Procedure, today: date) -> Procedure:
    fees = open_fees(after.ledger)
    if fees == ZERO:
        return settled(after, "fees_paid" if standing_fees(after.ledger) else "paid")
    if after.policy.fee_policy == "cover":
        return covered(after, today, "the company's fee policy")
    if before.stage == "collecting_fees":
        return after
    return after.but(stage="collecting_fees").waking(None).saying(e.ProcedureCollectingFees, fees=fees)


def _collected(procedure: Procedure) -> Decimal:
    return -sum((line.amount for line in procedure.ledger if line.kind == "collected"), ZERO)


def credited(before: Procedure, invoice: e.Invoice, now: datetime) -> Procedure:
    """Nothing was owed: the fees fall with the claim."""
    after = told(before, invoice)
    if before.stage in OVER:
        return after
    return settled(reversing_all(after, local_date(now), "the invoice was credited"), "credited")


def withdrawn(before: Procedure, invoice: e.Invoice, now: datetime) -> Procedure:
    """The invoice is gone from the ERP."""
    after = told(before, invoice)
    return after if before.stage in OVER else cancelled(after, "withdrawn", local_date(now))


def reopened(before: Procedure, invoice: e.Invoice, now: datetime) -> Procedure:
    """Owed again while its fees were being collected: reminders go on from where they were."""
    after = told(before, invoice)
    if before.stage != "collecting_fees":
        return after
    day = max(next_reminder_on(after.last_reminder_on, after.due_on, after.policy), local_date(now))
    return after.but(stage="running").waking(max(office_opens(day), now))

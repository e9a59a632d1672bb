"""What the ERP says of the invoice, and what comes of it; pure."""

from datetime import date, datetime

from common import events as e
from common.calendar import local_date, office_opens
from common.ledger import CHARGES
from common.money import ZERO
from dunning.books import told
from dunning.charges import Law
from dunning.deadlines import after_gap
from dunning.ending import covered, paid_up
from dunning.issuing import earliest
from dunning.moves import cancelled, giving_up, losing, reversing_all, settled, without_pending_fee
from dunning.procedure import OVER, Procedure


def changed(before: Procedure, invoice: e.Invoice, now: datetime, law: Law) -> Procedure:
    """Still owed, with another amount, due date or debtor. A new address ends the wait for one."""
    after = told(before, invoice, now, law)
    if before.stage in OVER:
        return _still_over(after, local_date(now))
    if before.stage == "collecting_fees" and invoice.outstanding > ZERO:
        return going_on(after, now)
    waited = before.stage == "running" and before.unreachable_step == before.step + 1
    if waited and after.debtor_email and after.debtor_email != before.debtor_email:
        return after.waking(now)
    return after


def paid(before: Procedure, invoice: e.Invoice, now: datetime, law: Law) -> Procedure:
    """The principal is paid. What was paid beyond it goes to the charges; the fee policy decides about the rest.

    It may decide anew: of what was paid, something may have been taken back. What is paid too much afterwards is said.
    """
    after, today = told(before, invoice, now, law), local_date(now)
    is_settled = before.stage == "settled" and before.reason in ("paid", "fees_paid")
    if before.stage in OVER and not is_settled:
        return _still_over(after, today)
    if before.stage != "collecting_fees":
        after = without_pending_fee(after, today, "paid before it was sent")
    if after.owed.charges == ZERO:
        is_news = not is_settled or after.owed.surplus < before.owed.surplus
        return settled(after, paid_up(after)) if is_news else after
    if after.policy.fee_policy == "cover":
        return covered(after, today, law.prices, "the company's fee policy")
    waits_for_company = before.stage == "paused" and (before.disputed or before.reason == "company")
    return after if before.stage == "collecting_fees" or waits_for_company else collecting(after, now)


def _still_over(procedure: Procedure, today: date) -> Procedure:
    """A payment that was taken back brings no charge back that had been given up."""
    return losing(procedure, "waived", CHARGES, today, procedure.reason)


def collecting(procedure: Procedure, now: datetime) -> Procedure:
    """The rest is asked for alone, on dates of its own: the company is told first, and can say something else."""
    day, owed = after_gap(local_date(now), procedure.policy), procedure.owed
    after = procedure.but(stage="collecting_fees", reason="").waking(office_opens(day))
    return after.saying(
        e.ProcedureCollectingFees, fees=owed.fee, interest=owed.interest, compensation=owed.compensation
    )


def credited(before: Procedure, invoice: e.Invoice, now: datetime, law: Law) -> Procedure:
    """Nothing was owed: the charges fall with the claim, even if they were paid; that is owed to the debtor then."""
    after, today = told(before, invoice, now, law), local_date(now)
    if before.stage == "cancelled" or (before.stage, before.reason) == ("settled", "credited"):
        return _still_over(after, today)
    after = reversing_all(after, today, "the invoice was credited")
    is_news = before.stage not in OVER or after.owed != before.owed
    return settled(after, "credited") if is_news else after


def withdrawn(before: Procedure, invoice: e.Invoice, now: datetime, law: Law) -> Procedure:
    """The invoice is gone from the ERP. Nothing that was paid of it pays charges; should it come back, they count."""
    after, today = told(before, invoice, now, law), local_date(now)
    if before.stage not in OVER:
        after = cancelled(after, "withdrawn", today)
    return giving_up(after, today, "withdrawn")


def going_on(procedure: Procedure, now: datetime) -> Procedure:
    """Owed, and running again. All distances are kept, and nothing is caught up with."""
    after = procedure.but(stage="running", reason="")
    return after.waking(max(office_opens(max(earliest(after), local_date(now))), now))

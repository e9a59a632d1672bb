"""What time brings: the look at the ERP before each step, and the step; pure."""

from datetime import date, datetime, timedelta

from common import events as e
from common.calendar import local_date, office_opens
from common.money import ZERO
from dunning import facts
from dunning.deadlines import next_banking_morning, next_reminder_on, starts_on, tomorrow
from dunning.fees import FEE_RULE, Line, open_fees, reminder_fee, standing_fees
from dunning.procedure import NothingToDo, Procedure, started, told

ASK_AGAIN = timedelta(hours=1)  # business time, when the ERP was away
LOOK_FOR_ADDRESS = timedelta(days=10)


def due(before: Procedure, wake_no: int, now: datetime, patience: timedelta) -> Procedure:
    """A timer says "look again". `patience` is how long an answer of the ERP may take (business time)."""
    if wake_no != before.wake_no or before.wake_at is None or now < before.wake_at:
        raise NothingToDo(f"timer {wake_no} is void: the procedure waits for {before.wake_no}")
    if before.stage == "awaiting_decision":
        return _silence(before, now)
    if before.stage not in ("running", "checking") or before.pending:
        return before.waking(None)  # what becomes of the pending letter wakes it
    earliest = next_reminder_on(before.last_reminder_on, before.due_on, before.policy)
    if local_date(now) < earliest:
        return before.but(stage="running").waking(office_opens(earliest))
    return _looking(before.but(stage="checking").waking(now + patience))


def _silence(before: Procedure, now: datetime) -> Procedure:
    """The company said nothing. It must have been asked, and the invoice must be past its due date."""
    today = local_date(now)
    if before.notified_on is None:
        return before.waking(next_banking_morning(today))
    start = starts_on(before.notified_on, before.policy)
    if start is None:
        return before.waking(None)
    if today < (day := max(start, before.due_on + timedelta(days=1))):
        return before.waking(office_opens(day))
    return started(before, "silence", now)


def _looking(procedure: Procedure) -> Procedure:
    asked = e.InvoiceCheckRequested(
        company=procedure.company,
        procedure_id=procedure.id,
        invoice_number=procedure.invoice_number,
        wake_no=procedure.wake_no,
    )
    return procedure.but(news=(*procedure.news, asked))


def checked(before: Procedure, event: e.InvoiceChecked, now: datetime) -> Procedure:
    """The ERP was asked just now: the next step, if the invoice is still owed."""
    _refuse_other_look(before, event.wake_no)
    invoice, today = event.invoice, local_date(now)
    if invoice.sequence < before.sequence:
        return _looking(before.waking(before.wake_at))  # something newer is known: look again
    after = told(before, invoice).but(looked_at=invoice.observed_at)
    ended = {"credited": facts.credited, "withdrawn": facts.withdrawn}.get(invoice.status)
    if ended or invoice.outstanding == ZERO:
        return (ended or facts.paid)(after, invoice, now)
    after = after.but(stage="running")
    if today < (earliest := next_reminder_on(after.last_reminder_on, after.due_on, after.policy)):
        return after.waking(office_opens(earliest))
    if after.step >= after.policy.reminders:
        return _escalated(after)
    return _reminding(after, today) if after.debtor_email else _unreachable(after, today)


def check_failed(before: Procedure, event: e.InvoiceCheckFailed, now: datetime) -> Procedure:
    """No step without a look: again in an hour if the ERP is away, else tomorrow."""
    _refuse_other_look(before, event.wake_no)
    again = now + ASK_AGAIN if event.reason == "unavailable" else tomorrow(local_date(now))
    return before.but(stage="running").waking(again)


def _refuse_other_look(before: Procedure, wake_no: int) -> None:
    if before.stage != "checking" or wake_no != before.wake_no:
        raise NothingToDo(f"look {wake_no} is not the one that is waited for")


def _reminding(procedure: Procedure, today: date) -> Procedure:
    step = procedure.step + 1
    fee = reminder_fee(procedure.policy.fee, standing_fees(procedure.ledger))
    after = procedure.but(pending=True, unreachable_step=0).waking(None)
    if fee > ZERO:
        after = after.booking(Line("fee", step, procedure.attempt, fee, today, FEE_RULE))
    return after.saying(
        e.ReminderIssued,
        step=step,
        attempt=procedure.attempt,
        fee=fee,
        fees=open_fees(after.ledger),
        outstanding=after.outstanding,
    )


def _unreachable(procedure: Procedure, today: date) -> Procedure:
    """No address: no step, no fee. The company is told once a step; a look now and then notices an address."""
    step = procedure.step + 1
    after = procedure.but(unreachable_step=step).waking(office_opens(today + LOOK_FOR_ADDRESS))
    if procedure.unreachable_step == step:
        return after
    return after.saying(e.DebtorUnreachable, step=step, attempt=procedure.attempt)


def _escalated(procedure: Procedure) -> Procedure:
    after = procedure.but(stage="escalated").waking(None)
    return after.saying(e.ProcedureEscalated, outstanding=after.outstanding, fees=open_fees(after.ledger))

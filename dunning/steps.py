"""What time brings: the look at the ERP before each step, and the step; pure."""

from datetime import datetime, timedelta

from common import events as e
from common.calendar import falls_due, local_date, office_opens
from common.money import ZERO
from dunning import facts, issuing
from dunning.answers import following
from dunning.books import told
from dunning.charges import Law
from dunning.deadlines import next_banking_morning, starts_on, tomorrow
from dunning.fees import Arrears
from dunning.knowledge import Knowledge, is_booked, marks_paid, why_held
from dunning.moves import started
from dunning.pausing import resumed
from dunning.policy import Policy, is_worth_dunning
from dunning.procedure import NothingToDo, Procedure

ASK_AGAIN = timedelta(hours=1)  # business time, when the ERP was away
KNOW_AGAIN = timedelta(hours=3)  # business time, until the company's fetches are looked at again
WAITING, SAID = 1, 2  # how a procedure is held
STEPPING = ("running", "checking", "collecting_fees")


def due(
    before: Procedure, wake_no: int, now: datetime, patience: timedelta, known: Knowledge, policy: Policy
) -> Procedure:
    """A timer says "look again". `patience` is how long an answer of the ERP may take (business time); `known` is
    what is known of the company's books, `policy` what it chooses today.
    """
    if wake_no != before.wake_no or before.wake_at is None or now < before.wake_at:
        raise NothingToDo(f"timer {wake_no} is void: the procedure waits for {before.wake_no}")
    if before.stage == "awaiting_decision":
        return _silence(before, now, known, policy)
    if before.stage == "paused" and before.reason == "said_paid":
        return resumed(before, "time", now)
    if before.stage not in STEPPING or before.pending:
        return before.waking(None)  # what becomes of the pending letter wakes it
    return _stepping(before, now, patience, known)


def _silence(before: Procedure, now: datetime, known: Knowledge, policy: Policy) -> Procedure:
    """The company said nothing. It must have been asked, and the invoice must be past its due date."""
    today = local_date(now)
    if before.notified_on is None:
        return before.waking(next_banking_morning(today))
    start = starts_on(before.notified_on, before.policy, before.due_on)
    if start is None or before.disputed:
        return before.waking(None)
    if today < start:
        return before.waking(office_opens(start))
    if not (marks_paid(known, before.fetch_id) and _may_start_by_itself(before, policy)):
        return before.waking(None)
    return started(following(before, policy), "silence", now)


def _may_start_by_itself(procedure: Procedure, policy: Policy) -> bool:
    """Since it was asked the company may have paused, or have chosen that silence, or this customer, starts nothing."""
    if policy.paused or policy.silence != "start":
        return False
    return is_worth_dunning(procedure.outstanding, procedure.customer_number, policy)


def _stepping(before: Procedure, now: datetime, patience: timedelta, known: Knowledge) -> Procedure:
    """One more look at the ERP, once the date has come and the company's books are known well enough."""
    calm = before.but(stage="running") if before.stage == "checking" else before
    if local_date(now) < (earliest := issuing.earliest(before)):
        return calm.waking(office_opens(earliest))
    if reason := why_held(known, before.policy, now):
        return _held(calm, reason, known).waking(now + KNOW_AGAIN)
    if not is_booked(known, before.policy, falls_due(earliest, before.policy.weekend_due)):
        return calm.but(held=WAITING).waking(now + KNOW_AGAIN)
    stage = "collecting_fees" if before.stage == "collecting_fees" else "checking"
    return _looking(before.but(stage=stage, held=0).waking(now + patience))


def _held(procedure: Procedure, reason: str, known: Knowledge) -> Procedure:
    """Said once, and not before it has waited for a while: a fetch may be under way. It goes on by itself."""
    if procedure.held != WAITING:
        return procedure.but(held=procedure.held or WAITING)
    after = procedure.but(held=SAID)
    return after.saying(e.ProcedureHeld, reason=reason, fetch_id=known.fetch_id, since=known.began_at)


def known_anew(before: Procedure, now: datetime) -> Procedure:
    """A fetch has ended: whether its word is good enough is looked at now, not hours later."""
    if not before.held or before.stage not in STEPPING:
        raise NothingToDo("it does not wait for a fetch")
    return before.waking(now)


def _looking(procedure: Procedure) -> Procedure:
    asked = e.InvoiceCheckRequested(
        company=procedure.company,
        procedure_id=procedure.id,
        invoice_number=procedure.invoice_number,
        wake_no=procedure.wake_no,
    )
    return procedure.but(news=(*procedure.news, asked))


def checked(before: Procedure, event: e.InvoiceChecked, now: datetime, law: Law, arrears: Arrears) -> Procedure:
    """The ERP was asked just now: the next step, if the invoice is still owed. `arrears`: his debts beside it."""
    _refuse_other_look(before, event.wake_no)
    invoice, today = event.invoice, local_date(now)
    if invoice.sequence < before.sequence:
        return _looking(before.waking(before.wake_at))  # something newer is known: look again
    after = told(before, invoice, now, law).but(looked_at=invoice.observed_at)
    ended = {"credited": facts.credited, "withdrawn": facts.withdrawn}.get(invoice.status)
    if ended:
        return ended(after, invoice, now, law)
    if invoice.outstanding == ZERO:
        after = facts.paid(after, invoice, now, law)
        return issuing.fee_reminder(after, today) if before.stage == after.stage == "collecting_fees" else after
    after = after.but(stage="running")
    if today < (earliest := issuing.earliest(after)):
        return after.waking(office_opens(earliest))
    return issuing.next_letter(after, invoice.debtor, today, law, arrears)


def check_failed(before: Procedure, event: e.InvoiceCheckFailed, now: datetime) -> Procedure:
    """No step without a look: again in an hour if the ERP is away, else tomorrow."""
    _refuse_other_look(before, event.wake_no)
    again = now + ASK_AGAIN if event.reason == "unavailable" else tomorrow(local_date(now))
    stage = "collecting_fees" if before.stage == "collecting_fees" else "running"
    return before.but(stage=stage).waking(again)


def _refuse_other_look(before: Procedure, wake_no: int) -> None:
    if before.stage not in ("checking", "collecting_fees") or wake_no != before.wake_no:
        raise NothingToDo(f"look {wake_no} is not the one that is waited for")

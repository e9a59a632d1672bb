"""The letters to the debtor, one step at a time; and what follows when none is left; pure."""

from datetime import date, timedelta
from typing import Any

from common import events as e
from common.calendar import office_opens
from common.law import DAYS_TO_PAY
from common.money import ZERO
from dunning.charges import Law, charged, interest_until, with_interest
from dunning.deadlines import SLACK, next_reminder_on, pay_by
from dunning.fees import Arrears, collection_fee
from dunning.ledger import standing
from dunning.procedure import LetterKind, Procedure

LOOK_FOR_ADDRESS = timedelta(days=10)


def earliest(procedure: Procedure) -> date:
    """The earliest date of the next step: days after the last letter, and never within the time that a warning gave."""
    day = next_reminder_on(procedure.last_reminder_on, procedure.due_on, procedure.policy)
    is_warned = procedure.pay_by and procedure.stage != "collecting_fees"
    return max(day, procedure.pay_by + timedelta(days=1)) if is_warned and procedure.pay_by else day


def next_letter(procedure: Procedure, debtor: e.Debtor, today: date, law: Law, arrears: Arrears) -> Procedure:
    """A reminder; after the last one the collection notice, if it was not told with it; then it is ready to be
    collected.
    """
    is_last = procedure.step >= procedure.policy.reminders
    if is_last and procedure.warned_on:
        return _escalated(procedure, debtor, today, law)
    if not procedure.debtor_email:
        return _unreachable(procedure, today)
    return _warning(procedure, today, law) if is_last else _reminding(procedure, today, law, arrears)


def _reminding(procedure: Procedure, today: date, law: Law, arrears: Arrears) -> Procedure:
    step, policy = procedure.step + 1, procedure.policy
    warns = step >= policy.reminders and policy.collection_notice == "with_last"
    after = charged(_awaiting("reminder", procedure, today, warns=warns), today, law, arrears)
    fee = sum((x.amount for x in standing(after.ledger, "fee") if (x.step, x.attempt) == (step, after.attempt)), ZERO)
    return after.saying(e.ReminderIssued, **_claim(after, step, today), fee=fee, collection_notice=warns)


def _warning(procedure: Procedure, today: date, law: Law) -> Procedure:
    """Påkravsskrivelse, inkassoloven § 10, by itself: it costs nothing."""
    after = with_interest(_awaiting("collection_notice", procedure, today, warns=True), today, law)
    return after.saying(e.CollectionNoticeIssued, **_claim(after, after.step + 1, today))


def fee_reminder(procedure: Procedure, today: date) -> Procedure:
    """The principal is paid: what is open beside it is asked for, without a new fee; then the company decides."""
    if procedure.fee_letters >= e.FEE_LETTERS or not procedure.debtor_email:
        return left_to_company(procedure)
    after = _awaiting("fee_reminder", procedure, today)
    return after.saying(e.FeeReminderIssued, **_claim(after, after.fee_letters + 1, today))


def left_to_company(procedure: Procedure) -> Procedure:
    """No letter can bring these charges in: it decides what becomes of them."""
    after, owed = procedure.waking(None), procedure.owed
    return after.saying(e.FeesUnpaid, fees=owed.fee, interest=owed.interest, compensation=owed.compensation)


def _awaiting(kind: LetterKind, procedure: Procedure, today: date, *, warns: bool = False) -> Procedure:
    warned = today + timedelta(days=DAYS_TO_PAY.on(today)) + SLACK if warns else None
    return procedure.but(pending=True, pending_kind=kind, unreachable_step=0, pending_pay_by=warned).waking(None)


def _claim(procedure: Procedure, step: int, today: date) -> dict[str, Any]:
    owed = procedure.owed
    return {
        "step": step,
        "attempt": procedure.attempt,
        "outstanding": owed.principal,
        "fees": owed.fee,
        "interest": owed.interest,
        "compensation": owed.compensation,
        "pay_by": procedure.pending_pay_by or pay_by(today),
    }


def _unreachable(procedure: Procedure, today: date) -> Procedure:
    """No address: no step, no fee. The company is told once a step; a look now and then notices an address."""
    step = procedure.step + 1
    after = procedure.but(unreachable_step=step).waking(office_opens(today + LOOK_FOR_ADDRESS))
    if procedure.unreachable_step == step:
        return after
    return after.saying(e.DebtorUnreachable, step=step, attempt=procedure.attempt)


def _escalated(procedure: Procedure, debtor: e.Debtor, today: date, law: Law) -> Procedure:
    """Ready for debt collection, with all that a collector needs. Its fee is named, not owed: nobody is asked yet."""
    after = with_interest(procedure.but(stage="escalated").waking(None), today, law)
    fee = collection_fee(after.policy.collection_fee, today, is_disputed=after.disputed)
    return after.saying(e.ProcedureEscalated, **_case(after), collection_fee=fee, debtor=debtor)


def _case(procedure: Procedure) -> dict[str, Any]:
    owed = procedure.owed
    return {
        "outstanding": owed.principal,
        "fees": owed.fee,
        "interest": owed.interest,
        "interest_until": interest_until(procedure),
        "compensation": owed.compensation,
        "amount": procedure.amount,
        "paid": procedure.paid,
        "issued_on": procedure.issued_on,
        "due_on": procedure.due_on,
        "reminders": procedure.step,
        "warned_on": procedure.warned_on,
        "pay_by": procedure.pay_by,
        "disputed": procedure.disputed,
    }

"""What people say, the company and its debtor, and what comes of it; pure."""

from dataclasses import replace
from datetime import date, datetime

from common import events as e
from common.calendar import add_banking_days, local_date, office_opens
from common.ledger import CHARGES
from common.money import ZERO
from dunning.charges import Law
from dunning.deadlines import SAID_PAID, overdue_on
from dunning.ending import covered, uncovered, waived
from dunning.facts import collecting, going_on
from dunning.policy import Policy
from dunning.procedure import OVER, NothingToDo, Procedure, cancelled, settled, started, without_pending_fee

RUNNING = ("running", "checking", "collecting_fees", "escalated")  # stages that can be paused


# --- the company -----------------------------------------------------------------------------------------------------
def decided(before: Procedure, event: e.DecisionMade, now: datetime, policy: Policy) -> Procedure:
    """Stop always wins; start after stop works while the invoice is overdue. `policy` is the company's today."""
    if event.answer_no <= before.answer_no:
        raise NothingToDo(f"answer {before.answer_no} is newer than {event.answer_no}")
    after, today = before.but(answer_no=event.answer_no), local_date(now)
    match event.choice, before.stage:
        case "stop", stage if stage not in OVER:
            return cancelled(after, "stopped", today)
        case "start", _ if _can_start(after, today):
            return started(following(after, policy), "answer", now)
        case "pause", stage if stage in RUNNING:
            return paused(after, "company", None, today)
        case "resume", "paused":
            return resumed(after, "company", now)
        case "waive", stage if stage not in OVER:
            return waived(after, today)
    return after


def _can_start(procedure: Procedure, today: date) -> bool:
    is_overdue = procedure.outstanding > ZERO and overdue_on(procedure.due_on, procedure.policy) <= today
    is_stopped = (procedure.stage, procedure.reason) == ("cancelled", "stopped")
    return is_overdue and (procedure.stage == "awaiting_decision" or is_stopped)


def following(procedure: Procedure, policy: Policy) -> Procedure:
    """With the policy of today, as long as nothing has been sent by another one."""
    return procedure if procedure.step else procedure.but(policy=policy)


def adopted(before: Procedure, event: e.PolicyAdopted, policy: Policy, now: datetime) -> Procedure:
    """The company wants this procedure to follow its policy of today; what it said of this invoice's fees stays."""
    if event.policy_no <= before.policy_no or before.stage in OVER:
        raise NothingToDo("it follows that policy already, or is over")
    kept = replace(policy, fee_policy=before.policy.fee_policy) if before.fee_answer_no else policy
    after = before.but(policy=kept, policy_no=event.policy_no)
    is_waiting = before.stage == "running" and before.wake_at is not None
    return after.waking(now) if is_waiting else after


def fee_decided(before: Procedure, event: e.FeeDecisionMade, now: datetime, law: Law) -> Procedure:
    """What this invoice's fees shall come to, whatever the policy was."""
    if event.answer_no <= before.fee_answer_no:
        raise NothingToDo(f"answer {before.fee_answer_no} is newer than {event.answer_no}")
    today, choice = local_date(now), event.choice
    after = before.but(fee_answer_no=event.answer_no)
    if choice != "received":
        after = after.but(policy=replace(after.policy, fee_policy=choice))
    if choice == "collect" and (before.stage, before.reason) == ("settled", "covered"):
        return collecting(uncovered(after, today, "the company's answer"), now)
    if before.stage != "collecting_fees" or choice == "collect":
        return after
    if choice == "cover":
        return covered(after, today, law.prices, "the company's answer")
    for account in CHARGES:
        open_ = getattr(after.owed, account)
        after = after.booked("collected", account, "direct", -open_, today, "the company's word")
    return settled(after, "fees_paid")


# --- the debtor ------------------------------------------------------------------------------------------------------
def objected(before: Procedure, event: e.ObjectionRaised, now: datetime) -> Procedure:
    """A dispute pauses at once, until the company has answered; his word that he has paid, for some days, once."""
    if event.objection_no <= before.objection_no:
        raise NothingToDo(f"objection {before.objection_no} is newer than {event.objection_no}")
    after, today = before.but(objection_no=event.objection_no), local_date(now)
    is_first = before.paused_until is None
    match event.kind, before.stage:
        case "dispute", stage if stage not in OVER:
            return _disputed(after, today)
        case "paid", stage if stage in RUNNING and is_first:
            return paused(after, "said_paid", add_banking_days(today, SAID_PAID), today)
        case "withdraw", "paused" if before.disputed:
            return resumed(after.but(disputed=False), "debtor", now)
    return after


def _disputed(procedure: Procedure, today: date) -> Procedure:
    after = procedure.but(disputed=True)
    return after if procedure.stage == "awaiting_decision" else paused(after, "disputed", None, today)


# --- pause and resume ------------------------------------------------------------------------------------------------
def paused(procedure: Procedure, reason: str, until: date | None, today: date) -> Procedure:
    """No letter and no fee; what was about to leave is withdrawn."""
    after = without_pending_fee(procedure, today, reason).but(stage="paused", reason=reason)
    after = after.but(paused_until=until or procedure.paused_until).waking(office_opens(until) if until else None)
    return after.saying(e.ProcedurePaused, reason=reason, until=until)


def resumed(procedure: Procedure, by: str, now: datetime) -> Procedure:
    after = procedure.saying(e.ProcedureResumed, by=by)
    if after.outstanding > ZERO:
        return going_on(after, now)
    return collecting(after, now) if after.owed.charges > ZERO else settled(after, "paid")

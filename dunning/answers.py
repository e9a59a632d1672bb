"""What the company says, and what comes of it; pure."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, get_args
from uuid import uuid5

from common import events as e
from common.calendar import local_date
from common.ledger import CHARGES
from common.money import ZERO
from dunning import opening
from dunning.charges import Law
from dunning.deadlines import overdue_on
from dunning.ending import covered, uncovered, waived
from dunning.facts import collecting
from dunning.moves import cancelled, settled, started
from dunning.objecting import all_objected, disputed
from dunning.pausing import RUNNING, paused, resumed
from dunning.policy import Policy, may_be_picked
from dunning.procedure import OVER, NothingToDo, Procedure

FEE_CHOICES = get_args(e.FeeChoice)


def decided(
    before: Procedure, event: e.DecisionMade | e.FeeDecisionMade, now: datetime, law: Law, policy: Policy
) -> Procedure:
    """The answer, and all that was said before it and has not been heard, oldest first. `policy` is the company's
    today. A dispute that it did not know of still waits for its answer.
    """
    unheard = _unheard(before, event)
    if not unheard:
        raise NothingToDo(f"answer {event.answer_no} was heard, or a newer one")
    after = all_objected(before, event.objections or {}, now)
    for choice, number in unheard:
        if choice in FEE_CHOICES:
            after = _fee_decided(after.but(fee_answer_no=number), choice, now, law)
        else:
            after = _decided(after.but(answer_no=number), choice, now, policy)
    knew_all = event.objections is None or before.objection_no <= max(event.objections.values(), default=0)
    still_waits = before.disputed and not knew_all and after.stage in RUNNING
    return disputed(after, local_date(now)) if still_waits else after


def _unheard(before: Procedure, event: e.DecisionMade | e.FeeDecisionMade) -> list[tuple[Any, int]]:
    """Choices with their numbers, oldest first."""
    said = event.latest | {event.choice: event.answer_no}
    heard = {choice: before.fee_answer_no if choice in FEE_CHOICES else before.answer_no for choice in said}
    return sorted(((choice, no) for choice, no in said.items() if no > heard[choice]), key=lambda one: one[1])


def _decided(before: Procedure, choice: e.Choice, now: datetime, policy: Policy) -> Procedure:
    """Stop always wins; start after stop works while the invoice is overdue; the company's pause takes the place of
    any other.
    """
    today = local_date(now)
    match choice, before.stage:
        case "stop", stage if stage not in OVER:
            return cancelled(before, "stopped", today)
        case "start", _ if _can_start(before, today):
            return started(following(before, policy), "answer", now)
        case "pause", stage if stage in (*RUNNING, "paused") and before.reason != "company":
            return paused(before, "company", None, today)
        case "resume", "paused":
            return resumed(before, "company", now)
        case "waive", stage if stage not in OVER:
            return waived(before, today)
    return before


def _can_start(procedure: Procedure, today: date) -> bool:
    is_overdue = procedure.outstanding > ZERO and overdue_on(procedure.due_on, procedure.policy) <= today
    is_stopped = (procedure.stage, procedure.reason) == ("cancelled", "stopped")
    return is_overdue and (procedure.stage == "awaiting_decision" or is_stopped)


def _fee_decided(before: Procedure, choice: e.FeeChoice, now: datetime, law: Law) -> Procedure:
    """What this invoice's fees shall come to, whatever the policy was."""
    today, rule = local_date(now), "the company's answer"
    after = before.but(policy=replace(before.policy, fee_policy=choice)) if choice != "received" else before
    if choice == "collect" and (before.stage, before.reason) == ("settled", "covered"):
        return collecting(uncovered(after, today, rule), now)
    is_fees_alone = before.stage == "collecting_fees" or (before.stage == "paused" and before.outstanding == ZERO)
    if choice == "cover" and is_fees_alone:
        return covered(after, today, law.prices, rule)
    return _received(after, today) if choice == "received" and is_fees_alone else after


def _received(procedure: Procedure, today: date) -> Procedure:
    after = procedure
    for account in CHARGES:
        open_ = getattr(after.owed, account)
        after = after.booked("collected", account, "direct", -open_, today, "the company's word")
    return settled(after, "fees_paid")


# --- before it was asked ---------------------------------------------------------------------------------------------
def picked(before: Procedure, event: e.InvoiceEvent, policy: Policy, now: datetime) -> Procedure:
    """Its yes to an invoice that nobody had asked about, heard after newer news of that had opened the procedure. What
    it has answered since counts, and so does a dispute.
    """
    is_first = opening.is_picked(event) and before.round == 1 and not before.disputed
    may_be = all(may_be_picked(before.customer_number, chosen) for chosen in (before.policy, policy))
    if not (is_first and may_be and before.outstanding > ZERO and _waits_or_was_small(before)):
        raise NothingToDo(f"sequence {before.sequence} of this invoice is known")
    return started(following(before, policy), "answer", now)


def _waits_or_was_small(procedure: Procedure) -> bool:
    was_small = (procedure.stage, procedure.reason) == ("cancelled", "not_worth_dunning")
    return was_small or procedure.stage == "awaiting_decision"


# --- its policy ------------------------------------------------------------------------------------------------------
def following(procedure: Procedure, policy: Policy) -> Procedure:
    """With the policy of today, as long as nothing has been sent by another one."""
    return procedure if procedure.step else procedure.but(policy=policy)


def adopted(before: Procedure, event: e.PolicyAdopted, policy: Policy, now: datetime) -> Procedure:
    """The company wants this procedure to follow its policy of today; what it said of this invoice's fees stays. One
    that came in while it paused, and that it was never asked about, is asked about when the pause is over.
    """
    if event.policy_no <= before.policy_no or before.stage in OVER:
        raise NothingToDo("it follows that policy already, or is over")
    kept = replace(policy, fee_policy=before.policy.fee_policy) if before.fee_answer_no else policy
    is_unasked = before.stage == "awaiting_decision" and before.policy.paused
    kept = replace(kept, paused=is_unasked and policy.paused)  # stays known of one that nobody was asked about
    after = before.but(policy=kept, policy_no=event.policy_no)
    if is_unasked and not policy.paused:
        return opening.asked_at_last(after, _end_of_pause(event), now)
    is_waiting = before.stage == "running" and before.wake_at is not None
    return after.waking(now) if is_waiting else after


def _end_of_pause(event: e.PolicyAdopted) -> str:
    """Names all that the end of one pause asks about, as a fetch does what it found."""
    return str(uuid5(e.NAMESPACE, f"{event.company}\nthe pause before policy {event.policy_no}"))

"""What the company says, and what comes of it; pure."""

from dataclasses import replace
from datetime import date, datetime

from common import events as e
from common.calendar import local_date
from common.money import ZERO
from dunning.fees import open_fees
from dunning.procedure import OVER, NothingToDo, Procedure, cancelled, covered, settled, started


def decided(before: Procedure, event: e.DecisionMade, now: datetime) -> Procedure:
    """Stop always wins; start after stop works while the invoice is overdue."""
    if event.answer_no <= before.answer_no:
        raise NothingToDo(f"answer {before.answer_no} is newer than {event.answer_no}")
    after = before.but(answer_no=event.answer_no)
    if event.choice == "stop":
        return after if before.stage in OVER else cancelled(after, "stopped", local_date(now))
    is_owed = after.outstanding > ZERO and after.due_on < local_date(now)
    if is_owed and (before.stage == "awaiting_decision" or (before.stage, before.reason) == ("cancelled", "stopped")):
        return started(after, "answer", now)
    return after


def fee_decided(before: Procedure, event: e.FeeDecisionMade, now: datetime) -> Procedure:
    """What this invoice's fees shall come to, whatever the policy was."""
    if event.answer_no <= before.fee_answer_no:
        raise NothingToDo(f"answer {before.fee_answer_no} is newer than {event.answer_no}")
    today, choice = local_date(now), event.choice
    after = before.but(fee_answer_no=event.answer_no)
    if choice != "received":
        after = after.but(policy=replace(after.policy, fee_policy=choice))
    if choice == "collect" and (before.stage, before.reason) == ("settled", "covered"):
        return _uncovered(after, today)
    if before.stage != "collecting_fees" or choice == "collect":
        return after
    if choice == "cover":
        return covered(after, today, "the company's answer")
    fees = open_fees(after.ledger)
    line = after.line("collected", -fees, today, "the company's word")
    return settled(after.booking(line), "fees_paid")


def _uncovered(procedure: Procedure, today: date) -> Procedure:
    fees = -sum((line.amount for line in procedure.ledger if line.kind in ("covered", "uncovered")), ZERO)
    line = procedure.line("uncovered", fees, today, "the company's answer")
    after = procedure.booking(line).but(stage="collecting_fees", reason="")
    return after.saying(e.ProcedureCollectingFees, fees=open_fees(after.ledger))

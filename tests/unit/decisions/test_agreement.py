"""Decisions foresees what dunning will make of an answer: the two rule books must say the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.events import DecisionMade, FeeDecisionMade, ObjectionRaised
from decisions import objecting
from decisions.objecting import Position
from decisions.queries import FEE_ANSWERS
from decisions.standing import Standing, foreseen
from dunning import answers
from dunning import objecting as rules_of_objecting
from dunning.ledger import Line
from dunning.procedure import Procedure
from tests.unit.decisions.test_standing import STAGES
from tests.unit.dunning.procedures import INVOICE, LAW, MONDAY, POLICY, TODAY, running


def as_dunning_has_it(standing: Standing) -> Procedure:
    fee = Line("fee", 1, 0, Decimal("100.00"), TODAY, "")
    covered = Line("covered", 0, 0, Decimal("-100.00"), TODAY, "", against="lost")
    lines = (fee, covered) if standing.reason == "covered" else (fee,)
    due_on = TODAY - timedelta(days=10 if standing.is_overdue else 0)
    stage: Any = standing.stage
    paid = Decimal("0.00") if standing.is_owed else INVOICE.amount
    after = running().but(stage=stage, reason=standing.reason, due_on=due_on, paid=paid, ledger=lines)
    return after.but(disputed=standing.reason == "disputed")


def comes_to(stage: str, choice: Any) -> tuple[str, str]:
    """What dunning makes of it."""
    said: dict[str, Any] = {"company": "12345674", "procedure_id": "p", "invoice_number": "1001", "answer_no": 1}
    said |= {"answered_at": MONDAY, "choice": choice}
    before = as_dunning_has_it(STAGES[stage])
    if choice in FEE_ANSWERS:
        after = answers.decided(before, FeeDecisionMade(**said), MONDAY, LAW, POLICY)
    else:
        after = answers.decided(before, DecisionMade(**said), MONDAY, LAW, POLICY)
    return after.stage, after.reason


def promised(stage: str, choice: str) -> tuple[str, str]:
    then = foreseen(STAGES[stage], [choice])
    return then.stage, then.reason


@pytest.mark.parametrize("choice", ["start", "stop", "collect", "cover", "received"])
@pytest.mark.parametrize("stage", STAGES)
def test_dunning_comes_to_what_was_foreseen(stage: str, choice: Any) -> None:
    assert comes_to(stage, choice) == promised(stage, choice)


@pytest.mark.parametrize("stage", STAGES)
def test_dunning_pauses_resumes_and_waives_as_was_foreseen(stage: str) -> None:
    choices = ("pause", "resume", "waive")

    made = {choice: comes_to(stage, choice) for choice in choices}

    assert made == {choice: promised(stage, choice) for choice in choices}


@pytest.mark.parametrize("kind", ["dispute", "paid", "call", "withdraw"])
@pytest.mark.parametrize("has_waited", [False, True])
@pytest.mark.parametrize("stage", STAGES)
def test_dunning_makes_of_an_objection_what_was_foreseen(stage: str, has_waited: bool, kind: Any) -> None:
    before = as_dunning_has_it(STAGES[stage]).but(paused_until=TODAY if has_waited else None)
    said = ObjectionRaised(
        company="12345674", procedure_id="p", invoice_number="1001", objection_no=1, kind=kind, raised_at=MONDAY
    )

    after = rules_of_objecting.objected(before, said, MONDAY)

    then = objecting.after(Position(STAGES[stage], before.disputed, has_waited), kind)
    assert (after.stage, after.reason, after.disputed) == (then.standing.stage, then.standing.reason, then.is_disputed)
    assert (after.paused_until is not None) is then.has_waited

"""Decisions foresees what dunning will make of an answer: the two rule books must say the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.events import DecisionMade, FeeDecisionMade
from decisions.standing import Standing, foreseen
from dunning import answers
from dunning.ledger import Line
from dunning.procedure import Procedure
from tests.unit.decisions.test_standing import STAGES
from tests.unit.dunning.procedures import LAW, MONDAY, POLICY, TODAY, running


def as_dunning_has_it(standing: Standing) -> Procedure:
    fee = Line("fee", 1, 0, Decimal("100.00"), TODAY, "")
    covered = Line("covered", 0, 0, Decimal("-100.00"), TODAY, "", against="lost")
    lines = (fee, covered) if standing.reason == "covered" else (fee,)
    due_on = TODAY - timedelta(days=10 if standing.is_overdue else 0)
    stage: Any = standing.stage
    return running().but(stage=stage, reason=standing.reason, due_on=due_on, ledger=lines)


@pytest.mark.parametrize("choice", ["start", "stop", "collect", "cover", "received"])
@pytest.mark.parametrize("stage", STAGES)
def test_dunning_comes_to_what_was_foreseen(stage: str, choice: Any) -> None:
    said: dict[str, Any] = {"company": "12345674", "procedure_id": "p", "invoice_number": "1001", "answer_no": 1}
    said |= {"answered_at": MONDAY, "choice": choice}
    before = as_dunning_has_it(STAGES[stage])

    if choice in ("start", "stop"):
        after = answers.decided(before, DecisionMade(**said), MONDAY, POLICY)
    else:
        after = answers.fee_decided(before, FeeDecisionMade(**said), MONDAY, LAW)

    then = foreseen(STAGES[stage], [choice])
    assert (after.stage, after.reason) == (then.stage, then.reason)

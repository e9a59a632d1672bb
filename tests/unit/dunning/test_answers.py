from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from common import events as e
from dunning import answers
from dunning.ledger import standing
from dunning.procedure import NothingToDo, Procedure
from tests.unit.dunning.procedures import (
    LAW,
    MONDAY,
    POLICY,
    TODAY,
    asked,
    awaiting,
    checking,
    collecting,
    open_fees,
    pending,
    running,
    said,
    saved,
)


def answer(choice: e.Choice, number: int = 1) -> e.DecisionMade:
    return e.DecisionMade(
        company="c", procedure_id="p", invoice_number="1", answer_no=number, answered_at=MONDAY, choice=choice
    )


def fee_answer(choice: e.FeeChoice, number: int = 1) -> e.FeeDecisionMade:
    return e.FeeDecisionMade(
        company="c", procedure_id="p", invoice_number="1", answer_no=number, answered_at=MONDAY, choice=choice
    )


def test_yes_starts_at_once() -> None:
    after = answers.decided(awaiting(), answer("start"), MONDAY, LAW, POLICY)

    assert (after.stage, after.wake_at) == ("running", MONDAY)
    assert said(after) == ["procedure.started"]
    assert after.news[0].by == "answer"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "before",
    [
        awaiting(),
        asked(),
        running(1, TODAY),
        checking(1, TODAY),
        pending(1),
        collecting(),
        running(1, TODAY).but(stage="escalated"),
    ],
    ids=["awaiting", "asked", "running", "checking", "pending", "collecting", "escalated"],
)
def test_stop_wins_in_every_stage_and_leaves_no_fee(before: Procedure) -> None:
    after = answers.decided(before, answer("stop"), MONDAY, LAW, POLICY)

    assert (after.stage, after.reason, after.wake_at) == ("cancelled", "stopped", None)
    assert open_fees(after.ledger) == Decimal("0.00")
    assert said(after)[-1] == "procedure.cancelled"


def test_stop_takes_back_the_fee_of_the_letter_that_has_not_left() -> None:
    after = answers.decided(pending(), answer("stop"), MONDAY, LAW, POLICY)

    assert said(after) == ["fee.reversed", "procedure.cancelled"]
    assert standing(after.ledger, "fee") == ()


def test_stop_after_the_end_changes_nothing() -> None:
    settled = running().but(stage="settled", reason="paid")

    assert answers.decided(settled, answer("stop"), MONDAY, LAW, POLICY) == settled.but(answer_no=1)


def test_yes_no_yes_runs() -> None:
    first = saved(answers.decided(awaiting(), answer("start", 1), MONDAY, LAW, POLICY))
    second = saved(answers.decided(first, answer("stop", 2), MONDAY, LAW, POLICY))
    third = answers.decided(second, answer("start", 3), MONDAY, LAW, POLICY)

    assert (second.stage, third.stage) == ("cancelled", "running")


def test_an_older_answer_that_comes_late_is_passed_over() -> None:
    stopped = saved(answers.decided(awaiting(), answer("stop", 2), MONDAY, LAW, POLICY))

    with pytest.raises(NothingToDo):
        answers.decided(stopped, answer("start", 1), MONDAY, LAW, POLICY)


def test_start_after_stop_needs_an_invoice_that_is_still_owed() -> None:
    stopped = awaiting().but(stage="cancelled", reason="stopped")

    started = answers.decided(stopped, answer("start"), MONDAY, LAW, POLICY)
    assert (started.stage, started.reason) == ("running", "")
    assert answers.decided(stopped.but(paid=stopped.amount), answer("start"), MONDAY, LAW, POLICY).stage == "cancelled"


@pytest.mark.parametrize(("days_ago", "stage"), [(0, "cancelled"), (1, "running"), (2, "running")])
def test_start_after_stop_works_from_the_first_day_on_which_it_is_overdue(days_ago: int, stage: str) -> None:
    stopped = awaiting(weekend_due="keep").but(stage="cancelled", reason="stopped")
    due = stopped.but(due_on=TODAY - timedelta(days=days_ago))

    assert answers.decided(due, answer("start"), MONDAY, LAW, POLICY).stage == stage


def test_start_of_what_runs_already_changes_nothing() -> None:
    assert answers.decided(running(), answer("start"), MONDAY, LAW, POLICY) == running().but(answer_no=1)


def test_received_fees_settle_it() -> None:
    after = answers.decided(collecting(), fee_answer("received"), MONDAY, LAW, POLICY)

    assert (after.stage, after.reason) == ("settled", "fees_paid")
    assert open_fees(after.ledger) == Decimal("0.00")
    assert after.ledger[-1].kind == "collected"


def test_covering_settles_it_and_says_how_much() -> None:
    after = answers.decided(collecting(), fee_answer("cover"), MONDAY, LAW, POLICY)

    assert (after.stage, after.reason) == ("settled", "covered")
    assert after.news[-1].covered == Decimal("100.00")  # type: ignore[attr-defined]


def test_covered_fees_can_be_collected_after_all_and_covered_again() -> None:
    covered = saved(answers.decided(collecting(), fee_answer("cover", 1), MONDAY, LAW, POLICY))
    again = saved(answers.decided(covered, fee_answer("collect", 2), MONDAY, LAW, POLICY))
    third = answers.decided(again, fee_answer("cover", 3), MONDAY, LAW, POLICY)

    assert (again.stage, open_fees(again.ledger)) == ("collecting_fees", Decimal("100.00"))
    assert (third.stage, open_fees(third.ledger)) == ("settled", Decimal("0.00"))
    assert len({(line.kind, line.step, line.attempt) for line in third.ledger}) == len(third.ledger)


def test_a_fee_choice_before_the_payment_becomes_this_invoices_policy() -> None:
    after = answers.decided(running(), fee_answer("cover"), MONDAY, LAW, POLICY)

    assert after.policy == replace(running().policy, fee_policy="cover")
    assert (after.answer_no, after.fee_answer_no) == (0, 1)
    assert said(after) == []


@pytest.mark.parametrize("word", ["collect", "cover", "received"])
@pytest.mark.parametrize(
    "before",
    [running(1, TODAY), running(1, TODAY).but(stage="paused"), collecting().but(stage="settled", reason="fees_paid")],
    ids=lambda p: p.stage,
)
def test_a_fee_choice_moves_nothing_but_what_waits_for_fees_alone(before: Procedure, word: e.FeeChoice) -> None:
    after = answers.decided(before, fee_answer(word), MONDAY, LAW, POLICY)

    assert (after.stage, after.reason, after.owed) == (before.stage, before.reason, before.owed)
    assert said(after) == []


def test_an_older_fee_answer_is_passed_over() -> None:
    with pytest.raises(NothingToDo):
        answers.decided(collecting().but(fee_answer_no=3), fee_answer("cover", 2), MONDAY, LAW, POLICY)

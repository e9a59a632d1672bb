"""What the company picked is dunned by its yes; what came in during its pause is asked about once that is over."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from common.ledger import CHARGES
from dunning import answers, issuing, opening, steps
from dunning.fees import Arrears
from dunning.knowledge import Knowledge
from dunning.policy import Policy
from dunning.procedure import NothingToDo, Procedure
from tests.unit.dunning.procedures import KNOWN, LAW, MONDAY, TODAY, invoice, overdue, paid_invoice, said, saved

HOURS = timedelta(hours=2)


def picked(**changes: Any) -> e.InvoiceOverdue:
    return e.InvoiceOverdue(company="12345674", invoice=invoice(**changes), fetch_id="f", picked=True)


def opened(event: e.InvoiceEvent, **policy: Any) -> Procedure:
    return opening.opened(event, Policy(**policy), None, MONDAY, LAW)


def changed(**policy: Any) -> Procedure:
    """Newer news of the picked invoice came first."""
    event = e.InvoiceChanged(company="12345674", invoice=invoice(sequence=2), fetch_id="f")
    return saved(opened(event, **policy))


@pytest.mark.parametrize(
    "policy",
    [{}, {"paused": True}, {"silence": "stay"}, {"smallest_amount": Decimal("5000.00")}],
    ids=["usually", "in a pause", "where silence starts nothing", "too small"],
)
def test_what_the_company_picked_starts_at_once_without_a_question(policy: dict[str, Any]) -> None:
    procedure = opened(picked(), **policy)

    assert (procedure.stage, procedure.wake_at) == ("running", MONDAY)
    assert said(procedure) == ["procedure.started"]
    assert procedure.news[0].by == "answer"  # type: ignore[attr-defined]


@pytest.mark.parametrize("policy", [{}, {"paused": True}], ids=["usually", "in a pause"])
def test_what_was_picked_is_looked_at_in_the_erp_and_then_reminded_of(policy: dict[str, Any]) -> None:
    before = saved(opened(picked(), **policy))

    looking = saved(steps.due(before, before.wake_no, MONDAY, HOURS, KNOWN, Policy(**policy)))
    checked = e.InvoiceChecked(
        company="12345674", procedure_id=before.id, invoice_number="1001", wake_no=looking.wake_no, invoice=invoice()
    )
    after = steps.checked(looking, checked, MONDAY, LAW, Arrears())

    assert looking.stage == "checking"
    assert said(after) == ["reminder.issued"]


def test_what_was_picked_and_turns_out_to_be_paid_gets_no_letter() -> None:
    before = saved(opened(picked(), paused=True))
    looking = saved(steps.due(before, before.wake_no, MONDAY, HOURS, KNOWN, Policy(paused=True)))
    checked = e.InvoiceChecked(
        company="12345674",
        procedure_id=before.id,
        invoice_number="1001",
        wake_no=looking.wake_no,
        invoice=paid_invoice(),
    )

    after = steps.checked(looking, checked, MONDAY, LAW, Arrears())

    assert (after.stage, said(after)) == ("settled", ["procedure.settled"])


def test_what_was_picked_waits_for_fresh_knowledge_like_any_other() -> None:
    before = saved(opened(picked()))

    after = steps.due(before, before.wake_no, MONDAY, HOURS, Knowledge(), Policy())

    assert (after.stage, said(after)) == ("running", [])
    assert after.held


def test_a_customer_who_is_never_dunned_is_not_dunned_by_a_pick() -> None:
    procedure = opened(picked(), never_dunned=("BF-1",))

    assert (procedure.stage, procedure.reason) == ("cancelled", "not_worth_dunning")


def test_what_was_paid_when_the_pick_is_heard_starts_nothing() -> None:
    procedure = opened(picked(paid=Decimal("1250.00")))

    assert (procedure.stage, said(procedure)) == ("settled", [])


# --- heard late ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "policy",
    [{}, {"paused": True}, {"smallest_amount": Decimal("5000.00")}],
    ids=["it was asked about", "in a pause", "it was too small"],
)
def test_a_pick_that_is_heard_after_newer_news_counts_all_the_same(policy: dict[str, Any]) -> None:
    before = changed(**policy)

    after = answers.picked(before, picked(), Policy(**policy), MONDAY)

    assert (after.stage, after.sequence) == ("running", 2)
    assert said(after) == ["procedure.started"]


@pytest.mark.parametrize(
    "known",
    [
        {"stage": "running"},
        {"stage": "cancelled", "reason": "stopped"},
        {"stage": "settled", "reason": "paid"},
        {"disputed": True},
        {"round": 2},
        {"paid": Decimal("1250.00")},
        {"customer_number": "BF-9"},
    ],
    ids=["running", "stopped since", "settled", "disputed", "a later round", "paid", "never dunned"],
)
def test_a_pick_that_is_heard_late_undoes_nothing(known: dict[str, Any]) -> None:
    before = changed().but(**known)

    with pytest.raises(NothingToDo):
        answers.picked(before, picked(), Policy(never_dunned=("BF-9",)), MONDAY)


def test_old_news_that_was_not_picked_is_passed_over() -> None:
    with pytest.raises(NothingToDo, match="sequence 2 of this invoice is known"):
        answers.picked(changed(), overdue(), Policy(), MONDAY)


# --- the end of a pause ----------------------------------------------------------------------------------------------
def adopting(policy_no: int = 2) -> e.PolicyAdopted:
    return e.PolicyAdopted(company="12345674", procedure_id="p", invoice_number="1001", policy_no=policy_no)


def test_what_came_in_during_a_pause_is_asked_about_when_it_is_over() -> None:
    before = saved(opened(overdue(), paused=True))

    after = answers.adopted(before, adopting(), Policy(), MONDAY)

    assert said(after) == ["decision.requested"]
    assert (after.stage, after.wake_at is not None) == ("awaiting_decision", True)


def test_what_the_end_of_one_pause_asks_about_goes_together_and_not_with_another() -> None:
    before = saved(opened(overdue(), paused=True))
    other = saved(opened(overdue(number="1002"), paused=True))

    first, second, later = (
        answers.adopted(one, adopting(policy_no), Policy(), MONDAY).news[0].fetch_id  # type: ignore[attr-defined]
        for one, policy_no in ((before, 2), (other, 2), (before, 4))
    )

    assert first == second != later
    assert len(first) == 36


def test_one_that_is_too_small_by_then_is_not_asked_about() -> None:
    before = saved(opened(overdue(), paused=True))

    after = answers.adopted(before, adopting(), Policy(smallest_amount=Decimal("5000.00")), MONDAY)

    assert (after.stage, after.reason) == ("cancelled", "not_worth_dunning")


def test_it_is_asked_once_however_often_the_company_pauses() -> None:
    asked = saved(answers.adopted(saved(opened(overdue(), paused=True)), adopting(2), Policy(), MONDAY))

    paused = saved(answers.adopted(asked, adopting(3), Policy(paused=True), MONDAY))
    after = answers.adopted(paused, adopting(4), Policy(), MONDAY)

    assert said(after) == []


def test_a_pause_that_has_begun_again_leaves_it_for_the_next_end() -> None:
    before = saved(opened(overdue(), paused=True))

    still = saved(answers.adopted(before, adopting(2), Policy(paused=True), MONDAY))
    after = answers.adopted(still, adopting(4), Policy(), MONDAY)

    assert still.stage == "awaiting_decision"
    assert said(after) == ["decision.requested"]


def test_one_that_the_company_has_started_meanwhile_is_not_asked_about() -> None:
    event = e.DecisionMade(
        company="12345674", procedure_id="p", invoice_number="1001", answer_no=1, answered_at=MONDAY, choice="start"
    )
    policy = Policy(paused=True)
    before = saved(opened(overdue(), paused=True))

    running = saved(answers.decided(before, event, MONDAY, LAW, policy))
    after = answers.adopted(running, adopting(), Policy(), MONDAY)

    assert running.stage == after.stage == "running"
    assert said(after) == []


def test_a_start_in_a_pause_goes_on_to_its_letters() -> None:
    """DESIGN §5: invoices are listed, and each can be dunned by itself."""
    event = e.DecisionMade(
        company="12345674", procedure_id="p", invoice_number="1001", answer_no=1, answered_at=MONDAY, choice="start"
    )
    policy = Policy(paused=True)
    running = saved(answers.decided(saved(opened(overdue(), paused=True)), event, MONDAY, LAW, policy))

    looking = saved(steps.due(running, running.wake_no, MONDAY, HOURS, KNOWN, policy))
    later = looking.but(step=1, stage="running", last_reminder_on=TODAY).waking(MONDAY + timedelta(days=10))
    again = steps.due(later, later.wake_no, MONDAY + timedelta(days=10), HOURS, Knowledge(), policy)

    assert looking.stage == "checking"
    assert again.held, "it waits for a fetch, not for the end of the pause"
    assert issuing.earliest(later) <= TODAY + timedelta(days=10)
    assert not [line for line in looking.ledger if line.account in CHARGES]

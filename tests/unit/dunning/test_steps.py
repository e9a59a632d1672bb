from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from common.calendar import office_opens
from dunning import answers, letters, steps
from dunning.fees import Arrears
from dunning.policy import Policy
from dunning.procedure import NothingToDo, Procedure
from tests.unit.dunning.procedures import (
    KNOWN,
    LAW,
    MONDAY,
    POLICY,
    TODAY,
    asked,
    awaiting,
    checking,
    debtor,
    invoice,
    kinds,
    letter,
    open_fees,
    paid_invoice,
    pending,
    running,
    said,
    saved,
)

TWO_HOURS = timedelta(hours=2)


def woken(before: Procedure, now: datetime) -> Procedure:
    return steps.due(before.but(wake_at=now), before.wake_no, now, TWO_HOURS, replace(KNOWN, began_at=now), POLICY)


def looked(before: Procedure, now: datetime = MONDAY, **changes: object) -> Procedure:
    fresh = invoice(**{"observed_at": now} | changes)
    return steps.checked(before, answer(before, fresh), now, LAW, Arrears())


def answer(before: Procedure, fresh: e.Invoice) -> e.InvoiceChecked:
    return e.InvoiceChecked(company="c", procedure_id="p", invoice_number="1001", wake_no=before.wake_no, invoice=fresh)


def test_silence_starts_when_the_time_to_answer_is_over() -> None:
    after = woken(asked(), office_opens(date(2026, 3, 5)))

    assert after.stage == "running"
    assert said(after) == ["procedure.started"]
    assert after.news[0].by == "silence"  # type: ignore[attr-defined]


def test_silence_of_a_company_that_chose_so_starts_nothing() -> None:
    after = woken(asked(silence="stay"), office_opens(date(2026, 3, 5)))

    assert (after.stage, after.wake_at) == ("awaiting_decision", None)


def test_a_company_that_was_not_asked_is_waited_for() -> None:
    after = woken(awaiting(), office_opens(date(2026, 3, 5)))

    assert after.stage == "awaiting_decision"
    assert after.wake_at == office_opens(date(2026, 3, 6))
    assert said(after) == []


def test_a_notice_that_was_late_gets_its_full_time() -> None:
    late = asked().but(notified_on=date(2026, 3, 4))

    after = woken(late, office_opens(date(2026, 3, 5)))

    assert (after.stage, after.wake_at) == ("awaiting_decision", office_opens(date(2026, 3, 9)))


def test_a_due_date_that_was_moved_ahead_is_waited_for() -> None:
    after = woken(asked().but(due_on=date(2026, 3, 20)), office_opens(date(2026, 3, 5)))

    assert (after.stage, after.wake_at) == ("awaiting_decision", office_opens(date(2026, 3, 21)))


@pytest.mark.parametrize(
    "policy",
    [
        Policy(paused=True),
        Policy(silence="stay"),
        Policy(never_dunned=("BF-1",)),
        Policy(smallest_amount=Decimal("1250.01")),
    ],
    ids=["paused", "stay", "never dunned", "too small"],
)
def test_silence_starts_nothing_that_the_company_has_ruled_out_since_it_was_asked(policy: Policy) -> None:
    now = office_opens(date(2026, 3, 5))

    after = steps.due(asked().but(wake_at=now), asked().wake_no, now, TWO_HOURS, KNOWN, policy)

    assert (after.stage, after.wake_at, said(after)) == ("awaiting_decision", None, [])


@pytest.mark.parametrize("unmarked", ["f", "the fetch that found it"])
def test_silence_starts_nothing_where_payments_are_not_marked_but_a_yes_does(unmarked: str) -> None:
    now, before = office_opens(date(2026, 3, 5)), asked().but(fetch_id="the fetch that found it")
    known = replace(KNOWN, unmarked=frozenset({unmarked}))

    after = saved(steps.due(before.but(wake_at=now), before.wake_no, now, TWO_HOURS, known, POLICY))

    assert (after.stage, after.wake_at, said(after)) == ("awaiting_decision", None, [])
    assert answers.decided(after, answer_to_it("start", 1), now, LAW, POLICY).stage == "running"


def test_start_after_stop_waits_for_what_became_of_the_letter_that_was_under_way() -> None:
    stopped = saved(answers.decided(pending(), answer_to_it("stop", 1), MONDAY, LAW, POLICY))
    restarted = saved(answers.decided(stopped, answer_to_it("start", 2), MONDAY, LAW, POLICY))

    waiting = saved(woken(restarted, MONDAY))
    gone = letters.letter_withdrawn(waiting, letter(e.LetterWithdrawn, reason="stopped"), MONDAY)

    assert (waiting.stage, waiting.pending, waiting.wake_at) == ("running", True, None)
    assert (gone.pending, gone.attempt) == (False, 1)
    assert gone.wake_at is not None
    reminded = looked(gone.but(stage="checking", news=()))
    assert len({(line.kind, line.step, line.attempt) for line in reminded.ledger}) == len(reminded.ledger)
    assert open_fees(reminded.ledger) == Decimal("100.00")


def answer_to_it(choice: Any, number: int) -> e.DecisionMade:
    return e.DecisionMade(
        company="c", procedure_id="p", invoice_number="1", answer_no=number, answered_at=MONDAY, choice=choice
    )


@pytest.mark.parametrize("before", [awaiting(), running(), checking()], ids=lambda p: p.stage)
def test_another_timer_does_nothing(before: Procedure) -> None:
    with pytest.raises(NothingToDo):
        steps.due(before, before.wake_no - 1, MONDAY + timedelta(days=99), TWO_HOURS, KNOWN, POLICY)


def test_a_timer_that_rings_too_early_does_nothing() -> None:
    with pytest.raises(NothingToDo):
        steps.due(running(), running().wake_no, MONDAY - timedelta(seconds=1), TWO_HOURS, KNOWN, POLICY)


def test_a_step_begins_with_a_look_at_the_erp() -> None:
    after = woken(running(), MONDAY)

    assert (after.stage, after.wake_at) == ("checking", MONDAY + TWO_HOURS)
    assert said(after) == ["invoice.check_requested"]
    assert after.news[0].wake_no == after.wake_no == running().wake_no + 1  # type: ignore[attr-defined]


def test_a_look_that_was_not_answered_is_asked_for_again() -> None:
    after = woken(checking(), MONDAY + TWO_HOURS)

    assert after.stage == "checking"
    assert said(after) == ["invoice.check_requested"]


@pytest.mark.parametrize(("days", "steps_on"), [(9, False), (10, True), (11, True)])
def test_the_next_reminder_waits_ten_days_from_the_day_the_last_was_sent(days: int, steps_on: bool) -> None:
    now = office_opens(TODAY + timedelta(days=days))

    after = woken(running(1, TODAY), now)

    assert (after.stage == "checking") is steps_on
    if not steps_on:
        assert after.wake_at == office_opens(TODAY + timedelta(days=10))


@pytest.mark.parametrize("stage", ["escalated", "settled", "cancelled"])
def test_a_stage_that_waits_for_nothing_sleeps(stage: Any) -> None:
    assert woken(running().but(stage=stage), MONDAY).wake_at is None


def test_an_unpaid_invoice_gets_its_reminder_with_a_fee() -> None:
    after = looked(checking())

    assert (after.stage, after.pending, after.wake_at) == ("running", True, None)
    assert after.looked_at == MONDAY
    assert open_fees(after.ledger) == Decimal("100.00")
    assert said(after) == ["reminder.issued"]
    issued = after.news[0]
    assert isinstance(issued, e.ReminderIssued)
    assert issued.pay_by == TODAY + timedelta(days=9)  # the next one may leave on the tenth day
    assert (issued.step, issued.fee, issued.fees, issued.outstanding) == (
        1,
        Decimal("100.00"),
        Decimal("100.00"),
        Decimal("1250.00"),
    )


def test_only_the_rest_is_dunned_after_a_partial_payment() -> None:
    after = looked(checking(), paid=Decimal("1000.00"), sequence=2)

    assert after.news[0].outstanding == Decimal("250.00")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("step", "fees"), [(0, "50.00"), (1, "150.00"), (2, "250.00")])
def test_a_fee_that_was_lowered_or_raised_never_rises_on_the_same_claim(step: int, fees: str) -> None:
    before = checking(step, TODAY - timedelta(days=10), fee=Decimal("50.00"))

    assert open_fees(looked(before).ledger) == Decimal(fees)


def test_no_fee_is_no_line() -> None:
    after = looked(checking(fee=Decimal("0.00")))

    assert kinds(after) == []
    assert said(after) == ["reminder.issued"]


def test_no_reminder_goes_to_one_who_has_paid() -> None:
    fresh = paid_invoice(observed_at=MONDAY)

    after = steps.checked(checking(), answer(checking(), fresh), MONDAY, LAW, Arrears())

    assert (after.stage, said(after)) == ("settled", ["procedure.settled"])
    assert kinds(after) == []


def test_no_reminder_goes_out_on_a_credited_invoice() -> None:
    after = looked(checking(1, TODAY), status="credited", amount=Decimal("0.00"), sequence=2)

    assert (after.stage, after.reason) == ("settled", "credited")


def test_a_look_that_knows_less_than_we_do_is_repeated() -> None:
    before = checking().but(sequence=5)

    after = looked(before, sequence=4)

    assert (after.stage, after.wake_no) == ("checking", before.wake_no + 1)
    assert said(after) == ["invoice.check_requested"]
    assert after.news[0].wake_no == after.wake_no  # type: ignore[attr-defined]


def test_another_look_does_nothing() -> None:
    late = answer(checking(), invoice())

    with pytest.raises(NothingToDo):
        steps.checked(checking().waking(MONDAY), late, MONDAY, LAW, Arrears())
    with pytest.raises(NothingToDo):
        steps.checked(running(), answer(running(), invoice()), MONDAY, LAW, Arrears())


def test_a_due_date_that_moved_ahead_sends_nothing() -> None:
    after = looked(checking(), due_on=date(2026, 3, 9), sequence=2)

    assert (after.stage, after.wake_at) == ("running", office_opens(date(2026, 3, 10)))
    assert said(after) == []


def test_a_debtor_without_address_is_no_step_and_no_fee_and_said_once() -> None:
    first = looked(checking(), debtor=debtor(email=None), sequence=2)
    second = looked(first.but(stage="checking", news=()), debtor=debtor(email=None), sequence=2)

    assert said(first) == ["debtor.unreachable"]
    assert first.unreachable_step == first.news[0].step == 1  # type: ignore[attr-defined]
    assert (first.stage, first.pending, kinds(first)) == ("running", False, [])
    assert first.wake_at == office_opens(TODAY + timedelta(days=10))
    assert said(second) == []


def test_after_the_last_reminder_it_is_ready_for_collection() -> None:
    warned = checking(3, TODAY - timedelta(days=15)).but(warned_on=TODAY - timedelta(days=15), pay_by=TODAY)
    after = looked(warned, MONDAY + timedelta(days=1))

    assert (after.stage, after.wake_at) == ("escalated", None)
    assert said(after) == ["procedure.escalated"]


@pytest.mark.parametrize(
    ("reason", "again"),
    [
        ("unavailable", MONDAY + timedelta(hours=1)),
        ("key_refused", office_opens(TODAY + timedelta(days=1))),
        ("absent", office_opens(TODAY + timedelta(days=1))),
        ("malformed", office_opens(TODAY + timedelta(days=1))),
    ],
)
def test_no_step_without_a_look(reason: Any, again: datetime) -> None:
    failed = e.InvoiceCheckFailed(
        company="c",
        procedure_id="p",
        invoice_number="1001",
        wake_no=checking().wake_no,
        reason=reason,
    )

    after = steps.check_failed(checking(), failed, MONDAY)

    assert (after.stage, after.wake_at, said(after)) == ("running", again, [])

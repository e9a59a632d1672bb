"""Disputes, pauses, and going on; a policy that is adopted on the way; writing off the rest."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from common.calendar import office_opens
from dunning import answers, facts, letters, objecting, steps
from dunning.charges import Law
from dunning.fees import Arrears
from dunning.prices import Dated, Prices
from dunning.procedure import NothingToDo, Procedure
from dunning.rates import Rates
from tests.unit.dunning.procedures import (
    KNOWN,
    LAW,
    MONDAY,
    POLICY,
    TODAY,
    asked,
    checking,
    collecting,
    invoice,
    letter,
    paid_invoice,
    pending,
    running,
    said,
    saved,
)

D = Decimal


def objection(kind: Any, number: int = 1) -> e.ObjectionRaised:
    return e.ObjectionRaised(
        company="1", procedure_id="p", invoice_number="1001", objection_no=number, kind=kind, raised_at=MONDAY
    )


@pytest.mark.parametrize("by", ["debtor", "company"])
def test_who_took_a_dispute_back_is_said_to_have_resumed_it(by: Any) -> None:
    before = disputed(running())

    after = objecting.objected(before, replace(objection("withdraw", 2), by=by), MONDAY)

    [resumed] = [event for event in after.news if isinstance(event, e.ProcedureResumed)]
    assert (after.stage, resumed.by) == ("running", by)


def answer(choice: Any, number: int = 1) -> e.DecisionMade:
    return e.DecisionMade(
        company="1", procedure_id="p", invoice_number="1001", answer_no=number, answered_at=MONDAY, choice=choice
    )


def decided(before: Procedure, choice: Any, number: int = 1) -> Procedure:
    return answers.decided(before, answer(choice, number), MONDAY, LAW, POLICY)


def disputed(before: Procedure) -> Procedure:
    return saved(objecting.objected(before, objection("dispute"), MONDAY))


@pytest.mark.parametrize("stage", ["running", "checking", "collecting_fees", "escalated"])
def test_a_dispute_pauses_at_once(stage: Any) -> None:
    after = objecting.objected(running(1, TODAY).but(stage=stage), objection("dispute"), MONDAY)

    assert (after.stage, after.reason, after.disputed, after.wake_at) == ("paused", "disputed", True, None)
    assert said(after) == ["procedure.paused"]


def test_a_dispute_takes_back_the_fee_of_the_letter_that_has_not_left() -> None:
    after = objecting.objected(pending(), objection("dispute"), MONDAY)

    assert after.owed.fee == D("0.00")
    assert said(after) == ["fee.reversed", "procedure.paused"]


def test_the_letter_that_was_on_its_way_all_the_same_is_a_step_without_a_fee() -> None:
    after = letters.letter_sent(disputed(pending()), letter(e.LetterSent, sent_at=MONDAY))

    assert (after.stage, after.step, after.owed.fee, after.last_reminder_on) == ("paused", 1, D("0.00"), TODAY)


def test_a_paused_procedure_sleeps_until_the_company_answers() -> None:
    paused = disputed(running(1, TODAY)).but(wake_at=MONDAY)

    after = steps.due(paused, paused.wake_no, MONDAY, timedelta(hours=2), KNOWN, POLICY)

    assert (after.stage, after.wake_at) == ("paused", None)


def test_resuming_keeps_the_distance_and_charges_no_more_fees_on_what_was_disputed() -> None:
    resumed = saved(decided(disputed(running(1, TODAY - timedelta(days=3))), "resume"))

    assert (resumed.stage, resumed.wake_at) == ("running", office_opens(TODAY + timedelta(days=7)))
    now = MONDAY + timedelta(days=7)
    looking = resumed.but(stage="checking").waking(now)
    look = e.InvoiceChecked(
        company="1",
        procedure_id="p",
        invoice_number="1001",
        wake_no=looking.wake_no,
        invoice=invoice(observed_at=now),
    )
    reminder = steps.checked(looking, look, now, LAW, Arrears()).news[0]
    assert isinstance(reminder, e.ReminderIssued)
    assert (reminder.step, reminder.fee, reminder.fees) == (2, D("0.00"), D("100.00"))


def test_resuming_keeps_the_time_that_a_warning_gave() -> None:
    warned = running(3, TODAY).but(warned_on=TODAY, pay_by=TODAY + timedelta(days=14))

    resumed = saved(decided(disputed(warned), "resume"))

    assert (resumed.stage, resumed.wake_at) == ("running", office_opens(TODAY + timedelta(days=15)))


def test_a_long_pause_is_not_caught_up_with() -> None:
    paused = disputed(running(1, TODAY - timedelta(days=200)))

    resumed = saved(decided(paused, "resume"))
    now = office_opens(TODAY)
    looking = saved(steps.due(resumed, resumed.wake_no, now, timedelta(hours=2), replace(KNOWN, began_at=now), POLICY))
    look = e.InvoiceChecked(
        company="1",
        procedure_id="p",
        invoice_number="1001",
        wake_no=looking.wake_no,
        invoice=invoice(observed_at=now),
    )
    reminded = saved(steps.checked(looking, look, now, LAW, Arrears()))
    sent = letters.letter_sent(reminded, letter(e.LetterSent, step=2, sent_at=now))

    assert resumed.wake_at == now
    assert (sent.step, sent.wake_at) == (2, office_opens(TODAY + timedelta(days=10)))


def test_a_debtor_who_withdraws_his_objection_goes_on_as_before() -> None:
    after = objecting.objected(disputed(running(1, TODAY)), objection("withdraw", 2), MONDAY)

    assert (after.stage, after.disputed) == ("running", False)
    assert after.news[-1].by == "debtor"  # type: ignore[attr-defined]


def test_a_debtors_word_that_he_has_paid_holds_the_letters_for_five_banking_days_once() -> None:
    first = saved(objecting.objected(running(1, TODAY), objection("paid"), MONDAY))
    until = office_opens(date(2026, 3, 9))

    woken = saved(steps.due(first, first.wake_no, until, timedelta(hours=2), KNOWN, POLICY))
    again = objecting.objected(woken, objection("paid", 2), MONDAY)

    assert (first.stage, first.reason, first.wake_at, first.disputed) == ("paused", "said_paid", until, False)
    assert (woken.stage, woken.wake_at) == ("running", office_opens(TODAY + timedelta(days=10)))
    assert (again.stage, again.objection_no, said(again)) == ("running", 2, [])


def test_his_word_that_he_has_paid_holds_nothing_again_after_a_dispute() -> None:
    held = saved(objecting.objected(running(1, TODAY), objection("paid"), MONDAY))
    objected = saved(objecting.objected(held, objection("dispute", 2), MONDAY))
    resumed = saved(decided(objected, "resume"))

    again = objecting.objected(resumed, objection("paid", 3), MONDAY)

    assert (objected.reason, again.stage, said(again)) == ("disputed", "running", [])


def test_a_wish_to_be_called_changes_nothing() -> None:
    after = objecting.objected(running(), objection("call"), MONDAY)

    assert after == running().but(objection_no=1)


@pytest.mark.parametrize("kind", ["dispute", "paid", "call", "withdraw"])
@pytest.mark.parametrize("stage", ["settled", "cancelled"])
def test_what_is_over_stays_over(kind: Any, stage: Any) -> None:
    over = running().but(stage=stage)

    after = objecting.objected(over, objection(kind), MONDAY)

    assert after == over.but(objection_no=1, disputed=kind == "dispute")


def test_silence_does_not_start_what_is_disputed() -> None:
    before = disputed(asked())

    after = steps.due(before.but(wake_at=MONDAY), before.wake_no, MONDAY, timedelta(hours=2), KNOWN, POLICY)

    assert (before.stage, after.stage, after.wake_at) == ("awaiting_decision", "awaiting_decision", None)


def test_an_older_objection_changes_nothing() -> None:
    with pytest.raises(NothingToDo):
        objecting.objected(disputed(running()), objection("withdraw", 1), MONDAY)


# --- both at once ----------------------------------------------------------------------------------------------------
def test_a_pause_that_is_heard_before_the_start_pauses() -> None:
    pause = replace(answer("pause", 2), latest={"start": 1, "pause": 2})

    paused = saved(answers.decided(asked(), pause, MONDAY, LAW, POLICY))

    assert (paused.stage, paused.reason, paused.wake_at) == ("paused", "company", None)
    with pytest.raises(NothingToDo):
        decided(paused, "start", 1)


@pytest.mark.parametrize("last", ["call", "paid"])
def test_a_dispute_is_heard_from_whatever_he_said_after_it(last: Any) -> None:
    said = replace(objection(last, 2), latest={"dispute": 1, last: 2})

    after = saved(objecting.objected(running(1, TODAY), said, MONDAY))

    assert (after.stage, after.reason, after.disputed) == ("paused", "disputed", True)
    with pytest.raises(NothingToDo):
        objecting.objected(after, objection("dispute", 1), MONDAY)


def test_a_dispute_that_was_answered_pauses_nothing_when_he_says_something_else() -> None:
    resumed = saved(decided(disputed(running(1, TODAY)), "resume"))

    after = objecting.objected(resumed, replace(objection("call", 2), latest={"dispute": 1, "call": 2}), MONDAY)

    assert (after.stage, after.disputed, said(after)) == ("running", True, [])


def test_an_answer_to_a_dispute_that_comes_first_answers_it() -> None:
    resume = replace(answer("resume"), objections={"dispute": 1})

    after = saved(answers.decided(running(1, TODAY), resume, MONDAY, LAW, POLICY))

    assert (after.stage, after.disputed) == ("running", True)
    with pytest.raises(NothingToDo):
        objecting.objected(after, objection("dispute", 1), MONDAY)


def test_an_answer_to_a_dispute_that_the_company_knew_of_goes_on() -> None:
    resume = replace(answer("resume"), objections={"dispute": 1})

    after = answers.decided(disputed(running(1, TODAY)), resume, MONDAY, LAW, POLICY)

    assert (after.stage, said(after)) == ("running", ["procedure.resumed"])


def test_a_dispute_that_the_company_did_not_know_of_when_it_answered_waits_for_its_answer() -> None:
    paused = saved(decided(running(1, TODAY), "pause"))
    resume = replace(answer("resume", 2), objections={})

    after = answers.decided(disputed(paused), resume, MONDAY, LAW, POLICY)

    assert (after.stage, after.reason) == ("paused", "disputed")
    assert said(after) == ["procedure.resumed", "procedure.paused"]


@pytest.mark.parametrize("kind", ["dispute", "paid"])
def test_the_companys_pause_outlasts_what_the_debtor_says_and_takes_back(kind: Any) -> None:
    held = saved(objecting.objected(running(1, TODAY), objection(kind), MONDAY))

    paused = saved(decided(held, "pause"))
    after = objecting.objected(paused, objection("withdraw", 2), MONDAY)

    assert (paused.stage, paused.reason, paused.wake_at) == ("paused", "company", None)
    assert (after.stage, after.reason, after.disputed) == ("paused", "company", False)


def test_fees_that_came_in_while_it_paused_settle_it() -> None:
    paused = saved(decided(collecting(), "pause"))
    received = e.FeeDecisionMade(
        company="1", procedure_id="p", invoice_number="1001", answer_no=2, answered_at=MONDAY, choice="received"
    )

    after = answers.decided(paused, received, MONDAY, LAW, POLICY)

    assert (after.stage, after.reason, after.owed.charges) == ("settled", "fees_paid", D("0.00"))


# --- the company -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stage", ["running", "checking", "collecting_fees", "escalated"])
def test_the_company_pauses_and_resumes(stage: Any) -> None:
    paused = saved(decided(running(1, TODAY).but(stage=stage), "pause"))

    assert (paused.stage, paused.reason, paused.disputed) == ("paused", "company", False)
    resumed = decided(paused, "resume", 2)
    assert (resumed.stage, resumed.reason) == ("running", "")


def test_a_pause_of_what_the_company_pauses_is_no_news() -> None:
    paused = saved(decided(running(1, TODAY), "pause"))

    assert said(decided(paused, "pause", 2)) == []


def test_what_owes_nothing_any_more_is_over_when_it_is_resumed() -> None:
    paid = saved(facts.paid(disputed(running(1, TODAY)), paid_invoice(), MONDAY, LAW))
    bounced = saved(letters.letter_bounced(paid, letter(e.LetterBounced, reason="550", status="5.1.1"), MONDAY))

    after = decided(bounced, "resume")

    assert (bounced.stage, after.stage, after.reason) == ("paused", "settled", "paid")


def test_a_paused_procedure_whose_principal_is_paid_goes_on_with_the_fees() -> None:
    paid = saved(facts.paid(disputed(running(1, TODAY)), paid_invoice(), MONDAY, LAW))

    after = decided(paid, "resume")

    assert (paid.stage, after.stage, after.reason) == ("paused", "collecting_fees", "")
    assert said(after) == ["procedure.resumed", "procedure.collecting_fees"]


def test_the_companys_pause_outlasts_the_payment_of_the_principal() -> None:
    paid = saved(facts.paid(saved(decided(running(1, TODAY), "pause")), paid_invoice(), MONDAY, LAW))

    after = decided(paid, "resume", 2)

    assert (paid.stage, paid.reason, paid.wake_at) == ("paused", "company", None)
    assert (after.stage, after.owed.fee) == ("collecting_fees", D("100.00"))


def test_a_payment_that_the_debtor_spoke_of_ends_the_wait_for_it() -> None:
    held = saved(objecting.objected(running(1, TODAY), objection("paid"), MONDAY))

    assert facts.paid(held, paid_invoice(), MONDAY, LAW).stage == "collecting_fees"


def test_a_payment_of_what_was_disputed_once_and_goes_on_leaves_the_fees_to_collect() -> None:
    resumed = saved(decided(disputed(running(1, TODAY)), "resume"))

    assert facts.paid(resumed, paid_invoice(), MONDAY, LAW).stage == "collecting_fees"


def test_a_payment_ends_a_paused_procedure_without_fees() -> None:
    after = facts.paid(disputed(running()), paid_invoice(), MONDAY, LAW)

    assert (after.stage, after.reason) == ("settled", "paid")


@pytest.mark.parametrize("choice", ["pause", "resume", "start", "waive"])
def test_what_makes_no_sense_where_it_stands_changes_nothing(choice: Any) -> None:
    before = running().but(stage="settled", reason="paid")

    assert decided(before, choice) == before.but(answer_no=1)


def test_a_stop_ends_a_pause() -> None:
    assert decided(disputed(running(1, TODAY)), "stop").stage == "cancelled"


@pytest.mark.parametrize("stage", ["awaiting_decision", "running", "paused", "collecting_fees", "escalated"])
def test_the_company_writes_off_the_rest(stage: Any) -> None:
    before = running(1, TODAY).but(stage=stage)

    after = decided(before, "waive")

    assert (after.stage, after.reason, after.owed.total) == ("settled", "waived", D("0.00"))
    assert after.news[-1].waived == D("1350.00")  # type: ignore[attr-defined]
    assert after.ledger[: len(before.ledger)] == before.ledger


def test_a_write_off_counts_no_fee_of_a_letter_that_has_not_left() -> None:
    after = decided(pending(), "waive")

    assert said(after) == ["fee.reversed", "procedure.settled"]
    assert after.news[-1].waived == D("1250.00")  # type: ignore[attr-defined]


def test_a_payment_after_a_write_off_counts_before_it() -> None:
    waived = saved(decided(running(), "waive"))

    after = facts.paid(waived, paid_invoice(), MONDAY, LAW)

    assert (after.stage, after.owed.principal, after.owed.surplus) == ("settled", D("0.00"), D("0.00"))


def test_a_part_payment_after_a_write_off_leaves_the_rest_written_off() -> None:
    waived = saved(decided(running(), "waive"))

    after = facts.changed(waived, invoice(sequence=2, paid=D("250.00")), MONDAY, LAW)

    assert (after.stage, after.owed.principal, after.owed.surplus) == ("settled", D("0.00"), D("0.00"))
    assert [line.amount for line in after.ledger if line.against == "lost"] == [D("-1250.00"), D("250.00")]


def test_a_credit_of_what_was_written_off_is_no_news() -> None:
    waived = saved(decided(running(), "waive"))

    after = facts.credited(waived, invoice(sequence=2, status="credited", amount=D("0.00")), MONDAY, LAW)

    assert (after.reason, after.owed.total, said(after)) == ("waived", D("0.00"), [])


# --- policies --------------------------------------------------------------------------------------------------------
NEW = replace(POLICY, fee=D("50.00"), reminders=1)


def test_a_policy_of_today_is_followed_from_the_start_on() -> None:
    after = answers.decided(asked(), answer("start"), MONDAY, LAW, NEW)

    assert after.policy == NEW


def test_a_running_procedure_keeps_its_policy() -> None:
    stopped = running(1, TODAY).but(stage="cancelled", reason="stopped")

    after = answers.decided(stopped, answer("start"), MONDAY, LAW, NEW)

    assert (after.stage, after.policy) == ("running", stopped.policy)


def adopted(number: int = 2) -> e.PolicyAdopted:
    return e.PolicyAdopted(company="1", procedure_id="p", invoice_number="1001", policy_no=number)


def test_a_running_procedure_follows_a_new_policy_when_the_company_says_so() -> None:
    before = running(1, TODAY).waking(MONDAY + timedelta(days=9))

    after = answers.adopted(before, adopted(), NEW, MONDAY)

    assert (after.policy, after.policy_no, after.wake_at) == (NEW, 2, MONDAY)


def test_what_was_said_of_this_invoices_fees_outlives_another_policy() -> None:
    covering = running(1, TODAY, fee_policy="cover")

    assert answers.adopted(covering, adopted(), NEW, MONDAY).policy == NEW
    answered = answers.adopted(covering.but(fee_answer_no=1), adopted(), NEW, MONDAY)
    assert answered.policy == replace(NEW, fee_policy="cover")


@pytest.mark.parametrize("before", [running().but(policy_no=2), running().but(stage="settled")])
def test_an_old_policy_or_one_for_what_is_over_is_not_adopted(before: Procedure) -> None:
    with pytest.raises(NothingToDo):
        answers.adopted(before, adopted(), NEW, MONDAY)


@pytest.mark.parametrize("before", [pending(), checking(), collecting()], ids=lambda p: p.stage)
def test_a_new_policy_wakes_nothing_that_waits_for_something_else(before: Procedure) -> None:
    assert answers.adopted(before, adopted(), NEW, MONDAY).wake_no == before.wake_no


def test_a_warning_that_came_with_a_reminder_bounces_as_one_whatever_policy_was_adopted_since() -> None:
    warned = running(1, TODAY, reminders=1).but(warned_on=TODAY, warned_by="reminder", warned_step=1, pay_by=TODAY)

    after = saved(answers.adopted(warned, adopted(), replace(NEW, reminders=1, collection_notice="after"), MONDAY))
    back = letters.letter_bounced(after, letter(e.LetterBounced, reason="550", status="5.1.1"), MONDAY)

    assert (after.policy.fee, after.policy.collection_notice) == (NEW.fee, "after")
    assert (back.step, back.warned_on) == (0, None)


def test_a_warning_that_came_with_a_reminder_costs_the_company_no_second_letter() -> None:
    dear = Law(rates=Rates(), prices=Prices((Dated("collection_notice", TODAY, Decimal("20.00")),)))
    warned = running(1, TODAY, reminders=1).but(warned_on=TODAY, warned_by="reminder", warned_step=1, pay_by=TODAY)

    cover = replace(NEW, fee_policy="cover", collection_notice="after")
    after = facts.paid(answers.adopted(warned, adopted(), cover, MONDAY), paid_invoice(), MONDAY, dear)

    assert (after.reason, after.owed.company) == ("covered", Decimal("0.00"))

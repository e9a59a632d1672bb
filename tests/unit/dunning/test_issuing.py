"""Which letter is next, and what it may cost: the collection notice, the hand-over, and what was found late."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from common.calendar import office_opens
from dunning import facts, issuing, letters, opening, steps
from dunning.ending import refunded
from dunning.fees import Arrears, Debt, compensation, has_room, reminder_fee
from dunning.knowledge import Knowledge, is_booked, why_held
from dunning.ledger import Line
from dunning.moves import cancelled
from dunning.policy import Policy
from dunning.prices import Dated, Prices
from dunning.procedure import NothingToDo, Procedure
from tests.unit.dunning.procedures import (
    KNOWN,
    LAW,
    MONDAY,
    POLICY,
    TODAY,
    checking,
    collecting,
    debtor,
    invoice,
    letter,
    paid_invoice,
    pending,
    running,
    said,
    saved,
)

D = Decimal
DAY = timedelta(days=1)


def stepped(before: Procedure, on: date, arrears: Arrears | None = None, **changes: Any) -> Procedure:
    """The timer rings on that day, and the look finds the invoice still owed."""
    now = office_opens(on)
    woken = before.but(wake_at=now)
    looking = steps.due(
        woken, woken.wake_no, now, timedelta(hours=2), Knowledge(fetch_id="f", began_at=now), woken.policy
    )
    if looking.stage != "checking":
        return saved(looking)
    look = e.InvoiceChecked(
        company="1",
        procedure_id="p",
        invoice_number="1001",
        wake_no=looking.wake_no,
        invoice=invoice(observed_at=now, **changes),
    )
    return steps.checked(saved(looking), look, now, LAW, arrears or Arrears())


def delivered(before: Procedure, on: date) -> Procedure:
    kind, done = before.pending_kind, before.step
    step = before.fee_letters + 1 if kind == "fee_reminder" else done + 1
    return saved(
        letters.letter_sent(saved(before), letter(e.LetterSent, step, before.attempt, kind, sent_at=office_opens(on)))
    )


# --- the collection notice -------------------------------------------------------------------------------------------
def test_the_last_reminder_warns_of_debt_collection_and_gives_at_least_ten_days() -> None:
    first = stepped(running(reminders=2), TODAY)
    last = stepped(running(1, TODAY - 10 * DAY, reminders=2), TODAY)

    assert (first.news[0].collection_notice, first.pay_by) == (False, None)  # type: ignore[attr-defined]
    assert (last.news[0].collection_notice, last.news[0].pay_by) == (True, TODAY + 14 * DAY)  # type: ignore[attr-defined]
    sent = delivered(last, TODAY)
    assert (sent.warned_on, sent.pay_by, sent.wake_at) == (TODAY, TODAY + 14 * DAY, office_opens(TODAY + 15 * DAY))


def test_a_collection_notice_of_its_own_follows_the_last_reminder_and_costs_nothing() -> None:
    reminded = delivered(stepped(running(reminders=1, collection_notice="after"), TODAY), TODAY)
    warned = stepped(reminded, TODAY + 10 * DAY)
    sent = delivered(warned, TODAY + 10 * DAY)

    assert (reminded.step, reminded.warned_on) == (1, None)
    assert said(warned) == ["collection.notice_issued"]
    assert warned.news[0].step == 2  # type: ignore[attr-defined]
    assert warned.owed == reminded.owed
    assert (sent.step, sent.warned_on) == (1, TODAY + 10 * DAY)
    assert sent.wake_at == office_opens(TODAY + 25 * DAY)


def test_who_was_warned_is_reminded_first_when_the_company_wants_more_reminders_after_all() -> None:
    warned = running(1, TODAY, reminders=2).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY)

    assert said(stepped(warned, TODAY + 15 * DAY)) == ["reminder.issued"]


def test_nobody_is_handed_on_who_was_not_warned() -> None:
    unwarned = running(3, TODAY - 30 * DAY)

    assert said(stepped(unwarned, TODAY)) == ["collection.notice_issued"]


def test_nobody_is_handed_on_within_the_time_that_the_warning_gave() -> None:
    warned = running(3, TODAY).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY)

    early = stepped(warned, TODAY + 14 * DAY)
    over = stepped(warned, TODAY + 15 * DAY)

    assert (early.stage, early.wake_at) == ("running", office_opens(TODAY + 15 * DAY))
    assert over.stage == "escalated"


@pytest.mark.parametrize("has_left", [True, False])
def test_a_letter_for_fees_leaves_the_time_that_the_warning_gave_as_it_is(has_left: bool) -> None:
    """The payment is taken back after it, on the day after its payment was known."""
    warned = running(3, TODAY).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY)
    late, fees = office_opens(TODAY + 11 * DAY), collecting_from(warned, TODAY + DAY)
    asked = saved(looked_at(fees, late))
    after = saved(facts.changed(asked, invoice(sequence=20), late, LAW))
    gone = letter(e.LetterWithdrawn, what="fee_reminder", reason="stopped")
    left = delivered(after, TODAY + 11 * DAY) if has_left else saved(letters.letter_withdrawn(after, gone, late))

    early, over = stepped(left, TODAY + 14 * DAY, sequence=20), stepped(left, TODAY + 21 * DAY, sequence=20)

    assert asked.pending_kind == "fee_reminder"
    assert early.stage == "running"
    assert (over.stage, over.news[-1].pay_by) == ("escalated", TODAY + 14 * DAY)  # type: ignore[attr-defined]


def collecting_from(before: Procedure, day: date) -> Procedure:
    return saved(facts.paid(before, paid_invoice(), office_opens(day), LAW))


def looked_at(before: Procedure, now: datetime) -> Procedure:
    looking = before.waking(now)
    look = e.InvoiceChecked(
        company="1",
        procedure_id="p",
        invoice_number="1001",
        wake_no=looking.wake_no,
        invoice=paid_invoice(observed_at=now),
    )
    return steps.checked(looking, look, now, LAW, Arrears())


def test_a_collector_is_told_all_that_he_needs() -> None:
    warned = running(3, TODAY, collection_fee=D("100.00")).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY, disputed=False)

    after = stepped(warned, TODAY + 15 * DAY, paid=D("250.00"), sequence=2)

    handed = after.news[-1]
    assert isinstance(handed, e.ProcedureEscalated)
    assert (handed.outstanding, handed.amount, handed.paid) == (D("1000.00"), D("1250.00"), D("250.00"))
    assert (handed.fees, handed.collection_fee, handed.reminders) == (D("300.00"), D("100.00"), 3)
    assert (handed.warned_on, handed.pay_by, handed.due_on) == (TODAY, TODAY + 14 * DAY, date(2026, 2, 16))
    assert handed.debtor == debtor()
    assert after.owed.total == handed.outstanding + handed.fees  # nobody has been asked to collect it yet


def test_no_debt_collection_fee_is_named_on_a_dispute() -> None:
    warned = running(3, TODAY, collection_fee=D("100.00")).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY)

    disputed = stepped(warned.but(disputed=True), TODAY + 15 * DAY).news[-1]

    assert isinstance(disputed, e.ProcedureEscalated)
    assert (disputed.disputed, disputed.collection_fee) == (True, D("0.00"))


@pytest.mark.parametrize(("chosen", "expected"), [("40.00", "40.00"), ("100.00", "100.00"), ("250.00", "100.00")])
def test_the_debt_collection_fee_is_never_more_than_the_law_allows(chosen: str, expected: str) -> None:
    warned = running(3, TODAY, collection_fee=D(chosen)).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY)

    after = stepped(warned, TODAY + 15 * DAY)

    assert after.news[-1].collection_fee == D(expected)  # type: ignore[attr-defined]
    assert after.owed.fee == D("300.00")


# --- found late ------------------------------------------------------------------------------------------------------
def test_a_collector_is_not_told_of_fees_that_were_given_up_with_a_stop() -> None:
    warned = running(3, TODAY).but(warned_on=TODAY, pay_by=TODAY + 14 * DAY)
    stopped = cancelled(saved(stepped(warned, TODAY + 15 * DAY)), "stopped", TODAY + 15 * DAY)

    again = stepped(saved(stopped).but(stage="running"), TODAY + 30 * DAY)

    handed = again.news[-1]
    assert isinstance(handed, e.ProcedureEscalated)
    assert (handed.fees, again.owed.total) == (D("0.00"), handed.outstanding)


def test_an_invoice_that_was_found_sixty_days_late_takes_one_step_at_a_time() -> None:
    late = running().but(due_on=TODAY - 60 * DAY)

    first = stepped(late, TODAY, due_on=TODAY - 60 * DAY)
    sent = delivered(first, TODAY)
    next_day = stepped(sent, TODAY + DAY, due_on=TODAY - 60 * DAY)

    assert said(first) == ["reminder.issued"]
    assert sent.wake_at == office_opens(TODAY + 10 * DAY)
    assert (said(next_day), next_day.wake_at) == ([], office_opens(TODAY + 10 * DAY))


def test_a_procedure_that_slept_takes_one_step() -> None:
    slept = running(1, TODAY - 90 * DAY)

    second = delivered(stepped(slept, TODAY), TODAY)

    assert (second.step, second.wake_at) == (2, office_opens(TODAY + 10 * DAY))


def test_a_letter_that_waited_for_a_person_counts_from_the_day_it_left() -> None:
    held = stepped(running(1, TODAY - 90 * DAY), TODAY)

    sent = delivered(held, TODAY + 20 * DAY)

    assert sent.wake_at == office_opens(TODAY + 30 * DAY)


# --- what is known ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Knowledge(fetch_id="f", began_at=MONDAY), None),
        (Knowledge(fetch_id="f", began_at=MONDAY - 3 * DAY), None),
        (Knowledge(fetch_id="f", began_at=MONDAY - 3 * DAY - timedelta(seconds=1)), "old"),
        (Knowledge(), "old"),
        (Knowledge(fetch_id="f", began_at=MONDAY, since="failed"), "failed"),
        (Knowledge(fetch_id="f", began_at=MONDAY, since="shrunk"), "shrunk"),
    ],
)
def test_stale_knowledge_holds_the_next_letter(known: Knowledge, expected: str | None) -> None:
    before = running(1, TODAY - 10 * DAY)

    after = steps.due(before, before.wake_no, MONDAY, timedelta(hours=2), known, POLICY)

    assert why_held(known, POLICY, MONDAY) == expected
    assert after.held == (steps.WAITING if expected else 0)
    assert said(after) == ([] if expected else ["invoice.check_requested"])
    if expected:
        assert (after.stage, after.wake_at) == ("running", MONDAY + steps.KNOW_AGAIN)


NOTHING_KNOWN = (timedelta(hours=2), Knowledge(), POLICY)


def test_a_hold_is_said_once_and_not_at_once_and_ends_by_itself() -> None:
    later, fresh = MONDAY + steps.KNOW_AGAIN, Knowledge(fetch_id="g", began_at=MONDAY + steps.KNOW_AGAIN)
    first = saved(steps.due(running(), running().wake_no, MONDAY, *NOTHING_KNOWN))

    second = steps.due(first, first.wake_no, later, *NOTHING_KNOWN)
    waiting = saved(second)
    still = steps.due(waiting, waiting.wake_no, later + steps.KNOW_AGAIN, *NOTHING_KNOWN)
    known = steps.due(waiting.but(wake_at=later), waiting.wake_no, later, timedelta(hours=2), fresh, POLICY)

    assert (first.held, second.held, said(second)) == (steps.WAITING, steps.SAID, ["procedure.held"])
    assert (still.held, said(still)) == (steps.SAID, [])
    assert (known.held, said(known)) == (0, ["invoice.check_requested"])


def test_a_hold_says_since_when_nothing_is_known() -> None:
    failed = Knowledge(fetch_id="g", began_at=MONDAY - 2 * DAY, since="failed")
    waiting = running().but(held=steps.WAITING)

    held = steps.due(waiting, waiting.wake_no, MONDAY, timedelta(hours=2), failed, POLICY).news[0]

    assert isinstance(held, e.ProcedureHeld)
    assert (held.reason, held.fetch_id, held.since) == ("failed", "g", MONDAY - 2 * DAY)


def test_a_look_that_nobody_answered_is_held_as_any_other_step() -> None:
    looking = checking().but(wake_at=MONDAY)

    after = steps.due(looking, looking.wake_no, MONDAY, *NOTHING_KNOWN)

    assert (after.stage, after.held, said(after)) == ("running", steps.WAITING, [])


def test_a_fetch_that_ends_wakes_what_waits_for_it() -> None:
    waiting = steps.due(running(), running().wake_no, MONDAY, *NOTHING_KNOWN)
    later = MONDAY + timedelta(minutes=1)

    woken = steps.known_anew(saved(waiting), later)

    assert (woken.wake_at, woken.held) == (later, steps.WAITING)
    for other in (running(), pending(), running().but(held=1, stage="paused")):
        with pytest.raises(NothingToDo):
            steps.known_anew(other, later)


def test_fees_alone_are_held_too() -> None:
    before = collecting().but(wake_at=MONDAY, last_reminder_on=TODAY - 20 * DAY, held=steps.WAITING)

    after = steps.due(before, before.wake_no, MONDAY, timedelta(hours=2), Knowledge(), POLICY)

    assert (after.stage, said(after)) == ("collecting_fees", ["procedure.held"])


def test_a_step_waits_until_the_company_has_booked_what_was_paid_in_time() -> None:
    """It books on Thursdays: a payment of the due date shows in a fetch from the Friday after it on."""
    policy = Policy(booking_days="thu")
    before = running(1, TODAY - 10 * DAY).but(policy=policy)  # the step is due on Monday
    friday = office_opens(date(2026, 3, 6))

    early = steps.due(before, before.wake_no, MONDAY, timedelta(hours=2), KNOWN, policy)
    then = saved(early).but(wake_at=friday)
    fetched = Knowledge(fetch_id="f", began_at=friday - timedelta(hours=2))
    after = steps.due(then, then.wake_no, friday, timedelta(hours=2), fetched, policy)

    assert (early.stage, said(early), early.held) == ("running", [], steps.WAITING)
    assert not is_booked(Knowledge(began_at=friday - timedelta(hours=10)), policy, TODAY)
    assert said(after) == ["invoice.check_requested"]


# --- fees ------------------------------------------------------------------------------------------------------------
def owing(since: int, until: int | None = None) -> Debt:
    """From so many days ago to so many days ago."""
    return Debt(TODAY - since * DAY, None if until is None else TODAY - until * DAY)


FEE = Line("fee", 1, 0, D("100.00"), TODAY, "§ 9 b")


def test_a_reminder_that_was_free_binds_the_next_one() -> None:
    assert reminder_fee(D("100.00"), (), 1, TODAY) == D("0.00")
    assert reminder_fee(D("100.00"), (FEE,), 1, TODAY) == D("100.00")


@pytest.mark.parametrize(
    ("debts", "fees", "expected"),
    [
        ([], [], True),
        ([Debt(TODAY - 90 * DAY, None)], [TODAY - n * DAY for n in (80, 60, 40)], False),  # three in one period
        ([Debt(TODAY - 90 * DAY, None)], [TODAY - n * DAY for n in (90, 60, 40)], False),  # its first day is in it
        ([Debt(TODAY - 90 * DAY, None)], [TODAY - n * DAY for n in (91, 60, 40)], True),
        ([Debt(TODAY - 90 * DAY, None)], [TODAY - n * DAY for n in (80, 60)], True),
        ([Debt(TODAY - 90 * DAY, None)], [TODAY - 9 * DAY], False),  # ten days apart
        ([Debt(TODAY - 90 * DAY, None)], [TODAY - 10 * DAY], True),
        # all was paid on the 31st day before; one day without arrears begins another period
        (
            [Debt(TODAY - 90 * DAY, TODAY - 31 * DAY), Debt(TODAY - 29 * DAY, None)],
            [TODAY - n * DAY for n in (80, 60, 40)],
            True,
        ),
        (
            [Debt(TODAY - 90 * DAY, TODAY - 30 * DAY), Debt(TODAY - 29 * DAY, None)],
            [TODAY - n * DAY for n in (80, 60, 40)],
            False,
        ),
        # a third debt bridges the gap between two
        (
            [
                Debt(TODAY - 90 * DAY, TODAY - 50 * DAY),
                Debt(TODAY - 20 * DAY, None),
                Debt(TODAY - 60 * DAY, TODAY - 21 * DAY),
            ],
            [TODAY - n * DAY for n in (80, 70, 60)],
            False,
        ),
    ],
)
def test_three_fees_in_one_period_of_arrears_with_the_same_customer(
    debts: list[Debt], fees: list[date], expected: bool
) -> None:
    assert has_room(Arrears(debts, fees), [], TODAY) is expected


def test_the_careful_reading_is_the_default_and_the_other_counts_the_claim_alone() -> None:
    arrears = Arrears([Debt(TODAY - 90 * DAY, None)], [TODAY - n * DAY for n in (80, 60, 40)])

    careful = stepped(running(), TODAY, arrears)
    other = stepped(running(arrears="claim"), TODAY, arrears)

    assert (careful.news[0].fee, other.news[0].fee) == (D("0.00"), D("100.00"))  # type: ignore[attr-defined]


@pytest.mark.parametrize(("is_disputed", "expected"), [(False, "310.00"), (True, "0.00")])
def test_compensation_is_for_claims_that_nobody_disputes(is_disputed: bool, expected: str) -> None:
    before = running(compensation=True).but(disputed=is_disputed)

    after = stepped(before, TODAY, debtor=debtor(cvr="12345674"))

    assert after.owed.compensation == D(expected)


@pytest.mark.parametrize(
    ("due_on", "is_trader", "expected"),
    [
        (date(2026, 3, 2), True, "310.00"),
        (date(2013, 3, 1), True, "310.00"),
        (date(2013, 2, 28), True, "0.00"),
        (date(2026, 3, 2), False, "0.00"),
    ],
)
def test_compensation_is_for_traders_since_march_2013(due_on: date, is_trader: bool, expected: str) -> None:
    assert compensation(due_on, is_trader=is_trader) == D(expected)


# --- bounces ---------------------------------------------------------------------------------------------------------
def bounced(before: Procedure, step: int = 1, attempt: int = 0, kind: Any = "reminder") -> Procedure:
    return letters.letter_bounced(
        before, letter(e.LetterBounced, step, attempt, kind, reason="550", status="5.1.1"), MONDAY
    )


def test_a_reminder_that_bounced_is_no_step_and_earns_no_fee() -> None:
    sent = delivered(stepped(running(), TODAY), TODAY)

    after = bounced(sent)

    assert (after.step, after.attempt, after.unreachable_step, after.wake_at) == (0, 1, 1, None)
    assert (after.owed.fee, said(after)) == (D("0.00"), ["fee.reversed"])
    assert after.last_reminder_on == TODAY  # the distance only grows


def test_a_new_address_gets_the_step_again_after_the_lawful_distance() -> None:
    back = saved(bounced(delivered(stepped(running(), TODAY), TODAY)))

    known = saved(facts.changed(back, invoice(sequence=2, debtor=debtor(email="ny@holm.example")), MONDAY, LAW))
    waiting = stepped(known, TODAY + DAY, debtor=debtor(email="ny@holm.example"), sequence=2)
    again = stepped(known, TODAY + 10 * DAY, debtor=debtor(email="ny@holm.example"), sequence=2)

    assert known.wake_at == MONDAY
    assert waiting.wake_at == office_opens(TODAY + 10 * DAY)
    issued = again.news[0]
    assert isinstance(issued, e.ReminderIssued)
    assert (issued.step, issued.attempt, issued.fee) == (1, 1, D("100.00"))


def test_an_address_that_was_corrected_before_the_bounce_is_not_waited_for() -> None:
    sent = delivered(stepped(running(), TODAY), TODAY).but(debtor_email="ny@holm.example")
    event = letter(e.LetterBounced, reason="550", status="5.1.1")

    after = letters.letter_bounced(sent, event, MONDAY, "ane@holm.example")
    waiting = letters.letter_bounced(sent, event, MONDAY, "ny@holm.example")
    nobody = letters.letter_bounced(sent.but(debtor_email=None), event, MONDAY, "ane@holm.example")

    assert (after.step, after.unreachable_step, after.wake_at) == (0, 0, office_opens(TODAY + 10 * DAY))
    assert (waiting.unreachable_step, waiting.wake_at) == (1, None)
    assert (nobody.unreachable_step, nobody.wake_at) == (1, None)


def test_a_new_address_ends_the_wait_of_a_letter_that_bounced_during_a_look() -> None:
    looking = running(1, TODAY).but(stage="checking")

    back = saved(bounced(looking))
    after = facts.changed(back, invoice(sequence=2, debtor=debtor(email="ny@holm.example")), MONDAY, LAW)

    assert (back.stage, back.wake_at) == ("running", None)
    assert after.wake_at == MONDAY


def test_a_bounce_that_is_heard_before_the_letter_counts_as_sent_is_the_same() -> None:
    after = bounced(pending())

    assert (after.step, after.pending, after.attempt, after.owed.fee) == (0, False, 1, D("0.00"))
    with pytest.raises(NothingToDo):
        letters.letter_sent(saved(after), letter(e.LetterSent, sent_at=MONDAY))


def test_a_warning_that_bounced_warned_nobody() -> None:
    warned = delivered(stepped(running(2, TODAY - 10 * DAY), TODAY), TODAY)
    handed = saved(stepped(warned, TODAY + 15 * DAY))

    after = bounced(handed, step=3)

    assert (handed.stage, after.stage, after.warned_on, after.pay_by) == ("escalated", "running", None, None)
    assert (after.step, after.wake_at) == (2, None)


def test_a_warning_that_bounced_while_the_fees_are_asked_for_warned_nobody() -> None:
    before = collecting().but(
        warned_on=TODAY, warned_by="reminder", warned_step=1, pending=True, pending_kind="fee_reminder"
    )

    after = bounced(before)

    assert (after.warned_on, after.step, after.pending, after.attempt) == (None, 1, True, before.attempt)


def test_a_collection_notice_of_its_own_that_bounced_warned_nobody_and_every_reminder_stays() -> None:
    warned = running(3, TODAY, collection_notice="after").but(
        warned_on=TODAY, warned_by="collection_notice", warned_step=4, pay_by=TODAY + 14 * DAY
    )

    after = bounced(saved(stepped(warned, TODAY + 15 * DAY)), step=4, kind="collection_notice")

    assert (after.stage, after.warned_on, after.pay_by, after.wake_at) == ("running", None, None, None)
    assert (after.step, after.attempt, after.unreachable_step, after.owed.fee) == (3, 1, 4, D("300.00"))


def test_interest_and_compensation_that_a_later_letter_asks_for_outlast_the_bounce_of_an_earlier_one() -> None:
    """Whoever pays what the later one says has not paid too much."""
    trader: dict[str, Any] = {"debtor": debtor(cvr="12345674")}
    first = running(interest=True, compensation=True).but(debtor_cvr="12345674")
    sent = delivered(stepped(first, TODAY, **trader), TODAY)
    again = delivered(stepped(sent, TODAY + 10 * DAY, sequence=2, **trader), TODAY + 10 * DAY)

    after = bounced(again, step=1)
    alone = bounced(sent, step=1)

    assert again.owed.interest > sent.owed.interest > D("0.00")
    assert (after.owed.interest, after.owed.compensation) == (again.owed.interest, D("310.00"))
    assert after.owed.fee == D("100.00")
    assert (alone.owed.interest, alone.owed.compensation, alone.owed.fee) == (D("0.00"), D("0.00"), D("0.00"))


def test_a_bounce_of_an_older_reminder_takes_its_fee_back_alone() -> None:
    after = bounced(
        running(3, TODAY).but(warned_on=TODAY, warned_by="reminder", warned_step=3, pay_by=TODAY + 14 * DAY), step=1
    )

    assert (after.step, after.owed.fee) == (3, D("200.00"))
    assert (after.warned_on, after.pay_by) == (TODAY, TODAY + 14 * DAY)  # the last one arrived


def test_a_letter_for_fees_that_bounced_is_left_to_the_company() -> None:
    sent = collecting().but(fee_letters=2)

    after = bounced(sent, step=2, kind="fee_reminder")

    assert (after.stage, after.fee_letters, after.wake_at, said(after)) == ("collecting_fees", 1, None, ["fees.unpaid"])


def test_a_letter_for_fees_that_bounced_leaves_the_one_under_way_the_one_that_is_waited_for() -> None:
    second = issuing.fee_reminder(collecting().but(fee_letters=1), TODAY)

    back = saved(bounced(second, kind="fee_reminder"))
    after = letters.letter_sent(back, letter(e.LetterSent, 2, second.attempt, "fee_reminder", sent_at=MONDAY))

    assert (after.pending, after.fee_letters, after.wake_at) == (False, 2, office_opens(TODAY + 10 * DAY))


def test_a_warning_that_bounced_while_fees_are_asked_for_has_warned_nobody() -> None:
    warned = collecting().but(warned_on=TODAY, warned_by="reminder", warned_step=1, pay_by=TODAY)

    after = bounced(issuing.fee_reminder(warned, TODAY))

    assert (after.stage, after.pending, after.warned_on) == ("collecting_fees", True, None)


def test_a_warning_that_is_written_again_after_a_letter_for_fees_is_another_letter() -> None:
    """The notifier knows a letter by its kind, step and attempt: one that it has written it writes no more."""
    noticed = delivered(stepped(running(1, TODAY - 10 * DAY, reminders=1, collection_notice="after"), TODAY), TODAY)
    asked = issuing.fee_reminder(noticed.but(stage="collecting_fees"), TODAY + 10 * DAY)

    back = saved(bounced(asked, step=2, kind="collection_notice"))
    after = delivered(back, TODAY + 10 * DAY)

    assert (noticed.warned_on, back.warned_on, back.pending) == (TODAY, None, True)
    assert after.attempt > noticed.attempt


def test_a_warning_that_bounced_after_another_reminder_warned_nobody() -> None:
    warned = delivered(stepped(running(reminders=1), TODAY), TODAY)
    more = warned.but(policy=replace(warned.policy, reminders=2, collection_notice="after"))
    second = delivered(stepped(more, TODAY + 15 * DAY), TODAY + 15 * DAY)

    after = bounced(second, step=1)

    assert (second.step, second.warned_on) == (2, TODAY)
    assert (after.step, after.warned_on, after.pay_by) == (2, None, None)


def test_a_second_warning_that_did_not_leave_leaves_the_time_that_the_first_one_gave() -> None:
    warned = delivered(stepped(running(reminders=1), TODAY), TODAY)
    second = stepped(warned.but(policy=replace(warned.policy, reminders=2)), TODAY + 15 * DAY)

    after = letters.letter_failed(second, letter(e.LetterFailed, 2, reason="550"), MONDAY)

    assert second.pending_pay_by == TODAY + 29 * DAY
    assert (after.warned_on, after.pay_by) == (TODAY, TODAY + 14 * DAY)


def test_the_time_that_a_warning_gave_holds_in_the_next_round_too() -> None:
    warned = delivered(stepped(running(reminders=1), TODAY), TODAY)
    ended = saved(facts.credited(warned, invoice(status="credited", amount=D("0.00"), sequence=2), MONDAY, LAW))

    owed_again = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=3))
    after = opening.opened(owed_again, ended.policy, ended, MONDAY, LAW)

    assert (after.round, after.warned_on) == (2, None)
    assert issuing.earliest(after) == TODAY + 15 * DAY


def test_fees_that_fall_with_the_only_reminder_settle_the_rest() -> None:
    after = bounced(collecting())

    assert (after.stage, after.reason, after.owed.total) == ("settled", "paid", D("0.00"))


def over(*, with_charges: bool = True, **policy: Any) -> Procedure:
    """Paid after one reminder: in full, or the principal alone."""
    known = delivered(stepped(running(interest=True, due_date_agreed=True, **policy), TODAY), TODAY)
    return saved(facts.paid(known, paid_invoice(str(known.owed.charges if with_charges else 0)), MONDAY, LAW))


def test_a_fee_that_was_paid_is_the_debtors_again_when_its_letter_bounced() -> None:
    before = over()
    after = bounced(before)

    assert (before.stage, before.owed.surplus, after.owed.surplus) == ("settled", D("0.00"), D("-100.00"))
    assert (after.stage, after.reason, after.step, after.wake_at) == ("settled", "fees_paid", 0, None)
    assert said(after) == ["fee.reversed", "procedure.settled"]
    assert after.news[-1].surplus == D("100.00")  # type: ignore[attr-defined]


def test_a_bounce_after_the_end_that_gives_nothing_back_is_no_news() -> None:
    bare, covered = bounced(over(fee=D("0.00"))), bounced(over(with_charges=False, fee_policy="cover"))

    assert (bare.stage, said(bare), bare.owed.total, bare.owed.surplus) == ("settled", [], D("0.00"), D("0.00"))
    assert (covered.reason, said(covered), covered.owed.charges) == ("covered", ["fee.reversed"], D("0.00"))


def test_the_company_is_charged_nothing_for_a_step_that_bounced() -> None:
    prices = Prices((Dated("reminder", TODAY - 99 * DAY, D("45.00")), Dated("reminder", TODAY + DAY, D("60.00"))))
    reminded = running(2, TODAY, fee_policy="cover")
    before = saved(facts.paid(reminded, paid_invoice(), MONDAY, replace(LAW, prices=prices)))

    after = refunded(before, bounced(before, step=2), TODAY + 3 * DAY, prices, "the letter bounced")
    older = refunded(before, bounced(before, step=1), TODAY + 3 * DAY, prices, "the letter bounced")
    calm = refunded(reminded, bounced(reminded, step=2), TODAY, prices, "the letter bounced")

    assert (before.reason, before.owed.company) == ("covered", D("90.00"))
    assert (after.owed.company, older.owed.company) == (D("45.00"), D("90.00"))
    assert calm.owed.company == D("0.00")


def test_a_fee_whose_letter_bounced_after_the_end_does_not_come_back_with_the_debt() -> None:
    again = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=10), fetch_id="f")

    after = opening.opened(again, POLICY, bounced(over()), MONDAY, LAW)

    assert (after.round, after.step, after.owed.fee) == (2, 0, D("0.00"))


def test_a_warning_that_bounced_after_a_stop_warned_nobody() -> None:
    warned = delivered(stepped(running(2, TODAY - 10 * DAY), TODAY), TODAY)
    stopped = saved(cancelled(warned, "stopped", TODAY))

    after = bounced(stopped, step=3)

    assert (stopped.warned_on, after.warned_on, after.step) == (TODAY, None, 2)
    assert (after.stage, after.reason, after.owed.charges) == ("cancelled", "stopped", D("0.00"))


def test_a_notice_that_bounced_asked_nobody() -> None:
    asked = running().but(stage="awaiting_decision", notified_on=TODAY)

    assert letters.notice_bounced(asked).notified_on is None
    for other in (running(), asked.but(notified_on=None)):
        with pytest.raises(NothingToDo):
            letters.notice_bounced(other)


def test_a_letter_for_fees_that_left_waits_its_time() -> None:
    looking, fresh = collecting().waking(MONDAY), paid_invoice(observed_at=MONDAY)
    look = e.InvoiceChecked(
        company="1", procedure_id="p", invoice_number="1001", wake_no=looking.wake_no, invoice=fresh
    )
    after = delivered(steps.checked(looking, look, MONDAY, LAW, Arrears()), TODAY)

    assert (after.stage, after.fee_letters, after.wake_at) == ("collecting_fees", 1, office_opens(TODAY + 10 * DAY))

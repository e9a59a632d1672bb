from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from common.calendar import office_opens
from common.frozen import but
from dunning import letters
from dunning.ledger import standing
from dunning.moves import cancelled
from dunning.procedure import NothingToDo, Procedure
from tests.unit.dunning.procedures import (
    MONDAY,
    TODAY,
    asked,
    awaiting,
    collecting,
    letter,
    open_fees,
    pending,
    running,
    said,
    saved,
)


def test_the_time_to_answer_counts_from_the_day_the_notice_was_sent() -> None:
    tuesday = MONDAY + timedelta(days=1)

    after = letters.notice_sent(awaiting(), letter(e.LetterSent, what="notice", sent_at=tuesday))

    assert after.notified_on == date(2026, 3, 3)
    assert after.wake_at == office_opens(date(2026, 3, 6))
    assert after.wake_no == awaiting().wake_no + 1


def test_a_notice_sent_on_the_day_it_was_asked_for_keeps_its_timer() -> None:
    after = letters.notice_sent(awaiting(), letter(e.LetterSent, what="notice", sent_at=MONDAY))

    assert (after.notified_on, after.wake_at, after.wake_no) == (TODAY, awaiting().wake_at, awaiting().wake_no)


def test_a_notice_to_a_company_whose_silence_starts_nothing_sets_no_timer() -> None:
    after = letters.notice_sent(awaiting(silence="stay"), letter(e.LetterSent, what="notice", sent_at=MONDAY))

    assert (after.notified_on, after.wake_at) == (TODAY, None)


def test_a_second_notice_changes_nothing() -> None:
    with pytest.raises(NothingToDo):
        letters.notice_sent(asked(), letter(e.LetterSent, what="notice", sent_at=MONDAY))


def test_a_reminder_that_left_is_a_step_and_the_next_counts_from_that_day() -> None:
    thursday = MONDAY + timedelta(days=3)

    after = letters.letter_sent(pending(), letter(e.LetterSent, sent_at=thursday))

    assert (after.step, after.pending, after.last_reminder_on) == (1, False, date(2026, 3, 5))
    assert after.wake_at == office_opens(date(2026, 3, 15))
    assert open_fees(after.ledger) == Decimal("100.00")


def test_longer_distances_are_the_companys_choice() -> None:
    before = pending().but(policy=asked(days_between=14).policy)

    assert letters.letter_sent(before, letter(e.LetterSent, sent_at=MONDAY)).wake_at == office_opens(
        TODAY + timedelta(days=14)
    )


def test_a_reminder_that_left_when_it_was_over_earns_nothing() -> None:
    stopped = pending().but(stage="cancelled", reason="stopped")

    after = letters.letter_sent(stopped, letter(e.LetterSent, sent_at=MONDAY))

    assert (after.step, after.wake_at, open_fees(after.ledger)) == (1, None, Decimal("0.00"))
    assert said(after) == ["fee.reversed"]


def test_a_refused_reminder_is_no_step_and_its_fee_is_reversed() -> None:
    after = letters.letter_failed(pending(), letter(e.LetterFailed, reason="550"), MONDAY)

    assert (after.step, after.attempt, after.pending, after.wake_at) == (0, 1, False, None)
    assert after.unreachable_step == 1
    assert open_fees(after.ledger) == Decimal("0.00")
    assert said(after) == ["fee.reversed"]


@pytest.mark.parametrize(
    ("stage", "reason", "wake_at"),
    [
        ("paused", "disputed", None),
        ("paused", "said_paid", MONDAY + timedelta(days=7)),
        ("cancelled", "stopped", None),
        ("settled", "paid", None),
    ],
)
@pytest.mark.parametrize(
    ("kind", "rule"), [(e.LetterFailed, letters.letter_failed), (e.LetterBounced, letters.letter_bounced)]
)
def test_a_refused_or_returned_reminder_of_what_does_not_go_on_starts_and_ends_nothing(
    kind: Any, rule: Any, stage: Any, reason: str, wake_at: Any
) -> None:
    before = pending().but(stage=stage, reason=reason).waking(wake_at)
    status: dict[str, Any] = {"status": "5.1.1"} if kind is e.LetterBounced else {}

    after = rule(before, letter(kind, reason="550", **status), MONDAY, "another@holm.example")

    assert (after.stage, after.reason, after.wake_at, after.wake_no) == (stage, reason, wake_at, before.wake_no)
    assert (after.step, after.pending, open_fees(after.ledger)) == (0, False, Decimal("0.00"))


def test_a_letter_that_did_not_leave_gives_nobody_a_date() -> None:
    warning = pending().but(pending_pay_by=date(2026, 3, 16))

    assert letters.letter_failed(warning, letter(e.LetterFailed, reason="550"), MONDAY).pay_by is None


def test_a_bounce_takes_the_fee_of_its_own_letter_alone() -> None:
    again = running(1, TODAY).but(attempt=1)
    again = again.but(ledger=tuple(but(line, attempt=1) if line.kind == "fee" else line for line in again.ledger))

    after = letters.letter_bounced(again, letter(e.LetterBounced, attempt=0, reason="550", status="5.1.1"), MONDAY)

    assert open_fees(after.ledger) == Decimal("100.00")


@pytest.mark.parametrize(
    ("reason", "again"),
    [("stale", MONDAY + timedelta(hours=1)), ("changed", MONDAY), ("discarded", None)],
)
def test_a_withdrawn_reminder_is_followed_by_another_look(reason: str, again: object) -> None:
    after = letters.letter_withdrawn(pending(), letter(e.LetterWithdrawn, reason=reason), MONDAY)

    assert (after.step, after.attempt, after.wake_at) == (0, 1, again)
    assert after.unreachable_step == (1 if reason == "discarded" else 0)  # a new address ends the wait
    assert open_fees(after.ledger) == Decimal("0.00")


def test_a_letter_for_fees_that_is_discarded_is_left_to_the_company() -> None:
    asked = collecting().but(pending=True, pending_kind="fee_reminder").waking(None)
    gone = letter(e.LetterWithdrawn, what="fee_reminder", reason="discarded")

    after = letters.letter_withdrawn(asked, gone, MONDAY)

    assert (after.stage, after.wake_at, said(after)) == ("collecting_fees", None, ["fees.unpaid"])


def test_a_withdrawn_reminder_of_what_is_over_stays_over() -> None:
    stopped = pending().but(stage="cancelled", reason="stopped")

    after = letters.letter_withdrawn(stopped, letter(e.LetterWithdrawn, reason="stopped"), MONDAY)

    assert (after.stage, after.wake_at, open_fees(after.ledger)) == ("cancelled", None, Decimal("0.00"))


@pytest.mark.parametrize("which", [{"step": 2}, {"attempt": 1}], ids=["another step", "another attempt"])
def test_news_of_another_letter_is_passed_over(which: dict[str, Any]) -> None:
    with pytest.raises(NothingToDo):
        letters.letter_sent(pending(), letter(e.LetterSent, sent_at=MONDAY, **which))
    with pytest.raises(NothingToDo):
        letters.letter_failed(pending(), letter(e.LetterFailed, reason="550", **which), MONDAY)
    with pytest.raises(NothingToDo):
        letters.letter_withdrawn(pending(), letter(e.LetterWithdrawn, reason="paid", **which), MONDAY)
    with pytest.raises(NothingToDo):
        letters.letter_sent(running(), letter(e.LetterSent, sent_at=MONDAY))


def bounced(before: Procedure) -> Procedure:
    return letters.letter_bounced(before, letter(e.LetterBounced, reason="550", status="5.1.1"), MONDAY)


def test_days_are_counted_from_a_letter_whose_bounce_is_heard_first() -> None:
    after = bounced(pending())

    assert (after.step, after.pending, after.last_reminder_on) == (0, False, TODAY)


def test_a_warning_that_bounced_after_stop_has_warned_nobody_when_it_is_started_again() -> None:
    warned = running(1, TODAY, reminders=1).but(
        warned_on=TODAY, warned_by="reminder", warned_step=1, pay_by=date(2026, 3, 16)
    )

    after = bounced(saved(cancelled(warned, "stopped", TODAY)))

    assert (after.stage, after.step, after.warned_on, after.wake_at) == ("cancelled", 0, None, None)
    assert (len(standing(after.ledger, "fee")), open_fees(after.ledger)) == (0, Decimal("0.00"))

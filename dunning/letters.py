"""What became of a letter, and what comes of it; pure."""

from datetime import date, datetime, timedelta

from common import events as e
from common.calendar import local_date, office_opens
from dunning.deadlines import next_reminder_on, starts_on
from dunning.procedure import NothingToDo, Procedure, reversing

LOOK_AGAIN = timedelta(hours=1)  # business time, after a letter was withdrawn


def notice_sent(before: Procedure, event: e.LetterSent) -> Procedure:
    """The company has been asked: its time to answer counts from today."""
    if before.stage != "awaiting_decision" or before.notified_on:
        raise NothingToDo("the company has been asked before")
    notified_on = local_date(event.sent_at)
    start = starts_on(notified_on, before.policy)
    at, after = office_opens(start) if start else None, before.but(notified_on=notified_on)
    return after if at == before.wake_at else after.waking(at)  # sent on the day it was asked for: the timer is right


def reminder_sent(before: Procedure, event: e.LetterSent) -> Procedure:
    """The reminder left: a step. The next one counts from the day on which it was sent."""
    _refuse_other_letter(before, event)
    sent_on = local_date(event.sent_at)
    after = before.but(step=event.step, pending=False, last_reminder_on=sent_on)
    if before.stage not in ("running", "checking"):
        return reversing(after, event.step, event.attempt, sent_on, "sent when it was over")
    return after.waking(office_opens(next_reminder_on(sent_on, after.due_on, after.policy)))


def reminder_failed(before: Procedure, event: e.LetterFailed, now: datetime) -> Procedure:
    """Refused by the mail server: no step, no fee. It waits for another address."""
    after = _not_sent(before, event, local_date(now), "the letter was refused")
    return after.but(unreachable_step=before.step + 1)


def reminder_withdrawn(before: Procedure, event: e.LetterWithdrawn, now: datetime) -> Procedure:
    """Stopped in the last moment: no step, no fee. While it is running, one more look finds out what is so."""
    after = _not_sent(before, event, local_date(now), f"the letter was withdrawn: {event.reason}")
    if before.stage not in ("running", "checking"):
        return after
    if event.reason == "discarded":
        return after.but(unreachable_step=before.step + 1)
    return after.waking(now if event.reason == "changed" else now + LOOK_AGAIN)


def _not_sent(before: Procedure, event: e.LetterEvent, today: date, rule: str) -> Procedure:
    _refuse_other_letter(before, event)
    after = before.but(pending=False, attempt=before.attempt + 1)
    return reversing(after, event.step, event.attempt, today, rule)


def _refuse_other_letter(before: Procedure, event: e.LetterEvent) -> None:
    if not before.pending or (event.step, event.attempt) != (before.step + 1, before.attempt):
        raise NothingToDo("the letter is not the one that is waited for")

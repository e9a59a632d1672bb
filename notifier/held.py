"""What a person says of a letter that is held: it did not leave, it left, or it must not leave."""

from datetime import date, datetime

from common import clock, db
from common.calendar import local_date, office_opens
from common.tables import Letter
from notifier import cases, store
from notifier.sending import Outcome, latest_day


class NotHeld(Exception):
    """Only a letter that is held waits for a person's word."""


class NotThatDay(Exception):
    """The letter can't have left on that day."""


def release(letter_id: str, now: datetime) -> None:
    """It is to be sent after all, if it still may be. Raises NotHeld."""
    with db.transaction():
        _decide(_waiting(letter_id), Outcome("planned", "released"), now)


def discard(letter_id: str, now: datetime | None = None) -> None:
    """It is not to be sent. Raises NotHeld."""
    with db.transaction():
        _decide(_waiting(letter_id), Outcome("withdrawn", "discarded"), now or clock.business_now())


def confirm(letter_id: str, sent_on: date, now: datetime) -> None:
    """It left on that day (Copenhagen): a step like any other. Raises NotHeld and NotThatDay."""
    with db.transaction():
        letter = _waiting(letter_id)
        claim = cases.case(str(letter.procedure_id)).claim
        earliest = claim.next_reminder_on(claim.overdue_on)
        latest = min(local_date(now), latest_day(letter.pay_by))
        if not earliest <= sent_on <= latest:
            raise NotThatDay(f"{NotThatDay.__doc__} It can have left from {earliest} to {latest}.")
        _decide(letter, Outcome("sent", "a person's word"), now, min(office_opens(sent_on), now))


def _waiting(letter_id: str) -> Letter:
    letter = store.locked(letter_id)
    if letter.state != "held":
        raise NotHeld(f"{NotHeld.__doc__} It is {letter.state}.")
    return letter


def _decide(letter: Letter, outcome: Outcome, now: datetime, at: datetime | None = None) -> None:
    Letter.update(decided_at=now).where(Letter.id == letter.id).execute()
    store.record(letter, outcome, at or now)

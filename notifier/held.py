"""What a person says of a letter that is held: it did not leave, it left, or it must not leave."""

from datetime import date, datetime

from common import clock, db
from common.calendar import local_date, office_opens
from common.events import LetterDecisionMade
from common.inbox import AlreadyHandled
from common.logs import log
from common.tables import Letter
from notifier import cases, store
from notifier.sending import Outcome, latest_day


class NotHeld(Exception):
    """Only a letter that is held waits for a person's word."""


class NotThatDay(Exception):
    """The letter can't have left on that day."""

    def __init__(self, earliest: date, latest: date) -> None:
        super().__init__(f"{NotThatDay.__doc__} It can have left from {earliest} to {latest}.")
        self.earliest, self.latest = earliest, latest


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
            raise NotThatDay(earliest, latest)
        _decide(letter, Outcome("sent", "a person's word"), now, min(office_opens(sent_on), now))


def decided(event: LetterDecisionMade, now: datetime) -> None:
    """A word from the portal. What can't be done any more is no error: the letter's row says what came of it, for the
    page to show. In the caller's transaction. Raises AlreadyHandled if a newer word was heard.
    """
    try:
        letter = store.locked(event.letter_id)
    except store.NoSuchLetter as nothing:
        log.error("a decision on a letter that is not there", letter=event.letter_id)
        raise AlreadyHandled(str(nothing)) from nothing
    if event.decision_no <= letter.decision_no:
        raise AlreadyHandled(f"decision {letter.decision_no} on this letter was heard, and is newer")
    outcome = _outcome(event, now)
    Letter.update(decision_no=event.decision_no, outcome=outcome).where(Letter.id == letter.id).execute()
    log.info("a person decided on a held letter", letter=letter.id, choice=event.choice, outcome=outcome)


def _outcome(event: LetterDecisionMade, now: datetime) -> str:
    """done, not_held, or not_that_day with the first and the last day on which it can have left."""
    try:
        match event.choice:
            case "resend":
                release(event.letter_id, now)
            case "discard":
                discard(event.letter_id, now)
            case "sent":
                confirm(event.letter_id, event.sent_on or local_date(event.decided_at), now)
    except NotHeld:
        return "not_held"
    except NotThatDay as error:
        return f"not_that_day {error.earliest} {error.latest}"
    return "done"


def _waiting(letter_id: str) -> Letter:
    letter = store.locked(letter_id)
    if letter.state != "held":
        raise NotHeld(f"{NotHeld.__doc__} It is {letter.state}.")
    return letter


def _decide(letter: Letter, outcome: Outcome, now: datetime, at: datetime | None = None) -> None:
    Letter.update(decided_at=now).where(Letter.id == letter.id).execute()
    store.record(letter, outcome, at or now)

"""One letter to the mail server: ours to send or not, after a last look; and what came of the attempt."""

from collections.abc import Callable
from datetime import datetime, timedelta

from common import clock, db, inbox
from common import events as e
from common.calendar import local_date
from common.tables import Letter
from notifier import lawful, restored, sending, store
from notifier.mailer import NotSent
from notifier.standing import charged, standing

Send = Callable[[str, bytes, str], None]  # to whom, the bytes, and where they come back to; raises NotSent
BouncesTo = Callable[[str], str]  # where a letter of that id comes back to


def claimed(event: e.LetterPlanned, now: datetime, lease: timedelta, consumer: str) -> Letter | None:
    """The letter, ours to send; None if it must not go."""
    with db.transaction():
        inbox.refuse_handled(event, consumer)
        letter = store.lock(event.letter_id)
        if (outcome := store.is_lost(letter) or _last_look(letter, now) or restored.is_doubtful(letter)) is None:
            store.claim(letter, now, lease)
            return letter
        with inbox.once(event, consumer):
            store.record(letter, outcome, now)
    return None


def _last_look(letter: Letter, now: datetime) -> sending.Outcome | None:
    """What became untrue is withdrawn; what the law forbids is somebody's mistake, and waits for a person."""
    if not letter.to_debtor:
        return None
    says, so = standing(letter)
    reason = sending.why_not(says, so, freshest=now - clock.patience(sending.FRESH), today=local_date(now))
    if reason:
        return sending.Outcome("withdrawn", reason)
    paragraph = lawful.forbidden(charged(letter), local_date(now))
    return sending.Outcome("held", paragraph) if paragraph else None


def attempt(letter: Letter, send: Send, bounces_to: str) -> sending.Outcome:
    """Slow: outside any transaction."""
    try:
        send(letter.recipient, bytes(letter.content), bounces_to)
    except NotSent as error:
        return sending.outcome_of(error, letter.tries, to_debtor=letter.to_debtor)
    return sending.SENT

"""A database from a backup: letters to debtors that may have left after that was taken wait for a person's word.

A letter is held when it would be sent, whoever planned it and whenever: so it does not matter what is still to be
said, heard or found again.
"""

from collections.abc import Collection
from datetime import date, datetime

from peewee import fn

from common import db
from common.calendar import local_date, local_time
from common.tables import Letter, Outbox, Restore
from notifier import cases
from notifier.facts import Claim
from notifier.sending import Outcome

Step = tuple[str, int]  # a letter to a debtor: its kind, and which of that kind


def hold(since: datetime | None, now: datetime) -> Restore:
    """Nothing that was done between `since` (else the newest event that is known) and `now` is in the database."""
    with db.transaction():
        newest = Outbox.added_at.python_value(Outbox.select(fn.MAX(Outbox.added_at)).scalar())
        return Restore.create(since=since or newest or now, until=now)


def is_doubtful(letter: Letter) -> Outcome | None:
    """Why a letter to a debtor waits for a person's word; None if it need not. Needs a connection."""
    restore = Restore.select().order_by(Restore.until.desc()).first() if letter.to_debtor else None
    if restore is None:
        return None
    spoken_of = Letter.select(Letter.kind, Letter.step).where(
        Letter.procedure_id == letter.procedure_id, Letter.to_debtor, Letter.decided_at >= restore.until
    )
    claim, known = cases.case(str(letter.procedure_id)).claim, {(row.kind, row.step) for row in spoken_of}
    if not may_have_left(claim, (letter.kind, letter.step), known, local_date(restore.until)):
        return None
    since, until = (f"{local_date(at)} {local_time(at):%H:%M}" for at in (restore.since, restore.until))
    return Outcome("held", f"it may have left between {since} and {until}: the database came from a backup")


def may_have_left(claim: Claim, letter: Step, spoken_of: Collection[Step], until: date) -> bool:
    """Whether this letter may have left by `until`, for all that is known; a person has `spoken_of` these.

    Of a claim of which nobody has spoken nothing is known, not even whether the company said stop: its next letter
    is seen by a person. After that the law's days between reminders count.
    """
    if letter in spoken_of:
        return False
    return (claim.next_reminder_on(claim.overdue_on) if spoken_of else claim.overdue_on) <= until

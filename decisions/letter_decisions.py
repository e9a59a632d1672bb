"""A person's word on a letter that is held, for the notifier to carry out; who comes second is told."""

from datetime import date, datetime
from typing import Any, Literal

from peewee import fn

from common import db, outbox
from common.calendar import local_date
from common.events import LetterDecisionMade
from common.tables import Letter, LetterDecision
from decisions.queries import NotFound
from decisions.rooms import Outdated

Choice = Literal["resend", "sent", "discard"]


class NotThatDay(ValueError):
    """The letter can't have left on that day."""


def decide(
    letter_id: str, choice: Choice, sent_on: date | None, by: str, now: datetime, company: str | None = None
) -> int:
    """Writes the decision down and says so; its number. `company`: the one whose letter it has to be, None for any.

    Raises NotFound; Outdated for a letter that is not held any more, or decided on already; and NotThatDay for one that
    left before it was written, or is yet to leave. The notifier looks once more, and may refuse the day for the law.
    """
    with db.transaction():
        letter = _locked(letter_id, company)
        newest = latest([letter_id]).get(letter_id, 0)
        if letter.state != "held" or newest > letter.decision_no:
            raise Outdated(Outdated.__doc__)
        if choice == "sent" and not (sent_on and local_date(letter.planned_at) <= sent_on <= local_date(now)):
            raise NotThatDay(NotThatDay.__doc__)
        said: dict[str, Any] = {"letter_id": letter_id, "company": letter.company, "choice": choice}
        said |= {"decision_no": newest + 1, "sent_on": sent_on if choice == "sent" else None, "decided_at": now}
        LetterDecision.insert(said | {"by": by}).execute()
        outbox.add(LetterDecisionMade(**said))
    return newest + 1


def latest(letter_ids: list[str]) -> dict[str, int]:
    """The number of the newest decision on each of these letters that has one; is_waiting tells what it means."""
    numbered: Any = LetterDecision.select(LetterDecision.letter_id, fn.MAX(LetterDecision.decision_no))
    return dict(numbered.where(LetterDecision.letter_id.in_(letter_ids)).group_by(LetterDecision.letter_id).tuples())


def is_waiting(letter: Any, newest: dict[str, int]) -> bool:
    """Whether the notifier has not heard yet what was decided about it."""
    return bool(letter.state == "held" and newest.get(letter.id, 0) > letter.decision_no)


def _locked(letter_id: str, company: str | None) -> Letter:
    """Two decisions at once take turns. Raises NotFound, also for another company's letter."""
    columns = (Letter.id, Letter.company, Letter.state, Letter.planned_at, Letter.decision_no)
    letter: Letter | None = db.locked(Letter.select(*columns).where(Letter.id == letter_id)).first()
    if letter is None or company not in (None, letter.company):
        raise NotFound(NotFound.__doc__)
    return letter

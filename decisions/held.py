"""Writes: what a person says of a letter that is held. The notifier hears it, and says what came of it."""

from datetime import date, datetime
from typing import Any, Literal, get_args

from common import db, outbox
from common.events import LetterDecisionMade
from common.tables import Letter, LetterDecision
from decisions.queries import NotFound
from decisions.seen import Overtaken

LetterChoice = Literal["resend", "sent", "discard"]
CHOICES: dict[str, LetterChoice] = {choice: choice for choice in get_args(LetterChoice)}


def decide(
    company: str, letter_id: str, choice: LetterChoice, sent_on: date | None, now: datetime, by: str, seen_no: int
) -> bool:
    """Writes the decision and says so; False for a repeat, which changes nothing. `seen_no`: the number of the newest
    decision on this letter that he was shown.

    Raises queries.NotFound, and seen.Overtaken if somebody else decided, or the letter is not held any more.
    """
    with db.transaction():
        letter = _locked(company, letter_id)
        newest = newest_of(letter_id)
        number = newest.decision_no if newest else 0
        if newest and number == seen_no + 1 and (newest.choice, newest.sent_on) == (choice, sent_on):
            return False
        if number != seen_no or letter.state != "held" or number > letter.decision_no:
            raise Overtaken(Overtaken.__doc__)
        said: dict[str, Any] = {"company": company, "letter_id": letter_id, "decision_no": number + 1}
        said |= {"choice": choice, "sent_on": sent_on, "decided_at": now}
        LetterDecision.insert(said, by=by).execute()
        outbox.add(LetterDecisionMade(**said))
    return True


def _locked(company: str, letter_id: str) -> Letter:
    """Two decisions at once are numbered one after the other."""
    columns = (Letter.id, Letter.state, Letter.decision_no)
    found = db.locked(Letter.select(*columns).where(Letter.id == letter_id, Letter.company == company)).first()
    if found is None:
        raise NotFound(NotFound.__doc__)
    return found  # type: ignore[no-any-return]


def newest_of(letter_id: str) -> LetterDecision | None:
    made = LetterDecision.select().where(LetterDecision.letter_id == letter_id)
    return made.order_by(LetterDecision.decision_no.desc()).first()  # type: ignore[no-any-return]

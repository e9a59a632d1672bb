"""Writes: what a person answered."""

from datetime import datetime
from typing import Any

from common import db, outbox
from common.calendar import local_date
from common.events import DecisionMade, FeeDecisionMade
from common.links import AnswerChoice, AnswerLink
from common.tables import Answer, Procedure
from decisions import queries
from decisions.queries import FEE_ANSWERS
from decisions.standing import is_news


def answer(link: AnswerLink, choice: AnswerChoice, now: datetime) -> bool:
    """Writes the answer and says so; False for a repeat, which changes nothing.

    Raises queries.NotFound, and standing.NoLongerPossible for what can't be done any more.
    """
    with db.transaction():
        _take_turns(link.procedure_id)
        case = queries.case(link, local_date(now))
        newest = case.newest
        if not is_news(case.standing, newest.choice if newest else None, choice):
            return False
        _write(link, case.procedure.invoice_number, newest.answer_no + 1 if newest else 1, choice, now)
    return True


def _take_turns(procedure_id: str) -> None:
    """Two answers at once are numbered one after the other."""
    db.locked(Procedure.select(Procedure.id).where(Procedure.id == procedure_id)).first()


def _write(link: AnswerLink, invoice_number: str, answer_no: int, choice: AnswerChoice, now: datetime) -> None:
    said: dict[str, Any] = {"answer_no": answer_no, "choice": choice, "answered_at": now}
    said |= {"company": link.company, "procedure_id": link.procedure_id}
    Answer.insert(said).execute()
    kind = FeeDecisionMade if choice in FEE_ANSWERS else DecisionMade
    outbox.add(kind(invoice_number=invoice_number, **said))

"""Writes: what a company answered, and what a debtor said."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from common import db, outbox
from common.calendar import local_date
from common.events import DecisionMade, FeeDecisionMade, ObjectionRaised
from common.links import AnswerChoice, AnswerLink, ClaimLink
from common.tables import Answer, Objection, Procedure
from decisions import claims, objecting, queries
from decisions.queries import FEE_ANSWERS
from decisions.saying import Said
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
        _write(case, newest.answer_no + 1 if newest else 1, choice, now)
    return True


def _take_turns(procedure_id: str) -> None:
    """Two answers at once, or two objections, are numbered one after the other."""
    db.locked(Procedure.select(Procedure.id).where(Procedure.id == procedure_id)).first()


def _write(case: queries.Case, answer_no: int, choice: AnswerChoice, now: datetime) -> None:
    procedure = case.procedure
    said: dict[str, Any] = {"answer_no": answer_no, "choice": choice, "answered_at": now}
    said |= {"company": procedure.company, "procedure_id": procedure.id}
    Answer.insert(said).execute()
    said |= {"invoice_number": procedure.invoice_number}
    said |= {"latest": {one.choice: one.answer_no for one in case.answers} | {choice: answer_no}}
    said |= {"objections": _latest(case.objections)}
    outbox.add(FeeDecisionMade(**said) if choice in FEE_ANSWERS else DecisionMade(**said))


# --- the debtor
def objection(link: ClaimLink, said: Said, now: datetime) -> bool:
    """Writes down what the debtor says and says so; False for a repeat, which changes nothing.

    Raises queries.NotFound, objecting.SaidTooOften, and objecting.NothingLeftToSay for what can't be said any more.
    """
    with db.transaction():
        _take_turns(claims.newest(link).id)
        claim = claims.claim(link, local_date(now))
        if claim.said_last(said):
            return False
        objecting.check(claim.position, said.kind, len(claim.objections))
        _note(claim, said, now)
    return True


def _note(claim: claims.Claim, said: Said, now: datetime) -> None:
    newest, procedure = claim.newest, claim.procedure
    known: dict[str, Any] = {"company": procedure.company, "procedure_id": procedure.id, "raised_at": now}
    known |= {"objection_no": newest.objection_no + 1 if newest else 1, "kind": said.kind, "paid_on": said.paid_on}
    Objection.insert(known, words=said.words, reference=said.reference, phone=said.phone).execute()
    latest = _latest(claim.objections) | {said.kind: known["objection_no"]}
    outbox.add(ObjectionRaised(invoice_number=procedure.invoice_number, **known, latest=latest))


def _latest(objections: Iterable[Objection]) -> dict[str, int]:
    """The number of the last one of each kind; they come oldest first."""
    return {one.kind: one.objection_no for one in objections}

"""Writes: what a company answered, and what a debtor said or his company wrote down for him."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from common import db, outbox
from common.calendar import local_date
from common.events import DecisionMade, FeeDecisionMade, ObjectionRaised
from common.links import AnswerChoice, AnswerLink, ClaimLink
from common.tables import Answer, Objection, Procedure
from decisions import claims, objecting, queries
from decisions.case import Case
from decisions.queries import FEE_ANSWERS
from decisions.saying import Said
from decisions.seen import Seen, check, is_repeat, is_repeat_note
from decisions.standing import is_news


def answer(link: AnswerLink, choice: AnswerChoice, now: datetime, by: str = "", seen: Seen | None = None) -> bool:
    """Writes the answer and says so; False for a repeat, which changes nothing. `by`: who, in the portal; `seen`: what
    he was shown.

    Raises queries.NotFound, seen.Overtaken, and standing.NoLongerPossible for what can't be done any more.
    """
    with db.transaction():
        _take_turns(link.procedure_id)
        case = queries.case(link, local_date(now))
        if is_repeat(seen, case, choice):
            return False
        check(seen, case, choice)
        newest = case.newest
        if not is_news(case.standing, newest.choice if newest else None, choice):
            return False
        _write(case, newest.answer_no + 1 if newest else 1, choice, now, by)
    return True


def _take_turns(procedure_id: str) -> None:
    """Two answers at once, or two objections, are numbered one after the other."""
    db.locked(Procedure.select(Procedure.id).where(Procedure.id == procedure_id)).first()


def _write(case: Case, answer_no: int, choice: AnswerChoice, now: datetime, by: str) -> None:
    procedure = case.procedure
    said: dict[str, Any] = {"answer_no": answer_no, "choice": choice, "answered_at": now}
    said |= {"company": procedure.company, "procedure_id": procedure.id}
    Answer.insert(said, by=by).execute()
    said |= {"invoice_number": procedure.invoice_number}
    said |= {"latest": {one.choice: one.answer_no for one in case.answers} | {choice: answer_no}}
    said |= {"objections": _latest(case.objections)}
    outbox.add(FeeDecisionMade(**said) if choice in FEE_ANSWERS else DecisionMade(**said))


def note(link: AnswerLink, said: Said, now: datetime, by: str, seen: Seen) -> bool:
    """Writes down what the company says of its customer's objection, and says so; False for a repeat.

    Raises queries.NotFound, seen.Overtaken, and objecting.NothingLeftToSay for what can't be said any more.
    """
    with db.transaction():
        _take_turns(link.procedure_id)
        case = queries.case(link, local_date(now))
        if is_repeat_note(seen, case, said.kind, said.words):
            return False
        check(seen, case, said.kind)
        if not objecting.check_noted(case.position, said.kind, is_own=case.is_noted):
            return False
        _note(case.procedure, case.objections, said, now, by)
    return True


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
        objecting.check(claim.position, said.kind, claim.said_himself)
        _note(claim.procedure, claim.objections, said, now)
    return True


def _note(procedure: Procedure, before: Sequence[Objection], said: Said, now: datetime, by: str = "") -> None:
    known: dict[str, Any] = {"company": procedure.company, "procedure_id": procedure.id, "raised_at": now}
    known |= {"objection_no": before[-1].objection_no + 1 if before else 1, "kind": said.kind, "paid_on": said.paid_on}
    Objection.insert(known, words=said.words, reference=said.reference, phone=said.phone, by=by).execute()
    known |= {"latest": _latest(before) | {said.kind: known["objection_no"]}, "by": "company" if by else "debtor"}
    outbox.add(ObjectionRaised(invoice_number=procedure.invoice_number, **known))


def _latest(objections: Iterable[Objection]) -> dict[str, int]:
    """The number of the last one of each kind; they come oldest first."""
    return {one.kind: one.objection_no for one in objections}

"""Reads: one procedure with all that the link's page shows. claims.py has the debtor's, lives.py a whole invoice."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import msgspec

from common.calendar import falls_due
from common.events import FeeChoice, Invoice
from common.links import AnswerLink
from common.money import ZERO
from common.tables import Answer, Company, FetchRun, KnownInvoice, LedgerLine, Letter, Objection, Procedure
from decisions import objecting, records
from decisions.case import Case
from decisions.objecting import Position
from decisions.standing import Standing, foreseen

FEE_ANSWERS: tuple[str, ...] = get_args(FeeChoice)


class NotFound(Exception):
    """There is no such thing, or it is another company's."""


def company_count() -> int:
    return int(Company.select().count())


def case(link: AnswerLink, today: date) -> Case:
    """Raises NotFound."""
    procedure = Procedure.get_or_none(Procedure.id == link.procedure_id, Procedure.company == link.company)
    if procedure is None:
        raise NotFound(NotFound.__doc__)
    return built(
        procedure,
        company(link.company),
        known_invoice(procedure),
        today,
        answers=answers_of([procedure.id])[procedure.id],
        objections=records.objections(procedure.id),
        ledger=records.ledger(procedure),
        letters=records.letters(procedure),
    )


def built(
    procedure: Procedure,
    of: Company,
    known: KnownInvoice,
    today: date,
    *,
    answers: list[Answer],
    objections: list[Objection],
    ledger: list[LedgerLine],
    letters: list[Letter],
) -> Case:
    """The case of what was read of it."""
    invoice = read_invoice(known.state)
    return Case(
        procedure=procedure,
        company=of,
        invoice=invoice,
        answers=answers,
        objections=objections,
        ledger=ledger,
        letters=letters,
        position=position(procedure, known.outstanding, invoice.due_on, answers, objections, today),
        is_heard=not unheard(procedure, answers) and _newest_no(objections) <= procedure.objection_no,
        marks_paid=_marks_paid(procedure),
    )


def _newest_no(objections: list[Objection]) -> int:
    return objections[-1].objection_no if objections else 0


def position(
    procedure: Procedure,
    outstanding: Decimal,
    due_on: date,
    answers: Iterable[Answer],
    objections: Iterable[Objection],
    today: date,
) -> Position:
    """Where a claim stands, with all that was said, heard or not."""
    heard = Position(
        told(procedure, outstanding, due_on, today),
        is_disputed=procedure.disputed,
        has_waited=procedure.paused_until is not None,
    )
    said = [(answer.answered_at, answer.choice) for answer in unheard(procedure, answers)]
    said += [(one.raised_at, one.kind) for one in objections if one.objection_no > procedure.objection_no]
    return objecting.foreseen(heard, [word for _, word in sorted(said, key=lambda one: one[0])])


def _marks_paid(procedure: Procedure) -> bool:
    """Whether payments are marked in the company's books, now and when the invoice was found."""
    good = FetchRun.select().where(FetchRun.state == "finished", FetchRun.trusted)
    newest = good.where(FetchRun.company == procedure.company).order_by(FetchRun.began_at.desc()).first()
    found_by = FetchRun.get_or_none(FetchRun.fetch_id == procedure.fetch_id)
    return all(run.marks_paid for run in (newest, found_by) if run)


def company(cvr: str) -> Company:
    """Raises NotFound."""
    found = Company.get_or_none(Company.cvr == cvr)
    if found is None:
        raise NotFound(NotFound.__doc__)
    return found


def stands(procedure: Any, outstanding: Decimal, due_on: date, answers: Iterable[Answer], today: date) -> Standing:
    choices = [answer.choice for answer in unheard(procedure, answers)]
    return foreseen(told(procedure, outstanding, due_on, today), choices)


def told(procedure: Any, outstanding: Decimal, due_on: date, today: date) -> Standing:
    """Where it stands for dunning."""
    is_owed, weekend_due = outstanding > ZERO, procedure.policy.get("weekend_due", "next")  # old ones have none
    is_overdue = is_owed and falls_due(due_on, weekend_due) < today
    return Standing(procedure.stage, procedure.reason, is_overdue, is_owed)


def unheard(procedure: Any, answers: Iterable[Answer]) -> list[Answer]:
    """Those that dunning has not heard yet; it counts the two kinds of answers by themselves."""
    return [
        answer
        for answer in answers
        if answer.answer_no > (procedure.fee_answer_no if answer.choice in FEE_ANSWERS else procedure.answer_no)
    ]


def answers_of(procedure_ids: list[str]) -> dict[str, list[Answer]]:
    """Oldest first."""
    found: dict[str, list[Answer]] = defaultdict(list)
    for answer in Answer.select().where(Answer.procedure_id.in_(procedure_ids)).order_by(Answer.answer_no):
        found[answer.procedure_id].append(answer)
    return found


def known_invoice(procedure: Procedure) -> KnownInvoice:
    """Raises NotFound."""
    of_procedure = (KnownInvoice.company == procedure.company, KnownInvoice.number == procedure.invoice_number)
    known = KnownInvoice.get_or_none(*of_procedure)
    if known is None:
        raise NotFound(NotFound.__doc__)
    return known


def read_invoice(state: Any) -> Invoice:
    return msgspec.convert(state, Invoice)

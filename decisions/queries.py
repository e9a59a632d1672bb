"""Reads: one procedure with all that its page shows. digests.py has the lists."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from common.calendar import falls_due
from common.events import Invoice
from common.links import AnswerLink
from common.money import ZERO
from common.tables import Answer, Company, KnownInvoice, LedgerLine, Letter, Notice, Procedure
from decisions.standing import Standing, foreseen

_FEE_ANSWERS = ("collect", "cover", "received")


class NotFound(Exception):
    """There is no such thing, or it is another company's."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A procedure and its surroundings. `standing` counts what the company has said, heard by dunning or not."""

    procedure: Procedure
    company: Company
    invoice: Invoice
    answers: list[Answer]
    ledger: list[LedgerLine]
    letters: list[Letter]
    standing: Standing
    is_heard: bool

    @property
    def newest(self) -> Answer | None:
        return self.answers[-1] if self.answers else None

    @property
    def fees_open(self) -> Decimal:
        return sum((line.amount for line in self.ledger), ZERO)

    @property
    def fees_charged(self) -> Decimal:
        return sum((line.amount for line in self.ledger if line.kind in ("fee", "reversal")), ZERO)

    @property
    def policy(self) -> dict[str, Any]:
        """What the company chose when the procedure was opened, with today's choice for what isn't in it."""
        return {**self.company.__data__, **self.procedure.policy}

    @property
    def reminders(self) -> int:
        return int(self.policy["reminders"])


def company_count() -> int:
    return int(Company.select().count())


def case(link: AnswerLink, today: date) -> Case:
    """Raises NotFound."""
    procedure = Procedure.get_or_none(Procedure.id == link.procedure_id, Procedure.company == link.company)
    if procedure is None:
        raise NotFound(NotFound.__doc__)
    answers = answers_of([procedure.id])[procedure.id]
    known = _known(procedure)
    invoice = read_invoice(known.state)
    ledger = LedgerLine.select().where(LedgerLine.procedure_id == procedure.id).order_by(LedgerLine.id)
    return Case(
        procedure=procedure,
        company=company(link.company),
        invoice=invoice,
        answers=answers,
        ledger=list(ledger),
        letters=_letters(procedure),
        standing=stands(procedure, known.outstanding, invoice.due_on, answers, today),
        is_heard=not unheard(procedure, answers),
    )


def company(cvr: str) -> Company:
    """Raises NotFound."""
    found = Company.get_or_none(Company.cvr == cvr)
    if found is None:
        raise NotFound(NotFound.__doc__)
    return found


def stands(procedure: Any, outstanding: Decimal, due_on: date, answers: Iterable[Answer], today: date) -> Standing:
    weekend_due = procedure.policy.get("weekend_due", "next")  # what is older than that choice has none
    is_overdue = outstanding > ZERO and falls_due(due_on, weekend_due) < today
    told = Standing(procedure.stage, procedure.reason, is_overdue)
    return foreseen(told, unheard(procedure, answers))


def unheard(procedure: Any, answers: Iterable[Answer]) -> list[str]:
    """The choices that dunning has not heard yet; it counts the two kinds of answers by themselves."""
    return [
        answer.choice
        for answer in answers
        if answer.answer_no > (procedure.fee_answer_no if answer.choice in _FEE_ANSWERS else procedure.answer_no)
    ]


def answers_of(procedure_ids: list[str]) -> dict[str, list[Answer]]:
    """Oldest first."""
    found: dict[str, list[Answer]] = defaultdict(list)
    for answer in Answer.select().where(Answer.procedure_id.in_(procedure_ids)).order_by(Answer.answer_no):
        found[answer.procedure_id].append(answer)
    return found


def _known(procedure: Procedure) -> KnownInvoice:
    of_procedure = (KnownInvoice.company == procedure.company, KnownInvoice.number == procedure.invoice_number)
    known = KnownInvoice.get_or_none(*of_procedure)
    if known is None:
        raise NotFound(NotFound.__doc__)
    return known


def read_invoice(state: Any) -> Invoice:
    return msgspec.convert(state, Invoice)


def _letters(procedure: Procedure) -> list[Letter]:
    """What was sent about it: the mail that asked, and the reminders."""
    asking = Notice.select(Notice.letter_id).where(Notice.procedure_id == procedure.id)
    reminding = (Letter.procedure_id == procedure.id) & (Letter.kind == "reminder")
    shown = Letter.select(Letter.kind, Letter.step, Letter.recipient, Letter.sent_at)
    sent = shown.where(Letter.state == "sent", reminding | Letter.id.in_(asking))
    return list(sent.order_by(Letter.sent_at))

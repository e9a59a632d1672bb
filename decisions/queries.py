"""Reads: one procedure with all that the company's page shows. claims.py has the debtor's, digests.py the lists."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import msgspec

from common.calendar import falls_due
from common.events import FeeChoice, Invoice
from common.ledger import owed
from common.links import AnswerLink
from common.money import ZERO
from common.tables import Answer, Company, FetchRun, KnownInvoice, LedgerLine, Letter, Objection, Procedure
from decisions import records
from decisions.standing import Standing, foreseen

FEE_ANSWERS: tuple[str, ...] = get_args(FeeChoice)


class NotFound(Exception):
    """There is no such thing, or it is another company's."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A procedure and its surroundings. `standing` counts what the company has said, heard by dunning or not.

    The ledger is that of the claim: the lines of all its rounds.
    """

    procedure: Procedure
    company: Company
    invoice: Invoice
    answers: list[Answer]
    objections: list[Objection]
    ledger: list[LedgerLine]
    letters: list[Letter]
    standing: Standing
    is_heard: bool
    marks_paid: bool = True  # in the ERP; else nothing starts by itself

    @property
    def newest(self) -> Answer | None:
        return self.answers[-1] if self.answers else None

    @property
    def fees_open(self) -> Decimal:
        """What the debtor owes beside the principal: fees, interest, compensation."""
        return owed(self.ledger).charges

    @property
    def fees_charged(self) -> Decimal:
        """What has been charged beside the principal and not been reversed, paid or not."""
        return owed(line for line in self.ledger if line.against == "charged").charges

    @property
    def written_off(self) -> Decimal:
        """What of the principal the company wrote off; the ERP goes on calling it outstanding."""
        return -owed(line for line in self.ledger if line.against == "lost").principal

    @property
    def fees_given_up(self) -> Decimal:
        """What of it is not asked for any more: waived, or covered by the company."""
        return -owed(line for line in self.ledger if line.against == "lost").charges

    @property
    def policy(self) -> dict[str, Any]:
        """What the company chose when the procedure was opened, with today's choice for what isn't in it."""
        return {**self.company.__data__, **self.procedure.policy}

    @property
    def starts_by_silence(self) -> bool:
        """Unless the claim is disputed, or the company chose otherwise, be it since it was asked."""
        company, customer = self.company, self.procedure.customer_number
        if self.procedure.disputed or not self.marks_paid:
            return False
        if company.paused or "stay" in (company.silence, self.policy["silence"]):
            return False
        return self.invoice.outstanding >= company.smallest_amount and customer not in company.never_dunned

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
    known = known_invoice(procedure)
    invoice = read_invoice(known.state)
    return Case(
        procedure=procedure,
        company=company(link.company),
        invoice=invoice,
        answers=answers,
        objections=records.objections(procedure.id),
        ledger=records.ledger(procedure),
        letters=records.letters(procedure),
        standing=stands(procedure, known.outstanding, invoice.due_on, answers, today),
        is_heard=not unheard(procedure, answers),
        marks_paid=_marks_paid(procedure),
    )


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

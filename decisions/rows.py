"""Reads: what the rows of a list show, with what the company has answered, heard by dunning or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from peewee import fn

from common import bulk
from common.calendar import local_date
from common.events import Invoice
from common.ledger import CHARGES
from common.links import AnswerChoice
from common.money import ZERO
from common.tables import Answer, Company, FetchRun, KnownInvoice, LedgerLine, Pick, Procedure
from decisions import queries
from decisions.standing import Standing, offered

AT_ONCE: tuple[AnswerChoice, ...] = ("start", "stop")  # that may be answered for many at once
_SHOWN = (
    Procedure.id,
    Procedure.invoice_number,
    Procedure.customer_number,
    Procedure.stage,
    Procedure.reason,
    Procedure.policy,
    Procedure.answer_no,
    Procedure.fee_answer_no,
    Procedure.notified_on,
    Procedure.disputed,
    Procedure.step,
    Procedure.pending,
    Procedure.pending_kind,
    Procedure.unreachable_step,
    Procedure.warned_on,
    Procedure.paused_until,
    Procedure.wake_at,
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """An invoice in a list; `standing` and `procedure` (of its newest round) are None while it has none.

    `charges`: fees, interest and compensation that are open. `picks`: nobody was asked, and the company may pick it;
    `is_picked`: it has, today, and that is under way.
    """

    invoice: Invoice
    asked: bool
    standing: Standing | None
    procedure: Any
    newest: str | None
    is_heard: bool
    charges: Decimal
    picks: bool
    is_picked: bool
    today: date

    @property
    def number(self) -> str:
        return self.invoice.number

    @property
    def outstanding(self) -> Decimal:
        """As the ERP has it, unless the company wrote it off."""
        return ZERO if self.standing and self.standing.is_waived else self.invoice.outstanding

    @property
    def days(self) -> int:
        """Overdue, if positive; 0 if nothing is owed."""
        return (self.today - self.invoice.due_on).days if self.outstanding > ZERO else 0

    @property
    def choices(self) -> tuple[AnswerChoice, ...]:
        """Those of AT_ONCE that would change something."""
        if self.standing is None or self.picks:
            return ()
        return tuple(choice for choice in offered(self.standing, self.newest) if choice in AT_ONCE)


def rows(company: Company, numbers: Sequence[str], today: date) -> list[Row]:
    """In the order of `numbers`, without those that are gone. Five statements, always."""
    mine: Any = KnownInvoice.select(KnownInvoice.number, KnownInvoice.state, KnownInvoice.asked)
    chosen = (KnownInvoice.company == company.cvr) & bulk.among(KnownInvoice.number, numbers)
    known = {row[0]: row[1:] for row in mine.where(chosen).tuples()}
    procedures = _procedures(company.cvr, numbers)
    answers = _answers([procedure.id for procedure in procedures.values()])
    open_charges, picked = charges(company.cvr, numbers), _picked(company.cvr, numbers, today)
    found = [
        _row(company, known[number], procedures.get(number), answers, open_charges.get(number, ZERO), today)
        for number in numbers
        if number in known
    ]
    return [
        replace(row, picks=False, is_picked=True) if row.procedure is None and row.number in picked else row
        for row in found
    ]


def _row(
    company: Company,
    known: tuple[Any, bool],
    procedure: Any,
    answers: Mapping[str, list[Answer]],
    charges: Decimal,
    today: date,
) -> Row:
    invoice, asked = queries.read_invoice(known[0]), known[1]
    said = answers.get(procedure.id, []) if procedure else []
    standing = queries.stands(procedure, invoice.outstanding, invoice.due_on, said, today) if procedure else None
    is_unasked = procedure is not None and company.paused and procedure.notified_on is None
    waits = standing is not None and standing.stage == "awaiting_decision" and is_unasked
    return Row(
        invoice=invoice,
        asked=asked,
        standing=standing,
        procedure=procedure,
        newest=said[-1].choice if said else None,
        is_heard=procedure is None or not queries.unheard(procedure, said),
        charges=charges,
        picks=invoice.outstanding > ZERO and (waits or not (asked or procedure)),
        is_picked=False,
        today=today,
    )


def _picked(cvr: str, numbers: Sequence[str], today: date) -> set[str]:
    """What was picked today; of a pick that nobody has heard of since, something is wrong: it may be made anew."""
    picks: Any = Pick.select(Pick.number, Pick.picked_at).where(Pick.company == cvr, bulk.among(Pick.number, numbers))
    return {pick.number for pick in picks if local_date(pick.picked_at) == today}


def _procedures(cvr: str, numbers: Sequence[str]) -> dict[str, Any]:
    """The newest round of each."""
    mine = Procedure.select(*_SHOWN).where(Procedure.company == cvr, bulk.among(Procedure.invoice_number, numbers))
    return {row.invoice_number: row for row in mine.order_by(Procedure.round).namedtuples()}


def _answers(procedure_ids: Sequence[str]) -> dict[str, list[Answer]]:
    """Oldest first."""
    found: dict[str, list[Answer]] = {}
    said = Answer.select(Answer.procedure_id, Answer.answer_no, Answer.choice)
    chosen = said.where(bulk.among(Answer.procedure_id, procedure_ids)).order_by(Answer.answer_no)
    for answer in chosen.namedtuples():
        found.setdefault(answer.procedure_id, []).append(answer)
    return found


def charges(cvr: str, numbers: Sequence[str]) -> dict[str, Decimal]:
    """What is open of fees, interest and compensation, by the invoice's number; of all rounds together."""
    total = fn.SUM(LedgerLine.amount).coerce(False)  # øre; a function doesn't know the field's kroner
    lines = LedgerLine.select(Procedure.invoice_number, total)
    joined = lines.join(Procedure, on=(Procedure.id == LedgerLine.procedure_id)).where(
        Procedure.company == cvr, bulk.among(Procedure.invoice_number, numbers), LedgerLine.account.in_(CHARGES)
    )
    sums: Any = joined.group_by(Procedure.invoice_number).tuples()
    return {number: ZERO + Decimal(int(oere)).scaleb(-2) for number, oere in sums}


def numbers_of(cvr: str, procedure_ids: Sequence[str]) -> dict[str, str]:
    """The invoices of the company's procedures."""
    mine: Any = Procedure.select(Procedure.id, Procedure.invoice_number).where(Procedure.company == cvr)
    return dict(mine.where(bulk.among(Procedure.id, procedure_ids)).tuples())


def marks_paid(cvr: str) -> bool:
    """Whether payments are marked in the company's books; else nothing starts by itself."""
    good = FetchRun.select(FetchRun.marks_paid).where(FetchRun.company == cvr, FetchRun.state == "finished")
    newest = good.where(FetchRun.trusted).order_by(FetchRun.began_at.desc()).first()
    return newest is None or bool(newest.marks_paid)

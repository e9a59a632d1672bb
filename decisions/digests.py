"""Reads: the list of all invoices in one digest, a page at a time."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from peewee import fn

from common.events import Invoice
from common.links import DigestLink
from common.tables import Answer, Company, KnownInvoice, Notice, Procedure
from decisions.paging import pages
from decisions.queries import NotFound, answers_of, company, read_invoice, stands
from decisions.standing import Standing

PAGE = 100  # invoices


@dataclass(frozen=True, kw_only=True)
class DigestEntry:
    procedure_id: str
    invoice: Invoice
    standing: Standing


@dataclass(frozen=True, kw_only=True)
class Digest:
    """One page of a digest, and what all of it comes to."""

    company: Company
    count: int
    unanswered: int
    outstanding: Decimal
    page: int
    entries: list[DigestEntry]

    @property
    def pages(self) -> int:
        return pages(self.count, PAGE)


def digest(link: DigestLink, page: int, today: date) -> Digest:
    """Raises NotFound, also for a page beyond the last."""
    total = fn.SUM(KnownInvoice.outstanding).coerce(False)  # øre; a function doesn't know the field's kroner
    count, oere = _of_digest(link, fn.COUNT(Procedure.id), total).tuples().first()
    found = Digest(
        company=company(link.company),
        count=count,
        unanswered=_unanswered(link),
        outstanding=Decimal(int(oere or 0)).scaleb(-2),
        page=page,
        entries=_entries(link, page, today),
    )
    if not count or not 1 <= page <= found.pages:
        raise NotFound(NotFound.__doc__)
    return found


def _of_digest(link: DigestLink, *columns: Any) -> Any:
    this = (KnownInvoice.company == Procedure.company) & (KnownInvoice.number == Procedure.invoice_number)
    joined = Procedure.select(*columns).join(Notice, on=Notice.procedure_id == Procedure.id)
    joined = joined.join(KnownInvoice, on=this)
    return joined.where(Notice.letter_id == link.letter_id, Procedure.company == link.company)


def _unanswered(link: DigestLink) -> int:
    said = Answer.select(Answer.answer_no).where(Answer.procedure_id == Procedure.id)
    waiting = _of_digest(link, Procedure.id).where(Procedure.stage == "awaiting_decision", ~fn.EXISTS(said))
    return int(waiting.count())


def _entries(link: DigestLink, page: int, today: date) -> list[DigestEntry]:
    chosen = _of_digest(link, Procedure, KnownInvoice.state.alias("state"), KnownInvoice.outstanding.alias("owed"))
    rows = list(chosen.order_by(Procedure.due_on, Procedure.invoice_number).paginate(page, PAGE).objects())
    answers = answers_of([row.id for row in rows])
    return [_entry(row, answers[row.id], today) for row in rows]


def _entry(row: Any, answers: list[Answer], today: date) -> DigestEntry:
    invoice = read_invoice(row.state)
    standing = stands(row, row.owed, invoice.due_on, answers, today)
    return DigestEntry(procedure_id=row.id, invoice=invoice, standing=standing)

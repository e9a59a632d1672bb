"""Reads: one claim with all that the debtor's page shows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from common.calendar import local_date
from common.events import Invoice
from common.ledger import Owed, owed
from common.links import ClaimLink
from common.tables import Company, KnownInvoice, LedgerLine, Objection, Procedure
from decisions import objecting, queries, records
from decisions.objecting import Position
from decisions.queries import NotFound
from decisions.saying import Said


@dataclass(frozen=True, kw_only=True)
class Claim:
    """The newest round of an invoice's dunning as its debtor may know it; the ledger is that of all rounds.

    `position` counts what he and the company have said, heard by dunning or not.
    """

    procedure: Procedure
    company: Company
    invoice: Invoice
    objections: list[Objection]
    ledger: list[LedgerLine]
    position: Position

    @property
    def owed(self) -> Owed:
        return owed(self.ledger)

    @property
    def newest(self) -> Objection | None:
        return self.objections[-1] if self.objections else None

    def said_last(self, said: Said) -> bool:
        """Whether this is, word for word, what he said last, and nothing has come of it since."""
        newest = self.newest
        is_same = newest is not None and all(getattr(newest, name) == value for name, value in vars(said).items())
        return is_same and objecting.is_repeat(self.position, said.kind)


def claim(link: ClaimLink, today: date) -> Claim:
    """Raises NotFound."""
    procedure = newest(link)
    known = queries.known_invoice(procedure)
    invoice, objections = queries.read_invoice(known.state), records.objections(procedure.id)
    return Claim(
        procedure=procedure,
        company=queries.company(link.company),
        invoice=invoice,
        objections=objections,
        ledger=_ledger(procedure, invoice),
        position=_position(procedure, known, invoice, objections, today),
    )


def newest(link: ClaimLink) -> Procedure:
    """The newest round: a link in an old letter leads to what is so today. Raises NotFound."""
    named = Procedure.get_or_none(Procedure.id == link.procedure_id, Procedure.company == link.company)
    if named is None:
        raise NotFound(NotFound.__doc__)
    rounds = Procedure.select().where(
        Procedure.company == link.company, Procedure.invoice_number == named.invoice_number
    )
    return rounds.order_by(Procedure.round.desc()).first()  # type: ignore[no-any-return]


def _position(
    procedure: Procedure, known: KnownInvoice, invoice: Invoice, objections: list[Objection], today: date
) -> Position:
    told = queries.told(procedure, known.outstanding, invoice.due_on, today)
    heard = Position(told, procedure.disputed, has_waited=procedure.paused_until is not None)
    answers = queries.answers_of([procedure.id])[procedure.id]
    said = [(answer.answered_at, answer.choice) for answer in queries.unheard(procedure, answers)]
    said += [(one.raised_at, one.kind) for one in objections if one.objection_no > procedure.objection_no]
    return objecting.foreseen(heard, [word for _, word in sorted(said)])


def _ledger(procedure: Procedure, invoice: Invoice) -> list[LedgerLine]:
    """A ledger that was begun before the principal was booked is completed from what the ERP says."""
    lines = records.ledger(procedure)
    if any(line.account == "principal" for line in lines):
        return lines
    paid = min(invoice.paid, invoice.amount)
    paid_on = invoice.paid_on or local_date(invoice.observed_at)
    principal = _line("principal", "invoiced", invoice.amount, invoice.issued_on or invoice.due_on)
    return [principal, *([_line("paid", "received", -paid, paid_on)] if paid else []), *lines]


def _line(kind: str, against: str, amount: Any, booked_on: date) -> LedgerLine:
    fields = {"kind": kind, "account": "principal", "against": against, "amount": amount, "booked_on": booked_on}
    return LedgerLine(step=0, attempt=0, rule="", **fields)

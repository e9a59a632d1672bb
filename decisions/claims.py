"""Reads: one claim with all that the debtor's page shows."""

from dataclasses import dataclass
from datetime import date

from common.events import Invoice
from common.ledger import Owed, owed
from common.links import ClaimLink
from common.tables import Company, LedgerLine, Objection, Procedure
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

    @property
    def said_himself(self) -> int:
        """How many things he said; what his company wrote down for him doesn't count."""
        return sum(not one.by for one in self.objections)

    def said_last(self, said: Said) -> bool:
        """Whether this is, word for word, what he said last, and nothing has come of it since."""
        newest = self.newest
        if newest is None or newest.by:
            return False
        is_same = all(getattr(newest, name) == value for name, value in vars(said).items())
        return is_same and objecting.is_repeat(self.position, said.kind)


def claim(link: ClaimLink, today: date) -> Claim:
    """Raises NotFound."""
    procedure = newest(link)
    known = queries.known_invoice(procedure)
    invoice, objections = queries.read_invoice(known.state), records.objections(procedure.id)
    answers = queries.answers_of([procedure.id])[procedure.id]
    return Claim(
        procedure=procedure,
        company=queries.company(link.company),
        invoice=invoice,
        objections=objections,
        ledger=records.completed(records.ledger(procedure), invoice),
        position=queries.position(procedure, known.outstanding, invoice.due_on, answers, objections, today),
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

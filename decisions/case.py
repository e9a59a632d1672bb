"""A procedure with its surroundings, as the company's pages show it; queries.py reads it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from common.events import Invoice
from common.ledger import owed
from common.tables import Answer, Company, LedgerLine, Letter, Objection, Procedure
from decisions.objecting import Position
from decisions.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Case:
    """A procedure and its surroundings. `position` counts what the company and its customer have said, heard by dunning
    or not. The ledger is that of the claim: the lines of all its rounds.
    """

    procedure: Procedure
    company: Company
    invoice: Invoice
    answers: list[Answer]
    objections: list[Objection]
    ledger: list[LedgerLine]
    letters: list[Letter]
    position: Position
    is_heard: bool
    marks_paid: bool = True  # in the ERP; else nothing starts by itself

    @property
    def standing(self) -> Standing:
        return self.position.standing

    @property
    def is_noted(self) -> bool:
        """Whether it is disputed by what the company itself wrote down alone: its customer has said nothing."""
        disputes: list[Objection] = []
        for one in self.objections:
            disputes = [] if one.kind == "withdraw" else [*disputes, one] if one.kind == "dispute" else disputes
        return bool(disputes) and all(one.by for one in disputes)

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
        if self.position.is_disputed or not self.marks_paid:
            return False
        if company.paused or "stay" in (company.silence, self.policy["silence"]):
            return False
        return self.invoice.outstanding >= company.smallest_amount and customer not in company.never_dunned

    @property
    def reminders(self) -> int:
        return int(self.policy["reminders"])

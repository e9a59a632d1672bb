"""One invoice with every round of its dunning, as its page shows it; lives.py reads it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.events import Invoice
from common.tables import (
    Answer,
    Company,
    FetchRun,
    KnownInvoice,
    LedgerLine,
    Letter,
    LetterDecision,
    Objection,
    Pick,
    Procedure,
    SetAside,
)
from decisions.case import Case


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event of the log, and when it was said."""

    id: str
    at: datetime
    type: str
    says: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Life:
    """`case` is the newest round, None for an invoice that is not dunned; `rounds` are all, oldest first, and so are
    letters, answers, objections, decisions on held letters and picks. The ledger is that of all rounds.
    """

    company: Company
    number: str
    known: KnownInvoice | None
    invoice: Invoice | None
    set_aside: SetAside | None
    seen_by: FetchRun | None
    case: Case | None
    rounds: list[Procedure]
    ledger: list[LedgerLine]
    answers: list[Answer]
    objections: list[Objection]
    letters: list[Letter]
    decisions: list[LetterDecision]
    picks: list[Pick]
    told: list[Told]

    @property
    def held(self) -> list[Letter]:
        return [letter for letter in self.letters if letter.state == "held"]

    @property
    def is_found_alone(self) -> bool:
        """It is owed, and nobody was asked about it."""
        return bool(self.known and not self.rounds and not self.known.asked and self.known.outstanding)

    def decided(self, letter_id: str) -> LetterDecision | None:
        """What was last said of a letter."""
        made = [decision for decision in self.decisions if decision.letter_id == letter_id]
        return made[-1] if made else None

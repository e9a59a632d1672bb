"""Our own rows, and what our own logs say of messages that failed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class ProcedureRow:
    id: str
    invoice: str
    round: int
    stage: str
    reason: str = ""
    wake_at: datetime | None = None  # business time


@dataclass(frozen=True)
class FeeRow:
    """A line of a procedure's ledger: kind is fee or reversal."""

    procedure: str
    kind: str
    step: int
    attempt: int


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """A line of a claim's ledger, whichever round booked it."""

    invoice: str
    kind: str
    account: str
    against: str
    amount: Decimal
    step: int = 0
    attempt: int = 0
    event: str = ""
    value_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class LetterRow:
    id: str
    message_id: str
    procedure: str
    kind: str
    state: str
    step: int = 0
    attempt: int = 0
    reason: str = ""
    to_debtor: bool = False


@dataclass(frozen=True)
class QuestionRow:
    """That the company is to be asked about a procedure, and the letter that does, if it is written."""

    procedure: str
    letter: str | None


@dataclass(frozen=True)
class OutboxRow:
    id: str
    type: str
    at: datetime  # business time
    is_published: bool


@dataclass(frozen=True)
class FailedRow:
    id: int
    queue: str
    type: str
    cause: str
    state: str = "open"
    event_id: str = ""


@dataclass(frozen=True)
class Tried:
    """One of our logs: at this instant handling this event failed."""

    at: datetime
    event_id: str

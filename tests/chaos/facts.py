"""What a judge may look at: the books of the ERP, the mail server, a subscriber and people, and rows of our own.

All instants are real ones (UTC), as each book stamped them; `Facts.clock` says what the business clock showed then.
Invoices go by their number, which in a town is its own for every company.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from common.clock import Anchor

NOBODY = ""


# --- the others' books -----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Deed:
    """The ERP's book: from `at` on it said that so much is owed for the invoice. `what` happened: paid, credited …"""

    at: datetime
    invoice: str
    what: str
    outstanding: Decimal


@dataclass(frozen=True)
class Mail:
    """The mail server's book: it took this mail, whether or not the sender heard so."""

    at: datetime
    message_id: str
    to: str


@dataclass(frozen=True)
class Heard:
    """The subscriber's book: an event came. `content` is its data."""

    at: datetime
    id: str
    type: str
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Answered:
    """A person's own note: the portal had taken this answer at `at`; or it fell silent, and nobody knows (`heard`)."""

    at: datetime
    procedure: str
    choice: str
    heard: bool = True


@dataclass(frozen=True)
class Disturbance:
    """What was done to whom, such as kill to `notifier 2`, or die_after_250 to `mail`."""

    at: datetime
    kind: str
    to: str
    until: datetime | None = None


# --- our own rows ----------------------------------------------------------------------------------------------------
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


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a judge may look at. `now` is real; `sending` (real) is how long a claimed letter may take."""

    now: datetime
    clock: Sequence[Anchor]
    fresh: timedelta = timedelta(hours=24)  # business time that a look at the ERP is good for
    sending: timedelta = timedelta(seconds=12)
    late: timedelta = timedelta(hours=1)  # business time after which a deadline is overdue
    deeds: Sequence[Deed] = ()
    mails: Sequence[Mail] = ()
    heard: Sequence[Heard] = ()
    answers: Sequence[Answered] = ()
    disturbances: Sequence[Disturbance] = ()
    released: Mapping[str, int] = field(default_factory=dict)  # letter id: how often a person released it
    procedures: Sequence[ProcedureRow] = ()
    fees: Sequence[FeeRow] = ()
    letters: Sequence[LetterRow] = ()
    questions: Sequence[QuestionRow] = ()
    shown: Collection[str] = ()  # invoices that `rykker letters refused` shows
    outbox: Sequence[OutboxRow] = ()
    failed: Sequence[FailedRow] = ()
    queues: Mapping[str, int] = field(default_factory=dict)  # messages that are left in each of our queues
    asleep: int = 0  # events in the queue of a subscriber who never reads, which has
    room: int = 0  # for so many, and drops its oldest

    def business(self, at: datetime) -> datetime:
        """What the business clock showed at a real instant: by the last time that it was set before."""
        before = [anchor for anchor in self.clock if anchor.real <= at] or self.clock[:1]
        return before[-1].at(at)

    def letter_of(self, mail: Mail) -> LetterRow | None:
        return next((letter for letter in self.letters if letter.message_id == mail.message_id), None)

    def invoice_of(self, procedure: str) -> str:
        return next((row.invoice for row in self.procedures if row.id == procedure), NOBODY)

    def reminders(self) -> Iterator[tuple[Mail, LetterRow]]:
        """The mails to debtors that the mail server took."""
        found = ((mail, self.letter_of(mail)) for mail in self.mails)
        return ((mail, letter) for mail, letter in found if letter and letter.kind == "reminder")

    def claimed(self, mail: Mail) -> datetime:
        """The earliest real instant at which its sender can have decided to send it; one that was stopped sleeps."""
        earliest = mail.at - self.sending
        for pause in (d for d in self.disturbances if d.until and d.to.startswith("notifier")):
            if pause.at <= mail.at and (pause.until or pause.at) >= earliest:
                earliest = min(earliest, pause.at - self.sending)
        return earliest

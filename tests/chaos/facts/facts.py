"""Everything that a judge may look at, together."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from common.clock import Anchor
from tests.chaos.facts.books import Answered, Deed, Disturbance, Heard, Looked, Mail, Saved
from tests.chaos.facts.ours import FailedRow, FeeRow, LetterRow, LineRow, OutboxRow, ProcedureRow, QuestionRow, Tried

NOBODY = ""
DEMANDS = ("reminder", "collection_notice")


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
    objections: Sequence[Answered] = ()  # what debtors said: dispute, paid, withdraw
    saved: Sequence[Saved] = ()  # what companies chose on their profiles
    looked: Sequence[Looked] = ()  # everything that was asked of the portal behind the login
    disturbances: Sequence[Disturbance] = ()
    released: Mapping[str, int] = field(default_factory=dict)  # letter id: how often a person released it
    choices: Mapping[tuple[str, str], str] = field(default_factory=dict)  # company and choice: what is stored
    procedures: Sequence[ProcedureRow] = ()
    fees: Sequence[FeeRow] = ()
    lines: Sequence[LineRow] = ()
    letters: Sequence[LetterRow] = ()
    questions: Sequence[QuestionRow] = ()
    shown: Collection[str] = ()  # invoices that `rykker letters refused` shows
    outbox: Sequence[OutboxRow] = ()
    failed: Sequence[FailedRow] = ()
    tries: Sequence[Tried] = ()
    queues: Mapping[str, int] = field(default_factory=dict)  # messages that are left in each of our queues
    asleep: int = 0  # events in the queue of a subscriber who never reads, which has
    room: int = 0  # for so many, and drops its oldest

    def business(self, at: datetime) -> datetime:
        """What the business clock showed at a real instant: by the last time that it was set before."""
        before = [anchor for anchor in self.clock if anchor.real <= at] or self.clock[:1]
        return before[-1].at(at)

    def letter_of(self, mail: Mail) -> LetterRow | None:
        return next((letter for letter in self.letters if letter.message_id == mail.message_id), None)

    def heard_of(self, kind: str, letter: LetterRow) -> datetime:
        """When the subscriber first heard so; a letter of which he has heard nothing is one of now."""
        of_it = (one.at for one in self.heard if one.type == kind and one.content.get("letter_id") == letter.id)
        return min(of_it, default=self.now)

    def invoice_of(self, procedure: str) -> str:
        return next((row.invoice for row in self.procedures if row.id == procedure), NOBODY)

    def reminders(self) -> Iterator[tuple[Mail, LetterRow]]:
        """The mails to debtors that the mail server took, and that ask for the principal."""
        found = ((mail, self.letter_of(mail)) for mail in self.mails)
        return ((mail, letter) for mail, letter in found if letter and letter.kind in DEMANDS)

    def claimed(self, mail: Mail) -> datetime:
        """The earliest real instant at which its sender can have decided to send it; one that was stopped sleeps."""
        earliest = mail.at - self.sending
        for pause in (d for d in self.disturbances if d.until and d.to.startswith("notifier")):
            if pause.at <= mail.at and (pause.until or pause.at) >= earliest:
                earliest = min(earliest, pause.at - self.sending)
        return earliest

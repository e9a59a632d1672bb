"""A dunning procedure as a frozen value; pure.

A rule takes a procedure and what was heard, and returns the next procedure with its news. `now`, `today` and the
policy come in. README.md has the picture, and which file has which rules.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from common import events as e
from common.frozen import but
from common.ledger import Account, Against, Owed, owed
from common.money import ZERO
from dunning.ledger import Kind, Ledger, Line
from dunning.policy import Policy

Stage = Literal[
    "awaiting_decision", "running", "checking", "paused", "collecting_fees", "settled", "cancelled", "escalated"
]
OVER = ("settled", "cancelled")
FIRST_NUMBER = 1000  # of lines that belong to no letter; attempts of letters stay far below
LetterKind = Literal["reminder", "collection_notice", "fee_reminder"]
LETTERS = ("reminder", "collection_notice", "fee_reminder")  # that go to the debtor


class NothingToDo(Exception):
    """The procedure is past this: another message got there first."""


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One invoice's dunning, as it is now. `ledger` and `news` are what it owes and what is to be said of it."""

    id: str
    company: str
    invoice_number: str
    round: int
    version: int = 0
    stage: Stage = "awaiting_decision"
    reason: str = ""
    sequence: int
    customer_number: str
    debtor_email: str | None
    amount: Decimal
    paid: Decimal
    due_on: date
    policy: Policy
    fetch_id: str | None = None
    opened_at: datetime
    notified_on: date | None = None
    answer_no: int = 0
    fee_answer_no: int = 0
    step: int = 0
    attempt: int = 0
    pending: bool = False
    unreachable_step: int = 0
    last_reminder_on: date | None = None
    looked_at: datetime | None = None
    wake_at: datetime | None = None
    wake_no: int = 0
    debtor_cvr: str | None = None
    issued_on: date | None = None
    pending_kind: LetterKind = "reminder"
    pending_pay_by: date | None = None  # that the pending letter gives, if it is a warning
    pay_by: date | None = None  # that the warning gave
    warned_on: date | None = None
    warned_by: str = ""  # kind and step of the letter that did
    warned_step: int = 0
    fee_letters: int = 0
    objection_no: int = 0
    disputed: bool = False
    paused_until: date | None = None
    held: int = 0
    policy_no: int = 0
    started_on: date | None = None  # the last time that it did
    started_by: str = ""  # answer, silence
    escalated_on: date | None = None
    ended_on: date | None = None
    ledger: Ledger = ()
    news: tuple[e.Event, ...] = ()

    @property
    def outstanding(self) -> Decimal:
        return max(self.amount - self.paid, ZERO)

    def but(self, **changes: Any) -> "Procedure":
        return but(self, **changes)

    def saying(self, kind: type[e.ProcedureEvent], **fields: Any) -> "Procedure":
        """With one more piece of news, under the version that this change will be saved as; it takes the place of what
        was said of the same kind under that version.
        """
        said = kind(
            company=self.company,
            procedure_id=self.id,
            invoice_number=self.invoice_number,
            procedure_version=self.version + 1,
            **fields,
        )
        new = (said.type, said.version.format(e=said))
        kept = (one for one in self.news if (one.type, one.version.format(e=one)) != new)
        return self.but(news=(*kept, said))

    @property
    def owed(self) -> Owed:
        """What the ledger of the claim says."""
        return owed(self.ledger)

    def booking(self, *lines: Line) -> "Procedure":
        return self.but(ledger=(*self.ledger, *lines))

    def booked(
        self,
        kind: Kind,
        account: Account,
        against: Against,
        amount: Decimal,
        today: date,
        rule: str,
        value_on: date | None = None,
    ) -> "Procedure":
        """With a line that belongs to no letter; its place in the ledger makes it one of its kind. None for nothing.

        It is of no earlier day than the line before it, be the clock set back.
        """
        number, day = FIRST_NUMBER + len(self.ledger), max([today, *(line.booked_on for line in self.ledger[-1:])])
        line = Line(kind, 0, number, amount, day, rule, account, against, value_on)
        return self.booking(line) if amount else self

    def waking(self, at: datetime | None) -> "Procedure":
        """To be looked at again at `at`; every earlier timer is void."""
        return self.but(wake_at=at, wake_no=self.wake_no + 1)

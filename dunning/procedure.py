"""A dunning procedure as a frozen value, and the moves that its rules share; pure.

A rule takes a procedure and what was heard, and returns the next procedure with its news. `now`, `today` and the
policy come in. README.md has the picture, and which file has which rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from common import events as e
from common.frozen import but
from common.ledger import CHARGES, Account, Against, Owed, owed
from common.money import ZERO
from dunning.ledger import CHARGING, Kind, Ledger, Line, received, spread, standing, total
from dunning.policy import Policy

Stage = Literal[
    "awaiting_decision", "running", "checking", "paused", "collecting_fees", "settled", "cancelled", "escalated"
]
OVER = ("settled", "cancelled")
ERP = "the ERP"  # as the rule of a line
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
    pay_by: date | None = None
    warned_on: date | None = None
    fee_letters: int = 0
    objection_no: int = 0
    disputed: bool = False
    paused_until: date | None = None
    held: int = 0
    policy_no: int = 0
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
        """With a line that belongs to no letter; its place in the ledger makes it one of its kind. None for nothing."""
        number = FIRST_NUMBER + len(self.ledger)
        line = Line(kind, 0, number, amount, today, rule, account, against, value_on)
        return self.booking(line) if amount else self

    def waking(self, at: datetime | None) -> "Procedure":
        """To be looked at again at `at`; every earlier timer is void."""
        return self.but(wake_at=at, wake_no=self.wake_no + 1)


# --- moves that several rules share ----------------------------------------------------------------------------------
def balanced(procedure: Procedure, today: date) -> Procedure:
    """With all the money that is in the ledger spread anew over what is owed, as `ledger.spread` says."""
    return _spread(procedure, received(procedure.ledger), today)


def paid_in(procedure: Procedure, paid: Decimal, today: date, paid_on: date | None) -> Procedure:
    """With `paid` in all, says the ERP. A payment counts from the day it was made."""
    return _spread(procedure, paid, today, min(paid_on or today, today))


def _spread(procedure: Procedure, paid: Decimal, today: date, paid_on: date | None = None) -> Procedure:
    for move in spread(procedure.ledger, paid):
        value_on = paid_on if move.kind == "paid" and move.amount < ZERO else None
        procedure = procedure.booked(*move, today, ERP, value_on)
    return procedure


def reversing(procedure: Procedure, step: int, attempt: int, today: date, rule: str) -> Procedure:
    """All that the letter of that step and attempt charged."""
    for kind in CHARGING:
        for line in standing(procedure.ledger, kind):  # type: ignore[arg-type]
            if (line.step, line.attempt) == (step, attempt):
                procedure = _reversed(procedure, line, today, rule)
    return balanced(procedure, today)


def reversing_all(procedure: Procedure, today: date, rule: str) -> Procedure:
    """Every charge: the claim had no ground. What was collected of them is owed to the debtor then."""
    for kind in ("fee", "compensation", "collection"):
        for line in standing(procedure.ledger, kind):
            procedure = _reversed(procedure, line, today, rule)
    interest = total(procedure.ledger, "interest", "charged")
    return balanced(procedure.booked("reversal", "interest", "charged", -interest, today, rule), today)


def _reversed(procedure: Procedure, line: Line, today: date, rule: str) -> Procedure:
    """Of interest no more than is left: some of it may have been taken back by itself."""
    amount = min(line.amount, total(procedure.ledger, line.account, "charged"))
    back = Line("reversal", line.step, line.attempt, -amount, today, rule, line.account, value_on=line.value_on)
    procedure = procedure.booking(back) if amount else procedure
    return procedure.saying(e.FeeReversed, step=line.step, amount=line.amount) if line.kind == "fee" else procedure


def without_pending_fee(procedure: Procedure, today: date, rule: str) -> Procedure:
    """A letter that has not left yet earns nothing once it is over."""
    if not procedure.pending or procedure.pending_kind != "reminder":
        return procedure
    return reversing(procedure, procedure.step + 1, procedure.attempt, today, rule)


def losing(procedure: Procedure, kind: Kind, accounts: Iterable[Account], today: date, rule: str) -> Procedure:
    """What is open on these accounts is not asked for any more."""
    for account in accounts:
        procedure = procedure.booked(kind, account, "lost", -getattr(procedure.owed, account), today, rule)
    return procedure


def started(procedure: Procedure, by: str, now: datetime) -> Procedure:
    return procedure.but(stage="running", reason="").saying(e.ProcedureStarted, by=by).waking(now)


def cancelled(procedure: Procedure, reason: str, today: date) -> Procedure:
    procedure = without_pending_fee(procedure, today, reason)
    procedure = losing(procedure, "waived", CHARGES, today, reason)
    return procedure.but(stage="cancelled", reason=reason).waking(None).saying(e.ProcedureCancelled, reason=reason)


def settled(procedure: Procedure, reason: str, **sums: Decimal) -> Procedure:
    over = procedure.but(stage="settled", reason=reason).waking(None)
    return over.saying(e.ProcedureSettled, reason=reason, surplus=-over.owed.surplus, **{"covered": ZERO} | sums)

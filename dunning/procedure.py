"""A dunning procedure as a frozen value, and the moves that its rules share; pure.

A rule takes a procedure and what was heard, and returns the next procedure with its news. `now`, `today` and the
policy come in. The rules: opening.py, facts.py (the ERP), answers.py (people), steps.py (time and letters).
README.md has the picture.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from common import events as e
from common.frozen import but
from common.money import ZERO
from dunning.fees import Kind, Ledger, Line, open_fees, reversal, standing_fees
from dunning.policy import Policy

Stage = Literal[
    "awaiting_decision", "running", "checking", "paused", "collecting_fees", "settled", "cancelled", "escalated"
]
OVER = ("settled", "cancelled")


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
    ledger: Ledger = ()
    news: tuple[e.Event, ...] = ()

    @property
    def outstanding(self) -> Decimal:
        return max(self.amount - self.paid, ZERO)

    def but(self, **changes: Any) -> "Procedure":
        return but(self, **changes)

    def saying(self, kind: type[e.ProcedureEvent], **fields: Any) -> "Procedure":
        """With one more piece of news, under the version that this change will be saved as."""
        said = kind(
            company=self.company,
            procedure_id=self.id,
            invoice_number=self.invoice_number,
            procedure_version=self.version + 1,
            **fields,
        )
        return self.but(news=(*self.news, said))

    def booking(self, *lines: Line) -> "Procedure":
        return self.but(ledger=(*self.ledger, *lines))

    def line(self, kind: Kind, amount: Decimal, today: date, rule: str) -> Line:
        """A line that belongs to no letter; the version that it is saved under makes it one of its kind."""
        return Line(kind, 0, self.version + 1, amount, today, rule)

    def waking(self, at: datetime | None) -> "Procedure":
        """To be looked at again at `at`; every earlier timer is void."""
        return self.but(wake_at=at, wake_no=self.wake_no + 1)


# --- moves that several rules share
def told(before: Procedure, invoice: e.Invoice) -> Procedure:
    return before.but(
        sequence=invoice.sequence,
        customer_number=invoice.debtor.customer_number,
        debtor_email=invoice.debtor.email,
        amount=invoice.amount,
        paid=invoice.paid,
        due_on=invoice.due_on,
    )


def reversing(procedure: Procedure, step: int, attempt: int, today: date, rule: str) -> Procedure:
    for fee in standing_fees(procedure.ledger):
        if (fee.step, fee.attempt) == (step, attempt):
            procedure = procedure.booking(reversal(fee, today, rule))
            procedure = procedure.saying(e.FeeReversed, step=fee.step, amount=fee.amount)
    return procedure


def reversing_all(procedure: Procedure, today: date, rule: str) -> Procedure:
    """Every fee: the claim had no ground. What was collected of them is owed to the debtor then."""
    for fee in standing_fees(procedure.ledger):
        procedure = reversing(procedure, fee.step, fee.attempt, today, rule)
    return procedure


def without_pending_fee(procedure: Procedure, today: date, rule: str) -> Procedure:
    """A reminder that has not left yet earns nothing once it is over."""
    if not procedure.pending:
        return procedure
    return reversing(procedure, procedure.step + 1, procedure.attempt, today, rule)


def started(procedure: Procedure, by: str, now: datetime) -> Procedure:
    return procedure.but(stage="running", reason="").saying(e.ProcedureStarted, by=by).waking(now)


def cancelled(procedure: Procedure, reason: str, today: date) -> Procedure:
    procedure = without_pending_fee(procedure, today, reason)
    if (fees := open_fees(procedure.ledger)) > ZERO:
        procedure = procedure.booking(procedure.line("waived", -fees, today, reason))
    return procedure.but(stage="cancelled", reason=reason).waking(None).saying(e.ProcedureCancelled, reason=reason)


def settled(procedure: Procedure, reason: str, covered: Decimal = ZERO) -> Procedure:
    over = procedure.but(stage="settled", reason=reason).waking(None)
    return over.saying(e.ProcedureSettled, reason=reason, covered=covered)


def covered(procedure: Procedure, today: date, rule: str) -> Procedure:
    fees = open_fees(procedure.ledger)
    line = procedure.line("covered", -fees, today, rule)
    return settled(procedure.booking(line), "covered", covered=fees)

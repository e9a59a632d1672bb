"""The ledger of a procedure and the fees in it; pure. The fee is outside VAT (SKM2003.541.LSR)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from common.money import ZERO

LARGEST_FEE = Decimal("100.00")  # renteloven § 9 b, stk. 2: at most 100 kr. for each letter
MOST_FEES = 3  # § 9 b, stk. 2: for at most three letters about the same claim
FEE_RULE = "renteloven § 9 b, stk. 2"

Kind = Literal["fee", "reversal", "waived", "covered", "uncovered", "collected"]


@dataclass(frozen=True)
class Line:
    """What the debtor owes more (or, negative, less), and the rule or choice behind it. Never changed."""

    kind: Kind
    step: int
    attempt: int
    amount: Decimal
    booked_on: date
    rule: str


Ledger = tuple[Line, ...]


def open_fees(ledger: Iterable[Line]) -> Decimal:
    """What the debtor still owes in fees."""
    return sum((line.amount for line in ledger), ZERO)


def standing_fees(ledger: Ledger) -> Ledger:
    """Fees that were charged and not reversed."""
    reversed_ = {(line.step, line.attempt) for line in ledger if line.kind == "reversal"}
    return tuple(line for line in ledger if line.kind == "fee" and (line.step, line.attempt) not in reversed_)


def reminder_fee(wanted: Decimal, standing: Ledger) -> Decimal:
    """The fee for one more reminder: rykkergebyr, renteloven § 9 b, stk. 2.

    At most 100 kr., for at most three letters about the same claim, and never raised on the same claim.
    """
    if len(standing) >= MOST_FEES:
        return ZERO
    return min([wanted, LARGEST_FEE, *(line.amount for line in standing)])


def reversal(fee: Line, today: date, rule: str) -> Line:
    return Line("reversal", fee.step, fee.attempt, -fee.amount, today, rule)

"""The numbers of Danish law on late payment, each with its paragraph and the days from which it holds; pure.

Never settings. When the law changes, a number gets one more line; what is older keeps the one of its day.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

N = TypeVar("N", int, Decimal)
EVER = date.min  # as far back as anything here reaches


@dataclass(frozen=True)
class Number(Generic[N]):
    """What the paragraph says, from each of these days on, the oldest first."""

    paragraph: str
    since: tuple[tuple[date, N], ...]

    def on(self, day: date) -> N:
        return [number for first, number in self.since if first <= day][-1]

    @property
    def newest(self) -> N:
        return self.since[-1][1]


# --- what a letter may cost, and when; by the day on which it is issued ----------------------------------------------
REMINDER_FEE = Number("renteloven § 9 b, stk. 2", ((EVER, Decimal("100.00")),))  # kroner at most for each letter
REMINDERS = Number("renteloven § 9 b, stk. 2", ((EVER, 3),))  # with a fee, about a claim or in a period of arrears
DAYS_BETWEEN = Number("renteloven § 9 b, stk. 2", ((EVER, 10),))  # at least, from sending to sending
COLLECTION_FEE = Number("renteloven § 9 b, stk. 3", ((EVER, Decimal("100.00")),))  # kroner at most, once
DAYS_TO_PAY = Number("inkassoloven § 10, stk. 3", ((EVER, 10),))  # at least, from the sending of a collection notice
GOOD_REASON = "renteloven § 9 b, stk. 1"  # there is none for a fee on a claim that is disputed

# --- what a claim bears; by the day on which it fell due -------------------------------------------------------------
COMPENSATION = Number(  # kroner, once a claim, between traders and towards public bodies
    "renteloven § 9 a, stk. 3",  # and bekendtgørelse nr. 601 of 12 July 2002, § 2, stk. 2
    ((EVER, Decimal("0.00")), (date(2013, 3, 1), Decimal("310.00"))),  # as of nr. 105 of 31 January 2013
)
MARGIN = Number(  # percentage points above the reference rate
    "renteloven § 5, stk. 1",
    ((EVER, Decimal(7)), (date(2013, 3, 1), Decimal(8))),  # lov nr. 1244/2012, § 4
)
DAYS_OF_GRACE = Number("renteloven § 3, stk. 2", ((EVER, 30),))  # from the demand, where no due date was agreed
INTEREST = "renteloven §§ 3 and 5"

# --- what is kept ----------------------------------------------------------------------------------------------------
BOOKKEEPING = Number("bogføringsloven § 12", ((EVER, 5),))  # years from the end of a voucher's financial year

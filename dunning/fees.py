"""What the law lets a creditor charge for a late payment, beside interest; pure. All of it is outside VAT.

Reminder fee (rykkergebyr), renteloven § 9 b, which is no payment for a service (SKM2003.541.LSR); debt-collection fee
(inkassogebyr), § 9 b, stk. 3; compensation (kompensationsbeløb), § 9 a, stk. 3 and bekendtgørelse nr. 601 of 12 July
2002, § 2.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from common.law import COLLECTION_FEE, COMPENSATION, DAYS_BETWEEN, REMINDER_FEE, REMINDERS
from common.money import ZERO
from dunning.ledger import Ledger


@dataclass(frozen=True)
class Debt:
    """A time in which the customer owed something: from the day after it fell due. None: he still does."""

    since: date
    until: date | None


@dataclass(frozen=True)
class Arrears:
    """What the customer owed in all, and when letters to him about other claims had a fee."""

    debts: Collection[Debt] = ()
    fees: Collection[date] = ()

    def began(self, today: date) -> date:
        """The first day of the continuous period of arrears that holds `today`; § 9 b, stk. 2, second sentence."""
        first = today
        for debt in sorted(self.debts, key=lambda debt: debt.until or today, reverse=True):
            if (debt.until or today) >= first - timedelta(days=1):
                first = min(first, debt.since)
        return first


def reminder_fee(wanted: Decimal, standing: Ledger, sent: int, today: date) -> Decimal:
    """The fee for one more reminder after `sent`, in kroner: § 9 b, stk. 2.

    At most 100 kr., for at most three letters about the same claim, and never more than for an earlier one: one that
    was sent without a fee, or with a lower one, binds.
    """
    if len(standing) >= REMINDERS.on(today) or len(standing) < sent:
        return ZERO
    return max(min([wanted, REMINDER_FEE.on(today), *(line.amount for line in standing)]), ZERO)


def has_room(arrears: Arrears, own: Collection[date], today: date) -> bool:
    """Whether the customer relationship leaves room for one more fee: three in one continuous period of arrears, ten
    days apart, whichever of his claims they are about. The careful reading of § 9 b, stk. 2.
    """
    began = arrears.began(today)
    within = [day for day in (*arrears.fees, *own) if day >= began]
    gap = timedelta(days=DAYS_BETWEEN.on(today))
    return len(within) < REMINDERS.on(today) and all(today - day >= gap for day in within)


def collection_fee(wanted: Decimal, today: date, *, is_disputed: bool) -> Decimal:
    """What a creditor may add, once, when he asks somebody else to collect the claim, in kroner: § 9 b, stk. 3."""
    return ZERO if is_disputed else min(wanted, COLLECTION_FEE.on(today))


def compensation(due_on: date, *, is_trader: bool) -> Decimal:
    """Once per claim, towards traders and public bodies only, in kroner."""
    return COMPENSATION.on(due_on) if is_trader else ZERO

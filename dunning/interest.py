"""Default interest (morarente), renteloven §§ 3, 5; pure. Simple, on the principal that is outstanding on each day.

The reference rate plus eight percentage points; for claims that fell due before 1 March 2013 plus seven, for good (lov
nr. 1244/2012, § 4). The law names no day count; a policy chooses one, actual/365 unless it says another. The day
from which it runs is not counted, the day until which it runs is; a payment counts from the day after it. Rounded once,
half up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from common.law import DAYS_OF_GRACE, MARGIN
from common.money import OERE, ZERO
from dunning.rates import Rates

DayCount = Literal["actual/365", "actual/actual", "30/360"]


@dataclass(frozen=True)
class Movement:
    """The principal rises, or falls (a payment, a credit), by that amount of kroner at the end of that day."""

    on: date
    amount: Decimal


@dataclass(frozen=True)
class Accrued:
    """Kroner; `until` is the last day that is counted, earlier than asked where a half-year's rate is not known."""

    amount: Decimal
    until: date


def runs_from(due_on: date, issued_on: date | None, *, is_consumer: bool, is_due_date_agreed: bool) -> date | None:
    """The day after which interest runs: § 3, stk. 1, the due date between traders and where it was agreed beforehand;
    stk. 2, else 30 days after the invoice was sent. None where nobody knows when that was.
    """
    if not is_consumer or is_due_date_agreed:
        return due_on
    return max(due_on, issued_on + timedelta(days=DAYS_OF_GRACE.on(due_on))) if issued_on else None


def accrued(
    movements: Sequence[Movement], due_on: date, since: date, until: date, rates: Rates, day_count: DayCount
) -> Accrued:
    """All interest from `since` to `until` on a claim that fell due on `due_on`. Nothing is guessed: it ends with the
    last day before the first half-year whose rate is not known.
    """
    until = min(until, rates.known_until(since))
    total = Fraction(0)
    for start, end in _stretches(movements, since, until):
        principal = max(sum((moved.amount for moved in movements if moved.on <= start), ZERO), ZERO)
        percent = max(rates.on(end) + MARGIN.on(due_on), ZERO)
        total += Fraction(principal) * Fraction(percent) / 100 * _years(start, end, day_count)
    return Accrued(_rounded(total), until)


def _stretches(movements: Sequence[Movement], since: date, until: date) -> Iterator[tuple[date, date]]:
    """The days after each start until each end, within which principal, rate and length of the year are the same."""
    cuts = {since, until, *(moved.on for moved in movements)}
    years = range(since.year, until.year + 1)
    cuts |= {date(year, month, 1) - timedelta(days=1) for year in years for month in (1, 7)}
    return pairwise(sorted(cut for cut in cuts if since <= cut <= until))


def _years(start: date, end: date, day_count: DayCount) -> Fraction:
    """The days after `start` until `end` in years.

    actual/365: a leap year bears 366/365. actual/actual: each day is a 365th or, in a leap year, a 366th. 30/360 is
    30E/360 (ISDA 2006, 4.16 (g), "Eurobond basis"): a 31st counts as the 30th on either side, February as it is; so a
    31st earns nothing, and 1 March what the missing days of February would have.
    """
    if day_count == "30/360":
        return Fraction(_day_of_360(end) - _day_of_360(start), 360)
    is_leap = day_count == "actual/actual" and (date(end.year, 12, 31) - date(end.year - 1, 12, 31)).days == 366
    return Fraction((end - start).days, 366 if is_leap else 365)


def _day_of_360(day: date) -> int:
    return day.year * 360 + day.month * 30 + min(day.day, 30)


def _rounded(kroner: Fraction) -> Decimal:
    return OERE * int(kroner * 100 + Fraction(1, 2))

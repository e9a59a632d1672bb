"""Default interest, whatever the claim: beside a sum of single days, and what must hold for every claim."""

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from common.money import ZERO
from dunning.interest import Accrued, DayCount, Movement, accrued
from dunning.rates import STATUTORY, Rates, half_year

DAY = timedelta(days=1)
OERE = Decimal("0.01")
FIRST, LAST = date(2013, 1, 1), date(2026, 6, 30)  # the days whose rates are known

quickly = settings(deadline=None)  # the machine is shared
days = st.dates(FIRST, LAST - DAY)
spans = st.tuples(days, st.integers(0, 900)).map(lambda drawn: (drawn[0], min(drawn[0] + drawn[1] * DAY, LAST)))
amounts = st.decimals(Decimal(-200_000), Decimal(200_000), places=2)
charges = st.decimals(OERE, Decimal(200_000), places=2)
counts: st.SearchStrategy[DayCount] = st.sampled_from(("actual/365", "actual/actual", "30/360"))


@dataclass(frozen=True)
class Claim:
    """Everything that interest is computed from, but for its days."""

    movements: tuple[Movement, ...]
    due_on: date
    day_count: DayCount
    rates: tuple[tuple[date, Decimal], ...] = tuple(STATUTORY.items())

    def interest(self, since: date, until: date, *more: Movement) -> Accrued:
        return accrued(
            (*self.movements, *more), self.due_on, since, until, Rates(fixed=dict(self.rates)), self.day_count
        )

    def amount(self, since: date, until: date, *more: Movement) -> Decimal:
        return self.interest(since, until, *more).amount


movements = st.lists(st.builds(Movement, days, amounts), max_size=6).map(tuple)
claims = st.builds(Claim, movements, days, counts)


def day_by_day(claim: Claim, since: date, until: date) -> Accrued:
    """The same in the slowest way: one day after the other, as long as its rate is known."""
    rates, total, day = dict(claim.rates), Fraction(0), since
    while day < until and half_year(day + DAY) in rates:
        day += DAY
        principal = sum((moved.amount for moved in claim.movements if moved.on < day), ZERO)
        percent = rates[half_year(day)] + (8 if claim.due_on >= date(2013, 3, 1) else 7)
        total += Fraction(max(ZERO, principal) * percent) / 100 * weight(day, claim.day_count)
    exact = Decimal(total.numerator * 10**9 // total.denominator).scaleb(-9)
    return Accrued(exact.quantize(OERE, ROUND_HALF_UP), day)


def weight(day: date, day_count: DayCount) -> Fraction:
    """What part of a year one day is."""
    if day_count == "30/360":
        missing_before = 30 - (day - DAY).day if day.day == 1 and day.month == 3 else 0
        return Fraction(0 if day.day == 31 else 1 + missing_before, 360)
    return Fraction(1, 366 if day_count == "actual/actual" and isleap(day.year) else 365)


@given(claims, spans)
@example(Claim((Movement(FIRST, Decimal(10_000)),), date(2013, 2, 28), "30/360"), (FIRST, LAST))
@quickly
def test_interest_is_the_sum_of_its_days(claim: Claim, span: tuple[date, date]) -> None:
    assert claim.interest(*span) == day_by_day(claim, *span)


@given(claims, spans, st.sets(st.sampled_from(sorted(STATUTORY)), max_size=20))
@quickly
def test_interest_ends_with_the_last_day_whose_rate_is_known(
    claim: Claim, span: tuple[date, date], unknown: set[date]
) -> None:
    known = tuple((first, rate) for first, rate in claim.rates if first not in unknown)
    forgetful = Claim(claim.movements, claim.due_on, claim.day_count, known)

    found = forgetful.interest(*span)

    assert found == day_by_day(forgetful, *span)
    assert found.amount == claim.amount(span[0], found.until)


@given(claims, spans, st.integers(0, 900))
@quickly
def test_cutting_the_time_in_two_changes_no_more_than_the_rounding(
    claim: Claim, span: tuple[date, date], after: int
) -> None:
    since, until = span
    between = min(since + after * DAY, until)

    parts = claim.amount(since, between) + claim.amount(between, until)

    assert abs(claim.amount(since, until) - parts) <= OERE


@given(claims, spans, st.integers(0, 400))
@quickly
def test_more_days_are_never_less_interest(claim: Claim, span: tuple[date, date], more: int) -> None:
    since, until = span

    assert ZERO <= claim.amount(since, until) <= claim.amount(since, min(until + more * DAY, LAST))


@given(claims, spans, days, days, charges)
@quickly
def test_a_later_payment_never_lowers_it(
    claim: Claim, span: tuple[date, date], one: date, other: date, paid: Decimal
) -> None:
    early, late = (Movement(on, -paid) for on in sorted((one, other)))

    assert claim.amount(*span, early) <= claim.amount(*span, late) <= claim.amount(*span)


@given(claims, spans, st.data())
@quickly
def test_the_order_in_which_movements_became_known_is_nothing(
    claim: Claim, span: tuple[date, date], data: st.DataObject
) -> None:
    shuffled = Claim(tuple(data.draw(st.permutations(claim.movements))), claim.due_on, claim.day_count)

    assert shuffled.interest(*span) == claim.interest(*span)


@given(claims, spans, st.integers(0, 10), charges)
@quickly
def test_what_happens_on_the_last_day_or_later_changes_nothing(
    claim: Claim, span: tuple[date, date], later: int, amount: Decimal
) -> None:
    for moved in (amount, -amount):
        assert claim.amount(*span, Movement(span[1] + later * DAY, moved)) == claim.amount(*span)


@given(days, spans, counts, st.lists(st.builds(Movement, days, charges), max_size=4))
@quickly
def test_no_principal_earns_nothing(
    due_on: date, span: tuple[date, date], day_count: DayCount, charged: Sequence[Movement]
) -> None:
    paid_at_once = tuple(moved for one in charged for moved in (one, Movement(one.on, -one.amount)))

    assert Claim((), due_on, day_count).amount(*span) == ZERO
    assert Claim(paid_at_once, due_on, day_count).amount(*span) == ZERO


@given(charges, days, st.integers(1, 30))
@quickly
def test_ten_times_the_principal_is_ten_times_the_interest(principal: Decimal, since: date, length: int) -> None:
    until = since + length * DAY
    assume(until <= LAST)
    one, ten = (Claim((Movement(since, principal * n),), since, "actual/365").amount(since, until) for n in (1, 10))

    assert abs(ten - 10 * one) <= 6 * OERE

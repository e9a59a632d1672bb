"""Default interest, computed by hand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from common.money import ZERO
from dunning.interest import Accrued, DayCount, Movement, accrued, runs_from
from dunning.rates import STATUTORY, Rates

TEN = {date(year, month, 1): Decimal("2.00") for year in (2024, 2025, 2026) for month in (1, 7)}  # 10 %
TEN_AND_TWENTY = {date(2025, 7, 1): Decimal("2.00"), date(2026, 1, 1): Decimal("12.00")}
DAY_COUNTS: tuple[DayCount, ...] = ("actual/365", "actual/actual", "30/360")
Moved = tuple[str, str]
Known = Mapping[date, Decimal]


def movements(*moved: Moved) -> list[Movement]:
    return [Movement(date.fromisoformat(on), Decimal(amount)) for on, amount in moved]


def interest(
    since: str, until: str, *moved: Moved, rates: Known = TEN, day_count: DayCount = "actual/365", due: str = ""
) -> Accrued:
    start = date.fromisoformat(since)
    due_on = date.fromisoformat(due) if due else start
    return accrued(movements(*moved), due_on, start, date.fromisoformat(until), Rates(fixed=rates), day_count)


@pytest.mark.parametrize(
    ("principal", "rate", "since", "until", "expected"),
    [
        ("250.00", "10.2", "2026-06-15", "2026-06-20", "0.35"),
        ("250.00", "10.2", "2026-06-20", "2026-07-20", "2.10"),
        ("250.00", "10.2", "2026-06-15", "2026-07-20", "2.45"),
        ("100000.00", "10", "2026-01-31", "2026-03-02", "821.92"),
        ("100000.00", "10", "2026-01-31", "2026-04-01", "1643.84"),
    ],
)
def test_what_others_have_computed_comes_out_here(
    principal: str, rate: str, since: str, until: str, expected: str
) -> None:
    rates = dict.fromkeys((date(2026, 1, 1), date(2026, 7, 1)), Decimal(rate) - 8)

    found = interest(since, until, ("2026-01-01", principal), rates=rates)

    assert found == Accrued(Decimal(expected), date.fromisoformat(until))


@pytest.mark.parametrize(
    ("day_count", "since", "until", "expected"),
    [
        # 36,600 kr. at 10 %: 3,660.00 a year; 10.0274 a day of 365, 10.00 of 366, 10.1667 of 360
        ("actual/365", "2025-01-01", "2025-01-31", "300.82"),  # 30 days: 3660 * 30 / 365 = 300.8219
        ("actual/365", "2024-02-28", "2024-03-01", "20.05"),  # 2 days, one of them 29 February: 20.0548
        ("actual/365", "2023-12-31", "2024-12-31", "3670.03"),  # 366 days: 3660 * 366 / 365 = 3670.0274
        ("actual/actual", "2025-01-01", "2025-01-31", "300.82"),
        ("actual/actual", "2024-02-28", "2024-03-01", "20.00"),  # 3660 * 2 / 366
        ("actual/actual", "2023-12-31", "2024-12-31", "3660.00"),  # the whole of a leap year
        ("actual/actual", "2024-12-21", "2025-01-10", "200.27"),  # 10 days of 366: 100.00; 10 of 365: 100.2740
        ("30/360", "2025-01-01", "2025-01-31", "294.83"),  # 29 days, since the 31st is the 30th: 3660 * 29 / 360
        ("30/360", "2025-01-30", "2025-01-31", "0.00"),  # the 31st is no day of its own
        ("30/360", "2025-01-31", "2025-02-28", "284.67"),  # 28 days: 3660 * 28 / 360 = 284.6667
        ("30/360", "2025-02-28", "2025-03-01", "30.50"),  # 3 days: 28, 29 and 30 February
        ("30/360", "2024-02-28", "2024-03-01", "30.50"),  # 3 days, in a leap year as in any other
        ("30/360", "2024-02-29", "2024-03-01", "20.33"),  # 2 days: 3660 * 2 / 360 = 20.3333
        ("30/360", "2024-12-31", "2025-06-30", "1830.00"),  # a half-year is 180 days
        ("30/360", "2023-12-31", "2024-12-31", "3660.00"),
    ],
)
def test_each_day_count_counts_its_days(day_count: DayCount, since: str, until: str, expected: str) -> None:
    rates = {**TEN, date(2023, 7, 1): Decimal("2.00")}

    assert interest(since, until, (since, "36600.00"), rates=rates, day_count=day_count).amount == Decimal(expected)


@pytest.mark.parametrize(
    ("day_count", "expected"),
    [
        # 36,500 kr. from 21 December to 10 January: 10 days at 10 %, 10 days at 20 %
        ("actual/365", "300.00"),  # 10 * 10.00 + 10 * 20.00
        ("actual/actual", "300.00"),
        ("30/360", "294.03"),  # 9 days, since 31 December is the 30th: 91.25; and 10: 202.7778
    ],
)
def test_the_rate_follows_the_half_year(day_count: DayCount, expected: str) -> None:
    owed = ("2025-12-21", "36500.00")

    over = interest("2025-12-21", "2026-01-10", owed, rates=TEN_AND_TWENTY, day_count=day_count)

    assert over.amount == Decimal(expected)


def test_the_first_day_of_a_half_year_is_the_first_at_its_rate() -> None:
    owed = ("2025-12-01", "36500.00")

    assert interest("2025-12-30", "2025-12-31", owed, rates=TEN_AND_TWENTY).amount == Decimal("10.00")
    assert interest("2025-12-31", "2026-01-01", owed, rates=TEN_AND_TWENTY).amount == Decimal("20.00")


def test_published_rates_over_three_half_years() -> None:
    # 10,000 kr. due 15 June 2023 until 31 January 2024: 15 days at 9.90 %, 184 at 11.25 %, 31 at 11.75 %
    # 40.6849 + 567.1233 + 99.7945
    owed = ("2023-05-16", "10000.00")

    found = interest("2023-06-15", "2024-01-31", owed, rates=STATUTORY)

    assert found == Accrued(Decimal("707.60"), date(2024, 1, 31))


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2013-02-28", "720.00"),  # 7.20 % of 10,000 kr. in 2013, for good
        ("2013-03-01", "820.00"),
    ],
)
def test_a_claim_keeps_the_surcharge_of_its_due_date(due: str, expected: str) -> None:
    found = interest("2013-06-30", "2014-06-30", ("2013-01-31", "10000.00"), rates=STATUTORY, due=due)

    assert found.amount == Decimal(expected)


# --- the principal of each day: 36,500 kr. at 10 % earn 10.00 a day -------------------------------------------------
OWED = ("2026-01-01", "36500.00")


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        ([], "100.00"),
        ([("2026-01-15", "-18250.00")], "75.00"),  # 5 days of the whole, 5 of the half
        ([("2026-01-20", "-36500.00")], "100.00"),  # paid on the last day, which counts
        ([("2026-01-19", "-36500.00")], "90.00"),
        ([("2026-01-10", "-36500.00")], "0.00"),  # paid on the day after which it runs
        ([("2026-01-02", "-18250.00")], "50.00"),  # paid before it runs
        ([("2026-01-25", "-18250.00")], "100.00"),  # paid after the last day
        ([("2026-01-15", "-3650.00"), ("2026-01-12", "-3650.00")], "87.00"),  # 2 * 10 + 3 * 9 + 5 * 8, in any order
        ([("2026-01-15", "-10000.00"), ("2026-01-15", "-8250.00")], "75.00"),  # two on one day
        ([("2026-01-15", "36500.00")], "150.00"),  # the principal rises
        ([("2026-01-13", "-36500.00"), ("2026-01-16", "36500.00")], "70.00"),  # a payment that bounced after 3 days
        ([("2026-01-15", "-50000.00")], "50.00"),  # an overpayment earns nothing
        ([("2026-01-13", "-50000.00"), ("2026-01-17", "13500.00")], "30.00"),  # nor does what is then still overpaid
        ([("2026-01-13", "-73000.00"), ("2026-01-17", "73000.00")], "60.00"),
    ],
)
def test_interest_is_of_what_is_outstanding_on_each_day(moved: list[Moved], expected: str) -> None:
    assert interest("2026-01-10", "2026-01-20", OWED, *moved).amount == Decimal(expected)


def test_nothing_runs_before_the_principal_arose() -> None:
    assert interest("2026-01-01", "2026-01-20", ("2026-01-10", "36500.00")).amount == Decimal("100.00")


def test_interest_earns_none() -> None:
    years = interest("2023-12-31", "2026-12-31", ("2023-12-31", "100.00"), day_count="actual/actual")

    assert years.amount == Decimal("30.00")  # three years at 10 %; 33.10 if it were compounded


def test_the_total_alone_is_rounded() -> None:
    # 18.25 kr. earn half an øre a day: 0.005, 0.010, 0.015
    day, two, three = (interest("2026-01-10", f"2026-01-1{n}", ("2026-01-01", "18.25")).amount for n in (1, 2, 3))

    assert (day, two, three) == (Decimal("0.01"), Decimal("0.01"), Decimal("0.02"))
    assert interest("2026-01-10", "2026-01-11", ("2026-01-01", "18.24")).amount == ZERO


def test_a_half_that_comes_of_several_parts_is_still_a_half() -> None:
    # a day each of 2,597.51, 3,989.64 and 2,118.10 kr.: 8,705.25 / 3,650 is 2.385, which 28 decimals would miss
    moved = [("2026-01-01", "2597.51"), ("2026-01-11", "1392.13"), ("2026-01-12", "-1871.54")]

    assert interest("2026-01-10", "2026-01-13", *moved).amount == Decimal("2.39")


@pytest.mark.parametrize("day_count", DAY_COUNTS)
@pytest.mark.parametrize("until", ["2026-01-10", "2026-01-09", "2025-01-01"])
def test_no_days_are_no_interest(day_count: DayCount, until: str) -> None:
    found = interest("2026-01-10", until, OWED, day_count=day_count)

    assert found == Accrued(ZERO, date.fromisoformat(until))


# --- rates that nobody knows ----------------------------------------------------------------------------------------
FIRST_HALF = {date(2026, 1, 1): Decimal("2.00")}
GAP = {date(2025, 7, 1): Decimal("2.00"), date(2026, 7, 1): Decimal("2.00")}


@pytest.mark.parametrize(
    ("rates", "since", "until", "expected", "last"),
    [
        (FIRST_HALF, "2026-06-20", "2026-06-30", "100.00", "2026-06-30"),
        (FIRST_HALF, "2026-06-20", "2026-07-01", "100.00", "2026-06-30"),
        (FIRST_HALF, "2026-06-20", "2028-02-29", "100.00", "2026-06-30"),
        (FIRST_HALF, "2026-06-30", "2026-07-10", "0.00", "2026-06-30"),
        (FIRST_HALF, "2026-07-05", "2026-07-10", "0.00", "2026-07-05"),  # nothing is counted
        (FIRST_HALF, "2026-07-05", "2026-07-05", "0.00", "2026-07-05"),
        (GAP, "2025-12-21", "2026-07-31", "100.00", "2025-12-31"),  # it does not begin again
        (GAP, "2026-05-05", "2026-07-31", "0.00", "2026-05-05"),
        (GAP, "2026-06-30", "2026-07-10", "100.00", "2026-07-10"),  # whose days are all after the gap
        ({}, "2026-01-10", "2026-01-20", "0.00", "2026-01-10"),
    ],
)
def test_interest_ends_where_a_rate_is_not_known(
    rates: Known, since: str, until: str, expected: str, last: str
) -> None:
    found = interest(since, until, ("2025-12-01", "36500.00"), rates=rates)

    assert found == Accrued(Decimal(expected), date.fromisoformat(last))


# --- from when ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("issued", "consumer", "agreed", "expected"),
    [
        ("2026-01-02", False, False, "2026-01-16"),  # between traders: the due date
        ("2026-01-02", True, True, "2026-01-16"),  # agreed beforehand
        (None, True, True, "2026-01-16"),
        (None, False, False, "2026-01-16"),
        ("2026-01-02", True, False, "2026-02-01"),  # 30 days after it was sent
        ("2025-12-17", True, False, "2026-01-16"),
        ("2025-11-01", True, False, "2026-01-16"),  # never before the due date
        (None, True, False, None),  # nobody knows when it was sent
    ],
)
def test_interest_runs_from(issued: str | None, consumer: bool, agreed: bool, expected: str | None) -> None:
    issued_on = date.fromisoformat(issued) if issued else None

    found = runs_from(date(2026, 1, 16), issued_on, is_consumer=consumer, is_due_date_agreed=agreed)

    assert found == (date.fromisoformat(expected) if expected else None)

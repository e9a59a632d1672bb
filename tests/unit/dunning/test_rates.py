"""The reference rates: half-years, what the program knows, and what an operator may set."""

from datetime import date
from decimal import Decimal

import pytest

from dunning.rates import (
    STATUTORY,
    BadRate,
    NotAHalfYear,
    NotAPercentage,
    RateAfterGap,
    RateFixed,
    Rates,
    RateTooEarly,
    begins_on,
    half_year,
    next_half_year,
    percentage,
)

TODAY = date(2026, 11, 23)
JULY, JANUARY = date(2026, 7, 1), date(2027, 1, 1)
TWO = Decimal("2.00")
NONE, NOW = Rates(), Rates({JULY: TWO})


@pytest.mark.parametrize(
    ("day", "begins", "following"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 7, 1)),
        (date(2026, 6, 30), date(2026, 1, 1), date(2026, 7, 1)),
        (date(2026, 7, 1), date(2026, 7, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2026, 7, 1), date(2027, 1, 1)),
    ],
)
def test_a_year_has_two_halves(day: date, begins: date, following: date) -> None:
    assert (half_year(day), next_half_year(day)) == (begins, following)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (date(2013, 1, 1), date(2026, 6, 30)),
        (date(2026, 6, 29), date(2026, 6, 30)),
        (date(2026, 6, 30), date(2026, 6, 30)),  # the day from which it runs is not counted
        (date(2026, 8, 8), date(2026, 8, 8)),
        (date(2026, 12, 31), date(2027, 6, 30)),  # all that counts is after the gap
    ],
)
def test_rates_are_known_until_the_first_gap(since: date, expected: date) -> None:
    assert Rates({JANUARY: TWO}).known_until(since) == expected


def test_the_program_knows_every_half_year_from_2013_to_the_newest_that_two_sources_confirm() -> None:
    assert list(STATUTORY) == [date(year, month, 1) for year in range(2013, 2027) for month in (1, 7)][:-1]
    assert all(percent == percentage(str(percent)) for percent in STATUTORY.values())
    assert NONE.missing(TODAY) == NONE.missing(JULY) == [JULY]
    assert Rates({JANUARY: TWO}).missing(JANUARY) == [JULY]
    assert NOW.missing(TODAY) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2.25", "2.25"), ("2", "2.00"), ("-0.5", "-0.50"), ("-5", "-5.00"), ("25.00", "25.00"), ("-0", "0.00")],
)
def test_a_percentage_has_two_decimals(text: str, expected: str) -> None:
    assert str(percentage(text)) == expected


@pytest.mark.parametrize(
    "text", ["", "2,25", "2.255", "25.01", "-5.01", "225", "2.25 %", "NaN", "1e1", "+2", "٢", "2\n"]
)
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(NotAPercentage):
        percentage(text)


@pytest.mark.parametrize(
    "text", ["", "2027-01-02", "2027-07", "2027-12-31", "2027-06-01", "01-01-2027", "next", "2027"]
)
def test_what_is_no_half_year_is_refused(text: str) -> None:
    with pytest.raises(NotAHalfYear):
        begins_on(text)


@pytest.mark.parametrize("text", ["2027-01-01", "2027-07-01"])
def test_a_half_year_is_named_by_its_first_day(text: str) -> None:
    assert begins_on(text) == date.fromisoformat(text)


@pytest.mark.parametrize("first", [JULY, JANUARY])
def test_this_half_year_and_the_next_one_can_be_set_and_corrected(first: date) -> None:
    NOW.checked(first, TWO, TODAY)
    Rates({JULY: TWO, JANUARY: TWO}).checked(first, TWO, TODAY)


@pytest.mark.parametrize(
    ("first", "percent", "known", "error", "words"),
    [
        (date(2026, 1, 1), TWO, NOW, RateFixed, "The first that can be set is 2026-07-01"),
        (date(2012, 7, 1), TWO, NOW, RateFixed, "The first that can be set is 2026-07-01"),
        (date(2027, 7, 1), TWO, NOW, RateTooEarly, "2027-01-01"),
        (JANUARY, TWO, NONE, RateAfterGap, "Set that from 2026-07-01 first"),
        (date(2026, 7, 2), TWO, NOW, NotAHalfYear, "2026-07-02 is neither"),
        (JULY, Decimal("2.255"), NOW, NotAPercentage, "2.255"),
        (JULY, Decimal("25.01"), NOW, NotAPercentage, "25.01"),
        (JULY, Decimal("NaN"), NOW, NotAPercentage, "NaN"),
    ],
)
def test_nothing_else_can_be_set(first: date, percent: Decimal, known: Rates, error: type[BadRate], words: str) -> None:
    with pytest.raises(error, match=words):
        known.checked(first, percent, TODAY)


def test_the_oldest_gap_is_the_first_to_be_closed() -> None:
    with pytest.raises(RateAfterGap, match="2026-07-01"):
        Rates({JANUARY: TWO}).checked(date(2028, 1, 1), TWO, date(2028, 1, 1))

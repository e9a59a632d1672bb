from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendar import (
    BeyondCalendar,
    add_banking_days,
    easter,
    falls_due,
    is_banking_day,
    local_date,
    office_opens,
    subtract_banking_days,
)
from common.storable import YEARS
from tests.chance import unhurried

A_DAY = timedelta(days=1)
DAYS = st.dates(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31))
COUNTS = st.integers(0, 60)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


# --- which days ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("year", "closed", "open_days"),
    [
        # Written by hand. Weekdays only: Maundy Thursday, Good Friday, Easter Monday, store bededag (until 2023),
        # Ascension and the Friday after it, Whit Monday; 1 January, 5 June, 24 to 26 and 31 December.
        (2023, "4-6 4-7 4-10 5-5 5-18 5-19 5-29 6-5 12-25 12-26", 250),
        (2024, "1-1 3-28 3-29 4-1 5-9 5-10 5-20 6-5 12-24 12-25 12-26 12-31", 250),
        (2025, "1-1 4-17 4-18 4-21 5-29 5-30 6-5 6-9 12-24 12-25 12-26 12-31", 249),
        (2026, "1-1 4-2 4-3 4-6 5-14 5-15 5-25 6-5 12-24 12-25 12-31", 250),
        (2027, "1-1 3-25 3-26 3-29 5-6 5-7 5-17 12-24 12-31", 252),
    ],
)
def test_banks_are_closed_on_these_weekdays_and_open_on_all_others(year: int, closed: str, open_days: int) -> None:
    weekdays = [day for day in days_of(year) if day.weekday() < 5]

    assert [f"{day.month}-{day.day}" for day in weekdays if not is_banking_day(day)] == closed.split()
    assert sum(map(is_banking_day, days_of(year))) == open_days == len(weekdays) - len(closed.split())


@pytest.mark.parametrize(
    ("day", "is_open"),
    [
        (date(2023, 5, 5), False),  # the last store bededag
        (date(2024, 4, 26), True),
        (date(2025, 5, 16), True),
        (date(2026, 5, 1), True),
        (date(2027, 4, 23), True),
        (date(2024, 5, 10), False),  # the Friday after Ascension
        (date(2024, 6, 5), False),  # Constitution Day
        (date(2024, 12, 23), True),
        (date(2024, 12, 30), True),
        (date(2025, 1, 2), True),
        (date(2026, 12, 26), False),  # a Saturday
        (date(2026, 3, 1), False),  # a Sunday
    ],
)
def test_single_days(day: date, is_open: bool) -> None:
    assert is_banking_day(day) is is_open


@pytest.mark.parametrize(
    ("year", "sunday"),
    [
        (2024, date(2024, 3, 31)),
        (2038, date(2038, 4, 25)),  # the latest
        (2049, date(2049, 4, 18)),  # the two exceptions of the Gregorian tables: April 18 and 19, not a week later
        (2076, date(2076, 4, 19)),
    ],
)
def test_easter(year: int, sunday: date) -> None:
    assert easter(year) == sunday


# --- counting --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),
        (date(2026, 3, 5), 3, date(2026, 3, 10)),  # over a weekend
        (date(2026, 4, 1), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 4, 4), 0, date(2026, 4, 7)),
        (date(2026, 12, 30), 1, date(2027, 1, 4)),
        (date(2023, 5, 4), 1, date(2023, 5, 8)),  # over store bededag
        (date(2024, 4, 25), 1, date(2024, 4, 26)),
        (date(2025, 12, 23), 2, date(2025, 12, 30)),
        (date(2027, 5, 5), 1, date(2027, 5, 10)),  # over Ascension and its Friday
    ],
)
def test_banking_days_are_counted_forward(start: date, days: int, expected: date) -> None:
    assert add_banking_days(start, days) == expected


@given(DAYS, COUNTS)
@unhurried
def test_counting_ends_on_a_banking_day_with_so_many_of_them_passed(start: date, days: int) -> None:
    end = add_banking_days(start, days)

    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert is_banking_day(end)
    assert sum(map(is_banking_day, passed)) == (days or (end > start))


@given(DAYS, COUNTS)
@unhurried
def test_a_later_start_or_a_longer_wait_never_ends_earlier(start: date, days: int) -> None:
    assert add_banking_days(start, days) <= add_banking_days(start + A_DAY, days)
    assert add_banking_days(start, days) <= add_banking_days(start, days + 1)
    assert subtract_banking_days(start, days) <= subtract_banking_days(start + A_DAY, days)
    assert subtract_banking_days(start, days) >= subtract_banking_days(start, days + 1)


@given(DAYS, COUNTS.filter(bool))
@unhurried
def test_counting_back_undoes_counting_forward(day: date, days: int) -> None:
    arrived = add_banking_days(day, days)

    back = subtract_banking_days(arrived, days)

    assert add_banking_days(back, days) == arrived
    assert day <= back < add_banking_days(back, 1)
    assert add_banking_days(day, 1) == add_banking_days(back, 1)


@given(DAYS, COUNTS.filter(bool))
@unhurried
def test_counting_back_finds_the_latest_day_from_which_counting_forward_arrives(end: date, days: int) -> None:
    start = subtract_banking_days(end, days)

    assert add_banking_days(start, days) <= end < add_banking_days(start + A_DAY, days)


# --- a due date on a closed day --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("due_on", "moved"),
    [
        (date(2026, 3, 2), date(2026, 3, 2)),
        (date(2026, 3, 7), date(2026, 3, 9)),  # a Saturday
        (date(2026, 3, 8), date(2026, 3, 9)),
        (date(2026, 4, 2), date(2026, 4, 7)),  # Maundy Thursday
        (date(2023, 5, 5), date(2023, 5, 8)),  # store bededag
        (date(2024, 4, 26), date(2024, 4, 26)),  # which it no longer is
        (date(2026, 5, 15), date(2026, 5, 18)),  # the banks' own
        (date(2026, 6, 5), date(2026, 6, 8)),
        (date(2025, 12, 24), date(2025, 12, 29)),
        (date(2026, 12, 31), date(2027, 1, 4)),
    ],
)
def test_a_due_date_on_a_closed_day_is_moved_or_kept(due_on: date, moved: date) -> None:
    assert falls_due(due_on, "next") == moved
    assert falls_due(due_on, "keep") == due_on


@given(DAYS)
@unhurried
def test_a_due_date_moves_to_the_nearest_banking_day_that_is_not_earlier(due_on: date) -> None:
    moved = falls_due(due_on, "next")

    assert is_banking_day(moved)
    assert not any(is_banking_day(due_on + timedelta(days=n)) for n in range((moved - due_on).days))
    assert falls_due(moved, "next") == moved


# --- the ends of the calendar ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("day", [date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31)])
def test_every_date_of_an_event_can_be_counted_from(day: date) -> None:
    assert is_banking_day(falls_due(day, "next"))
    assert is_banking_day(add_banking_days(day, 200))
    assert subtract_banking_days(day, 200) < day


@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(2101, 1, 1), date(9999, 12, 25), date.max])
def test_what_is_beyond_the_calendar_is_said_so(day: date) -> None:
    for count in (0, 1, 30):
        with pytest.raises(BeyondCalendar, match=f"1900 to 2100. {day.year} "):
            add_banking_days(day, count)
        with pytest.raises(BeyondCalendar):
            subtract_banking_days(day, count + 1)
    with pytest.raises(BeyondCalendar):
        is_banking_day(day)
    with pytest.raises(BeyondCalendar):
        falls_due(day, "next")
    assert falls_due(day, "keep") == day


@pytest.mark.parametrize("day", [date(1800, 1, 2), date(2299, 12, 29)])
def test_counting_out_of_the_calendar_is_said_so(day: date) -> None:
    count = subtract_banking_days if day.year == 1800 else add_banking_days

    with pytest.raises(BeyondCalendar):
        count(day, 30)


# --- instants --------------------------------------------------------------------------------------------------------
def test_a_business_date_is_copenhagens() -> None:
    assert local_date(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)) == date(2026, 3, 2)
    assert local_date(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_offices_open_at_nine_in_summer_and_winter() -> None:
    assert office_opens(date(2026, 3, 2)) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert office_opens(date(2026, 7, 1)) == datetime(2026, 7, 1, 7, tzinfo=UTC)

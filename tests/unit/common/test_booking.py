from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.booking import MONTH_DAYS, WEEKDAYS, BookingDays, NoBookingDays, booked_from, parse
from common.calendar import BeyondCalendar, add_banking_days, is_banking_day, local_date, local_time
from common.storable import YEARS
from tests.chance import unhurried

A_DAY = timedelta(days=1)
DAYS = st.dates(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31))
TEXTS = st.lists(st.sampled_from([*WEEKDAYS, *MONTH_DAYS]), min_size=1, max_size=4).map(",".join)


# --- the words -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("  ", ""),
        ("mon,thu", "mon,thu"),
        (" Thu , MON ", "mon,thu"),
        ("15,1,15", "1,15"),
        ("last", "last"),
        ("31", "last"),  # a day that a month lacks is its last one
        ("30,last,fri", "fri,30,last"),
    ],
)
def test_booking_days_are_read_and_said_in_one_way(text: str, said: str) -> None:
    assert str(parse(text)) == said
    assert parse(said) == parse(text)


@pytest.mark.parametrize(
    "text", [",", "mon,", "mon thu", "monday", "man", "0", "32", "-1", "01", "1.", "1-15", "١", "½", "first", "mon;thu"]
)
def test_anything_else_is_refused_saying_what_is_allowed(text: str) -> None:
    with pytest.raises(NoBookingDays, match=r"weekdays \(mon,thu\), days of the month \(1,15,last\)"):
        parse(text)
    with pytest.raises(NoBookingDays):
        booked_from(date(2026, 3, 2), text)


# --- the days --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "day", "first"),
    [
        ("mon,thu", date(2026, 3, 2), date(2026, 3, 2)),  # a Monday
        ("mon,thu", date(2026, 3, 3), date(2026, 3, 5)),
        ("mon,thu", date(2026, 3, 6), date(2026, 3, 9)),
        ("tue", date(2026, 3, 4), date(2026, 3, 10)),
        ("sun", date(2026, 3, 3), date(2026, 3, 9)),  # books on Monday
        ("sun", date(2026, 3, 9), date(2026, 3, 9)),  # so Monday is in time for last Sunday's
        ("mon", date(2026, 4, 3), date(2026, 4, 7)),  # Easter Monday books on Tuesday
        ("thu", date(2026, 4, 3), date(2026, 4, 7)),  # as Maundy Thursday does
        ("thu", date(2026, 4, 7), date(2026, 4, 7)),
        ("thu", date(2026, 4, 8), date(2026, 4, 9)),
        ("fri", date(2026, 5, 14), date(2026, 5, 18)),  # the Friday after Ascension is closed
        ("1,15", date(2026, 3, 1), date(2026, 3, 2)),  # the 1st is a Sunday
        ("1,15", date(2026, 3, 2), date(2026, 3, 2)),
        ("1,15", date(2026, 3, 3), date(2026, 3, 16)),  # so is the 15th
        ("1,15", date(2026, 6, 16), date(2026, 7, 1)),
        ("31", date(2026, 4, 10), date(2026, 4, 30)),  # April has no 31st
        ("last", date(2026, 4, 10), date(2026, 4, 30)),
        ("30", date(2026, 2, 3), date(2026, 3, 2)),  # February's last is Saturday the 28th
        ("29", date(2027, 2, 3), date(2027, 3, 1)),  # Sunday the 28th
        ("29", date(2028, 2, 3), date(2028, 2, 29)),  # a leap year
        ("last", date(2024, 2, 28), date(2024, 2, 29)),
        ("last", date(2026, 12, 2), date(2027, 1, 4)),  # 31 December and 1 January are closed
        ("last", date(2027, 1, 4), date(2027, 1, 4)),
        ("last", date(2027, 1, 5), date(2027, 2, 1)),  # 31 January is a Sunday
        ("24", date(2025, 12, 20), date(2025, 12, 29)),
        ("fri,15", date(2026, 4, 14), date(2026, 4, 15)),
        ("fri,15", date(2026, 4, 16), date(2026, 4, 17)),
        ("", date(2026, 4, 3), date(2026, 4, 3)),
    ],
)
def test_the_first_booking_day_on_or_after_a_day(text: str, day: date, first: date) -> None:
    assert parse(text).first_on_or_after(day) == first


def booked_in(days: BookingDays, first: date, last: date) -> set[date]:
    """By the rule's words: every day that is named is booked on the next banking day."""
    found = set()
    day = first
    while day <= last:
        month_end = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - A_DAY
        if day.weekday() in days.weekdays or any(day.day == min(n, month_end.day) for n in days.month_days):
            found.add(add_banking_days(day, 0))
        day += A_DAY
    return found


@given(TEXTS, DAYS)
@unhurried
def test_it_is_the_first_of_all_days_that_are_booked(text: str, day: date) -> None:
    days = parse(text)
    around = booked_in(days, day - timedelta(days=20), day + timedelta(days=70))

    assert days.first_on_or_after(day) == min(booked for booked in around if booked >= day)


@given(TEXTS, DAYS)
@unhurried
def test_it_is_a_banking_day_and_no_later_day_has_an_earlier_one(text: str, day: date) -> None:
    days = parse(text)
    first = days.first_on_or_after(day)

    assert is_banking_day(first)
    assert day <= first <= days.first_on_or_after(day + A_DAY)
    assert days.first_on_or_after(first) == first


# --- the instant -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("due_on", "text", "instant"),
    [
        (date(2026, 3, 2), "mon", datetime(2026, 3, 2, 23, tzinfo=UTC)),  # winter: midnight is 23 UTC
        (date(2026, 7, 1), "wed", datetime(2026, 7, 1, 22, tzinfo=UTC)),  # summer: 22
        (date(2026, 3, 28), "sat", datetime(2026, 3, 30, 22, tzinfo=UTC)),  # the clocks go forward on the 29th
        (date(2026, 3, 27), "fri", datetime(2026, 3, 27, 23, tzinfo=UTC)),
        (date(2026, 10, 23), "fri", datetime(2026, 10, 23, 22, tzinfo=UTC)),
        (date(2026, 10, 24), "sun", datetime(2026, 10, 26, 23, tzinfo=UTC)),  # and back on 25 October
        (date(2026, 12, 2), "last", datetime(2027, 1, 4, 23, tzinfo=UTC)),
        (date(2026, 2, 3), "30", datetime(2026, 3, 2, 23, tzinfo=UTC)),
    ],
)
def test_payments_are_known_from_the_midnight_after_a_booking_day(due_on: date, text: str, instant: datetime) -> None:
    assert booked_from(due_on, text) == instant


def test_a_company_that_books_all_the_time_is_not_waited_for() -> None:
    assert booked_from(date(2026, 3, 2), "") is None
    assert booked_from(date.max, "") is None


@given(TEXTS, DAYS)
@unhurried
def test_it_is_a_midnight_in_copenhagen_after_the_due_date(text: str, due_on: date) -> None:
    at = booked_from(due_on, text)

    assert at is not None
    assert at.tzinfo is UTC
    assert local_date(at) == parse(text).first_on_or_after(due_on) + A_DAY
    assert local_time(at) == time() or due_on.year < 1950  # summer time once began at midnight


@pytest.mark.parametrize("day", [date.min, date(1799, 12, 31), date(2300, 1, 1), date.max])
@pytest.mark.parametrize("text", ["mon", "31", "sun,1"])
def test_a_day_beyond_the_calendar_is_said_so(text: str, day: date) -> None:
    with pytest.raises(BeyondCalendar):
        parse(text).first_on_or_after(day)
    with pytest.raises(BeyondCalendar):
        booked_from(day, text)

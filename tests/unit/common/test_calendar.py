from datetime import UTC, date, datetime, timedelta

import pytest

from common.calendar import add_banking_days, is_banking_day, local_date, office_opens, subtract_banking_days


@pytest.mark.parametrize(
    ("year", "closed"),
    [
        # nationalbanken.dk, "banklukkedage"; weekdays only
        (2023, "4-6 4-7 4-10 5-5 5-18 5-19 5-29 6-5 12-25 12-26"),
        (2026, "1-1 4-2 4-3 4-6 5-14 5-15 5-25 6-5 12-24 12-25 12-31"),
        (2027, "1-1 3-25 3-26 3-29 5-6 5-7 5-17 12-24 12-31"),
    ],
)
def test_banks_are_closed_on_these_weekdays(year: int, closed: str) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]

    found = [f"{d.month}-{d.day}" for d in days if d.weekday() < 5 and not is_banking_day(d)]

    assert found == closed.split()


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),
        (date(2026, 3, 5), 3, date(2026, 3, 10)),  # over a weekend
        (date(2026, 4, 1), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 4, 4), 0, date(2026, 4, 7)),
        (date(2026, 12, 30), 1, date(2027, 1, 4)),
    ],
)
def test_banking_days_are_counted_forward(start: date, days: int, expected: date) -> None:
    assert add_banking_days(start, days) == expected


@pytest.mark.parametrize("days", range(8))
@pytest.mark.parametrize("end", [date(2026, 3, 2), date(2026, 4, 7), date(2026, 5, 18), date(2027, 1, 4)])
def test_counting_back_finds_the_latest_day_from_which_counting_forward_arrives(end: date, days: int) -> None:
    start = subtract_banking_days(end, days)

    assert add_banking_days(start, days) <= end
    assert add_banking_days(start + timedelta(days=1), days) > end or days == 0


def test_a_business_date_is_copenhagens() -> None:
    assert local_date(datetime(2026, 3, 1, 23, 30, tzinfo=UTC)) == date(2026, 3, 2)
    assert local_date(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_offices_open_at_nine_in_summer_and_winter() -> None:
    assert office_opens(date(2026, 3, 2)) == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert office_opens(date(2026, 7, 1)) == datetime(2026, 7, 1, 7, tzinfo=UTC)

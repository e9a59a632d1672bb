"""Danish dates: pure. Instants are UTC, business dates are Europe/Copenhagen."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
OFFICE_OPENS = time(9)  # when deadlines fall due on their date: nobody gets a letter at midnight
YEARS = range(1800, 2300)  # a century to either side of the dates that events may hold

# Days from Easter Sunday, and dates: public holidays, and the banks' own days (nationalbanken.dk, "banklukkedage")
EASTER = (-3, -2, 0, 1)  # Maundy Thursday to Easter Monday
ASCENSION, WHITSUN = (39, 40), (49, 50)  # the Friday after Ascension Day is the banks' own
PRAYER_DAY, LAST_PRAYER_DAY = 26, 2023  # store bededag is a working day from 2024 on
FIXED = ((1, 1), (6, 5), (12, 24), (12, 25), (12, 26), (12, 31))  # 5 June, 24 and 31 December are the banks' own


class BeyondCalendar(ValueError):
    """Banking days are known for the years 1800 to 2299."""


def local_date(instant: datetime) -> date:
    return instant.astimezone(COPENHAGEN).date()


def local_time(instant: datetime) -> time:
    return instant.astimezone(COPENHAGEN).time()


def office_opens(day: date) -> datetime:
    """The instant (UTC) at which deadlines of `day` fall due."""
    return datetime.combine(day, OFFICE_OPENS, COPENHAGEN).astimezone(UTC)


@cache
def _closed(year: int) -> frozenset[date]:
    if year not in YEARS:
        raise BeyondCalendar(f"{BeyondCalendar.__doc__} {year} is none of them.")
    moving = (*EASTER, *ASCENSION, *WHITSUN, *((PRAYER_DAY,) if year <= LAST_PRAYER_DAY else ()))
    fixed = (date(year, month, day) for month, day in FIXED)
    return frozenset((*fixed, *(easter(year) + timedelta(days=days) for days in moving)))


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar: Butcher's rule, as Meeus (Astronomical Algorithms, chapter 8) has it."""
    golden, century, of_century = year % 19, year // 100, year % 100
    drift = century - (century - (century + 8) // 25 + 1) // 3  # leap days that were left out, and the moon's own
    moon = (19 * golden + drift - century // 4 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (of_century // 4) - moon - of_century % 4) % 7
    late = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_banking_day(day: date) -> bool:
    """Raises BeyondCalendar, as everything here that asks for banking days."""
    return day not in _closed(day.year) and day.weekday() < 5


@lru_cache(maxsize=1024)
def add_banking_days(start: date, days: int) -> date:
    """The `days`-th banking day after `start`; for 0, `start` itself or the next banking day.

    >>> add_banking_days(date(2026, 4, 1), 1)  # Maundy Thursday, Good Friday and Easter Monday are closed
    datetime.date(2026, 4, 7)
    """
    day = start
    while not is_banking_day(day) or days > 0:
        day += timedelta(days=1)
        days -= is_banking_day(day)
    return day


def subtract_banking_days(end: date, days: int) -> date:
    """The latest date whose `days`-th banking day after it is `end` or earlier."""
    day = end
    while days > 0:
        days -= is_banking_day(day)
        day -= timedelta(days=1)
    return day


def falls_due(due_on: date, weekend_due: str) -> date:
    """The date until which payment is in time.

    With "keep" it is `due_on`; else a due date on a closed day counts as the next banking day (usual in calculators of
    interest; gældsbrevslov § 5, stk. 2). The arbitration award UGD 2021.32.1 held that invoices don't move: "keep".

    >>> falls_due(date(2026, 4, 3), "next")  # Good Friday
    datetime.date(2026, 4, 7)
    """
    return due_on if weekend_due == "keep" else add_banking_days(due_on, 0)

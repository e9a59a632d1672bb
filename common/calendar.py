"""Danish dates: pure. Instants are UTC, business dates are Europe/Copenhagen."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
OFFICE_OPENS = time(9)  # when deadlines fall due on their date: nobody gets a letter at midnight
YEARS = range(1900, 2101)  # of which the library of holidays knows; dates of events are within them

ASCENSION_FRIDAY = timedelta(days=40)  # after Easter Sunday: the banks' own day
BANKS_OWN = ((6, 5), (12, 24), (12, 31))  # nationalbanken.dk, "banklukkedage"


class BeyondCalendar(ValueError):
    """Banking days are known for the years 1900 to 2100."""


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
    public = holidays.country_holidays("DK", years=year)
    own = {date(year, month, day) for month, day in BANKS_OWN}
    return frozenset(public) | own | {easter(year) + ASCENSION_FRIDAY}


def easter(year: int) -> date:
    names = holidays.country_holidays("DK", years=year, language="en_US")
    return names.get_named("Easter Sunday", lookup="exact")[0]


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

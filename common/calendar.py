"""Danish dates: pure. Instants are UTC, business dates are Europe/Copenhagen."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import holidays

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
OFFICE_OPENS = time(9)  # when deadlines fall due on their date: nobody gets a letter at midnight
ASCENSION_FRIDAY = timedelta(days=40)  # after Easter Sunday


def local_date(instant: datetime) -> date:
    return instant.astimezone(COPENHAGEN).date()


def local_time(instant: datetime) -> time:
    return instant.astimezone(COPENHAGEN).time()


def office_opens(day: date) -> datetime:
    """The instant (UTC) at which deadlines of `day` fall due."""
    return datetime.combine(day, OFFICE_OPENS, COPENHAGEN).astimezone(UTC)


@cache
def _closed(year: int) -> frozenset[date]:
    """Public holidays and the banks' own closing days (nationalbanken.dk, "banklukkedage")."""
    public = holidays.country_holidays("DK", years=year)
    own = {date(year, 6, 5), date(year, 12, 24), date(year, 12, 31), _easter(year) + ASCENSION_FRIDAY}
    return frozenset(public) | own


def _easter(year: int) -> date:
    names = holidays.country_holidays("DK", years=year, language="en_US")
    return names.get_named("Easter Sunday", lookup="exact")[0]


def is_banking_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _closed(day.year)


@lru_cache(maxsize=1024)
def add_banking_days(start: date, days: int) -> date:
    """The `days`-th banking day after `start`; for 0, `start` itself or the next banking day.

    >>> add_banking_days(date(2026, 4, 1), 1)  # Maundy Thursday, Good Friday and Easter Monday are closed
    datetime.date(2026, 4, 7)
    """
    day = start
    while days > 0 or not is_banking_day(day):
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

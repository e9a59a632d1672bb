"""On which days a company books payments; pure. Dates are Europe/Copenhagen.

Until a payment is booked the ERP doesn't know it, so a step waits until the company has booked: the source is the
company's own word, its choice `booking_days`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from common.calendar import COPENHAGEN, add_banking_days, is_banking_day

LAST = 31  # "last": a day that a month lacks is its last one
A_DAY = timedelta(days=1)
WEEKDAYS = {name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
MONTH_DAYS = {str(number): number for number in range(1, LAST + 1)} | {"last": LAST}


class NoBookingDays(ValueError):
    """Booking days are weekdays (mon,thu), days of the month (1,15,last) or both; none at all for all the time."""


@dataclass(frozen=True)
class BookingDays:
    """Weekdays (0 is Monday) and days of the month on which payments are booked; neither: all the time."""

    weekdays: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self.weekdays or self.month_days)

    def __str__(self) -> str:
        """As `parse` reads it: weekdays before days of the month, each once and in order."""
        names = [name for name, number in WEEKDAYS.items() if number in self.weekdays]
        days = ["last" if day == LAST else str(day) for day in sorted(self.month_days)]
        return ",".join((*names, *days))

    def first_on_or_after(self, day: date) -> date:
        """The first day from `day` on that is booked. A booking day that is no banking day books on the next one.

        With no booking days that is `day` itself. Raises calendar.BeyondCalendar.
        """
        if not self:
            return day
        wanted = _first_that_books_from(day)
        while not self._names(wanted):
            wanted += A_DAY
        return add_banking_days(wanted, 0)

    def _names(self, day: date) -> bool:
        is_last = (day + A_DAY).month != day.month
        return (
            day.weekday() in self.weekdays
            or day.day in self.month_days
            or (is_last and any(number > day.day for number in self.month_days))
        )


def _first_that_books_from(day: date) -> date:
    """The earliest date that is booked on `day` or later; from a Sunday or a Monday on that is the Saturday before."""
    first = add_banking_days(day, 0)
    while not is_banking_day(first - A_DAY):
        first -= A_DAY
    return first


def parse(text: str) -> BookingDays:
    """From "mon,thu", "1,15" or "last"; "" is all the time. Raises NoBookingDays, which says what is allowed."""
    words = [word.strip().lower() for word in text.split(",")] if text.strip() else []
    if unknown := [word for word in words if word not in WEEKDAYS and word not in MONTH_DAYS]:
        raise NoBookingDays(f"{NoBookingDays.__doc__} {unknown[0]!r} is none of them.")
    return BookingDays(
        frozenset(WEEKDAYS[word] for word in words if word in WEEKDAYS),
        frozenset(MONTH_DAYS[word] for word in words if word in MONTH_DAYS),
    )


def booked_from(due_on: date, text: str) -> datetime | None:
    """The instant (UTC) from which the ERP knows payments that were in time; None if nothing is waited for.

    The first booking day on or after `due_on` closes at the midnight after it (Copenhagen). Only a fetch that began
    then or later is good for a step. Raises NoBookingDays and calendar.BeyondCalendar.
    """
    days = parse(text)
    if not days:
        return None
    closes_on = days.first_on_or_after(due_on) + A_DAY
    return datetime.combine(closes_on, time(), COPENHAGEN).astimezone(UTC)

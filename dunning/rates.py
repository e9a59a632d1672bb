"""The reference rate of the law on default interest: Nationalbanken's official lending rate (udlånsrente) on 1 January
and 1 July, each for the half-year that begins with it, renteloven § 5; pure. Later ones are set by an operator:
`rykker rates set`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

DAY = timedelta(days=1)
LOWEST, HIGHEST = Decimal(-5), Decimal(25)  # percent; beyond that it is a slip of the pen
_BY_YEAR = {  # percent from 1 January and from 1 July
    # forbrug.dk, Forbrugerleksikon "Morarenten": default interest, less 8 percentage points
    2013: ("0.20", "0.20"),
    2014: ("0.20", "0.20"),
    2015: ("0.20", "0.05"),
    2016: ("0.05", "0.05"),
    2017: ("0.05", "0.05"),
    2018: ("0.05", "0.05"),
    2019: ("0.05", "0.05"),
    2020: ("0.05", "0.05"),
    2021: ("0.05", "-0.35"),
    2022: ("-0.45", "-0.45"),
    2023: ("1.90", "3.25"),
    # selandiaadvokater.dk, "Renteoplysninger"; from July two public tables that agree: Mineo's interestRates.ts, and
    # Rentemester's, "verified 2026-06"
    2024: ("3.75", "3.50"),
    2025: ("2.75", "1.75"),
    2026: ("1.75",),  # from 1 July one source alone says 2.00: an operator looks it up at nationalbanken.dk
}
STATUTORY: Mapping[date, Decimal] = {
    date(year, month, 1): Decimal(percent)
    for year, percents in _BY_YEAR.items()
    for month, percent in zip((1, 7), percents, strict=False)
}


class BadRate(ValueError):
    """A rate that can't be set; says why."""


class NotAHalfYear(BadRate):
    """A reference rate holds from 1 January or 1 July, as 2027-01-01."""


class NotAPercentage(BadRate):
    """A reference rate is a percentage between -5 and 25 with at most two decimals, as 2.25."""


class RateFixed(BadRate):
    """This half-year's rate, and every earlier one, is the program's own."""


class RateTooEarly(BadRate):
    """A reference rate can be set for this half-year or the next one, but not further ahead."""


class RateAfterGap(BadRate):
    """An earlier half-year has no rate yet."""


def half_year(day: date) -> date:
    """The first day of its half-year."""
    return date(day.year, 7 if day.month > 6 else 1, 1)


def next_half_year(day: date) -> date:
    first = half_year(day)
    return date(first.year, 7, 1) if first.month == 1 else date(first.year + 1, 1, 1)


@dataclass(frozen=True)
class Rates:
    """What is known: what operators have set, and the law's table above, which stands above it."""

    later: Mapping[date, Decimal] = field(default_factory=dict)
    fixed: Mapping[date, Decimal] = field(default_factory=lambda: STATUTORY)

    @cached_property
    def all(self) -> Mapping[date, Decimal]:
        return {**self.later, **self.fixed}

    def on(self, day: date) -> Decimal:
        """Percent a year. Raises KeyError for a half-year that is not known."""
        return self.all[half_year(day)]

    def known_until(self, since: date) -> date:
        """The last day for which every rate after `since` is known; `since` itself, if none is."""
        first = half_year(since + DAY)
        while first in self.all:
            first = next_half_year(first)
        return max(first - DAY, since)

    def missing(self, today: date) -> list[date]:
        """The half-years that have begun, and whose rates are not known."""
        first, found = min(self.fixed), []
        while first <= today:
            found += [first] if first not in self.all else []
            first = next_half_year(first)
        return found

    def checked(self, from_on: date, percent: Decimal, today: date) -> None:
        """Raises the BadRate that says why this rate may not be set today. One that was set may be corrected."""
        if from_on != half_year(from_on):
            raise NotAHalfYear(f"{NotAHalfYear.__doc__} {from_on} is neither.")
        if from_on <= max(self.fixed):
            raise RateFixed(f"{RateFixed.__doc__} The first that can be set is {next_half_year(max(self.fixed))}.")
        if from_on > next_half_year(today):
            raise RateTooEarly(f"{RateTooEarly.__doc__} Today that is {next_half_year(today)}.")
        if gaps := self.missing(from_on - DAY):
            raise RateAfterGap(f"{RateAfterGap.__doc__} Set that from {gaps[0]} first.")
        percentage(str(percent))


def percentage(text: str) -> Decimal:
    """Percent from text, always with two decimals. Raises NotAPercentage."""
    if re.fullmatch(r"-?[0-9]{1,2}(\.[0-9]{1,2})?", text) and LOWEST <= Decimal(text) <= HIGHEST:
        return Decimal(text).quantize(Decimal("0.01")) + 0  # so that -0 is 0
    raise NotAPercentage(f"{NotAPercentage.__doc__} {text!r} is none.")


def begins_on(text: str) -> date:
    """The first day of a half-year from an ISO date. Raises NotAHalfYear."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.max
    if day != half_year(day):
        raise NotAHalfYear(f"{NotAHalfYear.__doc__} {text!r} is neither.")
    return day

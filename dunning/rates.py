"""The reference rate of the law on default interest: Nationalbanken's official lending rate (udlånsrente) on 1 January
and 1 July, renteloven § 5, stk. 2; pure. Later half-years are set by an operator: `rykker rates set`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

LOWEST, HIGHEST = Decimal(-5), Decimal(25)  # percent; beyond that it is a slip of the pen
_BY_YEAR = {  # percent from 1 January and from 1 July; forbrug.dk "morarenten" to July 2023, then tables of two kinds
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
    2024: ("3.75", "3.50"),
    2025: ("2.75", "1.75"),
    2026: ("1.75",),  # that of 1 July 2026 had a single source when this was written
}
STATUTORY: Mapping[date, Decimal] = {
    date(year, month, 1): Decimal(percent)
    for year, percents in _BY_YEAR.items()
    for month, percent in zip((1, 7), percents, strict=False)
}


class BadRate(ValueError):
    """A rate that can't be set; says why."""


def half_year(day: date) -> date:
    """The first day of its half-year."""
    return date(day.year, 7 if day.month > 6 else 1, 1)


def next_half_year(day: date) -> date:
    first = half_year(day)
    return date(first.year, 7, 1) if first.month == 1 else date(first.year + 1, 1, 1)


@dataclass(frozen=True)
class Rates:
    """What is known: the law's table above, and what operators have set."""

    later: Mapping[date, Decimal] = field(default_factory=dict)

    @property
    def all(self) -> Mapping[date, Decimal]:
        return {**self.later, **STATUTORY}

    def on(self, day: date) -> Decimal:
        """Percent a year. Raises KeyError for a half-year that is not known."""
        return self.all[half_year(day)]

    def known_until(self, since: date) -> date:
        """The last day for which every rate after `since` is known; `since` itself, if none is."""
        known, first = self.all, half_year(since + timedelta(days=1))
        while first in known:
            first = next_half_year(first)
        return max(first - timedelta(days=1), since)

    def checked(self, from_on: date, percent: Decimal, today: date) -> None:
        """Raises BadRate unless this rate may be set today: the next one, whole hundredths, nothing that is law."""
        wanted = self.known_until(min(STATUTORY)) + timedelta(days=1)
        if from_on != half_year(from_on):
            raise BadRate(f"a reference rate holds from 1 January or 1 July, not from {from_on}")
        if from_on in STATUTORY:
            raise BadRate(f"the rate from {from_on} is known: {STATUTORY[from_on]} %")
        if from_on > wanted:
            raise BadRate(f"the rate from {wanted} is to be set first: no half-year is left out")
        if from_on > next_half_year(today):
            raise BadRate(f"nobody knows the rate from {from_on} yet")
        if not LOWEST <= percent <= HIGHEST or percent != round(percent, 2):
            raise BadRate(f"a rate is {LOWEST} to {HIGHEST} percent with at most two decimals, not {percent}")

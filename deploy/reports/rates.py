"""What `rykker rates list` tells: the reference rate of each half-year, and those that nobody has said."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from common.law import MARGIN
from common.tables import ReferenceRate
from dunning import ratelist
from dunning.rates import STATUTORY


@dataclass(frozen=True, kw_only=True)
class HalfYear:
    """Rates in percent a year; None where nobody has said it. `set_at` is when an operator said it."""

    from_on: date
    reference_rate: Decimal | None
    default_interest: Decimal | None
    source: Literal["program", "operator", "missing"]
    set_at: datetime | None


def listed(today: date) -> list[HalfYear]:
    """The newest first. Needs a connection."""
    rows: Any = ReferenceRate.select()
    known, set_at = ratelist.read(), {row.from_on: row.set_at for row in rows if row.from_on not in STATUTORY}
    halves = sorted({*known.all, *known.missing(today)}, reverse=True)
    return [half_year(first, known.all.get(first), set_at.get(first)) for first in halves]


def half_year(first: date, percent: Decimal | None, set_at: datetime | None) -> HalfYear:
    return HalfYear(
        from_on=first,
        reference_rate=percent,
        default_interest=None if percent is None else percent + MARGIN.newest,
        source="missing" if percent is None else "operator" if set_at else "program",
        set_at=set_at,
    )

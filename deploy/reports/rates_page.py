"""Reference rates on a terminal."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Group, RenderableType

from common.law import MARGIN
from deploy.reports.rates import HalfYear
from deploy.reports.shown import NONE, day, instant, table

HEADINGS = ("From", ">Reference rate", ">Default interest", "Known from")
EARLIER = f"Claims that fell due before {MARGIN.since[-1][0]} bear one percentage point less, for good."


def listed(halves: Sequence[HalfYear]) -> RenderableType:
    rows = (
        (day(one.from_on), _percent(one.reference_rate), _percent(one.default_interest), _source(one)) for one in halves
    )
    return Group(table(HEADINGS, rows), "", EARLIER)


def was_set(half: HalfYear, before: Decimal | None) -> str:
    was = "" if before is None else f" (it was {_percent(before)})"
    return (
        f"from {half.from_on} the reference rate is {_percent(half.reference_rate)}{was}, "
        f"and default interest {_percent(half.default_interest)}"
    )


def _source(one: HalfYear) -> str:
    if one.source == "missing":
        return f"nobody: rykker rates set {one.from_on} PERCENT"
    return f"an operator, {instant(one.set_at)}" if one.set_at else "the program"


def _percent(rate: Decimal | None) -> str:
    return NONE if rate is None else f"{rate} %"

"""Prices on a terminal."""

from collections.abc import Iterable

from rich.console import RenderableType

from deploy.reports.prices import Priced
from deploy.reports.shown import day, instant, kroner, table


def listed(prices: Iterable[Priced]) -> RenderableType:
    rows = ((row.item, day(row.from_on), kroner(row.amount), row.applies, instant(row.set_at)) for row in prices)
    return table(("Item", "From", ">Kroner without VAT", "Applies", "Set"), rows)

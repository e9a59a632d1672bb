"""The price list's rows, which the `rykker` command writes."""

from common.tables import Price
from dunning.prices import Dated, Prices


def load() -> Prices:
    """All of them: a few rows. Needs a connection."""
    rows = Price.select().order_by(Price.item, Price.from_on)
    return Prices(tuple(Dated(row.item, row.from_on, row.amount) for row in rows))

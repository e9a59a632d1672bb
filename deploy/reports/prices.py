"""What `rykker prices list` tells: every price, and which of them apply today."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from common.tables import Price


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What an item costs from a day on, in kroner without VAT."""

    item: str
    from_on: date
    amount: Decimal
    applies: Literal["no longer", "now", "later"]
    set_at: datetime


def listed(today: date) -> list[Priced]:
    """By item, the newest last. Needs a connection."""
    rows = list(Price.select().order_by(Price.item, Price.from_on))
    current = {row.item: row.from_on for row in rows if row.from_on <= today}
    return [_priced(row, current.get(row.item)) for row in rows]


def _priced(row: Price, current: date | None) -> Priced:
    applies: Literal["no longer", "now", "later"] = "later"
    if current and row.from_on <= current:
        applies = "now" if row.from_on == current else "no longer"
    return Priced(item=row.item, from_on=row.from_on, amount=row.amount, applies=applies, set_at=row.set_at)

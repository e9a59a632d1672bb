"""What the portal charges a company for a step, without VAT; pure. Prices are dated, and none is changed afterwards."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from common.money import ZERO


class Dated(NamedTuple):
    """The price of an item from a day on, until another one begins."""

    item: str
    from_on: date
    amount: Decimal


@dataclass(frozen=True)
class Prices:
    """Every price that was ever set, or is to come."""

    dated: tuple[Dated, ...] = ()

    def of(self, item: str, on: date) -> Decimal:
        """Kroner without VAT for an item on a day; 0 where none is set."""
        begun = [price for price in self.dated if price.item == item and price.from_on <= on]
        return max(begun, key=lambda price: price.from_on).amount if begun else ZERO


FREE = Prices()

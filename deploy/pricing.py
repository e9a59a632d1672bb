"""Setting a price: never for a day that is over, and never another one for a day that has begun."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from common import bulk, db
from common.calendar import local_date
from common.tables import Price

LARGEST = Decimal("1000.00")  # kroner without VAT: more is a slip
FURTHEST = timedelta(days=3652)  # ahead, ten years: a later date is a slip, and would stand in the list for good


class Item(StrEnum):
    """What the portal charges for, as the ledger's rules name it."""

    REMINDER = "reminder"
    COLLECTION_NOTICE = "collection_notice"
    FEE_REMINDER = "fee_reminder"


class DayIsOver(Exception):
    """A price is never changed for a day that is over."""


class TooFarAhead(Exception):
    """A price is not set for a day in ten years or more."""


class HasBegun(Exception):
    """A price that applies already is not replaced."""


def put(item: Item, from_on: date, amount: Decimal, now: datetime) -> None:
    """The price of `item` from a day on. One that was to begin on the same day is replaced while that day is to come.

    Raises DayIsOver, TooFarAhead and HasBegun.
    """
    today = local_date(now)
    if from_on < today:
        raise DayIsOver(f"{from_on} is over: a price is set from {today} or a later day on")
    if from_on - today > FURTHEST:
        raise TooFarAhead(f"{from_on} is too far ahead: a price is set until {today + FURTHEST} at most")
    replaced = "DO UPDATE SET amount = excluded.amount, set_at = excluded.set_at" if from_on > today else "DO NOTHING"
    row = {"item": item.value, "from_on": from_on, "amount": amount, "set_at": now}
    with db.transaction():
        if not bulk.insert(Price, [row], f"ON CONFLICT (item, from_on) {replaced} RETURNING item"):
            raise HasBegun(f"{item} has a price from {from_on} on, which has begun: set one from a later day on")

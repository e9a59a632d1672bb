"""The reference rates that operators have set."""

from datetime import date, datetime
from decimal import Decimal

from common import db
from common.calendar import local_date
from common.tables import ReferenceRate
from dunning.rates import Rates


def read() -> Rates:
    with db.connection():
        return Rates({row.from_on: row.percent for row in ReferenceRate.select()})


def put(from_on: date, percent: Decimal, now: datetime) -> Decimal | None:
    """Writes a rate down, or corrects one that was set; returns what it was. Raises rates.BadRate."""
    later = {"percent": percent, "set_at": now}
    with db.transaction():
        known = read()
        known.checked(from_on, percent, local_date(now))
        ReferenceRate.insert(from_on=from_on, **later).on_conflict(
            conflict_target=[ReferenceRate.from_on], update=later
        ).execute()
    return known.later.get(from_on)

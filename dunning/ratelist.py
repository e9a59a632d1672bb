"""The reference rates that operators have set."""

from datetime import date
from decimal import Decimal

from common import db
from common.calendar import local_date
from common.clock import business_now
from common.tables import ReferenceRate
from dunning.rates import Rates


def read() -> Rates:
    with db.connection():
        return Rates({row.from_on: row.percent for row in ReferenceRate.select()})


def put(from_on: date, percent: Decimal) -> None:
    """Writes a rate down, or corrects one that was set. Raises rates.BadRate."""
    now = business_now()
    with db.transaction():
        read().checked(from_on, percent, local_date(now))
        later = {"percent": percent, "set_at": now}
        ReferenceRate.insert(from_on=from_on, **later).on_conflict(
            conflict_target=[ReferenceRate.from_on], update=later
        ).execute()

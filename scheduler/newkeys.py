"""A fetch for those whose key was taken after today's fetch had failed for want of one.

Nobody else needs one at once: where no daily fetch was asked for yet it comes at the company's time of day, or within a
second once that has passed; and where today's ended well its invoices are known.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from common import bulk, clock, db, fetches
from common.calendar import local_date
from common.logs import log
from common.tables import Company, Fetch, FetchRun, KeyTrial

WITHOUT_KEY = ("key_refused", "no_key")  # why a fetch failed
OCCASION = "key "  # and its number


def request() -> None:
    now = clock.business_now()
    for cvr, occasion in wanted(now):
        fetches.request([cvr], now, occasion)
        log.info("fetch with a new key requested", company=cvr)


def wanted(now: datetime) -> list[tuple[str, str]]:
    """Companies, each with its occasion: once for each key and day."""
    with db.connection():
        taken = [(cvr, f"{OCCASION}{key_no}") for cvr, key_no in _taken(local_date(now)).tuples()]
        asked = _asked(local_date(now), [occasion for _, occasion in taken]) if taken else set()
    return [one for one in taken if one not in asked]


def _taken(today: date) -> Any:
    daily = (Fetch.company == Company.cvr) & (Fetch.business_date == today) & (Fetch.occasion == fetches.DAILY)
    failed = (FetchRun.fetch_id == Fetch.id) & (FetchRun.state == "failed") & FetchRun.reason.in_(WITHOUT_KEY)
    since = (KeyTrial.company == Company.cvr) & (KeyTrial.key_no == Company.api_key_no)
    since &= (KeyTrial.state == "accepted") & (KeyTrial.tried_at > FetchRun.began_at)
    found = Company.select(Company.cvr, Company.api_key_no).where(Company.api_key.is_null(False))
    return found.join(Fetch, on=daily).join(FetchRun, on=failed).join_from(Company, KeyTrial, on=since)


def _asked(today: date, occasions: Sequence[str]) -> set[tuple[str, str]]:
    known: Any = Fetch.select(Fetch.company, Fetch.occasion)
    return set(known.where(Fetch.business_date == today, bulk.among(Fetch.occasion, occasions)).tuples())

"""Wishes to fetch, whoever has them: the scheduler for the day, the company in the portal, the `rykker` command."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid5

from peewee import JOIN

from common import bulk, clock, crash, db, outbox
from common import events as e
from common.calendar import local_date
from common.tables import Fetch, FetchRun

DAILY = "daily"
AT_ONCE = 500  # fetches that one transaction asks for
LONG = timedelta(hours=1)  # business time; whoever waits for longer than that may ask anew
AGAIN = timedelta(minutes=1)  # business time from one that was asked for to the next


class Asked(NamedTuple):
    """The fetch that is to come: another one than was on its way already, or that very one."""

    fetch_id: str
    is_new: bool


def ask(company: str, now: datetime, by: str) -> Asked:
    """A fetch that somebody wants now. While one is under way, and younger than an hour, that is it; so is one that was
    asked for less than a minute ago.
    """
    with db.transaction():
        db.alone(f"fetch/{company}")
        if going := under_way(company, now) or _asked_just_now(company, now):
            return Asked(str(going.id), is_new=False)
        occasion = f"asked {now.isoformat(timespec='seconds')}"
        request([company], now, occasion, by)
    return Asked(_id(company, local_date(now), occasion), is_new=True)


def request(companies: Sequence[str], now: datetime, occasion: str, by: str = "") -> int:
    """One fetch for each company, business date and occasion, whoever asks however often; returns how many are new.

    A few hundred in one transaction.
    """
    day, new = local_date(now), 0
    for part in bulk.parts(companies, AT_ONCE):
        with db.transaction():
            wishes = [_wish(company, day, occasion, now) | {"by": by} for company in part]
            added = bulk.insert(Fetch, wishes, "ON CONFLICT DO NOTHING RETURNING company, id")
            outbox.add(
                *[
                    e.FetchRequested(company=company, fetch_id=fetch_id, business_date=day, occasion=occasion)
                    for company, fetch_id in added
                ]
            )
            crash.here("fetch.wished")
        crash.here("fetch.committed")
        new += len(added)
    return new


def _wish(company: str, day: date, occasion: str, now: datetime) -> dict[str, Any]:
    wish = {"id": _id(company, day, occasion), "company": company, "business_date": day}
    return wish | {"occasion": occasion, "requested_at": now}


def _id(company: str, day: date, occasion: str) -> str:
    return str(uuid5(e.NAMESPACE, f"fetch\n{company}\n{day}\n{occasion}"))


def under_way(company: str, now: datetime) -> Fetch | None:
    """The newest fetch that has not ended, if it was wished for within the hour. Needs a connection."""
    going = FetchRun.state.is_null() | (FetchRun.state == "running")
    newest = _since(company, now - clock.patience(LONG)).where(going)
    return newest.order_by(Fetch.requested_at.desc()).first()  # type: ignore[no-any-return]


def _asked_just_now(company: str, now: datetime) -> Fetch | None:
    latest = _since(company, now - AGAIN).where(Fetch.requested_at <= now, Fetch.occasion != DAILY)
    return latest.order_by(Fetch.requested_at.desc()).first()  # type: ignore[no-any-return]


def _since(company: str, at: datetime) -> Any:
    """Fetches that were wished for after that instant, with their runs; by the index of their dates."""
    joined = Fetch.select().join(FetchRun, JOIN.LEFT_OUTER, on=(FetchRun.fetch_id == Fetch.id))
    return joined.where(Fetch.company == company, Fetch.business_date >= local_date(at), Fetch.requested_at > at)

"""Reads: a company's fetches, the one that is under way, and the invoices that can't be read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from peewee import JOIN

from common import outbox
from common.events import FetchPageRequested
from common.fetches import DAILY, under_way
from common.tables import Company, Fetch, FetchRun, SetAside
from decisions.paging import pages

PAGE, PAGE_ASIDE = 25, 10  # rows: of fetches, of invoices that were set aside
LONGEST = timedelta(days=4)  # business time; the fetcher gives a fetch up after three days
State = Literal["waiting", "running", "finished", "failed"]


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A wish to fetch and what came of it; the counts are those so far. `by`: who asked, "" for the daily one."""

    fetch_id: str
    requested_at: datetime
    by: str
    is_daily: bool
    state: State
    began_at: datetime | None
    ended_at: datetime | None
    seen: int
    overdue: int
    found: int
    set_aside: int
    reason: str
    trusted: bool
    marks_paid: bool
    is_following: bool  # its list is read; now come those that were not on it

    @property
    def is_going(self) -> bool:
        return self.state in ("waiting", "running")


@dataclass(frozen=True, kw_only=True)
class Going:
    """The fetch that is under way. `until`: when Ordrestyring is asked again, if it can't be had just now."""

    fetch: Fetched
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Fetches:
    """A page of fetches, newest first, and a page of the invoices that were set aside.

    `may_ask`: a click on the button would fetch; `marks_paid`: payments are marked in the books at all.
    """

    rows: list[Fetched]
    pages: int
    aside: list[SetAside]
    aside_count: int
    aside_pages: int
    going: Going | None
    may_ask: bool
    marks_paid: bool
    last: Fetched | None  # that has ended


def fetches(company: Company, page: int, aside: int, now: datetime) -> Fetches:
    """A fixed number of queries. Needs a connection."""
    mine, unread = Fetch.select().where(Fetch.company == company.cvr), _unread(company.cvr)
    count = unread.count()
    last = _of(company.cvr).where(FetchRun.state.in_(("finished", "failed"))).first()
    finished = FetchRun.select().where(FetchRun.company == company.cvr, FetchRun.state == "finished")
    newest = finished.order_by(FetchRun.began_at.desc()).first()
    return Fetches(
        rows=[_fetched(row) for row in _of(company.cvr).paginate(page, PAGE)],
        pages=pages(mine.count(), PAGE),
        aside=list(unread.order_by(SetAside.seen_at.desc(), SetAside.number).paginate(aside, PAGE_ASIDE)),
        aside_count=count,
        aside_pages=pages(count, PAGE_ASIDE),
        going=_going(company.cvr, now),
        may_ask=company.api_key is not None and under_way(company.cvr, now) is None,
        marks_paid=newest is None or bool(newest.marks_paid),
        last=_fetched(last) if last else None,
    )


def _of(cvr: str) -> Any:
    joined = Fetch.select(Fetch, FetchRun).join(
        FetchRun, JOIN.LEFT_OUTER, on=(FetchRun.fetch_id == Fetch.id), attr="run"
    )
    return joined.where(Fetch.company == cvr).order_by(Fetch.business_date.desc(), Fetch.requested_at.desc())


def _unread(cvr: str) -> Any:
    return SetAside.select().where(SetAside.company == cvr)


def _going(cvr: str, now: datetime) -> Going | None:
    is_going = FetchRun.state.is_null() | (FetchRun.state == "running")
    row = _of(cvr).where(is_going, Fetch.requested_at > now - LONGEST).first()
    if row is None:
        return None
    next_page = FetchPageRequested(company=cvr, fetch_id=row.id, cursor="")
    waits = outbox.waiting([next_page]).first()
    return Going(fetch=_fetched(row), until=waits.at if waits and waits.at > now else None)


def _fetched(row: Any) -> Fetched:
    run = getattr(row, "run", None)
    if run is None or run.fetch_id is None:
        run = FetchRun(state="waiting")
    return Fetched(
        fetch_id=row.id,
        requested_at=row.requested_at,
        by=row.by,
        is_daily=row.occasion == DAILY,
        is_following=run.cursor.startswith("tracked:"),
        **{name: getattr(run, name) for name in _OF_RUN},
    )


_OF_RUN = (
    "state", "began_at", "ended_at", "seen", "overdue", "found", "set_aside", "reason", "trusted", "marks_paid"
)  # fmt: skip

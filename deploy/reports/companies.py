"""The companies, when each was fetched and will be, and how far its procedures are."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from peewee import JOIN, fn

from common.calendar import COPENHAGEN
from common.tables import Company, Fetch, FetchRun, Procedure

DAILY = "daily"  # the occasion of the scheduler's own fetches


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A company's latest fetch. One that saw far fewer invoices than before is not trusted; where hardly one is marked
    as paid nothing starts by itself.
    """

    requested_at: datetime
    occasion: str
    state: Literal["waiting", "running", "finished", "failed"]
    ended_at: datetime | None
    seen: int
    overdue: int
    found: int
    set_aside: int
    trusted: bool
    marks_paid: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class CompanyState:
    """A company, its fetches, and how many procedures are in each stage. Without a key nothing is fetched."""

    cvr: str
    name: str
    has_key: bool
    paused: bool
    last_fetch: Fetched | None
    next_fetch_at: datetime | None
    procedures: dict[str, int]


def companies(today: date) -> list[CompanyState]:
    """All of them by name. Needs a connection."""
    fetches, done = _last_fetches(), _fetched_on(today)
    stages: dict[str, dict[str, int]] = defaultdict(dict)
    counted: Any = Procedure.select(Procedure.company, Procedure.stage, fn.COUNT(Procedure.id))
    for cvr, stage, count in counted.group_by(Procedure.company, Procedure.stage).order_by(Procedure.stage).tuples():
        stages[cvr][stage] = count
    return [
        CompanyState(
            cvr=row.cvr,
            name=row.name,
            has_key=row.api_key is not None,
            paused=row.paused,
            last_fetch=fetches.get(row.cvr),
            next_fetch_at=_next_fetch_at(row, today + timedelta(days=row.cvr in done)),
            procedures=stages[row.cvr],
        )
        for row in Company.select().order_by(Company.name)
    ]


def _last_fetches() -> dict[str, Fetched]:
    latest = Fetch.select(Fetch.company, fn.MAX(Fetch.requested_at).alias("at")).group_by(Fetch.company)
    is_latest = (Fetch.company == latest.c.company) & (Fetch.requested_at == latest.c.at)
    columns = (Fetch.company, Fetch.requested_at, Fetch.occasion, FetchRun)
    fetches = Fetch.select(*columns).join(latest, on=is_latest)
    with_runs = fetches.switch(Fetch).join(FetchRun, JOIN.LEFT_OUTER, on=(FetchRun.fetch_id == Fetch.id), attr="run")
    return {row.company: _fetched(row, getattr(row, "run", None)) for row in with_runs}


def _fetched(row: Any, run: Any) -> Fetched:
    return Fetched(
        requested_at=row.requested_at,
        occasion=row.occasion,
        state=run.state if run else "waiting",
        ended_at=run.ended_at if run else None,
        seen=run.seen if run else 0,
        overdue=run.overdue if run else 0,
        found=run.found if run else 0,
        set_aside=run.set_aside if run else 0,
        trusted=run.trusted if run else True,
        marks_paid=run.marks_paid if run else True,
        reason=run.reason if run else "",
    )


def _fetched_on(day: date) -> set[str]:
    daily: Any = Fetch.select(Fetch.company).where(Fetch.business_date == day, Fetch.occasion == DAILY)
    return {cvr for (cvr,) in daily.tuples()}


def _next_fetch_at(company: Company, day: date) -> datetime | None:
    if company.api_key is None:
        return None
    return datetime.combine(day, time.fromisoformat(company.fetch_at), COPENHAGEN).astimezone(UTC)

"""A month is over: every company that the portal charged in it is to get a statement, once.

Asked for on the 1st when the office opens, so that what was booked around midnight is in the books by then. Months that
were missed are caught up with. Any number of schedulers may ask.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from peewee import Case

from common import bulk, clock, db, outbox
from common import events as e
from common.calendar import local_date, office_opens
from common.logs import log
from common.tables import LedgerLine, Statement

MONTHS = 12  # that are caught up with
CHARGED = "company"  # the account of what a company owes the portal
AT_ONCE = 500  # statements that one transaction asks for


class Monthly:
    """Called again and again: looks once a day, after the office has opened, since a look reads the whole ledger."""

    def __init__(self) -> None:
        self._looked_on: date | None = None

    def __call__(self) -> None:
        now = clock.business_now()
        if (day := open_day(now)) != self._looked_on:
            if new := ask(now):
                log.info("statements asked for", companies=new)
            self._looked_on = day


def open_day(now: datetime) -> date:
    """The latest date (Copenhagen) on which the office has opened."""
    today = local_date(now)
    return today if now >= office_opens(today) else today - timedelta(days=1)


def months_over(day: date) -> list[date]:
    """The first days of the twelve months before that of `day`, the newest first."""
    months = [day.replace(day=1)]
    for _ in range(MONTHS):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return months[1:]


def ask(now: datetime) -> int:
    """Asks for the statements that nobody has asked for yet; returns how many."""
    new = 0
    for part in bulk.parts(_missing(open_day(now)), AT_ONCE):
        with db.transaction():
            rows = [{"company": company, "month": month, "asked_at": now} for company, month in part]
            added = bulk.insert(Statement, rows, "ON CONFLICT DO NOTHING RETURNING company, month")
            outbox.add(*[e.StatementDue(company=company, month=_day(month)) for company, month in added])
        new += len(added)
    return new


def _missing(day: date) -> Sequence[tuple[str, date]]:
    """The companies that were charged, and in which months, without those that have been asked for: one look."""
    until, months = day.replace(day=1), months_over(day)
    month: Any = Case(None, [(LedgerLine.booked_on >= first, first) for first in months])
    booked = (LedgerLine.account == CHARGED) & (LedgerLine.booked_on >= months[-1]) & (LedgerLine.booked_on < until)
    charged: Any = LedgerLine.select(LedgerLine.company, month).where(booked).distinct()
    asked = Statement.select(Statement.company, Statement.month).where(Statement.month >= months[-1])
    with db.connection():
        return sorted((company, _day(first)) for company, first in (charged - asked).tuples())


def _day(value: date | str) -> date:
    """SQLite keeps dates as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value

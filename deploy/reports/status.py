"""What `rykker status` tells: how it goes just now."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import fn

from common import clock
from common.calendar import local_date
from common.settings import Settings
from common.tables import Company, FailedMessage, Letter, Outbox, SetAside
from deploy.reports.broker import Broker, broker
from deploy.reports.companies import CompanyState, companies
from deploy.reports.refused import NotAsked, not_asked
from dunning import ratelist


@dataclass(frozen=True, kw_only=True)
class Time:
    """The business clock; a speed of 1 is real time."""

    now: datetime
    business_date: date
    speed: float


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An invoice that was set aside."""

    company: str
    number: str
    reason: str
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class HeldLetter:
    """A letter that may or may not have left: a person decides."""

    id: str
    company: str
    kind: str
    step: int
    recipient: str
    subject: str
    planned_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Events not yet published: `later` ones wait for their time, `overdue` ones should be out. Ages are real."""

    later: int
    overdue: int
    oldest_overdue_seconds: int | None


@dataclass(frozen=True, kw_only=True)
class FailedGroup:
    """Open failed messages that have one cause."""

    cause: str
    queues: list[str]
    types: list[str]
    count: int
    latest_at: datetime


@dataclass(frozen=True, kw_only=True)
class Status:
    """Everything that `rykker status` shows."""

    clock: Time
    companies: list[CompanyState]
    set_aside: list[Unreadable]
    letters: dict[str, int]
    held_letters: list[HeldLetter]
    not_asked: list[NotAsked]
    outbox: Waiting
    failed_messages: list[FailedGroup]
    unknown_rates: list[date]  # half-years without a reference rate, where a company charges interest
    broker: Broker


def status(settings: Settings) -> Status:
    """How it goes just now. Needs a connection."""
    now = clock.business_now()
    return Status(
        clock=Time(now=now, business_date=local_date(now), speed=clock.speed()),
        companies=companies(local_date(now)),
        set_aside=_unreadable(),
        letters=dict(_tally(Letter.select(Letter.state, fn.COUNT(Letter.id)).group_by(Letter.state))),
        held_letters=_held(),
        not_asked=not_asked(),
        outbox=_waiting(now),
        failed_messages=_failed(),
        unknown_rates=_unknown_rates(local_date(now)),
        broker=broker(settings.broker),
    )


def _tally(query: Any) -> list[tuple[str, int]]:
    return sorted(query.tuples())


def _unreadable() -> list[Unreadable]:
    rows = SetAside.select().order_by(SetAside.company, SetAside.number)
    return [Unreadable(**_named(row, "company", "number", "reason", "seen_at")) for row in rows]


def _held() -> list[HeldLetter]:
    rows = Letter.select().where(Letter.state == "held").order_by(Letter.planned_at)
    names = ("id", "company", "kind", "step", "recipient", "subject", "planned_at", "reason")
    return [HeldLetter(**_named(row, *names)) for row in rows]


def _named(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _waiting(now: datetime) -> Waiting:
    unpublished = Outbox.published_at.is_null()
    later = Outbox.select().where(unpublished, Outbox.at > now).count()
    overdue = Outbox.select().where(unpublished, Outbox.at <= now)
    oldest = overdue.order_by(Outbox.at).first()
    age = int((now - oldest.at).total_seconds() / max(clock.speed(), 1.0)) if oldest else None
    return Waiting(later=later, overdue=overdue.count(), oldest_overdue_seconds=age)


def _unknown_rates(today: date) -> list[date]:
    is_charged = Company.select().where(Company.interest).exists()
    return ratelist.read().missing(today) if is_charged else []


def _failed() -> list[FailedGroup]:
    groups: dict[str, list[Any]] = defaultdict(list)
    columns = (FailedMessage.cause, FailedMessage.queue, FailedMessage.type, FailedMessage.collected_at)
    for row in FailedMessage.select(*columns).where(FailedMessage.state == "open").order_by(FailedMessage.id):
        groups[row.cause].append(row)
    return [_group(cause, rows) for cause, rows in groups.items()]


def _group(cause: str, rows: list[Any]) -> FailedGroup:
    return FailedGroup(
        cause=cause,
        queues=sorted({row.queue for row in rows}),
        types=sorted({row.type for row in rows}),
        count=len(rows),
        latest_at=max(row.collected_at for row in rows),
    )

"""The scheduler's rows: whose daily fetch is due, timers that were missed, dead letters."""

from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, IntegrityError

from common import clock, db, outbox
from common import events as e
from common.calendar import local_date, local_time
from common.fetches import DAILY
from common.logs import log
from common.tables import Company, FailedMessage, Fetch, Letter, Procedure

MISSED = timedelta(hours=1)  # business time after which a timer counts as lost
NUDGES = 500  # a sweep
NET_ATTEMPT = 1_000_000  # attempts of letters that the net adds count from here


def companies_due(now: datetime) -> list[str]:
    """Companies with a key whose time of day (wall clock in Copenhagen) has passed, and that had no daily fetch today.

    A time that summer time skips has passed once the gap is over; one that comes twice has passed the first time.
    """
    today = (Fetch.company == Company.cvr) & (Fetch.business_date == local_date(now)) & (Fetch.occasion == DAILY)
    waiting = (
        Company.select(Company.cvr)
        .join(Fetch, JOIN.LEFT_OUTER, on=today)
        .where(Fetch.id.is_null(), Company.api_key.is_null(False), Company.fetch_at <= f"{local_time(now):%H:%M}")
    )
    with db.connection():
        return [row.cvr for row in waiting.order_by(Company.fetch_at)]


def nudge_missed(now: datetime) -> int:
    """Adds timers anew that are overdue by an hour and no longer wait in the outbox; returns how many."""
    missed = now - clock.patience(MISSED)
    hour = int(now.timestamp() // 3600)
    with db.connection():
        late = [_timer(row, hour) for row in _late_procedures(missed)]
        late += [_sending(row, hour) for row in _late_letters(missed)]
        return sum(_add_anew(event) for event in late)


def _late_procedures(missed: datetime) -> list[Procedure]:
    return list(Procedure.select().where(Procedure.wake_at < missed).order_by(Procedure.wake_at).limit(NUDGES))


def _late_letters(missed: datetime) -> list[Letter]:
    unsent = Letter.state.in_(("planned", "sending")) & (Letter.try_at < missed)
    columns = (Letter.id, Letter.company, Letter.kind)
    return list(Letter.select(*columns).where(unsent).order_by(Letter.try_at).limit(NUDGES))


def _timer(row: Procedure, hour: int) -> e.Event:
    return e.ProcedureDue(
        company=row.company,
        procedure_id=row.id,
        invoice_number=row.invoice_number,
        wake_no=row.wake_no,
        nudge=f"{hour}",
    )


def _sending(row: Any, hour: int) -> e.Event:
    return e.LetterPlanned(company=row.company, letter_id=row.id, kind=row.kind, attempt=NET_ATTEMPT + hour)


def _add_anew(event: e.Event) -> bool:
    if outbox.waiting([event]).exists():
        return False
    try:
        with db.transaction():
            outbox.add(event)
    except IntegrityError:
        return False  # another scheduler was first, or this hour had its try
    log.warning("timer added anew", type=event.type, company=event.company, subject=event.subject)
    return True


def keep_failed(message: FailedMessage) -> None:
    """Keeps a dead letter. One that is open already is not kept twice, and one that was replayed is open anew; both
    count how often it came, so that whoever is replaying it just now sees that it is back.
    """
    with db.transaction():
        same = FailedMessage.select().where(
            FailedMessage.queue == message.queue,
            FailedMessage.event_id == message.event_id,
            FailedMessage.body == message.body,
        )
        known = db.locked(same.order_by(FailedMessage.id.desc()).limit(1)).first()
        message.times = known.times + 1 if known else 1
        if known and known.state == "open":
            message.id = known.id
        message.save(force_insert=message.id is None)

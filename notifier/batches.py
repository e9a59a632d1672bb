"""What waits of one fetch, and when it is to be written.

That more than MOST_SINGLE are new can be known only when the fetch has ended, and the news of its last invoices may
come after that. So every change looks at the batch, under its lock, and sets the timer that is wanted now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from peewee import fn

from common import bulk, clock, db, outbox
from common import events as e
from common.tables import Company, FetchRun, Notice, NoticeBatch
from notifier import refused

MOST_SINGLE = 20  # notices of one fetch that go one by one
LATE = timedelta(hours=1)  # business time that a fetch may take before its first notices are written all the same
STRAGGLERS = timedelta(minutes=10)  # business time that a digest waits for news of the fetch's last invoices


def join(event: e.DecisionRequested, now: datetime) -> None:
    """One more company waits to be asked. In the caller's transaction, at whose end its batch is looked at."""
    joined = db.notes().setdefault("notices", {})
    joined.setdefault(event.fetch_id or event.procedure_id, []).append(event)
    db.notes()["notices now"] = now
    db.last(_join_all)


def _join_all() -> None:
    joined, now = db.notes().pop("notices"), db.notes()["notices now"]
    batches = _locked(joined)
    bulk.insert(Notice, [_notice(event, fetch_id) for fetch_id, events in joined.items() for event in events])
    wanted = _times_to_write(batches, now)
    timers = _timers(batches)
    for batch in batches:
        if all(at > wanted[batch.fetch_id] for at in timers.get(batch.fetch_id, ())):
            _write_at(batch, joined[batch.fetch_id][0].procedure_id, wanted[batch.fetch_id])


def _locked(joined: dict[str, list[e.DecisionRequested]]) -> list[NoticeBatch]:
    """The batches that these join, locked until the transaction ends, always in the same order; made where new."""
    firsts = {fetch_id: events[0] for fetch_id, events in sorted(joined.items())}
    new = [
        {"fetch_id": fetch_id, "company": first.company, "finished": first.fetch_id is None}
        for fetch_id, first in firsts.items()
    ]
    bulk.insert(NoticeBatch, new, "ON CONFLICT DO NOTHING")
    mine = NoticeBatch.select().where(bulk.among(NoticeBatch.fetch_id, firsts))
    return list(db.locked(mine.order_by(NoticeBatch.fetch_id)))


def _times_to_write(batches: Sequence[NoticeBatch], now: datetime) -> dict[str, datetime]:
    """Business time, by fetch: when its notices are to be written, as far as is known now."""
    finished = [batch for batch in batches if batch.finished]
    ready = _complete(finished) | ({batch.fetch_id for batch in finished} - waiting_for_all(finished))
    late, straggling = (now + clock.patience(wait) for wait in (LATE, STRAGGLERS))
    return {b.fetch_id: now if b.fetch_id in ready else straggling if b.finished else late for b in batches}


def _notice(event: e.DecisionRequested, fetch_id: str) -> dict[str, Any]:
    return {"procedure_id": event.procedure_id, "company": event.company, "fetch_id": fetch_id, "letter_id": None}


def end(event: e.FetchFinished | e.FetchFailed, now: datetime) -> None:
    """The fetch is over: its notices can be written, and refused ones again. In the caller's transaction."""
    batch = lock(event.fetch_id, event.company)
    batch.finished = True
    new = event.overdue if isinstance(event, e.FetchFinished) else _overdue_so_far(event.fetch_id)
    batch.overdue = new + refused.rejoin(batch)
    batch.save()
    waits = waiting_for_all([batch]) - _complete([batch])
    _write_at(batch, "finished", now + clock.patience(STRAGGLERS) if waits else now)


def _write_at(batch: NoticeBatch, occasion: str, at: datetime) -> None:
    outbox.add(e.NoticesDue(company=batch.company, fetch_id=batch.fetch_id, occasion=occasion), at=at)


def lock(fetch_id: str, company: str, *, finished: bool = False) -> NoticeBatch:
    """The batch, locked until the transaction ends; made if it is new."""
    NoticeBatch.insert(fetch_id=fetch_id, company=company, finished=finished).on_conflict_ignore().execute()
    batch: NoticeBatch = db.locked(NoticeBatch.select().where(NoticeBatch.fetch_id == fetch_id)).get()
    return batch


def _overdue_so_far(fetch_id: str) -> int:
    run = FetchRun.get_or_none(FetchRun.fetch_id == fetch_id)
    return int(run.overdue) if run else 0


def waiting_for_all(batches: Sequence[NoticeBatch]) -> set[str]:
    """The fetches whose notices go together, not one by one."""
    many = {batch.fetch_id for batch in batches if batch.overdue > MOST_SINGLE}
    chosen = bulk.among(Company.cvr, {batch.company for batch in batches}) & Company.digest
    digests = {row.cvr for row in Company.select(Company.cvr).where(chosen)} if len(many) < len(batches) else set()
    return many | {batch.fetch_id for batch in batches if batch.company in digests}


def _complete(batches: Sequence[NoticeBatch]) -> set[str]:
    """Not every new invoice is asked about: some are too small, or of customers that are never dunned."""
    if not batches:
        return set()
    mine = Notice.select(Notice.fetch_id, fn.COUNT(Notice.procedure_id)).group_by(Notice.fetch_id)
    rows: Any = mine.where(bulk.among(Notice.fetch_id, [batch.fetch_id for batch in batches])).tuples()
    joined = dict(rows)
    return {batch.fetch_id for batch in batches if joined.get(batch.fetch_id, 0) >= batch.overdue}


def _timers(batches: Sequence[NoticeBatch]) -> dict[str, list[datetime]]:
    """Business times, by fetch, of timers that will see what we write; locked, so that none leaves before we commit."""
    due = [e.NoticesDue(company=batch.company, fetch_id=batch.fetch_id, occasion="") for batch in batches]
    fetch_of = {one.subject: one.fetch_id for one in due}
    found: dict[str, list[datetime]] = {}
    rows = list(db.locked(outbox.waiting(due), skip=True))
    leaving = outbox.leaving()
    for row in rows:
        if row.id not in leaving:
            found.setdefault(fetch_of[row.subject], []).append(row.at)
    return found

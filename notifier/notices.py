"""Companies that wait to be asked: one by one, or all of a fetch in one digest. The rows, and which of the two it is.

That more than MOST_SINGLE are new can be known only when the fetch has ended, and the news of its last invoices may
come after that. So every change looks at the batch, under its lock, and sets the timer that is wanted now.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from peewee import fn

from common import clock, db, outbox
from common import events as e
from common.tables import Company, FetchRun, KnownInvoice, Letter, Notice, NoticeBatch, Outbox, Procedure
from notifier import cases, refused
from notifier.facts import Case
from notifier.letters import LISTED, Batch

MOST_SINGLE = 20  # notices of one fetch that go one by one
LATE = timedelta(hours=1)  # business time that a fetch may take before its first notices are written all the same
STRAGGLERS = timedelta(minutes=10)  # business time that a digest waits for news of the fetch's last invoices
ROWS = 500  # a statement; below SQLite's limit of bound variables


class Overtaken(Exception):
    """Another worker wrote some of these notices; what is left is looked at again."""


# --- what arrives ----------------------------------------------------------------------------------------------------
def join(event: e.DecisionRequested, now: datetime) -> None:
    """One more company waits to be asked. In the caller's transaction, at whose end its batch is looked at."""
    joined = db.notes().setdefault("notices", {})
    joined.setdefault(event.fetch_id or event.procedure_id, []).append(event)
    db.notes()["notices now"] = now
    db.last(_join_all)


def _join_all() -> None:
    for fetch_id, events in sorted(db.notes().pop("notices").items()):
        _join(fetch_id, events, db.notes()["notices now"])


def _join(fetch_id: str, events: Sequence[e.DecisionRequested], now: datetime) -> None:
    first = events[0]
    batch = _lock(fetch_id, first.company, finished=first.fetch_id is None)
    db.insert(Notice, [_notice(event, fetch_id) for event in events])
    if batch.finished and (_is_complete(batch) or not _waits_for_all(batch)):
        at = now
    else:
        at = now + clock.patience(STRAGGLERS if batch.finished else LATE)
    if not _has_timer(batch, by=at):
        _write_at(batch, first.procedure_id, at)


def _notice(event: e.DecisionRequested, fetch_id: str) -> dict[str, Any]:
    return {"procedure_id": event.procedure_id, "company": event.company, "fetch_id": fetch_id, "letter_id": None}


def end(event: e.FetchFinished | e.FetchFailed, now: datetime) -> None:
    """The fetch is over: its notices can be written, and refused ones again. In the caller's transaction."""
    batch = _lock(event.fetch_id, event.company)
    batch.finished = True
    new = event.overdue if isinstance(event, e.FetchFinished) else _overdue_so_far(event.fetch_id)
    batch.overdue = new + refused.rejoin(batch)
    batch.save()
    waits = _waits_for_all(batch) and not _is_complete(batch)
    _write_at(batch, "finished", now + clock.patience(STRAGGLERS) if waits else now)


def _write_at(batch: NoticeBatch, occasion: str, at: datetime) -> None:
    outbox.add(e.NoticesDue(company=batch.company, fetch_id=batch.fetch_id, occasion=occasion), at=at)


def _lock(fetch_id: str, company: str, *, finished: bool = False) -> NoticeBatch:
    """The batch, locked until the transaction ends; made if it is new."""
    NoticeBatch.insert(fetch_id=fetch_id, company=company, finished=finished).on_conflict_ignore().execute()
    batch: NoticeBatch = db.locked(NoticeBatch.select().where(NoticeBatch.fetch_id == fetch_id)).get()
    return batch


def _overdue_so_far(fetch_id: str) -> int:
    run = FetchRun.get_or_none(FetchRun.fetch_id == fetch_id)
    return int(run.overdue) if run else 0


def _waits_for_all(batch: NoticeBatch) -> bool:
    return batch.overdue > MOST_SINGLE or bool(Company.get_by_id(batch.company).digest)


def _is_complete(batch: NoticeBatch) -> bool:
    """Not every new invoice is asked about: some are too small, or of customers that are never dunned."""
    return int(Notice.select().where(Notice.fetch_id == batch.fetch_id).count()) >= batch.overdue


def _has_timer(batch: NoticeBatch, by: datetime) -> bool:
    """Whether one waits that will see what we write; it is locked, so that it can't leave before we commit."""
    due = e.NoticesDue(company=batch.company, fetch_id=batch.fetch_id, occasion="")
    waits = Outbox.select(Outbox.id).where(
        Outbox.company == due.company,
        Outbox.subject == due.subject,
        Outbox.type == due.type,
        Outbox.published_at.is_null(),
        Outbox.at <= by,
    )
    row = db.locked(waits, skip=True).first()
    return row is not None and not outbox.is_leaving(row.id)


# --- what is to be written -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Waiting:
    """The notices of a batch that are to be written now, as one digest or one by one."""

    procedure_ids: Sequence[str]
    digest: Batch | None
    singles: Sequence[Case]
    asked_before: Counter[str] = field(default_factory=Counter)  # procedure id: how many notices were refused


def waiting(event: e.NoticesDue) -> Waiting:
    with db.connection():
        batch = NoticeBatch.get_by_id(event.fetch_id)
        ids = _waiting_ids(event.fetch_id)
        if len(ids) > MOST_SINGLE or (len(ids) > 1 and _waits_for_all(batch)):
            return Waiting(ids, _digest(batch, ids), ())
        return Waiting(ids, None, _cases(event.company, ids), _asked_before(ids))


def _waiting_ids(fetch_id: str) -> list[str]:
    """Notices that are in no letter, and whose question is still open."""
    asked = Procedure.select(Procedure.id).join(Notice, on=Notice.procedure_id == Procedure.id)
    mine = asked.where(Notice.fetch_id == fetch_id, Notice.letter_id.is_null(), Procedure.stage == "awaiting_decision")
    return [row.id for row in mine.order_by(Procedure.due_on, Procedure.invoice_number)]


def _asked_before(ids: Sequence[str]) -> Counter[str]:
    earlier = Letter.select(Letter.about).where(Letter.about.in_(ids), Letter.kind == "notice")
    return Counter(row.about for row in earlier)


def _digest(batch: NoticeBatch, ids: Sequence[str]) -> Batch:
    before = Letter.select().where(Letter.about == batch.fetch_id, Letter.kind == "digest")
    return Batch(
        id=batch.fetch_id,
        attempt=int(before.count()),
        first=_cases(batch.company, ids[:LISTED]),
        count=len(ids),
        outstanding=sum((_outstanding(ids[n : n + ROWS]) for n in range(0, len(ids), ROWS)), Decimal("0.00")),
    )


def _cases(company: str, ids: Sequence[str]) -> list[Case]:
    creditor = cases.creditor(company)
    return [Case(creditor=creditor, claim=cases.claim(row)) for row in cases.with_invoices(Procedure.id.in_(ids))]


def _outstanding(ids: Sequence[str]) -> Decimal:
    known = (KnownInvoice.company == Procedure.company) & (KnownInvoice.number == Procedure.invoice_number)
    oere: Any = fn.SUM(KnownInvoice.outstanding).coerce(False)  # a function doesn't know the field's kroner
    total = Procedure.select(oere).join(KnownInvoice, on=known).where(Procedure.id.in_(ids)).scalar()
    return Decimal(int(total or 0)).scaleb(-2)


def take(found: Waiting, letter_of: dict[str, str], company: str, fetch_id: str) -> None:
    """Puts the notices into their letters, in the caller's transaction. Raises Overtaken."""
    _lock(fetch_id, company)
    for letter_id, ids in _by_letter(found.procedure_ids, letter_of).items():
        for start in range(0, len(ids), ROWS):
            _take(ids[start : start + ROWS], letter_id)


def _by_letter(ids: Sequence[str], letter_of: dict[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for procedure_id in ids:
        grouped.setdefault(letter_of[procedure_id], []).append(procedure_id)
    return grouped


def _take(ids: Sequence[str], letter_id: str) -> None:
    free = Notice.update(letter_id=letter_id).where(Notice.procedure_id.in_(ids), Notice.letter_id.is_null())
    if free.execute() != len(ids):
        raise Overtaken(Overtaken.__doc__)

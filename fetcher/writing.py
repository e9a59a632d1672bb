"""What a reading says, judged against what is known and written, in the caller's transaction."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from common import events as e
from common.frozen import but
from common.inbox import AlreadyHandled
from fetcher import store
from fetcher.erp import Invoice, Unreadable
from fetcher.overdue import (
    Judged,
    Known,
    Terms,
    erased,
    first_sight,
    has_payment,
    judge,
    judge_absent,
    judge_picked,
)
from fetcher.pages import Reading


@dataclass(frozen=True)
class Written:
    """What is to be said, and what this fetch saw for the first time: columns of its run."""

    news: list[e.InvoiceEvent]
    counted: Mapping[str, int]


def write(cvr: str, reading: Reading, at: datetime, terms: Terms | None = None, fetch_id: str | None = None) -> Written:
    """Needs the company's lock. Without `terms` an invoice that nobody knows stays unknown."""
    invoices = {row.number: row for row in reading.rows if isinstance(row, Invoice)}
    unreadable = {row.number or store.NAMELESS: row.reason for row in reading.rows if isinstance(row, Unreadable)}
    before = store.known(cvr, {*invoices, *unreadable, *reading.absent})
    judged = _judge(cvr, reading, invoices, before, at, terms)
    judged |= {number: Judged(but(before[number], absent_on=None), None) for number in unreadable.keys() & before}
    _save(cvr, fetch_id, before, judged, set(reading.absent))
    set_aside = store.set_aside(cvr, fetch_id, unreadable, at)
    withdrawn = {number for number, (_, event) in judged.items() if event is e.InvoiceWithdrawn}
    store.take_back(cvr, (invoices.keys() - unreadable.keys()) | withdrawn)
    news = [
        event(company=cvr, invoice=after.invoice, fetch_id=fetch_id)
        for after, event in judged.values()
        if after and event
    ]
    unseen = {number for number in invoices if number not in before or before[number].fetch_id != fetch_id}
    paid = sum(has_payment(invoices[number]) for number in unseen)
    return Written(news, _counted(unseen, judged, news) | {"set_aside": set_aside, "paid": paid})


def pick(cvr: str, number: str) -> list[e.InvoiceEvent]:
    """What is to be said of an invoice that its company picked. Needs the company's lock.

    Raises AlreadyHandled for one that is asked about already, whoever was first, and for one that is gone.
    """
    before = store.known(cvr, [number]).get(number)
    if before is None or before.asked:
        raise AlreadyHandled("it is asked about already" if before else "nobody knows this invoice any more")
    after, event = judge_picked(before)
    store.save(cvr, [after] if after else [])
    if not after or not event:
        return []
    return [e.InvoiceOverdue(company=cvr, invoice=after.invoice, fetch_id=after.fetch_id, picked=True)]


def erase(cvr: str, customer_number: str) -> int:
    """What a debtor is known by goes from his invoices that are not owed; how many. Needs the company's lock."""
    before = store.known(cvr, store.numbers_of(cvr, customer_number))
    after = [erased(one) for one in before.values()]
    changed = [one for one in after if one != before[one.invoice.number]]
    store.save(cvr, changed)
    return len(changed)


def _judge(
    cvr: str,
    reading: Reading,
    invoices: Mapping[str, Invoice],
    before: Mapping[str, Known],
    at: datetime,
    terms: Terms | None,
) -> dict[str, Judged]:
    quiet = {number for number in invoices.keys() & before if before[number].invoice.status != "open"}
    dunned = store.in_dunning(cvr, quiet)
    gone = [number for number in reading.absent if number in before]
    is_believed = not gone or store.is_believed(cvr)
    judged = {number: judge_absent(before[number], at, is_believed=is_believed) for number in gone}
    for number, seen in invoices.items():
        debtor = reading.debtors.get(seen.customer_number)
        if number in before:
            judged[number] = judge(before[number], seen, debtor, at, in_dunning=number in dunned)
        elif terms:
            judged[number] = first_sight(seen, debtor, at, terms)
    return judged


def _save(
    cvr: str, fetch_id: str | None, before: Mapping[str, Known], judged: Mapping[str, Judged], absent: Collection[str]
) -> None:
    """What is another than before, or was written by older code; of the rest only that this fetch saw it."""
    filed = {number: known for number, known in before.items() if known.is_filed}
    changed = {number: after for number, (after, _) in judged.items() if after and after != filed.get(number)}
    seen_by = {number: fetch_id for number in judged if fetch_id and number not in absent}
    store.save(cvr, [but(after, fetch_id=seen_by.get(number, after.fetch_id)) for number, after in changed.items()])
    if fetch_id:
        store.mark_seen(cvr, fetch_id, (seen_by.keys() & before) - changed.keys())


def _counted(unseen: Collection[str], judged: Mapping[str, Judged], news: list[e.InvoiceEvent]) -> dict[str, int]:
    found = [number for number in unseen if (after := judged.get(number, Judged(None, None)).after) and not after.asked]
    overdue = [event for event in news if isinstance(event, e.InvoiceOverdue)]
    return {"seen": len(unseen), "overdue": len(overdue), "found": len(found)}

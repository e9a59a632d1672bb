"""What the fetcher does when it hears something: look → slow reading, outside any transaction → once → write → say so.

What the ERP can't do now is no surprise: the same page is wished for again, later, for days if need be.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Literal

from common import clock, inbox, outbox
from common import events as e
from common.logs import log
from common.tables import Company
from common.worker import Handles
from fetcher import keys, pages, store, trials, waiting, writing
from fetcher.erp import Erp, KeyRefused, Unavailable, Unreadable
from fetcher.overdue import Terms

CONSUMER, LOOKER = "fetcher", "fetcher.look"
OpenErp = Callable[[str], Erp]  # opens a company's books with its encrypted key
Failure = Literal["key_refused", "no_key", "unavailable", "superseded"]


# --- fetches ---------------------------------------------------------------------------------------------------------
def on_fetch_requested(event: e.FetchRequested, now: datetime, open_erp: OpenErp) -> None:  # noqa: ARG001 - all are bound alike
    with inbox.once(event, CONSUMER):
        company = store.lock_company(event.company)
        store.begin(event, now, pages.START)
        if company.api_key is None:
            _fail(event, company, "no_key", now)
        else:
            outbox.add(e.FetchPageRequested(company=event.company, fetch_id=event.fetch_id, cursor=pages.START))


def on_fetch_page_requested(event: e.FetchPageRequested, now: datetime, open_erp: OpenErp) -> None:
    inbox.refuse_handled(event, CONSUMER)
    run, company = store.running(event.fetch_id), store.company(event.company)
    terms = store.terms(run, company)
    try:
        pages.refuse_endless(run.seen, pages.MOST_ROWS)
        reading = pages.read(_opened(open_erp, company), event.cursor, terms, partial(store.tracked, run))
    except _NoKey:
        _end(event, company, "no_key", now)
    except KeyRefused:
        _end(event, company, "key_refused", now)
    except Unavailable as away:
        _try_again(event, company, away, now)
    else:
        _write(event, reading, terms, now)


def _write(event: e.FetchPageRequested, reading: pages.Reading, terms: Terms, now: datetime) -> None:
    with inbox.once(event, CONSUMER):
        store.lock_company(event.company)
        run = store.running(event.fetch_id)
        written = writing.write(event.company, reading, now, terms, event.fetch_id)
        store.advance(run, reading.then or event.cursor, written.counted)
        outbox.add(*written.news, *_next(event, reading.then, now))


def _next(event: e.FetchPageRequested, cursor: str | None, now: datetime) -> Iterator[e.Event]:
    if cursor:
        yield e.FetchPageRequested(company=event.company, fetch_id=event.fetch_id, cursor=cursor)
        return
    marked_paid = store.marked_paid(event.company)
    run = store.finish(event.fetch_id, now)
    if not run.trusted:
        log.warning("far fewer invoices than before", seen=run.seen)
    if marked_paid and not run.marks_paid:
        log.warning("hardly an invoice is marked as paid", seen=run.seen, paid=run.paid)
        yield e.PaymentsUnmarked(company=event.company, fetch_id=event.fetch_id, seen=run.seen, paid=run.paid)
    if count := store.untold(run):
        yield e.InvoicesSetAside(company=event.company, fetch_id=event.fetch_id, count=count)
    yield e.FetchFinished(
        company=event.company,
        fetch_id=event.fetch_id,
        began_at=run.began_at,
        seen=run.seen,
        overdue=run.overdue,
        found=run.found,
        set_aside=run.set_aside,
        trusted=run.trusted,
    )


def _try_again(event: e.FetchPageRequested, company: Company, away: Unavailable, now: datetime) -> None:
    log.warning("ERP away", reason=str(away), attempt=event.attempt)
    with inbox.once(event, CONSUMER):
        run = store.running(event.fetch_id)
        if store.is_superseded(run):
            _fail(event, company, "superseded", now)
        elif waiting.is_enough(run.began_at, now):
            _fail(event, company, "unavailable", now)
        else:
            store.note(run.fetch_id, reason=str(away))
            again = replace(event, id="", attempt=event.attempt + 1)
            outbox.add(again, at=clock.business_in(waiting.wait(away, event.attempt)))


def _end(event: e.FetchPageRequested, company: Company, reason: Failure, now: datetime) -> None:
    with inbox.once(event, CONSUMER):
        store.running(event.fetch_id)
        _fail(event, company, reason, now)


def _fail(event: e.FetchEvent, company: Company, reason: Failure, now: datetime) -> None:
    store.note(event.fetch_id, state="failed", ended_at=now, reason=reason)
    outbox.add(e.FetchFailed(company=event.company, fetch_id=event.fetch_id, reason=reason, key_no=company.api_key_no))


# --- single looks ----------------------------------------------------------------------------------------------------
CheckFailure = Literal["unavailable", "key_refused", "no_key", "absent", "malformed"]


def on_invoice_check_requested(event: e.InvoiceCheckRequested, now: datetime, open_erp: OpenErp) -> None:
    inbox.refuse_handled(event, LOOKER)
    reading, failure = _look(store.company(event.company), event.invoice_number, open_erp)
    with inbox.once(event, LOOKER):
        store.lock_company(event.company)
        written = writing.write(event.company, reading, now)
        outbox.add(*written.news, _answer(event, failure, now))


def _look(company: Company, number: str, open_erp: OpenErp) -> tuple[pages.Reading, CheckFailure | None]:
    try:
        reading = pages.look(_opened(open_erp, company), number)
    except _NoKey:
        return pages.Reading(), "no_key"
    except KeyRefused:
        return pages.Reading(), "key_refused"
    except Unavailable as away:
        log.warning("ERP away", reason=str(away))
        return pages.Reading(), "unavailable"
    if any(isinstance(row, Unreadable) for row in reading.rows):
        return reading, "malformed"
    return reading, "absent" if reading.absent else None


def _answer(event: e.InvoiceCheckRequested, failure: CheckFailure | None, now: datetime) -> e.LookEvent:
    asked = {"company": event.company, "procedure_id": event.procedure_id, "invoice_number": event.invoice_number}
    known = store.known(event.company, [event.invoice_number]).get(event.invoice_number)
    if failure or known is None:
        return e.InvoiceCheckFailed(**asked, wake_no=event.wake_no, reason=failure or "absent")
    observed_at = max(now, known.invoice.observed_at)
    return e.InvoiceChecked(**asked, wake_no=event.wake_no, invoice=replace(known.invoice, observed_at=observed_at))


# --- the company's word ----------------------------------------------------------------------------------------------
def on_invoice_picked(event: e.InvoicePicked, now: datetime, open_erp: OpenErp) -> None:  # noqa: ARG001 - all are bound alike
    """The ERP is asked later, before a letter leaves; so this waits for nobody."""
    with inbox.once(event, LOOKER):
        store.lock_company(event.company)
        outbox.add(*writing.pick(event.company, event.invoice_number))


class _NoKey(Exception):
    """The company has no key."""


def _opened(open_erp: OpenErp, company: Company) -> Erp:
    if company.api_key is None:
        raise _NoKey
    return open_erp(company.api_key)


# --- keys ------------------------------------------------------------------------------------------------------------
def on_api_key_submitted(event: e.ApiKeySubmitted, now: datetime, open_erp: OpenErp) -> None:
    """Only the newest key counts: of one that was replaced or removed while it was being tried nothing is written."""
    inbox.refuse_handled(event, LOOKER)
    answer = trials.asked(open_erp, keys.candidate(event))
    with inbox.once(event, LOOKER):
        store.lock_company(event.company)
        trials.write(event, keys.candidate(event), answer, now)


# --- personal data ---------------------------------------------------------------------------------------------------
def on_debtor_erased(event: e.DebtorErased, now: datetime, open_erp: OpenErp) -> None:  # noqa: ARG001 - all are bound alike
    with inbox.once(event, CONSUMER):
        store.lock_company(event.company)
        invoices = writing.erase(event.company, event.customer_number)
    log.info("a debtor was erased", company=event.company, invoices=invoices)


HANDLERS = (
    Handles(e.FetchRequested, on_fetch_requested),
    Handles(e.FetchPageRequested, on_fetch_page_requested),
    Handles(e.DebtorErased, on_debtor_erased),
)
LOOK_HANDLERS = (
    Handles(e.InvoiceCheckRequested, on_invoice_check_requested),
    Handles(e.InvoicePicked, on_invoice_picked),
    Handles(e.ApiKeySubmitted, on_api_key_submitted),
)

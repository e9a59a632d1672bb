"""The fetcher alone, page after page in one thread, beside downloading and parsing the same pages."""

import json
import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import urlencode

import requests

from common import bulk, clock, db, fetches
from common import events as e
from common.cloudevents import from_wire
from common.tables import KnownInvoice, Outbox
from fetcher.app import opener
from fetcher.handlers import on_fetch_page_requested, on_fetch_requested
from fetcher.ordrestyring import BATCH, PAGESIZE
from tests.bench.doors import start_erp
from tests.bench.figures import Figure, medians
from tests.bench.place import Place, Room, add_companies

N = 10_000


@dataclass(frozen=True)
class Seconds:
    """What each took. `rows` is writing down, page by page, what the fetch wrote, and nothing else."""

    ours: float
    again: float
    bare: float
    rows: float


def run(place: Place) -> Iterator[Figure]:
    n = place.options.n or N
    took = Seconds(*medians(lambda: astuple(_measured(place, n)), place.options.repeat))
    what, bare = "a page of 100: downloaded, parsed, rows and events written", "requests and json"
    yield _figure(what, n, took.ours, f"{bare}, nothing written", took.bare, target="≥ 70 %")
    yield _figure(what, n, took.ours, f"{bare}, the same rows inserted", took.bare + took.rows)
    what = "the same the day after, when nothing is new"
    yield _figure(what, n, took.again, f"{bare}, nothing written", took.bare)


def _figure(what: str, n: int, ours: float, against: str, bare: float, target: str = "") -> Figure:
    met = bare / ours >= 0.7 if target else None
    rates = {"ours": n / ours, "bare": n / bare, "unit": "invoices/s"}
    return Figure(row="fetch", what=what, n=n, against=against, target=target, met=met, **rates)  # type: ignore[arg-type]


def _measured(place: Place, n: int) -> Seconds:
    with place.fresh() as room, room.crew() as crew:
        (cvr,) = add_companies(room.settings, 1, n)
        start_erp(crew, room)
        bare = download(room, n)
        ours = _fetch(room, cvr, "first")
        with db.connection():
            assert KnownInvoice.select().count() == n
            assert Outbox.select().where(Outbox.type == e.InvoiceOverdue.type).count() == n
        again = _fetch(room, cvr, "again")
        with db.connection():
            assert Outbox.select().where(Outbox.type == e.InvoiceOverdue.type).count() == n
        return Seconds(ours, again, bare, _inserted_anew())


def _inserted_anew() -> float:
    """The same invoices and events into empty tables, a transaction a page."""
    with db.connection():
        invoices: Any = list(KnownInvoice.select().dicts())
        events: Any = list(Outbox.select().where(Outbox.type == e.InvoiceOverdue.type).dicts())
        for event in events:
            del event["id"]
        db.handle.execute_sql("TRUNCATE known_invoice, outbox")
    began = time.perf_counter()
    for start in range(0, len(invoices), PAGESIZE):
        with db.transaction():
            bulk.insert(KnownInvoice, invoices[start : start + PAGESIZE])
            bulk.insert(Outbox, events[start : start + PAGESIZE])
    return time.perf_counter() - began


def _fetch(room: Room, cvr: str, occasion: str) -> float:
    """Only the handler's time: the wish for the next page is read from the outbox in between."""
    open_erp, seconds = opener(room.settings), 0.0
    fetches.request([cvr], clock.business_now(), occasion)
    on_fetch_requested(_newest(e.FetchRequested), clock.business_now(), open_erp)
    page, done = _newest(e.FetchPageRequested), ""
    while page.id != done:
        began = time.perf_counter()
        on_fetch_page_requested(page, clock.business_now(), open_erp)
        seconds += time.perf_counter() - began
        page, done = _newest(e.FetchPageRequested), page.id
    return seconds


def _newest(kind: type[e.Event]) -> Any:
    with db.connection():
        return from_wire(Outbox.select().where(Outbox.type == kind.type).order_by(Outbox.id.desc()).first().body)


def download(room: Room, n: int) -> float:
    """Each page and its debtors."""
    session, url = requests.Session(), room.settings.erp_url
    session.trust_env, session.auth = False, (f"bench-{n}", "x")
    began, beyond = time.perf_counter(), 0
    while True:
        question = {"invoice_number-gt": beyond, "sortby": "invoice_number", "pagesize": PAGESIZE}
        rows = json.loads(session.get(f"{url}/debtor-invoices?{urlencode(question)}", timeout=30).content)
        if not rows:
            return time.perf_counter() - began
        numbers = [row["customer_number"] for row in rows]
        for start in range(0, len(numbers), BATCH):
            asked = {"customer_number": "|".join(numbers[start : start + BATCH])}
            json.loads(session.get(f"{url}/debtors?{urlencode(asked)}", timeout=30).content)
        beyond += len(rows)

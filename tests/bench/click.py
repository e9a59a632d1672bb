"""A company's answer, POSTed to the real portal, beside an empty endpoint of the same web framework."""

import http.client
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from statistics import median, quantiles
from urllib.parse import urlencode, urlsplit

import msgspec

from common import clock, db
from common import events as e
from common.links import AnswerLink
from common.tables import Answer, KnownInvoice, Outbox, Procedure
from decisions.links import PageLinks
from tests.bench.crew import cpu_seconds, until
from tests.bench.doors import is_listening
from tests.bench.figures import Figure
from tests.bench.place import BATCH, Place, Room, add_companies
from tests.contracts.samples import INVOICE

N = 2000
VISITORS = 4  # at the same time
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Request = tuple[str, str]  # path and body


def run(place: Place) -> Iterator[Figure]:
    n = place.options.n or N
    ours, ours_took, cpu = _portal(place, n)
    bare, bare_took = _empty(place, n)
    yield Figure(
        row="click",
        what=f"a decision by POST, {VISITORS} visitors at a time",
        n=n,
        ours=n / ours,
        bare=n / bare,
        unit="answers/s",
        against="an empty Starlette endpoint",
        detail={
            "CPU ms an answer": {"ours": cpu / n * 1000},
            "p50 ms": {"ours": median(ours_took) * 1000, "bare": median(bare_took) * 1000},
            "p99 ms": {"ours": _p99(ours_took) * 1000, "bare": _p99(bare_took) * 1000},
        },
    )


def _p99(took: Sequence[float]) -> float:
    return quantiles(took, n=100)[98]


def _portal(place: Place, n: int) -> tuple[float, Sequence[float], float]:
    with place.fresh() as room, room.crew() as crew:
        requests = _asked(room, n)
        crew.module("portal", "decisions")
        crew.wait_ready("portal")
        until(lambda: is_listening(room.portal), "the portal listening", 20)
        before = cpu_seconds(crew.running["portal"].pid)
        seconds, took = visit(room.portal, requests, 303)
        cpu = cpu_seconds(crew.running["portal"].pid) - before
        with db.connection():
            assert Answer.select().count() == n
            assert Outbox.select().where(Outbox.type == e.DecisionMade.type).count() == n
    return seconds, took, cpu


def _empty(place: Place, n: int) -> tuple[float, Sequence[float]]:
    with place.fresh() as room, room.crew() as crew:
        crew.module("endpoint", "tests.bench.endpoint", room.portal)
        until(lambda: is_listening(room.portal), "the endpoint listening", 20)
        return visit(room.portal, [("/", urlencode({"choice": "start", "form": "x" * 100}))] * n, 204)


def visit(bind: str, requests: Sequence[Request], expected: int) -> tuple[float, Sequence[float]]:
    """Every visitor keeps one connection. Returns the seconds for all, and for each."""
    began = time.perf_counter()
    with ThreadPoolExecutor(VISITORS) as visitors:
        shares = [requests[which::VISITORS] for which in range(VISITORS)]
        took = list(visitors.map(lambda share: _visit(bind, share, expected), shares))
    return time.perf_counter() - began, [seconds for share in took for seconds in share]


def _visit(bind: str, requests: Sequence[Request], expected: int) -> list[float]:
    connection, took = http.client.HTTPConnection(bind, timeout=30), []
    for path, body in requests:
        began = time.perf_counter()
        connection.request("POST", path, body, FORM)
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        assert answer.status == expected, answer.status
    connection.close()
    return took


# --- what is answered ------------------------------------------------------------------------------------------------
def _asked(room: Room, n: int) -> list[Request]:
    """Procedures that await an answer, and what a browser would send for each."""
    (cvr,), links = add_companies(room.settings, 1, n), PageLinks(room.settings)
    with db.transaction():
        for start in range(1, n + 1, BATCH):
            numbers = range(start, min(start + BATCH, n + 1))
            KnownInvoice.insert_many([_known(cvr, number) for number in numbers]).execute()
            Procedure.insert_many([_procedure(cvr, number) for number in numbers]).execute()
    return [_form(links, AnswerLink(cvr, f"p-{number}", "start")) for number in range(1, n + 1)]


def _form(links: PageLinks, link: AnswerLink) -> Request:
    path = urlsplit(links.answer(link)).path
    return path, urlencode({"choice": "start", "form": links.form(path.rpartition("/")[2])})


def _known(cvr: str, number: int) -> dict[str, object]:
    state = msgspec.to_builtins(INVOICE) | {"number": str(number)}
    row = {"company": cvr, "number": str(number), "sequence": 1, "asked": True, "tracked": True}
    return row | {"outstanding": INVOICE.outstanding, "state": state}


def _procedure(cvr: str, number: int) -> dict[str, object]:
    now = clock.business_now()
    zeros = dict.fromkeys(("answer_no", "fee_answer_no", "step", "attempt", "unreachable_step"), 0)
    return zeros | {
        "id": f"p-{number}",
        "company": cvr,
        "invoice_number": str(number),
        "round": 1,
        "version": 2,
        "stage": "awaiting_decision",
        "reason": "",
        "sequence": 1,
        "customer_number": INVOICE.debtor.customer_number,
        "amount": INVOICE.amount,
        "paid": INVOICE.paid,
        "due_on": INVOICE.due_on,
        "policy": {"fee": "100.00", "reminders": 3, "silence": "start", "days_between": 10, "start_days": 3},
        "opened_at": now - timedelta(days=1),
        "pending": False,
        "wake_no": 2,
    }

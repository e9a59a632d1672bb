"""Ordrestyring's REST v2 as an ERP: the only importer of requests.

Facts with sources: facts/ordrestyring-api.md. The key is the user name of HTTP Basic; it stands in no address, no log
and no exception. What comes back is trusted with nothing: not its size, its pace, its shape or its order.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
import requests
from urllib3.exceptions import HTTPError

from common import clock
from common.calendar import COPENHAGEN
from common.events import Debtor
from common.logs import log
from fetcher import reading
from fetcher.erp import ORDINARY, KeyRefused, Row, Unavailable

CONNECT, READ = 5.0, 30.0  # seconds: for a connection, for the next bytes
CALL = 60.0  # seconds for one whole answer
LARGEST = 20_000_000  # bytes of one answer, unpacked
CHUNK = 65536  # bytes
PAGESIZE = 100  # clients use up to 100; no maximum is documented
BATCH = 50  # numbers in one address
LONGEST_WAIT = 3600.0  # seconds; more than this is not waited for, whatever Retry-After says

_thread = threading.local()
_json = msgspec.json.Decoder(float_hook=Decimal)


class Ordrestyring:
    """The books that one key opens, for `patience` seconds from now, however many calls that is."""

    def __init__(self, url: str, key: str, patience: float) -> None:
        self._url = url.rstrip("/")
        self._auth: Any = (key.encode(), b"x")  # bytes: text would have to be Latin-1
        self._until = time.monotonic() + patience

    def page_after(self, due_from: date | None, due_until: date, number: str) -> list[Row]:
        return self._listed(due_from, due_until, {"invoice_number-gt": number})

    def page(self, due_from: date | None, due_until: date, page: int) -> list[Row]:
        return self._listed(due_from, due_until, {"page": str(page)})

    def invoices(self, numbers: Sequence[str]) -> list[Row]:
        easy = [number for number in numbers if number.isdigit()]  # anything else in a number's column may be a 500
        return list(self._each("debtor-invoices", "invoice_number", easy, reading.invoice, lambda row: row.number))

    def invoice(self, number: str) -> Row | None:
        row: Row | None = self._item("debtor-invoices", number, reading.invoice)
        if row is not None and row.number != number:
            raise Unavailable(f"asked for one invoice, it answered with {row.number or 'something'!r}")
        return row

    def debtors(self, customer_numbers: Sequence[str]) -> dict[str, Debtor]:
        easy = [number for number in customer_numbers if "|" not in number]
        found = list(self._each("debtors", "customer_number", easy, reading.debtor, lambda row: row.customer_number))
        found += [self._item("debtors", number, reading.debtor) for number in customer_numbers if "|" in number]
        return {row.customer_number: row for row in found if row is not None}

    # --- questions ---------------------------------------------------------------------------------------------------
    def _listed(self, due_from: date | None, due_until: date, where: dict[str, str]) -> list[Row]:
        question = {
            "type": ORDINARY,
            "payment_date-min": str(_midnight(due_from)) if due_from else "1",
            "payment_date-max": str(_midnight(due_until + timedelta(days=1)) - 1),
            "sortby": "invoice_number",
            "pagesize": str(PAGESIZE),
        }
        return [reading.invoice(row) for row in self._list("debtor-invoices", question | where)]

    def _each(
        self, path: str, column: str, wanted: Sequence[str], read: Callable[[object], Any], name: Callable[[Any], str]
    ) -> Iterator[Any]:
        """Rows of these numbers, in batches; a batch is asked for again while a server that caps pages gives more."""
        for start in range(0, len(wanted), BATCH):
            missing = dict.fromkeys(wanted[start : start + BATCH])
            while missing:
                rows = [read(row) for row in self._list(path, {column: "|".join(missing), "pagesize": str(PAGESIZE)})]
                found = {name(row): row for row in rows if row is not None and name(row) in missing}
                yield from found.values()
                missing = {number: None for number in missing if number not in found} if found else {}

    def _list(self, path: str, question: Mapping[str, str]) -> list[object]:
        content = self._content(self._answer(f"/{path}", question))
        if not isinstance(content, list):
            raise Unavailable(f"/{path} answered with no list")
        return content

    def _item(self, path: str, number: str, read: Callable[[object], Any]) -> Any:
        answer = self._answer(f"/{path}/{quote(number, safe='')}", {}, HTTPStatus.NOT_FOUND)
        return None if answer is None else read(self._content(answer))

    # --- the wire ----------------------------------------------------------------------------------------------------
    def _answer(self, path: str, question: Mapping[str, str], absent: int | None = None) -> bytes | None:
        """The body; None for the status that means absent. Raises KeyRefused or Unavailable."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise Unavailable("it is too slow to be asked all of this")
        try:
            with self._get(path, question, left) as response:
                if response.status_code == absent:
                    return None
                _refuse_other_than_ok(path, response)
                return _body(response, time.monotonic() + min(CALL, left))
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unavailable(f"{path.split('/')[1]}: {type(error).__name__}") from None  # its text may say too much

    def _get(self, path: str, question: Mapping[str, str], left: float) -> requests.Response:
        return _session().get(
            self._url + path,
            params=question,
            auth=self._auth,
            timeout=(min(CONNECT, left), min(READ, left)),
            allow_redirects=False,
            stream=True,
        )

    @staticmethod
    def _content(body: bytes | None) -> object:
        try:
            content = _json.decode(body or b"")
        except (msgspec.DecodeError, RecursionError, ArithmeticError) as error:
            raise Unavailable(f"it answered with no JSON: {error}") from None
        return content["data"] if isinstance(content, dict) and "data" in content else content


def _session() -> requests.Session:
    """Each thread has one of its own, whose connections are kept."""
    if not hasattr(_thread, "session"):
        _thread.session = requests.Session()
        _thread.session.trust_env = False  # only settings.py reads the environment
        _thread.session.headers.update(
            {"User-Agent": "Rykkerportalen", "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
    return _thread.session  # type: ignore[no-any-return]


def _refuse_other_than_ok(path: str, response: requests.Response) -> None:
    status = response.status_code
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise KeyRefused(f"the ERP answered {status}")
    if status != HTTPStatus.OK:
        log.warning("ERP refused", path=path, status=status)
        raise Unavailable(f"it answered {status}", _retry_after(response.headers.get("Retry-After", "")))


def _body(response: requests.Response, until: float) -> bytes:
    """Piece by piece: neither a slow drip nor a bomb of compression gets further than its limit."""
    body = bytearray()
    while piece := response.raw.read1(CHUNK, decode_content=True):
        body += piece
        if len(body) > LARGEST:
            raise Unavailable(f"its answer is larger than {LARGEST} bytes")
        if time.monotonic() > until:
            raise Unavailable("its answer is too slow")
    return bytes(body)


def _retry_after(text: str) -> float | None:
    """Seconds, from a number or an HTTP date; at most an hour."""
    try:
        seconds = float(text) if text.isdigit() else (_instant(text) - clock.real_now()).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _instant(text: str) -> datetime:
    at = parsedate_to_datetime(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _midnight(day: date) -> int:
    """Unix seconds of local midnight: how Ordrestyring writes a date."""
    return int(datetime.combine(day, time_of_day(), COPENHAGEN).timestamp())

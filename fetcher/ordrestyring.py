"""Ordrestyring's REST v2 as an ERP. Facts with sources: facts/ordrestyring-api.md.

The key is the user name of HTTP Basic; it stands in no address, no log and no exception.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from common.calendar import COPENHAGEN
from common.events import Debtor
from fetcher import reading, wire
from fetcher.erp import ORDINARY, Owner, Row, Unavailable, Unreadable, is_whole
from fetcher.owner import owner

PAGESIZE = 100  # clients use up to 100; no maximum is documented
BATCH = 50  # numbers in one address
LONGEST_INTEGER = 30  # digits; more are no number of anything


class Ordrestyring:
    """The books that one key opens, for `patience` seconds from now, however many calls that is."""

    def __init__(self, url: str, key: str, patience: float) -> None:
        self._url, self._key = url.rstrip("/"), key
        self._until = time.monotonic() + patience

    def page_after(self, due_from: date | None, due_until: date, number: str) -> list[Row]:
        return self._listed(due_from, due_until, {"invoice_number-gt": number})

    def page(self, due_from: date | None, due_until: date, page: int) -> list[Row]:
        return self._listed(due_from, due_until, {"page": str(page)})

    def invoices(self, numbers: Sequence[str]) -> list[Row]:
        easy = [number for number in numbers if is_whole(number)]  # anything else in a number's column may be a 500
        return list(self._each("debtor-invoices", "invoice_number", easy, reading.invoice, lambda row: row.number))

    def invoice(self, number: str) -> Row | None:
        row: Row | None = self._item("debtor-invoices", number, reading.invoice)
        if row is not None and row.number != number:
            return Unreadable(number, f"asked for by itself, the ERP answered with {row.number or 'something'!r}")
        return row

    def debtors(self, customer_numbers: Sequence[str]) -> dict[str, Debtor | Unreadable]:
        easy = [number for number in customer_numbers if "|" not in number]
        found = list(self._each("debtors", "customer_number", easy, reading.debtor, _customer_number))
        found += [self._item("debtors", number, reading.debtor) for number in customer_numbers if "|" in number]
        return {_customer_number(row): row for row in found if row is not None}

    def whose(self) -> Owner:
        """The root says it, in fields that are documented nowhere. Where we find nobody in its answer (which may be
        anybody's page), the list that fetches read shows whether the key opens anything.
        """
        answer = self._answer("/", {}, HTTPStatus.NOT_FOUND)
        try:
            found = owner(self._content(answer))
        except Unavailable:
            found = Owner()
        if found == Owner():
            self._list("debtor-invoices", {"pagesize": "1"})
        return Owner(cvr=found.cvr) if self._key.lower() in found.name.lower() else found

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
                found = {name(row) for row in rows if row is not None and name(row) in missing}
                yield from (row for row in rows if row is not None and name(row) in missing)
                missing = {number: None for number in missing if number not in found} if found else {}

    def _list(self, path: str, question: Mapping[str, str]) -> list[object]:
        content = self._content(self._answer(f"/{path}", question))
        if not isinstance(content, list):
            raise Unavailable(f"/{path} answered with no list")
        return content

    def _item(self, path: str, number: str, read: Callable[[object], Any]) -> Any:
        answer = self._answer(f"/{path}/{quote(number, safe='')}", {}, HTTPStatus.NOT_FOUND)
        return None if answer is None else read(self._content(answer))

    def _answer(self, path: str, question: Mapping[str, str], absent: int | None = None) -> bytes | None:
        return wire.ask(self._url + path, question, self._key, self._until, absent)

    @staticmethod
    def _content(body: bytes | None) -> object:
        """A text with a broken letter, or a number beyond all measure, is the fault of one row, not of all."""
        try:
            content = json.loads(
                (body or b"").decode("utf-8-sig", "replace"),
                parse_float=_decimal,
                parse_int=_integer,
                parse_constant=Decimal,
            )
        except (ValueError, RecursionError) as error:
            raise Unavailable(f"it answered with no JSON: {type(error).__name__} {error}") from None
        return content["data"] if isinstance(content, dict) and "data" in content else content


def _customer_number(row: Debtor | Unreadable) -> str:
    return row.number if isinstance(row, Unreadable) else row.customer_number


def _decimal(text: str) -> Decimal | str:
    """Text for what no decimal can hold, such as 1e9999999999999999999."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_INTEGER else digits


def _midnight(day: date) -> int:
    """Unix seconds of local midnight: how Ordrestyring writes a date."""
    return int(datetime.combine(day, time_of_day(), COPENHAGEN).timestamp())

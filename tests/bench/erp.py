"""An ERP that costs next to nothing: `python -m tests.bench.erp HOST:PORT`. Rows are cut from a template.

The key `bench-N` opens the books of a company with N unpaid invoices, numbered from 1, each with a debtor of its own.
"""

import base64
import sys
from datetime import timedelta
from functools import lru_cache
from urllib.parse import parse_qs

import msgspec
import uvicorn

from common import clock
from deploy.sandbox.fields import DEBTORS, INVOICES, stamp
from fetcher.ordrestyring import PAGESIZE

OVERDUE_FOR, TERM = timedelta(days=14), timedelta(days=14)


def invoice_row() -> bytes:
    """All columns of the real thing; each %(n)d is the number."""
    due_on = clock.today() - OVERDUE_FOR
    values: dict[str, object] = dict.fromkeys(INVOICES.columns)
    values |= {
        "type": 1,
        "customer_number": "K-{n}",
        "cust_name": "Grethe Sørensen",
        "cust_address": "Vestergade 14, 2. tv.",
        "cust_postalcode": "8000",
        "cust_city": "Aarhus C",
        "text": "Udskiftning af blandingsbatteri i køkken, inkl. materialer og kørsel",
        "date": stamp(due_on - TERM),
        "payment_date": stamp(due_on),
        "amount": 1000,
        "vat": 250,
        "amount_vat": 1250,
        "fi_number": "+71<000000000104216+12345678<",
        "status": 2,
        "invoice_number": "{n}",
    }
    return _template(values)


def debtor_row() -> bytes:
    values: dict[str, object] = dict.fromkeys(DEBTORS.columns)
    values |= {
        "customer_number": "K-{n}",
        "customer_name": "Grethe Sørensen",
        "customer_address": "Vestergade 14, 2. tv.",
        "customer_postalcode": "8000",
        "customer_city": "Aarhus C",
        "customer_email": "kunde-{n}@holm.example",
        "customer_telephone": "86 12 34 56",
    }
    return _template(values)


def _template(values: dict[str, object]) -> bytes:
    row = msgspec.json.encode(values).replace(b"%", b"%%")
    return row.replace(b'"{n}"', b"%(n)d").replace(b"{n}", b"%(n)d")


def _rows(template: bytes, numbers: list[int]) -> bytes:
    return b"[" + b",".join(template % {b"n": n} for n in numbers) + b"]"


class App:
    """The two lists and the single invoice, as far as the fetcher asks for them."""

    def __init__(self) -> None:
        self.invoice, self.debtor = invoice_row(), debtor_row()
        self.page = lru_cache(256)(self._page)

    def _page(self, beyond: int, invoices: int) -> bytes:
        return _rows(self.invoice, list(range(beyond + 1, min(beyond + PAGESIZE, invoices) + 1)))

    def answer(self, path: str, query: bytes, key: str) -> bytes:
        question = {name: values[0] for name, values in parse_qs(query.decode()).items()}
        if path == "/debtors":
            return _rows(self.debtor, [int(one.removeprefix("K-")) for one in question["customer_number"].split("|")])
        if path == "/debtor-invoices" and "invoice_number" in question:
            return _rows(self.invoice, [int(one) for one in question["invoice_number"].split("|")])
        if path == "/debtor-invoices":
            return self.page(int(question["invoice_number-gt"]), int(key.removeprefix("bench-")))
        return b"[]"

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        authorization = dict(scope["headers"]).get(b"authorization", b"Basic ")
        key = base64.b64decode(authorization.partition(b" ")[2]).decode().partition(":")[0]
        body = self.answer(scope["path"], scope["query_string"], key)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def main(bind: str) -> None:
    host, _, port = bind.partition(":")
    uvicorn.run(App(), host=host, port=int(port), log_level="warning", lifespan="off", ws="none", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1])

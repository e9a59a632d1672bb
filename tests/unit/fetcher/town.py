"""A company, its fake ERP, and what the fetcher heard and said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from common import cloudevents, db
from common import events as e
from common.tables import Company, FetchRun, KnownInvoice, Outbox, Procedure
from fetcher import handlers
from fetcher.erp import Erp
from tests.unit.fetcher.fake_erp import FakeErp

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)  # 8 o'clock in Copenhagen
CVR = "12345674"


def day(number: int) -> datetime:
    """So many days after the tests' Monday."""
    return MONDAY + timedelta(days=number)


class Town:
    """One company on the database of the test."""

    def __init__(self, **company: Any) -> None:
        self.erp = FakeErp()
        self.keys: list[str] = []
        row = {"cvr": CVR, "name": "Jensen VVS", "email": "j@vvs.example", "api_key": "locked", "api_key_no": 7}
        with db.transaction():
            Company.insert(row | {"created_at": MONDAY} | company).execute()

    def open(self, locked_key: str) -> Erp:
        self.keys.append(locked_key)
        return self.erp

    def hear(self, event: e.Event, now: datetime = MONDAY) -> None:
        name = f"on_{event.type.replace('.', '_')}"
        getattr(handlers, name)(event.identified("tests"), now=now, open_erp=self.open)

    def begin(self, fetch_id: str = "f1", now: datetime = MONDAY) -> None:
        wish = e.FetchRequested(company=CVR, fetch_id=fetch_id, business_date=now.date(), occasion="daily")
        self.hear(wish, now)

    def fetch(self, fetch_id: str = "f1", now: datetime = MONDAY) -> e.Event:
        """A whole fetch; returns how it ended."""
        self.begin(fetch_id, now)
        while isinstance(last := self.said()[-1], e.FetchPageRequested):
            self.hear(last, now)
        return last

    def look(self, number: str = "1001", now: datetime = MONDAY, wake_no: int = 1) -> e.Event:
        asked = {"procedure_id": "p1", "invoice_number": number, "wake_no": wake_no}
        self.hear(e.InvoiceCheckRequested(company=CVR, **asked), now)  # type: ignore[arg-type]
        return self.said()[-1]

    def said(self, kind: type[e.Event] = e.Event) -> list[e.Event]:
        with db.connection():
            events = [cloudevents.from_wire(row.body) for row in Outbox.select().order_by(Outbox.id)]
        return [event for event in events if isinstance(event, kind)]

    def news(self) -> list[str]:
        """Facts about invoices, as type, number and sequence."""
        facts = [event for event in self.said() if isinstance(event, e.InvoiceEvent)]
        return [f"{fact.type} {fact.invoice.number} {fact.invoice.sequence}" for fact in facts]

    def known(self, number: str = "1001") -> KnownInvoice | None:
        with db.connection():
            return KnownInvoice.get_or_none(company=CVR, number=number)

    def state(self, number: str = "1001") -> e.Invoice:
        row = self.known(number)
        assert row
        return msgspec.convert(row.state, e.Invoice)

    def run(self, fetch_id: str = "f1") -> FetchRun:
        with db.connection():
            return FetchRun.get_by_id(fetch_id)

    def procedure(self, stage: str, number: str = "1001", round_: int = 1) -> None:
        row = {"id": f"p-{number}-{round_}", "company": CVR, "invoice_number": number, "round": round_, "stage": stage}
        numbers = ("version", "sequence", "amount", "paid", "answer_no", "fee_answer_no", "step", "attempt", "wake_no")
        row |= dict.fromkeys((*numbers, "unreachable_step"), 1)
        row |= {"reason": "", "customer_number": "BF-1", "due_on": MONDAY.date(), "policy": {}, "pending": False}
        with db.transaction():
            Procedure.insert(row | {"opened_at": MONDAY}).execute()

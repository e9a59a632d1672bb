"""Pages and looks that run at the same moment, on both databases: nothing twice, no lock that never ends."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import KnownInvoice
from fetcher.erp import Row
from tests.unit.fetcher.fake_erp import FakeErp, bill
from tests.unit.fetcher.town import CVR, MONDAY, Town

pytestmark = pytest.mark.fast
NUMBERS = [str(number) for number in range(1000, 1060)]


class MeetingErp(FakeErp):
    """Answers when all who ask are there, so that what they do with it happens at once."""

    barrier: Barrier | None = None

    def _met(self, rows: Any) -> Any:
        if self.barrier:
            self.barrier.wait(timeout=10)
        return rows

    def page_after(self, *where: Any) -> list[Row]:
        return self._met(super().page_after(*where))  # type: ignore[no-any-return]

    def invoice(self, number: str) -> Row | None:
        return self._met(super().invoice(number))  # type: ignore[no-any-return]


@pytest.fixture
def town(database: str) -> Town:
    town = Town()
    town.erp = MeetingErp()
    town.erp.has(*(bill(number) for number in NUMBERS))
    return town


def at_once(town: Town, events: Sequence[tuple[e.Event, timedelta]]) -> list[str]:
    """Everybody hears at the same moment; what became of each."""
    assert isinstance(town.erp, MeetingErp)
    town.erp.barrier = Barrier(len(events))

    def hear(event: e.Event, after: timedelta) -> str:
        try:
            town.hear(event, MONDAY + after)
        except AlreadyHandled:
            return "already handled"
        return "handled"

    with ThreadPoolExecutor(len(events)) as pool:
        return [done.result() for done in [pool.submit(hear, *event) for event in events]]


def page(fetch_id: str) -> e.FetchPageRequested:
    return e.FetchPageRequested(company=CVR, fetch_id=fetch_id, cursor="after:0")


def look(number: str, wake_no: int) -> e.InvoiceCheckRequested:
    return e.InvoiceCheckRequested(company=CVR, procedure_id=number, invoice_number=number, wake_no=wake_no)


def test_the_same_page_four_times_at_once_is_written_once(town: Town) -> None:
    town.begin("f1")

    done = at_once(town, [(page("f1"), timedelta(0))] * 4)

    assert sorted(done) == ["already handled"] * 3 + ["handled"]
    assert town.news() == [f"invoice.overdue {number} 1" for number in NUMBERS]
    assert town.run("f1").seen == len(NUMBERS)


def test_pages_of_six_fetches_at_once_say_each_thing_once(town: Town) -> None:
    fetches = [f"f{place}" for place in range(6)]
    for place, fetch_id in enumerate(fetches):
        town.begin(fetch_id, MONDAY + timedelta(seconds=place))

    done = at_once(town, [(page(fetch_id), timedelta(0)) for fetch_id in fetches])

    assert done == ["handled"] * 6
    assert sorted(town.news()) == [f"invoice.overdue {number} 1" for number in NUMBERS]
    assert [town.run(fetch_id).overdue for fetch_id in fetches].count(len(NUMBERS)) == 1
    with db.connection():
        assert KnownInvoice.select().count() == len(NUMBERS)


def test_looks_and_a_page_at_once_number_their_news_one_by_one(town: Town) -> None:
    town.fetch("f1")
    for number in NUMBERS:
        town.erp.change(number, paid=Decimal("250.00"))
    town.begin("f2", MONDAY + timedelta(days=1))
    later = timedelta(days=1)

    done = at_once(
        town, [(page("f2"), later), *((look(number, 1), later) for number in NUMBERS[:3]), (look(NUMBERS[0], 2), later)]
    )

    assert done == ["handled"] * 5
    assert sorted(town.news()[len(NUMBERS) :]) == [f"invoice.partly_paid {number} 2" for number in NUMBERS]
    assert len(town.said(e.InvoiceChecked)) == 4

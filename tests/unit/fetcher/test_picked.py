"""An invoice that was found too old to ask about, and that its company picks."""

from datetime import date
from decimal import Decimal

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Inbox, KnownInvoice
from tests.unit.fetcher.fake_erp import bill
from tests.unit.fetcher.town import CVR, Town, day

OLD = date(2024, 3, 1)


def picked(number: str = "1001", pick_no: int = 1) -> e.InvoicePicked:
    return e.InvoicePicked(company=CVR, invoice_number=number, pick_no=pick_no, picked_at=day(1))


@pytest.fixture
def found(town: Town) -> Town:
    """The first fetch has found an old invoice, and asked nobody about it."""
    town.erp.has(bill("1001", issued_on=date(2024, 2, 1), due_on=OLD))
    town.fetch()
    return town


def test_what_was_picked_is_said_to_be_overdue_once_and_followed_from_then_on(found: Town) -> None:
    found.hear(picked(), day(1))

    (overdue,) = found.said(e.InvoiceOverdue)
    assert isinstance(overdue, e.InvoiceOverdue)
    assert (overdue.picked, overdue.invoice.sequence, overdue.invoice.due_on) == (True, 1, OLD)
    row = found.known()
    assert row
    assert (row.asked, row.tracked, row.sequence) == (True, True, 1)


def test_a_pick_that_is_heard_again_or_made_twice_says_nothing_more(found: Town) -> None:
    found.hear(picked(), day(1))
    with db.transaction():
        Inbox.delete().execute()

    for again in (picked(), picked(pick_no=2)):
        with pytest.raises(AlreadyHandled, match="asked about already"):
            found.hear(again, day(1))

    assert found.news() == ["invoice.overdue 1001 1"]


def test_what_comes_after_a_pick_has_the_next_sequence(found: Town) -> None:
    found.hear(picked(), day(1))
    found.erp.change("1001", paid=Decimal("250.00"))

    found.fetch("f2", day(2))

    assert found.news() == ["invoice.overdue 1001 1", "invoice.partly_paid 1001 2"]


def test_one_that_was_paid_meanwhile_is_said_to_be_nothing_and_followed(found: Town) -> None:
    found.erp.change("1001", paid=Decimal("1250.00"))
    found.look(now=day(1))  # it is read by itself
    before = len(found.said())

    found.hear(picked(), day(1))

    row = found.known()
    assert row
    assert (row.asked, row.tracked, row.outstanding) == (True, True, Decimal("0.00"))
    assert len(found.said()) == before
    assert found.news() == []


def test_one_whose_payment_is_taken_back_after_that_is_reopened_and_asked_about(found: Town) -> None:
    found.erp.change("1001", paid=Decimal("1250.00"))
    found.look(now=day(1))
    found.hear(picked(), day(1))
    found.erp.change("1001", paid=Decimal("0.00"))

    found.fetch("f2", day(2))

    assert found.news() == ["invoice.reopened 1001 1"]


def test_an_invoice_that_is_asked_about_anyway_is_not_said_again(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()

    with pytest.raises(AlreadyHandled, match="asked about already"):
        town.hear(picked(), day(1))

    assert town.news() == ["invoice.overdue 1001 1"]


def test_an_invoice_that_nobody_knows_any_more_is_passed_over(found: Town) -> None:
    with db.transaction():
        KnownInvoice.delete().execute()

    with pytest.raises(AlreadyHandled, match="nobody knows"):
        found.hear(picked(), day(1))
    assert found.news() == []


def test_a_pick_asks_the_erp_nothing(found: Town) -> None:
    calls = len(found.erp.calls)

    found.hear(picked(), day(1))

    assert len(found.erp.calls) == calls

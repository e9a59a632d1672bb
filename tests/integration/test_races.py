"""Two at once, on both databases: one wins, the other notices, nothing is done twice."""

import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from peewee import IntegrityError

from common import clock, db, fetches, outbox
from common import events as e
from common.inbox import AlreadyHandled, once
from common.ledger import owed
from common.secrets import Vault
from common.tables import Company, Fetch, LedgerLine, Outbox, Procedure
from decisions import companies
from dunning import handlers, opening, surroundings
from dunning import store as store_of_dunning
from scheduler import store
from tests.integration.racing import at_once
from tests.unit.dunning.procedures import LAW, MONDAY, POLICY, invoice, overdue, paid_invoice

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.fast]
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


def company() -> None:
    with db.transaction():
        Company.create(cvr="12345674", name="a", email="a@b.example", api_key="k", created_at=NOW)


def count(table: Any) -> int:
    with db.connection():
        return int(table.select().count())


def test_the_same_event_in_two_threads_is_handled_once() -> None:
    event = e.FetchPageRequested(company="12345674", fetch_id="f", cursor="1").identified("tests")

    def handle() -> str:
        with once(event, "tests"):
            outbox.add(e.NoticesDue(company="12345674", fetch_id="f", occasion="o"))
        return "handled"

    said = at_once(*[handle] * 6)

    assert sorted(said, key=str) == [AlreadyHandled] * 5 + ["handled"]
    assert count(Outbox) == 1


def test_two_relays_never_hold_the_same_row() -> None:
    with db.transaction():
        outbox.add(*[e.NoticesDue(company=f"{n % 7}" * 8, fetch_id="f", occasion=f"{n}") for n in range(1200)])

    claimed = at_once(*[lambda owner=owner: outbox.claim(owner) for owner in ("a", "b", "c")])

    ids = [row.id for batch in claimed if batch for row in batch.rows]
    assert len(ids) == len(set(ids))
    assert len(ids) >= outbox.BATCH


def test_a_row_that_somebody_has_locked_does_not_leave_before_he_has_ended() -> None:
    with db.transaction():
        outbox.add(*[e.NoticesDue(company="12345674", fetch_id="f", occasion=f"{n}") for n in range(2)])

    with ThreadPoolExecutor(1) as relay:
        with db.transaction():
            locked = db.locked(Outbox.select()).first().id
            claim = relay.submit(outbox.claim, "a")  # skips the row, or waits for us
            wait([claim], timeout=1)
            meanwhile = outbox.leaving()
        claim.result()

    assert locked not in meanwhile


def test_two_schedulers_ask_for_one_fetch() -> None:
    company()

    at_once(*[lambda: fetches.request(["12345674"], NOW, fetches.DAILY)] * 6)

    assert (count(Fetch), count(Outbox)) == (1, 1)


def test_two_schedulers_nudge_a_lost_timer_once() -> None:
    company()
    handlers.on_invoice_overdue(overdue().identified("tests"), now=MONDAY)  # type: ignore[arg-type]
    with db.transaction():
        Outbox.update(published_at=NOW).execute()

    said = at_once(*[lambda: store.nudge_missed(datetime(2026, 4, 1, tzinfo=UTC))] * 4)

    assert sum(said) == 1


def test_news_of_a_new_invoice_in_two_threads_opens_one_procedure() -> None:
    company()
    overdue_now = overdue().identified("tests")
    paid_now = e.InvoicePaid(company="12345674", invoice=paid_invoice(sequence=2)).identified("tests")

    said = at_once(
        lambda: handlers.on_invoice_overdue(overdue_now, now=MONDAY),  # type: ignore[arg-type]
        lambda: handlers.on_invoice_paid(paid_now, now=MONDAY),  # type: ignore[arg-type]
    )

    assert count(Procedure) == 1
    assert set(said) <= {None, AlreadyHandled, IntegrityError}  # the last one is tried again by the worker


def test_a_payment_and_a_stop_at_once_end_it_once_and_leave_no_fee() -> None:
    company()
    handlers.on_invoice_overdue(overdue().identified("tests"), now=MONDAY)  # type: ignore[arg-type]
    with db.connection():
        procedure_id = Procedure.get().id
    stop = e.DecisionMade(
        company="12345674",
        procedure_id=procedure_id,
        invoice_number="1001",
        answer_no=1,
        answered_at=clock.business_now(),
        choice="stop",
    ).identified("tests")
    paid_now = e.InvoicePaid(company="12345674", invoice=paid_invoice()).identified("tests")

    at_once(
        lambda: handlers.on_decision_made(stop, now=MONDAY),  # type: ignore[arg-type]
        lambda: handlers.on_invoice_paid(paid_now, now=MONDAY),  # type: ignore[arg-type]
    )

    with db.connection():
        row = Procedure.get()
        said = [
            row.type for row in Outbox.select() if row.type.startswith("procedure.") and row.type != "procedure.due"
        ]
    assert (row.stage, row.sequence, row.answer_no) in {("settled", 9, 1), ("cancelled", 9, 1)}
    assert len(said) == 1
    with db.connection():
        assert owed(LedgerLine.select()).total == Decimal("0.00")
        assert [line.kind for line in LedgerLine.select().order_by(LedgerLine.id)] == ["principal", "paid"]
    assert invoice().number == row.invoice_number


def test_claims_on_one_customer_that_step_at_once_charge_one_fee(monkeypatch: pytest.MonkeyPatch) -> None:
    """Renteloven § 9 b, stk. 2, read carefully: fees of one relationship are ten days apart."""
    arrears_of, numbers = surroundings.arrears_of, ("1001", "1002", "1003")

    def slowly(procedure: Any) -> Any:
        known = arrears_of(procedure)
        time.sleep(0.2)  # for the others to look, too
        return known

    monkeypatch.setattr(surroundings, "arrears_of", slowly)
    company()
    with db.transaction():
        for number in numbers:
            before = running(number=number)
            store_of_dunning.save(before, overdue(number=number))

    def look(number: str) -> str:
        before = running(number=number)
        checked: Any = e.InvoiceChecked(
            company="12345674",
            procedure_id=before.id,
            invoice_number=number,
            wake_no=before.wake_no,
            invoice=invoice(number=number),
        )
        handlers.on_invoice_checked(checked.identified("tests"), MONDAY)
        return "handled"

    assert at_once(*[lambda number=number: look(number) for number in numbers]) == ["handled"] * 3
    with db.connection():
        assert LedgerLine.select().where(LedgerLine.kind == "fee").count() == 1
        assert Outbox.select().where(Outbox.type == "reminder.issued").count() == 3


def running(number: str) -> Any:
    """Due for its first reminder, and looked at."""
    opened = opening.opened(overdue(number=number), POLICY, None, MONDAY, LAW)
    return opened.but(stage="checking", notified_on=MONDAY.date(), news=()).waking(MONDAY)


def test_a_procedure_that_is_opened_while_the_companys_pause_ends_is_asked_about() -> None:
    company()
    vault = Vault("s" * 40)
    companies.change("12345674", vault=vault, paused="yes")

    with ThreadPoolExecutor(1) as person:
        with db.transaction():
            policy = surroundings.policy_to_open_with("12345674")
            change = person.submit(companies.change, "12345674", vault=vault, paused="no")
            wait([change], timeout=1)
            store_of_dunning.save(opening.opened(overdue(), policy, None, MONDAY, LAW), overdue())
        concerned = change.result()

    assert policy.paused
    assert concerned.asking == 1

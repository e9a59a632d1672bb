"""The life of one invoice, told with real processes, a real broker, a real database and real mails (DESIGN §1)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.town import Town, eventually, town

FEE = Decimal("100.00")


@pytest.fixture(scope="module")
def there(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    with town(folder, amqp_url, f"sqlite:///{folder / 'rykker.sqlite'}") as built:
        yield built


def test_silence_starts_it_and_the_company_covers_the_fee_when_the_payment_comes(there: Town) -> None:
    firm = there.company(fee_policy="cover")
    invoice = firm.invoice("1250.00")

    # He is asked; he says nothing; after three banking days it starts by itself.
    assert "1.250,00" in (invoice.notice().text or "")
    asked = invoice.reaches("awaiting_decision", notified_on=there.today)
    there.go_to(asked.notified_on + timedelta(days=3))

    # One more look at the ERP, and the debtor gets the first reminder with its fee.
    reminder = invoice.reminder(1)
    assert "1.350,00" in (reminder.text or "")
    assert invoice.fees() == FEE

    # He pays the invoice without the fee; the company covers that itself.
    invoice.pay()
    there.go_on(1)
    invoice.reaches("settled", "covered")
    assert invoice.fees() == Decimal(0)
    eventually(lambda: "procedure.settled" in there.events(firm.cvr), "the outside world hearing that it is settled")

    plumbing = ("fetch", "letter", "notices", "procedure.due")
    life = [event for event in there.events(firm.cvr) if not event.startswith(plumbing)]
    assert life == [
        "invoice.overdue",
        "decision.requested",
        "procedure.started",
        "invoice.check_requested",
        "invoice.checked",
        "reminder.issued",
        "invoice.paid",
        "procedure.settled",
    ]


def test_a_click_on_yes_starts_it_at_once_and_the_customer_pays_the_fee_too(there: Town) -> None:
    firm = there.company(fee_policy="collect")
    invoice = firm.invoice("800.00")

    answer = there.press(invoice.notice(), "start", "start")
    assert answer.status_code == 200
    invoice.reminder(1)

    invoice.pay()
    there.go_on(1)
    invoice.reaches("collecting_fees")
    assert invoice.fees() == FEE

    invoice.pay(FEE)
    there.go_on(1)
    invoice.reaches("settled", "fees_paid")
    assert invoice.fees() == Decimal(0)


def test_a_click_on_no_ends_it_and_no_letter_goes_to_the_debtor(there: Town) -> None:
    invoice = there.company().invoice()

    there.press(invoice.notice(), "stop", "stop")
    invoice.reaches("cancelled", "stopped")

    there.go_on(30)
    invoice.day_is_over()
    assert invoice.mails() == []
    invoice.reaches("cancelled", "stopped")


def test_yes_no_yes_are_three_answers(there: Town) -> None:
    firm = there.company()
    invoice = firm.invoice()
    notice = invoice.notice()

    there.press(notice, "start", "start")
    invoice.reminder(1)
    there.press(notice, "stop", "stop")
    invoice.reaches("cancelled", "stopped")
    there.press(notice, "start", "start")
    invoice.reaches("running", step=1)

    assert there.events(firm.cvr).count("decision.made") == 3
    there.go_on(10)
    assert len(invoice.mails()) <= 2
    invoice.reminder(2)


def test_three_reminders_at_least_ten_days_apart_and_then_it_is_ready_for_collection(there: Town) -> None:
    invoice = there.company().invoice("2000.00")
    there.press(invoice.notice(), "start", "start")

    sent_on = [invoice.reaches("running", step=1).last_reminder_on]
    for step in (2, 3):
        there.go_to(sent_on[-1] + timedelta(days=9))
        there.go_to(sent_on[-1] + timedelta(days=10))
        invoice.reminder(step)
        sent_on.append(invoice.reaches("running", step=step).last_reminder_on)
    warned = invoice.reaches("running", warned_on=sent_on[-1])
    there.go_to(warned.pay_by)
    invoice.day_is_over()
    assert invoice.reaches("running").step == 3
    there.go_to(warned.pay_by + timedelta(days=1))
    invoice.reaches("escalated")

    assert [b - a for a, b in pairwise(sent_on)] == [timedelta(days=10)] * 2
    assert invoice.fees() == 3 * FEE
    assert len(invoice.mails()) == 3


def test_a_payment_in_time_ends_it_before_anything_starts(there: Town) -> None:
    firm = there.company()
    invoice = firm.invoice()
    invoice.reaches("awaiting_decision", notified_on=there.today)

    invoice.pay()
    there.go_on(1)
    invoice.reaches("settled", "paid")

    there.go_on(20)
    invoice.day_is_over()
    assert invoice.mails() == []


def test_a_payment_that_only_the_last_look_sees_stops_the_reminder(there: Town) -> None:
    """The daily fetch has been; he pays an hour later; the look before the reminder finds it."""
    firm = there.company(start_days=1)
    invoice = firm.invoice()
    invoice.reaches("awaiting_decision", notified_on=there.today)

    invoice.pay()
    there.press(invoice.notice(), "start", "start")

    invoice.reaches("settled", "paid")
    assert invoice.mails() == []


def test_only_the_rest_is_dunned_after_a_partial_payment(there: Town) -> None:
    invoice = there.company().invoice("1000.00")
    invoice.notice()
    invoice.pay(Decimal("600.00"))

    there.press(invoice.notice(), "start", "start")

    assert "500,00" in (invoice.reminder(1).text or "")


def test_a_credit_note_ends_it_and_takes_the_fee_with_it(there: Town) -> None:
    invoice = there.company().invoice()
    there.press(invoice.notice(), "start", "start")
    invoice.reminder(1)

    there.erp.credit(invoice.number)
    there.go_on(1)

    invoice.reaches("settled", "credited")
    assert invoice.fees() == Decimal(0)


def test_a_reversed_payment_asks_the_company_again(there: Town) -> None:
    invoice = there.company().invoice()
    invoice.reaches("awaiting_decision", notified_on=there.today)
    invoice.pay()
    there.go_on(1)
    invoice.reaches("settled", "paid")

    invoice.pay(-invoice.amount)
    there.go_on(1)

    assert invoice.reaches("awaiting_decision", notified_on=there.today).round == 2


def test_a_debtor_without_address_is_no_step_until_he_has_one(there: Town) -> None:
    firm = there.company()
    invoice = firm.invoice(email=None)
    there.press(invoice.notice(), "start", "start")
    invoice.reaches("running", unreachable_step=1)
    assert invoice.fees() == Decimal(0)

    there.erp.change_debtor(f"K-{invoice.number}", invoice_email="fundet@holm.example")
    there.go_on(1)

    invoice.reaches("running", step=1)
    assert there.inbox.messages(to="fundet@holm.example")

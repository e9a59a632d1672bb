"""What the law and people bring: disputes, fees that are asked for alone, bounces, warnings; with real processes."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from common import clock, db
from common.settings import Settings
from common.tables import Company as Row
from common.tables import Letter
from notifier import bounced
from notifier.verp import Envelopes
from tests.e2e.town import Company, Town, eventually, town
from tests.unit.notifier.test_bounces import report

FEE = Decimal("100.00")
ADDRESS = "bounces@rykker.example"


@pytest.fixture(scope="module")
def there(amqp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("book")
    database = f"sqlite:///{folder / 'rykker.sqlite'}"
    with town(folder, amqp_url, database, RYKKER_BOUNCE_ADDRESS=ADDRESS) as built:
        yield built


def test_a_debtor_disputes_and_what_follows_costs_him_nothing_more(there: Town) -> None:
    firm = there.company()
    invoice = firm.invoice()
    there.press(invoice.notice(), "start", "start")
    reminder = invoice.reminder(1)

    # He opens the link in the reminder and says what is wrong: from that moment nothing more is sent.
    assert there.object(reminder, "dispute", words="Radiatoren er ikke monteret").status_code == 200
    invoice.reaches("paused", "disputed")
    told = firm.mail("indsigelse", invoice.number)
    assert "Radiatoren er ikke monteret" in (told.text or "")
    there.go_on(30)
    invoice.day_is_over()
    assert len(invoice.mails()) == 1

    # The company says that it goes on: the next reminder keeps its distance, and has no fee of its own.
    there.press(told, "fortsæt", "resume")
    second = invoice.reminder(2)
    assert invoice.fees() == FEE
    assert "indsigelse" in (second.text or "").lower() or "1.350,00" in (second.text or "")
    life = there.events(firm.cvr)
    assert life.index("objection.raised") < life.index("procedure.paused") < life.index("procedure.resumed")


def test_fees_that_the_customer_left_out_are_asked_for_alone(there: Town) -> None:
    firm = there.company(fee_policy="collect")
    invoice = firm.invoice("800.00")
    there.press(invoice.notice(), "start", "start")
    invoice.reminder(1)

    invoice.pay()
    there.go_on(1)
    waiting = invoice.reaches("collecting_fees")
    there.go_to(waiting.wake_at.date())
    invoice.reaches("collecting_fees", fee_letters=1)

    mails = there.inbox.messages(to=invoice.email)
    alone = there.inbox.message(mails[0].id)
    assert "100,00" in (alone.text or "")
    assert "800,00" not in (alone.subject or "")
    assert invoice.fees() == FEE
    invoice.pay(FEE)
    there.go_on(1)
    invoice.reaches("settled", "fees_paid")


def test_a_reminder_that_bounced_is_no_step_and_goes_to_the_new_address(there: Town) -> None:
    firm = there.company()
    invoice = firm.invoice()
    there.press(invoice.notice(), "start", "start")
    invoice.reminder(1)
    (letter,) = invoice.letters("reminder")

    bounce(there, letter)
    back = invoice.reaches("running", step=0, attempt=1)
    assert (invoice.fees(), back.wake_at) == (Decimal(0), None)
    assert [sent.state for sent in invoice.letters("reminder")] == ["bounced"]
    eventually(lambda: invoice.letters("letter_bounced"), "the company being told")

    there.erp.change_debtor(f"K-{invoice.number}", invoice_email="ny@holm.example")
    there.go_on(11)
    again = invoice.reaches("running", step=1)
    assert again.debtor_email == "ny@holm.example"
    assert invoice.fees() == FEE
    assert len(there.inbox.messages(to="ny@holm.example")) == 1


def bounce(there: Town, letter: Letter) -> None:
    """What the mail server of that address would send back comes to our mailbox."""
    envelopes = Envelopes(Settings.from_env(there.env))
    assert bounced.record(report(envelopes.sender(letter.id)), envelopes, clock.business_now()).is_new


def test_reminders_wait_while_the_companys_books_can_not_be_read(there: Town) -> None:
    firm = there.company()
    invoice = firm.invoice()
    there.press(invoice.notice(), "start", "start")
    sent_on = invoice.reaches("running", step=1).last_reminder_on

    key = without_key(firm)
    there.go_to(sent_on + timedelta(days=10))
    invoice.reaches("running", held=2)
    assert len(invoice.mails()) == 1
    eventually(lambda: held_mails(firm) == 1, "the company being told")

    with db.transaction():
        Row.update(api_key=key).where(Row.cvr == firm.cvr).execute()
    invoice.reaches("running", step=2, held=0)
    assert held_mails(firm) == 1


def without_key(firm: Company) -> str:
    """Nothing is fetched for it any more; returns what is to be put back."""
    with db.transaction():
        row = Row.get(Row.cvr == firm.cvr)
        Row.update(api_key=None).where(Row.cvr == firm.cvr).execute()
    return str(row.api_key)


def held_mails(firm: Company) -> int:
    with db.connection():
        return int(
            Letter.select().where(Letter.kind == "held", Letter.company == firm.cvr, Letter.state == "sent").count()
        )


def test_the_outside_world_hears_all_that_a_collector_needs(there: Town) -> None:
    firm = there.company(reminders=1, collection_notice="after", compensation=True)
    invoice = firm.invoice("2000.00")
    there.press(invoice.notice(), "start", "start")
    first = invoice.reaches("running", step=1)
    there.go_to(first.last_reminder_on + timedelta(days=10))
    warned = invoice.reaches("running", warned_on=there.today)
    there.go_to(warned.pay_by + timedelta(days=1))
    invoice.reaches("escalated")

    eventually(lambda: "procedure.escalated" in there.events(firm.cvr), "the hand-over being said")
    assert [kind for kind in there.events(firm.cvr) if kind.endswith(("issued", "escalated"))] == [
        "reminder.issued",
        "collection.notice_issued",
        "procedure.escalated",
    ]

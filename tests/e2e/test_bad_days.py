"""The same story on bad days: everything twice, everyone killed once, the broker away. It ends the same."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import amqp
import pytest

from common import clock, db, publisher, topology
from common.cloudevents import CONTENT_TYPE, from_wire
from common.settings import BrokerAddress
from common.tables import LedgerLine, Letter, Outbox, Procedure
from deploy import servers
from deploy.sandbox.wire import DieAfter250
from notifier import held as letters
from tests.conftest import skip_or_fail
from tests.e2e.town import Invoice, Town, eventually, town


class Echo:
    """A subscriber like any other system; it also publishes each event that it hears for the first time once more."""

    def __init__(self, amqp_url: str) -> None:
        self.address = BrokerAddress.parse(amqp_url)
        self.heard: list[tuple[str, str]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @contextmanager
    def listening(self) -> Iterator["Echo"]:
        with publisher.connected(self.address) as channel:
            channel.queue_declare("echo", durable=True, auto_delete=False)
            channel.queue_purge("echo")
            channel.queue_bind("echo", topology.EVENTS.name, "#")
        self._thread.start()
        yield self
        self._stop.set()
        self._thread.join(10)
        with publisher.connected(self.address) as channel:
            channel.queue_delete("echo")

    def types(self) -> Counter[str]:
        """How many different events of each type it has heard."""
        return Counter(kind for kind, _ in set(self.heard))

    def _run(self) -> None:
        with publisher.connected(self.address) as channel:
            while not self._stop.wait(0.02):
                while message := channel.basic_get("echo", no_ack=True):
                    self._repeat(channel, message)

    def _repeat(self, channel: amqp.Channel, message: amqp.Message) -> None:
        event = from_wire(message.body)
        is_new = (event.type, event.id) not in self.heard
        self.heard.append((event.type, event.id))
        if is_new:
            again = amqp.Message(
                message.body, content_type=CONTENT_TYPE, delivery_mode=2, message_id=event.id, type=event.type
            )
            channel.basic_publish(again, exchange=topology.EVENTS.name, routing_key=event.type)


@pytest.fixture(params=["sqlite", "postgres"])
def there(request: pytest.FixtureRequest, amqp_url: str, tmp_path: Path) -> Iterator[Town]:
    url = (
        f"sqlite:///{tmp_path / 'rykker.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    )
    with town(tmp_path, amqp_url, url) as built:
        yield built


def assert_nothing_twice(invoice: Invoice, steps: int) -> None:
    """One procedure, one fee and one letter of each kind and step, as the database and the debtor's inbox have it."""
    with db.connection():
        of_invoice = Procedure.select().where(Procedure.invoice_number == str(invoice.number))
        procedures = [row.id for row in of_invoice]
        fees = Counter(row.step for row in LedgerLine.select().where(LedgerLine.kind == "fee"))
        sent = Counter((row.kind, row.step) for row in Letter.select().where(Letter.state == "sent"))
    assert len(procedures) == 1
    assert fees == dict.fromkeys(range(1, steps + 1), 1)
    assert set(sent.values()) == {1}, sent
    assert len(invoice.mails()) == steps


def published() -> Counter[str]:
    with db.connection():
        return Counter(row.type for row in Outbox.select().where(Outbox.published_at.is_null(False)))


def assert_all_published() -> None:
    def waiting() -> int:
        with db.connection():
            due = Outbox.select().where(Outbox.published_at.is_null(), Outbox.at <= clock.business_now())
            return int(due.count())

    eventually(lambda: waiting() == 0, "everything that is due being published")


def test_with_everything_twice_there_is_one_procedure_one_fee_and_one_letter_of_each_kind(
    there: Town, amqp_url: str
) -> None:
    for second in ("scheduler 2", "dunning 2", "notifier 2", "fetcher 2"):
        there.start(second)
    with Echo(amqp_url).listening() as echo:
        firm = there.company(fee_policy="cover")
        invoice = firm.invoice()
        asked = invoice.reaches("awaiting_decision", notified_on=there.today)

        there.go_to(asked.notified_on + timedelta(days=3))
        first = invoice.reaches("running", step=1)
        there.go_to(first.last_reminder_on + timedelta(days=10))
        invoice.reaches("running", step=2)
        invoice.pay()
        there.go_on(1)
        invoice.reaches("settled", "covered")
        assert_all_published()
        eventually(lambda: set(Counter(echo.heard).values()) == {2}, "the echo of every event")
        eventually(lambda: echo.types() == published(), "the subscriber hearing all that was said")

    assert_nothing_twice(invoice, steps=2)
    said = echo.types()
    once = ("invoice.overdue", "decision.requested", "procedure.started", "invoice.paid", "procedure.settled")
    assert {kind: said[kind] for kind in once} == dict.fromkeys(once, 1)


def test_a_kill_of_each_process_and_a_restart_of_the_broker_change_nothing(tmp_path: Path) -> None:
    if not servers.rabbitmq_server():
        skip_or_fail("No rabbitmq-server is installed: a broker in Docker or elsewhere is not ours to restart")
    with servers.private_broker() as broker, town(tmp_path, broker.url, f"sqlite:///{tmp_path / 'a.sqlite'}") as there:
        firm = there.company(fee_policy="collect")
        there.restart("scheduler")
        invoice = firm.invoice()
        there.restart("fetcher")
        asked = invoice.reaches("awaiting_decision")
        there.restart("notifier")
        invoice.reaches("awaiting_decision", notified_on=asked.notified_on or there.today)

        there.restart("decisions")
        there.restart("dunning")
        there.go_to(there.today + timedelta(days=3))
        broker.kill()
        broker.start()
        first = invoice.reaches("running", step=1)

        there.go_to(first.last_reminder_on + timedelta(days=10))
        broker.stop()
        there.restart("dunning")
        broker.start()
        invoice.reaches("running", step=2)
        invoice.pay(invoice.amount + Decimal(200))
        there.go_on(1)
        invoice.reaches("settled", "fees_paid")

        assert_all_published()
        assert_nothing_twice(invoice, steps=2)


def test_a_kill_in_the_middle_of_a_mail_holds_the_reminder_until_a_person_releases_it(there: Town) -> None:
    """The mail server took it and died; nobody knows whether it went out. A fee is never charged twice for that."""
    invoice = there.company().invoice()
    invoice.reaches("awaiting_decision", notified_on=there.today)
    there.inbox.fault(DieAfter250(recipient=invoice.email))

    there.press(invoice.notice(), "start", "start")
    held = eventually(
        lambda: [row for row in invoice.letters("reminder") if row.state == "held"], "the letter being held"
    )
    assert len(invoice.mails()) == 1
    assert invoice.procedure().pending  # type: ignore[union-attr]

    letters.release(held[0].id, clock.business_now())
    invoice.reaches("running", step=1)

    assert len(there.inbox.messages(to=invoice.email)) == 2
    assert len({mail.message_id for mail in there.inbox.messages(to=invoice.email)}) == 1
    assert invoice.fees() == Decimal(100)


def test_a_portal_without_a_broker_takes_answers(tmp_path: Path) -> None:
    if not servers.rabbitmq_server():
        skip_or_fail("No rabbitmq-server is installed: a broker in Docker or elsewhere is not ours to stop")
    with servers.private_broker() as broker, town(tmp_path, broker.url, f"sqlite:///{tmp_path / 'a.sqlite'}") as there:
        invoice = there.company().invoice()
        notice = invoice.notice()
        invoice.reaches("awaiting_decision", notified_on=there.today)

        broker.stop()
        assert there.press(notice, "stop", "stop").status_code == 200
        broker.start()

        invoice.reaches("cancelled", "stopped")

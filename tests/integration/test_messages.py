"""From the outbox through a real broker to a handler, and to the dead letters."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from common import clock, db, outbox, publisher, topology
from common import events as e
from common.cloudevents import CONTENT_TYPE, from_wire
from common.publisher import BrokerUnreachable, Publisher
from common.settings import BrokerAddress
from common.tables import FailedMessage, Inbox, Outbox, SetAside
from scheduler import deadletters, store
from scheduler.app import Relay
from tests.e2e.town import eventually


@pytest.fixture
def address(amqp_url: str) -> BrokerAddress:
    """A broker with empty queues."""
    found = BrokerAddress.parse(amqp_url)
    with publisher.connected(found) as channel:
        for queue in topology.queues():
            queue(channel).delete()
        topology.apply(channel)
    return found


@pytest.fixture
def relay(address: BrokerAddress, database: str) -> Iterator[Callable[[], int]]:
    publishing = Publisher(address)
    yield lambda: outbox.relay(publishing, "tests")
    publishing.drop()


@pytest.fixture
def toy(address: BrokerAddress, database: str, amqp_url: str, tmp_path: Path) -> Iterator["Toy"]:
    running = Toy({"RYKKER_AMQP_URL": amqp_url, "RYKKER_DATABASE_URL": database, "TOY_COUNT": str(tmp_path / "count")})
    yield running
    running.stop()


class Toy:
    """The worker of toy.py as a process."""

    def __init__(self, env: dict[str, str], module: str = "tests.integration.toy") -> None:
        self.module = module
        self.env = os.environ | env | {"RYKKER_SECRET": "s" * 43, "RYKKER_THREADS": "2"}
        self.process: subprocess.Popen[bytes] | None = None
        self.log = Path(env["TOY_COUNT"]).with_name(f"{module}.log")

    def start(self, **env: str) -> None:
        command = [sys.executable, "-m", self.module]
        with self.log.open("w") as log:  # a pipe would be full at some time
            self.process = subprocess.Popen(command, env=self.env | env, stderr=log)

    def wait(self) -> tuple[int, str]:
        """Its exit code, and what it said since its start."""
        assert self.process
        return self.process.wait(30), self.log.read_text()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.wait()


def order(word: str, number: int = 1) -> e.DecisionMade:
    return e.DecisionMade(
        company="12345674",
        procedure_id="p",
        invoice_number=word,
        answer_no=number,
        answered_at=clock.business_now(),
        choice="stop",
    )


def say(*events: e.Event) -> None:
    with db.transaction():
        outbox.add(*events)


def count(table: Any) -> int:
    with db.connection():
        return int(table.select().count())


def waiting(address: BrokerAddress, queue: str) -> int:
    with publisher.connected(address) as channel:
        return int(channel.queue_declare(queue, passive=True).message_count)


@pytest.mark.usefixtures("database")
def test_a_backlog_is_moved_by_two_publishers_each_event_once(address: BrokerAddress) -> None:
    backlog = 2 * outbox.BATCH + 100
    say(*[order("x", number) for number in range(backlog)])
    moving = Relay([Publisher(address), Publisher(address)], "tests", threading.Event())

    moving()
    moving.drop()

    assert waiting(address, "dunning") == backlog
    with db.connection():
        assert not Outbox.select().where(Outbox.published_at.is_null() | (Outbox.tries != 0)).exists()


@pytest.mark.fast
def test_what_is_said_reaches_its_queue_confirmed_as_a_cloudevent(
    address: BrokerAddress, relay: Callable[[], int]
) -> None:
    say(order("x"))

    assert relay() == 1

    with publisher.connected(address) as channel:
        message = channel.basic_get("dunning", no_ack=True)
    assert message.properties["content_type"] == CONTENT_TYPE
    assert message.properties["delivery_mode"] == 2
    event = from_wire(message.body)
    assert (event.id, event.type) == (message.properties["message_id"], message.properties["type"])
    with db.connection():
        assert Outbox.get().published_at


def test_an_outside_subscriber_hears_everything_in_its_own_queue(
    address: BrokerAddress, relay: Callable[[], int]
) -> None:
    with publisher.connected(address) as channel:
        channel.queue_declare("outside", auto_delete=False)
        channel.queue_bind("outside", topology.EVENTS.name, "#")
    say(order("x"), e.NoticesDue(company="12345674", fetch_id="f", occasion="o"))

    relay()

    with publisher.connected(address) as channel:
        heard = [from_wire(channel.basic_get("outside", no_ack=True).body).type for _ in range(2)]
        channel.queue_delete("outside")
    assert heard == ["decision.made", "notices.due"]


def test_an_event_that_nobody_reads_counts_as_published(address: BrokerAddress, relay: Callable[[], int]) -> None:
    say(
        e.ProcedureCancelled(
            company="12345674", procedure_id="p", invoice_number="1", procedure_version=1, reason="stopped"
        )
    )

    relay()

    with db.connection():
        assert Outbox.get().published_at


def test_nothing_is_relayed_while_one_of_our_queues_is_missing(
    address: BrokerAddress, relay: Callable[[], int]
) -> None:
    with publisher.connected(address) as channel:
        channel.queue_delete("notifier")
    say(order("x"))

    relay()

    with db.connection():
        assert (Outbox.get().published_at, Outbox.get().reason) == (None, "unknown")
    assert waiting(address, "dunning") == 0


def test_a_thousand_events_go_out_in_order_of_turns(address: BrokerAddress, relay: Callable[[], int]) -> None:
    say(*[order("x", number) for number in range(1000)])

    while relay():
        pass

    eventually(lambda: waiting(address, "dunning") == 1000, "all of them in the queue", 10)


def test_an_unreachable_broker_is_named_without_its_password() -> None:
    address = BrokerAddress.parse("amqp://user:hidden@127.0.0.1:1//")

    with pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1") as refused, publisher.connected(address):
        pass
    assert "hidden" not in str(refused.value)


@pytest.mark.fast
def test_a_message_is_handled_once_although_it_comes_twice(toy: Toy, relay: Callable[[], int]) -> None:
    say(order("x"))
    relay()
    with db.transaction():
        Outbox.update(published_at=None).execute()
    relay()

    toy.start()

    eventually(lambda: count(SetAside) == 1, "the message being handled")
    assert toy.process
    toy.process.terminate()
    code, said = toy.wait()
    assert code == 0
    assert "already handled" in said
    assert count(SetAside) == count(Inbox) == 1


def test_a_worker_that_is_told_to_stop_ends_what_is_at_work_and_gives_back_the_rest(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress
) -> None:
    say(*[replace(order("slow", number), procedure_id=f"p{number}") for number in range(20)])
    relay()
    toy.start()
    eventually(lambda: count(SetAside) >= 3, "some being handled")

    assert toy.process
    toy.process.terminate()
    code, said = toy.wait()

    handled = count(SetAside)
    assert (code, handled < 20) == (0, True)
    assert waiting(address, "dunning") == 20 - handled
    toy.start()
    eventually(lambda: count(SetAside) == 20, "the rest being handled")
    toy.process.terminate()
    _, said_after = toy.wait()
    assert "already handled" not in said + said_after


def test_a_process_with_two_queues_starts_and_stops_without_a_warning(toy: Toy) -> None:
    toy.module = "fetcher"
    toy.start()
    eventually(lambda: "ready" in toy.log.read_text(), "it being ready")
    assert toy.process
    toy.process.terminate()
    code, said = toy.wait()

    assert (code, "stopped" in said) == (0, True)
    assert "warning" not in said.lower()


def test_the_log_says_in_one_line_which_event_was_handled(toy: Toy, relay: Callable[[], int]) -> None:
    say(order("x"))
    relay()

    toy.start()
    eventually(lambda: count(SetAside) == 1, "being handled")
    assert toy.process
    toy.process.terminate()

    lines = [json.loads(line) for line in toy.wait()[1].splitlines()]
    (handled,) = [line for line in lines if line["event"] == "handled"]
    assert (handled["type"], handled["subject"]) == (order("x").type, order("x").subject)


def test_a_surprise_is_tried_again(toy: Toy, relay: Callable[[], int]) -> None:
    say(order("fails first"))
    relay()

    toy.start()

    eventually(lambda: count(SetAside) == 1, "the second try")


def test_what_takes_longer_than_a_message_may_is_interrupted_and_tried_again(
    toy: Toy, relay: Callable[[], int]
) -> None:
    say(order("hangs"))
    relay()

    toy.start(RYKKER_TIME_LIMIT="2")

    eventually(lambda: count(SetAside) == 1, "the second try", 20)


def test_many_that_take_longer_than_one_message_may_are_interrupted_and_handled_alone(
    toy: Toy, relay: Callable[[], int]
) -> None:
    words = ["first", "takes 0.5", "x", "hangs", "y"]
    say(*[order(word, number) for number, word in enumerate(words, start=1)])
    relay()

    toy.start(RYKKER_TIME_LIMIT="2", TOY_MANY="1")
    eventually(lambda: count(SetAside) == len(words), "each being handled", 20)
    assert toy.process
    toy.process.terminate()

    assert "not together: it took too long" in toy.wait()[1]


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("reject", "common.worker.handling.Rejected: told to reject it"),
        ("always fails", "RuntimeError: told to fail"),
    ],
)
def test_what_can_not_succeed_is_collected_with_its_cause(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress, word: str, cause: str
) -> None:
    say(order(word), order("ok", 2))
    relay()

    toy.start()
    eventually(lambda: waiting(address, "dunning.XQ") == 1, "the dead letter")
    publisher.collect_dead_letters(
        address, lambda letter: store.keep_failed(deadletters.failed_message(letter, clock.business_now()))
    )

    with db.connection():
        kept = FailedMessage.get()
    assert (kept.type, kept.company) == ("decision.made", "12345674")
    assert kept.cause == cause
    assert waiting(address, "dunning.XQ") == 0
    eventually(lambda: count(SetAside) == 1, "the message behind it being handled")


def test_a_message_that_no_version_can_read_stops_nothing(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress
) -> None:
    with publisher.connected(address) as channel:
        from amqp import Message

        for body in (b"\xff\xfe", b"{}", b'{"type": "dk.rykkerportalen.decision.made", "id": "1"}'):
            channel.basic_publish(Message(body), exchange=topology.EVENTS.name, routing_key="decision.made")
    say(order("ok"))
    relay()

    toy.start()

    eventually(lambda: count(SetAside) == 1, "the message behind them being handled")
    eventually(lambda: waiting(address, "dunning.XQ") == 3, "the unreadable ones among the dead letters")


def test_a_worker_says_in_one_line_which_queue_is_missing(toy: Toy, address: BrokerAddress) -> None:
    with publisher.connected(address) as channel:
        channel.queue_delete("dunning.DQ")

    toy.start()
    code, said = toy.wait()

    assert code == 1
    assert "dunning.DQ" in said
    assert "rykker topology apply" in said
    assert len(said.strip().splitlines()) == 1


def test_a_worker_says_in_one_line_that_the_broker_is_away(toy: Toy) -> None:
    toy.start(RYKKER_AMQP_URL="amqp://guest:guest@127.0.0.1:1//")
    code, said = toy.wait()

    assert code == 1
    assert "127.0.0.1:1" in said
    assert len(said.strip().splitlines()) == 1

"""Two other systems that listen: one notes every event, the other never reads, so that its queue is full."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import amqp
import msgspec

from common import clock, publisher, topology
from common.cloudevents import PREFIX
from common.publisher import BrokerUnreachable
from common.settings import BrokerAddress
from tests.chaos.books import Book
from tests.chaos.facts import Heard

ATTENTIVE, ASLEEP = "chaos.attentive", "chaos.asleep"
ROOM = 5  # events; then the queue of the one who sleeps drops its oldest


class Subscriber:
    """Reads past the proxy, as a system elsewhere would; whatever happens to the broker, it comes back."""

    def __init__(self, address: BrokerAddress, book: Book) -> None:
        self.address, self.book = address, book
        self._over = threading.Event()

    @contextmanager
    def listening(self) -> Iterator["Subscriber"]:
        self.declare()
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join(60)

    def declare(self) -> None:
        with publisher.connected(self.address) as channel:
            for name, arguments in ((ATTENTIVE, {}), (ASLEEP, {"x-max-length": ROOM, "x-overflow": "drop-head"})):
                channel.queue_declare(
                    name, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum", **arguments}
                )
                channel.queue_bind(name, topology.EVENTS.name, "#")

    def is_up_to_date(self) -> bool:
        return self.waiting(ATTENTIVE) == 0

    def waiting(self, queue: str) -> int:
        with publisher.connected(self.address) as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)

    def _run(self) -> None:
        while not self._over.wait(0.2):
            try:
                with publisher.connected(self.address) as channel:
                    while not self._over.wait(0.05):
                        self._read(channel)
            except BrokerUnreachable:
                continue

    def _read(self, channel: amqp.Channel) -> None:
        """Notes first, acknowledges after: at least once, as for everybody."""
        while message := channel.basic_get(ATTENTIVE):
            event = msgspec.json.decode(message.body)
            kind = event["type"].removeprefix(PREFIX)
            self.book.write(Heard(clock.real_now(), event["id"], kind, event["data"]))
            channel.basic_ack(message.delivery_tag)

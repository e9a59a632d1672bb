"""Takes one queue's messages from the broker, and says which are handled.

A message may kill its worker, each time. RabbitMQ then raises the delivery count of all that this worker had
prefetched, and gives up what reaches the limit of topology.py. So a worker that starts takes one message, and waits
until it is acknowledged before it takes another, as long as they come back often (RabbitMQ gives what came back before
what is new): soon the killer is alone in its hands. That costs the neighbours three of their 20 tries, and some more
where several workers run and more than one message kills: tests/unit/common/test_suspects.py plays it through.
"""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pika
from dramatiq.brokers.rabbitmq import _RabbitmqConsumer
from dramatiq.common import q_name
from dramatiq.errors import ConnectionClosed

from common.logs import log

SUSPECT = 2  # times that a message came back; once is what any stop or restart does
Delivery = tuple[Any, Any, Any]  # method, properties, body; all None: nothing came
NOTHING: Delivery = (None, None, None)


class Consumer(_RabbitmqConsumer):
    """Acknowledges only what came by this very connection, and many messages with one frame where it can.

    A cut connection is followed by another consumer, whose delivery tags begin at 1 again: without the check a message
    that was at work across the cut would acknowledge a stranger. It refuses what belongs to another queue: nobody would
    acknowledge that, and the thread that tries to would end.
    """

    def __init__(self, broker: Any, queue_name: str, prefetch: int, timeout: int) -> None:
        super().__init__(broker, queue_name, prefetch, timeout)
        self._acking = threading.Lock()
        self._acked: list[int] = []
        if queue_name == q_name(queue_name):  # in NAME.DQ messages only wait: none can kill, and many are in hand
            self.iterator = self._suspects_first(self.iterator, timeout / 1000)

    def _suspects_first(self, many_at_once: Iterator[Delivery], patience: float) -> Iterator[Delivery]:
        """One message at a time until one comes that is no suspect, or none; consuming begins only then."""
        often, came_back = SUSPECT, SUSPECT
        while came_back >= often:
            if self.known_tags:
                self.connection.process_data_events(patience)
                yield NOTHING
                continue
            method, properties, body = self.channel.basic_get(self.queue_name)
            came_back = (properties.headers or {}).get("x-delivery-count", 0) if method else 0
            if came_back >= often:
                often = 1  # where one suspect is there are others, with their neighbours
                log.warning("suspect: handled alone", queue=self.queue_name, came_back=came_back)
            yield method, properties, body
        yield from many_at_once

    def __next__(self) -> Any:
        message = super().__next__()
        if message is None:
            return None
        message.consumer = self
        if message.queue_name == self.queue_name:
            return message
        log.error("message in the wrong queue", queue=self.queue_name, belongs=str(message.queue_name)[:100])
        self.nack(message)
        return None

    def ack(self, message: Any) -> None:
        if self._is_ours(message):
            with self._acking:
                self._acked.append(message._tag)
                is_first = len(self._acked) == 1  # the others are said with it
            if is_first:
                self._in_its_thread(self._say_acks)

    def nack(self, message: Any) -> None:
        if self._is_ours(message):
            self._nack(message._tag)

    def _nack(self, tag: int) -> None:
        self.known_tags.add(tag)  # until it is said, so that no acknowledgement of many covers it
        self._in_its_thread(partial(self._say_nack, tag))

    def _is_ours(self, message: Any) -> bool:
        if message.consumer is self:
            return True
        log.info("not acknowledged: its connection is gone, and it comes again", event_id=message.message_id)
        return False

    def _in_its_thread(self, work: Callable[[], None]) -> None:
        try:
            self.connection.add_callback_threadsafe(work)
        except pika.exceptions.AMQPError as error:
            raise ConnectionClosed(error) from None

    def _say_acks(self) -> None:
        """All that are older than what is at work with one frame, the others with a frame each."""
        with self._acking:
            tags, self._acked = sorted(self._acked), []
        self.known_tags.difference_update(tags)
        oldest = min(self.known_tags.copy(), default=None)
        older = [tag for tag in tags if oldest is None or tag < oldest]
        channel = self.channel._impl  # a blocking channel waits after each frame until the socket has taken it
        if older:
            channel.basic_ack(older[-1], multiple=True)
        for tag in tags[len(older) :]:
            channel.basic_ack(tag)

    def _say_nack(self, tag: int) -> None:
        self.known_tags.discard(tag)
        self.channel.basic_nack(tag, requeue=False)

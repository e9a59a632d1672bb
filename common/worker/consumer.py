"""Takes one queue's messages from the broker, and says which are handled."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import pika
from dramatiq.brokers.rabbitmq import _RabbitmqConsumer
from dramatiq.errors import ConnectionClosed

from common.logs import log


class Consumer(_RabbitmqConsumer):
    """Acknowledges only what came by this very connection, and many messages with one frame where it can.

    A cut connection is followed by another consumer, whose delivery tags begin at 1 again: without the check a message
    that was at work across the cut would acknowledge a stranger. It refuses what belongs to another queue: nobody would
    acknowledge that, and the thread that tries to would end.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._acked: deque[int] = deque()

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
            self._acked.append(message._tag)
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
        if not self._acked:
            return  # said with others
        tags = sorted(self._acked.popleft() for _ in range(len(self._acked)))
        self.known_tags.difference_update(tags)
        oldest = min(self.known_tags.copy(), default=None)
        older = [tag for tag in tags if oldest is None or tag < oldest]
        if older:
            self.channel.basic_ack(older[-1], multiple=True)
        for tag in tags[len(older) :]:
            self.channel.basic_ack(tag)

    def _say_nack(self, tag: int) -> None:
        self.known_tags.discard(tag)
        self.channel.basic_nack(tag, requeue=False)

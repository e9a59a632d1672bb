"""Publishes to one queue alone, so that an event can be said again to who missed it and to nobody else."""

from typing import Any, Self

from common.outbox import Said
from common.publisher import BROKER_ERRORS, BrokerUnreachable, Publisher
from common.settings import BrokerAddress

NOT_FOUND = 404  # AMQP's reply code


class QueueMissing(Exception):
    """The broker has no such queue."""


class OneQueue(Publisher):
    """The default exchange brings a message to the queue that its routing key names, past every other subscriber."""

    def __init__(self, address: BrokerAddress, queue: str) -> None:
        super().__init__(address)
        self.queue = queue

    def __enter__(self) -> Self:
        """Raises BrokerUnreachable or QueueMissing."""
        try:
            self.ensure()
        except BROKER_ERRORS as error:
            self.drop()
            if getattr(error, "reply_code", None) == NOT_FOUND:
                raise QueueMissing(f"{QueueMissing.__doc__} {self.queue!r}") from error
            raise BrokerUnreachable(f"RabbitMQ at {self.address}: {error or type(error).__name__}") from error
        return self

    def __exit__(self, *_error: object) -> None:
        self.drop()

    def _look(self, channel: Any) -> None:
        channel.queue_declare(self.queue, passive=True)

    def _where(self, _row: Said, /) -> dict[str, Any]:
        """A queue that is gone meanwhile returns the message, which ends the connection: nothing counts as said."""
        return {"exchange": "", "routing_key": self.queue, "mandatory": True}

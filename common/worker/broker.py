"""dramatiq's settings: the connection, the retries, the wire form, and a table of handlers as its actors."""

import ssl
from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import dramatiq
import pika
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.common import dq_name, xq_name
from dramatiq.middleware import CurrentMessage, Retries, ShutdownNotifications, TimeLimit

from common import clock, crash, envelope
from common.publisher import BrokerUnreachable
from common.settings import BrokerAddress, Settings
from common.worker.consumer import Consumer
from common.worker.handling import Handles, Rejected, handle

HEARTBEAT = 30  # seconds


class Broker(RabbitmqBroker):
    """Never creates a queue: a missing one is a deployment fault, and must show."""

    consumer_class = Consumer

    def _declare_queue(self, queue_name: str) -> Any:
        return self.channel.queue_declare(queue=queue_name, passive=True)

    def _declare_dq_queue(self, queue_name: str) -> Any:
        return self._declare_queue(dq_name(queue_name))

    def _declare_xq_queue(self, queue_name: str) -> Any:
        return self._declare_queue(xq_name(queue_name))


class _SafeRetries(Retries):
    """A retry that can't be published must not end in an ack (Bogdanp/dramatiq#545): dead-letter it."""

    def after_process_message(self, broker: Any, message: Any, *, result: Any = None, exception: Any = None) -> None:
        try:
            super().after_process_message(broker, message, result=result, exception=exception)
            if exception is not None and not message.failed:
                crash.here("retry.published")
        except BaseException:
            message.fail()
            raise


class _Points(dramatiq.Middleware):
    """Where a trial may let this process die, around the acknowledgement of a message."""

    def before_ack(self, broker: Any, message: Any) -> None:  # noqa: ARG002 - dramatiq's signature
        crash.here("ack.before")

    def after_ack(self, broker: Any, message: Any) -> None:  # noqa: ARG002 - dramatiq's signature
        crash.here("ack.after")


class Encoder(dramatiq.JSONEncoder):
    """Reads events as anyone may publish them, and dramatiq's own form of its retries."""

    def __init__(self, queue_of: Mapping[str, str]) -> None:
        self.queue_of = queue_of

    def decode(self, data: bytes) -> dict[str, Any]:
        fields = super().decode(data)
        if "actor_name" in fields:
            return envelope.opened(fields, self.queue_of, int(clock.real_now().timestamp() * 1000))
        event_type = str(fields["type"]).split(".", 2)[2]  # without the prefix
        return {
            "queue_name": self.queue_of[event_type],
            "actor_name": event_type,
            "args": [{"body": data.decode()}],
            "kwargs": {},
            "options": {},
            "message_id": fields["id"],
            "message_timestamp": 0,
        }


def brokers(settings: Settings, queues: Mapping[str, Iterable[Handles]]) -> list[Broker]:
    """One for each queue, with the lines of its table as actors."""
    tables = {queue: list(table) for queue, table in queues.items()}
    dramatiq.set_encoder(Encoder({line.event.type: queue for queue, table in tables.items() for line in table}))
    return [_broker(settings, queue, table) for queue, table in tables.items()]


def _broker(settings: Settings, queue: str, table: Iterable[Handles]) -> Broker:
    limit = _milliseconds(settings.time_limit)
    broker = Broker(
        parameters=[_parameters(settings.broker)],
        confirm_delivery=True,
        middleware=[
            CurrentMessage(),
            TimeLimit(time_limit=limit, interval=min(1000, limit // 10)),
            ShutdownNotifications(),
            _SafeRetries(),
            _Points(),
        ],
    )
    for line in table:
        options = {
            "min_backoff": _milliseconds(line.first),
            "max_backoff": _milliseconds(line.longest),
            "retry_when": partial(_is_worth_a_try, line.tries),
            "line": line,
        }
        dramatiq.Actor(
            partial(handle, line),
            broker=broker,
            actor_name=line.event.type,
            queue_name=queue,
            priority=0,
            options=options,
        )
    return broker


def _is_worth_a_try(tries: int, tried: int, error: Exception) -> bool:
    """A rejected message has one more try, whose envelope tells the dead letters why."""
    return tried < (min(tries, 1) if isinstance(error, Rejected) else tries)


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def look(address: BrokerAddress, queues: Iterable[str]) -> None:
    """Virtual host, rights and queues are there, or one line that says what is not: BrokerUnreachable."""
    try:
        connection = pika.BlockingConnection(pika.ConnectionParameters(**_parameters(address)))
        for queue in queues:
            for name in (queue, dq_name(queue), xq_name(queue)):
                connection.channel().queue_declare(queue=name, passive=True)
        connection.close()
    except pika.exceptions.ChannelClosedByBroker as error:
        raise BrokerUnreachable(
            f"RabbitMQ at {address}: {error.reply_text}. `rykker topology apply` makes what is missing."
        ) from error
    except pika.exceptions.AMQPError as error:
        raise BrokerUnreachable(f"RabbitMQ at {address}: {str(error) or type(error).__name__}") from error


def _parameters(address: BrokerAddress) -> dict[str, Any]:
    return {
        "host": address.host,
        "port": address.port,
        "virtual_host": address.virtual_host,
        "credentials": pika.PlainCredentials(address.user, address.password),
        "ssl_options": pika.SSLOptions(ssl.create_default_context(), address.host) if address.tls else None,
        "heartbeat": HEARTBEAT,
        "blocked_connection_timeout": HEARTBEAT,
        "socket_timeout": 10,
        "connection_attempts": 3,
        "retry_delay": 1,
    }

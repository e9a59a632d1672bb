"""Talks to the broker for everything but consuming: pipelined, tag-tracked confirmed publishing, and dead letters.

py-amqp counts confirms without looking at their tags, so tags are tracked here; after any doubt the connection is
thrown away, so that a late confirm is never taken for another message's.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import amqp
import kombu
from kombu.exceptions import OperationalError

from common import clock, crash, topology
from common.cloudevents import CONTENT_TYPE
from common.logs import log
from common.outbox import Said
from common.settings import BrokerAddress

HEARTBEAT = 30  # seconds
CONFIRM_TIMEOUT = 30.0  # seconds
LOOK_EVERY = 60.0  # seconds between looks whether our queues are there
BROKER_ERRORS = (amqp.AMQPError, OperationalError, OSError)


class BrokerUnreachable(Exception):
    """The broker can't be reached or refuses us."""


@contextmanager
def connected(address: BrokerAddress) -> Iterator[Any]:
    """A channel for one piece of work. Raises BrokerUnreachable, saying where it tried and what it heard."""
    connection = _connection(address)
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=10)
        yield connection.default_channel
    except BROKER_ERRORS as error:
        raise BrokerUnreachable(f"RabbitMQ at {address}: {error}") from error
    finally:
        connection.release()


def _connection(address: BrokerAddress) -> kombu.Connection:
    return kombu.Connection(
        hostname=address.host,
        port=address.port,
        userid=address.user,
        password=address.password,
        virtual_host=address.virtual_host,
        ssl={
            "cert_reqs": ssl.CERT_REQUIRED,
            "ca_certs": ssl.get_default_verify_paths().cafile,
            "server_hostname": address.host,
        }
        if address.tls
        else False,
        heartbeat=HEARTBEAT,
        connect_timeout=10,
        transport="pyamqp",
    )


def _cork(sock: socket.socket, *, on: bool) -> None:
    with suppress(OSError, AttributeError):  # a cut connection; a system that doesn't know it
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, int(on))


class Publisher:
    """Publishes rows of the outbox, many in flight at once, and keeps its connection alive in between."""

    def __init__(self, address: BrokerAddress) -> None:
        self.address = address
        self._connection: kombu.Connection | None = None
        self._channel: Any = None
        self._tag = 0
        self._pending: dict[int, str] = {}
        self._said: dict[str, str] = {}
        self._looked = 0.0

    def publish(self, rows: Sequence[Said]) -> dict[str, str]:
        """Of each event id 'confirmed', 'nacked', or 'unknown' (it may or may not have arrived)."""
        self._said = {row.event_id: "unknown" for row in rows}
        try:
            self.ensure()
            with self._full_packets():
                for row in rows:
                    self._send(row)
            crash.here("relay.published")
            self._await_confirms()
        except BROKER_ERRORS as error:
            log.warning("broker unreachable", error=str(error) or type(error).__name__, unconfirmed=len(self._pending))
            self.drop()
        return self._said

    def ensure(self) -> None:
        """Connects if needed, answers heartbeats, and looks once a minute whether our own queues are there."""
        if self._connection is None:
            self._open()
        elif not self._pending:
            self._pump(0.001)
        if time.monotonic() - self._looked > LOOK_EVERY:
            with self._connection.channel() as channel:  # type: ignore[union-attr]
                self._look(channel)
            self._looked = time.monotonic()

    def _open(self) -> None:
        self._connection = _connection(self.address)
        self._connection.ensure_connection(max_retries=1, interval_start=0, timeout=10)
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._tag, self._pending, self._looked = 0, {}, -LOOK_EVERY * 2
        self._channel.events["basic_ack"].add(lambda tag, multiple: self._settle(tag, multiple, "confirmed"))
        self._channel.events["basic_nack"].add(lambda tag, multiple: self._settle(tag, multiple, "nacked"))

    @contextmanager
    def _full_packets(self) -> Iterator[None]:
        """Lets the kernel fill packets, where it can: a quarter less work for us and for the broker."""
        sock = self._channel.connection.transport.sock
        _cork(sock, on=True)
        try:
            yield
        finally:
            _cork(sock, on=False)

    def _send(self, row: Said) -> None:
        message = amqp.Message(
            row.body.encode(),
            content_type=CONTENT_TYPE,
            delivery_mode=2,
            message_id=row.event_id,
            type=row.type,
            timestamp=int(clock.real_now().timestamp()),
        )
        self._tag += 1
        self._pending[self._tag] = row.event_id
        self._channel.basic_publish(message, **self._where(row))

    def _look(self, channel: Any) -> None:
        topology.check(channel)

    def _where(self, row: Said, /) -> dict[str, Any]:
        return {"exchange": topology.EVENTS.name, "routing_key": row.type}

    def _await_confirms(self) -> None:
        deadline = time.monotonic() + CONFIRM_TIMEOUT
        while self._pending:
            if time.monotonic() > deadline:
                raise TimeoutError("confirms are outstanding")
            self._pump(1.0)

    def _pump(self, seconds: float) -> None:
        assert self._connection is not None  # noqa: S101 - for the type checker
        with suppress(TimeoutError):
            self._connection.drain_events(timeout=seconds)
        self._connection.heartbeat_check()

    def _settle(self, tag: int, multiple: bool, word: str) -> None:
        for settled in [t for t in self._pending if t <= tag] if multiple else [tag]:
            if event_id := self._pending.pop(settled, None):
                self._said[event_id] = word

    def drop(self) -> None:
        """Throws the connection away; what is unconfirmed stays unknown."""
        if self._connection is not None:
            self._connection.collect(socket_timeout=0.1)
        self._connection, self._pending = None, {}


class DeadLetter(NamedTuple):
    """A message that a queue gave up, with what the broker and dramatiq noted of it."""

    queue: str
    body: bytes
    headers: dict[str, Any]


def collect_dead_letters(address: BrokerAddress, keep: Callable[[DeadLetter], None], most: int = 100) -> int:
    """Hands up to `most` dead letters of each queue to `keep`, and removes each once `keep` has returned."""
    collected = 0
    with connected(address) as channel:
        for queue in topology.SUBSCRIPTIONS:
            for _ in range(most):
                message = channel.basic_get(topology.dead_letters_of(queue))
                if message is None:
                    break
                body = message.body if isinstance(message.body, bytes) else str(message.body).encode("utf-8", "replace")
                keep(DeadLetter(queue, body, message.properties.get("application_headers") or {}))
                crash.here("dead_letter.kept")
                channel.basic_ack(message.delivery_tag)
                collected += 1
    return collected

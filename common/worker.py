"""A table of handlers becomes a dramatiq worker: the only importer of dramatiq and pika.

dramatiq gives threads, retries and shutdown; RabbitMQ's queues are only looked at, never created, from here.
"""

import os
import signal
import ssl
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, ClassVar

import dramatiq
import pika
from dramatiq.brokers.rabbitmq import RabbitmqBroker, _RabbitmqConsumer
from dramatiq.common import dq_name, iter_queue, xq_name
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import CurrentMessage, Retries, ShutdownNotifications, TimeLimit
from dramatiq.worker import WorkerThread
from structlog.contextvars import bound_contextvars

from common import clock, crash, db, envelope, inbox
from common.events import Event, Undecodable, from_wire
from common.inbox import AlreadyHandled
from common.logs import log
from common.publisher import BrokerUnreachable
from common.settings import BrokerAddress, Settings

HEARTBEAT = 30  # seconds
SHUTDOWN = timedelta(seconds=12)  # for what is at work when we are told to stop, on all queues together
CLOSING = timedelta(seconds=2)  # on top of that: for acks to go out; whoever supervises us waits a little longer
MANY = 200  # messages that one transaction handles at most
Handler = Callable[..., None]


class Rejected(Exception):
    """This message will never succeed: to the dead letters, after one more try that takes the reason along."""


@dataclass(frozen=True)
class Handles:
    """One line of a table of handlers. The retries are for surprises: `tries` of them, `first` to `longest` apart.

    What is no surprise (an ERP or a mail server that is away) has its next try in its row, not here.
    """

    event: type[Event]
    by: Handler
    tries: int = 10
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=10)
    together: Callable[[Sequence[Any]], None] | None = None
    """Given where one transaction may handle many of these events: reads ahead what their handlers will ask for."""


def nothing_ahead(events: Sequence[Event]) -> None:
    """For handlers that read nothing which many of them could read at once."""


def serve(settings: Settings, queues: Mapping[str, Iterable[Handles]]) -> None:
    """Consumes until SIGTERM or SIGINT; each queue has threads of its own. Raises BrokerUnreachable before that.

    Without a database nothing is consumed: each message that is given back counts as a try at the broker.
    """
    with db.connection():
        db.handle.execute_sql("SELECT 1")
    broker = _broker(settings)
    _register(broker, queues)
    _look(settings.broker, queues)
    workers = [
        _worker(broker, queue, settings.worker_threads, _prefetch(table, settings)) for queue, table in queues.items()
    ]
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    for worker in workers:
        worker.start()
    log.info("ready", queues=list(queues), threads=settings.worker_threads)
    told.wait()
    _stop(broker, workers)


def _stop(broker: "_Broker", workers: Iterable[dramatiq.Worker]) -> None:
    """All queues at once: no new work; what is at work is ended and acked; what waits here goes back to the broker.

    What is still at work after that is left: its transaction is rolled back, and it comes to the next worker.
    """
    limit = int(SHUTDOWN.total_seconds() * 1000)
    stops = [threading.Thread(target=worker.stop, args=(limit,), daemon=True) for worker in workers]
    for stop in stops:
        stop.start()
    deadline = time.monotonic() + (SHUTDOWN + CLOSING).total_seconds()
    for stop in stops:
        stop.join(max(0.0, deadline - time.monotonic()))
    left = sum(thread.is_alive() for worker in workers for thread in worker.workers)
    if left:
        log.warning("stopped; what took too long comes to the next worker", left=left)
        os._exit(0)  # a thread that is at work could neither be ended nor be trusted while the interpreter ends
    broker.close()
    log.info("stopped")


# --- handling ---------------------------------------------------------------------------------------------------------
def handle(line: Handles, fields: dict[str, str]) -> None:
    """One message: decode, hand over with the time of day, say in one line what became of it."""
    if "outcome" in fields:
        return  # handled together with others
    event = _decoded(fields["body"])
    with _bound(event):
        began = clock.real_now()
        try:
            outcome = _outcome(line, event)
        except Exception as error:
            if db.is_lost(error):
                _leave(error)
            log.exception("failed", error=type(error).__name__)
            raise
        log.info(outcome, ms=_ms_since(began))


def handle_together(line: Handles, consumer: str, messages: Sequence[dict[str, str]]) -> None:
    """Many messages in one transaction. If that fails nothing has happened, and `handle` takes them one by one."""
    assert line.together  # noqa: S101 - for the type checker
    began = clock.real_now()
    try:
        events = [_decoded(fields["body"]) for fields in messages]
        with db.transaction():
            inbox.expect(events, consumer)
            line.together(events)
            outcomes = [_outcome(line, event) for event in events]
    except Exception as error:  # noqa: BLE001 - what is wrong shows when the message is handled alone
        if db.is_lost(error):
            _leave(error)
        log.warning("not together", handler=line.event.type, messages=len(messages), error=type(error).__name__)
        return
    for fields, event, outcome in zip(messages, events, outcomes, strict=True):
        fields["outcome"] = outcome
        with _bound(event):
            log.info(outcome, ms=_ms_since(began), together=len(events))


def _outcome(line: Handles, event: Event) -> str:
    try:
        line.by(event, now=clock.business_now())
    except AlreadyHandled:
        return "already handled"
    return "handled"


def _bound(event: Event) -> Any:
    return bound_contextvars(event=event.type, event_id=event.id, company=event.company, subject=event.subject)


def _ms_since(began: datetime) -> float:
    return round((clock.real_now() - began).total_seconds() * 1000, 1)


def _decoded(body: str) -> Event:
    try:
        return from_wire(body)
    except Undecodable as error:
        raise Rejected(str(error)) from error


def _leave(error: Exception) -> None:
    """A lost database spends no retry: what is unacknowledged comes back to the next worker."""
    log.critical("database lost; leaving", error=str(error).strip())
    os._exit(1)


# --- dramatiq ---------------------------------------------------------------------------------------------------------
class _Consumer(_RabbitmqConsumer):
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


class _Broker(RabbitmqBroker):
    """Never creates a queue: a missing one is a deployment fault, and must show."""

    consumer_class = _Consumer

    def _declare_queue(self, queue_name: str) -> Any:
        return self.channel.queue_declare(queue=queue_name, passive=True)

    def _declare_dq_queue(self, queue_name: str) -> Any:
        return self.channel.queue_declare(queue=dq_name(queue_name), passive=True)

    def _declare_xq_queue(self, queue_name: str) -> Any:
        return self.channel.queue_declare(queue=xq_name(queue_name), passive=True)


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


class _Encoder(dramatiq.JSONEncoder):
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


def _broker(settings: Settings) -> _Broker:
    limit = int(settings.time_limit.total_seconds() * 1000)
    return _Broker(
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


def _register(broker: _Broker, queues: Mapping[str, Iterable[Handles]]) -> None:
    dramatiq.set_broker(broker)
    queue_of = {}
    for queue, table in queues.items():
        for line in table:
            queue_of[line.event.type] = queue
            dramatiq.Actor(
                partial(handle, line),
                broker=broker,
                actor_name=line.event.type,
                queue_name=queue,
                priority=0,
                options={
                    "min_backoff": int(line.first.total_seconds() * 1000),
                    "max_backoff": int(line.longest.total_seconds() * 1000),
                    "retry_when": partial(_is_worth_a_try, line.tries),
                    "line": line,
                },
            )
    dramatiq.set_encoder(_Encoder(queue_of))


def _is_worth_a_try(tries: int, tried: int, error: Exception) -> bool:
    """A rejected message has one more try, whose envelope tells the dead letters why."""
    return tried < (min(tries, 1) if isinstance(error, Rejected) else tries)


def _look(address: BrokerAddress, queues: Iterable[str]) -> None:
    """Virtual host, rights and queues are there, or one line that says what is not."""
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


class _Thread(WorkerThread):
    """Takes what waits of one kind along, where one transaction may handle many."""

    turns: ClassVar[defaultdict[str, threading.Lock]] = defaultdict(threading.Lock)

    def process_message(self, message: Any) -> None:
        crash.here("message.begun")
        if self._line(message).together is None:
            super().process_message(message)
            return
        with self.turns[message.actor_name]:  # threads of one process that share rows would wait for each other there
            alike = [message, *self._others_like(message)]
            if len(alike) > 1:
                handle_together(self._line(message), message.queue_name, [each.args[0] for each in alike])
            for each in alike:
                super().process_message(each)

    def _others_like(self, message: Any) -> Iterator[Any]:
        """None for one that comes again: should it be what killed a worker, it takes no others along."""
        if message.redelivered:
            return
        others = list(islice(iter_queue(self.work_queue), MANY - 1))
        for item in others:
            if item.message.actor_name == message.actor_name and not item.message.redelivered:
                yield item.message
            else:
                self.work_queue.put(item)
                self.work_queue.task_done()  # of the one that was taken: `put` counts it again

    def _line(self, message: Any) -> Handles:
        return self.broker.get_actor(message.actor_name).options["line"]  # type: ignore[no-any-return]


class _Worker(dramatiq.Worker):
    """One queue's consumer and threads."""

    def _add_worker(self) -> None:
        worker = _Thread(
            broker=self.broker,
            consumers=self.consumers,
            work_queue=self.work_queue,
            worker_timeout=self.worker_timeout,
        )
        worker.start()
        self.workers.append(worker)


def _prefetch(table: Iterable[Handles], settings: Settings) -> int:
    return 2 * MANY if any(line.together for line in table) else settings.worker_threads


def _worker(broker: _Broker, queue: str, threads: int, prefetch: int) -> dramatiq.Worker:
    """`prefetch` is what may be taken at once, and the next of it: a crash raises the delivery count of all that."""
    worker = _Worker(broker, queues={queue}, worker_threads=threads)
    worker.queue_prefetch = prefetch
    return worker

"""The scheduler process: a loop that relays the outbox and, now and then, looks at the calendar and the nets.

Any number of schedulers may run: rows are claimed with a lease, fetches, timers and statements have unique keys.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from common import clock, fetches, outbox
from common.logs import log
from common.one_queue import OneQueue
from common.publisher import BROKER_ERRORS, BrokerUnreachable, DeadLetter, Publisher, collect_dead_letters
from common.settings import Settings
from scheduler import deadletters, decided, newkeys, retention, statements, store

POLL = 0.2  # seconds between looks at the outbox
RELAYS = 2  # connections that move a backlog; a third one brings nothing on two cores
COMPLAIN_EVERY = 30.0  # seconds, while the broker is away


@dataclass
class Chore:
    """Something to do every so many (real) seconds."""

    every: float
    work: Callable[[], object]
    last: float = -1e9

    def when_due(self) -> None:
        if time.monotonic() - self.last >= self.every:
            self.work()
            self.last = time.monotonic()


class Relay:
    """Moves due rows of the outbox to the broker; while that is away the rows wait, and cost nothing.

    A backlog is moved by all publishers at once: while one waits for the broker, another one has the database.
    """

    def __init__(self, publishers: Sequence[Publisher], owner: str, told: threading.Event) -> None:
        self.publishers, self.owner, self.told = publishers, owner, told
        self._threads = ThreadPoolExecutor(len(publishers), "relay")
        self._complained = -1e9

    def __call__(self) -> None:
        if self._is_ready() and self._move(self.publishers[0]):
            list(self._threads.map(self._move_all, self.publishers))

    def _move_all(self, publisher: Publisher) -> None:
        while self._move(publisher):
            pass

    def _move(self, publisher: Publisher) -> bool:
        """Whether more may be waiting."""
        return outbox.relay(publisher, self.owner) == outbox.BATCH and not self.told.is_set()

    def _is_ready(self) -> bool:
        try:
            for publisher in self.publishers:
                publisher.ensure()
        except BROKER_ERRORS as error:
            self.drop()
            if time.monotonic() - self._complained > COMPLAIN_EVERY:
                address = self.publishers[0].address
                log.warning("broker or queues away; events wait", broker=str(address), error=str(error))
                self._complained = time.monotonic()
            return False
        return True

    def drop(self) -> None:
        for publisher in self.publishers:
            publisher.drop()


def request_due_fetches() -> None:
    now = clock.business_now()
    if new := fetches.request(store.companies_due(now), now, fetches.DAILY):
        log.info("fetches requested", companies=new)


def collect(settings: Settings) -> None:
    def keep(letter: DeadLetter) -> None:
        message = deadletters.failed_message(letter, clock.business_now())
        store.keep_failed(message)
        log.error("message failed", queue=message.queue, type=message.type, cause=message.cause)

    try:
        collect_dead_letters(settings.broker, keep)
    except BrokerUnreachable as error:
        log.warning("dead letters can't be collected now", error=str(error))


def serve(settings: Settings) -> None:
    """Until SIGTERM or SIGINT."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    relay = Relay([Publisher(settings.broker) for _ in range(RELAYS)], f"{socket.gethostname()}:{os.getpid()}", told)
    chores = [
        Chore(1.0, request_due_fetches),
        Chore(5.0, newkeys.request),
        Chore(10.0, lambda: store.nudge_missed(clock.business_now())),
        Chore(5.0, statements.Monthly()),
        Chore(15.0, lambda: collect(settings)),
        Chore(1.0, decided.Deciding(partial(OneQueue, settings.broker))),
        Chore(0.5, retention.Sweep(settings.keep)),
        Chore(0.0, relay),
    ]
    log.info("ready")
    while not told.wait(POLL):
        for chore in chores:
            chore.when_due()
    relay.drop()
    log.info("stopped")

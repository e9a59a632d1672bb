"""The scheduler process: a loop that relays the outbox and, now and then, looks at the calendar and the nets.

Any number of schedulers may run: rows are claimed with a lease, fetches and timers have unique keys.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from common import clock, outbox
from common.logs import log
from common.publisher import BROKER_ERRORS, BrokerUnreachable, DeadLetter, Publisher, collect_dead_letters
from common.settings import Settings
from scheduler import deadletters, retention, store

POLL = 0.2  # seconds between looks at the outbox
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
    """Moves due rows of the outbox to the broker; while that is away the rows wait, and cost nothing."""

    def __init__(self, publisher: Publisher, owner: str, told: threading.Event) -> None:
        self.publisher, self.owner, self.told = publisher, owner, told
        self._complained = -1e9

    def __call__(self) -> None:
        if self._is_ready():
            while outbox.relay(self.publisher, self.owner) == outbox.BATCH and not self.told.is_set():
                pass

    def _is_ready(self) -> bool:
        try:
            self.publisher.ensure()
        except BROKER_ERRORS as error:
            self.publisher.drop()
            if time.monotonic() - self._complained > COMPLAIN_EVERY:
                log.warning("broker or queues away; events wait", broker=str(self.publisher.address), error=str(error))
                self._complained = time.monotonic()
            return False
        return True


def request_due_fetches() -> None:
    now = clock.business_now()
    if new := store.request_fetches(store.companies_due(now), now, store.DAILY):
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
    publisher = Publisher(settings.broker)
    chores = [
        Chore(1.0, request_due_fetches),
        Chore(10.0, lambda: store.nudge_missed(clock.business_now())),
        Chore(15.0, lambda: collect(settings)),
        Chore(0.5, retention.Sweep(settings.keep)),
        Chore(0.0, Relay(publisher, f"{socket.gethostname()}:{os.getpid()}", told)),
    ]
    log.info("ready")
    while not told.wait(POLL):
        for chore in chores:
            chore.when_due()
    publisher.drop()
    log.info("stopped")

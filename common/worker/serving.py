"""Consumes until it is told to stop."""

import os
import signal
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from common import db
from common.logs import log
from common.settings import Settings
from common.worker.broker import brokers, look
from common.worker.handling import Handles
from common.worker.threads import Worker

SHUTDOWN = timedelta(seconds=12)  # for what is at work when we are told to stop, on all queues together
CLOSING = timedelta(seconds=2)  # on top of that: for acks to go out; whoever supervises us waits a little longer


def serve(settings: Settings, queues: Mapping[str, Iterable[Handles]]) -> None:
    """Consumes until SIGTERM or SIGINT; each queue has threads of its own. Raises BrokerUnreachable before that.

    Without a database nothing is consumed: each message that is given back counts as a try at the broker.
    """
    with db.connection():
        db.handle.execute_sql("SELECT 1")
    look(settings.broker, queues)
    workers = [Worker(broker, settings.worker_threads) for broker in brokers(settings, queues)]
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    for worker in workers:
        worker.broker.emit_after("process_boot")  # the watch over the time limit begins
        worker.start()
    log.info("ready", queues=list(queues), threads=settings.worker_threads)
    told.wait()
    _stop(workers)


def _stop(workers: Sequence[Worker]) -> None:
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
    for worker in workers:
        worker.broker.close()
    log.info("stopped")

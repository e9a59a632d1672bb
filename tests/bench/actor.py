"""An empty dramatiq actor: `python -m tests.bench.actor N THREADS`; prints the seconds from the first to the last.

The broker's queue is of the same kind as ours, and it is full before the worker starts.
"""

import os
import sys
import threading
import time
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker

QUEUE = "bench"
QUORUM = {"x-queue-type": "quorum"}


class Broker(RabbitmqBroker):
    """On queues that are there."""

    def _declare_queue(self, queue_name: str) -> Any:
        return self.channel.queue_declare(queue=queue_name, durable=True, arguments=QUORUM)

    _declare_dq_queue = _declare_xq_queue = _declare_queue


class Count:
    """When the first and the last came."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen, self.began = wanted, 0, 0.0
        self.lock, self.done = threading.Lock(), threading.Event()

    def __call__(self, body: dict[str, str]) -> None:
        with self.lock:
            self.began = self.began or time.perf_counter()
            self.seen += 1
            if self.seen == self.wanted:
                self.seconds = time.perf_counter() - self.began
                self.done.set()


def main(n: int, threads: int) -> None:
    broker = Broker(url=os.environ["RYKKER_AMQP_URL"].removesuffix("//") + "/%2F", middleware=[])
    dramatiq.set_broker(broker)
    count = Count(n)
    actor = dramatiq.Actor(count, broker=broker, actor_name="empty", queue_name=QUEUE, priority=0, options={})
    for number in range(n):
        actor.send({"body": "x" * 400 + str(number)})
    worker = dramatiq.Worker(broker, queues={QUEUE}, worker_threads=threads)
    worker.start()
    count.done.wait()
    worker.stop()
    broker.close()
    sys.stdout.write(f"{count.seconds}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

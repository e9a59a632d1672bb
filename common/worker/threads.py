"""One queue's consumer and its threads, which take along what waits of one kind."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

import dramatiq
from dramatiq.common import iter_queue
from dramatiq.middleware import TimeLimitExceeded
from dramatiq.worker import WorkerThread

from common import crash
from common.logs import log
from common.worker.broker import Broker
from common.worker.handling import Handles, handle_together

MANY = 200  # messages that one transaction handles at most


class Worker(dramatiq.Worker):
    """Consumes the queue of its broker: as dramatiq wants it, one worker a broker.

    What may be handled at once is prefetched, and the next of it: a crash raises the delivery count of all that.
    """

    def __init__(self, broker: Broker, threads: int) -> None:
        super().__init__(broker, worker_threads=threads)
        many = any(actor.options["line"].together for actor in broker.actors.values())
        self.queue_prefetch = 2 * MANY if many else threads

    def _add_worker(self) -> None:
        worker = _Thread(
            broker=self.broker,
            consumers=self.consumers,
            work_queue=self.work_queue,
            worker_timeout=self.worker_timeout,
        )
        worker.start()
        self.workers.append(worker)


class _Thread(WorkerThread):
    """Takes what waits of one kind along, where one transaction may handle many."""

    turns: ClassVar[defaultdict[str, threading.Lock]] = defaultdict(threading.Lock)

    def process_message(self, message: Any) -> None:
        crash.here("message.begun")
        line: Handles = self.broker.get_actor(message.actor_name).options["line"]
        if line.together is None:
            super().process_message(message)
            return
        with self.turns[message.actor_name]:  # threads of one process that share rows would wait for each other there
            alike = [message, *self._others_like(message)]
            finish = self._done if len(alike) > 1 and self._together(line, alike) else super().process_message
            for each in alike:
                finish(each)

    def _together(self, line: Handles, alike: Sequence[Any]) -> bool:
        """Whether it went well; under the time limit of one message."""
        self.broker.emit_before("process_message", alike[0])
        try:
            return bool(handle_together(line, alike[0].queue_name, [each.args[0] for each in alike]))
        except TimeLimitExceeded:
            log.warning("not together: it took too long", handler=line.event.type, messages=len(alike))
            return False
        finally:
            self.broker.emit_after("process_message", alike[0])

    def _done(self, message: Any) -> None:
        self.consumers[message.queue_name].post_process_message(message)
        self.work_queue.task_done()

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

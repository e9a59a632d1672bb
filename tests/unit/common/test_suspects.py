"""A message that kills its worker each time, among many that are held with it: played through with the real consumer.

The broker here does as RabbitMQ does: what came back goes out before what is new, and who dies returns all he held.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from common import topology
from common.worker.consumer import NOTHING, SUSPECT, Consumer, Delivery
from common.worker.threads import MANY

PREFETCH = 2 * MANY
MESSAGES = 1000
Order = Callable[[list[int], set[int], Random], list[int]]
ORDERS: dict[str, Order] = {
    "as they were": lambda held, _, __: held,
    "killers first": lambda held, killers, _: sorted(held, key=lambda number: number not in killers),
    "in any order": lambda held, _, random: random.sample(held, len(held)),
}


@dataclass
class Broker:
    """One queue; a message is a number."""

    killers: set[int]
    order: Order
    random: Random
    ready: deque[int] = field(default_factory=lambda: deque(range(MESSAGES)))
    returned: deque[int] = field(default_factory=deque)
    counts: dict[int, int] = field(default_factory=dict)
    given_up: set[int] = field(default_factory=set)
    handled: list[int] = field(default_factory=list)

    def give(self) -> Delivery:
        if not (waiting := self.returned or self.ready):
            return NOTHING
        number = waiting.popleft()
        properties = SimpleNamespace(headers={"x-delivery-count": self.counts.get(number, 0)})
        return SimpleNamespace(delivery_tag=number), properties, b""

    def take_back(self, held: list[int]) -> None:
        for number in self.order(held, self.killers, self.random):
            self.counts[number] = self.counts.get(number, 0) + 1
            if self.counts[number] > topology.LIMIT:
                self.given_up.add(number)
            else:
                self.returned.append(number)


class Worker:
    """A process; its consumer is the real one, on a channel that leads to the broker above."""

    def __init__(self, broker: Broker) -> None:
        self.broker, self.held = broker, list[int]()
        self.start()

    def start(self) -> None:
        consumer: Any = Consumer.__new__(Consumer)
        consumer.queue_name, consumer.known_tags = "toy", self.held
        consumer.channel, consumer.connection = self, SimpleNamespace(process_data_events=lambda _: None)
        self.coming = consumer._suspects_first(self._many_at_once(), 0.0)

    def basic_get(self, _: str) -> Delivery:
        return self.broker.give()

    def _many_at_once(self) -> Iterator[Delivery]:
        while True:
            yield self.broker.give() if len(self.held) < PREFETCH else NOTHING

    def take(self, most: int) -> None:
        for _ in range(most):
            method, _, _ = next(self.coming)
            if method is None:
                return
            self.held.append(method.delivery_tag)

    def work(self, most: int) -> None:
        """Handles and acknowledges, one after the other; dies at a killer."""
        for _ in range(min(most, len(self.held))):
            if self.held[0] in self.broker.killers:
                self.broker.take_back(list(self.held))
                self.held.clear()
                self.start()
                return
            self.broker.handled.append(self.held.pop(0))


def played(seed: int, order: Order, workers: int, killers: int) -> Broker:
    """All that was there has been handled or given up."""
    random = Random(seed)
    broker = Broker(set(random.sample(range(MESSAGES), killers)), order, random)
    staff = [Worker(broker) for _ in range(workers)]
    while len(broker.handled) + len(broker.given_up) < MESSAGES:
        worker = random.choice(staff)
        worker.take(random.choice((1, 20, PREFETCH)))
        worker.work(random.choice((1, 20, PREFETCH)))
    assert broker.given_up >= broker.killers
    return broker


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize(("workers", "killers"), [(1, 1), (1, 3), (2, 2), (5, 3)])
def test_only_killers_are_given_up_and_all_others_are_handled_once(workers: int, killers: int, order: Order) -> None:
    for seed in range(3):
        broker = played(seed, order, workers, killers)

        assert broker.given_up == broker.killers
        assert sorted(broker.handled) == sorted(set(range(MESSAGES)) - broker.killers)


@pytest.mark.parametrize("seed", range(10))
def test_beside_one_killer_and_in_one_worker_nothing_comes_back_more_than_three_times(seed: int) -> None:
    """Twice while it may be anything, and once with what was taken just before the killer came the third time."""
    broker = played(seed, ORDERS["as they were"], workers=1, killers=1)

    assert max(broker.counts[number] for number in broker.counts.keys() - broker.killers) <= SUSPECT + 1

"""How deep the queues are, if the broker answers."""

from dataclasses import dataclass, field
from typing import Any

from common import topology
from common.publisher import BrokerUnreachable, connected
from common.settings import BrokerAddress


@dataclass(frozen=True, kw_only=True)
class Depth:
    """Messages in a queue that wait, that wait for a retry, and that were given up."""

    queue: str
    ready: int
    retrying: int
    dead: int


@dataclass(frozen=True, kw_only=True)
class Broker:
    """The queues, or why the broker gave no answer."""

    answers: bool
    problem: str = ""
    queues: list[Depth] = field(default_factory=list)


def broker(address: BrokerAddress) -> Broker:
    """How deep the queues are. A broker that is away is an answer, too."""
    try:
        with connected(address) as channel:
            return Broker(answers=True, queues=[_depth(channel, name) for name in topology.SUBSCRIPTIONS])
    except BrokerUnreachable as error:
        return Broker(answers=False, problem=str(error))


def _depth(channel: Any, name: str) -> Depth:
    ready, retrying, dead = (
        channel.queue_declare(queue, passive=True).message_count
        for queue in (name, f"{name}.DQ", topology.dead_letters_of(name))
    )
    return Depth(queue=name, ready=ready, retrying=retrying, dead=dead)

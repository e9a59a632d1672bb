"""Says events of the log again, with their ids, to one queue: its subscriber was away, or the queue is new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from common import topology
from common.events import EVENTS
from common.tables import Inbox, Outbox
from deploy.session import Refused
from scheduler.failed import OneQueue

BATCH = 100  # messages in flight at once


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the log: what was published from `since` until before `until`, in the order it was said."""

    queue: str
    types: tuple[str, ...]
    since: datetime
    until: datetime
    company: str = ""
    after: int = 0  # the number of the row that was the last one to be said

    def rows(self) -> Any:
        """A query for those that the queue is missing; our own queues' inboxes know what was handled."""
        wanted = [Outbox.id > self.after, Outbox.published_at >= self.since, Outbox.published_at < self.until]
        wanted.append(Outbox.type.in_(self.types))
        if self.company:
            wanted.append(Outbox.company == self.company)
        if self.queue in topology.SUBSCRIPTIONS:
            handled = Inbox.select(Inbox.event_id).where(Inbox.consumer == self.queue)
            wanted.append(Outbox.event_id.not_in(handled))
        return Outbox.select().where(*wanted).order_by(Outbox.id)


def types_for(queue: str, patterns: Sequence[str]) -> tuple[str, ...]:
    """Which types that queue is to hear: what ours are bound to, everything for another one; of these, `patterns`."""
    if queue not in topology.SUBSCRIPTIONS and queue in {ours.name for ours in topology.queues()}:
        raise Refused(f"{queue} keeps retries or dead letters; the queue to name is {queue.rpartition('.')[0]}")
    heard = [event.type for event in topology.SUBSCRIPTIONS.get(queue, ())] or list(EVENTS)
    for pattern in patterns:
        if not any(_fits(kind, pattern) for kind in heard):
            raise Refused(f"{queue} hears nothing like {pattern!r}; it hears {', '.join(heard)}")
    return tuple(kind for kind in heard if not patterns or any(_fits(kind, pattern) for pattern in patterns))


def _fits(kind: str, pattern: str) -> bool:
    return fnmatchcase(kind, pattern.replace("#", "*"))


class Unconfirmed(Exception):
    """The broker did not confirm everything: what it did not will be said again."""


def say_again(part: Part, queue: OneQueue) -> Iterator[Sequence[Outbox]]:
    """Publishes batch by batch; gives each once all of it is confirmed. Raises Unconfirmed."""
    reached = part.after
    while batch := list(part.rows().where(Outbox.id > reached).limit(BATCH)):
        said = queue.publish(batch)
        if wrong := {word for word in said.values() if word != "confirmed"}:
            raise Unconfirmed(f"{Unconfirmed.__doc__} Its word was {', '.join(sorted(wrong))}.")
        reached = batch[-1].id
        yield batch

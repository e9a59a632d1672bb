"""What a person does with messages that failed: choose them, replay them to their queue, archive them.

A replay keeps the event's id and goes to the one queue that gave the message up, so no other subscriber hears it again.
The inbox takes what was handled after all for what it is. A row counts as replayed once the broker has confirmed the
message, and only if the message has not come back meanwhile.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, Protocol

from common import db, topology
from common.cloudevents import Undecodable, from_wire
from common.outbox import Said
from common.tables import FailedMessage, Inbox, Outbox

BATCH = 200  # messages in flight at once
Result = Literal["replayed", "handled already", "can't be replayed", "not confirmed", "failed again"]


class NoSuchFailure(Exception):
    """No open message has this ID or cause: `rykker failed list` shows them."""


class OneQueue(Protocol):
    """Publishes to one queue, and says of each event id what the broker said of it."""

    def publish(self, rows: Sequence[Said]) -> dict[str, str]: ...


class Opens(Protocol):
    """Opens a queue for publishing; raises what says that it can't be."""

    def __call__(self, queue: str) -> AbstractContextManager[OneQueue]: ...


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one message."""

    id: int
    event_id: str
    type: str
    queue: str
    result: Result
    why: str = ""


def chosen(which: str) -> list[FailedMessage]:
    """Open messages by an ID, or by a cause or the beginning of one, oldest first. Raises NoSuchFailure."""
    is_meant = FailedMessage.id == int(which) if which.isdecimal() else FailedMessage.cause.startswith(which)
    found = FailedMessage.select().where(FailedMessage.state == "open", is_meant).order_by(FailedMessage.id)
    if not which or not (rows := list(found)):
        raise NoSuchFailure(f"{NoSuchFailure.__doc__} It was asked for {which!r}.")
    return rows


def archive(rows: Iterable[FailedMessage], reason: str, now: datetime) -> int:
    """Puts messages aside for good; returns how many still were open and had not come back."""
    return sum(_decide(row, "archived", now, reason) for row in rows)


def replay(rows: Iterable[FailedMessage], open_queue: Opens, now: datetime) -> Iterator[Outcome]:
    """Publishes each to its own queue again, and says what became of it."""
    in_order = sorted(rows, key=lambda row: (row.queue, row.id))
    for queue, failed in groupby(in_order, key=lambda row: str(row.queue)):
        ready = []
        for row in failed:
            if outcome := _spared(row, now):
                yield outcome
            else:
                ready.append(row)
        for start in range(0, len(ready), BATCH):
            with open_queue(queue) as publisher:
                yield from _published(ready[start : start + BATCH], publisher, now)


def why_not(row: FailedMessage) -> str:
    """Why it can't be replayed, or nothing."""
    if row.queue not in topology.SUBSCRIPTIONS:
        return f"this version has no queue {row.queue}"
    try:
        event = from_wire(row.body)
    except Undecodable as error:
        return f"nobody can read it: {error}"
    heard = type(event) in topology.SUBSCRIPTIONS[row.queue]
    return "" if heard else f"{row.queue} doesn't hear {event.type} in this version"


def is_handled(row: FailedMessage) -> bool:
    """Consumers have the names of their queues."""
    return Inbox.get_or_none(consumer=row.queue, event_id=row.event_id) is not None


def _spared(row: FailedMessage, now: datetime) -> Outcome | None:
    if why := why_not(row):
        return _outcome(row, "can't be replayed", why)
    if is_handled(row):
        _decide(row, "replayed", now, "it was handled in the meantime")
        return _outcome(row, "handled already", "nothing was published: the inbox would take it for a repeat")
    return None


def _published(rows: Sequence[FailedMessage], queue: OneQueue, now: datetime) -> Iterator[Outcome]:
    again = {row.event_id: Outbox(event_id=row.event_id, type=row.type, body=row.body) for row in rows}
    said = queue.publish(list(again.values()))
    for row in rows:
        if (word := said[row.event_id]) != "confirmed":
            yield _outcome(row, "not confirmed", f"the broker's word is {word}; it stays open, so replay it again")
        elif _decide(row, "replayed", now):
            yield _outcome(row, "replayed")
        else:
            yield _outcome(row, "failed again", "it came back at once, or somebody else decided")


def _decide(row: FailedMessage, state: str, now: datetime, reason: str = "") -> bool:
    """Compare and set: a message that came back since it was chosen stays open.

    Whose decision it was (of decided.py; a row has its last one) and what came of it go into the same row.
    """
    noted = {"decision_no": row.decision_no, "outcome": state}
    changed: Any = FailedMessage.update(state=state, decided_at=now, reason=reason, **noted)
    unchanged = (FailedMessage.state == "open") & (FailedMessage.times == row.times)
    with db.transaction():
        return bool(changed.where(FailedMessage.id == row.id, unchanged).execute())


def _outcome(row: FailedMessage, result: Result, why: str = "") -> Outcome:
    return Outcome(id=row.id, event_id=row.event_id, type=row.type, queue=row.queue, result=result, why=why)

"""once(event, consumer): the only way to consume."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from common import bulk, clock, db
from common.events import Event
from common.tables import Inbox


class AlreadyHandled(Exception):
    """This consumer has handled this event; nothing is left to do."""


@contextmanager
def once(event: Event, consumer: str) -> Iterator[None]:
    """Opens the transaction and notes the event in it: note, state and next events commit together, or none does.

    A second one at the same moment waits for the first, then raises AlreadyHandled (if the first was rolled back it
    goes on). Only the worker catches AlreadyHandled.
    """
    with db.transaction():
        if event.id not in _expected(consumer):
            expect([event], consumer)
        if event.id not in _expected(consumer):
            raise AlreadyHandled(f"{consumer} has handled {event.type} {event.id}")
        _expected(consumer).remove(event.id)
        yield


def expect(events: Iterable[Event], consumer: str) -> None:
    """Notes many events at once, for a transaction that will meet them one by one with `once`."""
    now = clock.real_now()
    notes = [
        {"consumer": consumer, "event_id": event_id, "handled_at": now} for event_id in sorted({e.id for e in events})
    ]
    new = bulk.insert(Inbox, notes, "ON CONFLICT DO NOTHING RETURNING event_id")
    _expected(consumer).update(event_id for (event_id,) in new)


def _expected(consumer: str) -> set[str]:
    """Ids that this transaction has noted, and not yet met."""
    return db.notes().setdefault(("inbox", consumer), set())  # type: ignore[no-any-return]


def refuse_handled(event: Event, consumer: str) -> None:
    """Raises AlreadyHandled; a look before slow work, to spare it. `once` is still needed around what comes of it."""
    with db.connection():
        if Inbox.get_or_none(consumer=consumer, event_id=event.id):
            raise AlreadyHandled(f"{consumer} has handled {event.type} {event.id}")

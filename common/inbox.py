"""once(event, consumer): the only way to consume."""

from collections.abc import Iterator
from contextlib import contextmanager

from common import clock, db
from common.events import Event
from common.tables import Inbox


class AlreadyHandled(Exception):
    """This consumer has handled this event; nothing is left to do."""


@contextmanager
def once(event: Event, consumer: str) -> Iterator[None]:
    """Opens the transaction and notes the event in it: note, state and next events commit together, or none does.

    A second one at the same moment waits for the first, then raises AlreadyHandled (if the first was rolled back it
    goes on). Only worker.py catches AlreadyHandled.
    """
    with db.transaction():
        note = Inbox.insert(consumer=consumer, event_id=event.id, handled_at=clock.real_now())
        if not note.on_conflict_ignore().as_rowcount().execute():
            raise AlreadyHandled(f"{consumer} has handled {event.type} {event.id}")
        yield


def refuse_handled(event: Event, consumer: str) -> None:
    """Raises AlreadyHandled; a look before slow work, to spare it. `once` is still needed around what comes of it."""
    with db.connection():
        if Inbox.get_or_none(consumer=consumer, event_id=event.id):
            raise AlreadyHandled(f"{consumer} has handled {event.type} {event.id}")

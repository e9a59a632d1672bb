"""What becomes of one message, or of many in one transaction."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from structlog.contextvars import bound_contextvars

from common import clock, db, inbox
from common.cloudevents import Undecodable, from_wire
from common.events import Event
from common.inbox import AlreadyHandled
from common.logs import log

Handler = Callable[..., None]


class Rejected(Exception):
    """This message will never succeed: to the dead letters, after one more try that takes the reason along."""


@dataclass(frozen=True)
class Handles:
    """One line of a table of handlers. The retries are for surprises: `tries` of them, `first` to `longest` apart.

    What is no surprise (an ERP or a mail server that is away) has its next try in its row, not here.
    """

    event: type[Event]
    by: Handler
    tries: int = 10
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(minutes=10)
    together: Callable[[Sequence[Any]], None] | None = None
    """Given where one transaction may handle many of these events: reads ahead what their handlers will ask for."""


def nothing_ahead(events: Sequence[Event]) -> None:
    """For handlers that read nothing which many of them could read at once."""


def handle(line: Handles, fields: dict[str, str]) -> None:
    """One message: decode, hand over with the time of day, say in one line what became of it."""
    event = _decoded(fields["body"])
    with _bound(event):
        began = clock.real_now()
        try:
            outcome = _outcome(line, event)
        except Exception as error:
            if db.is_lost(error):
                _leave(error)
            log.exception("failed", error=type(error).__name__)
            raise
        log.info(outcome, ms=_ms_since(began))


def handle_together(line: Handles, consumer: str, messages: Sequence[dict[str, str]]) -> list[str]:
    """Many messages in one transaction; what became of each. If it fails nothing has happened: `handle` takes them."""
    assert line.together  # noqa: S101 - for the type checker
    began = clock.real_now()
    try:
        events = [_decoded(fields["body"]) for fields in messages]
        with db.transaction():
            inbox.expect(events, consumer)
            line.together(events)
            outcomes = [_outcome(line, event) for event in events]
    except Exception as error:  # noqa: BLE001 - what is wrong shows when the message is handled alone
        if db.is_lost(error):
            _leave(error)
        log.warning("not together", handler=line.event.type, messages=len(messages), error=type(error).__name__)
        return []
    for event, outcome in zip(events, outcomes, strict=True):
        with _bound(event):
            log.info(outcome, ms=_ms_since(began), together=len(events))
    return outcomes


def _outcome(line: Handles, event: Event) -> str:
    try:
        line.by(event, now=clock.business_now())
    except AlreadyHandled:
        return "already handled"
    return "handled"


def _bound(event: Event) -> Any:
    return bound_contextvars(type=event.type, event_id=event.id, company=event.company, subject=event.subject)


def _ms_since(began: datetime) -> float:
    return round((clock.real_now() - began).total_seconds() * 1000, 1)


def _decoded(body: str) -> Event:
    try:
        return from_wire(body)
    except Undecodable as error:
        raise Rejected(str(error)) from error


def _leave(error: Exception) -> None:
    """A lost database spends no retry: what is unacknowledged comes back to the next worker."""
    log.critical("database lost; leaving", error=str(error).strip())
    os._exit(1)

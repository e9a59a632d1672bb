"""add(event, at): the only way to publish. The outbox is the event log, and where delayed messages wait.

The relay (run by the scheduler) claims due rows with a lease, publishes them pipelined and stamps what the broker
confirmed. A lost lease, a lost confirm or a second relay means a repeat with the same id, never a loss.
"""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from peewee import fn

from common import bulk, clock, crash, db
from common.cloudevents import to_wire
from common.events import Event
from common.tables import Outbox, RelayLease

BATCH = 1000  # rows a claim
WINDOW = 1000  # due rows, at either end, among which companies take turns
LEASE = timedelta(seconds=60)  # longer than the publisher's confirm timeout
LONGEST_BACKOFF = timedelta(minutes=5)

_claiming = threading.Lock()  # two at once see the same rows, and the second one would go away with nothing
_installation = "rykkerportalen"


def sign_as(installation: str) -> None:
    """Whose events these are; part of their ids."""
    global _installation  # noqa: PLW0603 - one installation a process
    _installation = installation


def add(*events: Event, at: datetime | None = None) -> None:
    """Writes the events down in the caller's transaction; once that commits they go out at `at` (business time).

    Raises RuntimeError outside a transaction. An event that was said before lets the commit fail with
    peewee.IntegrityError.
    """
    now = clock.business_now()
    db.notes().setdefault("outbox", []).extend(
        _row(event.identified(_installation), at or now, now) for event in events
    )
    db.last(_write)


def unsaid(events: Iterable[Event]) -> list[Event]:
    """Those whose ids are not in the log, each id once. Needs a connection."""
    by_id = {(known := event.identified(_installation)).id: known for event in events}
    said: Any = Outbox.select(Outbox.event_id).where(bulk.among(Outbox.event_id, by_id)).tuples()
    for (event_id,) in said:
        del by_id[event_id]
    return list(by_id.values())


def waiting(events: Sequence[Event]) -> Any:
    """The query for rows not yet published that have the type of these events, which is one, and their subjects."""
    return Outbox.select(Outbox.id, Outbox.subject, Outbox.at).where(
        bulk.among_pairs(Outbox.company, Outbox.subject, [(event.company, event.subject) for event in events]),
        Outbox.type == events[0].type,
        Outbox.published_at.is_null(),
    )


def _write() -> None:
    bulk.insert(Outbox, db.notes().pop("outbox"))


def _row(event: Event, at: datetime, now: datetime) -> dict[str, Any]:
    body = to_wire(event, source=_installation, time=now)
    return {
        "event_id": event.id,
        "type": event.type,
        "company": event.company,
        "subject": event.subject,
        "body": body,
        "at": at,
        "added_at": now,
    }


# --- relay -----------------------------------------------------------------------------------------------------------
class Said(Protocol):
    """What publishing needs to know of a row."""

    @property
    def event_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def body(self) -> str: ...


class Due(NamedTuple):
    """A row of the outbox that is to be published, and how often that failed."""

    id: int
    event_id: str
    type: str
    body: str
    tries: int


class Batch(NamedTuple):
    """Rows that are leased to one publisher."""

    lease: str
    rows: list[Due]


class Publisher(Protocol):
    """What the relay needs: publishes rows and says of each event id what the broker said of it."""

    def publish(self, rows: Sequence[Said]) -> dict[str, str]: ...


def relay(publisher: Publisher, owner: str) -> int:
    """Publishes one batch of what is due; returns how many were claimed."""
    if batch := claim(owner):
        crash.here("relay.claimed")
        said = publisher.publish(batch.rows)
        crash.here("relay.confirmed")
        stamp(batch, said)
    return len(batch.rows) if batch else 0


def claim(owner: str) -> Batch | None:
    """Leases up to BATCH due rows to `owner`, taking turns between companies so that a big one delays nobody.

    One row is written for all of them: a lease in each would cost more than publishing it does.
    """
    with _claiming, db.transaction():
        leased = leaving()
        wanted = [row_id for row_id in _in_turn(len(leased)) if row_id not in leased][:BATCH]
        columns = [getattr(Outbox, name) for name in Due._fields]
        free = db.locked(Outbox.select(*columns).where(bulk.among(Outbox.id, wanted), _is_free()), skip=True)
        rows = [Due(*row) for row in sorted(free.tuples())]
        if leased_meanwhile := leaving() - leased:  # another relay let go of its locks between our two looks
            rows = [row for row in rows if row.id not in leased_meanwhile]
        if not rows:
            return None
        batch = Batch(str(uuid4()), rows)
        RelayLease.delete().where(RelayLease.until < clock.real_now()).execute()
        RelayLease.create(id=batch.lease, owner=owner, until=clock.real_now() + LEASE, rows=[row.id for row in rows])
    return batch


def leaving() -> set[int]:
    """The ids that relays are publishing now. None joins them that the caller has locked before it asked."""
    leases = RelayLease.select().where(RelayLease.until >= clock.real_now())
    return {row_id for lease in leases for row_id in lease.rows}


def _is_free() -> Any:
    return Outbox.published_at.is_null() & (Outbox.retry_at.is_null() | (Outbox.retry_at < clock.real_now()))


def _in_turn(leased: int) -> list[int]:
    """The ids to claim, seen among the oldest and the newest of what is due: a flood of one company hides no other."""
    due = Outbox.select(Outbox.id, Outbox.company).where(_is_free(), Outbox.at <= clock.business_now())
    seen = due.order_by(Outbox.at).limit(WINDOW + leased) | due.order_by(Outbox.at.desc()).limit(WINDOW)
    turn = fn.row_number().over(partition_by=[seen.c.company], order_by=[seen.c.id]).alias("turn")
    turns = seen.select_from(seen.c.id, turn)
    ids = turns.select_from(turns.c.id).order_by(turns.c.turn, turns.c.id).limit(BATCH + leased)
    return [row_id for (row_id,) in ids.tuples()]


def stamp(batch: Batch, said: dict[str, str]) -> None:
    """Notes what was confirmed; the rest waits (longer after each try) and is tried again."""
    confirmed = [row.id for row in batch.rows if said[row.event_id] == "confirmed"]
    with db.transaction():
        done = Outbox.update(published_at=clock.business_now())
        done.where(bulk.among(Outbox.id, confirmed), Outbox.published_at.is_null()).execute()
        for row in batch.rows:
            if (word := said[row.event_id]) != "confirmed":
                later = clock.real_now() + min(LONGEST_BACKOFF, timedelta(seconds=2 ** min(row.tries + 1, 10)))
                again = Outbox.update(retry_at=later, tries=row.tries + 1, reason=word)
                again.where(Outbox.id == row.id, Outbox.published_at.is_null()).execute()
        RelayLease.delete().where(RelayLease.id == batch.lease).execute()

"""add(event, at): the only way to publish. The outbox is the event log, and where delayed messages wait.

The relay (run by the scheduler) claims due rows with a lease, publishes them pipelined and stamps what the broker
confirmed. A lost lease, a lost confirm or a second relay means a repeat with the same id, never a loss.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from peewee import SQL, fn

from common import clock, crash, db
from common.events import Event, to_wire
from common.tables import Outbox

BATCH = 500  # rows a claim
WINDOW = 2500  # due rows, at either end, among which companies take turns
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


def _write() -> None:
    db.insert(Outbox, db.notes().pop("outbox"))


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
    """A row of the outbox that is to be published; `tries` counts this one."""

    id: int
    event_id: str
    type: str
    body: str
    tries: int


class Publisher(Protocol):
    """What the relay needs: publishes rows and says of each event id what the broker said of it."""

    def publish(self, rows: Sequence[Said]) -> dict[str, str]: ...


def relay(publisher: Publisher, owner: str) -> int:
    """Publishes one batch of what is due; returns how many were claimed."""
    rows = claim(owner)
    if rows:
        crash.here("relay.claimed")
        said = publisher.publish(rows)
        crash.here("relay.confirmed")
        stamp(owner, rows, said)
    return len(rows)


def claim(owner: str) -> list[Due]:
    """Leases up to BATCH due rows to `owner`, taking turns between companies so that a big one delays nobody.

    In three steps with plain lists between them, so that the planner can't mistake a few ids for the whole log.
    """
    lease = Outbox.update(claimed_by=owner, claimed_until=clock.real_now() + LEASE, tries=Outbox.tries + 1)
    columns = [getattr(Outbox, name) for name in Due._fields]
    with _claiming, db.transaction():
        free = Outbox.published_at.is_null() & (
            Outbox.claimed_until.is_null() | (Outbox.claimed_until < clock.real_now())
        )
        wanted = _ids(_in_turn(free))
        ours = _ids(db.locked(Outbox.select(Outbox.id).where(db.among(Outbox.id, wanted), free), skip=True))
        rows = list(lease.where(db.among(Outbox.id, ours)).returning(*columns).tuples().execute())
    return [Due(*row) for row in sorted(rows)]


def _ids(query: Any) -> list[int]:
    return [row_id for (row_id,) in query.tuples()]


def _in_turn(free: Any) -> Any:
    """The ids to claim, seen among the oldest and the newest of what is due: a flood of one company hides no other."""
    due = Outbox.select(Outbox.id, Outbox.company).where(free, Outbox.at <= clock.business_now())
    seen = due.order_by(Outbox.at).limit(WINDOW) | due.order_by(Outbox.at.desc()).limit(WINDOW)
    turn = fn.row_number().over(partition_by=[seen.c.company], order_by=[seen.c.id]).alias("turn")
    turns = seen.select_from(seen.c.id, turn)
    return turns.select_from(turns.c.id).order_by(turns.c.turn, turns.c.id).limit(BATCH)


def stamp(owner: str, rows: Sequence[Due], said: dict[str, str]) -> None:
    """Notes what was confirmed; the rest waits (longer after each try) and is tried again."""
    confirmed = [row.id for row in rows if said[row.event_id] == "confirmed"]
    with db.transaction():
        if confirmed:
            done = Outbox.update(published_at=clock.business_now(), claimed_by=None, claimed_until=None)
            done.where(db.among(Outbox.id, confirmed)).execute()
        for row in rows:
            if (word := said[row.event_id]) != "confirmed":
                later = clock.real_now() + min(LONGEST_BACKOFF, timedelta(seconds=2 ** min(row.tries, 10)))
                again = Outbox.update(claimed_by=None, claimed_until=later, reason=word)
                again.where(Outbox.id == row.id, Outbox.claimed_by == owner, SQL("published_at IS NULL")).execute()

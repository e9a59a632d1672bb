"""What `rykker failed` tells: open messages grouped by cause, and each with its event."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from common.cloudevents import Undecodable, from_wire
from common.tables import FailedMessage
from scheduler import failed


@dataclass(frozen=True, kw_only=True)
class Group:
    """Messages of one type that one queue gave up for one cause."""

    cause: str
    queue: str
    type: str
    count: int
    companies: list[str]
    first_at: datetime
    last_at: datetime
    came_back: int
    ids: list[int]
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One message. `event` is what this version reads of it: unknown fields of a strange sender are not shown."""

    id: int
    state: str
    cause: str
    queue: str
    type: str
    company: str
    event_id: str
    times: int
    collected_at: datetime
    handled_since: bool
    not_replayable: str
    size: int
    event: dict[str, Any] | None


def groups(state: str = "open") -> list[Group]:
    """The groups in that state, the one that failed last at the end. Needs a connection."""
    rows: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for row in FailedMessage.select().where(FailedMessage.state == state).order_by(FailedMessage.id):
        rows[row.cause, row.queue, row.type].append(row)
    return sorted((_group(same) for same in rows.values()), key=lambda group: group.last_at)


def _group(rows: list[Any]) -> Group:
    return Group(
        cause=rows[0].cause,
        queue=rows[0].queue,
        type=rows[0].type,
        count=len(rows),
        companies=sorted({row.company for row in rows if row.company}),
        first_at=min(row.collected_at for row in rows),
        last_at=max(row.collected_at for row in rows),
        came_back=sum(row.times > 1 for row in rows),
        ids=[row.id for row in rows],
        reasons=sorted({row.reason for row in rows if row.reason}),
    )


def failures(rows: Iterable[FailedMessage]) -> list[Failure]:
    """Each of these messages in full. Needs a connection."""
    return [_failure(row) for row in rows]


def _failure(row: Any) -> Failure:
    names = ("id", "state", "cause", "queue", "type", "company", "event_id", "times", "collected_at")
    return Failure(
        **{name: getattr(row, name) for name in names},
        handled_since=failed.is_handled(row),
        not_replayable=failed.why_not(row),
        size=len(row.body.encode()),
        event=_event(row.body),
    )


def _event(body: str) -> dict[str, Any] | None:
    try:
        return dict(msgspec.to_builtins(from_wire(body)))
    except Undecodable:
        return None

"""Messages that failed, for operators: groups by cause, one of them, and what an operator decides.

The scheduler carries a decision out, and writes what came of it into the message's row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from peewee import fn

from common import bulk, db
from common.cloudevents import Undecodable, from_wire
from common.events import Event
from common.tables import FailedDecision, FailedMessage
from decisions.queries import NotFound
from decisions.rooms import Outdated

Choice = Literal["replay", "archive"]
State = Literal["open", "replayed", "archived"]
MOST_GROUPS = 100
MOST_SHOWN = 50  # messages of a group
_SAME = (FailedMessage.cause, FailedMessage.queue, FailedMessage.type)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Messages of one type that one queue gave up for one cause. `newest` is the one with the highest id.

    `times` is how often all of them came: another sum means that the group is not what was seen.
    """

    cause: str
    queue: str
    type: str
    count: int
    companies: int
    first_at: datetime
    last_at: datetime
    newest: int
    times: int
    decided: int


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One message. `event` is what this version reads of it, None if it can't."""

    row: Any
    event: Event | None
    is_decided: bool
    group: Group
    others: Sequence[Any]


def groups(state: State) -> list[Group]:
    """The one that failed last first. Needs a connection."""
    last = fn.MAX(FailedMessage.collected_at).coerce(False)
    found = _grouped(FailedMessage.state == state).order_by(last.desc()).limit(MOST_GROUPS)
    return [_group(row) for row in found.dicts()]


def counts() -> dict[str, int]:
    """How many are in each state."""
    counted: Any = FailedMessage.select(FailedMessage.state, fn.COUNT(FailedMessage.id))
    return dict(counted.group_by(FailedMessage.state).tuples())


def failure(failed_id: int) -> Failure:
    """Raises NotFound. Needs a connection."""
    row = FailedMessage.get_or_none(FailedMessage.id == failed_id)
    if row is None:
        raise NotFound(NotFound.__doc__)
    alike = _alike(row) & (FailedMessage.state == row.state)
    columns = (FailedMessage.id, FailedMessage.company, FailedMessage.collected_at, FailedMessage.times)
    others = FailedMessage.select(*columns, FailedMessage.outcome).where(alike).order_by(FailedMessage.id.desc())
    return Failure(
        row=row,
        event=_read(row.body),
        is_decided=bool(_waiting().where(FailedDecision.failed_id == failed_id).exists()),
        group=_group(_grouped(alike).dicts().first()),
        others=list(others.limit(MOST_SHOWN)),
    )


def seen(group: Group, *, count: int, newest: int, times: int) -> Group:
    """The group as the page showed it."""
    return replace(group, count=count, newest=newest, times=times)


def decide_one(failed_id: int, times: int, choice: Choice, reason: str, by: str, now: datetime) -> int:
    """Raises Outdated if it is not as it was seen, or decided already."""
    return _decide((FailedMessage.id == failed_id), 1, times, choice, reason, by, now)


def decide_all(group: Group, choice: Choice, reason: str, by: str, now: datetime) -> int:
    """All of a group up to its `newest`; returns how many. Raises Outdated if they are not those that were seen."""
    alike = (FailedMessage.cause == group.cause) & (FailedMessage.queue == group.queue)
    seen = alike & (FailedMessage.type == group.type) & (FailedMessage.id <= group.newest)
    return _decide(seen, group.count, group.times, choice, reason, by, now)


def _decide(which: Any, count: int, times: int, choice: Choice, reason: str, by: str, now: datetime) -> int:
    """What is decided already stays so; the rest of it is decided now."""
    with db.transaction():
        db.alone("failed decisions")
        rows: Any = FailedMessage.select(FailedMessage.id, FailedMessage.times).where(which)
        found = list(rows.where(FailedMessage.state == "open").tuples())
        if (len(found), sum(came for _, came in found)) != (count, times):
            raise Outdated(Outdated.__doc__)
        ids = [key for key, _ in found]
        decided = {key for (key,) in _waiting().where(bulk.among(FailedDecision.failed_id, ids)).tuples()}
        said = {"choice": choice, "reason": reason, "decided_at": now, "by": by}
        news = [said | {"failed_id": key, "times": came} for key, came in found if key not in decided]
        if not news:
            raise Outdated(Outdated.__doc__)
        for part in bulk.parts(news, 1000):
            FailedDecision.insert_many(part).execute()
    return len(news)


def _waiting() -> Any:
    """Ids of open messages with a decision that the scheduler has not carried out yet."""
    this = FailedMessage.id == FailedDecision.failed_id
    unheard = (FailedMessage.state == "open") & (FailedDecision.id > FailedMessage.decision_no)
    return FailedDecision.select(FailedDecision.failed_id).join(FailedMessage, on=this).where(unheard)


def _grouped(which: Any) -> Any:
    columns = (
        *_SAME,
        fn.COUNT(FailedMessage.id).alias("count"),
        fn.COUNT(FailedMessage.company.distinct()).alias("companies"),
        fn.MIN(FailedMessage.collected_at).coerce(False).alias("first_at"),
        fn.MAX(FailedMessage.collected_at).coerce(False).alias("last_at"),
        fn.MAX(FailedMessage.id).alias("newest"),
        fn.SUM(FailedMessage.times).alias("times"),
        fn.COUNT(_decided()).alias("decided"),
    )
    return FailedMessage.select(*columns).where(which).group_by(*_SAME)


def _decided() -> Any:
    return FailedDecision.select(fn.MAX(FailedDecision.id)).where(
        FailedDecision.failed_id == FailedMessage.id,
        FailedMessage.state == "open",
        FailedDecision.id > FailedMessage.decision_no,
    )


def _group(row: dict[str, Any]) -> Group:
    instants = {name: FailedMessage.collected_at.python_value(row[name]) for name in ("first_at", "last_at")}
    return Group(**row | instants)


def _alike(row: Any) -> Any:
    same = (FailedMessage.cause == row.cause) & (FailedMessage.queue == row.queue)
    return same & (FailedMessage.type == row.type)


def _read(body: str) -> Event | None:
    try:
        return from_wire(body)
    except Undecodable:
        return None

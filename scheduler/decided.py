"""Carries out what operators decided in the portal about messages that failed, by the rules of failed.py.

A decision is about the message as it was seen: one that came back since is not touched, and the row says so. Nothing
is noted before it is done, so that a decision outlives a broker that is away, and a scheduler that dies; two schedulers
may both publish a replay, which the inbox takes for what it is.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from peewee import fn

from common import clock, db
from common.logs import log
from common.one_queue import QueueMissing
from common.publisher import BrokerUnreachable
from common.tables import FailedDecision, FailedMessage
from scheduler import failed
from scheduler.failed import Opens, Outcome

BATCH = 200  # decisions a look
PAUSE = 15.0  # seconds after a broker that was away, or would not confirm
FINAL = ("can't be replayed", "failed again")  # the message stays open, and this decision is over


class Deciding:
    """Called every second or so."""

    def __init__(self, open_queue: Opens, pause: float = PAUSE) -> None:
        self.open_queue, self.pause = open_queue, pause
        self._next = 0.0

    def __call__(self) -> None:
        if time.monotonic() >= self._next and not carry_out(self.open_queue, clock.business_now()):
            self._next = time.monotonic() + self.pause


def carry_out(open_queue: Opens, now: datetime) -> bool:
    """One batch; False if some of it has to be tried again, for the broker is away."""
    with db.connection():
        outdated, rest = _split(pending())
        _note((_seen(row, "failed again") for row, _ in outdated), {row.id: one.id for row, one in outdated})
        for row, one in rest:
            if one.choice == "archive":
                failed.archive([row], one.reason, now)
        return _replay([row for row, one in rest if one.choice == "replay"], open_queue, now)


def pending() -> list[tuple[FailedMessage, FailedDecision]]:
    """Messages that are open, each with its oldest decision that nobody has heard."""
    waiting: Any = FailedDecision.select(fn.MIN(FailedDecision.id))
    waiting = waiting.join(FailedMessage, on=FailedMessage.id == FailedDecision.failed_id)
    waiting = waiting.where(FailedMessage.state == "open", FailedDecision.id > FailedMessage.decision_no)
    oldest = waiting.group_by(FailedDecision.failed_id).order_by(fn.MIN(FailedDecision.id)).limit(BATCH)
    decisions = list(FailedDecision.select().where(FailedDecision.id.in_([key for (key,) in oldest.tuples()])))
    rows = FailedMessage.select().where(FailedMessage.id.in_([one.failed_id for one in decisions]))
    by_id = {row.id: row for row in rows}
    return [(by_id[one.failed_id], one) for one in decisions]


def _split(pairs: list[Any]) -> tuple[list[Any], list[Any]]:
    """Those that came back since they were seen, and the rest, which carry the number of their decision."""
    outdated = [(row, one) for row, one in pairs if row.times != one.times]
    rest = [(row, one) for row, one in pairs if row.times == one.times]
    for row, one in rest:
        row.decision_no = one.id
    return outdated, rest


def _replay(rows: list[FailedMessage], open_queue: Opens, now: datetime) -> bool:
    """Queue by queue: one that is away holds up no other."""
    all_heard = True
    for queue, some in groupby(sorted(rows, key=lambda row: str(row.queue)), key=lambda row: str(row.queue)):
        mine = list(some)
        numbers = {row.id: row.decision_no for row in mine}
        try:
            outcomes = list(failed.replay(mine, open_queue, now))
        except (BrokerUnreachable, QueueMissing) as error:
            log.warning("decisions on failed messages wait", queue=queue, reason=str(error))
            all_heard = False
            continue
        _note((outcome for outcome in outcomes if outcome.result in FINAL), numbers)
        all_heard = all_heard and all(outcome.result != "not confirmed" for outcome in outcomes)
        log.info("failed messages decided", queue=queue, results=sorted({outcome.result for outcome in outcomes}))
    return all_heard


def _note(outcomes: Iterator[Outcome], numbers: dict[int, int]) -> None:
    """What stays open says why, unless another scheduler was first."""
    for outcome in outcomes:
        word = f"{outcome.result}: {outcome.why}" if outcome.why else outcome.result
        said: Any = FailedMessage.update(decision_no=numbers[outcome.id], outcome=word)
        unheard = (FailedMessage.id == outcome.id) & (FailedMessage.decision_no < numbers[outcome.id])
        with db.transaction():
            said.where(unheard, FailedMessage.state == "open").execute()


def _seen(row: Any, result: failed.Result) -> Outcome:
    why = "it came back after it was decided on"
    return Outcome(id=row.id, event_id=row.event_id, type=row.type, queue=row.queue, result=result, why=why)

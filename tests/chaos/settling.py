"""After the harm: waits until the town is quiet, and gathers the facts for the judge."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import chain

import peewee

from common import clock, db
from common.publisher import BrokerUnreachable
from common.tables import FetchRun, Letter, Outbox
from tests.chaos import logs, rows
from tests.chaos.facts import Answered, Deed, Disturbance, Facts, Heard, Looked, Mail, Saved
from tests.chaos.plan import KINDS_OF_WORKER
from tests.chaos.stage import TIME_LIMIT, Stage
from tests.chaos.subscriber import ASLEEP, ROOM

PATIENCE = 150.0  # real seconds: longer than a relay's lease and the retries of a message that failed four times
CALM_PATIENCE = 60.0  # real seconds; a machine that is slower has its harm a little early
STEADY = 4  # looks in a row that must find nothing to do
LOOK_EVERY = 0.5  # seconds
DAYS = (1, 3, 4, 4, 4)  # that pass afterwards: what was broken shows in what is done next
MOST_DAYS = 6  # more that may have to pass until every letter had its next try


def settle(stage: Stage) -> bool:
    """Lifts every fault and lets days pass until nobody has anything to do; False if it takes too long."""
    stage.harm.lift()
    end = time.monotonic() + PATIENCE
    for days in chain(DAYS, _days_until_all_is_sent()):
        stage.town.go_on(days)
        if not _until(lambda: _is_quiet(stage), end):
            return False
    stage.town.set_clock(clock.business_now(), speed=0)
    return _until(lambda: _is_quiet(stage), end) and _is_drained(stage, end)


def wait_until_quiet(stage: Stage) -> bool:
    """Before the harm and after it; False if it takes too long."""
    return _until(lambda: _is_quiet(stage), time.monotonic() + CALM_PATIENCE)


def _until(is_so: Callable[[], bool], end: float) -> bool:
    steady = 0
    while steady < STEADY:
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_EVERY)
        steady = steady + 1 if is_so() else 0
    return True


def _is_quiet(stage: Stage) -> bool:
    now = clock.business_now()
    due = Outbox.select().where(Outbox.published_at.is_null(), Outbox.at <= now)
    unsent = Letter.select().where(Letter.state.in_(("planned", "sending")), Letter.try_at <= now)
    try:
        with db.connection():
            busy = due.exists() or unsent.exists()
        return not busy and not any(rows.queues(stage.address).values()) and stage.subscriber.is_up_to_date()
    except (peewee.OperationalError, peewee.InterfaceError, BrokerUnreachable):
        db.handle.close_all()  # connections from before the server's restart
        return False


def _days_until_all_is_sent() -> Iterator[int]:
    for _ in range(MOST_DAYS):
        if _waits_for_another_day():
            yield 1


def _waits_for_another_day() -> bool:
    with db.connection():
        unsent = Letter.select().where(Letter.state.in_(("planned", "sending")))
        running = FetchRun.select().where(FetchRun.state == "running")
        return bool(unsent.exists() or running.exists())


def _is_drained(stage: Stage, end: float) -> bool:
    """Whether the queues are empty once nobody holds a message in his hands, be it for a retry."""
    workers = [name for name in stage.town.running if name.split(maxsplit=1)[0] in KINDS_OF_WORKER]
    while True:
        stage.town.stop(workers)
        if not any(rows.queues(stage.address).values()):
            return True
        if time.monotonic() > end:
            return False
        for name in workers:
            stage.town.start(name)
        _until(lambda: _is_quiet(stage), end)


def facts(stage: Stage) -> Facts:
    """Everything for the judge; our own rows and the others' books."""
    books = stage.books
    return Facts(
        now=clock.real_now(),
        clock=list(stage.town.anchors),
        sending=timedelta(seconds=TIME_LIMIT) * 1.2,
        deeds=books.erp.read(Deed),
        mails=books.mails.read(Mail),
        heard=books.subscriber.read(Heard),
        answers=books.people.read(Answered),
        objections=books.debtors.read(Answered),
        saved=books.choices.read(Saved),
        looked=books.portal.read(Looked),
        choices=rows.choices(),
        disturbances=books.harm.read(Disturbance),
        procedures=rows.procedures(),
        fees=rows.fees(),
        lines=rows.lines(),
        letters=rows.letters(),
        questions=rows.questions(),
        shown=rows.shown(),
        outbox=rows.outbox(),
        failed=rows.failed(),
        tries=logs.tries(books.folder),
        queues=rows.queues(stage.address),
        asleep=stage.subscriber.waiting(ASLEEP),
        room=ROOM,
    )

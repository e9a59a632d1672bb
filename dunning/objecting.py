"""What the debtor says, and what comes of it; pure."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from common import events as e
from common.calendar import add_banking_days, local_date
from dunning.deadlines import SAID_PAID
from dunning.pausing import RUNNING, paused, resumed
from dunning.procedure import OVER, NothingToDo, Procedure

Speaker = Literal["debtor", "company"]


def objected(before: Procedure, event: e.ObjectionRaised, now: datetime) -> Procedure:
    """The objection, and those before it that have not been heard."""
    if event.objection_no <= before.objection_no:
        raise NothingToDo(f"objection {before.objection_no} is newer than {event.objection_no}")
    return all_objected(before, event.latest | {event.kind: event.objection_no}, now, event.by)


def carried_over(before: Procedure, event: e.ObjectionRaised, now: datetime) -> Procedure:
    """A dispute in an earlier round that is heard when a new one has begun: it is about the same claim."""
    if event.kind != "dispute" or event.latest.get("withdraw", 0) > event.objection_no:
        raise NothingToDo("the invoice was owed again since, and a newer procedure goes on")
    return disputed(before, local_date(now))


def all_objected(
    before: Procedure, latest: Mapping[e.ObjectionKind, int], now: datetime, by: Speaker = "debtor"
) -> Procedure:
    """`latest`: the number of the last objection of each kind. Those that have not been heard count, oldest first; `by`
    is who raised the last one.
    """
    after = before.but(objection_no=max([before.objection_no, *latest.values()]))
    for kind in sorted(latest, key=latest.__getitem__):
        if latest[kind] > before.objection_no:
            after = _objected(after, kind, now, by)
    return after


def _objected(before: Procedure, kind: e.ObjectionKind, now: datetime, by: Speaker) -> Procedure:
    """A dispute pauses at once, until the company has answered; his word that he has paid, for some days, once."""
    today = local_date(now)
    match kind, before.stage:
        case "dispute", _:
            return disputed(before, today)
        case "paid", stage if stage in RUNNING and before.paused_until is None:
            return paused(before, "said_paid", add_banking_days(today, SAID_PAID), today)
        case "withdraw", stage if before.disputed:
            after = before.but(disputed=False)
            return resumed(after, by, now) if (stage, before.reason) == ("paused", "disputed") else after
    return before


def disputed(procedure: Procedure, today: date) -> Procedure:
    """What is over, or waits for the company's word anyway, goes on doing so."""
    after, is_company = procedure.but(disputed=True), (procedure.stage, procedure.reason) == ("paused", "company")
    is_quiet = is_company or procedure.stage in ("awaiting_decision", *OVER)
    return after if is_quiet else paused(after, "disputed", None, today)

"""Operators: messages that failed, grouped by cause; one of them; replay and archive."""

from typing import cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from common import db
from decisions import failures, redacted
from decisions.failures import Choice, State
from decisions.queries import NotFound
from decisions.rooms import Room, Visit

LARGEST_ID = 2**31 - 1
LONGEST_REASON = 300


def listed(visit: Visit) -> Response:
    state = visit.query.get("state", "open")
    if state not in get_args(State):
        raise NotFound(NotFound.__doc__)
    groups = failures.groups(cast(State, state))
    return visit.page("operator_failed.html", state=state, groups=groups, counts=failures.counts())


def shown(visit: Visit) -> Response:
    return _page(visit)


def decided(visit: Visit) -> Response:
    """One message as it was seen, or all of its group as they were."""
    choice, reason = visit.field("choice"), visit.field("reason", LONGEST_REASON).strip()
    if choice not in get_args(Choice) or visit.field("which") not in ("one", "all"):
        raise HTTPException(400)
    if choice == "archive" and not reason:
        with db.connection():
            return _page(visit, 422, needs_reason=visit.field("which"))
    _decide(visit, cast(Choice, choice), reason if choice == "archive" else "")
    return visit.to(f"/operator/failed/{_id(visit)}", done=f"failed_{choice}")


def _decide(visit: Visit, choice: Choice, reason: str) -> None:
    failed_id, times = _id(visit), visit.counted("times")
    by = visit.who.email
    if visit.field("which") == "one":
        failures.decide_one(failed_id, times, choice, reason, by, visit.now)
        return
    with db.connection():
        group = failures.failure(failed_id).group
    seen = {name: visit.counted(name) for name in ("count", "newest", "times")}
    failures.decide_all(failures.seen(group, **seen), choice, reason, by, visit.now)


def _page(visit: Visit, status: int = 200, needs_reason: str = "") -> Response:
    failure = failures.failure(_id(visit))
    event = redacted.shown(failure.event) if failure.event else None
    return visit.page("operator_failure.html", status, failure=failure, event=event, needs_reason=needs_reason)


def _id(visit: Visit) -> int:
    failed_id = int(visit.path["id"])
    if failed_id > LARGEST_ID:
        raise NotFound(NotFound.__doc__)
    return failed_id


ROOMS = (
    Room("/operator/failed", get=listed, role="operator", audit="failed messages"),
    Room(
        "/operator/failed/{id:int}",
        get=shown,
        post=decided,
        role="operator",
        audit="failed message",
        tells=("which", "choice"),
    ),
)

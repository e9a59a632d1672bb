"""Operators: letters that are held or were refused, over all companies, and the word on one that is held."""

from datetime import date
from typing import cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from common import db
from common.calendar import local_date
from decisions import held, stuck
from decisions.paging import pages
from decisions.queries import NotFound
from decisions.rooms import Outdated, Room, Visit
from decisions.seen import Overtaken
from decisions.stuck import State


def listed(visit: Visit) -> Response:
    state, page = visit.query.get("state", "held"), visit.number("page", 1)
    if state not in get_args(State):
        raise NotFound(NotFound.__doc__)
    counts = stuck.counts()
    last = pages(counts[cast(State, state)], stuck.PAGE)
    if not 1 <= page <= last:
        raise NotFound(NotFound.__doc__)
    letters = stuck.listed(cast(State, state), page)
    return visit.page("operator_letters.html", state=state, counts=counts, letters=letters, at=page, pages=last)


def shown(visit: Visit) -> Response:
    return _page(visit)


def decided(visit: Visit) -> Response:
    """It can't have left before it was written; the notifier looks once more, and may refuse the day for the law."""
    choice, seen_no = held.CHOICES.get(visit.field("choice")), visit.counted("seen")
    if choice is None:
        raise HTTPException(400)
    cvr, letter_id = str(visit.path["cvr"]), str(visit.path["id"])
    day = _day(visit) if choice == "sent" else None
    with db.connection():
        earliest = local_date(stuck.planned_at(cvr, letter_id))
        if choice == "sent" and not (day and earliest <= day <= visit.today):
            return _page(visit, 422, is_wrong_day=True)
    try:
        held.decide(cvr, letter_id, choice, day, visit.now, visit.who.email, seen_no)
    except Overtaken as error:
        raise Outdated(str(error)) from error
    return visit.to(f"/operator/letters/{cvr}/{letter_id}", done=f"letter_{choice}")


def _day(visit: Visit) -> date | None:
    try:
        return date.fromisoformat(visit.field("sent_on", 10))
    except ValueError:
        return None


def _page(visit: Visit, status: int = 200, *, is_wrong_day: bool = False) -> Response:
    one = stuck.one(str(visit.path["cvr"]), str(visit.path["id"]))
    return visit.page("operator_letter.html", status, one=one, is_wrong_day=is_wrong_day)


ROOMS = (
    Room("/operator/letters", get=listed, role="operator", audit="letters of all"),
    Room("/operator/letters/{cvr}/{id}", get=shown, post=decided, role="operator", audit="letter", tells=("choice",)),
)

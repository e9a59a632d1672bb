"""The audit log: for operators all of it, for a company its own lines, those of operators' visits, too."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from decisions import trail
from decisions.rooms import Room, Visit
from decisions.trail import Asked

LAST_PAGE = 1000
YEARS = (1900, 9000)  # days in them are instants in every zone
LONGEST = 254  # characters of a field


def of_all(visit: Visit) -> Response:
    """What is asked for by an action alone is looked for in one day: the log is long."""
    asked = _asked(visit)
    if asked.action and not (asked.company or asked.who or asked.day):
        asked = replace(asked, day=visit.today)
    return _page(visit, asked, "/operator/audit")


def of_own(visit: Visit) -> Response:
    return _page(visit, replace(_asked(visit), company=visit.company.cvr, who=""), "/profile/audit")


def _page(visit: Visit, asked: Asked, path: str) -> Response:
    page = visit.number("page", 1, LAST_PAGE) or 1
    found = trail.lines(asked, page)
    query = {"company": asked.company, "who": asked.who, "action": asked.action, "day": asked.day or ""}
    rest = urlencode({name: value for name, value in query.items() if value})
    lines, has_more = found[: trail.PAGE], len(found) > trail.PAGE and page < LAST_PAGE
    shown: dict[str, Any] = {
        "asked": asked,
        "path": path,
        "at": page,
        "query": f"{rest}&" if rest else "",
        "has_more": has_more,
    }
    actions = trail.actions(visit.say, visit.who.role)
    return visit.page("audit.html", lines=lines, actions=actions, told=trail.told, **shown)


def _asked(visit: Visit) -> Asked:
    given = {name: visit.asked(name, LONGEST).strip() for name in ("company", "who", "action")}
    try:
        day = date.fromisoformat(visit.query.get("day", ""))
    except ValueError:
        day = None
    if day and not YEARS[0] <= day.year <= YEARS[1]:
        day = None
    return Asked(given["company"], given["who"].lower(), given["action"], day)


ROOMS = (
    Room("/operator/audit", get=of_all, role="operator", audit="audit log"),
    Room("/profile/audit", get=of_own, audit="own audit log"),
)

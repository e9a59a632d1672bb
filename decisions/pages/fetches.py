"""The company's fetches: ask for one now, see how it goes, what the last ones saw, and what could not be read."""

from starlette.responses import Response

from common import db, fetches, reasons
from decisions import fetching
from decisions.queries import NotFound
from decisions.rooms import Room, Visit

WAITS = (2, 3, 5, 8, 13, 21, 34, 55)  # seconds until the page looks again, while a fetch is under way
LOOKS = 30  # by itself; then whoever still waits looks again himself: some twenty minutes have passed
FAILURES = ("key_refused", "no_key", "unavailable", "superseded")


def shown(visit: Visit) -> Response:
    return _page(visit)


def asked(visit: Visit) -> Response:
    """While one is under way, or was just asked for, a click does nothing more."""
    if visit.company.api_key is None:
        return _page(visit, 422)
    is_new = fetches.ask(visit.company.cvr, visit.now, visit.who.email).is_new
    return visit.to("/fetches", done="fetch_asked" if is_new else "fetch_under_way")


def _page(visit: Visit, status: int = 200) -> Response:
    page, aside, looked = visit.number("page", 1), visit.number("aside", 1), visit.number("looked", 0, LOOKS)
    with db.connection():
        found = fetching.fetches(visit.company, page, aside, visit.now)
    if not (1 <= page <= found.pages and 1 <= aside <= found.aside_pages):
        raise NotFound(NotFound.__doc__)
    unread = [(row, reasons.in_words(row.reason, visit.say.language)) for row in found.aside]
    response = visit.page(
        "fetches.html",
        status,
        found=found,
        unread=unread,
        page=page,
        aside=aside,
        is_looking=_is_looking(found, page, looked),
        why=why,
    )
    if _is_looking(found, page, looked):
        wait = WAITS[min(looked, len(WAITS) - 1)]
        response.headers["Refresh"] = f"{wait}; url=/fetches?looked={looked + 1}"
    return response


def _is_looking(found: fetching.Fetches, page: int, looked: int) -> bool:
    return found.going is not None and page == 1 and looked < LOOKS


def why(fetch: fetching.Fetched) -> str:
    """The name of the text that says why it failed and what to do."""
    return fetch.reason if fetch.reason in FAILURES else "other"


ROOMS = (Room("/fetches", get=shown, post=asked, audit="fetches"),)

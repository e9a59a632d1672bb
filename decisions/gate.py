"""The gate before the rooms: who is it, may he, did the form come from our page; and the line in the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from common import clock, db
from common.calendar import local_date
from common.tables import Login
from decisions import audit, saying, sessions
from decisions.links import DEVICE_KNOWN, FormForged, PageLinks
from decisions.pages import forms
from decisions.rooms import Act, Room, Visit

COOKIE = "rykker"


def opened(room: Room) -> Route:
    """The room as a route; who isn't logged in comes to the login first, and goes on from there."""

    class Door(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            """Also for HEAD."""
            if room.get is None:
                raise HTTPException(405, headers={"Allow": "POST"})
            return await run_in_threadpool(_show, room, room.get, request)

        async def post(self, request: Request) -> Response:
            if room.post is None:
                raise HTTPException(405, headers={"Allow": "GET, HEAD"})
            act = room.post
            return await forms.sent(request, room.most, lambda sent, form: _do(room, act, sent, form))

    Door.__name__ = room.action or room.path
    return Route(room.path, Door)


def _show(room: Room, act: Act, request: Request) -> Response:
    with db.connection():
        visit = _visit(room, request, None)
        if visit is None:
            return _to_login(request)
        with _tries(room, visit):
            response = act(visit)
        if room.action:
            audit.saw(visit.who.email, room.action, visit.now, **_known(room, visit))
    return response


def _do(room: Room, act: Act, request: Request, form: FormData) -> Response:
    refuse_strangers(request)
    with db.connection():
        visit = _visit(room, request, form)
    if visit is None:
        return _to_login(request)
    with _tries(room, visit):
        _links(request).check_form(visit.who.session, str(form.get("form", "")))
        response = act(visit)
    _note(room, visit, "did" if response.status_code < 400 else "tried")
    return response


@contextmanager
def _tries(room: Room, visit: Visit) -> Iterator[None]:
    """What comes to nothing, such as another company's invoice, is written down, too."""
    try:
        yield
    except Exception:
        _note(room, visit, "tried")
        raise


def _note(room: Room, visit: Visit, verb: str) -> None:
    if room.action:
        audit.note(visit.who.email, f"{verb} {room.action}", visit.now, **_known(room, visit))


def _known(room: Room, visit: Visit) -> dict[str, Any]:
    """Whose login it was, whose company it was about, and what of it."""
    named = [str(value) for value in visit.path.values()]
    named += [said for name in room.tells if (said := saying.plain(visit.field(name, 100)))]
    subject = "/".join(named)
    company = str(visit.path.get("cvr", ""))[:8] or visit.who.company
    return {"login": visit.who.login_id, "company": company, "subject": subject}


def _visit(room: Room, request: Request, form: FormData | None) -> Visit | None:
    """None for somebody who isn't logged in. Raises HTTPException 404 for a room that is none of his business."""
    found = sessions.find(request.cookies.get(cookie(request), ""), clock.real_now())
    if found is None:
        return None
    who, firm = found
    if room.role not in (None, who.role):
        raise HTTPException(404)
    now = clock.business_now()
    return Visit(request, who, firm, form, _links(request).form(who.session), now, local_date(now))


def _to_login(request: Request) -> Response:
    """What he wanted to see he sees after it; a form that he sent he finds again as its page."""
    path = request.scope["raw_path"].decode("ascii", "replace")  # a slash in an invoice's number stays what it is
    wanted = path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"/login?next={quote(wanted, safe='')}", 303)


# --- cookies and origins ---------------------------------------------------------------------------------------------
def let_in(request: Request, login: Login, word: str, to: str) -> Response:
    """On to `to`, with the cookie of a session, and one that says later that this login was here. The session that the
    browser had until now is over.
    """
    sessions.leave(request.cookies.get(cookie(request), ""))
    response = RedirectResponse(here(to), 303)
    kept: dict[str, Any] = {"httponly": True, "samesite": "lax", "secure": _is_https(request), "path": "/"}
    response.set_cookie(cookie(request), word, max_age=_seconds(sessions.LONGEST), **kept)
    known = _links(request).device(login.id)
    response.set_cookie(device(request), known, max_age=_seconds(DEVICE_KNOWN), **kept)
    return response


def _seconds(span: timedelta) -> int:
    return int(span / timedelta(seconds=1))


def let_out(request: Request, to: str) -> Response:
    response = RedirectResponse(to, 303)
    response.delete_cookie(cookie(request), path="/", secure=_is_https(request), httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def cookie(request: Request) -> str:
    """With TLS a name that no neighbouring site can set."""
    return f"__Host-{COOKIE}" if _is_https(request) else COOKIE


def device(request: Request) -> str:
    """The name of the cookie that outlives a session: it lets nobody in, it only tells one browser from strangers'."""
    return f"{cookie(request)}-device"


def _is_https(request: Request) -> bool:
    return bool(request.app.state.https)


def here(path: str) -> str:
    """The path if it is one of this site, else where one begins."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return path if is_ours and path.isprintable() and len(path) < 1000 else "/"


def refuse_strangers(request: Request) -> None:
    """A form that another site's page sent. Raises FormForged. Browsers say so since 2023; the word stands besides."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise FormForged(FormForged.__doc__)


def _links(request: Request) -> PageLinks:
    return forms.links(request)

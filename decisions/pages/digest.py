"""The list of all invoices in one digest. It only shows."""

import re

from starlette.requests import Request
from starlette.responses import Response

from common import clock, db
from common.calendar import local_date
from common.links import AnswerLink
from decisions import digests, render
from decisions.links import PageLinks
from decisions.pages.telling import situation
from decisions.queries import NotFound


def digest(request: Request) -> Response:
    links: PageLinks = request.app.state.links
    token = request.path_params["token"]
    link = links.read_digest(token)
    today = local_date(clock.business_now())
    with db.connection():
        found = digests.digest(link, _page(request), today)
    rows = [
        (entry, situation(entry.standing), links.answer(AnswerLink(link.company, entry.procedure_id, "start")))
        for entry in found.entries
    ]
    return render.page("digest.html", found.company.language, digest=found, rows=rows, today=today)


def _page(request: Request) -> int:
    """Raises NotFound for what is no number."""
    given = request.query_params.get("page", "1")
    if not re.fullmatch(r"[0-9]{1,6}", given, re.ASCII):
        raise NotFound(NotFound.__doc__)
    return int(given)

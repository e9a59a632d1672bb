"""The page that a link in a mail opens: GET shows, only POST decides."""

from typing import get_args

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from common import clock, db
from common.calendar import local_date
from common.events import Choice, FeeChoice
from common.links import AnswerChoice, AnswerLink
from decisions import queries, render, store
from decisions.links import PageLinks
from decisions.pages.telling import Telling
from decisions.standing import NoLongerPossible

FORM = "application/x-www-form-urlencoded"  # parts (multipart) would bring their own character sets
MOST_FIELDS = 4  # of a form of ours, two of which it uses
_CHOICES: dict[str, AnswerChoice] = {choice: choice for choice in (*get_args(Choice), *get_args(FeeChoice))}


class Answer(HTTPEndpoint):
    def get(self, request: Request) -> Response:
        """Also for HEAD. Changes nothing, records nothing."""
        token = request.path_params["token"]
        return _page(request, token, _links(request).read_answer(token))

    async def post(self, request: Request) -> Response:
        if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != FORM:
            raise HTTPException(415)
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            return await run_in_threadpool(_decide, request, form)


def _decide(request: Request, form: FormData) -> Response:
    token, links = request.path_params["token"], _links(request)
    link = links.read_answer(token)
    links.check_form(token, str(form.get("form", "")))
    choice = _CHOICES.get(str(form.get("choice", "")))
    if choice is None:
        raise HTTPException(400)
    try:
        store.answer(link, choice, clock.business_now())
    except NoLongerPossible:
        return _page(request, token, link, refused=choice)
    return RedirectResponse(f"/answer/{token}#answered", 303)


def _page(request: Request, token: str, link: AnswerLink, refused: str | None = None) -> Response:
    today = local_date(clock.business_now())
    with db.connection():
        case = queries.case(link, today)
    telling = Telling(case, today, suggested=link.choice)
    status = 409 if refused else 200
    form = _links(request).form(token)
    return render.page("answer.html", case.company.language, status, told=telling, form=form, refused=refused)


def _links(request: Request) -> PageLinks:
    links: PageLinks = request.app.state.links
    return links

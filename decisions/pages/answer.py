"""The page that a link in a mail to the company opens: GET shows, only POST decides."""

from typing import get_args

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
from decisions.pages import forms
from decisions.pages.options import TO_CONFIRM
from decisions.pages.telling import Telling
from decisions.standing import NoLongerPossible

MOST_FIELDS = 4  # of a form of ours, three of which it uses
_CHOICES: dict[str, AnswerChoice] = {choice: choice for choice in (*get_args(Choice), *get_args(FeeChoice))}


class Answer(HTTPEndpoint):
    def get(self, request: Request) -> Response:
        """Also for HEAD. Changes nothing, records nothing."""
        return _page(request, forms.links(request).read_answer(forms.token(request)))

    async def post(self, request: Request) -> Response:
        return await forms.sent(request, MOST_FIELDS, _decide)


def _decide(request: Request, form: FormData) -> Response:
    token, links = forms.token(request), forms.links(request)
    link = links.read_answer(token)
    links.check_form(token, str(form.get("form", "")))
    choice = _CHOICES.get(str(form.get("choice", "")))
    if choice is None:
        raise HTTPException(400)
    if choice in TO_CONFIRM and form.get("sure") != "yes":
        return _page(request, link, 422, unsure=choice)
    try:
        store.answer(link, choice, clock.business_now())
    except NoLongerPossible:
        return _page(request, link, 409, refused=choice)
    return RedirectResponse(f"/answer/{token}?answered#answered", 303)


def _page(
    request: Request, link: AnswerLink, status: int = 200, refused: str | None = None, unsure: str | None = None
) -> Response:
    today = local_date(clock.business_now())
    with db.connection():
        case = queries.case(link, today)
    telling = Telling(case, today, suggested=link.choice)
    form = forms.links(request).form(forms.token(request))
    shown = {"told": telling, "form": form, "refused": refused, "unsure": unsure}
    shown["is_news"] = "answered" in request.query_params  # an answer of another day is history
    return render.page("answer.html", case.company.language, status, **shown)

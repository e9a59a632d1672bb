"""The page that a link in a letter to the debtor opens: GET shows, only POST writes down what he says."""

from typing import get_args

from starlette.datastructures import FormData
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from common import clock, db
from common.calendar import local_date
from common.events import ObjectionKind
from common.links import ClaimLink
from decisions import claims, render, saying, store
from decisions.objecting import NothingLeftToSay, SaidTooOften
from decisions.pages import forms
from decisions.pages.claimed import Telling

MOST_FIELDS = 6  # of a form of ours, four of which it uses
_KINDS: dict[str, ObjectionKind] = {kind: kind for kind in get_args(ObjectionKind)}


class Claim(HTTPEndpoint):
    def get(self, request: Request) -> Response:
        """Also for HEAD. Changes nothing, records nothing."""
        return _page(request, forms.links(request).read_claim(forms.token(request)))

    async def post(self, request: Request) -> Response:
        return await forms.sent(request, MOST_FIELDS, _object)


def _object(request: Request, form: FormData) -> Response:
    token, links, now = forms.token(request), forms.links(request), clock.business_now()
    link = links.read_claim(token)
    links.check_form(token, str(form.get("form", "")))
    kind = _KINDS.get(str(form.get("kind", "")))
    if kind is None:
        raise HTTPException(400)
    typed = saying.typed(kind, form)
    try:
        store.objection(link, saying.said(kind, typed, local_date(now)), now)
    except saying.Incomplete as error:
        return _page(request, link, 422, said=kind, typed=typed, faults=error.faults)
    except (NothingLeftToSay, SaidTooOften):
        return _page(request, link, 409, refused=kind, typed=typed)
    return RedirectResponse(f"/claim/{token}?received#received", 303)


def _page(
    request: Request,
    link: ClaimLink,
    status: int = 200,
    *,
    said: str = "",
    refused: str = "",
    typed: saying.Typed | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    """With what he had typed, and what is wrong with it."""
    today = local_date(clock.business_now())
    with db.connection():
        claim = claims.claim(link, today)
    form = forms.links(request).form(forms.token(request))
    shown = {"said": said, "refused": refused, "typed": typed or {}, "faults": faults or {}, "form": form}
    is_news = "received" in request.query_params  # what was said another day is history
    return render.page(
        "claim.html", claim.company.language, status, told=Telling(claim, today), is_news=is_news, **shown
    )

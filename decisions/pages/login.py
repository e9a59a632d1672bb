"""Coming in and going out: logging in, a forgotten password, a password that is set by a link."""

from collections.abc import Callable

from starlette.datastructures import FormData
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from common import clock, db, tables
from common.links import PasswordLink
from decisions import gate, logins, passwords, render, sessions
from decisions.attempts import TooManyAttempts
from decisions.pages import forms
from decisions.rooms import Room, Visit
from decisions.saying import cut

MOST_FIELDS = 6
LANGUAGES = ("da", "en")


class Login(HTTPEndpoint):
    def get(self, request: Request) -> Response:
        with db.connection():
            found = sessions.find(request.cookies.get(gate.cookie(request), ""), clock.real_now())
        if found:
            return RedirectResponse(gate.here(request.query_params.get("next", "/")), 303)
        return _page(request, "login.html", done=request.query_params.get("done") == "out")

    async def post(self, request: Request) -> Response:
        return await forms.sent(request, MOST_FIELDS, _enter)


def _enter(request: Request, form: FormData) -> Response:
    gate.refuse_strangers(request)
    name, password = _field(form, "name"), _field(form, "password")

    def device_of(login: tables.Login) -> str:
        return forms.links(request).device_of(login.id, request.cookies.get(gate.device(request), ""))

    try:
        now, business_now = clock.real_now(), clock.business_now()
        login, word = logins.enter(name, password, _address(request), now, business_now, device_of)
    except logins.NoEntry:
        return _page(request, "login.html", 422, name=name, wrong=True)
    except TooManyAttempts as error:
        return _slowed(request, "login.html", error, name=name)
    return gate.let_in(request, login, word, _field(form, "next") or "/")


class Forgotten(HTTPEndpoint):
    def get(self, request: Request) -> Response:
        return _page(request, "forgotten.html")

    async def post(self, request: Request) -> Response:
        return await forms.sent(request, MOST_FIELDS, _ask)


def _ask(request: Request, form: FormData) -> Response:
    """Whether there is such an account is said to nobody."""
    gate.refuse_strangers(request)
    name = _field(form, "name")
    try:
        logins.forgotten(name, _address(request), clock.real_now(), clock.business_now())
    except TooManyAttempts as error:
        return _slowed(request, "forgotten.html", error, name=name)
    return _page(request, "forgotten.html", asked=True)


class Password(HTTPEndpoint):
    """The page of a link that sets a password: GET shows, POST sets."""

    def get(self, request: Request) -> Response:
        return _by_link(request, lambda link: _password(request, *_whose(link)))

    async def post(self, request: Request) -> Response:
        return await forms.sent(request, MOST_FIELDS, _set)


def _by_link(request: Request, show: Callable[[PasswordLink], Response]) -> Response:
    kind, token = str(request.path_params["kind"]), forms.token(request)
    if kind not in ("i", "f"):
        raise HTTPException(404)
    try:
        return show(forms.links(request).read_password(kind, token))
    except logins.LinkUsed:
        return _page(request, "forgotten.html", 410, used=True)


def _whose(link: PasswordLink) -> tuple[str, str]:
    """Its address, and the language of its mail. Raises LinkUsed. No connection is held while a password is looked at,
    which may take its time.
    """
    with db.connection():
        login = logins.of_link(link)
        firm = tables.Company.get_or_none(tables.Company.cvr == login.company)
        return str(login.email), firm.language if firm else "da"


def _password(request: Request, email: str, language: str, fault: str | None = None, status: int = 200) -> Response:
    return _page(request, "password.html", status, language, email=email, fault=fault)


def _set(request: Request, form: FormData) -> Response:
    gate.refuse_strangers(request)
    password = _field(form, "password")

    def setting(link: PasswordLink) -> Response:
        whose = _whose(link)
        if password != _field(form, "again"):
            return _password(request, *whose, "password.differs", 422)
        try:
            login, word = logins.set_by_link(link, password, clock.real_now(), clock.business_now())
        except passwords.WeakPassword as error:
            return _password(request, *whose, error.fault, 422)
        except passwords.Busy:
            return _password(request, *whose, "password.wait", 429)
        return gate.let_in(request, login, word, "/")

    return _by_link(request, setting)


def enter_trial(request: Request) -> Response:
    """One click of whoever tries the product out lets him in; there is no such page without a business clock."""
    if not request.app.state.is_trial:
        raise HTTPException(404)
    with db.connection():
        login = logins.of_trial(forms.token(request), forms.links(request))
    word = logins.let_in(login, "trial login", clock.real_now(), clock.business_now())
    return gate.let_in(request, login, word, request.query_params.get("next", "/"))


# --- rooms -----------------------------------------------------------------------------------------------------------
def out(visit: Visit) -> Response:
    sessions.end(visit.who.session)
    return gate.let_out(visit.request, "/login?done=out")


def home(visit: Visit) -> Response:
    return visit.to("/operator" if visit.who.role == "operator" else "/tasks")


# --- what the pages before the login share ---------------------------------------------------------------------------
def _page(request: Request, template: str, status: int = 200, language: str = "da", **shown: object) -> Response:
    """In the language that was asked for, else in `language`: mostly it isn't known yet whose page it is."""
    language = request.query_params.get("lang", language)
    usual: dict[str, object] = {"name": "", "wrong": False, "wait": None, "fault": None, "email": "", "done": False}
    usual |= {"asked": False, "used": False, "next": request.query_params.get("next", ""), "path": request.url.path}
    return render.page(template, language if language in LANGUAGES else "da", status, **usual | shown)


def _slowed(request: Request, template: str, error: TooManyAttempts, **shown: object) -> Response:
    seconds = max(1, round(error.wait.total_seconds()))
    response = _page(request, template, 429, "da", wait=seconds, **shown)
    response.headers["Retry-After"] = str(seconds)
    return response


def _field(form: FormData, name: str) -> str:
    return cut(form.get(name, ""))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


ROOMS = (
    Room("/", get=home, role=None, audit=None),
    Room("/logout", post=out, role=None, audit="logout"),
)

"""Who comes into the portal by a login: companies and an operator, each with browsers of his own."""

import io
import re
import threading
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.cookies import RequestsCookieJar

from common import clock
from common.links import PasswordLink
from common.settings import Settings
from common.tables import Login
from decisions.links import PageLinks
from deploy.sandbox.browser import TIMEOUT, Browser, Fields
from tests.chaos.books import Book
from tests.chaos.facts import Looked

PASSWORD = "et godt langt ord 42"
PAGES: Mapping[str, Sequence[str]] = {
    "company": (
        "/tasks",
        *(f"/invoices?show={tab}" for tab in ("overdue", "waiting", "running", "paused", "settled")),
        "/invoices?sort=debtor&down=1&search=Kunde&amount_from=1000&due_to=2030-01-01",
        "/invoices.csv",
        "/invoices.xlsx",
        "/fetches",
        "/numbers",
        "/profile",
        "/profile/timetable",
        "/profile/key",
        "/profile/login",
        "/profile/audit",
        "/profile/data",
    ),
    "operator": (
        *("/operator", "/operator/letters", "/operator/failed", "/operator/numbers", "/operator/audit"),
        *("/operator/companies/new", "/profile/login"),
    ),
}
NAMES = re.compile(r"Firma \d+|mester-\d+|Kunde \d+")  # companies, their addresses and their customers, in a town


class NotNow(Exception):
    """What was planned makes no sense any more, or not yet: nobody does it."""


class LoggedOut(Exception):
    """Whoever was logged in no longer is: what he sent was not taken."""


class Member:
    """Somebody with a login. He comes in by his password and by the trial link in turn, and notes what he is answered.

    `strangers`: those of the names on a page that he must not see.
    """

    def __init__(self, login: Login, settings: Settings, book: Book) -> None:
        self.email, self.role, self.company = str(login.email), str(login.role), str(login.company or "")
        self._links, self._portal, self._book = PageLinks(settings), settings.portal, book
        self._id, self._password_no = str(login.id), int(login.password_no)
        self._cookies: RequestsCookieJar | None = None
        self._entered, self._turn = count(), threading.Lock()
        self._known = set[str]()

    def knows(self, names: Collection[str]) -> None:
        """Names that he may see."""
        self._known |= set(names)

    def set_password(self) -> None:
        """By the link of an invitation."""
        link = self._links.invitation(PasswordLink(self._id, self._password_no))
        with closing(Browser()) as browser:
            browser.press(browser.open(link), {"name": self.email}, password=PASSWORD, again=PASSWORD)

    def send(self, path: str, form: Fields, to: str = "", **typed: str) -> Fields:
        """Sends the form of that page, and returns what was sent. Raises as Browser.answer, LoggedOut, and NotNow if
        nobody answered before anything was sent.
        """
        with ExitStack() as stack:
            try:
                browser = stack.enter_context(self._browser())
                page = self._inside(browser.open(f"{self._portal}{path}"))
            except requests.RequestException as error:
                raise NotNow("the portal is away") from error
            fields, after = browser.press(page, form, to, **typed)
            self._inside(after)
            return fields

    def leave(self) -> None:
        """Logs out, in this browser and in all that came in with it."""
        with self._browser() as browser:
            browser.press(self._inside(browser.open(f"{self._portal}/profile/login")), {}, "/logout")

    def look(self, path: str, *, is_own: bool = True) -> str:
        """What the page says, whatever its status. Raises requests.RequestException and LoggedOut."""
        with self._browser(is_own=is_own) as browser:
            return self._inside(browser.session.get(f"{self._portal}{path}", timeout=TIMEOUT)).text

    # --- his browsers
    @contextmanager
    def _browser(self, *, is_own: bool = True) -> Iterator[Browser]:
        with closing(Browser()) as browser:
            browser.session.hooks["response"] = [partial(self._note, is_own=is_own)]
            with self._turn:
                self._cookies = self._cookies or self._enter(browser)
                browser.session.cookies.update(self._cookies)
            yield browser

    def _enter(self, browser: Browser) -> RequestsCookieJar:
        if next(self._entered) % 2:
            self._inside(browser.open(self._links.trial(self._id)))
        else:
            page = browser.open(f"{self._portal}/login")
            self._inside(browser.press(page, {"next": ""}, name=self.email, password=PASSWORD)[1])
        return browser.session.cookies.copy()

    def _inside(self, page: requests.Response) -> requests.Response:
        """Raises LoggedOut for the page that says so: next time he comes in anew."""
        if urlsplit(page.url).path == "/login":
            self._cookies = None
            raise LoggedOut(LoggedOut.__doc__)
        return page

    def _note(self, page: requests.Response, is_own: bool, **_: Any) -> None:
        """Every answer, also the one that sends him on; the words that let people in are left out."""
        parts = urlsplit(page.url)
        what = f"{page.request.method} {parts.path if not parts.path.startswith('/trial/') else '/trial/…'}"
        strangers = () if self.role == "operator" else sorted(set(NAMES.findall(_words(page))) - self._known)
        self._book.write(Looked(clock.real_now(), self.email, what, page.status_code, strangers, is_own))


def _words(page: requests.Response) -> str:
    """What is on the page, or in the file."""
    if "spreadsheet" not in page.headers.get("Content-Type", ""):
        return page.text
    with zipfile.ZipFile(io.BytesIO(page.content)) as file:
        return "".join(file.read(name).decode() for name in file.namelist())

"""Opens a link and presses a button of its page, as a browser would."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 30  # seconds
Fields = dict[str, str]


class NoSuchButton(Exception):
    """The page offers no such answer."""


class TooLate(NoSuchButton):
    """It is too late for this answer."""


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.trust_env = False  # a proxy of this machine has no business on loopback

    def answer(self, link: str, choice: str) -> None:
        """Opens the link and sends the form with this choice. Raises NoSuchButton and requests.RequestException."""
        self.press(self.open(link), {"choice": choice})

    def object(self, link: str, kind: str, **typed: str) -> None:
        """A debtor's link: sends the form of that kind with what he typed. Raises as `answer`."""
        self.press(self.open(link), {"kind": kind}, **typed)

    def open(self, link: str) -> requests.Response:
        """The page. Raises requests.RequestException, also for what the server could not do."""
        page = self.session.get(link, timeout=TIMEOUT)
        if page.status_code >= 500:
            page.raise_for_status()
        return page

    def press(
        self, page: requests.Response, form: Fields, to: str = "", **typed: str
    ) -> tuple[Fields, requests.Response]:
        """Sends the page's form that has these fields (and goes `to` there), with what was typed and each tick that is
        asked for.

        What was sent, and the page that came of it. Raises as `answer`.
        """
        for found in _forms(page.text):
            if form.items() <= found.fields.items() and to in ("", found.action):
                fields = found.fields | typed
                return fields, self._send(urljoin(page.url, found.action or page.url), fields)
        raise NoSuchButton(f"{NoSuchButton.__doc__} {' '.join(form.values()) or to} ({page.status_code})")

    def _send(self, address: str, fields: Fields) -> requests.Response:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        answer = self.session.post(address, data=fields, headers={"Origin": origin}, timeout=TIMEOUT)
        if answer.status_code == requests.codes.conflict:
            raise TooLate(TooLate.__doc__)
        answer.raise_for_status()
        return answer

    def close(self) -> None:
        self.session.close()


class _Form:
    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: Fields = {}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []
        self._area = ""  # the name of the text area that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method", "").lower() == "post":
            self.forms.append(_Form(found.get("action", "")))
        elif tag in ("input", "textarea") and "name" in found and self.forms and _is_sent(found):
            self.forms[-1].fields[found["name"]] = found.get("value", "")
            self._area = found["name"] if tag == "textarea" else ""

    def handle_data(self, data: str) -> None:
        if self._area:
            before = self.forms[-1].fields[self._area]
            self.forms[-1].fields[self._area] = before + data if before else data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""


def _is_sent(field: Fields) -> bool:
    """A tick is, if it is set already or has to be set."""
    return field.get("type") not in ("checkbox", "radio") or bool({"checked", "required"} & field.keys())


def _forms(html: str) -> list[_Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms

"""Opens a link and presses a button of its page, as a browser would."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

TIMEOUT = 30  # seconds


class NoSuchButton(Exception):
    """The page offers no such answer."""


class Browser:
    """One person's browser."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of this machine has no business on loopback

    def answer(self, link: str, choice: str) -> None:
        """Opens the link and sends the form with this choice. Raises NoSuchButton and requests.RequestException."""
        self._fill(link, "choice", choice, {})

    def object(self, link: str, kind: str, **typed: str) -> None:
        """A debtor's link: sends the form of that kind with what he typed. Raises as `answer`."""
        self._fill(link, "kind", kind, typed)

    def _fill(self, link: str, name: str, value: str, typed: dict[str, str]) -> None:
        page = self._session.get(link, timeout=TIMEOUT)
        if page.status_code >= 500:
            page.raise_for_status()
        for form in _forms(page.text):
            if form.fields.get(name) == value:
                self._send(urljoin(page.url, form.action or page.url), form.fields | typed)
                return
        raise NoSuchButton(f"{NoSuchButton.__doc__} {value} ({page.status_code})")

    def _send(self, address: str, fields: dict[str, str]) -> None:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        answer = self._session.post(address, data=fields, headers={"Origin": origin}, timeout=TIMEOUT)
        if answer.status_code == requests.codes.conflict:
            raise NoSuchButton("It is too late for this answer.")
        answer.raise_for_status()

    def close(self) -> None:
        self._session.close()


class _Form:
    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and found.get("method", "").lower() == "post":
            self.forms.append(_Form(found.get("action", "")))
        elif tag == "input" and "name" in found and self.forms:
            self.forms[-1].fields[found["name"]] = found.get("value", "")


def _forms(html: str) -> list[_Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms

"""Somebody who opens every link of the portal and notes every form."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

MOST = 200  # pages that a walk opens
_PLACES = ("after", "before", "at", "sort", "down", "page")  # one place and order of a list stands for all


@dataclass(frozen=True)
class Form:
    """A form that changes something, with what a browser would send; fields to be typed are empty."""

    action: str
    fields: tuple[tuple[str, str], ...]


@dataclass
class Walk:
    """What was seen: pages by their address, files, forms, and addresses that led nowhere."""

    files: set[str] = field(default_factory=set)
    pages: dict[str, str] = field(default_factory=dict)
    forms: set[Form] = field(default_factory=set)
    dead: list[str] = field(default_factory=list)


def walk(client: Any, base: str, begin: str = "/") -> Walk:
    """`client` follows redirects; `base` is the address of the portal, as the client has it."""
    seen, known, waiting = Walk(), set[str](), [begin]
    while waiting and len(known) < MOST:
        path = waiting.pop(0)
        answer = client.get(path)
        if answer.status_code != 200:
            seen.dead.append(f"{path}: {answer.status_code}")
        if "html" not in answer.headers["content-type"]:
            seen.files.add(path)
            continue
        page = _Page(str(answer.url), answer.text)
        seen.pages[path] = answer.text
        seen.forms |= page.forms
        for address in page.links:
            if address.startswith(base) and _shape(address) not in known:
                known.add(_shape(address))
                waiting.append(address.removeprefix(base))
    return seen


def _shape(address: str) -> str:
    parts = urlsplit(address)
    query = urlencode([(name, "" if name in _PLACES else value) for name, value in parse_qsl(parts.query)])
    return f"{parts.path}?{query}"


class _Page(HTMLParser):
    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.links, self.forms = list[str](), set[Form]()
        self._address, self._action, self._fields = address, "", list[tuple[str, str]]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in known:
            self.links.append(urldefrag(urljoin(self._address, known["href"])).url)
        if tag == "form" and known.get("method", "").lower() == "post":
            self._action, self._fields = urljoin(self._address, known.get("action", "")), []
        if tag in ("input", "button", "textarea", "select") and self._action and known.get("name"):
            self._fields.append((known["name"], known.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._action:
            path = self._action.partition("://")[2].partition("/")[2]
            self.forms.add(Form(f"/{path}", tuple(self._fields)))
            self._action = ""

"""The inbox as a person sees it. Works without scripts; a mail's own HTML is shut in a sandboxed frame."""

import re
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zlib import crc32

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from deploy.sandbox.fields import COPENHAGEN
from deploy.sandbox.mailbox import Mailbox
from deploy.sandbox.parsing import attachments, body, headers, parse

HERE = Path(__file__).parent
PAGE = 50  # mails a page
HUES = 6  # colours of the initials in static/inbox.css
REFRESH = 10  # seconds
QUIET = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
OWN = QUIET | {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
}
# No scripts and nothing from outside this machine; a link opens a page of its own, which then has its full rights.
FOREIGN = QUIET | {
    "Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data: http://127.0.0.1:* http://localhost:*; frame-ancestors 'self'"
}
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_SENT_BY = re.compile(r'^\s*"?(.*?)"?\s*<.*>\s*$')


class Pages:
    """The routes for people."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters |= {"initial": initial, "hue": hue, "name": name, "local": _local}

    def listing(self, request: Request) -> Response:
        words = request.query_params
        text, number = words.get("q", "").strip(), _page_number(words.get("page", ""))
        mails = self._mailbox.find(either=text, limit=PAGE + 1, offset=(number - 1) * PAGE)
        calm = "paused" in words
        return self._page(
            "list.html",
            days=_by_day(mails[:PAGE]),
            q=text,
            total=self._mailbox.count(text),
            newer=_link(q=text, page=number - 1) if number > 1 else None,
            older=_link(q=text, page=number + 1) if len(mails) > PAGE else None,
            refresh=REFRESH if number == 1 and not calm else None,
            calm=calm,
            calm_link=_link(q=text, paused=1),
            live_link=_link(q=text),
        )

    def mail(self, request: Request) -> Response:
        row, raw = self._find(request)
        parsed = parse(raw)
        html, text = body(parsed, "html"), body(parsed, "plain")
        view = request.query_params.get("view", "html" if html else "text")
        files = [(place, label, len(content)) for place, (label, content) in enumerate(attachments(parsed))]
        return self._page(
            "mail.html", mail=row, view=view, has_html=bool(html), text=text, headers=headers(parsed), files=files
        )

    def html(self, request: Request) -> Response:
        """The mail's HTML part alone, for the frame."""
        html = body(parse(self._find(request)[1]), "html") or ""
        base = '<base target="_blank">'
        with_base = _HEAD.sub(lambda head: head.group() + base, html, count=1) if _HEAD.search(html) else base + html
        return HTMLResponse(with_base, headers=FOREIGN)

    def raw(self, request: Request) -> Response:
        return Response(self._find(request)[1], headers=QUIET, media_type="text/plain; charset=utf-8")

    def attachment(self, request: Request) -> Response:
        files = attachments(parse(self._find(request)[1]))
        place = request.path_params["place"]
        if place >= len(files):
            raise HTTPException(404, "No such attachment")
        label, content = files[place]
        headers = QUIET | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(label, safe='')}"}
        return Response(content, headers=headers, media_type="application/octet-stream")

    def style(self, _: Request) -> Response:
        return Response((HERE / "static" / "inbox.css").read_bytes(), media_type="text/css")

    def routes(self) -> list[Route]:
        return [
            Route("/", self.listing),
            Route("/inbox.css", self.style),
            Route("/messages/{mail_id:int}", self.mail),
            Route("/messages/{mail_id:int}/html", self.html),
            Route("/messages/{mail_id:int}/raw", self.raw),
            Route("/messages/{mail_id:int}/attachments/{place:int}", self.attachment),
        ]

    def _find(self, request: Request) -> tuple[dict[str, Any], bytes]:
        found = self._mailbox.one(request.path_params["mail_id"])
        if found is None:
            raise HTTPException(404, "No such message")
        return found

    def _page(self, template: str, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(values), headers=OWN)


def name(address: str) -> str:
    """Who it is: the display name of `Ole Olsen <ole@example.com>`, else the address."""
    match = _SENT_BY.match(address)
    return match.group(1) if match and match.group(1) else address.strip("<> ")


def initial(address: str) -> str:
    return next((letter.upper() for letter in name(address) if letter.isalnum()), "?")


def hue(address: str) -> int:
    """One colour for one address."""
    return crc32(address.lower().encode()) % HUES


def _local(mail: dict[str, Any], form: str) -> str:
    return f"{mail['received_at'].astimezone(COPENHAGEN):{form}}"


def _by_day(mails: list[dict[str, Any]]) -> list[tuple[date, list[dict[str, Any]]]]:
    """By the day of its arrival on the business clock, which the mails speak of; their Date is the real one."""
    received = groupby(mails, lambda mail: mail["received_at"].astimezone(COPENHAGEN).date())
    return [(day, list(group)) for day, group in received]


def _page_number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _link(**words: str | int) -> str:
    given = {key: value for key, value in words.items() if value not in ("", None) and (key, value) != ("page", 1)}
    return "/?" + urlencode(given) if given else "/"

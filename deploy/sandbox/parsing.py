"""A mail's bytes → what a person sees of it: pure."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

PREVIEW = 160  # characters
_NO_PROSE = re.compile(r"https?://\S+|\s+")
# The library parses a header anew whenever it is looked at; remembered, a mail is read twice as fast.
_POLICY = policy.default.clone(header_factory=lru_cache(maxsize=1000)(HeaderRegistry()))


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=_POLICY)


def summary(mail: EmailMessage, received_at: datetime) -> dict[str, Any]:
    """What the list shows; `at` is the mail's own date (ISO, UTC) if it has a good one."""
    return {
        "sender": header(mail, "From"),
        "recipient": header(mail, "To"),
        "subject": header(mail, "Subject"),
        "message_id": header(mail, "Message-ID"),
        "at": (_date(mail) or received_at).astimezone(UTC).isoformat(timespec="seconds"),
        "links": links(body(mail, "html") or ""),
        "preview": " ".join(_NO_PROSE.sub(" ", body(mail, "plain") or "").split())[:PREVIEW],
    }


def header(mail: EmailMessage, name: str) -> str:
    return str(mail.get(name, "")).strip()


def headers(mail: EmailMessage) -> list[tuple[str, str]]:
    """All of them in order, decoded."""
    return [(name, str(value)) for name, value in mail.items()]


def body(mail: EmailMessage, kind: str) -> str | None:
    """The text of the `plain` or `html` part, if there is one."""
    part = mail.get_body(preferencelist=(kind,))
    if part is None:
        return None
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except LookupError:  # a charset that nobody knows
        return bytes(part.get_payload(decode=True) or b"").decode(errors="replace")


def attachments(mail: EmailMessage) -> list[tuple[str, bytes]]:
    """File names and contents."""
    return [
        (part.get_filename() or "attachment", bytes(part.get_payload(decode=True) or b""))
        for part in mail.iter_attachments()
    ]


def links(html: str) -> list[str]:
    """The targets of all <a href>, in order."""
    finder = _Links()
    finder.feed(html)
    finder.close()
    return finder.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [target.strip() for name, target in attrs if name == "href" and target]


def _date(mail: EmailMessage) -> datetime | None:
    try:
        at = parsedate_to_datetime(header(mail, "Date"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)

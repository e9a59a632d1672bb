"""The very letter that was sent, read from the bytes that are stored; pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

LONGEST = 100_000  # characters that are shown; a letter of ours has some thousand
_TOKEN = re.compile(r"(/(?:answer|claim|digest|password)(?:/[a-z]+)?/)[\w.~%:=+-]+")


@dataclass(frozen=True)
class Mail:
    """`dated` is the mail's own date; `text` its plain part, the links in it without the words that open them."""

    subject: str
    sender: str
    recipient: str
    reply_to: str
    dated: datetime | None
    text: str


def read(content: bytes) -> Mail:
    """Whatever the bytes are; what can't be read is left out."""
    mail = message_from_bytes(content, policy=policy.default)
    return Mail(
        subject=_header(mail, "Subject"),
        sender=_header(mail, "From"),
        recipient=_header(mail, "To"),
        reply_to=_header(mail, "Reply-To"),
        dated=_dated(_header(mail, "Date")),
        text=_TOKEN.sub(r"\1…", _text(mail))[:LONGEST],
    )


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(mail[name] or "").split())
    except (ValueError, LookupError, IndexError, TypeError):  # the library's own faults with what is no header
        return ""


def _dated(date: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError):
        return None
    return found if found.tzinfo else None


def _text(mail: EmailMessage) -> str:
    try:
        part = mail.get_body(("plain",))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""

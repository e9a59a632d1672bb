"""Delivery status notifications (RFC 3464): what a mail server says of a letter that it could not deliver; pure.

Never trusted: anybody may send one. Whose letter it is about is for verp.py to say.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

from notifier.words import plain

LARGEST = 1_000_000  # bytes; whoever returns more returns attachments that we never sent
LOOKED_AT = 150_000  # bytes; the report stands before the letter, and a long header takes the email package the square
HARMLESS = ("delayed", "delivered", "relayed", "expanded")  # RFC 3464, 2.3.3
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"\S+@\S+")


class NoBounce(ValueError):
    """It is no notification that a letter could not be delivered."""


@dataclass(frozen=True)
class Bounce:
    """`envelope` are the headers that may name our letter; `status` is an enhanced code such as 5.1.1."""

    envelope: str
    status: str
    reason: str


def read(content: bytes) -> Bounce:
    """Raises NoBounce, which says what it is instead."""
    if len(content) > LARGEST:
        raise NoBounce(f"{NoBounce.__doc__} It is larger than {LARGEST} bytes.")
    try:
        return _bounce(message_from_bytes(content[:LOOKED_AT]))
    except RecursionError:
        raise NoBounce(f"{NoBounce.__doc__} Its parts are within too many others.") from None


def _bounce(mail: Message) -> Bounce:
    if mail.get_content_type() != "multipart/report" or str(mail.get_param("report-type")).lower() != "delivery-status":
        raise NoBounce(f"{NoBounce.__doc__} It is no report: an answer, or somebody's absence.")
    actions = []
    for recipient in _recipients(mail):
        action, status = _field(recipient, "Action").partition("(")[0].strip().lower(), _status(recipient)
        if action == "failed" and not status.startswith("2"):
            return Bounce(_envelope(mail), status, _reason(recipient))
        actions.append(action if action in HARMLESS else "something else")  # its own words are for no log
    raise NoBounce(f"{NoBounce.__doc__} It says {', '.join(dict.fromkeys(actions)) or 'nothing of any recipient'}.")


def _recipients(mail: Message) -> Iterator[Message]:
    """The blocks of the report; the first is about the message as a whole, and has no action."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks: Any = part.get_payload()
            yield from (
                (block for block in blocks if isinstance(block, Message) and "Action" in block)
                if isinstance(blocks, list)
                else ()
            )


def _envelope(mail: Message) -> str:
    headers = [mail, *(part for part in mail.walk() if part.get_content_type() == "message/delivery-status")]
    lines = [f"{name}: {value}" for part in headers for name, value in part.items()]
    for part in headers[1:]:
        blocks: Any = part.get_payload()
        lines += [f"{name}: {value}" for block in blocks if isinstance(block, Message) for name, value in block.items()]
    return "\n".join(lines)


def _status(recipient: Message) -> str:
    found = _STATUS.search(_field(recipient, "Status"))
    return found.group(1) if found else "5.0.0"  # RFC 3463: other or undefined


def _reason(recipient: Message) -> str:
    """The remote server's words, without anybody's address."""
    said = _field(recipient, "Diagnostic-Code").partition(";")[2] or _field(recipient, "Status")
    return plain(_ADDRESS.sub("…", said)) or "it could not be delivered"


def _field(block: Message, name: str) -> str:
    return plain(str(block.get(name, "")), 500)

"""Drafts to mails: the very bytes, with their headers, as they are stored and sent."""

from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr

from common.links import PortalLinks
from notifier.letters.draft import Draft
from notifier.render import render
from notifier.words import plain

NOBODY = "undisclosed-recipients:;"
LONGEST_NAME = 70  # characters of a display name; longer ones fold badly
SMTP = compat32.clone(linesep="\r\n")  # the newer policies parse each header that is set: ten times the work


@dataclass(frozen=True, kw_only=True)
class Written:
    """A draft and its mail."""

    draft: Draft
    subject: str
    message_id: str
    content: bytes


class Unusable(ValueError):
    """No mail can be sent to that address."""


def usable(address: str) -> str:
    """The address as SMTP takes it, or Unusable."""
    local, _, domain = address.strip().rpartition("@")
    try:
        found = Address(username=local, domain=domain.encode("idna").decode("ascii")).addr_spec
    except (ValueError, UnicodeError, IndexError) as error:
        raise Unusable(Unusable.__doc__) from error
    if not (local and domain and found.isascii() and found.isprintable()) or any(c in found for c in ' "<>,;:\\()'):
        raise Unusable(Unusable.__doc__)
    return found


class Writer:
    """Renders and addresses letters. `sender` is the setting: a name and an address."""

    def __init__(self, sender: str, portal: str, links: PortalLinks) -> None:
        self.name, self.address = parseaddr(sender)
        self.portal, self.links = portal, links

    def write(self, draft: Draft, now: datetime) -> Written:
        """`now` is real time, for the Date."""
        rendered = render(draft)
        message_id = f"<{draft.id}@{self.address.rpartition('@')[2]}>"
        mail = self._addressed(draft)
        mail["Subject"] = _encoded("Subject", rendered.subject)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message_id
        mail["Content-Language"] = draft.creditor.language
        mail.attach(_part("plain", rendered.text))
        mail.attach(_part("html", rendered.html))
        return Written(draft=draft, subject=rendered.subject, message_id=message_id, content=mail.as_bytes())

    def _addressed(self, draft: Draft) -> MIMEMultipart:
        creditor = draft.creditor
        boundary = f"=_{draft.id}"  # "=_" is in no quoted-printable text
        mail = MIMEMultipart("alternative", boundary=boundary, policy=SMTP)
        mail["From"] = _named("From", creditor.name if draft.to_debtor else self.name, self.address)
        if draft.to_debtor or draft.kind == "sample":
            mail["Reply-To"] = _mailbox("Reply-To", creditor.answers_to, creditor.name)
        mail["To"] = _mailbox("To", draft.recipient)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Entity-Ref-ID"] = draft.id
        if draft.kind in ("notice", "digest"):
            mail["List-Unsubscribe"] = f"<mailto:{self.address}?subject=stop-{creditor.cvr}>"
        return mail


def _part(subtype: str, text: str) -> Message:
    part = MIMENonMultipart("text", subtype, charset="utf-8", policy=SMTP)
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


def _mailbox(header: str, address: str, name: str = "") -> str:
    """What can't be used is stored all the same; the mailer refuses it."""
    try:
        return _named(header, name, usable(address))
    except Unusable:
        return NOBODY


def _named(header: str, name: str, address: str) -> str:
    shown = _shown(name)
    return formataddr((shown, address)) if shown.isascii() else f"{_encoded(header, shown)} <{address}>"


def _encoded(header: str, text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", header_name=header).encode()


def _shown(name: str) -> str:
    return plain(name, LONGEST_NAME)

"""Drafts to mails: the very bytes, with their headers, as they are stored and sent."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from common.links import PortalLinks
from notifier.letters import Draft
from notifier.render import Rendered, render
from notifier.words import plain

NOBODY = "undisclosed-recipients:;"
LONGEST_NAME = 70  # characters of a display name; longer ones fold badly


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
        mail["Subject"] = rendered.subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message_id
        _fill(mail, rendered)
        mail["Content-Language"] = draft.creditor.language  # after the parts, which would take it along
        return Written(draft=draft, subject=rendered.subject, message_id=message_id, content=mail.as_bytes())

    def _addressed(self, draft: Draft) -> EmailMessage:
        mail, creditor = EmailMessage(SMTP), draft.creditor
        mail["From"] = Address(_shown(creditor.name if draft.to_debtor else self.name), addr_spec=self.address)
        if draft.to_debtor:
            mail["Reply-To"] = _mailbox(creditor.email, creditor.name)
        mail["To"] = _mailbox(draft.recipient)
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Entity-Ref-ID"] = draft.id
        if draft.kind in ("notice", "digest"):
            mail["List-Unsubscribe"] = f"<mailto:{self.address}?subject=stop-{creditor.cvr}>"
        return mail


def _fill(mail: EmailMessage, rendered: Rendered) -> None:
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")


def _mailbox(address: str, name: str = "") -> Address | str:
    """What can't be used is stored all the same; the mailer refuses it."""
    try:
        return Address(_shown(name), addr_spec=usable(address))
    except Unusable:
        return NOBODY


def _shown(name: str) -> str:
    return plain(name, LONGEST_NAME)

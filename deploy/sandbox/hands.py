"""What stands for broker, inbox and browser while the past is played: all of it at once, in one process."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from common import clock, db, outbox
from common.links import PortalLinks
from common.outbox import Batch, Due
from common.tables import Outbox
from common.worker import Handles, handle
from decisions import saying, store
from deploy.sandbox.client import Envelope, Mail
from deploy.sandbox.deeds import Answers, Objects
from deploy.sandbox.parsing import body, header, headers, links, parse
from deploy.sandbox.reading import MOST_MAILS
from deploy.sandbox.ways import Mails
from notifier.delivering import Send


class Hands:
    """Gives each event to the handlers of all who hear it."""

    def __init__(self, tables: Mapping[str, Iterable[Handles]]) -> None:
        self._heard = defaultdict[str, list[Handles]](list)
        for table in tables.values():
            for line in table:
                self._heard[line.event.type].append(line)

    def hand_over(self, now: datetime) -> bool:
        """All rows that are due, as the relay publishes them; whether there were any."""
        columns = [getattr(Outbox, name) for name in Due._fields]
        rows = Outbox.select(*columns).where(Outbox.published_at.is_null(), Outbox.at <= now)
        due = [Due(*row) for row in rows.order_by(Outbox.at, Outbox.id).tuples().iterator()]
        for row in due:
            for line in self._heard[row.type]:
                handle(line, {"body": row.body})
                as_committed()
        outbox.stamp(Batch("", due), {row.event_id: "confirmed" for row in due})
        return bool(due)


def as_committed() -> None:
    """What a transaction does at its end, and forgets: one that holds many of them does it after each."""
    db.catch_up()
    db.notes().clear()


class Sent(NamedTuple):
    """A letter as the mail server got it."""

    recipient: str
    content: bytes
    bounces_to: str


class Letters:
    """The mail server, and the inboxes of all."""

    def __init__(self) -> None:
        self._sent: list[Sent] = []
        self._mails: list[Mail] = []

    def send(self, recipient: str, content: bytes, bounces_to: str) -> None:
        self._sent.append(Sent(recipient, content, bounces_to))
        self._mails.append(_mail(len(self._sent), self._sent[-1], clock.business_now()))

    def messages(self, *, limit: int = 100, since_id: int = 0) -> list[Mail]:
        """Newest first, numbered from 1."""
        return self._mails[since_id:][::-1][:limit]

    def message(self, message_id: int) -> Mail:
        return self._mails[message_id - 1]

    def deliver(self, numbers: Iterable[int], inbox: Mails, send: Send) -> None:
        """To the inbox, which has some of them already if a start was cut short."""
        known = {mail.message_id for mail in inbox.messages(limit=MOST_MAILS, since_id=0)}
        for number in numbers:
            if self.message(number).message_id not in known:
                send(*self._sent[number - 1])


def _mail(number: int, sent: Sent, at: datetime) -> Mail:
    parsed = parse(sent.content)
    html = body(parsed, "html") or ""
    return Mail(
        id=number,
        sender=header(parsed, "From"),
        to=header(parsed, "To"),
        subject=header(parsed, "Subject"),
        at=at,
        message_id=header(parsed, "Message-ID"),
        links=links(html),
        envelope=Envelope(sent.bounces_to),
        headers=headers(parsed),
        text=body(parsed, "plain"),
        html=html,
    )


class Clicks:
    """A browser: what its pages would have the portal write."""

    def __init__(self, links: PortalLinks) -> None:
        self._links = links

    def answer(self, link: str, choice: Answers) -> None:
        store.answer(self._links.read_answer(_token(link)), choice, clock.business_now())

    def object(self, link: str, kind: Objects, **typed: str) -> None:
        said = saying.said(kind, saying.typed(kind, typed), clock.today())
        store.objection(self._links.read_claim(_token(link)), said, clock.business_now())


def _token(link: str) -> str:
    return link.rpartition("/")[2]

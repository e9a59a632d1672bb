"""The people of the stories: they read their mails, and click or pay in their own time."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import requests

from common.links import PortalLinks
from common.secrets import LinkExpired, LinkForged
from deploy.sandbox.browser import Browser, NoSuchButton
from deploy.sandbox.client import Erp, Inbox, Mail
from deploy.sandbox.memory import Memory, Noticed
from deploy.sandbox.stories import Deed, Story

NUMBER = re.compile(r"(?<!\d)\d{5}(?!\d)")  # how invoice numbers stand in a mail
MOST_MAILS = 1000  # a look into the inbox
CLICKS = {
    "start": "says yes to dunning",
    "stop": "says no to dunning",
    "collect": "lets the customer pay the fees of",
    "cover": "takes over the fees of",
    "received": "has received the fees of",
}


@dataclass(frozen=True)
class People:
    """`say` tells what somebody did; `save` keeps the memory."""

    erp: Erp
    inbox: Inbox
    browser: Browser
    links: PortalLinks
    memory: Memory
    save: Callable[[], None]
    say: Callable[[str], None]

    def read_mails(self, stories: Sequence[Story], today: date) -> None:
        """Notes which mail came for whom; each mail is read once."""
        by_number = {str(story.number): story for story in stories}
        for summary in reversed(self.inbox.messages(limit=MOST_MAILS, since_id=self.memory.last_mail)):
            mail = self.inbox.message(summary.id)
            for number in sorted(set(NUMBER.findall(f"{mail.subject} {mail.text}")) & by_number.keys()):
                self._note(by_number[number], mail, today)
            self.memory.last_mail = mail.id
            self.save()

    def _note(self, story: Story, mail: Mail, today: date) -> None:
        upon = self._kind(story, mail)
        if upon:
            self.memory.noticed.setdefault(story.number, {}).setdefault(upon, Noticed(mail.id, today))

    def _kind(self, story: Story, mail: Mail) -> str | None:
        """What the mail is to the one who gets it; a repeat with the same Message-ID is no second reminder."""
        if story.email and story.email in mail.to:
            known = self.memory.reminders.setdefault(story.number, [])
            if mail.message_id not in known:
                known.append(mail.message_id)
            return f"reminder {known.index(mail.message_id) + 1}"
        if story.of.email not in mail.to:
            return None
        choices = dict(self._choices(mail))
        return "notice" if "start" in choices else "fees open" if choices.keys() & {"collect", "cover"} else None

    def _choices(self, mail: Mail) -> Iterator[tuple[str, str]]:
        """The answers that a mail's links suggest, and their addresses."""
        for link in mail.links:
            token = link.partition("/answer/")[2]
            try:
                if token:
                    yield self.links.read_answer(token).choice, link
            except (LinkExpired, LinkForged):
                continue

    def act(self, stories: Sequence[Story], today: date) -> None:
        """Does what is due today, each deed once."""
        for story in stories:
            noticed = self.memory.noticed.get(story.number, {})
            for place, deed in enumerate(story.deeds):
                mail, name = noticed.get(deed.upon), f"{story.number}.{place}"
                if mail and name not in self.memory.done and today >= mail.on + timedelta(days=deed.after):
                    self._do(story, deed, mail, name, today)

    def _do(self, story: Story, deed: Deed, mail: Noticed, name: str, today: date) -> None:
        """Noted before it is done: after a crash nobody pays twice. What nobody answered is done later."""
        self.memory.done.add(name)
        self.save()
        try:
            if deed.does == "pay":
                self._pay(story, deed, today)
            else:
                self._click(story, deed, mail)
        except requests.RequestException as error:
            if _is_refused(error):
                self.say(f"{story.who} or {story.of.name} could not {deed.does} for invoice {story.number}: {error}")
                return
            self.memory.done.discard(name)
            self.save()
            raise

    def _pay(self, story: Story, deed: Deed, today: date) -> None:
        amount = Decimal(deed.amount) if deed.amount else story.amount
        self.erp.pay(story.number, amount, today, key=story.of.key)
        self.say(f"{story.who} pays {amount:,.2f} kr. of invoice {story.number} to {story.of.name}")

    def _click(self, story: Story, deed: Deed, mail: Noticed) -> None:
        try:
            links = dict(self._choices(self.inbox.message(mail.mail)))
            self.browser.answer(links.get(deed.does) or next(iter(links.values())), deed.does)
            self.say(f"{story.of.name} {CLICKS[deed.does]} invoice {story.number} of {story.who}")
        except NoSuchButton as error:
            self.say(f"{story.of.name} wanted to answer for invoice {story.number}: {error}")


def _is_refused(error: requests.RequestException) -> bool:
    """Answered with no: the invoice is gone, say. To ask again would change nothing."""
    return error.response is not None and error.response.status_code < requests.codes.server_error

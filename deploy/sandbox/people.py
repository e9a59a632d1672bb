"""The people of the stories: they read their mails, and click, object or pay in their own time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import cast, get_args

import requests

from common.links import PortalLinks
from deploy.sandbox.browser import NoSuchButton
from deploy.sandbox.client import Erp, Mail
from deploy.sandbox.deeds import Answers, Deed, Objects
from deploy.sandbox.memory import Memory, Noticed
from deploy.sandbox.reading import Reading, answers
from deploy.sandbox.story import Story
from deploy.sandbox.ways import Clicks, Mails
from notifier.bounced import StillSending

CLICKS = {
    "start": "says yes to dunning",
    "stop": "says no to dunning",
    "pause": "pauses the dunning of",
    "resume": "goes on with the dunning of",
    "collect": "lets the customer pay the fees of",
    "cover": "takes over the fees of",
    "received": "has received the fees of",
    "waive": "writes off",
}
OBJECTIONS = {
    "dispute": "disputes",
    "paid": "claims to have paid",
    "call": "wants to be called about",
    "withdraw": "withdraws the objection to",
}


@dataclass(frozen=True)
class People:
    """`bounce` sends a mail back to where it came from; `say` tells what somebody did; `save` keeps the memory."""

    erp: Erp
    inbox: Mails
    browser: Clicks
    links: PortalLinks
    memory: Memory
    bounce: Callable[[Mail], None]
    save: Callable[[], None]
    say: Callable[[str], None]

    def read_mails(self, stories: Sequence[Story], today: date) -> None:
        Reading(self.inbox, self.links, self.memory, self.save).read_mails(stories, today)

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
            self._carry_out(story, deed, mail, today)
        except (requests.RequestException, StillSending) as error:
            if _is_refused(error):
                self.say(f"{story.who} or {story.of.name} could not {deed.does} for invoice {story.number}: {error}")
                return
            self.memory.done.discard(name)
            self.save()
            if isinstance(error, requests.RequestException):
                raise
        except NoSuchButton as error:
            self.say(f"Nobody could {deed.does} for invoice {story.number}: {error}")

    def _carry_out(self, story: Story, deed: Deed, noticed: Noticed, today: date) -> None:
        if deed.does == "pay":
            self._pay(story, deed, today)
        elif deed.does == "correct":
            self._correct(story, deed)
        elif deed.does == "bounce":
            self.bounce(self.inbox.message(noticed.mail))
            self.say(f"The mail to {story.who} about invoice {story.number} comes back")
        elif deed.does in get_args(Objects):
            self._object(story, deed, self.inbox.message(noticed.mail), today)
        else:
            self._click(story, deed, self.inbox.message(noticed.mail))

    def _pay(self, story: Story, deed: Deed, today: date) -> None:
        amount = Decimal(deed.amount) if deed.amount else story.amount
        self.erp.pay(story.number, amount, today, key=story.of.key)
        self.say(f"{story.who} pays {amount:,.2f} kr. of invoice {story.number} to {story.of.name}")

    def _correct(self, story: Story, deed: Deed) -> None:
        self.erp.change_debtor(story.customer_number, key=story.of.key, invoice_email=deed.words)
        self.say(f"{story.of.name} corrects the address of {story.who}")

    def _object(self, story: Story, deed: Deed, mail: Mail, today: date) -> None:
        claim = next((link for link in mail.links if "/claim/" in link), None)
        if claim is None:
            raise NoSuchButton("The mail has no link to the claim.")
        typed = {"dispute": {"words": deed.words}, "call": {"phone": deed.words}, "paid": {"paid_on": f"{today}"}}
        self.browser.object(claim, cast(Objects, deed.does), **typed.get(deed.does, {}))
        self.say(f"{story.who} {OBJECTIONS[deed.does]} invoice {story.number} of {story.of.name}")

    def _click(self, story: Story, deed: Deed, mail: Mail) -> None:
        links = answers(mail, self.links)
        self.browser.answer(links.get(deed.does) or next(iter(links.values())), cast(Answers, deed.does))
        self.say(f"{story.of.name} {CLICKS[deed.does]} invoice {story.number} of {story.who}")


def _is_refused(error: Exception) -> bool:
    """Answered with no: the invoice is gone, say. To ask again would change nothing."""
    response = error.response if isinstance(error, requests.RequestException) else None
    return response is not None and response.status_code < requests.codes.server_error

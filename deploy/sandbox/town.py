"""The example companies of `make run`, their invoices, and their people."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import requests

from common import clock
from common.calendar import COPENHAGEN
from common.links import PortalLinks
from common.secrets import Vault
from common.settings import Settings
from decisions import companies, logins
from deploy.pricing import HasBegun, Item, put
from deploy.sandbox import memory as memories
from deploy.sandbox import postmaster
from deploy.sandbox.client import Mail
from deploy.sandbox.creditors import CREDITORS, Creditor
from deploy.sandbox.memory import Memory
from deploy.sandbox.people import People
from deploy.sandbox.settings import Settings as SandboxSettings
from deploy.sandbox.stories import stories
from deploy.sandbox.story import Story
from deploy.sandbox.ways import Ways
from deploy.sandbox.wire import NewInvoice
from notifier import bounced
from notifier.verp import Envelopes

AWAKE = range(7, 23)  # o'clock: nobody clicks or pays in his sleep
ISSUED = timedelta(days=8)  # before the due date
NOT_AN_AMOUNT = "mange penge"
PRICE = Decimal("45.00")  # kroner without VAT, of a reminder: what the README sets as an example


class Town:
    """The companies, their invoices, and the people. `memory` is what the town begins with, if not with its file."""

    def __init__(
        self,
        settings: Settings,
        sandbox: SandboxSettings,
        through: Ways,
        creditors: Sequence[Creditor] = CREDITORS,
        memory: Memory | None = None,
    ) -> None:
        self._vault, self._envelopes = Vault(settings.secret, settings.former), Envelopes(settings)
        self._path, self._creditors = sandbox.file("demo.json"), creditors
        self.memory = memory or memories.load(self._path, clock.today())
        self._erp = through.erp
        self._stories = [story for story in stories() if story.of in creditors]
        told = (PortalLinks(settings), self.memory, self._bounce, self._save, say)
        self._people = People(through.erp, through.inbox, through.browser, *told)

    def live(self) -> None:
        """One look: who is new, which invoices turn up, which mails came, who does something."""
        today = clock.today()
        if not self.memory.companies:
            self._set_price(today)
        for creditor in self._creditors:
            if creditor.cvr not in self.memory.companies:
                self._move_in(creditor, today)
        self._add([story for story in self._due_to_arrive(today) if story.of.cvr in self.memory.companies])
        self._people.read_mails(self._stories, today)
        if clock.business_now().astimezone(COPENHAGEN).hour in AWAKE:
            self._people.act(self._stories, today)

    def _set_price(self, today: date) -> None:
        with suppress(HasBegun):  # a start that was cut short got this far
            put(Item.REMINDER, today, PRICE, clock.business_now())

    def _move_in(self, creditor: Creditor, today: date) -> None:
        """Its invoices first: the portal fetches as soon as it knows the company."""
        self._erp.add_company(creditor.key, creditor.name, creditor.cvr)
        self._add([story for story in self._due_to_arrive(today) if story.of is creditor])
        if creditor.key_is_broken:
            self._erp.revoke(creditor.key)
        try:
            names = (creditor.cvr, creditor.name, creditor.email, creditor.key)
            companies.add(*names, self._vault, clock.business_now(), **creditor.choices)
            say(f"{creditor.name} joins the portal")
        except companies.CompanyExists:
            pass  # a start that was cut short got this far
        with suppress(logins.EmailTaken):
            logins.add_company(creditor.cvr, creditor.email, clock.business_now())
        self.memory.companies.add(creditor.cvr)
        self._save()

    def _due_to_arrive(self, today: date) -> list[Story]:
        day = (today - self.memory.first_on).days
        return [story for story in self._stories if story.arrives <= day and story.number not in self.memory.arrived]

    def _add(self, arriving: Sequence[Story]) -> None:
        for story in arriving:
            try:
                self._erp.add_invoices([self._invoice(story)])
            except requests.HTTPError as error:
                if "taken" not in str(error):
                    raise
            if story.is_malformed:
                self._erp.change_invoice(story.number, key=story.of.key, amount_vat=NOT_AN_AMOUNT)
            self.memory.arrived.add(story.number)
            self._save()
            if story.arrives:
                say(f"{story.of.name} sends invoice {story.number} to {story.who}: {story.amount:,.2f} kr.")

    def _invoice(self, story: Story) -> NewInvoice:
        due_on = self.memory.first_on + timedelta(days=story.due)
        return NewInvoice(
            key=story.of.key,
            number=story.number,
            customer_name=story.who,
            customer_number=story.customer_number,
            email=story.email,
            cvr=story.cvr,
            amount=story.amount,
            issued_on=due_on - ISSUED,
            due_on=due_on,
            paid_on=due_on if story.is_paid else None,
        )

    def _bounce(self, mail: Mail) -> None:
        bounced.record(postmaster.returned(mail), self._envelopes, clock.business_now())

    def _save(self) -> None:
        memories.save(self.memory, self._path)


def say(line: str) -> None:
    """What somebody did, and when by the business clock."""
    sys.stdout.write(f"{clock.business_now().astimezone(COPENHAGEN):%a %d %b %H:%M}  {line}\n")
    sys.stdout.flush()

"""What people do while everything breaks: debtors and book-keepers in the ERP, companies in the real portal."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from uuid import uuid5

import requests
from peewee import InterfaceError, OperationalError

from common import clock, db, events
from common.links import PortalLinks
from common.secrets import LinkExpired, LinkForged
from common.settings import Settings
from deploy.sandbox.browser import Browser, NoSuchButton
from notifier import bounced
from notifier.verp import Envelopes
from tests.chaos.books import Book
from tests.chaos.facts import Answered, Deed
from tests.chaos.office import Office
from tests.chaos.plan import COMPANIES, FIRMS, Action
from tests.chaos.portal import LoggedOut, NotNow
from tests.e2e.town import Company, Invoice, Town
from tests.unit.notifier.test_bounces import report

SURPLUS = Decimal(250)  # kroner that pay for fees, too
MOST_MAILS = 1000
MINDFUL = 20.0  # seconds after which people forget that they wanted to answer


class Life:
    """Does what the plan says of invoices, and notes in the ERP's and the people's books what they were told."""

    def __init__(
        self, town: Town, firms: Sequence[Company], office: Office, erp: Book, people: Book, debtors: Book
    ) -> None:
        self.town, self.firms, self.office = town, firms, office
        self.erp, self.people, self.debtors = erp, people, debtors
        self.envelopes = Envelopes(Settings.from_env(town.env))
        self.links = PortalLinks(Settings.from_env(town.env))
        self.invoices: dict[str, Invoice] = {}
        self.paid: Counter[str] = Counter()  # øre
        self.left_undone: Counter[str] = Counter()
        self._missed: list[Action] = []
        self._turns: dict[tuple[str, bool], threading.Lock] = defaultdict(threading.Lock)
        self._deeds: dict[str, Callable[[Action], None]] = {
            "invoice": self._invoice,
            "pay": lambda action: self._pay(action, self._open(action)),
            "pay part": lambda action: self._pay(action, (self._open(action) / 2).quantize(Decimal(1))),
            "overpay": lambda action: self._pay(action, self._open(action) + SURPLUS),
            "reverse": self._reverse,
            "credit": self._credit,
            "answer": lambda action: self._mindful(partial(self._click, action)),
            "note": lambda action: self._mindful(lambda: office.note(self._known(action), action.word)),
            "object": lambda action: self._mindful(partial(self._object, action)),
            "bounce": lambda action: self._mindful(partial(self._bounce, action)),
            "days": lambda action: self.town.go_on(int(action.size)),
            "look": lambda action: _with_a_database(partial(self._look, action)),
            **office.deeds,
        }

    def does(self, kind: str) -> bool:
        return kind in self._deeds

    def act(self, action: Action) -> None:
        """One deed and one answer an invoice at a time; what can't be done now is counted and left."""
        with self._turns[action.to, action.kind in ("answer", "note", "object", "bounce")]:
            try:
                self._deeds[action.kind](action)
            except (NotNow, NoSuchButton, LoggedOut, requests.RequestException) as error:
                self._missed.append(action)
                self.left_undone[f"{action.kind}: {type(error).__name__}"] += 1

    def missed(self) -> list[Action]:
        """What people wanted to do and could not, once more, two seconds apart for each of them; in order."""
        missed, self._missed = sorted(self._missed), []
        self.left_undone.clear()
        turns = [sum(other.to == action.to for other in missed[:number]) for number, action in enumerate(missed)]
        return sorted(replace(action, at=2.0 * turn) for action, turn in zip(missed, turns, strict=True))

    # --- in the ERP
    def _invoice(self, action: Action) -> None:
        firm, customer = self.firms[int(action.word)], f"K-regular-{action.word}" if _is_regular(action) else ""
        invoice = self.invoices[action.to] = firm.invoice(f"{action.size:.2f}", customer=customer)
        self.office.members[FIRMS[int(action.word)]].knows([f"Kunde {invoice.number}"])
        self._note(invoice, "created", invoice.amount)

    def _pay(self, action: Action, amount: Decimal) -> None:
        invoice = self._known(action)
        invoice.pay(amount)
        self.paid[action.to] += int(amount * 100)
        self._note(invoice, "paid", max(invoice.amount - self._paid(action), Decimal(0)))

    def _reverse(self, action: Action) -> None:
        if not (paid := self._paid(action)):
            raise NotNow("nothing was paid")
        invoice = self._known(action)
        invoice.pay(-paid)
        self.paid[action.to] = 0
        self._note(invoice, "reversed", invoice.amount)

    def _credit(self, action: Action) -> None:
        invoice = self._known(action)
        self.town.erp.credit(invoice.number)
        self._note(invoice, "credited", Decimal(0))

    def _note(self, invoice: Invoice, what: str, outstanding: Decimal) -> None:
        deed = Deed(clock.real_now(), str(invoice.number), what, outstanding, invoice.customer, invoice.due_on)
        self.erp.write(deed)

    def _paid(self, action: Action) -> Decimal:
        return Decimal(self.paid[action.to]) / 100

    def _open(self, action: Action) -> Decimal:
        if (left := self._known(action).amount - self._paid(action)) <= 0:
            raise NotNow("nothing is owed")
        return left

    def _known(self, action: Action) -> Invoice:
        with suppress(KeyError):
            return self.invoices[action.to]
        raise NotNow("the invoice could not be made")

    # --- in the portal
    def _mindful(self, deed: Callable[[], None]) -> None:
        """Looks for the mail, and tries again when the portal or the database is away, for a while."""
        end = time.monotonic() + MINDFUL
        while True:
            try:
                return _with_a_database(deed)
            except (NotNow, requests.RequestException):
                if time.monotonic() > end:
                    raise
                time.sleep(1)

    def _click(self, action: Action) -> None:
        if action.way == "portal":
            self.office.answer(self._known(action), action.word)
        else:
            self._follow(action)

    def _follow(self, action: Action) -> None:
        """The link of a mail."""
        invoice, browser = self._known(action), Browser()
        procedure, link = self._link(invoice)
        began = clock.real_now()
        try:
            browser.answer(link, action.word)
        except requests.RequestException:
            self.people.write(Answered(began, procedure, action.word, heard=False))
            raise
        finally:
            browser.close()
        self.people.write(Answered(clock.real_now(), procedure, action.word))

    def _link(self, invoice: Invoice) -> tuple[str, str]:
        """The link to answer about the invoice, in any mail to its company, be it a notice or a digest."""
        firm = invoice.company
        procedure = str(uuid5(events.NAMESPACE, f"{firm.cvr}\n{invoice.number}\n1"))
        for mail in self.town.inbox.messages(to=firm.email, limit=MOST_MAILS):
            for link in mail.links:
                with suppress(LinkExpired, LinkForged):
                    if self.links.read_answer(link.partition("/answer/")[2]).procedure_id == procedure:
                        return procedure, link
        raise NotNow("the company has not been asked yet")

    def _look(self, action: Action) -> None:
        """At the newest invoice of his company that has been fetched, and at one of another company."""
        member = self.office.members[action.to]
        newest = [*self.invoices.values()][::-1] if member.company else []
        own = (invoice for invoice in newest if invoice.company.cvr == member.company)
        others = (invoice for invoice in newest if invoice.company.cvr != member.company)
        mine, theirs = (next((one for one in found if one.rounds()), None) for found in (own, others))
        self.office.look(member, mine, theirs)

    # --- the debtor
    def _object(self, action: Action) -> None:
        invoice, browser = self._known(action), Browser()
        procedure, link = self._claim(invoice)
        typed = {"words": "Det er ikke lavet færdigt", "paid_on": f"{self.town.today}", "reference": "MobilePay"}
        began = clock.real_now()
        try:
            browser.object(link, action.word, **typed)
        except requests.RequestException:
            self.debtors.write(Answered(began, procedure, action.word, heard=False))
            raise
        finally:
            browser.close()
        self.debtors.write(Answered(clock.real_now(), procedure, action.word))

    def _claim(self, invoice: Invoice) -> tuple[str, str]:
        """His link in the newest letter to him about this; his words are about the newest round."""
        rounds = invoice.rounds()
        for mail in self.town.inbox.messages(to=invoice.email, limit=MOST_MAILS):
            for link in mail.links:
                if "/claim/" in link and self.links.read_claim(link.partition("/claim/")[2]).procedure_id in rounds:
                    return rounds[-1], link
        raise NotNow("the debtor has had no letter yet")

    def _bounce(self, action: Action) -> None:
        """His mail server sends the newest reminder back, as to a postbox of ours."""
        letter = next((row for row in reversed(self._known(action).letters("reminder")) if row.state == "sent"), None)
        if letter is None:
            raise NotNow("no reminder has left")
        try:
            bounced.record(report(self.envelopes.sender(letter.id)), self.envelopes, clock.business_now())
        except bounced.StillSending as busy:
            raise NotNow("it is just being sent") from busy


def _is_regular(action: Action) -> bool:
    """Every fourth invoice of a company is for one and the same customer."""
    return int(action.to) // COMPANIES % 4 == 3


def _with_a_database(deed: Callable[[], None]) -> None:
    try:
        deed()
    except (OperationalError, InterfaceError) as away:
        db.handle.close_all()  # connections from before the server's restart
        raise NotNow("the database is away") from away

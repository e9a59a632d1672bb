"""What the people of the demo do at which mail, and that they do it once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
import requests

from common.events import Choice, FeeChoice
from common.links import AnswerLink, ClaimLink, PortalLinks
from common.settings import Settings
from deploy.sandbox import memory as memories
from deploy.sandbox.browser import NoSuchButton
from deploy.sandbox.client import Envelope, Mail
from deploy.sandbox.creditors import JENSEN
from deploy.sandbox.deeds import Deed
from deploy.sandbox.people import People
from deploy.sandbox.story import Story
from notifier.bounced import StillSending

pytestmark = pytest.mark.fast
MONDAY = date(2026, 3, 2)
LINKS = PortalLinks(Settings(secret="a secret of the tests, forty characters."))

CLAIM = LINKS.claim(ClaimLink(JENSEN.cvr, "p1"))


@dataclass
class FakeErp:
    paid: list[tuple[int, Decimal, date]] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    fails: requests.RequestException | None = None

    def change_debtor(self, customer_number: str, *, key: str, invoice_email: str) -> None:
        assert key == JENSEN.key
        self.moved.append((customer_number, invoice_email))

    def pay(self, number: int, amount: Decimal, on: date, *, key: str) -> None:
        assert key == JENSEN.key
        if self.fails:
            raise self.fails
        self.paid.append((number, amount, on))


@dataclass
class FakeInbox:
    mails: list[Mail] = field(default_factory=list)

    def messages(self, *, limit: int, since_id: int) -> list[Mail]:
        return [mail for mail in reversed(self.mails) if mail.id > since_id][:limit]

    def message(self, message_id: int) -> Mail:
        return self.mails[message_id - 1]

    def receive(self, to: str, text: str, *links: str, message_id: str | None = None) -> None:
        number = len(self.mails) + 1
        common: dict[str, Any] = {"sender": "", "subject": "", "html": None, "headers": [], "at": datetime.now(UTC)}
        common["envelope"] = Envelope(f"bounces+{number}@portal.example")
        known = message_id or f"<{number}>"
        self.mails.append(Mail(id=number, to=to, text=text, links=list(links), message_id=known, **common))


@dataclass
class FakeBrowser:
    answered: list[tuple[str, str]] = field(default_factory=list)
    objected: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    offers_nothing: bool = False

    def answer(self, link: str, choice: str) -> None:
        if self.offers_nothing:
            raise NoSuchButton(NoSuchButton.__doc__)
        self.answered.append((LINKS.read_answer(link.rpartition("/")[2]).choice, choice))

    def object(self, link: str, kind: str, **typed: str) -> None:
        self.objected.append((link, kind, typed))


class Street:
    """People with doors that only note what was done."""

    def __init__(self, path: Path, *deeds: Deed) -> None:
        self.erp, self.inbox, self.browser, self.said = FakeErp(), FakeInbox(), FakeBrowser(), list[str]()
        self.returned, self.is_being_sent = list[str](), False
        self.memory, self.path = memories.load(path, MONDAY), path
        amount = Decimal("1250.00")
        self.story = Story(number=26001, of=JENSEN, who="Anna", email="anna@holm.example", amount=amount, deeds=deeds)

    def day(self, number: int) -> None:
        erp, inbox, browser = cast(Any, self.erp), cast(Any, self.inbox), cast(Any, self.browser)
        people = People(erp, inbox, browser, LINKS, self.memory, self.bounce, self.save, self.said.append)
        people.read_mails([self.story], MONDAY + timedelta(days=number))
        people.act([self.story], MONDAY + timedelta(days=number))

    def bounce(self, mail: Mail) -> None:
        if self.is_being_sent:
            raise StillSending(StillSending.__doc__)
        self.returned.append(mail.envelope.sender)

    def save(self) -> None:
        memories.save(self.memory, self.path)

    def restart(self) -> None:
        self.memory = memories.load(self.path, MONDAY)

    def notice(self) -> None:
        self.inbox.receive(f"Jensen <{JENSEN.email}>", "Faktura 26001 på 1.250,00 kr.", link("start"), link("stop"))

    def remind(self, message_id: str | None = None) -> None:
        self.inbox.receive(
            "Anna <anna@holm.example>", "Faktura 26001", "http://else.example", CLAIM, message_id=message_id
        )


def link(choice: Choice | FeeChoice) -> str:
    return LINKS.answer(AnswerLink(JENSEN.cvr, "p1", choice))


@pytest.fixture
def street(tmp_path: Path) -> Callable[..., Street]:
    return lambda *deeds: Street(tmp_path / "demo.json", *deeds)


def test_a_company_clicks_the_link_in_its_notice_once(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "stop"))
    home.notice()

    home.day(0)
    home.day(1)

    assert home.browser.answered == [("stop", "stop")]
    assert home.said == ["Jensen VVS ApS says no to dunning invoice 26001 of Anna"]


def test_a_debtor_pays_so_many_days_after_the_mail(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 1", "pay", 3), Deed("reminder 1", "pay", 8, "100.00"))
    home.remind()

    for day in range(10):
        home.day(day)

    assert home.erp.paid == [
        (26001, Decimal("1250.00"), date(2026, 3, 5)),
        (26001, Decimal("100.00"), date(2026, 3, 10)),
    ]


def test_a_reminder_that_comes_twice_is_one_reminder(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 2", "pay"))
    home.remind("<one>")
    home.remind("<one>")

    home.day(0)

    assert home.erp.paid == []


def test_a_second_reminder_is_told_from_the_first(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 2", "pay"))
    home.remind()
    home.remind()

    home.day(0)

    assert len(home.erp.paid) == 1


def test_a_mail_about_fees_is_no_notice(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "start"), Deed("fees open", "cover"))
    home.inbox.receive(JENSEN.email, "26001 er betalt", link("collect"), link("cover"))

    home.day(0)

    assert home.browser.answered == [("cover", "cover")]


def test_other_peoples_mails_and_foreign_links_move_nobody(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "start"), Deed("reminder 1", "pay"))
    home.inbox.receive("else@else.example", "Faktura 26001", link("start"))
    home.inbox.receive(JENSEN.email, "Faktura 26002", link("start"))
    home.inbox.receive(JENSEN.email, "Faktura 26001", "http://elsewhere.example/answer/forged", "http://else.example")

    home.day(0)

    assert (home.browser.answered, home.erp.paid) == ([], [])


def test_a_restart_goes_on_where_it_stopped(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "start"), Deed("notice", "pay", 2))
    home.notice()
    home.day(0)

    home.restart()
    home.day(3)

    assert home.browser.answered == [("start", "start")]
    assert home.erp.paid == [(26001, Decimal("1250.00"), date(2026, 3, 5))]


def test_a_door_that_is_away_is_tried_again(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "pay"))
    home.notice()
    home.erp.fails = requests.ConnectionError()
    with pytest.raises(requests.ConnectionError):
        home.day(0)

    home.erp.fails = None
    home.day(1)

    assert len(home.erp.paid) == 1


def test_a_door_that_says_no_is_not_asked_again(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "pay"))
    home.notice()
    gone = requests.Response()
    gone.status_code = 404
    home.erp.fails = requests.HTTPError(response=gone)

    home.day(0)
    home.erp.fails = None
    home.day(1)

    assert home.erp.paid == []
    assert "could not pay" in home.said[0]


def test_an_answer_that_is_no_longer_offered_ends_the_wish(street: Callable[..., Street]) -> None:
    home = street(Deed("notice", "start"))
    home.notice()
    home.browser.offers_nothing = True

    home.day(0)
    home.day(1)

    assert len(home.said) == 1
    assert "no such answer" in home.said[0]


def test_a_debtor_says_on_the_page_of_his_claim_what_he_has_to_say(street: Callable[..., Street]) -> None:
    home = street(
        Deed("reminder 1", "dispute", words="For dyrt"),
        Deed("reminder 1", "paid", 1),
        Deed("reminder 1", "call", 2, words="12 34 56 78"),
        Deed("reminder 1", "withdraw", 3),
    )
    home.remind()

    for day in range(5):
        home.day(day)

    assert home.browser.objected == [
        (CLAIM, "dispute", {"words": "For dyrt"}),
        (CLAIM, "paid", {"paid_on": "2026-03-03"}),
        (CLAIM, "call", {"phone": "12 34 56 78"}),
        (CLAIM, "withdraw", {}),
    ]
    assert home.said[0] == "Anna disputes invoice 26001 of Jensen VVS ApS"


def test_a_mail_without_a_link_to_the_claim_lets_nobody_object(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 1", "withdraw"))
    home.inbox.receive("anna@holm.example", "Faktura 26001", link("start"))

    home.day(0)
    home.day(1)

    assert home.browser.objected == []
    assert len(home.said) == 1
    assert "no link to the claim" in home.said[0]


def test_a_company_reads_what_its_customer_said(street: Callable[..., Street]) -> None:
    home = street(Deed("objection", "pause"), Deed("objection", "resume", 2))
    home.inbox.receive(JENSEN.email, "Ring til 26001", link("pause"), link("stop"))

    home.day(0)
    home.day(2)

    assert home.browser.answered == [("pause", "pause"), ("pause", "resume")]


def test_a_mailbox_that_is_gone_sends_a_letter_back_to_its_envelope(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 1", "bounce"))
    home.remind()

    home.day(0)
    home.day(1)

    assert home.returned == ["bounces+1@portal.example"]


def test_a_letter_that_is_still_being_sent_comes_back_later(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 1", "bounce"))
    home.remind()
    home.is_being_sent = True

    home.day(0)
    home.is_being_sent = False
    home.day(1)

    assert len(home.returned) == 1


def test_a_company_corrects_the_address_of_a_customer(street: Callable[..., Street]) -> None:
    home = street(Deed("reminder 1", "correct", words="anna@ny.example"))
    home.remind()

    home.day(0)

    assert home.erp.moved == [("K-26001", "anna@ny.example")]

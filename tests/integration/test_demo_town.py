"""The demo against the real stand-ins and the real portal."""

import smtplib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from common import clock, db
from common.links import AnswerLink, PortalLinks
from common.settings import Settings
from common.tables import Answer, Company, Letter, Price
from decisions import companies
from decisions.app import application
from deploy.sandbox import erp, inbox
from deploy.sandbox.browser import Browser, NoSuchButton
from deploy.sandbox.client import Erp
from deploy.sandbox.creditors import CREDITORS, HARBOUR, JENSEN, STRANDBY
from deploy.sandbox.demo import play
from deploy.sandbox.settings import Settings as SandboxSettings
from deploy.sandbox.stories import stories
from deploy.sandbox.story import Story
from deploy.sandbox.town import PRICE, Town
from deploy.sandbox.ways import ways
from notifier.verp import Envelopes
from tests.integration.serving import served
from tests.unit.deploy import example

LETTER = "1d2f9f36-93f0-5f0e-9f0a-2b6f6a5f3c33"
TODAY = sum(story.arrives <= 0 for story in stories())
COMPANIES = len(CREDITORS)


@pytest.fixture
def smtp() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def sandbox(tmp_path: Path, smtp: socket.socket) -> Iterator[SandboxSettings]:
    stand_in, mails = erp.create_app(tmp_path / "erp.sqlite"), inbox.create_app(tmp_path / "in.sqlite", smtp)
    with served(stand_in) as one, served(mails) as two:
        doors = {"RYKKER_SANDBOX_ERP": one, "RYKKER_SANDBOX_INBOX": two}
        yield SandboxSettings.from_env(doors | {"RYKKER_SANDBOX_DIR": str(tmp_path)})


@pytest.fixture
def settings(sqlite: str, tmp_path: Path) -> Settings:
    """Nobody listens at the portal's address; the clock stands still on a Monday, 8:00."""
    set_clock(tmp_path, "2026-03-02T07:00:00+00:00")
    clock.follow(tmp_path / "clock")
    return Settings(database_url=sqlite, secret="s" * 40, portal_url="http://127.0.0.1:9")


def set_clock(folder: Path, business: str) -> None:
    (folder / "clock").write_text(f"{business} 2026-11-23T05:00:00+00:00 0")


def live_once(settings: Settings, sandbox: SandboxSettings) -> Town:
    with ways(sandbox) as through:
        town = Town(settings, sandbox, through)
        town.live()
    return town


def who_meets(deed: str) -> Story:
    return next(story for story in stories() if story.of is JENSEN and deed in [one.does for one in story.deeds])


def invoices(sandbox: SandboxSettings) -> int:
    door = Erp(f"http://{sandbox.erp}")
    found: int = sum(company["invoices"] for company in door.state()["companies"])
    door.close()
    return found


def test_the_first_start_fills_the_erp_and_the_portal(
    settings: Settings, sandbox: SandboxSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    live_once(settings, sandbox)

    assert len(companies.listed()) == COMPANIES
    assert companies.shown(HARBOUR.cvr)["language"] == "en"
    assert "Mon 02 Mar 08:00  Jensen VVS ApS joins the portal" in capsys.readouterr().out
    assert invoices(sandbox) == TODAY
    with db.connection():
        assert [(row.item, row.amount) for row in Price.select()] == [("reminder", PRICE)]


def test_the_erp_refuses_the_broken_key_and_shows_the_malformed_invoice(
    settings: Settings, sandbox: SandboxSettings
) -> None:
    live_once(settings, sandbox)

    refused = requests.get(f"http://{sandbox.erp}/debtor-invoices", auth=(STRANDBY.key, "x"), timeout=5)
    shown = requests.get(f"http://{sandbox.erp}/debtor-invoices?pagesize=100", auth=(JENSEN.key, "x"), timeout=5).json()

    assert refused.status_code == 401
    assert [row["amount_vat"] for row in shown if isinstance(row["amount_vat"], str)] == ["mange penge"]


def test_the_demo_ends_when_it_is_told(settings: Settings, sandbox: SandboxSettings) -> None:
    told = threading.Event()
    told.set()

    play(settings, sandbox, told)

    assert invoices(sandbox) == 0


def test_a_second_start_adds_nothing(settings: Settings, sandbox: SandboxSettings) -> None:
    live_once(settings, sandbox)

    town = live_once(settings, sandbox)

    assert invoices(sandbox) == TODAY
    assert len(town.memory.companies) == COMPANIES


def test_a_start_that_was_cut_short_is_made_up_for(
    settings: Settings, sandbox: SandboxSettings, tmp_path: Path
) -> None:
    live_once(settings, sandbox)
    (tmp_path / "demo.json").unlink()

    town = live_once(settings, sandbox)

    assert len(town.memory.arrived) == TODAY
    with db.connection():
        assert Company.select().count() == COMPANIES


def test_invoices_turn_up_as_days_go_by(settings: Settings, sandbox: SandboxSettings, tmp_path: Path) -> None:
    town = live_once(settings, sandbox)
    set_clock(tmp_path, "2026-03-08T07:00:00+00:00")

    later = live_once(settings, sandbox)

    assert len(later.memory.arrived) - len(town.memory.arrived) == 2


def notice(settings: Settings, to: Story) -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["From"], mail["Subject"] = to.of.email, "portal@portal.example", f"Faktura {to.number}"
    mail.set_content("Se siden")
    address = PortalLinks(settings).answer(AnswerLink(to.of.cvr, "p1", "start"))
    mail.add_alternative(f'<a href="{address}">Ja</a>', subtype="html")
    return mail


def test_a_mail_in_the_inbox_moves_somebody_who_tries_again(
    settings: Settings, sandbox: SandboxSettings, smtp: socket.socket
) -> None:
    story = next(
        story for story in stories() if story.of is JENSEN and any(deed.does == "stop" for deed in story.deeds)
    )
    live_once(settings, sandbox)
    with smtplib.SMTP(*smtp.getsockname()) as server:
        server.send_message(notice(settings, to=story))

    with ways(sandbox) as through:
        town = Town(settings, sandbox, through)
        with pytest.raises(requests.ConnectionError):  # the portal is not there
            town.live()

    assert set(town.memory.noticed[story.number]) == {"notice"}
    assert not town.memory.done


def test_nobody_does_anything_in_his_sleep(
    settings: Settings, sandbox: SandboxSettings, smtp: socket.socket, tmp_path: Path
) -> None:
    story = next(
        story for story in stories() if story.of is JENSEN and any(deed.does == "stop" for deed in story.deeds)
    )
    set_clock(tmp_path, "2026-03-02T02:00:00+00:00")
    live_once(settings, sandbox)
    with smtplib.SMTP(*smtp.getsockname()) as server:
        server.send_message(notice(settings, to=story))

    town = live_once(settings, sandbox)  # the portal is not there: a click would fail

    assert set(town.memory.noticed[story.number]) == {"notice"}
    assert not town.memory.done


def test_a_mail_comes_back_and_its_company_corrects_the_address(
    settings: Settings, sandbox: SandboxSettings, smtp: socket.socket, tmp_path: Path
) -> None:
    settings = replace(settings, bounce_address="bounces@portal.example")
    story = next(
        story for story in stories() if story.of is JENSEN and any(deed.does == "bounce" for deed in story.deeds)
    )
    live_once(settings, sandbox)
    example.fill()
    with db.transaction():
        Letter.update(id=LETTER).where(Letter.id == "l1").execute()
    with smtplib.SMTP(*smtp.getsockname()) as server:
        server.send_message(reminder(story), from_addr=Envelopes(settings).sender(LETTER))
    live_once(settings, sandbox)
    set_clock(tmp_path, "2026-03-08T07:00:00+00:00")

    live_once(settings, sandbox)

    with db.connection():
        assert Letter.get_by_id(LETTER).state == "bounced"
    url = f"http://{sandbox.erp}/debtors?pagesize=100"
    debtors = {row["customer_number"]: row for row in requests.get(url, auth=(JENSEN.key, "x"), timeout=5).json()}
    assert debtors[story.customer_number]["invoice_email"] == "lone.roed@ny.example"


def reminder(story: Story) -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["From"], mail["Subject"] = story.email, "portal@portal.example", f"Faktura {story.number}"
    mail.set_content("Betal")
    return mail


def test_the_browser_presses_the_button_of_the_real_page(settings: Settings) -> None:
    example.fill()
    browser = Browser()
    with served(application(settings)) as portal:
        token = PortalLinks(settings).answer(AnswerLink(example.CVR, "p1", "start")).rpartition("/")[2]

        browser.answer(f"http://{portal}/answer/{token}", "stop")

        with pytest.raises(NoSuchButton):
            browser.answer(f"http://{portal}/answer/{token}", "cover")
    browser.close()
    with db.connection():
        assert [row.choice for row in Answer.select().order_by(Answer.answer_no)] == ["start", "stop"]

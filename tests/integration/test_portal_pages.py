"""Every page of the portal in a real browser: light and dark, phone and desktop, as a person and as a machine see it.

The example is a company with an invoice in every stage, and with names that want to break out of the page.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from decisions.app import ROOMS
from tests import browser
from tests.integration.test_decisions import environment, running
from tests.unit.decisions import cases, crawling, everything
from tests.unit.decisions.member import Member

LARGEST = 60_000  # bytes of a page without its pictures, which are in it
FILES = ("/invoices.csv", "/invoices.xlsx")
SHOWN = [room for room in ROOMS if room.get and "{" not in room.path and room.path not in FILES]
PAGES = sorted(room.path for room in SHOWN if room.role != "operator")
OPERATORS = sorted(room.path for room in SHOWN if room.role == "operator")
OUTSIDE = ["/login", "/forgotten", "/login?lang=en"]


class Portal:
    """A running portal, and who is logged in."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.words = {
            role: Member(cvr).client.cookies["rykker"] for role, cvr in (("company", cases.CVR), ("operator", None))
        }

    def show(self, page: Page, path: str, role: str = "company") -> None:
        page.context.add_cookies([{"name": "rykker", "value": self.words[role], "url": self.address}])
        response = page.goto(self.address + path)
        assert response is not None
        assert response.status == 200, path


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, empty_sqlite: Path) -> Iterator[Portal]:
    import shutil

    from common import clock, db, outbox
    from deploy.servers import free_port

    folder, followed = tmp_path_factory.mktemp("portal"), clock._followed
    url = f"sqlite:///{shutil.copy(empty_sqlite, folder)}"
    db.use(url)
    outbox.sign_as("tests")
    cases.stop_clock(folder)
    cases.company()
    everything.fill()
    env = environment(url, free_port(), folder)
    with (folder / "log").open("wb") as log, running(env, log):
        yield Portal(env["RYKKER_PORTAL_URL"])
    db.handle.close_all()
    clock._followed = followed


@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing_and_everything_fits(portal: Portal, width: int) -> None:
    found, errors = dict[str, list[str]](), list[str]()
    with browser.browsing(width, scripts=True) as page:
        page.on("console", lambda message: errors.append(f"{page.url}: {message.text}"))
        for role, paths in (("company", [*PAGES, *everything.ADDRESSES]), ("operator", OPERATORS)):
            for path in paths:
                portal.show(page, path, role)
                if wrong := browser.faults_day_and_night(page) + browser.overflow(page):
                    found[path] = wrong
        page.context.clear_cookies()
        for path in OUTSIDE:
            page.goto(portal.address + path)
            if wrong := browser.faults_day_and_night(page):
                found[path] = wrong

    assert found == {}
    assert errors == []


def test_no_page_is_big_and_none_has_code_or_style_in_it(portal: Portal) -> None:
    with httpx.Client(base_url=portal.address, cookies={"rykker": portal.words["company"]}) as client:
        pages = {path: client.get(path, follow_redirects=True) for path in [*PAGES, *everything.ADDRESSES]}

    assert {path: len(page.content) for path, page in pages.items() if len(page.content) > LARGEST} == {}
    assert [path for path, page in pages.items() if re.search(r"<script|<style|\sstyle=|\son\w+=", page.text)] == []


@pytest.mark.parametrize("role", ["company", "operator"])
def test_every_link_leads_somewhere(portal: Portal, role: str) -> None:
    cookies = {"rykker": portal.words[role]}

    with httpx.Client(base_url=portal.address, cookies=cookies, follow_redirects=True) as client:
        seen = crawling.walk(client, portal.address)

    assert seen.dead == []
    assert len(seen.pages) > 5


def test_on_a_phone_the_next_tab_peeks_in(portal: Portal) -> None:
    with browser.browsing(390) as page:
        portal.show(page, "/invoices")
        row = page.locator(".tabs.groups").bounding_box()
        tabs = [tab.bounding_box() for tab in page.locator(".tabs.groups li").all()]

    assert row
    end = row["x"] + row["width"]
    assert [tab for tab in tabs if tab and tab["x"] + 20 < end < tab["x"] + tab["width"] - 20]


def test_at_a_desk_no_table_of_the_numbers_hides_a_column(portal: Portal) -> None:
    for account in ("interest", "compensation"):
        cases.line(f"p-{everything.NUMBERS['running']}", account, "12345.00", account)
    with browser.browsing(1200, scripts=True) as page:
        portal.show(page, "/numbers")
        tables = [box.evaluate("e => [e.scrollWidth, e.clientWidth]") for box in page.locator(".figures .scroll").all()]

    assert len(tables) >= 3
    assert [(inside, room) for inside, room in tables if inside > room] == []

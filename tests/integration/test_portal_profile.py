"""The profile in a real browser: nothing for axe-core to find, and choices made and refused with the keyboard alone."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page

from common import db
from common.tables import Company
from decisions.app import application
from tests.browser import browsing, faults_day_and_night, overflow, tab_until
from tests.integration.serving import served
from tests.integration.test_portal_operators import enter
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR
from tests.unit.decisions.test_profile import asked, choose, row

PAGES = ("/profile", "/profile?done=choices", "/profile/timetable", asked(), asked(fee="500", reminders="x"))


@pytest.fixture
def portal(sqlite: str, tmp_path: Path) -> Iterator[str]:
    cases.stop_clock(tmp_path)
    cases.company(name="Murermester <Holm> & Søn " + "ApS" * 20, letterhead="x" * 300, never_dunned=["7" * 50] * 9)
    cases.procedure("running")
    with served(application(cases.SETTINGS)) as address:
        yield f"http://{address}"


def save_fee(page: Page, fee: str) -> None:
    """With the keyboard, from its field on."""
    page.locator("#fee").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type(fee)
    tab_until(page, "#part-reminders button.primary")
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing_whatever_the_profile_says(portal: str, width: int) -> None:
    wrong = list[str]()
    with browsing(width, scripts=True) as page:
        enter(page, portal, CVR)
        for path in PAGES:
            page.goto(portal + path)
            wrong += [f"{path}: {fault}" for fault in [*faults_day_and_night(page), *overflow(page)]]
        page.goto(f"{portal}/profile")
        save_fee(page, "500")
        wrong += [f"refused: {fault}" for fault in [*faults_day_and_night(page), *overflow(page)]]
        choose(fee=Decimal("70.00"))
        save_fee(page, "60")
        assert page.get_by_text("Nogen gemte, mens du skrev").count() == 1
        wrong += [f"overtaken: {fault}" for fault in [*faults_day_and_night(page), *overflow(page)]]

    assert wrong == []


def test_a_choice_is_refused_put_right_and_saved_with_the_keyboard_alone(portal: str) -> None:
    with browsing(390) as page:
        enter(page, portal, CVR)
        page.goto(f"{portal}/profile")
        save_fee(page, "500")
        page.get_by_role("alert").get_by_text("renteloven § 9 b, stk. 2").wait_for()
        tab_until(page, '.note a[href="#fee"]')
        page.keyboard.press("Enter")
        save_fee(page, "50")
        page.get_by_role("status").get_by_text("Valgene er gemt").wait_for()

    assert row().fee == Decimal("50.00")


def test_a_sample_is_asked_for_with_the_keyboard_alone(portal: str) -> None:
    with browsing(390) as page:
        enter(page, portal, CVR)
        page.goto(f"{portal}/profile#part-sample")
        page.locator("#letterhead").focus()
        tab_until(page, "#part-sample button")
        page.keyboard.press("Enter")
        page.get_by_role("status").get_by_text("Prøvemailen er på vej").wait_for()

    assert [event["subject"] for event in cases.said()] == [f"sample/{CVR}"]


def test_the_pages_stay_small_and_ask_for_nothing_from_elsewhere(portal: str) -> None:
    with db.transaction():
        Company.update(never_dunned=[str(n) for n in range(900)]).execute()
    seen = list[str]()
    with browsing(390) as page:
        enter(page, portal, CVR)
        page.on("request", lambda request: seen.append(request.url))
        response = page.goto(f"{portal}/profile")
        assert response
        size = len(response.body())

    assert size < 60_000
    assert [url for url in seen if not url.startswith(portal)] == []

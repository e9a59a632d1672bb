"""What operators see, and a company's data, in a real browser: nothing for axe-core to find, on a phone and a desk."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page

from common import db
from common.tables import FailedDecision, FetchRun, KnownInvoice, Letter
from decisions import audit
from decisions.app import application
from tests.browser import browsing, faults_day_and_night, overflow, tab_until, type_into
from tests.integration.serving import served
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY
from tests.unit.decisions.member import Member
from tests.unit.decisions.test_failed import decisions, fails
from tests.unit.decisions.test_firms import run

OPERATORS = (
    "/operator",
    "/operator?which=paused",
    "/operator/companies/new",
    f"/operator/companies/{CVR}",
    "/operator/letters",
    "/operator/letters?state=refused",
    f"/operator/letters/{CVR}/reminder-p-2041-1",
    f"/operator/letters/{CVR}/reminder-p-2041-2",
    "/operator/failed",
    "/operator/failed?state=archived",
    "/operator/failed/1",
    "/operator/failed/2",
    "/operator/audit",
    "/operator/audit?day=2020-01-01",
)
COMPANYS = ("/profile/audit", "/profile/data", "/profile/data?customer=77", "/profile/data?customer=88")


@pytest.fixture
def portal(sqlite: str, tmp_path: Path) -> Iterator[str]:
    """Everything that these pages can show."""
    cases.stop_clock(tmp_path)
    cases.company(name="Murermester <Holm> & Søn " + "ApS" * 20)
    run(2)
    run(1, "failed", reason="key_refused")
    with db.transaction():
        FetchRun.update(trusted=False, marks_paid=False).where(FetchRun.state == "finished").execute()
    procedure_id = cases.procedure("settled", of=cases.invoice(status="paid", paid=Decimal(12500)))
    for step, state in ((1, "held"), (2, "bounced")):
        cases.letter(procedure_id, "reminder", MONDAY - timedelta(days=1), step=step, state=state)
    cases.letter(procedure_id, "notice", MONDAY)
    with db.transaction():
        KnownInvoice.update(customer_number="77").execute()
        Letter.update(reason="550 5.1.1 <anne@orsted.dk>: findes ikke", charges=100, content=b"x").execute()
    for number in range(3):
        fails(event_id=f"e-{number}", body=cases_body() if number else "{}", cause="KeyError: " + "x" * 200)
    with db.transaction():
        decided = {"failed_id": 2, "times": 1, "choice": "replay", "decided_at": MONDAY, "by": "x"}
        FailedDecision.insert(decided).execute()
    audit.note("bog@holm.dk", "saw invoice", MONDAY, company=CVR, subject="2041")
    with served(application(cases.SETTINGS)) as address:
        yield f"http://{address}"


def cases_body() -> str:
    from tests.unit.scheduler.test_failed import message

    return str(message().body)


def enter(page: Page, portal: str, cvr: str | None) -> None:
    member = Member(cvr, settings=replace(cases.SETTINGS, portal_url=portal))
    page.context.add_cookies([{"name": "rykker", "value": str(member.client.cookies["rykker"]), "url": portal}])


@pytest.mark.parametrize("width", [390, 1200])
def test_axe_finds_nothing_and_no_page_is_wider_than_its_window(portal: str, width: int) -> None:
    wrong = list[str]()
    with browsing(width, scripts=True) as page:
        for cvr, paths in ((None, OPERATORS), (CVR, COMPANYS)):
            page.context.clear_cookies()
            enter(page, portal, cvr)
            for path in paths:
                response = page.goto(portal + path)
                assert response
                assert response.status < 500
                wrong += [f"{path}: {fault}" for fault in [*faults_day_and_night(page), *overflow(page)]]

    assert wrong == []


def test_an_operator_replays_a_cause_and_adds_a_company_with_the_keyboard_alone(portal: str) -> None:
    with browsing(1200) as page:
        enter(page, portal, None)
        page.goto(f"{portal}/operator/failed")
        tab_until(page, "table a")
        page.keyboard.press("Enter")
        tab_until(page, "#all ~ form button.primary")
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        assert [one[0] for one in decisions()] == [2, 1, 3]

        page.goto(f"{portal}/operator/companies/new")
        for label, text in (("CVR-nummer", "10150817"), ("Navn", "Ny ApS"), ("E-mail", "ny@b.example")):
            type_into(page, label, text)
        tab_until(page, "button.primary")
        page.keyboard.press("Enter")
        page.get_by_text("invitationen er på vej").wait_for()
        assert page.url == f"{portal}/operator/companies/10150817?done=firm_added"

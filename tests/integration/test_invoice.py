"""One invoice's page on both databases: people who act at once, and addresses as a real server reads them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from common import db
from common.tables import LetterDecision
from decisions import addresses
from deploy.servers import free_port
from tests.browser import browsing, faults_day_and_night, overflow, tab_to, tab_until, type_into
from tests.integration.racing import at_once
from tests.integration.test_decisions import environment, running
from tests.unit.decisions import cases
from tests.unit.decisions.member import Member
from tests.unit.decisions.test_invoice import PAGE, decide, decisions, mail, note, press, seen


@pytest.fixture
def member(database: str, tmp_path: Path) -> Member:
    cases.stop_clock(tmp_path)
    cases.company()
    return Member()


def statuses(*clicks: Callable[[], httpx.Response]) -> list[int]:
    return sorted(response.status_code for response in at_once(*clicks))


def test_of_two_who_answer_at_once_one_is_told_that_the_other_was_there(member: Member) -> None:
    cases.procedure()
    word = seen(member.get(PAGE))

    both = statuses(*[lambda choice=choice: press(member, choice, word) for choice in ("start", "stop")])

    assert both == [303, 409]
    [(number, choice)] = cases.answers()
    assert number == 1
    assert [event["data"]["choice"] for event in cases.said()] == [choice]


def test_many_same_clicks_at_once_are_one_answer(member: Member) -> None:
    cases.procedure()
    word = seen(member.get(PAGE))

    clicks = statuses(*[lambda: press(member, "stop", word)] * 6)

    assert clicks == [303] * 6
    assert cases.answers() == [(1, "stop")]
    assert len(cases.said()) == 1


def test_a_write_off_and_a_dispute_at_once_are_one_of_them(member: Member) -> None:
    cases.procedure("running")
    word = seen(member.get(PAGE))

    both = statuses(
        lambda: press(member, "waive", word), lambda: note(member, "dispute", word, words="Fliserne er skæve")
    )

    assert both == [303, 409]
    assert len(cases.answers()) + len(cases.objections()) == 1
    assert len(cases.said()) == 1


def test_of_two_words_on_a_held_letter_at_once_one_counts(member: Member) -> None:
    cases.procedure("running", pending=True)
    letter_id = mail()

    both = statuses(*[lambda choice=choice: decide(member, letter_id, choice) for choice in ("resend", "discard")])

    assert both == [303, 409]
    assert len(decisions()) == len(cases.said()) == 1


def test_many_same_words_on_a_held_letter_at_once_are_one(member: Member) -> None:
    cases.procedure("running", pending=True)
    letter_id = mail()

    clicks = statuses(*[lambda: decide(member, letter_id, "discard")] * 6)

    assert clicks == [303] * 6
    assert decisions() == [(1, "discard", member.email)]


def test_the_page_and_its_letters_read_alike(member: Member) -> None:
    cases.procedure("cancelled", id="first", round=1, reason="withdrawn")
    cases.procedure("running", round=2)
    cases.letter("p-2041", "notice", cases.MONDAY)
    letter_id = mail(state="sent", about="first", content=b"Subject: Rykker\r\n\r\nHej")
    cases.line("first", "principal", "12500.00", "principal")
    cases.objection("p-2041", words="Nej")

    page, sent = member.text(PAGE), member.text(f"{PAGE}/letters/{letter_id}")

    assert "Rykker 1 til anne@orsted.dk: sendt" in page
    assert "I alt 12.500,00 kr." in page.replace("\u00a0", " ")
    assert "Hej" in sent
    assert member.get("/invoices/2041%00").status_code == 404
    with db.connection():
        assert LetterDecision.select().count() == 0


@pytest.mark.parametrize("number", ["%2F", "a/../b", "12/letters/3", "..", "æ ø", "1?2#3", "\\", "a//b", " 7 "])
def test_a_real_server_finds_every_number(sqlite: str, tmp_path: Path, number: str) -> None:
    cases.stop_clock(tmp_path)
    cases.company()
    cases.procedure(of=cases.invoice(number))
    env = environment(sqlite, free_port(), tmp_path)
    member: Any = Member(settings=replace(cases.SETTINGS, portal_url=env["RYKKER_PORTAL_URL"]))

    with running(env):
        cookies = {"rykker": member.client.cookies["rykker"]}
        page = httpx.get(env["RYKKER_PORTAL_URL"] + addresses.invoice(number), cookies=cookies)

    assert page.status_code == 200
    assert "Skal vi rykke Café Ørsted ApS?" in page.text


@pytest.fixture
def at_home(sqlite: str, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A portal with invoices of several stages, and the session of somebody who is logged in."""
    cases.stop_clock(tmp_path)
    cases.company()
    cases.procedure("running", step=1, wake_at=cases.MONDAY)
    cases.letter("p-2041", "notice", cases.MONDAY)
    for kind, amount, account in (("principal", "12500.00", "principal"), ("fee", "100.00", "fee")):
        cases.line("p-2041", kind, amount, account, step=1, rule="renteloven § 9 b, stk. 2")
    cases.objection("p-2041", 1, "call", phone="12345678")
    cases.procedure("running", pending=True, of=cases.invoice("2042"))
    mail(about="p-2042")
    cases.procedure("awaiting_decision", of=cases.invoice("2043"))
    env = environment(sqlite, free_port(), tmp_path)
    member: Any = Member(settings=replace(cases.SETTINGS, portal_url=env["RYKKER_PORTAL_URL"]))
    with running(env):
        yield env["RYKKER_PORTAL_URL"], member.client.cookies["rykker"]


def enter(page: Page, portal: str, word: str) -> None:
    page.context.add_cookies([{"name": "rykker", "value": word, "url": portal}])


@pytest.mark.parametrize("width", [390, 1200])
def test_the_pages_fit_and_axe_finds_nothing(at_home: tuple[str, str], width: int) -> None:
    with browsing(width, scripts=True) as page:
        enter(page, *at_home)
        found = []
        letter_id = mail(state="sent", content=b"Subject: Rykker\r\n\r\n" + b"Hej med dig. " * 40)
        for path in ("2041", "2042", "2043", f"2041/letters/{letter_id}"):
            page.goto(f"{at_home[0]}/invoices/{path}")
            found += [f"{path}: {fault}" for fault in faults_day_and_night(page) + overflow(page)]

    assert found == []


def test_a_held_letter_is_discarded_with_the_keyboard_alone(at_home: tuple[str, str]) -> None:
    with browsing() as page:
        enter(page, *at_home)
        page.goto(f"{at_home[0]}/invoices/2042")
        for _ in range(3):
            tab_until(page, "summary")
        page.keyboard.press("Enter")
        tab_until(page, "input[type=checkbox]")
        page.keyboard.press("Space")
        tab_to(page, "Kassér brevet")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=case_letter**")

        assert "kasserede det tilbageholdte brev" in page.content()
        assert "Det er på vej." in page.content()

    assert [choice for _, choice, _ in decisions()] == ["discard"]


def test_a_dispute_is_noted_and_a_stop_confirmed_with_the_keyboard_alone(at_home: tuple[str, str]) -> None:
    with browsing(1200) as page:
        enter(page, *at_home)
        page.goto(f"{at_home[0]}/invoices/2041")
        tab_until(page, "summary")
        page.keyboard.press("Enter")
        type_into(page, "Hvad er kunden utilfreds med?", "Fliserne er skæve")
        tab_to(page, "Notér indsigelsen")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=case_dispute**")
        tab_until(page, "#sure-stop")
        page.keyboard.press("Space")
        tab_to(page, "Stop rykkerne")
        page.keyboard.press("Enter")
        page.wait_for_url("**done=case_answered**")

    assert [row["words"] for row in cases.objections()][-1] == "Fliserne er skæve"
    assert cases.answers() == [(1, "stop")]

"""The decisions process as it runs: a real server, both databases, a real browser with nothing but a keyboard."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from threading import Barrier, Thread
from time import monotonic, sleep
from typing import IO

import httpx
import pytest
from playwright.sync_api import Page

from common import db
from common.tables import Company
from deploy.servers import free_port
from tests.browser import tab_to, tab_until
from tests.unit.decisions import cases

STARTING = 20  # seconds


def environment(url: str, port: int, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    ours = {
        "RYKKER_DATABASE_URL": url,
        "RYKKER_SECRET": cases.SETTINGS.secret,
        "RYKKER_PORTAL_BIND": f"127.0.0.1:{port}",
        "RYKKER_PORTAL_URL": f"http://127.0.0.1:{port}",
        "RYKKER_AMQP_URL": "amqp://guest:guest@127.0.0.1:1//",  # nobody there: decisions must not mind
        "RYKKER_ERP_URL": "http://127.0.0.1:1",
        "RYKKER_CLOCK": str(folder / "clock"),
    }
    return kept | ours


@contextmanager
def running(env: dict[str, str], log: IO[bytes] | int = subprocess.PIPE) -> Iterator[subprocess.Popen[bytes]]:
    """`log` is for those who ask for much: nobody reads the pipe before the end, and a full one stops the process."""
    process = subprocess.Popen([sys.executable, "-m", "decisions"], env=env, stderr=log)
    try:
        wait_for(env["RYKKER_PORTAL_URL"], process)
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(portal: str, process: subprocess.Popen[bytes]) -> None:
    until = monotonic() + STARTING
    while monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{portal}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            sleep(0.05)
    raise AssertionError("decisions didn't come up")


@pytest.fixture
def env(sqlite: str, tmp_path: Path) -> dict[str, str]:
    cases.stop_clock(tmp_path)
    cases.company()
    return environment(sqlite, free_port(), tmp_path)


def visitor_of(env: dict[str, str]) -> cases.Visitor:
    return cases.Visitor(replace(cases.SETTINGS, portal_url=env["RYKKER_PORTAL_URL"]))


def link_of(env: dict[str, str], procedure_id: str, choice: str = "start") -> str:
    return visitor_of(env).answer_link(procedure_id, choice)  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_without_a_broker_and_ends_when_told_to(env: dict[str, str], ending: signal.Signals) -> None:
    link = link_of(env, cases.procedure())

    with running(env) as process:
        page, head = httpx.get(link), httpx.head(link)
        process.send_signal(ending)
        _, log = process.communicate(timeout=STARTING)

    assert page.status_code == 200
    assert "server" not in page.headers
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(page.content))
    assert process.returncode == 0
    assert '"route":"Answer"' in log.decode()
    assert link.rsplit("/", 1)[1] not in log.decode()
    assert "Traceback" not in log.decode()


def test_a_request_under_way_gets_to_end(env: dict[str, str]) -> None:
    link = link_of(env, cases.procedure())
    with running(env) as process, httpx.Client() as kept_alive:
        form = cases.Visitor().form(link)
        kept_alive.get(link)

        process.terminate()
        with pytest.raises(httpx.TransportError):
            while True:
                httpx.post(link, data={"choice": "stop", "form": form})
        process.wait(STARTING)

    assert process.returncode == 0
    assert cases.answers() in ([], [(1, "stop")])


def test_a_port_that_is_taken_is_said_in_one_line(env: dict[str, str]) -> None:
    bind = env["RYKKER_PORTAL_BIND"]
    with socket.create_server(("127.0.0.1", int(bind.rsplit(":", 1)[1]))):
        ended = subprocess.run(
            [sys.executable, "-m", "decisions"], env=env, capture_output=True, text=True, timeout=STARTING
        )

    assert ended.returncode == 1
    assert ended.stderr == f"decisions: cannot listen on {bind}: Address already in use; set RYKKER_PORTAL_BIND\n"


@pytest.mark.parametrize("bind", ["127.0.0.1:99999", "nowhere.invalid:8000"])
def test_an_address_that_is_none_is_said_in_one_line(env: dict[str, str], bind: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "decisions"],
        env=env | {"RYKKER_PORTAL_BIND": bind},
        capture_output=True,
        text=True,
        timeout=STARTING,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"decisions: cannot listen on {bind}: ")
    assert ended.stderr.count("\n") == 1


# --- both databases
@pytest.fixture
def visitor(database: str, tmp_path: Path) -> cases.Visitor:
    cases.stop_clock(tmp_path)
    cases.company()
    return cases.Visitor()


def test_answers_at_once_get_through_in_order(visitor: cases.Visitor) -> None:
    procedure = cases.procedure()
    start, stop = visitor.answer_link(procedure), visitor.answer_link(procedure, "stop")
    together, statuses = Barrier(8), list[int]()

    def click(link: str, choice: str) -> None:
        together.wait()
        statuses.append(visitor.press(link, choice).status_code)

    clicks = [Thread(target=click, args=pair) for pair in [(start, "start"), (stop, "stop")] * 4]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    written = cases.answers()
    assert statuses == [303] * 8
    assert [number for number, _ in written] == list(range(1, len(written) + 1))
    assert all(one != next_ for (_, one), (_, next_) in pairwise(written))
    assert [(event["data"]["answer_no"], event["data"]["choice"]) for event in cases.said()] == written


def test_objections_at_once_are_numbered_in_order(visitor: cases.Visitor) -> None:
    link = visitor.claim_link(cases.procedure("running"))
    together, statuses = Barrier(8), list[int]()

    def click(phone: str) -> None:
        together.wait()
        statuses.append(visitor.object(link, "call", phone=phone).status_code)

    clicks = [Thread(target=click, args=(f"123456{number}",)) for number in range(8)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert statuses == [303] * 8
    assert [row["objection_no"] for row in cases.objections()] == list(range(1, 9))
    assert [event["data"]["objection_no"] for event in cases.said()] == list(range(1, 9))


def test_a_claim_reads_alike(visitor: cases.Visitor) -> None:
    cases.procedure("settled", reason="paid", id="first", round=1)
    cases.line("first", "fee", "100.00", step=1)
    cases.procedure("running", id="second", round=2)
    cases.line("second", "principal", "12500.00", "principal")
    visitor.object(visitor.claim_link("first"), "dispute", words="Fugerne mangler 😀")
    visitor.press(visitor.answer_link("second"), "resume")

    page, answer = visitor.open(visitor.claim_link("second")), visitor.open(visitor.answer_link("second"))

    assert "<strong>12.600,00 kr.</strong>" in page.text
    assert "Fugerne mangler 😀" in page.text
    assert "Fugerne mangler 😀" in answer.text
    assert "100,00 kr." in answer.text


def test_pages_and_digests_read_alike(visitor: cases.Visitor) -> None:
    for number in ("1", "2"):
        cases.procedure(of=cases.invoice(number))
        cases.in_digest("d", f"p-{number}")
    cases.letter("p-1", "reminder", cases.MONDAY, 1)
    answered = visitor.press(visitor.answer_link("p-1"), "start").headers["location"]

    page, digest = visitor.open(answered), visitor.open(visitor.digest_link("d"))

    assert (page.status_code, digest.status_code) == (200, 200)
    assert "Du svarede »Ja, ryk kunden« den 23. november 2026 kl. 11.00." in page.text
    assert "25.000,00 kr." in digest.text
    assert visitor.open("/healthz").status_code == 200


def test_health_fails_with_the_database(visitor: cases.Visitor) -> None:
    with db.connection():
        db.handle.drop_tables([Company])

    assert visitor.open("/healthz").status_code == 503


# --- a browser
def test_a_keyboard_is_enough_to_answer_and_to_think_again(env: dict[str, str], browser_page: Page) -> None:
    link = link_of(env, cases.procedure())
    page, errors = browser_page, list[str]()
    page.on("console", lambda message: errors.append(message.text))
    with running(env):
        page.goto(link)
        assert page.get_by_role("heading", level=1).inner_text() == "Skal vi rykke Café Ørsted ApS?"
        assert cases.answers() == []

        tab_to(page, "Ja, ryk kunden")
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        assert page.url == f"{link}?answered#answered"
        assert page.get_by_role("heading", level=1).inner_text() == "Vi rykker Café Ørsted ApS"

        page.reload()
        tab_to(page, "Stop rykkerne")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Ryk kunden alligevel").wait_for()
        page.go_back()
        page.goto(link)

    assert cases.answers() == [(1, "start"), (2, "stop")]
    assert errors == []


def test_a_page_fits_a_phone_and_is_styled_from_here(env: dict[str, str], browser_page: Page) -> None:
    long = replace(cases.invoice().debtor, name="Ejendomsadministrationsselskabet" * 3, email=f"{'x' * 60}@orsted.dk")
    link = link_of(env, cases.procedure(of=cases.invoice(debtor=long)))
    with running(env):
        browser_page.goto(link)
        main, button = browser_page.locator("main"), browser_page.get_by_role("button").first

        assert all(part.bounding_box()["width"] <= 390 for part in (main, button))  # type: ignore[index]
        assert browser_page.locator("body").bounding_box()["width"] <= 390  # type: ignore[index]
        assert button.bounding_box()["height"] >= 44  # type: ignore[index]  # the stylesheet was let in


def test_a_debtor_needs_a_keyboard_alone_to_object_and_to_take_it_back(env: dict[str, str], browser_page: Page) -> None:
    link = visitor_of(env).claim_link(cases.procedure("running"))
    page, errors = browser_page, list[str]()
    page.on("console", lambda message: errors.append(message.text) if "422" not in message.text else None)
    with running(env):
        page.goto(link)
        tab_until(page, "summary:text-is('Jeg gør indsigelse')")
        page.keyboard.press("Enter")
        tab_until(page, "button:text-is('Send indsigelsen')")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        assert page.title().startswith("Fejl: ")
        assert cases.objections() == []

        tab_until(page, "a:text-is('Skriv, hvad der er galt.')")
        page.keyboard.press("Enter")  # leads to the field
        page.keyboard.type("Fugerne mangler")
        assert page.get_by_label("Hvad er galt?").input_value() == "Fugerne mangler"
        tab_until(page, "button:text-is('Send indsigelsen')")
        page.keyboard.press("Enter")
        page.get_by_role("status").wait_for()
        assert page.url == f"{link}?received#received"
        assert page.get_by_role("heading", level=1).inner_text() == "Du har gjort indsigelse mod faktura 2041"

        page.reload()
        tab_until(page, "summary:text-is('Jeg trækker min indsigelse tilbage')")
        page.keyboard.press("Enter")
        tab_until(page, "button:text-is('Træk indsigelsen tilbage')")
        page.keyboard.press("Enter")
        page.get_by_text("Du trak din indsigelse tilbage").first.wait_for()

    assert [row["kind"] for row in cases.objections()] == ["dispute", "withdraw"]
    assert errors == []


def test_a_day_and_a_number_are_typed_as_people_type_them(env: dict[str, str], browser_page: Page) -> None:
    link = visitor_of(env).claim_link(cases.procedure("running"))
    with running(env):
        browser_page.goto(link)
        browser_page.locator("summary", has_text="Jeg har betalt").click()
        browser_page.get_by_label("Hvornår betalte du?").fill("2026-11-20")
        browser_page.get_by_role("button", name="Send datoen").click()
        browser_page.get_by_role("status").wait_for()
        browser_page.locator("summary", has_text="Ring til mig").click()
        browser_page.get_by_label("Dit telefonnummer").fill("+45 12 34 56 78")
        browser_page.get_by_role("button", name="Send nummeret").click()
        browser_page.get_by_text("Du bad om at blive ringet op").first.wait_for()

    assert [(row["kind"], str(row["paid_on"]), row["phone"]) for row in cases.objections()] == [
        ("paid", "2026-11-20", ""),
        ("call", "None", "+45 12 34 56 78"),
    ]


def test_to_write_off_takes_a_tick_and_a_button(env: dict[str, str], browser_page: Page) -> None:
    link = link_of(env, cases.procedure("running"), "stop")
    with running(env):
        browser_page.goto(link)
        tab_to(browser_page, "Eftergiv resten")
        browser_page.keyboard.press("Enter")  # the browser asks for the tick
        assert cases.answers() == []

        browser_page.get_by_label("Ja, eftergiv 12.500,00 kr.").focus()
        browser_page.keyboard.press("Space")
        tab_to(browser_page, "Eftergiv resten")
        browser_page.keyboard.press("Enter")
        browser_page.get_by_role("status").wait_for()

    assert cases.answers() == [(1, "waive")]


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_claim_fits_every_width(env: dict[str, str], browser_page: Page, width: int) -> None:
    long = replace(cases.invoice().debtor, name="Ejendomsadministrationsselskabet" * 3)
    cases.procedure(
        "running", of=cases.invoice(debtor=long, amount=Decimal("999999999.99"), payment_line="+71<" + "0" * 60)
    )
    cases.line("p-2041", "principal", "999999999.99", "principal")
    cases.line("p-2041", "compensation", "310.00", "compensation")
    browser_page.set_viewport_size({"width": width, "height": 844})
    with running(env):
        browser_page.goto(visitor_of(env).claim_link("p-2041"))
        for summary in browser_page.locator("summary").all():
            summary.click()

        parts = browser_page.locator("main, .card, table, button, input:not([type=hidden]), textarea, summary").all()
        boxes = [box for part in parts if (box := part.bounding_box())]

        assert len(boxes) > 12
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)
        small = browser_page.locator("button, summary, input:not([type=hidden]), textarea").all()
        assert all(part.bounding_box()["height"] >= 44 for part in small)  # type: ignore[index]

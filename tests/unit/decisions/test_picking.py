"""Ryk denne faktura: what the company's word for an invoice comes to, once, whoever clicks how often."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from common import db
from common.events import DecisionMade
from common.tables import Answer, Company, KnownInvoice, Outbox, Pick
from decisions import picking, rows
from decisions.standing import Standing, foreseen
from dunning import opening
from dunning.answers import decided as answered
from dunning.policy import Policy
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, invoice, known, procedure, said, stop_clock
from tests.unit.decisions.member import Member, audited, plain
from tests.unit.dunning.procedures import LAW, overdue, saved
from tests.unit.dunning.procedures import MONDAY as OPENED


@pytest.fixture
def member(database: str, tmp_path: Path) -> Member:
    stop_clock(tmp_path)
    cases.company()
    return Member()


def found(number: str = "2041", cvr: str = CVR, **fields: Any) -> None:
    """An invoice that was found too old to ask about."""
    known(invoice(number, sequence=0, **fields), cvr)
    mark(number, cvr, asked=False, tracked=False, customer_number="77")


def mark(number: str, cvr: str = CVR, **fields: Any) -> None:
    with db.transaction():
        KnownInvoice.update(**fields).where(KnownInvoice.company == cvr, KnownInvoice.number == number).execute()


def pick(member: Member, *numbers: str, back: str = "") -> httpx.Response:
    return member.post("/invoices/pick", number=list(numbers), back=back)


def way(number: str = "2041") -> str:
    with db.connection():
        return picking.ways(Company.get_by_id(CVR), [number], MONDAY)[number]


def picks() -> list[tuple[str, int, str]]:
    with db.connection():
        return [(row.number, row.pick_no, row.by) for row in Pick.select().order_by(Pick.number, Pick.pick_no)]


def answers() -> list[tuple[str, str, str]]:
    with db.connection():
        return [(row.procedure_id, row.choice, row.by) for row in Answer.select().order_by(Answer.procedure_id)]


def types() -> list[str]:
    with db.connection():
        return [row.type for row in Outbox.select().order_by(Outbox.id)]


def test_one_that_was_found_and_not_asked_is_picked(member: Member) -> None:
    found()

    response = pick(member, "2041", back="/invoices?show=waiting&page=2")

    assert response.status_code == 303
    assert response.headers["location"] == "/invoices?show=waiting&page=2&done=picked_pick"
    assert picks() == [("2041", 1, member.email)]
    assert types() == ["invoice.picked"]
    assert said()[0]["data"]["invoice_number"] == "2041"
    assert audited() == [(member.email, "did pick of invoices", "")]


def test_one_that_waits_for_an_answer_in_a_pause_is_answered_yes(member: Member) -> None:
    procedure("awaiting_decision", policy={"paused": True, "reminders": 3, "silence": "start"})

    response = pick(member, "2041")

    assert response.headers["location"] == "/invoices?show=waiting&done=picked_start"
    assert answers() == [("p-2041", "start", member.email)]
    assert types() == ["decision.made"]
    assert picks() == []


def test_a_second_click_does_nothing_and_says_so(member: Member) -> None:
    found("1")
    procedure(of=invoice("2"))
    pick(member, "1", "2")

    page = pick(member, "1", "2")

    text = plain(page.text)
    assert page.status_code == 200
    assert "Der er allerede sagt ja til den" in text
    assert "Den er allerede i gang" in text
    assert (len(picks()), len(answers()), len(types())) == (1, 1, 2)


def test_what_was_just_picked_is_listed_as_such_and_not_offered_again(member: Member) -> None:
    known(invoice("2041"), asked=False)
    known(invoice("2042"), asked=False)
    pick(member, "2041")

    listed, own = member.get("/invoices?show=waiting").text, member.get("/invoices/2041").text

    with db.connection():
        company = Company.get_by_id(CVR)
        today, tomorrow = (rows.rows(company, ["2041"], MONDAY.date() + timedelta(days=n))[0] for n in (0, 1))
    assert re.findall(r'type="checkbox" form="picks" name="number" value="(\d+)"', listed) == ["2042"]
    assert re.findall(r'class="badge \w+">([^<]*)<', listed) == ["Bliver rykket", "Ikke rykket endnu"]
    assert "Går i gang nu" in listed
    assert 'class="badge picked">Bliver rykket<' in own
    assert "Fakturaen er valgt til at blive rykket." in own
    assert [(row.is_picked, row.picks) for row in (today, tomorrow)] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("number", "first", "others", "says"),
    [("1", "pick", "picked", "invoice.picked"), ("2", "start", "going_on", "decision.made")],
)
def test_several_people_at_once_pick_once(member: Member, number: str, first: str, others: str, says: str) -> None:
    found("1")
    procedure(of=invoice("2"))
    with db.connection():
        company = Company.get_by_id(CVR)

    with ThreadPoolExecutor(5) as people:
        taken = list(people.map(lambda n: picking.take(company, [number], MONDAY, f"{n}")[number], range(5)))

    assert sorted(taken) == sorted([first] + [others] * 4)
    assert types() == [says]


def test_a_pick_that_nobody_heard_of_within_an_hour_may_be_made_anew(member: Member) -> None:
    found()
    pick(member, "2041")

    with db.connection():
        company = Company.get_by_id(CVR)
    again = [
        picking.take(company, ["2041"], MONDAY + later, "x") for later in (timedelta(minutes=59), timedelta(hours=1))
    ]

    assert [one["2041"] for one in again] == ["picked", "pick"]
    assert [pick_no for _, pick_no, _ in picks()] == [1, 2]


def test_one_that_was_picked_and_is_on_its_way_to_dunning_is_picked_for_good(member: Member) -> None:
    found()
    pick(member, "2041")
    mark("2041", asked=True)

    with db.connection():
        later = picking.ways(Company.get_by_id(CVR), ["2041"], MONDAY + timedelta(days=2))

    assert later == {"2041": "picked"}


@pytest.mark.parametrize(
    ("stage", "fields", "comes_to"),
    [
        ("awaiting_decision", {}, "start"),
        ("awaiting_decision", {"disputed": True}, "disputed"),
        ("running", {}, "going_on"),
        ("checking", {}, "going_on"),
        ("paused", {"reason": "disputed"}, "going_on"),
        ("escalated", {}, "going_on"),
        ("cancelled", {"reason": "stopped"}, "over"),
        ("settled", {"reason": "waived"}, "over"),
    ],
)
def test_what_a_pick_comes_to_by_the_stage_of_its_procedure(
    member: Member, stage: str, fields: dict[str, Any], comes_to: str
) -> None:
    procedure(stage, **fields)

    assert way() == comes_to


def test_what_is_paid_meanwhile_is_not_picked(member: Member) -> None:
    found("1", paid=Decimal("12500.00"), status="paid")
    procedure(of=invoice("2", paid=Decimal("12500.00"), status="paid"))

    page = pick(member, "1", "2")

    assert plain(page.text).count("Der skyldes ikke noget på den") == 2
    assert types() == []


def test_what_is_not_overdue_yet_is_not_started(member: Member) -> None:
    procedure(of=invoice(due_on=MONDAY.date()))

    assert way() == "not_yet"


def test_what_was_just_fetched_is_asked_about_anyway(member: Member) -> None:
    known(invoice())

    assert way() == "coming"


def test_a_customer_who_is_never_dunned_is_not_picked(member: Member) -> None:
    with db.transaction():
        Company.update(never_dunned=["77"]).execute()
    found("1")
    procedure(of=invoice("2"))

    page = pick(member, "1", "2")

    assert plain(page.text).count("aldrig rykkes") == 2
    assert types() == []


@pytest.mark.parametrize(("kinds", "comes_to"), [(["dispute"], "disputed"), (["dispute", "withdraw"], "start")])
def test_a_dispute_that_dunning_has_not_heard_of_counts(member: Member, kinds: list[str], comes_to: str) -> None:
    procedure()
    for number, kind in enumerate(kinds, 1):
        cases.objection("p-2041", number, kind)

    assert way() == comes_to


def test_an_invoice_of_another_company_is_unknown(member: Member) -> None:
    cases.company(OTHER_CVR)
    found("9", OTHER_CVR)
    procedure(of=invoice("8"), cvr=OTHER_CVR)

    page = pick(member, "9", "8", "7")

    assert plain(page.text).count("Vi kender ikke en faktura med det nummer") == 3
    assert (types(), picks(), answers()) == ([], [], [])


def test_of_several_each_has_its_result(member: Member) -> None:
    found("1")
    found("2")
    procedure("running", of=invoice("3"))

    page = pick(member, "1", "2", "3", back="/invoices?show=waiting")

    text = plain(page.text)
    assert "2 fakturaer bliver rykket" in text
    assert "3 Den er allerede i gang" in text
    assert 'href="/invoices?show=waiting"' in page.text


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil", "/login", "/invoices\r\nX: y", "javascript:x"]
)
def test_nobody_is_led_elsewhere(member: Member, back: str) -> None:
    found()

    assert pick(member, "2041", back=back).headers["location"] == "/invoices?show=waiting&done=picked_pick"


def test_a_message_of_before_is_replaced(member: Member) -> None:
    found()

    response = pick(member, "2041", back="/invoices?done=picked_start&show=waiting")

    assert response.headers["location"] == "/invoices?show=waiting&done=picked_pick"


@pytest.mark.parametrize("numbers", [[], [""], ["x" * 201], [str(n) for n in range(101)]])
def test_none_or_too_many_are_refused(member: Member, numbers: list[str]) -> None:
    assert pick(member, *numbers).status_code in (400, 404, 413)
    assert types() == []


def test_a_hundred_are_picked_at_once(member: Member) -> None:
    numbers = [f"{n}" for n in range(100)]
    for number in numbers:
        found(number)

    response = pick(member, *numbers)

    assert "100 fakturaer bliver rykket" in plain(response.text)
    assert len(picks()) == 100


def test_a_hostile_number_is_shown_as_it_is(member: Member) -> None:
    page = pick(member, "<script>alert(1)</script>", "x")

    assert "<script>" not in page.text


@pytest.mark.parametrize("paused", [False, True])
def test_what_a_pick_starts_dunning_starts_too_in_a_pause_or_not(paused: bool) -> None:
    """A pick is foreseen to start it; dunning's own rules say the same."""
    policy = Policy(paused=paused)
    before = saved(opening.opened(overdue(), policy, None, OPENED, LAW))
    event = DecisionMade(
        company=CVR, procedure_id="p", invoice_number="1001", answer_no=1, answered_at=OPENED, choice="start"
    )

    after = answered(before, event, OPENED, LAW, policy)

    assert after.stage == foreseen(Standing("awaiting_decision", "", is_overdue=True, is_owed=True), ["start"]).stage

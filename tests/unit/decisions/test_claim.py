"""The debtor's page: what he reads, and what he can say."""

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import httpx
import pytest

from common import db
from common.calendar import local_date
from common.links import ClaimLink
from common.tables import Company
from decisions import claims
from tests.unit.decisions.cases import (
    CVR,
    MONDAY,
    OTHER_CVR,
    Visitor,
    answers,
    company,
    heard,
    invoice,
    line,
    objection,
    objections,
    procedure,
    said,
)
from tests.unit.decisions.test_answer import everything

UNDER_WAY = ("awaiting_decision", "running", "checking", "paused", "collecting_fees", "escalated")
OVER = (
    ("settled", "paid"),
    ("settled", "fees_paid"),
    ("settled", "covered"),
    ("settled", "credited"),
    ("settled", "waived"),
    ("cancelled", "stopped"),
    ("cancelled", "withdrawn"),
    ("cancelled", "not_worth_dunning"),
)


def sayable(page: httpx.Response) -> list[str]:
    return re.findall(r'name="kind" value="(\w+)"', page.text)


def amounts(page: httpx.Response) -> list[str]:
    return re.findall(r"<td>([^<]+)</td>", page.text)


def set_company(**fields: Any) -> None:
    with db.transaction():
        Company.update(fields).where(Company.cvr == CVR).execute()


# --- what he reads ---------------------------------------------------------------------------------------------------
def test_the_claim_is_told_line_by_line_over_all_rounds(visitor: Visitor) -> None:
    part = invoice(paid=Decimal("2500.00"))
    procedure("settled", of=part, reason="paid", id="first", round=1)
    line("first", "principal", "12500.00", "principal")
    line("first", "fee", "100.00", step=1)
    procedure("running", of=part, id="second", round=2)
    line("second", "paid", "-2500.00", "principal", booked_on=date(2026, 11, 12), value_on=date(2026, 11, 10))
    line("second", "interest", "54.79", "interest", value_on=date(2026, 11, 16))
    line("second", "compensation", "310.00", "compensation")
    line("second", "cost", "40.00", "company", against="portal")
    procedure("running", of=invoice("2042"))
    line("p-2042", "fee", "75.00")

    page = visitor.open(visitor.claim_link("second"))

    assert page.status_code == 200
    assert amounts(page) == [
        "12.500,00 kr.",
        "100,00 kr.",
        "−2.500,00 kr.",
        "54,79 kr.",
        "310,00 kr.",
        "10.464,79 kr.",
    ]
    for shown in (
        "Murermester &lt;Holm&gt; &amp; Søn, CVR 12345674",
        "<dd>Café Ørsted ApS</dd>",
        "<dd>2041</dd>",
        "<dd>20. oktober 2026</dd>",
        "<dd>3. november 2026</dd>",
        "4. november 2026 · renteloven § 9 b",
        "10. november 2026",
        "Rente til og med 16. november 2026",
        "renteloven § 3 og § 5",
        "renteloven § 9 a",
        "<strong>10.464,79 kr.</strong>",
        'href="mailto:bog@holm.dk"',
    ):
        assert shown in page.text, shown


def test_a_ledger_from_before_the_principal_was_booked_is_completed_from_the_erp(visitor: Visitor) -> None:
    procedure("running", of=invoice(paid=Decimal("2500.00"), paid_on=date(2026, 11, 10)))
    line("p-2041", "fee", "100.00", step=1)

    page = visitor.open(visitor.claim_link("p-2041"))

    assert amounts(page) == ["12.500,00 kr.", "−2.500,00 kr.", "100,00 kr.", "10.100,00 kr."]


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, [("principal", date(2026, 10, 20))]),
        ({"issued_on": None}, [("principal", date(2026, 11, 3))]),
        (
            {"paid": Decimal("1.00"), "paid_on": date(2026, 11, 10)},
            [("principal", date(2026, 10, 20)), ("paid", date(2026, 11, 10))],
        ),
        ({"paid": Decimal("1.00")}, [("principal", date(2026, 10, 20)), ("paid", local_date(MONDAY))]),
    ],
)
@pytest.mark.usefixtures("visitor")
def test_what_completes_such_a_ledger_has_the_dates_of_the_erp(fields: Any, lines: list[tuple[str, date]]) -> None:
    procedure("running", of=invoice(**fields))

    with db.connection():
        ledger = claims.claim(ClaimLink(CVR, "p-2041"), local_date(MONDAY)).ledger

    assert [(line.kind, line.booked_on) for line in ledger] == lines


def test_a_link_in_an_old_letter_leads_to_the_newest_round(visitor: Visitor) -> None:
    procedure("settled", reason="paid", id="first", round=1)
    procedure("running", id="second", round=2)
    link = visitor.claim_link("first")

    assert "er ikke betalt" in visitor.open(link).text
    visitor.object(link, "call", phone="12345678")

    assert [row["procedure_id"] for row in objections()] == ["second"]


MESSAGE = "Besked til modtageren: faktura 2041"
SLIP, ACCOUNT = "Betalingslinje (FIK):", "Overfør til konto (reg.nr. og kontonr.):"


@pytest.mark.parametrize(
    ("payment_line", "company", "shown"),
    [
        ("+71<0001+87654321<", {"fi_creditor": "87654321"}, [SLIP, "+71&lt;0001+87654321&lt;"]),
        ("", {"fi_creditor": "87654321", "bank_account": "1234 5"}, [SLIP, "+73&lt; +87654321&lt;", MESSAGE]),
        ("", {"bank_account": "1234 0000000005"}, [ACCOUNT, "1234 0000000005", MESSAGE]),
        (" ", {"payment_details": "Reg. 1\r\n\r\n konto <2>"}, ["Reg. 1", "konto &lt;2&gt;", MESSAGE]),
        ("", {}, ["Brug betalingsoplysningerne på fakturaen, og skriv fakturanummer 2041."]),
    ],
)
def test_how_to_pay_is_said_as_the_letters_say_it(
    visitor: Visitor, payment_line: str, company: dict[str, str], shown: list[str]
) -> None:
    set_company(**{"payment_details": ""} | company)
    procedure("running", of=invoice(payment_line=payment_line))

    page = visitor.open(visitor.claim_link("p-2041")).text

    [pay] = re.findall(r'<div class="pay">(.*?)</div>', page, flags=re.S)
    assert re.findall(r"<p>(.*?)</p>", pay) == shown


@pytest.mark.parametrize(("reply_to", "address"), [("", "bog@holm.dk"), ("debitor@holm.dk", "debitor@holm.dk")])
def test_a_debtor_writes_to_the_address_that_the_company_chose(visitor: Visitor, reply_to: str, address: str) -> None:
    set_company(reply_to=reply_to)
    procedure("running")

    assert f'<a href="mailto:{address}">{address}</a>' in visitor.open(visitor.claim_link("p-2041")).text


@pytest.mark.parametrize(("pay_by", "shown"), [(date(2026, 11, 23), True), (date(2026, 11, 22), False), (None, False)])
def test_a_last_day_is_named_until_it_has_passed(visitor: Visitor, pay_by: date | None, shown: bool) -> None:
    procedure("running", pay_by=pay_by)

    assert ("<dt>Senest</dt>" in visitor.open(visitor.claim_link("p-2041")).text) is shown


def test_the_last_day_that_a_warning_gave_is_not_that_of_a_letter_for_fees(visitor: Visitor) -> None:
    procedure("collecting_fees", pay_by=date(2026, 11, 23), pending_kind="fee_reminder")

    assert "<dt>Senest</dt>" not in visitor.open(visitor.claim_link("p-2041")).text


@pytest.mark.parametrize(("stage", "reason"), OVER)
def test_a_claim_that_is_over_asks_for_nothing_and_offers_a_contact(visitor: Visitor, stage: str, reason: str) -> None:
    link = visitor.claim_link(procedure(stage, reason=reason))
    line("p-2041", "principal", "12500.00", "principal")

    page = visitor.open(link)

    over = "Der skyldes ikke mere på faktura 2041" if stage == "settled" else "Der rykkes ikke længere for faktura 2041"
    assert over in page.text
    assert "mailto:bog@holm.dk" in page.text
    for absent in ("<form", "12.500,00", "Sådan betaler du", "At betale"):
        assert absent not in page.text
    assert visitor.object(link, "dispute", words="Nej").status_code == 409
    assert objections() == []


def test_a_claim_that_was_paid_shows_how(visitor: Visitor) -> None:
    procedure("settled", reason="paid")
    line("p-2041", "principal", "12500.00", "principal")
    line("p-2041", "paid", "-12500.00", "principal", event="e")
    line("p-2041", "paid", "-100.00", "surplus", event="e")

    page = visitor.open(visitor.claim_link("p-2041"))

    assert amounts(page) == ["12.500,00 kr.", "−12.600,00 kr.", "100,00 kr.", "0,00 kr."]


@pytest.mark.parametrize(
    "fields",
    [
        {"stage": "paused", "reason": "company"},
        {"stage": "awaiting_decision"},
        {"stage": "checking"},
        {"stage": "escalated"},
        {"stage": "running", "held": True, "unreachable_step": 1},
    ],
)
def test_what_the_company_chose_for_itself_is_none_of_his_business(visitor: Visitor, fields: dict[str, Any]) -> None:
    procedure("running", of=invoice("1"))
    procedure(**{"of": invoice("2")} | fields)

    usual, other = (visitor.open(visitor.claim_link(f"p-{number}")).text for number in (1, 2))

    assert _alike(usual, "1") == _alike(other, "2")


def _alike(page: str, number: str) -> str:
    """Without what differs between any two claims, and what the word of a payment does: it depends on the stage."""
    page = re.sub(r'name="form" value="[^"]*"', "", page)
    page = re.sub(r'<p id="does-paid">.*?</p>', "", page)
    return re.sub(rf"([Ff]aktura(?:nummer)?) {number}|<dd>{number}</dd>", "", page)


def test_a_company_that_speaks_english_has_english_debtors(visitor: Visitor) -> None:
    set_company(language="en")
    procedure("running")

    page = visitor.open(visitor.claim_link("p-2041")).text

    assert '<html lang="en">' in page
    assert "Invoice 2041 has not been paid" in page
    assert "DKK 12,500.00" in page


# --- what he says ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(visitor: Visitor, method: str) -> None:
    link = visitor.claim_link(procedure("running"))
    before = everything()

    responses = [visitor.client.request(method, f"{link}?kind=call&phone=12345678") for _ in range(3)]

    assert {response.status_code for response in responses} == {200}
    assert everything() == before


def test_each_objection_tells_what_was_said_before_it(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))

    visitor.object(link, "dispute", words="Fugerne mangler")
    visitor.object(link, "call", phone="12345678")

    assert said()[-1]["data"]["latest"] == {"dispute": 1, "call": 2}


@pytest.mark.parametrize("stage", UNDER_WAY)
def test_a_dispute_is_written_down_and_told_once(visitor: Visitor, stage: str) -> None:
    link = visitor.claim_link(procedure(stage))

    first, second = (visitor.object(link, "dispute", words="Fugerne\r\nmangler ") for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == link.removeprefix("http://testserver") + "?received#received"
    [row] = objections()
    assert (row["objection_no"], row["kind"], row["words"]) == (1, "dispute", "Fugerne\nmangler")
    assert (row["company"], row["raised_at"]) == (CVR, MONDAY)
    [event] = said()
    assert event["type"] == "dk.rykkerportalen.objection.raised"
    assert event["data"] == {
        "procedure_id": "p-2041",
        "invoice_number": "2041",
        "objection_no": 1,
        "kind": "dispute",
        "paid_on": None,
        "raised_at": "2026-11-23T10:00:00Z",
        "latest": {"dispute": 1},
        "by": "debtor",
    }
    assert answers() == []


def test_the_page_says_what_was_received_and_what_happens_now(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))

    right_after = visitor.open(visitor.object(link, "dispute", words="Fugerne mangler").headers["location"])

    page = visitor.open(link)
    assert "Tak, det er modtaget" in right_after.text
    assert "Tak, det er modtaget" not in page.text
    assert "Du har gjort indsigelse mod faktura 2041" in page.text
    assert "ingen gebyrer på, før Murermester &lt;Holm&gt; &amp; Søn har svaret dig" in page.text
    assert "<blockquote>Fugerne mangler</blockquote>" in page.text
    assert "<summary>Jeg vil tilføje noget til indsigelsen</summary>" in page.text
    assert "<summary>Jeg gør indsigelse</summary>" not in page.text
    assert sayable(page) == ["dispute", "paid", "call", "withdraw"]


def test_an_objection_can_be_taken_back_and_raised_again(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    assert sayable(visitor.open(link)) == ["dispute", "paid", "call"]
    assert visitor.object(link, "withdraw").status_code == 409

    for kind in ("dispute", "withdraw", "withdraw", "dispute"):
        assert visitor.object(link, kind, words="Nej").status_code == 303

    assert [(row["objection_no"], row["kind"]) for row in objections()] == [
        (1, "dispute"),
        (2, "withdraw"),
        (3, "dispute"),
    ]
    assert [event["data"]["objection_no"] for event in said()] == [1, 2, 3]


def test_what_dunning_has_heard_is_not_foreseen_once_more(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    visitor.object(link, "dispute", words="Nej")
    heard("p-2041", objection_no=1, answer_no=1, disputed=True)  # and the company has said that it goes on

    page = visitor.open(link)
    assert "Faktura 2041 er ikke betalt" in page.text
    assert sayable(page) == ["dispute", "paid", "call"]

    visitor.object(link, "dispute", words="Nej")
    assert len(objections()) == 2


def test_the_company_s_last_word_counts_from_the_moment_it_was_said(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    visitor.press(visitor.answer_link("p-2041"), "waive")

    assert "Der skyldes ikke mere" in visitor.open(link).text
    assert visitor.object(link, "call", phone="12345678").status_code == 409


def test_a_payment_is_told_with_its_day_and_holds_the_letters_once(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    assert "Der sendes ingen breve de næste bankdage" in visitor.open(link).text

    assert visitor.object(link, "paid", paid_on="2026-11-20", reference=" 4711 ").status_code == 303

    [row] = objections()
    assert (row["paid_on"], row["reference"]) == (date(2026, 11, 20), "4711")
    assert said()[0]["data"]["paid_on"] == "2026-11-20"
    page = visitor.open(link).text
    assert "Din betaling af faktura 2041 bliver undersøgt" in page
    assert "Du skrev, at du betalte den 20. november 2026. Reference: 4711." in page
    assert "Der sendes ingen breve de næste bankdage" not in page
    heard("p-2041", objection_no=1, stage="paused", reason="said_paid", paused_until=date(2026, 11, 30))
    assert "Er den ikke fundet mandag den 30. november, går sagen videre." in visitor.open(link).text


def test_who_wants_a_call_is_promised_one_and_nothing_else(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))

    assert visitor.object(link, "call", phone="+45  12 34 56 78").status_code == 303

    assert objections()[0]["phone"] == "+45 12 34 56 78"
    page = visitor.open(link).text
    assert "Du bad om at blive ringet op på +45 12 34 56 78" in page
    assert "Faktura 2041 er ikke betalt" in page


@pytest.mark.parametrize(
    ("kind", "fields", "field", "error"),
    [
        ("dispute", {"words": " "}, "words", "Skriv, hvad der er galt."),
        ("paid", {"paid_on": "2026-11-24", "reference": "<4711>"}, "paid_on", "Datoen ligger i fremtiden."),
        ("paid", {"paid_on": "", "reference": "x"}, "paid_on", "Skriv datoen for betalingen."),
        ("call", {"phone": "<ring>"}, "phone", "Skriv nummeret med tal og mellemrum"),
    ],
)
def test_bad_input_comes_back_with_the_error_beside_its_field(
    visitor: Visitor, kind: str, fields: dict[str, str], field: str, error: str
) -> None:
    link = visitor.claim_link(procedure("running"))

    page = visitor.object(link, kind, **fields)

    assert page.status_code == 422
    assert f'<a href="#{field}">{error}' in page.text
    assert re.search(rf'id="{field}-error">{re.escape(error)}', page.text)
    assert re.search(rf'id="{field}"[^>]*aria-describedby="{field}-hint {field}-error" aria-invalid="true"', page.text)
    assert re.search(rf'<details open>\s*<summary>[^<]*</summary>\s*<form[^>]*>\s*<input[^>]*value="{kind}"', page.text)
    for typed in fields.values():
        assert typed.strip().replace("<", "&lt;").replace(">", "&gt;") in page.text
    assert objections() == []
    assert said() == []


def test_a_text_that_is_too_long_comes_back_whole(visitor: Visitor) -> None:
    words = "0123456789" * 201

    page = visitor.object(visitor.claim_link(procedure("running")), "dispute", words=words)

    assert page.status_code == 422
    assert words in page.text
    assert "Teksten er for lang." in page.text


def test_after_twenty_objections_he_is_asked_to_write(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    for number in range(1, 20):
        objection("p-2041", number, "call", phone=f"1234567{number}")

    assert visitor.object(link, "call", phone="12345678").status_code == 303
    assert visitor.object(link, "call", phone="12345678").status_code == 303  # a repeat is no more
    refused = visitor.object(link, "dispute", words="Det var <alt>")

    assert refused.status_code == 409
    assert "<blockquote>Det var &lt;alt&gt;</blockquote>" in refused.text
    assert "Skriv nu direkte til Murermester" in refused.text
    assert sayable(refused) == []
    assert len(objections()) == 20
    assert len(said()) == 1


def test_the_same_words_twice_at_once_are_one_objection(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    together, statuses = Barrier(4), list[int]()

    def click(number: int) -> None:
        together.wait()
        statuses.append(visitor.object(link, "call", phone="12345678").status_code)

    _at_once(click)
    assert statuses == [303] * 4
    assert len(objections()) == 1


def test_objections_at_once_are_numbered_one_after_the_other(visitor: Visitor) -> None:
    link = visitor.claim_link(procedure("running"))
    together = Barrier(4)

    def click(number: int) -> None:
        together.wait()
        assert visitor.object(link, "call", phone=f"1234567{number}").status_code == 303

    _at_once(click)
    assert [row["objection_no"] for row in objections()] == [1, 2, 3, 4]
    assert [event["data"]["objection_no"] for event in said()] == [1, 2, 3, 4]


def _at_once(click: Any) -> None:
    clicks = [Thread(target=click, args=(number,)) for number in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()


def test_an_objection_is_written_with_its_event_or_not_at_all(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = visitor.claim_link(procedure("running"))

    def full(*events: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("decisions.store.outbox.add", full)
    response = visitor.object(link, "dispute", words="Nej")

    assert response.status_code == 500
    assert objections() == []


# --- whose it is -----------------------------------------------------------------------------------------------------
def test_no_link_reaches_another_company_s_claim(visitor: Visitor) -> None:
    company(OTHER_CVR)
    procedure("running")
    link = visitor.claim_link("p-2041", cvr=OTHER_CVR)

    assert visitor.open(link).status_code == 404
    assert visitor.object(link, "dispute", words="Nej").status_code == 404
    assert objections() == []


def test_the_other_company_s_invoice_of_the_same_number_is_another_claim(visitor: Visitor) -> None:
    company(OTHER_CVR)
    procedure("running", id="mine", round=1)
    line("mine", "principal", "12500.00", "principal")
    procedure("running", cvr=OTHER_CVR, of=replace(invoice(), amount=Decimal("1.00")), id="theirs", round=2)
    line("theirs", "fee", "99.00", company=OTHER_CVR)

    page = visitor.open(visitor.claim_link("mine"))

    assert amounts(page) == ["12.500,00 kr."] * 2
    assert "99,00" not in page.text


def test_a_form_is_good_for_its_own_link_only(visitor: Visitor) -> None:
    mine, other = (visitor.claim_link(procedure("running", of=invoice(number))) for number in ("1", "2"))
    answer = visitor.answer_link("p-1")

    for form in ("", "x", visitor.form(other), visitor.form(answer)):
        sent = {"kind": "dispute", "words": "Nej", "form": form}
        assert visitor.client.post(mine, data=sent).status_code == 403
    assert objections() == []


@pytest.mark.parametrize("kind", ["", "start", "DISPUTE", "dispute\x00"])
def test_an_unknown_kind_changes_nothing(visitor: Visitor, kind: str) -> None:
    assert visitor.object(visitor.claim_link(procedure("running")), kind, words="Nej").status_code == 400
    assert objections() == []


def test_a_day_that_lies_in_the_future_for_copenhagen_is_refused(visitor: Visitor) -> None:
    tomorrow = str(MONDAY.date() + timedelta(days=1))

    assert visitor.object(visitor.claim_link(procedure("running")), "paid", paid_on=tomorrow).status_code == 422

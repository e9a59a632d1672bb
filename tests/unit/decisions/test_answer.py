from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest

from common import db
from common.tables import TABLES, Company, FetchRun
from tests.unit.decisions.cases import (
    CVR,
    MONDAY,
    Visitor,
    answers,
    buttons,
    fee,
    heard,
    invoice,
    known,
    letter,
    line,
    objection,
    procedure,
    said,
)

UNDER_WAY = ("awaiting_decision", "running", "checking", "paused", "collecting_fees", "escalated")


def everything() -> list[object]:
    with db.connection():
        return [(table.__name__, row) for table in TABLES for row in table.select().tuples()]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(visitor: Visitor, method: str) -> None:
    link = visitor.answer_link(procedure())
    before = everything()

    responses = [visitor.client.request(method, link, headers={"Sec-Purpose": "prefetch"}) for _ in range(3)]

    assert {response.status_code for response in responses} == {200}
    assert everything() == before


def test_head_answers_as_get_does_without_a_body(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    form_length = len(visitor.open(link).content)

    response = visitor.client.head(link)

    assert response.content == b""
    assert response.headers["content-length"] == str(form_length)
    assert response.headers["cache-control"] == "no-store"


def test_a_click_decides_once_and_says_so(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())

    first, second = visitor.press(link, "start"), visitor.press(link, "start")

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == link.removeprefix("http://testserver") + "?answered#answered"
    assert answers() == [(1, "start")]
    [event] = said()
    assert event["type"] == "dk.rykkerportalen.decision.made"
    assert event["company"] == "12345674"
    assert event["data"] == {
        "procedure_id": "p-2041",
        "invoice_number": "2041",
        "answer_no": 1,
        "answered_at": "2026-11-23T10:00:00Z",
        "choice": "start",
        "latest": {"start": 1},
        "objections": {},
    }


def test_each_answer_tells_what_company_and_debtor_said_before_it(visitor: Visitor) -> None:
    procedure_id = procedure()
    link = visitor.answer_link(procedure_id)

    visitor.press(link, "start")
    visitor.object(visitor.claim_link(procedure_id), "call", phone="12345678")
    visitor.press(link, "pause")

    pause = said()[-1]["data"]
    assert (pause["latest"], pause["objections"]) == ({"start": 1, "pause": 2}, {"call": 1})


def test_the_page_after_a_click_says_what_was_answered(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())

    location = visitor.press(link, "start").headers["location"]

    page = visitor.open(location)
    assert "Dit svar er modtaget" in page.text
    assert "Du svarede »Ja, ryk kunden« den 23. november 2026 kl. 11.00." in page.text
    assert "Vi rykker Café Ørsted ApS" in page.text
    assert buttons(page) == ["pause", "stop", "waive"]


def test_an_answer_from_before_the_customer_spoke_stands_in_the_history_alone(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    visitor.press(link, "start")
    objection("p-2041", raised_at=MONDAY + timedelta(days=1))

    page = visitor.open(link).text

    assert "Dit svar er modtaget" not in page
    assert "Du svarede »Ja, ryk kunden«" in page


def test_yes_no_yes_are_three_answers(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())

    for choice in ("start", "stop", "start"):
        assert visitor.press(link, choice).status_code == 303

    assert answers() == [(1, "start"), (2, "stop"), (3, "start")]
    assert [event["data"]["choice"] for event in said()] == ["start", "stop", "start"]
    assert len({event["id"] for event in said()}) == 3


def test_a_start_that_dunning_could_not_follow_can_be_said_again(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    visitor.press(link, "start")
    heard("p-2041", answer_no=1)  # it was not overdue at that moment, and is again

    visitor.press(link, "start")

    assert answers() == [(1, "start"), (2, "start")]


@pytest.mark.parametrize("stage", UNDER_WAY)
def test_stop_always_works_while_anything_could_be_sent(visitor: Visitor, stage: str) -> None:
    link = visitor.answer_link(procedure(stage))

    assert "stop" in buttons(visitor.open(link))
    assert visitor.press(link, "stop").status_code == 303

    assert answers() == [(1, "stop")]
    assert "stop" not in buttons(visitor.open(link))


def test_start_after_stop_works_while_the_invoice_is_overdue(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure("cancelled", reason="stopped", answer_no=1))

    assert buttons(visitor.open(link)) == ["start"]
    assert visitor.press(link, "start").status_code == 303

    assert answers() == [(1, "start")]


def test_a_company_may_keep_due_dates_on_weekends(visitor: Visitor) -> None:
    saturday, policy = invoice(due_on=MONDAY.date() - timedelta(days=2)), {"silence": "start", "weekend_due": "keep"}
    link = visitor.answer_link(procedure(of=saturday, policy=policy))

    assert visitor.press(link, "start").status_code == 303

    assert answers() == [(1, "start")]


@pytest.mark.parametrize(
    "state",
    [
        invoice(paid=invoice().amount, status="paid"),
        invoice(status="credited"),
        invoice(due_on=MONDAY.date()),
        invoice(due_on=MONDAY.date() - timedelta(days=2)),
    ],
    ids=["paid", "credited", "due today", "due on Saturday, which counts as today"],
)
def test_start_after_stop_is_refused_when_nothing_is_overdue(visitor: Visitor, state: object) -> None:
    link = visitor.answer_link(procedure("cancelled", reason="stopped", of=state))  # type: ignore[arg-type]

    response = visitor.press(link, "start")

    assert response.status_code == 409
    assert "Det kan ikke lade sig gøre længere" in response.text
    assert buttons(response) == []
    assert answers() == []
    assert said() == []


def test_paid_in_the_meantime_is_said_plainly(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    known(invoice(paid=invoice().amount, status="paid"))
    heard("p-2041", stage="settled", reason="paid")

    response = visitor.press(link, "start")

    assert response.status_code == 409
    assert "Café Ørsted ApS har betalt" in response.text
    assert said() == []


def test_fee_answers_share_the_numbers_and_have_their_own_event(visitor: Visitor) -> None:
    paid = invoice(paid=invoice().amount, status="paid")
    link = visitor.answer_link(procedure("collecting_fees", of=paid), "cover")
    fee("p-2041", 1)

    assert buttons(visitor.open(link)) == ["cover", "collect", "received", "pause", "stop", "waive"]
    for choice in ("cover", "collect", "received"):
        assert visitor.press(link, choice).status_code == 303

    assert answers() == [(1, "cover"), (2, "collect"), (3, "received")]
    assert {event["type"] for event in said()} == {"dk.rykkerportalen.fee.decision_made"}
    assert buttons(visitor.open(link)) == []


def test_covered_fees_can_be_collected_after_all(visitor: Visitor) -> None:
    paid = invoice(paid=invoice().amount, status="paid")
    link = visitor.answer_link(procedure("settled", of=paid, reason="covered"))

    assert buttons(visitor.open(link)) == ["collect"]
    assert visitor.press(link, "start").status_code == 409
    assert visitor.press(link, "collect").status_code == 303

    assert answers() == [(1, "collect")]


def test_collecting_may_be_confirmed_once(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure("collecting_fees"), "collect")

    visitor.press(link, "collect")
    visitor.press(link, "collect")

    assert answers() == [(1, "collect")]


def test_two_answers_at_once_both_get_through_in_order(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    together, statuses = Barrier(2), list[int]()

    def click(choice: str) -> None:
        together.wait()
        statuses.append(visitor.press(link, choice).status_code)

    clicks = [Thread(target=click, args=(choice,)) for choice in ("start", "stop")]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert statuses == [303, 303]
    assert [number for number, _ in answers()] == [1, 2]
    assert {choice for _, choice in answers()} == {"start", "stop"}
    assert [event["data"]["answer_no"] for event in said()] == [1, 2]


def test_the_same_answer_twice_at_once_is_one(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    together, statuses = Barrier(4), list[int]()

    def click() -> None:
        together.wait()
        statuses.append(visitor.press(link, "stop").status_code)

    clicks = [Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert statuses == [303] * 4
    assert answers() == [(1, "stop")]


def test_an_answer_is_written_with_its_event_or_not_at_all(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    link = visitor.answer_link(procedure())

    def full(*events: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("decisions.store.outbox.add", full)
    response = visitor.press(link, "start")

    assert response.status_code == 500
    assert answers() == []


def test_the_page_shows_the_invoice_and_what_happened(visitor: Visitor) -> None:
    state = invoice(paid=invoice().amount / 5)
    procedure("running", of=state, step=1, last_reminder_on=MONDAY.date(), wake_at=MONDAY + timedelta(days=10))
    fee("p-2041", 1)
    letter("p-2041", "notice", MONDAY - timedelta(days=4))
    letter("p-2041", "reminder", MONDAY - timedelta(hours=1), step=1)
    letter("p-2041", "reminder", MONDAY, step=2, state="withdrawn")

    page = visitor.open(visitor.answer_link("p-2041", "stop")).text

    for shown in (
        "Murermester &lt;Holm&gt; &amp; Søn, CVR 12345674",
        "2041",
        "<dd>Café Ørsted ApS</dd>",
        "<dd>anne@orsted.dk</dd>",
        "12.500,00 kr.",
        "2.500,00 kr.",
        "10.000,00 kr.",
        "3. november 2026",
        "20 dage",
        "1 af 3",
        "100,00 kr.",
        "Rykker 2 af 3 sendes torsdag den 3. december, hvis fakturaen stadig ikke er betalt.",
        "Vi spurgte dig i en mail",
        "Rykker 1 sendt til anne@orsted.dk",
    ):
        assert shown in page
    assert "Rykker 2 sendt" not in page


def test_the_history_tells_every_letter_to_the_debtor_and_which_came_back(visitor: Visitor) -> None:
    procedure(stage="running")
    letter("p-2041", "reminder", MONDAY, step=1, state="bounced")
    letter("p-2041", "collection_notice", MONDAY, step=4)
    letter("p-2041", "fee_reminder", MONDAY, step=1)

    page = visitor.open(visitor.answer_link("p-2041")).text

    assert "Rykker 1 sendt til anne@orsted.dk, men kom retur" in page
    assert "Inkassovarsel sendt til anne@orsted.dk" in page
    assert "Brev om gebyrer sendt til anne@orsted.dk" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wake_at": MONDAY + timedelta(days=3)}, "begynder rykkerne af sig selv torsdag den 26. november."),
        ({"wake_at": MONDAY + timedelta(days=3), "disputed": True}, "Gør du ingenting, sker der ingenting."),
        ({"disputed": True}, "rykker 1 til anne@orsted.dk uden gebyr"),
        ({"wake_at": None}, "Gør du ingenting, sker der ingenting."),
        ({"wake_at": MONDAY, "policy": {"silence": "stay"}}, "Gør du ingenting, sker der ingenting."),
        ({"wake_at": MONDAY, "disputed": True}, "Gør du ingenting, sker der ingenting."),
        ({"stage": "running", "pending": True, "step": 1}, "Rykker 2 er på vej til kunden."),
        ({"stage": "running", "unreachable_step": 1}, "Kunden har ingen brugbar e-mailadresse."),
        (
            {"stage": "running", "wake_at": MONDAY, "step": 3, "warned_on": date(2026, 11, 8)},
            "betalt mandag den 23. november, er den klar til inkasso",
        ),
        ({"stage": "running", "wake_at": MONDAY, "step": 3}, "betalt mandag den 23. november, sendes et inkassovarsel"),
        (
            {"stage": "running", "pending": True, "pending_kind": "collection_notice", "step": 3},
            "Inkassovarslet er på vej til kunden",
        ),
        ({"stage": "collecting_fees", "wake_at": MONDAY}, "Mangler gebyrerne stadig mandag den 23. november"),
        ({"stage": "running", "wake_at": MONDAY - timedelta(days=2)}, "Rykker 1 af 3 sendes mandag den 23. november"),
        ({"stage": "checking", "wake_at": MONDAY}, "Vi ser netop nu efter i Ordrestyring"),
        ({"stage": "paused"}, "så længe sagen er på pause"),
        ({"stage": "paused", "reason": "disputed"}, "Café Ørsted ApS har gjort indsigelse"),
        ({"stage": "paused", "reason": "disputed"}, "lægges ingen gebyrer på, før du har svaret"),
        (
            {"stage": "paused", "reason": "said_paid", "paused_until": date(2026, 11, 30)},
            "Der sendes ingen breve før mandag den 30. november",
        ),
        ({"stage": "paused", "reason": "company"}, "så længe sagen er på pause"),
        ({"stage": "settled", "reason": "waived"}, "Du har eftergivet resten"),
        ({"stage": "escalated"}, "Fakturaen er klar til inkasso"),
        ({"stage": "collecting_fees"}, "Vi sender ikke flere mails om gebyrerne. Du bestemmer"),
        ({"stage": "collecting_fees", "pending": True, "pending_kind": "fee_reminder"}, "er på vej til kunden"),
        (
            {"stage": "collecting_fees", "wake_at": MONDAY, "fee_letters": 2},
            "Mangler gebyrerne stadig mandag den 23. november, sender vi ikke flere mails om dem",
        ),
        ({"stage": "settled", "reason": "fees_paid"}, "har betalt, også gebyrerne"),
        ({"stage": "settled", "reason": "credited"}, "Fakturaen er krediteret"),
        ({"stage": "settled", "reason": "something new"}, "Sagen er afsluttet"),
        ({"stage": "cancelled", "reason": "withdrawn"}, "Fakturaen er ikke længere i Ordrestyring"),
        ({"stage": "cancelled", "reason": "not_worth_dunning"}, "Efter dine egne valg"),
    ],
)
def test_every_stage_has_its_words(visitor: Visitor, fields: dict[str, object], sentence: str) -> None:
    procedure(**({"stage": "awaiting_decision"} | fields))  # type: ignore[arg-type]

    page = visitor.open(visitor.answer_link("p-2041"))

    assert page.status_code == 200
    assert sentence in page.text


def test_no_letter_about_fees_is_promised_to_a_customer_without_an_address(visitor: Visitor) -> None:
    paid = invoice(paid=invoice().amount, status="paid", debtor=replace(invoice().debtor, email=None))

    page = visitor.open(visitor.answer_link(procedure("collecting_fees", of=paid, wake_at=MONDAY)))

    assert "sender vi ikke flere mails om dem" in page.text
    assert "beder vi kunden" not in page.text


@pytest.mark.parametrize(
    "since",
    [{"paused": True}, {"silence": "stay"}, {"never_dunned": ["77"]}, {"smallest_amount": Decimal("12500.01")}],
    ids=lambda since: next(iter(since)),
)
def test_nothing_begins_by_itself_that_the_company_has_ruled_out_since(
    visitor: Visitor, since: dict[str, object]
) -> None:
    procedure(wake_at=MONDAY + timedelta(days=3))
    with db.transaction():
        Company.update(since).execute()

    assert "Gør du ingenting, sker der ingenting." in visitor.open(visitor.answer_link("p-2041")).text


@pytest.mark.parametrize("unmarked", ["found it", "newest"])
def test_nothing_begins_by_itself_where_payments_are_not_marked(visitor: Visitor, unmarked: str) -> None:
    procedure(wake_at=MONDAY + timedelta(days=3), fetch_id="found it")
    with db.transaction():
        for number, fetch_id in enumerate(("found it", "newest")):
            run = {"company": CVR, "state": "finished", "began_at": MONDAY + timedelta(days=number)}
            FetchRun.create(fetch_id=fetch_id, marks_paid=fetch_id != unmarked, **run)

    assert "Gør du ingenting, sker der ingenting." in visitor.open(visitor.answer_link("p-2041")).text


def test_an_english_company_reads_english(visitor: Visitor) -> None:
    with db.transaction():
        Company.update(language="en").execute()
    procedure()

    page = visitor.open(visitor.answer_link("p-2041")).text

    assert '<html lang="en">' in page
    assert "Yes, send reminders" in page
    assert "DKK 12,500.00" in page


def test_without_an_address_no_reminder_is_promised(visitor: Visitor) -> None:
    state = invoice(debtor=replace(invoice().debtor, email=None))
    procedure(of=state)

    page = visitor.open(visitor.answer_link("p-2041")).text

    assert "Vi sender først rykkeren, når du har tilføjet en." in page
    assert "<dd>ingen</dd>" in page


def test_a_restart_names_the_earliest_date(visitor: Visitor) -> None:
    procedure("cancelled", reason="stopped", step=1, last_reminder_on=MONDAY.date())

    page = visitor.open(visitor.answer_link("p-2041")).text

    assert "Det næste brev sendes tidligst torsdag den 3. december." in page


# --- pause, resume, waive
def test_a_pause_is_ended_by_the_company(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure("running"), "stop")

    assert visitor.press(link, "pause").status_code == 303
    page = visitor.open(link)
    assert buttons(page) == ["stop", "resume", "waive"]
    assert "Rykkerne til Café Ørsted ApS er sat på pause" in page.text
    assert visitor.press(link, "resume").status_code == 303

    assert answers() == [(1, "pause"), (2, "resume")]
    assert [event["type"] for event in said()] == ["dk.rykkerportalen.decision.made"] * 2
    assert [event["data"]["choice"] for event in said()] == ["pause", "resume"]


def test_to_go_on_after_the_last_letter_promises_no_other(visitor: Visitor) -> None:
    warned: dict[str, Any] = {"step": 3, "warned_on": MONDAY.date(), "last_reminder_on": MONDAY.date()}
    link = visitor.answer_link(procedure("paused", reason="company", **warned), "resume")

    page = visitor.open(link).text

    assert "Alle rykkere er sendt. Fakturaen bliver klar til inkasso" in page
    assert "brev sendes" not in page


def test_to_stop_what_is_paused_with_the_fees_alone_closes_it_without_them(visitor: Visitor) -> None:
    paid = invoice(paid=Decimal("12500.00"), status="paid")
    link = visitor.answer_link(procedure("paused", of=paid, reason="disputed", disputed=True))
    fee("p-2041", 1)

    page = visitor.open(link).text

    assert "Luk sagen uden gebyrer" in page
    assert "Kunden skal ikke betale gebyrer og renter på 100,00 kr. Der sker ikke mere." in page
    assert "Du kan fortryde" not in page


def test_to_go_on_after_a_dispute_adds_no_fee_and_says_so(visitor: Visitor) -> None:
    disputed = visitor.answer_link(procedure("paused", reason="disputed", disputed=True))
    calm = visitor.answer_link(procedure("paused", of=invoice("2"), reason="company"))

    assert "Der lægges ikke flere rykkergebyrer på, fordi kunden har gjort indsigelse" in visitor.open(disputed).text
    assert "ikke flere rykkergebyrer" not in visitor.open(calm).text


def test_start_says_nothing_to_a_case_that_is_paused(visitor: Visitor) -> None:
    assert visitor.press(visitor.answer_link(procedure("paused")), "start").status_code == 409
    assert answers() == []


def test_nothing_is_written_off_without_a_second_word(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure("running"))
    form = {"choice": "waive", "form": visitor.form(link)}

    for sure in ({}, {"sure": ""}, {"sure": "no"}):
        response = visitor.client.post(link, data=form | sure)
        assert response.status_code == 422
        assert "Sæt kryds, hvis du vil eftergive resten." in response.text
        assert 'aria-describedby="error-waive"' in response.text
    assert answers() == []
    assert said() == []

    assert visitor.press(link, "waive").status_code == 303
    assert visitor.press(link, "waive").status_code == 303
    assert answers() == [(1, "waive")]
    assert "Du har eftergivet resten" in visitor.open(link).text
    assert buttons(visitor.open(link)) == []


def test_what_is_written_off_is_said_in_kroner(visitor: Visitor) -> None:
    both = visitor.answer_link(procedure("running"))
    line("p-2041", "principal", "12500.00", "principal")
    line("p-2041", "fee", "100.00")
    line("p-2041", "interest", "25.50", "interest")
    alone = visitor.answer_link(procedure("running", of=invoice("2")))
    paid = invoice("3", paid=invoice().amount, status="paid")
    fees = visitor.answer_link(procedure("collecting_fees", of=paid))
    fee("p-3", 1)

    page = visitor.open(both).text
    assert "Det er 12.500,00 kr. på fakturaen og 125,50 kr. i gebyrer og renter, i alt 12.625,50 kr. Det kan" in page
    assert "Ja, eftergiv 12.625,50 kr." in page
    assert "Det er 12.500,00 kr. på fakturaen. Det kan" in visitor.open(alone).text
    assert "Det er 100,00 kr. i gebyrer og renter. Det kan" in visitor.open(fees).text


def test_fees_are_counted_over_all_rounds_and_without_the_principal(visitor: Visitor) -> None:
    procedure("settled", reason="paid", id="earlier", round=1)
    line("earlier", "fee", "100.00", step=1)
    line("earlier", "collected", "-100.00")
    procedure("running", id="now", round=2)
    line("now", "principal", "12500.00", "principal")
    line("now", "fee", "100.00", step=1)
    line("now", "compensation", "310.00", "compensation")
    line("now", "cost", "40.00", "company", against="portal")
    procedure("running", of=invoice("other"))
    line("p-other", "fee", "75.00")

    page = visitor.open(visitor.answer_link("now")).text

    assert "<dt>Gebyrer og renter til kunden</dt><dd>510,00 kr.</dd>" in page
    assert "<dt>Heraf ikke betalt</dt><dd>410,00 kr.</dd>" in page
    assert "kræves ikke længere" not in page


def test_charges_that_were_given_up_are_not_shown_as_paid(visitor: Visitor) -> None:
    procedure("settled", reason="waived")
    line("p-2041", "principal", "12500.00", "principal")
    line("p-2041", "fee", "200.00", step=1)
    line("p-2041", "collected", "-50.00")
    line("p-2041", "waived", "-150.00")
    line("p-2041", "waived", "-12500.00", "principal")

    page = visitor.open(visitor.answer_link("p-2041")).text

    assert "<dt>Gebyrer og renter til kunden</dt><dd>200,00 kr.</dd>" in page
    assert "<dt>Heraf kræves ikke længere</dt><dd>150,00 kr.</dd>" in page
    assert "<dt>Heraf ikke betalt</dt><dd>0,00 kr.</dd>" in page
    assert "<dt>Eftergivet</dt><dd>12.500,00 kr.</dd>" in page
    assert "<dt>Udestående</dt><dd>0,00 kr.</dd>" in page


def test_what_the_debtor_said_stands_in_the_history(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure("paused", reason="disputed"))
    objection("p-2041", 1, "dispute", words="<b>Fugerne</b>\nmangler")
    objection("p-2041", 2, "paid", paid_on=date(2026, 11, 20), reference="<i>4711</i>")
    objection("p-2041", 3, "call", phone="+45 12 34 56 78")
    objection("p-2041", 4, "withdraw")

    page = visitor.open(link).text

    for shown in (
        "Kunden gjorde indsigelse<blockquote>&lt;b&gt;Fugerne&lt;/b&gt;\nmangler</blockquote>",
        "Kunden skrev, at der blev betalt den 20. november 2026. Reference: &lt;i&gt;4711&lt;/i&gt;.",
        "Kunden vil ringes op på +45 12 34 56 78",
        "Kunden trak sin indsigelse tilbage",
        "23. november 2026 kl. 11.00",
    ):
        assert shown in page

"""Mails to the company that came with the law: objections, waiting, statements, bounces, and how it ended."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from notifier.facts import Case
from notifier.letters import affairs, objecting
from notifier.letters.affairs import Cost
from notifier.letters.draft import Draft
from notifier.letters.objecting import Said
from notifier.render import render
from notifier.words import plain
from tests.unit.notifier import samples
from tests.unit.notifier.samples import CASE, case
from tests.unit.notifier.test_letters import HOSTILE, links, text


def sample(name: str) -> Draft:
    return dict(samples.every("da"))[name]


# --- objections ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "claim", "heard", "means"),
    [
        ("dispute", {"stage": "settled"}, True, "over"),
        ("paid", {"stage": "cancelled"}, True, "over"),
        ("dispute", {"stage": "awaiting_decision"}, True, "asking"),
        ("dispute", {"stage": "paused", "pause": "disputed"}, True, "paused"),
        ("dispute", {"stage": "running"}, False, "paused"),
        ("paid", {"stage": "paused", "pause": "said_paid", "paused_until": date(2026, 3, 9)}, True, "until"),
        ("paid", {"stage": "running"}, False, "soon"),
        ("paid", {"stage": "running", "paused_until": date(2026, 2, 9)}, True, "goes_on"),
        ("paid", {"stage": "running", "paused_until": date(2026, 2, 9)}, False, "goes_on"),
        ("paid", {"stage": "paused", "pause": "disputed"}, True, "paused"),
        ("call", {"stage": "running"}, True, "goes_on"),
        ("call", {"stage": "paused", "pause": "company"}, True, "paused"),
        ("withdraw", {"stage": "running"}, True, "goes_on"),
    ],
)
def test_what_an_objection_means_now(kind: Any, claim: dict[str, Any], heard: bool, means: str) -> None:
    assert objecting.meaning(case(**claim).claim, Said(kind=kind, heard=heard)) == means


@pytest.mark.parametrize(
    ("name", "says", "choices"),
    [
        ("objection-dispute", "der sker ikke mere, før du svarer", {"resume", "stop", "waive"}),
        ("objection-asking", "Den begynder kun, hvis du starter den", {"start", "stop"}),
        ("objection-over", "Sagen er allerede afsluttet", set()),
        ("objection-paid", "på pause til mandag den 9. marts 2026", {"resume", "stop"}),
        ("objection-paid-unheard", "på pause i nogle bankdage", {"resume", "stop"}),
        ("objection-paid-again", "Vi har holdt pause én gang", {"pause", "stop"}),
        ("objection-call", "Rykkerne går videre", {"pause", "stop"}),
        ("objection-handed-on", "Vi sender ikke flere rykkere. Fakturaen er klar til inkasso", {"pause", "stop"}),
        ("objection-fees-alone", "Sagen går videre med det, der er lagt til", {"pause", "stop"}),
        ("objection-withdraw-paused", "Rykkerne er på pause", {"resume", "stop"}),
    ],
)
def test_an_objection_is_told_with_what_the_company_can_do(name: str, says: str, choices: set[str]) -> None:
    rendered = render(sample(name))

    assert says in text(rendered)
    assert set(links(rendered).values()) == choices


def test_what_the_debtor_said_is_told_in_his_words() -> None:
    said = text(render(sample("objection-paid")))
    assert "Betalt den, siger kunden: 27. februar 2026" in said
    assert "Betalingens reference: MobilePay 4711" in said

    said = text(render(sample("objection-dispute")))
    assert "The tap still drips. Three visits, 4 hours each, were agreed." in said
    assert "Telefon: 20 30 40 50" in said


@pytest.mark.parametrize("words", HOSTILE)
def test_a_debtor_s_words_stay_text(words: str) -> None:
    rendered = render(samples.objection(CASE, "dispute", words=(plain(words),), reference=plain(words), phone=words))

    body = rendered.html.partition("<body")[2]
    assert not any(bad in body for bad in ("<script", "</mj-", "href='https://evil", 'onclick="', "<!-- &"))
    assert unescape(body).count(words) == 3


# --- waiting for fresh figures ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "says", "not_says"),
    [
        ("held-old", "Det er for længe siden", "langt færre"),
        ("held-failed", "lykkedes ikke", "langt færre"),
        ("held-shrunk", "langt færre fakturaer end før", "API-nøglen i din profil"),
        ("held-never", "Vi har endnu ikke kunnet hente", "mandag den 2. marts 2026"),
    ],
)
def test_a_company_is_told_why_its_reminders_wait(name: str, says: str, not_says: str) -> None:
    said = text(render(sample(name)))

    assert says in said
    assert not_says not in said
    assert ("er fra mandag den 2. marts 2026" in said) == (name != "held-never")


@pytest.mark.parametrize(("paid", "says"), [(0, "Ingen af dem er markeret som betalt"), (3, "Kun 3 af dem")])
def test_a_company_is_told_that_payments_are_not_marked(paid: int, says: str) -> None:
    said = text(render(sample(f"payments_unmarked-{paid}")))

    assert "1.200 fakturaer" in said
    assert says in said
    assert "Vi begynder kun på dem, som du selv starter" in said


# --- statements ------------------------------------------------------------------------------------------------------
def statement(*amounts: str, of: Case = CASE) -> Draft:
    costs = [Cost(number="1042", step=2, on=date(2026, 2, 3), amount=Decimal(amount)) for amount in amounts]
    return affairs.statement(of.creditor, date(2026, 2, 1), costs)


def test_a_statement_has_every_line_the_sum_and_its_vat() -> None:
    rendered = render(statement("45.00", "90.10", "-45.00"))

    said = text(rendered)
    for row in (
        "3. februar 2026: faktura 1042, 2 rykkere: 90,10 kr.",
        "faktura 1042, 2 rykkere: -45,00 kr.",
        "I alt uden moms: 90,10 kr.",
        "Moms, 25 %: 22,53 kr.",
        "I alt med moms: 112,63 kr.",
    ):
        assert row in said
    assert rendered.subject == "Opgørelse for februar 2026: 112,63 kr."


def test_a_long_statement_has_the_rest_as_one_sum() -> None:
    said = text(render(statement(*["10.00"] * (affairs.LISTED + 3))))

    assert said.count("faktura 1042") == affairs.LISTED
    assert "Yderligere 3 linjer: 30,00 kr." in said
    assert "I alt uden moms: 1.030,00 kr." in said


def test_a_month_of_a_company_has_one_statement() -> None:
    assert statement("1.00").about == "12345674/2026-02-01"


# --- letters that did not arrive -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "says", "not_says"),
    [
        ("letter_bounced", "Den tæller ikke som sendt, og kunden skal ikke betale gebyr for den.", "inkassovarslet"),
        ("letter_bounced-notice", "Det tæller ikke som sendt.", "gebyr"),
        ("letter_bounced-fees", "hvad der skal ske med resten", "Ret adressen"),
        ("letter_failed", "Vi kunne ikke aflevere rykker 1", "retur"),
        ("letter_failed-notice", "Vi kunne ikke aflevere inkassovarslet", "rykker 4"),
        ("letter_failed-fees", "Fakturaen er betalt.", "Ret adressen"),
    ],
)
def test_a_letter_that_did_not_arrive_is_told(name: str, says: str, not_says: str) -> None:
    said = text(render(sample(name)))

    assert says in said
    assert not_says not in said
    assert "550 5.1.1 User unknown" in said


def test_each_letter_that_came_back_is_told_once() -> None:
    one, other = sample("letter_bounced"), sample("letter_bounced-fees")

    assert one.about == "l"
    assert replace(one, about="m").id != other.id == one.id


# --- the end ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "says", "not_says"),
    [
        ("settled-charged", "er 135,00 kr. uden moms. De står på månedens opgørelse.", "du skal ikke gøre mere"),
        ("settled-charged", "Kunden har betalt 12,50 kr. for meget.", "Eftergivet"),
        ("settled-covered", "Sagen er afsluttet, og du skal ikke gøre mere.", "opgørelse"),
        ("settled-credited", "Kunden har betalt 400,00 kr. for meget.", "har betalt faktura"),
        ("settled-waived", "i alt 12.843,15 kr. Kunden skylder ikke mere", "har betalt"),
    ],
)
def test_how_it_ended_is_told_with_its_sums(name: str, says: str, not_says: str) -> None:
    said = text(render(sample(name)))

    assert says in said
    assert not_says not in said


def test_a_case_for_debt_collection_has_all_that_a_collector_needs() -> None:
    said = text(render(sample("escalated-case")))

    for row in (
        "Udstedt: 2. februar 2026",
        "Forfaldsdato: 16. februar 2026",
        "Fakturabeløb: 12.500,00 kr.",
        "Betalt: 2.000,00 kr.",
        "Udestående på fakturaen: 10.500,00 kr.",
        "Rykkergebyrer: 300,00 kr.",
        "Renter til og med den 2. marts 2026: 43,15 kr.",
        "Kompensation: 310,00 kr.",
        "I alt: 11.153,15 kr.",
        "kan du lægge et inkassogebyr på 100,00 kr. til, én gang (renteloven § 9 b, stk. 3)",
        "Navn: Holm & Søn A/S",
        "CVR-nr.: 87654321",
        "Adresse: Havnegade 1, 5000 Odense C",
        "E-mail: bogholderi@holm.example",
        "Rykkere sendt: 3",
        "Påkrav efter inkassoloven § 10 sendt: 16. februar 2026",
        "Betalingsfrist i påkravet: 1. marts 2026",
        "Indsigelse: ja",
    ):
        assert row in said


@pytest.mark.parametrize("name", ["fees_open-charges", "fees_unpaid-charges"])
def test_what_is_open_beside_the_invoice_is_told_apart_and_in_all(name: str) -> None:
    said = text(render(sample(name)))

    for row in ("Gebyrer: 300,00 kr.", "Renter: 43,15 kr.", "Kompensation: 310,00 kr.", "Mangler i alt: 653,15 kr."):
        assert row in said


@pytest.mark.parametrize("name", ["escalated", "escalated-case"])
def test_a_case_for_collection_can_be_ended_from_its_mail(name: str) -> None:
    assert links(render(sample(name))) == {"Stop sagen": "stop", "Eftergiv resten": "waive"}


def test_unpaid_fees_have_four_answers() -> None:
    assert set(links(render(sample("fees_unpaid"))).values()) == {"cover", "received", "waive", "stop"}


@pytest.mark.parametrize(
    ("name", "says", "not_says"),
    [
        ("started-charging", "Vi lægger renter til efter renteloven.", "Den sidste rykker er samtidig"),
        ("started-charging", "Efter den sidste rykker sender vi et varsel om inkasso.", "klar til inkasso"),
        ("started-answer", "Den sidste rykker er samtidig et varsel om inkasso.", "renter"),
        ("started-to-warn", "sender vi et varsel om inkasso", "klar til inkasso"),
        ("started-warned", "bliver den klar til inkasso", "varsel"),
    ],
)
def test_a_start_says_what_the_policy_brings(name: str, says: str, not_says: str) -> None:
    said = text(render(sample(name)))

    assert says in said
    assert not_says not in said

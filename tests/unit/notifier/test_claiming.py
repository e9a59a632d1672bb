"""Letters to the debtor: every sum, every date, and what the law wants said; nothing else."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.money import shown as kr
from notifier.letters.draft import Draft
from notifier.render import render
from tests.unit.notifier import samples
from tests.unit.notifier.samples import CASE, CHARGES, LINKS, TODAY, case
from tests.unit.notifier.test_letters import links, shown, text

WARNED: dict[str, Any] = {"collection_notice": True, "pay_by": date(2026, 3, 16)}
SENT = samples.replace_claim(CASE, step=3)
TO_DEBTORS = [
    pytest.param(draft, id=f"{name}-{language}")
    for language in ("da", "en")
    for name, draft in samples.every(language)
    if draft.to_debtor
]
NOTICES = [
    pytest.param(samples.reminder(SENT, 3, **CHARGES, **WARNED), id="with the last reminder"),
    pytest.param(samples.collection_notice(SENT, **CHARGES), id="by itself"),
]


def amounts(draft: Draft) -> list[Decimal]:
    """What stands in the table of sums, from the top; the total is the last."""
    rows = re.findall(r"(?m)^[^\n:]+: (−?)(?:DKK )?([\d.,]+)(?: kr\.)?$", render(draft).text.replace("\xa0", " "))
    language = draft.creditor.language
    plain = [(sign, number.replace("." if language == "da" else ",", "").replace(",", ".")) for sign, number in rows]
    return [Decimal(number) * (-1 if sign else 1) for sign, number in plain if re.fullmatch(r"\d+\.\d\d", number)]


@pytest.mark.parametrize("draft", TO_DEBTORS)
def test_the_sums_of_a_letter_come_to_its_total(draft: Draft) -> None:
    *parts, total, to_pay = amounts(draft)
    if any(part < 0 for part in parts):  # the invoice, what was paid, and what is outstanding
        assert parts[0] + parts[1] == parts[2] == draft.outstanding
        parts = parts[2:]

    assert sum(parts) == total == to_pay == draft.outstanding + draft.charges


@pytest.mark.parametrize("draft", TO_DEBTORS)
def test_a_letter_leads_to_the_page_of_its_claim(draft: Draft) -> None:
    rendered = render(draft)

    pages = set(re.findall(r"https://rykker\.example/claim/([\w.\-]+)", rendered.html))
    (token,) = pages
    assert LINKS.read_claim(token).procedure_id == draft.procedure_id
    assert f"/claim/{token}" in rendered.text
    assert links(rendered) == {}


def test_amounts_are_those_of_the_event_and_kept_for_the_last_look() -> None:
    draft = samples.reminder(CASE, 2, paid="2000.00", **CHARGES)

    assert (draft.outstanding, draft.charges) == (Decimal("10500.00"), Decimal("553.15"))
    assert draft.pay_by is None
    said = text(render(draft))
    for row in (
        "Udestående på fakturaen: 10.500,00 kr.",
        "Gebyrer for tidligere rykkere: 100,00 kr.",
        "Gebyr for denne rykker: 100,00 kr.",
        "Renter til og med den 2. marts 2026 (renteloven §§ 3 og 5): 43,15 kr.",
        "Kompensation (renteloven § 9 a, stk. 3): 310,00 kr.",
        "I alt at betale: 11.053,15 kr.",
    ):
        assert row in said


def test_a_smaller_amount_in_the_erp_meanwhile_makes_no_negative_payment() -> None:
    of = samples.replace_claim(CASE, amount=Decimal("500.00"))
    issued = samples.reminder(replace(of, claim=replace(of.claim, amount=Decimal("500.00"))), 1, paid="-700.00")

    said = text(render(issued))

    assert "Betalt" not in said
    assert "I alt at betale: 1.300,00 kr." in said


@pytest.mark.parametrize(("given", "said"), [(date(2026, 3, 16), "16. marts 2026"), (None, "12. marts 2026")])
def test_the_date_is_that_of_the_event_or_ten_days_from_today(given: date | None, said: str) -> None:
    assert f"Senest: {said}" in text(render(samples.reminder(CASE, 1, pay_by=given)))


# --- inkassoloven § 10 -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("draft", NOTICES)
def test_a_collection_notice_tells_all_that_the_law_asks(draft: Draft) -> None:
    rendered = render(draft)

    for form in (text(rendered), shown(rendered)):
        for word in ("Jensen VVS ApS", "12345674", "1042", "2. februar 2026", "16. februar 2026", "inkassoloven § 10"):
            assert word in form
        for amount in ("12500.00", "43.15", "310.00", "13153.15"):
            assert kr(Decimal(amount)) in form
        assert "Betaler du 13.153,15 kr. senest mandag den 16. marts 2026, kommer der ikke flere omkostninger" in form
        assert "må du regne med, at kravet bliver sendt til inkasso" in form
        assert "yderligere omkostninger for dig" in form
        assert "+71<000000000104216+12345678<" in form
    assert "inkasso" in rendered.subject
    assert draft.pay_by == date(2026, 3, 16)


@pytest.mark.parametrize("draft", NOTICES)
def test_a_collection_notice_presses_nobody(draft: Draft) -> None:
    """Inkassoloven § 9: nothing that isn't so, nothing that only frightens."""
    said = text(render(draft))

    assert not re.search(r"RKI|Debitor Registret|foged|retten\b|advokat|politi|straks|omgående|ellers|!", said)


def test_a_collection_notice_without_an_event_s_date_gives_ten_days() -> None:
    draft = samples.collection_notice(SENT, pay_by=None)

    assert (draft.pay_by, TODAY) == (date(2026, 3, 12), date(2026, 3, 2))


def test_a_notice_by_itself_costs_nothing_and_counts_only_earlier_fees() -> None:
    said = text(render(samples.collection_notice(SENT)))

    assert "Denne mail koster dig ikke noget" in said
    assert "Gebyrer for tidligere rykkere: 300,00 kr." in said
    assert "Gebyr for denne" not in said


@pytest.mark.parametrize("step", [1, 2, 3])
def test_only_a_notice_speaks_of_debt_collection(step: int) -> None:
    assert "inkasso" not in text(render(samples.reminder(CASE, step))).lower()


# --- without a fee ---------------------------------------------------------------------------------------------------
def test_a_reminder_without_a_fee_of_its_own_names_only_earlier_ones() -> None:
    said = text(render(samples.reminder(case(disputed=True), 2, fee="0.00", fees="100.00")))

    assert "Gebyrer for tidligere rykkere: 100,00 kr." in said
    assert "Gebyr for denne rykker" not in said
    assert "I alt at betale: 12.600,00 kr." in said


# --- fees alone ------------------------------------------------------------------------------------------------------
def test_a_fee_reminder_thanks_and_asks_for_the_rest_alone() -> None:
    draft = samples.fee_reminder(SENT, **CHARGES)
    said = text(render(draft))

    assert "Tak for betalingen af faktura 1042" in said
    assert "mangler der stadig 453,15 kr." in said
    assert "Denne mail koster dig ikke noget." in said
    assert "12.500,00" not in said
    assert "inkasso" not in said.lower()
    assert (draft.outstanding, draft.charges, draft.pay_by) == (Decimal("0.00"), Decimal("453.15"), None)


@pytest.mark.parametrize(
    ("fees", "more", "what"),
    [
        ("100.00", {}, "gebyrer"),
        ("0.00", {"interest": Decimal("5.00")}, "renter"),
        ("100.00", {"interest": Decimal("5.00")}, "gebyrer og renter"),
        ("100.00", CHARGES, "gebyrer, renter og kompensation"),
    ],
)
def test_a_fee_reminder_names_what_is_open(fees: str, more: dict[str, Any], what: str) -> None:
    rendered = render(samples.fee_reminder(SENT, fees=Decimal(fees), **more))

    assert f"blev der lagt {what} til" in text(rendered)
    assert f"Tak for betalingen: {what} for faktura 1042" in rendered.subject


@pytest.mark.parametrize(("attempt", "is_named"), [(0, True), (1, False)])
def test_a_reminder_names_no_day_on_which_a_letter_may_have_come_back(attempt: int, is_named: bool) -> None:
    again = samples.replace_claim(samples.CASE, step=1, last_reminder_on=date(2026, 2, 20))

    said = text(render(samples.reminder(again, 2, attempt=attempt)))

    assert "Vi har tidligere sendt en rykker" in said
    assert ("den 20. februar 2026" in said) == is_named


def test_the_second_fee_reminder_says_when_the_first_one_went() -> None:
    again = samples.replace_claim(SENT, last_reminder_on=date(2026, 2, 20))

    assert "Vi skrev om det samme den 20. februar 2026." in text(render(samples.fee_reminder(again, 2)))
    assert "Vi skrev" not in text(render(samples.fee_reminder(again, 1)))

"""Erasure of a customer: only when no claim is alive, and the page says what goes, what stays, why and until when."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import db
from common.tables import Erasure, KnownInvoice, Letter, Objection, Procedure
from decisions import erasing
from decisions.rooms import Outdated
from tests.unit.decisions.cases import (
    CVR,
    MONDAY,
    OTHER_CVR,
    Visitor,
    company,
    invoice,
    letter,
    objection,
    procedure,
    said,
)
from tests.unit.decisions.member import Member, audited


def paid(number: str = "2041", customer: str = "77", stage: str = "settled", cvr: str = CVR) -> str:
    of = invoice(number, status="paid", paid=Decimal("12500.00"))
    procedure_id = procedure(stage, of=of, cvr=cvr, customer_number=customer, id=f"p-{cvr}-{number}")
    change(KnownInvoice, KnownInvoice.number == number, customer_number=customer)
    return procedure_id


def change(table: Any, which: Any, **fields: Any) -> None:
    with db.transaction():
        table.update(fields).where(which).execute()


def reminded(procedure_id: str, charges: str, step: int = 1, state: str = "sent") -> None:
    letter(procedure_id, "reminder", MONDAY - timedelta(days=400), step=step, state=state)
    which = (Letter.procedure_id == procedure_id) & (Letter.step == step)
    change(Letter, which, content=b"x", charges=Decimal(charges))


def erasures() -> list[tuple[str, str, int, str]]:
    with db.connection():
        return [(row.company, row.customer_number, row.erasure_no, row.by) for row in Erasure.select()]


def words() -> list[str]:
    with db.connection():
        return [row.words + row.reference + row.phone for row in Objection.select().order_by(Objection.procedure_id)]


def known() -> erasing.Known:
    with db.connection():
        return erasing.known(CVR, "77")


def test_an_erasure_is_written_down_said_and_blanks_what_the_customer_wrote(visitor: Visitor) -> None:
    objection(paid(), words="Min nabo", reference="r", phone="12345678")
    objection(paid("2042", "88"), words="En andens")
    company(OTHER_CVR)
    objection(paid("2043", "77", cvr=OTHER_CVR), words="Et andet firmas")
    member = Member(CVR)

    response = member.post("/profile/data/erase", customer="77", sure="yes")

    assert response.headers["location"] == "/profile/data?customer=77&done=erased"
    assert erasures() == [(CVR, "77", 1, member.email)]
    (event,) = said()
    assert event["type"].endswith("debtor.erased")
    assert (event["data"]["customer_number"], event["data"]["erasure_no"]) == ("77", 1)
    assert sorted(words()) == ["", "En andens", "Et andet firmas"]
    assert (member.email, "did erasure", "77") in audited()


def test_the_page_says_item_by_item_what_goes_and_what_stays_until_when(visitor: Visitor) -> None:
    procedure_id = paid()
    reminded(procedure_id, "100.00")
    reminded(procedure_id, "0.00", step=2)
    objection(procedure_id, words="x")

    text = Member(CVR).text("/profile/data?customer=77")

    assert "Kunde 77: Café Ørsted ApS" in text
    assert "Navn på fakturaer 1 Slettes" in text
    assert "Breve til kunden uden gebyr 1 Slettes" in text
    assert "Det, kunden har skrevet 1 Slettes" in text
    assert "bilag, som bogføringsloven § 12 kræver gemt i fem år. Det sidste slettes 1. januar 2032." in text
    assert "Hændelser om fakturaerne 0 Bliver" in text


@pytest.mark.parametrize(
    "stage", ["awaiting_decision", "running", "checking", "paused", "collecting_fees", "escalated"]
)
def test_a_case_that_is_not_over_keeps_its_customer(visitor: Visitor, stage: str) -> None:
    paid(stage=stage)

    response = Member(CVR).post("/profile/data/erase", customer="77", sure="yes")

    assert response.status_code == 409
    assert "En sag om kunden er ikke afsluttet" in response.text
    assert (erasures(), said()) == ([], [])


def test_who_still_owes_is_kept_though_his_case_was_stopped(visitor: Visitor) -> None:
    procedure("cancelled", of=invoice(), customer_number="77")
    change(KnownInvoice, KnownInvoice.number == "2041", customer_number="77")

    response = Member(CVR).post("/profile/data/erase", customer="77", sure="yes")

    assert response.status_code == 409
    assert "En faktura til kunden er ikke betalt i Ordrestyring" in response.text
    assert erasures() == []


def test_who_was_let_off_the_rest_owes_nothing_whatever_the_erp_says(visitor: Visitor) -> None:
    procedure("settled", of=invoice(), reason="waived", customer_number="77")

    response = Member(CVR).post("/profile/data/erase", customer="77", sure="yes")

    assert response.status_code == 303
    assert erasures()[0][:2] == (CVR, "77")


def test_who_was_let_off_the_rest_is_kept_while_a_newer_round_goes_on(visitor: Visitor) -> None:
    procedure("settled", of=invoice(), reason="waived", customer_number="77")
    procedure("cancelled", of=invoice(), reason="stopped", customer_number="77", id="again", round=2)

    response = Member(CVR).post("/profile/data/erase", customer="77", sure="yes")

    assert response.status_code == 409
    assert erasures() == []


@pytest.mark.parametrize("state", ["planned", "sending", "held"])
def test_a_letter_that_is_still_to_go_keeps_its_customer(visitor: Visitor, state: str) -> None:
    reminded(paid(), "0.00", state=state)

    response = Member(CVR).post("/profile/data/erase", customer="77", sure="yes")

    assert response.status_code == 409
    assert "Et brev om kunden er ikke sendt" in response.text


def test_nothing_is_erased_without_the_tick(visitor: Visitor) -> None:
    paid()

    response = Member(CVR).post("/profile/data/erase", customer="77")

    assert response.status_code == 422
    assert "Intet er slettet" in response.text
    assert erasures() == []


@pytest.mark.parametrize("number", ["88", "", "99"])
def test_a_customer_of_another_company_or_of_nobody_is_not_erased(visitor: Visitor, number: str) -> None:
    company(OTHER_CVR)
    paid("999", "88", cvr=OTHER_CVR)
    paid("998", "")

    response = Member(CVR).post("/profile/data/erase", customer=number, sure="yes")

    assert response.status_code == 404
    assert erasures() == []


def test_what_is_erased_already_is_not_erased_again_until_there_is_something_new(database: str) -> None:
    company()
    paid()
    erasing.erase(CVR, "77", "x", MONDAY)
    nobody = {"customer_number": "77", "name": ""}
    with db.connection():
        state = KnownInvoice.get().state
    change(KnownInvoice, KnownInvoice.number == "2041", state=state | {"debtor": nobody})

    with pytest.raises(Outdated):
        erasing.erase(CVR, "77", "x", MONDAY)
    objection(f"p-{CVR}-2041", words="Mere")
    erasing.erase(CVR, "77", "x", MONDAY)

    assert [number for _, _, number, _ in erasures()] == [1, 2]
    assert known().items["books"].count == 1
    with db.connection():
        assert Procedure.select().count() == 1

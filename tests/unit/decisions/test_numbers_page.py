"""The page of numbers: pictures that say what they show, each with its table."""

import re
from pathlib import Path

import pytest

from common import db
from common.tables import Company
from decisions import numbers
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, OTHER_CVR, stop_clock
from tests.unit.decisions.member import Member
from tests.unit.decisions.test_numbers import asked, day, many_histories, started


@pytest.fixture
def member(sqlite: str, tmp_path: Path) -> Member:
    stop_clock(tmp_path)
    numbers.forget()
    many_histories()
    return Member()


def test_every_figure_has_a_picture_with_a_name_a_table_and_its_meaning(member: Member) -> None:
    page = member.get("/numbers").text

    assert len(re.findall(r'<svg class="bars" role="img" aria-label="[^"]+"', page)) == 4
    assert page.count("<table") == page.count("<thead>") == 4
    assert "style=" not in page


def test_the_numbers_are_the_companys(member: Member) -> None:
    text = member.text("/numbers?period=all")

    assert "6.000,00 kr. efter vores spørgsmål" in text
    assert "Halvdelen har betalt senest 18 dage efter forfald" in text
    assert "10 sager afsluttet, 3 i gang" in text
    assert "Stoppet via link i mail 1 10 %" in text
    assert "300,00 kr. betalt af 1.000,00 kr." in text


def test_a_period_is_chosen_by_a_link_and_others_are_not_there(member: Member) -> None:
    assert "Der er ikke kommet penge ind i perioden." in member.text("/numbers?period=30")
    assert member.get("/numbers?period=ever").status_code == 404


def test_another_company_sees_its_own(member: Member) -> None:
    cases.company(OTHER_CVR)
    assert "Ingen tal endnu" in Member(OTHER_CVR).text("/numbers?period=all")

    asked("9", OTHER_CVR).paid("1000.00", day(3, 12))

    text = Member(OTHER_CVR).text("/numbers?period=all")
    assert "1.000,00 kr. efter vores spørgsmål" in text
    assert "1 sag afsluttet, 0 i gang" in text


def test_operators_see_all_together_and_companies_do_not(member: Member) -> None:
    text = Member(None).text("/operator/numbers?period=all")

    assert "6.000,00 kr. efter vores spørgsmål" in text
    assert member.get("/operator/numbers").status_code == 404
    assert Member(None).get("/numbers").status_code == 404


def test_the_page_is_english_by_choice(member: Member) -> None:
    with db.transaction():
        Company.update(language="en").where(Company.cvr == CVR).execute()

    assert "10 cases ended, 3 going on" in member.text("/numbers?period=all")


def test_many_months_are_in_the_table(member: Member) -> None:
    started("X").paid("1100.00", day(5, 20))

    text = member.text("/numbers?period=all")

    assert "maj 2026 1 79 79 79" in text

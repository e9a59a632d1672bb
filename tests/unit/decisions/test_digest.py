import re
from datetime import date
from decimal import Decimal

import pytest

from decisions.digests import PAGE
from tests.unit.decisions.cases import OTHER_CVR, Visitor, company, in_digest, invoice, known, procedure


def in_one_digest(count: int) -> None:
    for number in range(count):
        procedure(of=invoice(f"{1000 + number}", amount=Decimal("10.50"), due_on=date(2026, 11, 1)))
        in_digest("d", f"p-{1000 + number}")


def test_a_digest_lists_its_invoices_with_links_that_work(visitor: Visitor) -> None:
    in_one_digest(3)
    procedure(of=invoice("9"))
    in_digest("another", "p-9")
    visitor.press(visitor.answer_link("p-1001"), "stop")

    page = visitor.open(visitor.digest_link("d"))

    links = re.findall(r'href="(http://testserver/answer/[^"]+)"', page.text)
    assert page.status_code == 200
    assert "3 forfaldne fakturaer" in page.text
    assert "31,50 kr." in page.text
    assert re.search(r"mangler dit svar</dt><dd>2<", page.text)
    assert page.text.count("Afventer dit svar") == 2
    assert page.text.count("Stoppet") == 1
    assert [visitor.open(link).status_code for link in links] == [200] * 3
    assert "Faktura 9<" not in page.text
    assert "<form" not in page.text


def test_a_digest_of_one_counts_what_is_still_outstanding(visitor: Visitor) -> None:
    in_one_digest(1)
    known(invoice("1000", amount=Decimal("10.50"), paid=Decimal("4.25")))

    page = visitor.open(visitor.digest_link("d")).text

    assert "1 forfalden faktura" in page
    assert page.count("6,25 kr.") == 2


def test_a_long_digest_has_pages(visitor: Visitor) -> None:
    in_one_digest(PAGE + 1)
    link = visitor.digest_link("d")

    first, second = visitor.open(link).text, visitor.open(f"{link}?page=2").text

    assert first.count("/answer/") == PAGE
    assert second.count("/answer/") == 1
    assert "Side 2 af 2" in second
    assert 'href="?page=2" rel="next"' in first
    assert 'href="?page=1" rel="prev"' in second


@pytest.mark.parametrize("page", ["0", "2", "-1", "x", "1e9", "", "99999999999", "²"])
def test_a_page_that_is_not_there_is_not_found(visitor: Visitor, page: str) -> None:
    in_one_digest(1)

    assert visitor.client.get(visitor.digest_link("d"), params={"page": page}).status_code == 404


def test_anothers_digest_is_not_found(visitor: Visitor) -> None:
    company(OTHER_CVR)
    in_one_digest(1)

    assert visitor.open(visitor.digest_link("d", OTHER_CVR)).status_code == 404


def test_a_digest_takes_no_posts(visitor: Visitor) -> None:
    in_one_digest(1)

    assert visitor.client.post(visitor.digest_link("d")).status_code == 405

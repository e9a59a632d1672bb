"""Why an invoice was set aside, as its company reads it."""

import pytest

from common.reasons import FIELDS, in_words
from fetcher import reading
from fetcher.erp import Unreadable


@pytest.mark.parametrize(
    ("reason", "danish", "english"),
    [
        ("payment_date is missing", "forfaldsdatoen mangler", "the due date is missing"),
        ("amount_vat is 'abc'", "beløbet kan ikke være 'abc'", "the amount can't be 'abc'"),
        (
            "amount_vat is -5.00 of an ordinary invoice",
            "beløbet er negativt: -5.00 kr.",
            "the amount is negative: -5.00 kr.",
        ),
        (
            "payment_date is 2026-01-02, before it was issued on 2026-02-01",
            "forfaldsdatoen 2026-01-02 ligger før fakturadatoen 2026-02-01",
            "the due date 2026-01-02 is before the invoice's date 2026-02-01",
        ),
        ("currency is 'EUR'", "valutaen kan ikke være 'EUR'", "the currency can't be 'EUR'"),
        (
            "of its debtor currency_id is 'EUR'",
            "hos kunden: valutaen kan ikke være 'EUR'",
            "of the customer: the currency can't be 'EUR'",
        ),
        (
            "it is listed twice, and differently",
            "den står der to gange med forskellige oplysninger",
            "it stands there twice, and differently",
        ),
        ("amount_vat is '{0} {x}'", "beløbet kan ikke være '{0} {x}'", "the amount can't be '{0} {x}'"),
        ("the row is no object", "the row is no object", "the row is no object"),
    ],
)
def test_a_reason_is_told_in_the_company_s_language(reason: str, danish: str, english: str) -> None:
    assert in_words(reason, "en") == english
    assert in_words(reason, "da") == danish


ROW = {"invoice_number": 1, "type": 1, "customer_number": 7, "payment_date": 1770000000, "amount_vat": "12.00"}


@pytest.mark.parametrize("name", [*ROW, "date", "payed_amount", "currency"])
def test_what_the_fetcher_says_of_a_field_names_it(name: str) -> None:
    found = reading.invoice(ROW | {name: ".."})

    assert isinstance(found, Unreadable)
    assert in_words(found.reason, "da").startswith(FIELDS["da"][name])

"""Rows of the ERP, good and bad."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from common.calendar import COPENHAGEN
from common.events import Debtor
from fetcher import reading
from fetcher.erp import Invoice, Unreadable


def stamp(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=COPENHAGEN).timestamp())


ROW: dict[str, Any] = {
    "type": 1,
    "invoice_number": 10001,
    "customer_number": "BF-1",
    "cust_name": "Ane Holm",
    "cust_cvr": "DK 12 34 56 74",
    "cust_city": "Aarhus C",
    "date": stamp(2026, 2, 2),
    "payment_date": stamp(2026, 2, 16),
    "amount": Decimal("1000.00"),
    "amount_vat": Decimal("1250.5"),
    "payed_date": None,
    "payed_amount": 0,
    "fi_number": "+71<000000000000123+12345678<",
    "header": "not read",
}


KRONER: tuple[object, ...] = ("DKK", "dkk", " kr. ", "Kr", "", None, 0, 208, "17", True, ["EUR"], {})  # or nothing said
YEAR_1, YEAR_9999 = -62135596800, 253402300799  # as a language's first and last date would be written


def read(**changes: Any) -> Invoice | Unreadable:
    return reading.invoice(ROW | changes)


def test_a_row_is_read() -> None:
    assert read() == Invoice(
        number="10001",
        type="1",
        customer_number="BF-1",
        customer_name="Ane Holm",
        city="Aarhus C",
        cvr="12345674",
        issued_on=date(2026, 2, 2),
        due_on=date(2026, 2, 16),
        amount=Decimal("1250.50"),
        paid=Decimal("0.00"),
        paid_on=None,
        payment_line="+71<000000000000123+12345678<",
    )


@pytest.mark.parametrize("value", [None, 0, "", "0"])
def test_no_date_of_payment_is_none(value: object) -> None:
    invoice = read(payed_date=value, date=value)

    assert isinstance(invoice, Invoice)
    assert invoice.paid_on is invoice.issued_on is None


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (stamp(2026, 3, 29), date(2026, 3, 29)),  # summer time begins
        (stamp(2026, 10, 25), date(2026, 10, 25)),  # and ends
        (str(stamp(2026, 7, 1)), date(2026, 7, 1)),
        (int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()), date(2026, 7, 1)),
        (stamp(2026, 7, 1) - 1, date(2026, 6, 30)),
        (stamp(1990, 1, 1), date(1990, 1, 1)),
        (stamp(2099, 12, 31), date(2099, 12, 31)),
    ],
)
def test_a_stamp_is_its_date_in_copenhagen(value: object, day: date) -> None:
    invoice = read(payment_date=value, date=None)

    assert isinstance(invoice, Invoice)
    assert invoice.due_on == day


@pytest.mark.parametrize(
    ("value", "paid"),
    [(None, None), ("", None), (0, "0.00"), ("250", "250.00"), (Decimal("0.005"), "0.01"), ("1e2", "100.00")],
)
def test_what_was_paid_is_kroner_or_nothing(value: object, paid: str | None) -> None:
    invoice = read(payed_amount=value)

    assert isinstance(invoice, Invoice)
    assert invoice.paid == (None if paid is None else Decimal(paid))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount_vat": "abc"}, "amount_vat is 'abc'"),
        ({"amount_vat": None}, "amount_vat is missing"),
        ({"amount_vat": True}, "amount_vat is True"),
        ({"amount_vat": [0, [1], 0]}, "amount_vat is [0, [1], 0]"),
        ({"amount_vat": "NaN"}, "amount_vat is 'NaN'"),
        ({"amount_vat": Decimal("1E+400")}, "amount_vat is Decimal('1E+400')"),
        ({"amount_vat": 2_000_000_000}, "amount_vat is 2000000000"),
        ({"payed_amount": -1}, "payed_amount is Decimal('-1.00')"),
        ({"payed_amount": {}}, "payed_amount is {}"),
        ({"payed_amount": 1_000_000_001}, "payed_amount is 1000000001"),
        ({"amount_vat": -2_000_000_000}, "amount_vat is -2000000000"),
        ({"amount_vat": Decimal("-0.01")}, "amount_vat is -0.01 of an ordinary invoice"),
        ({"amount_vat": -1250, "payed_amount": 1250}, "amount_vat is -1250.00 of an ordinary invoice"),
        ({"payment_date": None}, "payment_date is missing"),
        ({"payment_date": 0}, "payment_date is 0"),
        ({"payment_date": "2026-02-16"}, "payment_date is '2026-02-16'"),
        ({"payment_date": stamp(1989, 12, 31)}, f"payment_date is {stamp(1989, 12, 31)}"),
        ({"payment_date": stamp(2101, 1, 1)}, f"payment_date is {stamp(2101, 1, 1)}"),
        ({"payment_date": 10**30}, f"payment_date is {10**30}"),
        ({"payment_date": 99999999999}, "payment_date is 99999999999"),
        ({"payment_date": YEAR_1}, f"payment_date is {YEAR_1}"),
        ({"payment_date": YEAR_9999}, f"payment_date is {YEAR_9999}"),
        ({"date": YEAR_1}, f"date is {YEAR_1}"),
        ({"date": YEAR_9999}, f"date is {YEAR_9999}"),
        ({"payed_date": YEAR_1}, f"payed_date is {YEAR_1}"),
        ({"payed_date": YEAR_9999}, f"payed_date is {YEAR_9999}"),
        ({"payment_date": True}, "payment_date is True"),
        ({"payed_date": "yesterday"}, "payed_date is 'yesterday'"),
        ({"date": Decimal("1.5")}, "date is Decimal('1.5')"),
        (
            {"payment_date": stamp(2026, 2, 1)},
            "payment_date is 2026-02-01, before it was issued on 2026-02-02",
        ),
        ({"currency": "EUR"}, "currency is 'EUR'"),
        ({"currency": " sek "}, "currency is ' sek '"),
        ({"currency_id": "USD"}, "currency_id is 'USD'"),
        ({"currency_code": "€"}, "currency_code is '€'"),
        ({"currency_id": 1, "currency": "NOK"}, "currency is 'NOK'"),
        ({"type": None}, "type is missing"),
        ({"type": "invoice"}, "type is 'invoice'"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named(changes: dict[str, Any], reason: str) -> None:
    assert read(**changes) == Unreadable("10001", reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_vat": 0},
        {"amount_vat": 1_000_000_000},
        {"payment_date": stamp(2026, 2, 2)},
        {"payment_date": stamp(2026, 2, 1), "date": None},
        {"type": 2, "amount_vat": -1250},
        {"type": 2, "payment_date": stamp(2026, 2, 1)},
        {"payed_date": stamp(2026, 1, 1)},
        {"payed_date": stamp(2099, 1, 1)},
        *({"currency": value} for value in KRONER),
        {"currency_id": 3},
    ],
    ids=str,
)
def test_what_may_be_is_read(changes: dict[str, Any]) -> None:
    assert isinstance(read(**changes), Invoice)


@pytest.mark.parametrize("number", [None, "", " ", True, [], Decimal("10001.0")])
def test_without_a_number_it_has_no_name(number: object) -> None:
    row = read(invoice_number=number)

    assert isinstance(row, Unreadable)
    assert row.number == ""
    assert row.reason.startswith("invoice_number is")


@pytest.mark.parametrize("row", [None, [], "text", 1])
def test_what_is_no_object_is_unreadable(row: object) -> None:
    assert reading.invoice(row) == Unreadable("", "the row is no object")


def test_a_reason_is_short_and_printable() -> None:
    row = read(amount_vat="\x1b[31m" + "9" * 10_000)

    assert isinstance(row, Unreadable)
    assert row.reason.isprintable()
    assert len(row.reason) < 160


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("  Ane \t Holm\r\nBcc: x@y.dk ", "Ane Holm Bcc: x@y.dk"),
        ("Ane\x00\x1b[1m\u202eHolm\u2028ApS", "Ane [1m Holm ApS"),
        ("Åse Ægidius-Østergård", "Åse Ægidius-Østergård"),
        ("x" * 500, "x" * 200),
        (8000, "8000"),
        (None, ""),
        (True, ""),
        (["Ane"], ""),
    ],
)
def test_text_is_one_printable_line(value: object, line: str) -> None:
    assert reading.text(value) == line


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("ane@holm.example", "ane@holm.example"),
        (" ane.holm+faktura@mail.holm.dk\n", "ane.holm+faktura@mail.holm.dk"),
        ("ane@holm.dk; bo@holm.dk", "ane@holm.dk"),
        ("post@rørlagt.dk", "post@xn--rrlagt-bya.dk"),
        ("ane@holm.dk\nBcc: x@y.dk", None),
        ("ane@holm.dk\x00", None),
        ("Ane <ane@holm.dk>", None),
        ("ane holm@holm.dk", None),
        ("ane@holm", None),
        ("ane@@holm.dk", None),
        ("ane@-holm.dk", None),
        ("ane@holm..dk", None),
        ("åse@holm.dk", None),
        ("@holm.dk", None),
        ("ane@" + "x" * 70 + ".dk", None),
        ("x" * 65 + "@holm.dk", None),
        ("a@" + "b." * 2000 + "dk", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_an_address_looks_like_one(value: object, address: str | None) -> None:
    assert reading.email(value) == address


@pytest.mark.parametrize(
    ("value", "number"), [("DK-12 34 56 74", "12345674"), (12345674, "12345674"), ("1234567", None), (None, None)]
)
def test_a_cvr_number_is_eight_digits(value: object, number: str | None) -> None:
    assert reading.cvr(value) == number


def test_a_debtor_is_written_to_where_invoices_go_first() -> None:
    row = {"customer_number": 77, "customer_name": "Ane", "customer_email": "a@holm.dk", "cvr": "12345674"}

    both = reading.debtor(row | {"invoice_email": "faktura@holm.dk"})
    bad = reading.debtor(row | {"invoice_email": "none"})

    assert isinstance(both, Debtor)
    assert isinstance(bad, Debtor)
    assert (both.customer_number, both.name, both.email, both.cvr) == ("77", "Ane", "faktura@holm.dk", "12345674")
    assert bad.email == "a@holm.dk"


@pytest.mark.parametrize("row", [None, {}, {"customer_number": None}, []])
def test_a_debtor_without_a_number_is_none(row: object) -> None:
    assert reading.debtor(row) is None


def test_a_debtor_in_another_currency_is_unreadable() -> None:
    row = {"customer_number": 77, "customer_name": "Ane"}

    assert reading.debtor(row | {"currency_id": "EUR"}) == Unreadable("77", "currency_id is 'EUR'")
    assert isinstance(reading.debtor(row | {"currency_id": 2}), Debtor)

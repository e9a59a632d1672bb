from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.ledger import owed
from common.tables import LedgerLine
from decisions.pages import lines
from decisions.words import Words
from tests.unit.decisions.cases import invoice

DAY = date(2026, 11, 4)


def line(kind: str, amount: str, account: str = "fee", **fields: Any) -> LedgerLine:
    row = {"kind": kind, "amount": Decimal(amount), "account": account, "step": 1, "attempt": 0, "booked_on": DAY}
    return LedgerLine(**row | {"against": "charged", "event": "", "value_on": None} | fields)


def told(*booked: LedgerLine, language: str = "da") -> list[tuple[str, str, str]]:
    say = Words(language)
    rows = lines.of(booked, invoice(), say)
    shown = [(row.what, row.under(say), str(row.amount)) for row in rows]
    assert sum((row.amount for row in rows), Decimal("0.00")) == owed(booked).total
    return shown


@pytest.mark.parametrize(
    ("booked", "row"),
    [
        (line("principal", "500.00", "principal"), ("Faktura 2041", "20. oktober 2026", "500.00")),
        (line("fee", "100.00", step=2), ("Gebyr for rykker\u00a02", "4. november 2026 · renteloven § 9 b", "100.00")),
        (
            line("compensation", "310.00", "compensation"),
            ("Kompensations\u00adbeløb", "4. november 2026 · renteloven § 9 a", "310.00"),
        ),
        (
            line("interest", "1.10", "interest", value_on=date(2026, 11, 3)),
            ("Rente til og med 3. november 2026", "renteloven § 3 og § 5", "1.10"),
        ),
        (
            line("interest", "-1.10", "interest"),
            ("Mindre rente, fordi der blev betalt eller krediteret tidligere", "renteloven § 3 og § 5", "-1.10"),
        ),
        (
            line("reversal", "-100.00", step=3),
            ("Gebyr for rykker\u00a03 trukket tilbage", "4. november 2026", "-100.00"),
        ),
        (
            line("paid", "-200.00", "principal", value_on=date(2026, 11, 2)),
            ("Betaling", "2. november 2026", "-200.00"),
        ),
        (line("paid", "200.00", "principal"), ("Betaling ført tilbage", "4. november 2026", "200.00")),
        (line("collected", "-100.00"), ("Betaling", "4. november 2026", "-100.00")),
        (line("waived", "-100.00"), ("Kræves ikke længere", "4. november 2026", "-100.00")),
        (line("covered", "-100.00"), ("Kræves ikke længere", "4. november 2026", "-100.00")),
        (line("uncovered", "100.00"), ("Kræves alligevel", "4. november 2026", "100.00")),
        (line("something new", "7.00"), ("Ændring", "4. november 2026", "7.00")),
    ],
    ids=lambda value: f"{value.kind} {value.amount}" if isinstance(value, LedgerLine) else "",
)
def test_each_line_has_its_words(booked: LedgerLine, row: tuple[str, str, str]) -> None:
    assert told(booked) == [row]
    assert told(booked, language="en")[0][0] != row[0]


def test_one_payment_is_one_line_whatever_it_paid() -> None:
    parts = [
        line("paid", amount, account, event="e") for amount, account in (("-400.00", "principal"), ("-100.00", "fee"))
    ]

    assert told(*parts, line("paid", "-25.00", "surplus", event="e")) == [
        ("Betaling", "4. november 2026", "-525.00"),
        ("Betalt for meget; det har du til gode", "", "25.00"),
    ]


def test_two_payments_are_two() -> None:
    rows = told(line("paid", "-1.00", "principal", event="a"), line("paid", "-2.00", "principal", event="b"))

    assert [amount for _, _, amount in rows] == ["-1.00", "-2.00"]


def test_money_that_only_moves_between_accounts_is_not_told() -> None:
    moved = (line("paid", "100.00", "surplus", event="e"), line("paid", "-100.00", "fee", event="e"))

    assert told(line("paid", "-100.00", "surplus", event="d"), *moved) == [("Betaling", "4. november 2026", "-100.00")]


def test_what_the_portal_charges_the_company_is_never_told() -> None:
    assert told(line("cost", "40.00", "company", against="portal")) == []


def test_interest_goes_on_where_it_stopped() -> None:
    first, second = date(2026, 11, 4), date(2026, 11, 16)
    asked = line("interest", "1.00", "interest", value_on=first)
    taken_back = [
        line("interest", "9.00", "interest", value_on=second, step=2),
        line("reversal", "-9.00", "interest", step=2),
    ]
    again = line("interest", "2.00", "interest", value_on=second, step=2, attempt=1)

    assert [what for what, _, _ in told(asked, *taken_back, again)] == [
        "Rente til og med 4. november 2026",
        "Rente fra 5. november 2026 til og med 16. november 2026",
        "Rente trukket tilbage",
        "Rente fra 5. november 2026 til og med 16. november 2026",
    ]


def test_a_claim_that_grew_says_so() -> None:
    grown = told(line("principal", "500.00", "principal"), line("principal", "50.00", "principal"))

    assert grown[1] == ("Fakturaens beløb er ændret", "4. november 2026", "50.00")

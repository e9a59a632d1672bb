from decimal import Decimal
from typing import Any

import pytest

from common.money import NotAnAmount, kroner, shown


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ("1250.5", "1250.50"),
        (7, "7.00"),
        ("0.005", "0.01"),
        (Decimal("-3.1"), "-3.10"),
        ("1000000000", "1000000000.00"),
    ],
)
def test_kroner_have_two_places(given: Any, amount: str) -> None:
    assert str(kroner(given)) == amount


@pytest.mark.parametrize("given", ["", "abc", "NaN", "Infinity", "1e12", None, [], {}, 12.5, True, "12,50"])
def test_what_is_no_amount_is_refused_by_its_value(given: Any) -> None:
    with pytest.raises(NotAnAmount, match=r"is none\.$"):
        kroner(given)


@pytest.mark.parametrize(
    ("amount", "danish", "english"),
    [
        ("1234567.80", "1.234.567,80 kr.", "DKK 1,234,567.80"),
        ("0.00", "0,00 kr.", "DKK 0.00"),
        ("-50.00", "-50,00 kr.", "DKK -50.00"),
    ],
)
def test_amounts_are_shown_as_people_write_them(amount: str, danish: str, english: str) -> None:
    assert shown(Decimal(amount)) == danish
    assert shown(Decimal(amount), "en") == english

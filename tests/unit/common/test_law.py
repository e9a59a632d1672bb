from datetime import date
from decimal import Decimal

import pytest

from common import law
from common.law import Number


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(1, 1, 1), 1), (date(2019, 12, 31), 1), (date(2020, 1, 1), 2), (date(2026, 1, 1), 3), (date.max, 3)],
)
def test_a_number_is_that_of_its_day(day: date, expected: int) -> None:
    number = Number("§ 1", ((law.EVER, 1), (date(2020, 1, 1), 2), (date(2026, 1, 1), 3)))

    assert number.on(day) == expected
    assert number.newest == 3


@pytest.mark.parametrize(
    ("number", "day", "expected"),
    [
        (law.COMPENSATION, date(2013, 2, 28), Decimal("0.00")),
        (law.COMPENSATION, date(2013, 3, 1), Decimal("310.00")),
        (law.MARGIN, date(2013, 2, 28), Decimal(7)),
        (law.MARGIN, date(2013, 3, 1), Decimal(8)),
        (law.REMINDER_FEE, date(2026, 3, 2), Decimal("100.00")),
        (law.COLLECTION_FEE, date(2026, 3, 2), Decimal("100.00")),
    ],
)
def test_the_law_is_that_of_its_day(number: Number[Decimal], day: date, expected: Decimal) -> None:
    assert number.on(day) == expected


def test_every_number_holds_for_ever_and_says_where_it_stands() -> None:
    numbers = [one for one in vars(law).values() if isinstance(one, Number)]

    assert len(numbers) == 9
    assert all(number.since[0][0] == law.EVER for number in numbers)
    assert all(list(number.since) == sorted(number.since) for number in numbers)
    assert all("§" in number.paragraph for number in numbers)

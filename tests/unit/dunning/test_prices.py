"""What a step costs on which day."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from common import db
from common.tables import Price
from dunning import pricelist
from dunning.prices import Dated, Prices

FIRST, NEXT = date(2026, 3, 1), date(2026, 4, 1)
ROWS = (
    Dated("reminder", NEXT, Decimal("45.50")),
    Dated("reminder", FIRST, Decimal("40.00")),
    Dated("collection_notice", FIRST, Decimal("0.00")),
)


@pytest.mark.parametrize(
    ("item", "on", "amount"),
    [
        ("reminder", date(2026, 2, 28), "0.00"),
        ("reminder", FIRST, "40.00"),
        ("reminder", date(2026, 3, 31), "40.00"),
        ("reminder", NEXT, "45.50"),
        ("reminder", date(2036, 1, 1), "45.50"),
        ("collection_notice", NEXT, "0.00"),
        ("fee_reminder", NEXT, "0.00"),
    ],
)
def test_a_step_costs_what_was_last_set_from_that_day_or_before(item: str, on: date, amount: str) -> None:
    assert Prices(ROWS).of(item, on) == Decimal(amount)


def test_without_prices_nothing_is_charged() -> None:
    assert Prices().of("reminder", FIRST) == Decimal("0.00")


def test_the_list_is_read_from_its_rows(database: str) -> None:
    with db.transaction():
        for row in ROWS:
            Price.create(**row._asdict(), set_at=datetime(2026, 2, 1, tzinfo=UTC))

    with db.connection():
        prices = pricelist.load()

    assert set(prices.dated) == set(ROWS)
    assert prices.of("reminder", NEXT) == Decimal("45.50")

"""What our own statements mean, on both databases."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from common import bulk, db
from common.tables import Price, SetAside
from deploy.pricing import HasBegun, Item, put

pytestmark = pytest.mark.fast
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _rows(database: str) -> None:
    with db.transaction():
        for company in ("11111111", "22222222"):
            for number in ("1", "2", 'a "quoted" ø'):
                SetAside.create(company=company, number=number, reason="", seen_at=NOW)


def found(pairs: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    with db.connection():
        rows = SetAside.select().where(bulk.among_pairs(SetAside.company, SetAside.number, pairs))
        return sorted((row.company, row.number) for row in rows)


@pytest.mark.parametrize(
    "pairs", [[], [("11111111", "1")], [("11111111", "1"), ("22222222", "2")], [("22222222", 'a "quoted" ø')]], ids=str
)
def test_pairs_are_found_as_pairs(pairs: list[tuple[str, str]]) -> None:
    assert found([*pairs, ("33333333", "1")]) == pairs
    assert found(pairs) == pairs


@pytest.mark.parametrize("numbers", [[], ["2"], ["1", "2", "unknown"]], ids=str)
def test_values_are_found_however_many(numbers: list[str]) -> None:
    with db.connection():
        rows = list(SetAside.select().where(bulk.among(SetAside.number, numbers)))

    assert sorted(row.number for row in rows) == sorted(2 * [number for number in numbers if number != "unknown"])


def test_a_price_is_set_once_for_today_and_anew_for_a_day_to_come() -> None:
    today, later = date(2026, 3, 2), date(2026, 3, 3)
    for day in (today, later):
        put(Item.REMINDER, day, Decimal("40.00"), NOW)

    put(Item.REMINDER, later, Decimal("41.00"), NOW)
    with pytest.raises(HasBegun, match="reminder has a price from 2026-03-02"):
        put(Item.REMINDER, today, Decimal("42.00"), NOW)

    with db.connection():
        assert {row.from_on: row.amount for row in Price.select()} == {today: Decimal("40.00"), later: Decimal("41.00")}

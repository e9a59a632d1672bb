"""What the law forbids when a letter is about to leave."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from notifier.lawful import Charged, forbidden

TODAY = date(2026, 3, 12)
HUNDRED = Decimal("100.00")


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("charged", "said"),
    [
        ({}, None),
        ({"fee": HUNDRED}, None),
        ({"fee": Decimal("100.01")}, "renteloven § 9 b, stk. 2: a fee of 100.01 kr.; 100.00 is the most"),
        ({"fee": HUNDRED, "other_fees": (HUNDRED, HUNDRED)}, None),
        ({"fee": HUNDRED, "other_fees": (HUNDRED,) * 3}, "renteloven § 9 b, stk. 2: a fee for letter 4; 3 is the most"),
        ({"fee": Decimal("50.00"), "other_fees": (HUNDRED,)}, None),
        (
            {"fee": HUNDRED, "other_fees": (HUNDRED, Decimal("50.00"))},
            "renteloven § 9 b, stk. 2: a fee of 100.00 kr. after a lower one",
        ),
        ({"fee": HUNDRED, "last_on": days_ago(10)}, None),
        (
            {"fee": HUNDRED, "last_on": days_ago(9)},
            "renteloven § 9 b, stk. 2: a fee within 10 days of the letter of 2026-03-03",
        ),
        ({"fee": HUNDRED, "is_disputed": True}, "renteloven § 9 b, stk. 1: a fee on a claim that is disputed"),
        ({"other_fees": (HUNDRED,) * 3, "last_on": days_ago(1), "is_disputed": True}, None),  # it costs nothing itself
        ({"compensation": Decimal("310.00"), "is_trader": True}, None),
        ({"compensation": Decimal("310.00")}, "renteloven § 9 a, stk. 3: compensation from a consumer"),
    ],
)
def test_no_letter_leaves_against_the_law(charged: dict[str, Any], said: str | None) -> None:
    assert forbidden(Charged(**charged), TODAY) == said

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.calendar import office_opens
from common.money import ZERO
from dunning.deadlines import next_banking_morning, next_reminder_on, starts_on
from dunning.fees import reminder_fee
from dunning.ledger import Line, standing
from dunning.policy import Policy
from tests.unit.dunning.procedures import open_fees

DAY = date(2026, 3, 2)
KEEP = {"weekend_due": "keep"}


def fee(step: int, amount: str = "100.00", attempt: int = 0) -> Line:
    return Line("fee", step, attempt, Decimal(amount), DAY, "§ 9 b")


@pytest.mark.parametrize(
    ("wanted", "earlier", "expected"),
    [
        ("100.00", [], "100.00"),
        ("150.00", [], "100.00"),  # at most 100 kr.
        ("100.00", ["50.00"], "50.00"),  # never raised on the same claim
        ("25.00", ["50.00"], "25.00"),
        ("-10.00", [], "0.00"),
        ("100.00", ["100.00", "100.00"], "100.00"),
        ("100.00", ["100.00", "100.00", "100.00"], "0.00"),  # for at most three letters
    ],
)
def test_the_reminder_fee_keeps_to_the_law(wanted: str, earlier: list[str], expected: str) -> None:
    charged = tuple(fee(step, amount) for step, amount in enumerate(earlier, 1))

    assert reminder_fee(Decimal(wanted), charged, len(charged), DAY) == Decimal(expected)


def test_a_reversed_fee_stands_no_more() -> None:
    back = Line("reversal", 1, 0, Decimal("-100.00"), DAY, "refused")
    ledger = (fee(1), back, fee(1, attempt=1))

    assert standing(ledger, "fee") == (fee(1, attempt=1),)
    assert open_fees(ledger) == Decimal("100.00")
    assert open_fees(()) == ZERO


@pytest.mark.parametrize(
    ("last", "due_on", "chosen", "expected"),
    [
        (None, date(2025, 12, 31), KEEP, date(2026, 1, 1)),  # due 31 December: first reminder from 1 January
        (None, date(2025, 12, 31), {}, date(2026, 1, 3)),  # banks are closed on both days: due on 2 January
        (None, date(2026, 3, 6), {}, date(2026, 3, 7)),  # a Friday
        (None, date(2026, 3, 7), {}, date(2026, 3, 10)),  # a Saturday counts as Monday
        (None, date(2026, 3, 7), KEEP, date(2026, 3, 8)),
        (None, date(2026, 4, 2), {}, date(2026, 4, 8)),  # Maundy Thursday as the Tuesday after Easter
        (date(2026, 1, 1), date(2025, 12, 31), {}, date(2026, 1, 11)),  # sent on the 1st, next on the 11th
        (date(2026, 1, 1), date(2025, 12, 31), {"days_between": 3}, date(2026, 1, 11)),  # never less than ten days
        (date(2026, 1, 1), date(2025, 12, 31), {"days_between": 14}, date(2026, 1, 15)),
        (date(2026, 1, 1), date(2026, 2, 1), KEEP, date(2026, 2, 2)),  # the due date was moved
        (date(2026, 1, 1), date(2026, 2, 1), {}, date(2026, 2, 3)),  # to a Sunday
    ],
)
def test_the_next_reminder_keeps_its_distance(
    last: date | None, due_on: date, chosen: dict[str, Any], expected: date
) -> None:
    assert next_reminder_on(last, due_on, Policy(**chosen)) == expected


def test_silence_has_its_banking_days() -> None:
    assert starts_on(date(2026, 4, 1), Policy(start_days=3)) == date(2026, 4, 9)  # over Easter
    assert starts_on(DAY, Policy(silence="stay")) is None
    assert starts_on(DAY, Policy(silence="stay"), DAY) is None
    assert next_banking_morning(date(2026, 4, 1)) == office_opens(date(2026, 4, 7))


@pytest.mark.parametrize(
    ("due_on", "chosen", "expected"),
    [
        (date(2026, 3, 4), {}, date(2026, 3, 5)),
        (date(2026, 3, 5), {}, date(2026, 3, 6)),  # not before it is overdue
        (date(2026, 3, 7), {}, date(2026, 3, 10)),  # a Saturday counts as Monday
        (date(2026, 3, 7), KEEP, date(2026, 3, 8)),
    ],
)
def test_silence_starts_nothing_before_it_is_overdue(due_on: date, chosen: dict[str, Any], expected: date) -> None:
    assert starts_on(DAY, Policy(**chosen), due_on) == expected


def test_a_policy_reads_a_companys_row_and_its_own_json() -> None:
    row = {"fee": Decimal("50.00"), "never_dunned": ["7"], "cvr": "12345674", "start_days": 2}

    assert Policy.read(row) == Policy(fee=Decimal("50.00"), never_dunned=("7",), start_days=2)
    assert timedelta(days=Policy().days_between) == timedelta(days=10)

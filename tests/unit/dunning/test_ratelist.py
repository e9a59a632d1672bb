"""The rates in the database beside those of the program."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from common import db
from common.tables import ReferenceRate
from dunning import ratelist
from dunning.rates import STATUTORY, RateAfterGap, RateTooEarly

pytestmark = pytest.mark.usefixtures("sqlite")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)  # half past midnight in Copenhagen
JULY, JANUARY = date(2026, 7, 1), date(2027, 1, 1)


def test_what_was_set_is_known_from_then_on() -> None:
    was = ratelist.put(JULY, Decimal("-0.35"), NOW)

    with db.transaction():
        assert ratelist.read().all == {**STATUTORY, JULY: Decimal("-0.35")}
    assert was is None


def test_a_rate_that_was_mistyped_is_set_again() -> None:
    ratelist.put(JULY, Decimal("20.00"), NOW)

    was = ratelist.put(JULY, Decimal("2.00"), NOW)

    with db.transaction():
        assert ratelist.read().all[JULY] == Decimal("2.00")
        assert ReferenceRate.select().count() == 1
    assert was == Decimal("20.00")


def test_what_the_program_knows_stands_above_what_was_set() -> None:
    with db.transaction():
        ReferenceRate.create(from_on=date(2026, 1, 1), percent=Decimal("9.99"), set_at=NOW)

        assert ratelist.read().all == STATUTORY


def test_what_is_refused_changes_nothing() -> None:
    with pytest.raises(RateAfterGap):
        ratelist.put(JANUARY, Decimal("2.25"), NOW)

    with db.transaction():
        assert ratelist.read().all == STATUTORY


def test_the_half_year_is_that_of_copenhagen() -> None:
    ratelist.put(JULY, Decimal("2.00"), NOW)
    ratelist.put(JANUARY, Decimal("2.25"), NOW)
    with pytest.raises(RateTooEarly):
        ratelist.put(date(2027, 7, 1), Decimal("2.25"), NOW)

    ratelist.put(date(2027, 7, 1), Decimal("2.25"), NEW_YEAR)

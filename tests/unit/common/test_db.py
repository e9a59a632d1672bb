from datetime import UTC, datetime
from decimal import Decimal

import pytest

from common import db
from common.tables import Company

pytestmark = pytest.mark.usefixtures("sqlite")
NOON = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)


def company(**fields: object) -> Company:
    with db.transaction():
        return Company.create(cvr="12345674", name="a", email="a@b.example", **({"created_at": NOON} | fields))


def test_money_and_instants_come_back_as_they_went_in() -> None:
    company(fee=Decimal("99.95"), smallest_amount=Decimal("0.10"))

    with db.connection():
        row = Company.get()

    assert (row.fee, row.smallest_amount, row.created_at) == (Decimal("99.95"), Decimal("0.10"), NOON)
    assert row.created_at.tzinfo is UTC


def test_a_fraction_of_an_oere_is_refused() -> None:
    with pytest.raises(ValueError, match="whole number of øre"):
        company(fee=Decimal("1.005"))


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        company(created_at=datetime(2026, 3, 2))  # noqa: DTZ001 - the mistake under test


def test_a_fee_beyond_the_law_is_refused_by_the_database_too() -> None:
    with pytest.raises(Exception, match="CHECK"):
        company(fee=Decimal("100.01"))


def test_reading_without_a_connection_is_refused() -> None:
    with pytest.raises(Exception, match="not opened"):
        Company.get()


def test_a_transaction_inside_another_is_part_of_it() -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        with db.transaction():
            Company.create(cvr="12345674", name="a", email="a@b.example", created_at=NOON)
        raise ZeroDivisionError

    with db.connection():
        assert Company.select().count() == 0

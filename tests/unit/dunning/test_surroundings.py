"""What the rules are told of the rows of others: fetches, the customer's other debts, policies, rates and prices."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from common import db
from common.tables import Company, FetchRun, KnownInvoice, LedgerLine
from common.tables import Procedure as Row
from dunning import store, surroundings
from dunning.fees import Debt
from dunning.knowledge import Knowledge, marks_paid
from dunning.ledger import Line
from dunning.procedure import Procedure
from tests.unit.dunning.procedures import MONDAY, TODAY, awaiting, debtor, invoice, overdue, paid_invoice, saved

pytestmark = pytest.mark.usefixtures("company")
FIRM = "12345674"


@pytest.fixture
def company(sqlite: str) -> None:
    with db.transaction():
        Company.create(cvr=FIRM, name="Jensen VVS", email="jensen@vvs.example", fee=Decimal("75.00"), created_at=MONDAY)


def fetched(fetch_id: str, hours_ago: int, state: str = "finished", **fields: Any) -> None:
    began_at = MONDAY - timedelta(hours=hours_ago)
    FetchRun.create(fetch_id=fetch_id, company=FIRM, state=state, began_at=began_at, **fields)


def known() -> Knowledge:
    with db.transaction():
        return surroundings.knowledge_of(FIRM)


def test_nothing_is_known_before_a_fetch_has_ended() -> None:
    with db.transaction():
        fetched("f", 1, "running")

    assert known() == Knowledge()


@pytest.mark.parametrize(
    ("later", "since"),
    [
        ({"state": "running"}, None),
        ({"state": "failed", "reason": "key_refused"}, "failed"),
        ({"state": "failed", "reason": "superseded"}, None),
        ({"state": "finished", "trusted": False}, "shrunk"),
    ],
)
def test_the_last_good_fetch_and_what_was_wrong_with_a_later_one(later: dict[str, Any], since: Any) -> None:
    with db.transaction():
        fetched("good", 24)
        fetched("later", 1, **later)

    assert known() == Knowledge(fetch_id="good", began_at=MONDAY - timedelta(hours=24), since=since)


def test_a_good_fetch_makes_up_for_what_went_wrong() -> None:
    with db.transaction():
        fetched("failed", 24, "failed", reason="unavailable")
        fetched("good", 1)

    assert known() == Knowledge(fetch_id="good", began_at=MONDAY - timedelta(hours=1))


def test_fetches_that_saw_hardly_a_payment_are_known() -> None:
    with db.transaction():
        fetched("found it", 48, marks_paid=False)
        fetched("good", 1)

    assert known().unmarked == {"found it"}
    assert not marks_paid(known(), "found it")
    assert marks_paid(known(), "another")
    assert marks_paid(known(), None)


def remembered(number: str, customer: str = "BF-1", **changes: Any) -> None:
    state = invoice(number=number, debtor=debtor(customer_number=customer), **changes)
    KnownInvoice.create(
        company=FIRM,
        number=number,
        sequence=1,
        asked=True,
        tracked=True,
        outstanding=state.outstanding,
        state=msgspec.to_builtins(state),
        customer_number=customer,
    )


def charged(number: str, customer: str, *lines: Line) -> None:
    other = saved(awaiting()).but(id=number, invoice_number=number, customer_number=customer)
    with db.transaction():
        store.save(other.booking(*lines), overdue())


def fee(step: int, day: date, attempt: int = 0) -> Line:
    return Line("fee", step, attempt, Decimal("75.00"), day, "§ 9 b")


def test_the_debts_of_the_same_customer_and_the_fees_of_letters_about_them() -> None:
    with db.transaction():
        remembered("1001")
        remembered("900", due_on=date(2026, 1, 5), status="paid", paid=Decimal(1250), paid_on=date(2026, 2, 1))
        remembered("901", due_on=date(2026, 1, 5), status="credited", amount=Decimal(0))
        remembered("902", "BF-2")
    back = Line("reversal", 2, 0, Decimal("-75.00"), TODAY, "bounced")
    charged("900", "BF-1", fee(1, date(2026, 1, 10)), fee(2, date(2026, 1, 20)), back)
    charged("902", "BF-2", fee(1, date(2026, 2, 20)))
    charged("1001", "BF-1", fee(1, date(2026, 2, 21)))

    with db.transaction():
        arrears = surroundings.arrears_of(saved(awaiting()))

    assert sorted(arrears.debts, key=lambda debt: (debt.since, str(debt.until))) == [
        Debt(date(2026, 1, 6), date(2026, 2, 1)),
        Debt(date(2026, 1, 6), TODAY),  # nobody knows when it was credited: when we heard
        Debt(date(2026, 2, 17), None),
    ]
    assert list(arrears.fees) == [date(2026, 1, 10)]


def test_a_letter_that_left_later_than_it_was_written_counts_from_that_day() -> None:
    late = saved(awaiting()).but(id="900", invoice_number="900", step=1, last_reminder_on=date(2026, 1, 13))
    with db.transaction():
        store.save(late.booking(fee(1, date(2026, 1, 10))), overdue())
        db.catch_up()

        assert list(surroundings.arrears_of(awaiting()).fees) == [date(2026, 1, 13)]


def test_a_letter_that_may_have_left_counts_from_the_last_day_on_which_it_may() -> None:
    under_way = saved(awaiting()).but(id="900", invoice_number="900", pending=True)
    with db.transaction():
        store.save(under_way.booking(fee(1, date(2026, 1, 10))), overdue())
        db.catch_up()

        assert list(surroundings.arrears_of(awaiting()).fees) == [date(2026, 1, 11)]


def test_a_fee_that_the_same_transaction_has_just_charged_counts() -> None:
    """Many looks are handled together: two claims on one customer may come to their step at once."""
    other = saved(awaiting()).but(id="900", invoice_number="900")
    with db.transaction():
        store.save(other.booking(fee(1, TODAY)), overdue())

        assert list(surroundings.arrears_of(awaiting()).fees) == [TODAY]


def test_a_fee_that_a_later_round_reversed_counts_no_more() -> None:
    first = saved(awaiting()).but(id="900-1", invoice_number="900", stage="settled")
    second = saved(awaiting()).but(id="900-2", invoice_number="900", round=2)
    back = Line("reversal", 1, 0, Decimal("-75.00"), TODAY, "credited")
    with db.transaction():
        store.save(first.booking(fee(1, date(2026, 1, 10))), overdue())
        db.catch_up()
        ledger = store.lock("12345674", "900", "900-1").ledger
        store.save(second.but(ledger=(*ledger, back)), overdue())
        db.catch_up()

        assert list(surroundings.arrears_of(awaiting()).fees) == []


def test_a_policy_that_counts_claims_alone_asks_for_no_other_debts() -> None:
    with db.transaction():
        remembered("900")
        arrears = surroundings.arrears_of(awaiting(arrears="claim"))

    assert (list(arrears.debts), list(arrears.fees)) == ([], [])


def test_a_policy_is_the_companys_row() -> None:
    with db.transaction():
        assert surroundings.policy_of(FIRM).fee == Decimal("75.00")
        with pytest.raises(surroundings.NoSuchCompany):
            surroundings.policy_of("10150817")


# --- the ledger of all rounds ----------------------------------------------------------------------------------------
def reloaded(round_: int) -> Procedure:
    with db.transaction():
        return store.lock(FIRM, "1001", f"round {round_}")


def test_the_rounds_of_an_invoice_share_one_ledger() -> None:
    first = awaiting().but(id="round 1", round=1, stage="settled")
    with db.transaction():
        store.save(first, overdue())
    with db.transaction():
        before = store.lock_newest(FIRM, "1001")
        assert before
        second = before.but(id="round 2", round=2).booking(fee(1, TODAY))
        store.save(second, overdue())
    with db.transaction():
        older = store.lock(FIRM, "1001", "round 1")
        store.save(older.booking(fee(2, TODAY)), overdue())
        assert not store.is_newest(older)

    assert [line.kind for line in reloaded(1).ledger] == ["principal", "fee", "fee"]
    assert reloaded(1).ledger == reloaded(2).ledger
    with db.connection():
        assert [row.procedure_id for row in LedgerLine.select().order_by(LedgerLine.id)] == [
            "round 1",
            "round 2",
            "round 1",
        ]
        assert Row.select().count() == 2


def test_two_rounds_that_change_in_one_transaction_book_each_line_once() -> None:
    with db.transaction():
        store.save(awaiting().but(id="round 1", round=1, stage="settled"), overdue())
    with db.transaction():
        before = store.lock_newest(FIRM, "1001")
        assert before
        store.save(before.but(id="round 2", round=2).booking(fee(1, TODAY)), overdue())
        store.save(store.lock(FIRM, "1001", "round 1").booking(fee(2, TODAY)), overdue())

    assert [(line.kind, line.step) for line in reloaded(2).ledger] == [("principal", 0), ("fee", 1), ("fee", 2)]


def test_paid_and_later_told_apart(sqlite: str) -> None:
    with db.transaction():
        remembered("900", status="paid", paid=paid_invoice().paid, paid_on=None)
        (debt,) = surroundings.arrears_of(awaiting()).debts

    assert debt.until == TODAY  # the day it was heard of

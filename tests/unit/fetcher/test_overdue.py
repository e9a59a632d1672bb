"""What is news of an invoice: every way from what was known to what is said now."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from common.calendar import add_banking_days, falls_due
from fetcher.overdue import Known, Terms, cutoff, first_sight, judge, judge_absent
from tests.unit.fetcher.fake_erp import ANE, DUE_ON, bill
from tests.unit.fetcher.town import MONDAY, day

TERMS = Terms(cutoff=date(2026, 2, 23), horizon=date(2026, 1, 1), listed_from=None)
FULL, PART, NONE = Decimal("1250.00"), Decimal("250.00"), Decimal("0.00")
PAID_ON = date(2026, 3, 1)
STATES: dict[str, dict[str, Any]] = {
    "owed": {},
    "partly": {"paid": PART, "paid_on": PAID_ON},
    "paid": {"paid": FULL, "paid_on": PAID_ON},
    "dated": {"paid_on": PAID_ON},
    "dated with zero": {"paid": NONE, "paid_on": PAID_ON},
    "surplus": {"paid": FULL + PART, "paid_on": PAID_ON},
    "undated": {"paid": FULL},
    "zero": {"amount": NONE},
    "credit": {"amount": -FULL},
    "other type": {"type": "2"},
}


def known(state: str = "owed", **changes: Any) -> Known:
    """Known since Monday."""
    first = first_sight(bill(), ANE, MONDAY, TERMS).after
    assert first
    if state == "owed":
        return replace(first, **changes)
    if state == "withdrawn":
        gone = replace(first.invoice, status="withdrawn", sequence=2)
        return replace(first, invoice=gone, tracked=False, **changes)
    after = judge(first, bill(**STATES[state]), ANE, MONDAY).after
    assert after
    return replace(after, **changes)


@pytest.mark.parametrize(
    ("before", "said", "news"),
    [
        ("owed", "owed", None),
        ("owed", "partly", e.InvoicePartlyPaid),
        ("owed", "paid", e.InvoicePaid),
        ("owed", "dated", e.InvoicePaid),
        ("owed", "dated with zero", e.InvoicePaid),
        ("owed", "surplus", e.InvoicePaid),
        ("owed", "undated", e.InvoicePaid),
        ("owed", "zero", e.InvoiceCredited),
        ("owed", "credit", e.InvoiceCredited),
        ("owed", "other type", e.InvoiceCredited),
        ("partly", "partly", None),
        ("partly", "owed", e.InvoiceChanged),
        ("partly", "paid", e.InvoicePaid),
        ("partly", "zero", e.InvoiceCredited),
        ("paid", "paid", None),
        ("paid", "dated", None),
        ("paid", "owed", e.InvoiceReopened),
        ("paid", "partly", e.InvoiceReopened),
        ("paid", "surplus", e.InvoicePaid),
        ("surplus", "paid", e.InvoicePaid),
        ("surplus", "surplus", None),
        ("paid", "zero", e.InvoiceCredited),
        ("zero", "zero", None),
        ("zero", "credit", None),
        ("zero", "owed", e.InvoiceReopened),
        ("zero", "paid", e.InvoicePaid),
        ("withdrawn", "owed", e.InvoiceReopened),
        ("withdrawn", "paid", e.InvoicePaid),
        ("withdrawn", "zero", e.InvoiceCredited),
    ],
)
def test_each_state_after_each_other_is_one_piece_of_news_or_none(before: str, said: str, news: Any) -> None:
    first = known(before)

    after, event = judge(first, bill(**STATES[said]), ANE, day(1))

    assert after
    assert event is news
    if news:
        assert (after.invoice.sequence, after.invoice.observed_at, after.tracked) == (
            first.invoice.sequence + 1,
            day(1),
            True,
        )
    else:
        assert after == first


@pytest.mark.parametrize(
    ("state", "status", "paid", "outstanding"),
    [
        ("owed", "open", NONE, FULL),
        ("partly", "open", PART, FULL - PART),
        ("paid", "paid", FULL, NONE),
        ("dated", "paid", FULL, NONE),
        ("dated with zero", "paid", FULL, NONE),
        ("surplus", "paid", FULL + PART, NONE),
        ("zero", "credited", NONE, NONE),
        ("other type", "credited", NONE, NONE),
    ],
)
def test_the_state_says_what_is_paid_and_owed(state: str, status: str, paid: Decimal, outstanding: Decimal) -> None:
    invoice = known(state).invoice

    assert (invoice.status, invoice.paid, invoice.outstanding) == (status, paid, outstanding)


@pytest.mark.parametrize(
    ("paid_on", "kept"),
    [
        (date(2026, 2, 1), False),  # the day before it was issued
        (date(2026, 2, 2), True),
        (MONDAY.date(), True),
        (MONDAY.date() + timedelta(days=1), False),
        (date(2099, 1, 1), False),
    ],
)
@pytest.mark.parametrize(("paid", "status"), [(FULL, "paid"), (PART, "open"), (None, "paid"), (NONE, "paid")])
def test_a_date_of_payment_that_cannot_be_keeps_the_amount_and_loses_the_date(
    paid_on: date, kept: bool, paid: Decimal | None, status: str
) -> None:
    after = judge(known(), bill(paid=paid, paid_on=paid_on), ANE, MONDAY).after

    assert after
    assert (after.invoice.status, after.invoice.paid) == (status, paid or FULL)
    assert after.invoice.paid_on == (paid_on if kept else None)


def test_a_date_of_payment_counts_from_its_day_on_and_no_day_before_is_news() -> None:
    paying = bill(paid=PART, paid_on=day(3).date())
    first = judge(known(), paying, ANE, day(1)).after
    assert first

    assert judge(first, paying, ANE, day(2)) == (first, None)
    after, news = judge(first, paying, ANE, day(3))

    assert news is e.InvoiceChanged
    assert after
    assert after.invoice.paid_on == day(3).date()


def test_a_date_of_payment_before_an_unknown_day_of_issue_is_kept() -> None:
    after = judge(known(), bill(paid=FULL, paid_on=date(2020, 1, 1), issued_on=None), ANE, day(1)).after

    assert after
    assert after.invoice.paid_on == date(2020, 1, 1)


def test_a_payment_that_is_partly_reversed_is_partly_paid() -> None:
    smaller = judge(known("partly"), bill(paid=Decimal("100.00")), ANE, day(1))

    assert smaller.news is e.InvoicePartlyPaid
    assert smaller.after
    assert smaller.after.invoice.outstanding == Decimal("1150.00")


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("1300.00")},
        {"due_on": date(2026, 2, 20)},
        {"due_on": date(2026, 4, 1)},
        {"payment_line": "+71<000000000000000+12345678<"},
        {"customer_number": "BF-2", "customer_name": "Bo"},
    ],
    ids=str,
)
def test_an_invoice_that_is_still_owed_but_another_has_changed(change: dict[str, Any]) -> None:
    debtor = None if "customer_number" in change else ANE

    after, news = judge(known(), bill(**change), debtor, day(1))

    assert news is e.InvoiceChanged
    assert after
    assert after.invoice.debtor.customer_number == change.get("customer_number", "BF-1")


@pytest.mark.parametrize("change", [{"email": "new@holm.example"}, {"email": None}, {"name": "Ane Holm ApS"}], ids=str)
def test_a_debtor_who_is_another_is_a_change(change: dict[str, Any]) -> None:
    after, news = judge(known(), bill(), replace(ANE, **change), day(1))

    assert news is e.InvoiceChanged
    assert after
    assert after.invoice.debtor == replace(ANE, **change)


def test_a_debtor_whom_the_erp_does_not_know_today_stays_who_he_was() -> None:
    first = known()

    assert judge(first, bill(), None, day(1)) == (first, None)


@pytest.mark.parametrize("state", ["paid", "zero"])
def test_the_debtor_of_what_is_not_owed_is_no_news(state: str) -> None:
    first = known(state)

    assert judge(first, bill(**STATES[state]), replace(ANE, name="Bo"), day(1)) == (first, None)


def test_what_was_seen_earlier_than_what_is_known_is_no_news() -> None:
    first = known()

    assert judge(first, bill(paid=FULL), ANE, MONDAY - timedelta(seconds=1)) == (first, None)


def test_what_was_found_and_not_asked_is_kept_fresh_without_news() -> None:
    found = first_sight(bill(due_on=date(2025, 12, 31)), ANE, MONDAY, TERMS).after
    assert found

    after, news = judge(found, bill(due_on=date(2025, 12, 31), paid=FULL), ANE, day(1))

    assert news is None
    assert after
    assert (after.invoice.status, after.invoice.sequence, after.asked, after.tracked) == ("paid", 0, False, False)
    assert judge(found, bill(due_on=date(2025, 12, 31)), ANE, day(1)).after == found


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, True),
        ({"due_on": TERMS.cutoff}, True),
        ({"due_on": TERMS.cutoff + timedelta(days=1)}, None),
        ({"due_on": TERMS.horizon}, True),
        ({"due_on": TERMS.horizon - timedelta(days=1)}, False),
        ({"paid": FULL}, None),
        ({"paid_on": PAID_ON}, None),
        ({"paid": PART, "paid_on": PAID_ON}, True),
        ({"amount": NONE}, None),
        ({"type": "2"}, None),
    ],
    ids=str,
)
def test_at_first_sight_it_is_overdue_or_too_old_or_nothing(change: dict[str, Any], asked: bool | None) -> None:
    after, news = first_sight(bill(**change), ANE, MONDAY, TERMS)

    assert (after.asked if after else None) is asked
    assert news is (e.InvoiceOverdue if asked else None)
    if after:
        assert (after.tracked, after.invoice.sequence) == (asked, int(bool(asked)))


def test_without_a_debtor_the_invoice_says_who_owes() -> None:
    address = {"address": "Havnegade 1", "postal_code": "8000", "city": "Aarhus"}

    after, _ = first_sight(bill(cvr="12345674", **address), None, MONDAY, TERMS)

    assert after
    assert after.invoice.debtor == e.Debtor(
        customer_number="BF-1", name="Ane Holm", email=None, cvr="12345674", **address
    )


@pytest.mark.parametrize(
    ("today", "wait_days", "latest"),
    [
        (date(2026, 3, 2), 0, date(2026, 3, 1)),
        (date(2026, 3, 2), 1, date(2026, 3, 1)),
        (date(2026, 3, 2), 5, date(2026, 2, 23)),
        (date(2026, 3, 1), 0, date(2026, 2, 28)),
        (date(2026, 4, 7), 1, date(2026, 4, 6)),
        (date(2026, 4, 7), 2, date(2026, 3, 31)),
    ],
)
def test_the_cutoff_leaves_banking_days_to_pay(today: date, wait_days: int, latest: date) -> None:
    assert cutoff(today, wait_days) == latest


@pytest.mark.parametrize("weekend_due", ["next", "keep"])
@pytest.mark.parametrize("wait_days", [0, 1, 2, 5, 30])
def test_the_company_is_asked_so_many_banking_days_after_payment_was_in_time(wait_days: int, weekend_due: str) -> None:
    for number in range(400):
        today = date(2026, 1, 1) + timedelta(days=number)
        latest = cutoff(today, wait_days, weekend_due)

        for due_on in (latest - timedelta(days=1), latest, latest + timedelta(days=1)):
            in_time = falls_due(due_on, weekend_due)
            has_waited = wait_days == 0 or add_banking_days(in_time, wait_days) <= today
            assert (due_on <= latest) is (in_time < today and has_waited)


# --- absence ---------------------------------------------------------------------------------------------------------
def test_absence_is_noted_on_the_first_day_and_withdraws_on_another() -> None:
    noted, nothing = judge_absent(known(), day(1))
    assert noted
    same_day = judge_absent(noted, day(1) + timedelta(hours=3))
    gone, news = judge_absent(noted, day(2))

    assert (noted.absent_on, noted.tracked, nothing) == (day(1).date(), True, None)
    assert same_day == (noted, None)
    assert news is e.InvoiceWithdrawn
    assert gone
    assert (gone.invoice.status, gone.invoice.sequence, gone.tracked) == ("withdrawn", 2, False)
    assert (gone.invoice.observed_at, gone.invoice.amount) == (day(2), FULL)
    assert judge_absent(gone, day(3)) == (gone, None)


@pytest.mark.parametrize("said", ["owed", "partly"])
def test_an_invoice_that_is_back_is_no_longer_absent(said: str) -> None:
    after, _ = judge(known(absent_on=DUE_ON), bill(**STATES[said]), ANE, day(1))

    assert after
    assert after.absent_on is None


def test_absence_that_was_seen_before_what_is_known_is_nothing() -> None:
    first = known(absent_on=DUE_ON)

    assert judge_absent(first, MONDAY - timedelta(seconds=1)) == (first, None)


# --- following -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "days", "in_dunning", "tracked"),
    [
        ("owed", 500, False, True),
        ("paid", 90, False, True),
        ("paid", 91, False, False),
        ("paid", 91, True, True),
        ("zero", 90, False, True),
        ("zero", 91, False, False),
    ],
)
def test_what_is_not_owed_is_followed_for_ninety_days(state: str, days: int, in_dunning: bool, tracked: bool) -> None:
    after, news = judge(known(state), bill(**STATES[state]), ANE, day(days), in_dunning=in_dunning)

    assert news is None
    assert after
    assert after.tracked is tracked


def test_what_is_no_longer_followed_is_followed_again_once_dunning_goes_on() -> None:
    first = known("paid", tracked=False)

    assert judge(first, bill(**STATES["paid"]), ANE, day(1)) == (first, None)
    assert judge(first, bill(**STATES["paid"]), ANE, day(1), in_dunning=True) == (replace(first, tracked=True), None)

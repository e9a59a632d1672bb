from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.calendar import office_opens
from dunning import facts
from dunning.ledger import standing
from dunning.procedure import Procedure
from tests.unit.dunning.procedures import (
    LAW,
    MONDAY,
    TODAY,
    asked,
    awaiting,
    checking,
    collecting,
    debtor,
    invoice,
    open_fees,
    paid_invoice,
    pending,
    running,
    said,
    saved,
)

ESCALATED = running().but(stage="escalated").waking(None)


@pytest.mark.parametrize("before", [awaiting(), asked(), running(), checking(), ESCALATED], ids=lambda p: p.stage)
def test_a_payment_before_any_fee_settles(before: Procedure) -> None:
    after = facts.paid(before, paid_invoice(), MONDAY, LAW)

    assert (after.stage, after.reason, after.wake_at) == ("settled", "paid", None)
    assert said(after) == ["procedure.settled"]


@pytest.mark.parametrize(
    ("fee_policy", "surplus", "stage", "reason", "open_after", "news"),
    [
        ("collect", "0.00", "collecting_fees", "", "100.00", "procedure.collecting_fees"),
        ("collect", "40.00", "collecting_fees", "", "60.00", "procedure.collecting_fees"),
        ("collect", "100.00", "settled", "fees_paid", "0.00", "procedure.settled"),
        ("collect", "500.00", "settled", "fees_paid", "0.00", "procedure.settled"),
        ("cover", "0.00", "settled", "covered", "0.00", "procedure.settled"),
        ("cover", "100.00", "settled", "fees_paid", "0.00", "procedure.settled"),
    ],
)
def test_the_fee_policy_decides_about_what_the_surplus_left(
    fee_policy: str, surplus: str, stage: str, reason: str, open_after: str, news: str
) -> None:
    after = facts.paid(running(1, TODAY, fee_policy=fee_policy), paid_invoice(surplus), MONDAY, LAW)

    assert (after.stage, after.reason) == (stage, reason)
    assert open_fees(after.ledger) == Decimal(open_after)
    assert after.wake_at == (office_opens(TODAY + timedelta(days=10)) if stage == "collecting_fees" else None)
    assert said(after) == [news]


@pytest.mark.parametrize("stage", ["awaiting_decision", "running", "checking", "escalated"])
def test_fees_are_collected_from_whatever_stage_the_payment_finds(stage: Any) -> None:
    after = facts.paid(running(1, TODAY).but(stage=stage), paid_invoice(), MONDAY, LAW)

    assert (after.stage, after.wake_at) == ("collecting_fees", office_opens(TODAY + timedelta(days=10)))


def test_covered_fees_are_said() -> None:
    after = facts.paid(running(2, TODAY, fee_policy="cover"), paid_invoice(), MONDAY, LAW)

    assert after.news[0].covered == Decimal("200.00")  # type: ignore[attr-defined]


def test_a_later_surplus_pays_the_fees_once() -> None:
    part = saved(facts.paid(running(1, TODAY), paid_invoice("40.00"), MONDAY, LAW))

    again = facts.paid(part, paid_invoice("40.00", sequence=10), MONDAY, LAW)
    full = facts.paid(saved(again), paid_invoice("100.00", sequence=11), MONDAY, LAW)

    assert open_fees(again.ledger) == Decimal("60.00")
    assert said(again) == []
    assert (full.stage, full.reason) == ("settled", "fees_paid")


def test_a_reminder_that_has_not_left_earns_nothing_when_the_payment_comes() -> None:
    after = facts.paid(pending(), paid_invoice(), MONDAY, LAW)

    assert (after.stage, after.reason) == ("settled", "paid")
    assert open_fees(after.ledger) == Decimal("0.00")
    assert said(after) == ["fee.reversed", "procedure.settled"]


@pytest.mark.parametrize("stage", ["settled", "cancelled"])
def test_a_payment_after_the_end_is_only_noted(stage: str) -> None:
    after = facts.paid(running(1).but(stage=stage), paid_invoice(), MONDAY, LAW)

    assert after.stage == stage
    assert after.paid == Decimal("1250.00")
    assert said(after) == []


def test_a_partial_payment_leaves_the_rest_to_be_dunned() -> None:
    after = facts.changed(running(), invoice(sequence=2, paid=Decimal("250.00")), MONDAY, LAW)

    assert after.outstanding == Decimal("1000.00")
    assert (after.stage, after.wake_no) == ("running", running().wake_no)


def test_a_credit_note_takes_the_fees_with_it() -> None:
    after = facts.credited(running(2, TODAY), invoice(status="credited", amount=Decimal("0.00")), MONDAY, LAW)

    assert (after.stage, after.reason) == ("settled", "credited")
    assert open_fees(after.ledger) == Decimal("0.00")
    assert said(after) == ["fee.reversed", "fee.reversed", "procedure.settled"]


def test_a_withdrawn_invoice_ends_it_without_fees() -> None:
    after = facts.withdrawn(running(1, TODAY), invoice(status="withdrawn"), MONDAY, LAW)

    assert (after.stage, after.reason, after.wake_at) == ("cancelled", "withdrawn", None)
    assert after.owed.total == Decimal("0.00")


@pytest.mark.parametrize(
    ("paid", "stage"),
    [("500.00", "running"), ("1290.00", "collecting_fees"), ("1350.00", "settled")],
)
def test_what_was_paid_of_a_withdrawn_invoice_is_the_debtors(paid: str, stage: str) -> None:
    said_ = paid_invoice if stage != "running" else invoice
    rule = facts.paid if stage != "running" else facts.changed
    before = saved(rule(running(1, TODAY), said_(paid=Decimal(paid), sequence=2), MONDAY, LAW))

    after = facts.withdrawn(before, invoice(status="withdrawn", paid=Decimal(paid), sequence=3), MONDAY, LAW)

    assert before.stage == stage
    assert (after.owed.surplus, after.owed.total) == (-Decimal(paid), Decimal("0.00"))
    assert len(standing(after.ledger, "fee")) == 1  # of the three


def test_what_is_over_stays_over_when_the_invoice_is_gone() -> None:
    after = facts.withdrawn(running(1).but(stage="settled", reason="waived"), invoice(status="withdrawn"), MONDAY, LAW)

    assert (after.stage, after.reason, said(after)) == ("settled", "waived", [])


def test_a_reversed_payment_resumes_the_reminders_at_the_lawful_distance() -> None:
    after = facts.changed(collecting(), invoice(sequence=9), MONDAY, LAW)

    assert after.stage == "running"
    assert after.wake_at is not None
    assert after.wake_at.date() == TODAY + timedelta(days=10)


def test_what_goes_on_in_the_afternoon_is_not_late_from_the_start() -> None:
    afternoon = MONDAY + timedelta(hours=7)

    after = facts.going_on(running(1, TODAY - timedelta(days=30)).but(stage="paused"), afternoon)

    assert after.wake_at == afternoon


def test_a_new_address_ends_the_wait_for_one() -> None:
    waiting = running().but(unreachable_step=1, debtor_email=None).waking(datetime.max.replace(tzinfo=MONDAY.tzinfo))

    after = facts.changed(waiting, invoice(sequence=2), MONDAY, LAW)
    same = facts.changed(waiting, invoice(sequence=2, debtor=debtor(email=None)), MONDAY, LAW)

    assert after.wake_at == MONDAY
    assert same.wake_no == waiting.wake_no


@pytest.mark.parametrize(
    "before",
    [running(1, TODAY), running(1, TODAY).but(stage="paused", reason="said_paid", unreachable_step=2)],
    ids=lambda p: p.stage,
)
def test_a_new_address_wakes_nothing_that_waits_for_something_else(before: Procedure) -> None:
    after = facts.changed(before, invoice(sequence=2, debtor=debtor(email="ny@holm.example")), MONDAY, LAW)

    assert (after.debtor_email, after.wake_no) == ("ny@holm.example", before.wake_no)


def test_an_address_that_is_gone_ends_no_wait() -> None:
    refused = running().but(unreachable_step=1).waking(None)

    after = facts.changed(refused, invoice(sequence=2, debtor=debtor(email=None)), MONDAY, LAW)

    assert after.wake_at is None


def test_a_changed_due_date_is_kept() -> None:
    assert facts.changed(running(), invoice(due_on=date(2026, 4, 1)), MONDAY, LAW).due_on == date(2026, 4, 1)

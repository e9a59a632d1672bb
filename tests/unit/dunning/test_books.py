"""What the ERP says of money, as the ledger has it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from dunning import answers, facts, issuing, steps
from dunning.charges import Law
from dunning.fees import Arrears
from dunning.ledger import Line
from dunning.moves import cancelled, paid_in, reversing
from dunning.prices import Dated, Prices
from dunning.procedure import Procedure
from dunning.rates import Rates
from tests.unit.dunning.procedures import (
    DUE_ON,
    KNOWN,
    LAW,
    MONDAY,
    POLICY,
    TODAY,
    collecting,
    debtor,
    invoice,
    kinds,
    paid_invoice,
    running,
    said,
    saved,
)

D = Decimal
PRICED = Law(
    rates=Rates(),
    prices=Prices((Dated("reminder", date(2026, 1, 1), D("45.00")), Dated("fee_reminder", date(2026, 1, 1), D(20)))),
)


def told(before: Procedure, paid: str, sequence: int = 2, **changes: Any) -> Procedure:
    status = "paid" if D(paid) >= before.amount else "open"
    said_ = invoice(**{"paid": D(paid), "sequence": sequence, "status": status} | changes)
    return (facts.paid if status == "paid" else facts.changed)(before, said_, MONDAY, LAW)


def sums(procedure: Procedure) -> tuple[Decimal, ...]:
    owed = procedure.owed
    return owed.principal, owed.fee, owed.interest, owed.compensation, owed.surplus


@pytest.mark.parametrize(
    ("paid", "expected"),
    [
        ("0.00", ("1250.00", "100.00", "7.00", "310.00", "0.00")),
        ("500.00", ("750.00", "100.00", "7.00", "310.00", "0.00")),  # the principal comes first
        ("1250.00", ("0.00", "100.00", "7.00", "310.00", "0.00")),
        ("1320.00", ("0.00", "30.00", "7.00", "310.00", "0.00")),  # then fees, interest, compensation
        ("1355.00", ("0.00", "0.00", "2.00", "310.00", "0.00")),
        ("1667.00", ("0.00", "0.00", "0.00", "0.00", "0.00")),
        ("1700.00", ("0.00", "0.00", "0.00", "0.00", "-33.00")),  # and what is left is his
    ],
)
def test_money_pays_the_principal_first_then_what_was_charged(paid: str, expected: tuple[str, ...]) -> None:
    lines = (
        Line("interest", 1, 0, D("7.00"), TODAY, "§ 5", "interest"),
        Line("compensation", 1, 0, D("310.00"), TODAY, "§ 9 a", "compensation"),
    )

    after = paid_in(running(1, TODAY).booking(*lines), D(paid), TODAY, None)

    principal, *charges, surplus = map(D, expected)
    assert sums(after) == (principal, *charges, surplus)
    assert (after.owed.charges, after.owed.total) == (sum(charges), principal + sum(charges))


def test_a_payment_counts_from_the_day_it_was_made_and_a_later_one_from_its_own() -> None:
    first = saved(told(running(), "500.00", paid_on=TODAY - timedelta(days=9)))
    second = told(first, "700.00", 3, paid_on=TODAY)

    paid = [(line.amount, line.value_on, line.booked_on) for line in second.ledger if line.kind == "paid"]
    assert paid == [(D("-500.00"), TODAY - timedelta(days=9), TODAY), (D("-200.00"), TODAY, TODAY)]


def test_a_payment_from_the_future_counts_from_today() -> None:
    after = told(running(), "500.00", paid_on=TODAY + timedelta(days=30))

    assert [line.value_on for line in after.ledger if line.kind == "paid"] == [TODAY]


def test_a_payment_that_is_taken_back_is_booked_back_and_nothing_is_edited() -> None:
    before = saved(told(running(), "500.00"))

    after = told(before, "0.00", 3)

    assert after.ledger[: len(before.ledger)] == before.ledger
    assert [line.amount for line in after.ledger if line.kind == "paid"] == [D("-500.00"), D("500.00")]
    assert after.owed.principal == D("1250.00")


def test_a_credit_lowers_the_claim_from_its_beginning() -> None:
    after = told(running(), "0.00", amount=D("1000.00"))

    line = after.ledger[-1]
    assert (line.kind, line.amount, line.value_on) == ("principal", D("-250.00"), date(2026, 2, 2))


def test_a_claim_that_grows_counts_from_today() -> None:
    after = told(running(), "0.00", amount=D("1500.00"))

    assert (after.ledger[-1].amount, after.ledger[-1].value_on) == (D("250.00"), TODAY)


def test_nobody_is_said_to_have_paid_fees_that_were_given_up_with_a_stop() -> None:
    stopped = saved(cancelled(running(1, TODAY), "stopped", TODAY))

    after = told(stopped.but(stage="running"), "1250.00")

    assert (after.stage, after.reason) == ("settled", "paid")


def test_what_is_paid_too_much_after_settling_is_said_once() -> None:
    settled = saved(told(running(1, TODAY), "1350.00"))

    more = told(settled, "1400.00", 3)
    credit = told(settled, "1350.00", 3, amount=D("1000.00"), status="paid")

    assert [(news.type, news.surplus) for news in more.news] == [("procedure.settled", D("50.00"))]  # type: ignore[attr-defined]
    assert [(news.type, news.surplus) for news in credit.news] == [("procedure.settled", D("250.00"))]  # type: ignore[attr-defined]
    assert said(told(saved(more), "1400.00", 4)) == []


def test_fees_that_were_paid_and_taken_back_are_collected_again() -> None:
    settled = saved(told(running(1, TODAY), "1350.00"))

    after = told(settled, "1250.00", 3)

    assert (settled.stage, settled.reason) == ("settled", "fees_paid")
    assert (after.stage, said(after)) == ("collecting_fees", ["procedure.collecting_fees"])
    assert after.owed.fee == D("100.00")


def test_a_credit_after_settling_takes_the_fees_back_and_owes_them_to_the_debtor() -> None:
    settled = saved(told(running(2, TODAY), "1450.00"))

    credit = invoice(status="credited", amount=D("0.00"), paid=D("1450.00"), sequence=3)
    after = facts.credited(settled, credit, MONDAY, LAW)

    assert said(after) == ["fee.reversed", "fee.reversed", "procedure.settled"]
    assert (after.reason, after.owed.surplus, after.owed.total) == ("credited", D("-1450.00"), D("0.00"))
    assert after.news[-1].surplus == D("1450.00")  # type: ignore[attr-defined]


def test_a_credit_takes_interest_and_compensation_back_too() -> None:
    charged = saved(reminded(trader(interest=True, compensation=True), TODAY).but(pending=False, step=1))

    credit = invoice(status="credited", amount=D("0.00"), sequence=3, debtor=debtor(cvr="12345674"))
    after = facts.credited(charged, credit, MONDAY, LAW)

    assert charged.owed.interest > 0
    assert sums(after) == (D("0.00"), D("0.00"), D("0.00"), D("0.00"), D("0.00"))
    assert [line.amount for line in after.ledger if line.against == "lost"] == []


@pytest.mark.parametrize("left", ["1250.00", "0.00"])
def test_a_stopped_invoice_whose_payment_is_taken_back_brings_no_fee_back(left: str) -> None:
    partly = saved(told(running(1, TODAY), "1300.00"))
    stop = e.DecisionMade(
        company="1", procedure_id="p", invoice_number="1001", answer_no=1, answered_at=MONDAY, choice="stop"
    )
    stopped = saved(answers.decided(partly, stop, MONDAY, LAW, partly.policy))

    after = told(stopped, left, 3)

    assert (after.stage, after.owed.fee) == ("cancelled", D("0.00"))


def test_fees_that_the_company_has_received_stay_paid_and_what_comes_beside_is_the_debtors() -> None:
    received = saved(answers.decided(collecting(), choice("received", 1), MONDAY, LAW, POLICY))

    heard_again = saved(told(received, "1250.00", 10))
    overpaid = told(heard_again, "1350.00", 11)

    assert sums(heard_again) == (D("0.00"), D("0.00"), D("0.00"), D("0.00"), D("0.00"))
    assert sums(overpaid) == (D("0.00"), D("0.00"), D("0.00"), D("0.00"), D("-100.00"))


# --- the fee policy --------------------------------------------------------------------------------------------------
def test_the_company_that_covers_is_charged_for_the_steps_by_the_price_list() -> None:
    after = facts.paid(running(2, TODAY, fee_policy="cover"), paid_invoice(), MONDAY, PRICED)

    assert (after.stage, after.reason) == ("settled", "covered")
    assert after.owed.company == D("90.00")
    assert (after.news[-1].covered, after.news[-1].costs) == (D("200.00"), D("90.00"))  # type: ignore[attr-defined]


def test_a_company_that_wants_the_fees_after_all_gets_its_costs_back_and_pays_once_if_it_covers_again() -> None:
    covered = saved(facts.paid(running(2, TODAY, fee_policy="cover"), paid_invoice(), MONDAY, PRICED))

    again = saved(answers.decided(covered, choice("collect", 1), MONDAY, PRICED, POLICY))
    third = answers.decided(again, choice("cover", 2), MONDAY, PRICED, POLICY)

    assert (again.stage, again.owed.company, again.owed.fee) == ("collecting_fees", D("0.00"), D("200.00"))
    assert (third.reason, third.owed.company, third.owed.fee) == ("covered", D("90.00"), D("0.00"))


def test_a_company_that_has_covered_pays_for_later_steps_alone() -> None:
    covered = facts.paid(running(2, TODAY, fee_policy="cover"), paid_invoice(), MONDAY, PRICED)
    third = Line("fee", 3, 0, D("100.00"), TODAY, "")
    owed_again = running(3, TODAY, fee_policy="cover").but(ledger=(*covered.ledger, third))

    again = facts.paid(owed_again, paid_invoice(), MONDAY, PRICED)

    assert [line.amount for line in again.ledger if line.kind == "cost"] == [D("90.00"), D("45.00")]


def test_a_price_that_fell_gives_no_company_its_costs_back() -> None:
    covered = facts.paid(running(2, TODAY, fee_policy="cover"), paid_invoice(), MONDAY, PRICED)
    third = Line("fee", 3, 0, D("100.00"), TODAY, "")
    owed_again = running(3, TODAY, fee_policy="cover").but(ledger=(*covered.ledger, third))
    cheap = replace(PRICED, prices=Prices((Dated("reminder", date(2026, 1, 1), D("1.00")),)))

    assert facts.paid(owed_again, paid_invoice(), MONDAY, cheap).owed.company == D("90.00")


def test_what_was_paid_too_much_while_the_company_covered_pays_the_fees_that_it_wants_after_all() -> None:
    covered = saved(facts.paid(running(2, TODAY, fee_policy="cover"), paid_invoice(), MONDAY, PRICED))
    overpaid = saved(facts.paid(covered, paid_invoice("50.00", sequence=10), MONDAY, PRICED))

    after = answers.decided(overpaid, choice("collect", 1), MONDAY, PRICED, POLICY)

    assert (overpaid.owed.surplus, after.owed.surplus, after.owed.fee) == (D("-50.00"), D("0.00"), D("150.00"))


@pytest.mark.parametrize(
    ("warned_by", "costs"), [("reminder", "135.00"), ("collection_notice", "165.00"), ("", "135.00")]
)
def test_a_collection_notice_costs_only_as_a_letter_of_its_own(warned_by: str, costs: str) -> None:
    prices = Prices((*PRICED.prices.dated, Dated("collection_notice", date(2026, 1, 1), D("30.00"))))
    warned = running(3, TODAY, fee_policy="cover").but(warned_on=TODAY, warned_by=warned_by)

    after = facts.paid(warned, paid_invoice(), MONDAY, replace(PRICED, prices=prices))

    assert after.owed.company == D(costs)


def test_no_line_is_of_an_earlier_day_than_the_one_before_it() -> None:
    """Should the clock be set back: a write-off that is restored before it happened would bear interest twice."""
    before = running().booked("waived", "principal", "lost", D("-250.00"), TODAY + timedelta(days=3), "written off")

    after = before.booked("restored", "principal", "lost", D("250.00"), TODAY, "the ERP")

    assert [line.booked_on for line in after.ledger[-2:]] == [TODAY + timedelta(days=3)] * 2


def test_of_interest_that_was_taken_back_no_more_than_the_rest_is_reversed() -> None:
    interest = Line("interest", 1, 0, D("7.00"), TODAY, "§ 5", "interest")
    less = Line("interest", 0, 1000, D("-5.00"), TODAY, "paid earlier", "interest")

    after = reversing(running(1, TODAY).booking(interest, less), 1, 0, TODAY, "the letter bounced")

    assert (after.owed.interest, after.owed.fee, after.owed.surplus) == (D("0.00"), D("0.00"), D("0.00"))
    assert [news.amount for news in after.news] == [D("100.00")]  # type: ignore[attr-defined]


def test_of_interest_that_was_taken_back_as_a_whole_nothing_is_reversed() -> None:
    interest = Line("interest", 1, 0, D("7.00"), TODAY, "§ 5", "interest")
    less = Line("interest", 0, 1000, D("-7.00"), TODAY, "paid earlier", "interest")

    after = reversing(running(1, TODAY).booking(interest, less), 1, 0, TODAY, "the letter bounced")

    assert [(line.kind, line.account) for line in after.ledger[-1:]] == [("reversal", "fee")]
    assert all(line.amount for line in after.ledger)


def test_compensation_that_a_consumer_has_paid_is_his() -> None:
    compensation = Line("compensation", 1, 0, D("310.00"), TODAY, "§ 9 a", "compensation")
    trader = running(1, TODAY).but(debtor_cvr="12345674").booking(compensation)

    after = told(saved(told(trader, "1660.00", debtor=debtor(cvr="12345674"))), "1660.00", 3)

    assert sums(after) == (D("0.00"), D("0.00"), D("0.00"), D("0.00"), D("-310.00"))


def test_only_a_payment_counts_from_the_day_it_was_made() -> None:
    early = TODAY - timedelta(days=5)
    paid = paid_in(running(1, TODAY), D("500.00"), TODAY, early)

    taken_back = paid_in(paid, D("0.00"), TODAY, early)

    assert [line.counts_from for line in taken_back.ledger if line.kind == "paid"] == [early, TODAY]


def choice(word: Any, number: int) -> e.FeeDecisionMade:
    return e.FeeDecisionMade(
        company="1", procedure_id="p", invoice_number="1001", answer_no=number, answered_at=MONDAY, choice=word
    )


# --- letters for fees alone ------------------------------------------------------------------------------------------
def looked_at(before: Procedure, **changes: Any) -> Procedure:
    looking = before.waking(MONDAY)
    fresh = paid_invoice(observed_at=MONDAY, **changes)
    look = e.InvoiceChecked(
        company="1", procedure_id="p", invoice_number="1001", wake_no=looking.wake_no, invoice=fresh
    )
    return steps.checked(looking, look, MONDAY, LAW, Arrears())


def test_fees_are_asked_for_alone_and_cost_nothing_more() -> None:
    after = looked_at(collecting())

    assert said(after) == ["fee.reminder_issued"]
    letter = after.news[0]
    assert isinstance(letter, e.FeeReminderIssued)
    assert (letter.outstanding, letter.fees, letter.total, letter.step) == (D("0.00"), D("100.00"), D("100.00"), 1)
    assert (letter.pay_by, after.pay_by) == (TODAY + timedelta(days=9), None)
    assert (after.pending, after.pending_kind, kinds(after)) == (True, "fee_reminder", kinds(collecting()))


def test_the_company_is_told_of_what_the_open_sum_is_made() -> None:
    lines = (
        Line("interest", 1, 0, D("7.00"), TODAY, "§ 5", "interest"),
        Line("compensation", 1, 0, D("310.00"), TODAY, "§ 9 a", "compensation"),
    )

    asked = told(running(1, TODAY, interest=True).booking(*lines), "1250.00", debtor=debtor(cvr="12345674"))
    unpaid = issuing.left_to_company(saved(asked))

    for news in (asked.news[-1], unpaid.news[-1]):
        assert isinstance(news, e.ProcedureCollectingFees | e.FeesUnpaid)
        assert (news.fees, news.interest, news.compensation) == (D("100.00"), asked.owed.interest, D("310.00"))
    assert asked.owed.interest > 0


def test_a_letter_for_fees_waits_ten_days_and_not_for_the_date_of_a_warning() -> None:
    warned = collecting().but(
        last_reminder_on=TODAY - timedelta(days=10), warned_on=TODAY - timedelta(days=10), pay_by=TODAY
    )
    before = warned.waking(MONDAY)

    after = steps.due(before, before.wake_no, MONDAY, timedelta(hours=2), KNOWN, POLICY)

    assert said(after) == ["invoice.check_requested"]


def test_after_two_letters_for_fees_the_company_decides() -> None:
    second = looked_at(collecting().but(fee_letters=1))
    after = looked_at(collecting().but(fee_letters=2))

    assert said(second) == ["fee.reminder_issued"]
    assert (after.stage, after.wake_at, said(after)) == ("collecting_fees", None, ["fees.unpaid"])


def test_fees_that_came_with_the_look_settle_it() -> None:
    after = looked_at(collecting(), surplus="100.00")

    assert (after.stage, after.reason) == ("settled", "fees_paid")


def test_a_look_that_finds_the_invoice_owed_again_reminds_of_all_of_it() -> None:
    looking = collecting().but(last_reminder_on=TODAY - timedelta(days=20)).waking(MONDAY)
    fresh = invoice(sequence=20, observed_at=MONDAY)
    look = e.InvoiceChecked(
        company="1", procedure_id="p", invoice_number="1001", wake_no=looking.wake_no, invoice=fresh
    )

    after = steps.checked(looking, look, MONDAY, LAW, Arrears())

    assert (after.stage, said(after)) == ("running", ["reminder.issued"])
    assert after.news[0].outstanding == D("1250.00")  # type: ignore[attr-defined]


# --- interest and compensation ---------------------------------------------------------------------------------------
def reminded(before: Procedure, day: date, **changes: Any) -> Procedure:
    now = MONDAY + (day - TODAY)
    looking = before.but(stage="checking").waking(now)
    look = e.InvoiceChecked(
        company="1",
        procedure_id="p",
        invoice_number="1001",
        wake_no=looking.wake_no,
        invoice=invoice(observed_at=now, **{"debtor": debtor(cvr="12345674")} | changes),
    )
    return steps.checked(looking, look, now, LAW, Arrears())


def trader(**policy: Any) -> Procedure:
    return running(**policy)


def test_a_reminder_to_a_trader_asks_for_interest_from_the_due_date_and_compensation_once() -> None:
    after = reminded(trader(interest=True, compensation=True), TODAY)

    issued = after.news[0]
    assert isinstance(issued, e.ReminderIssued)
    days = (TODAY - DUE_ON).days
    assert issued.interest == (D(1250) * D("9.75") / 100 * days / 365).quantize(D("0.01"))  # 4.67
    assert issued.compensation == D("310.00")
    second = reminded(saved(after.but(pending=False, step=1, last_reminder_on=TODAY)), TODAY + timedelta(days=10))
    assert second.owed.compensation == D("310.00")
    assert second.owed.interest == (D(1250) * D("9.75") / 100 * (days + 10) / 365).quantize(D("0.01"))  # simple


def test_a_consumer_pays_interest_from_thirty_days_after_the_invoice_and_no_compensation() -> None:
    asked = reminded(running(interest=True, compensation=True), TODAY, debtor=debtor(cvr=None))

    assert asked.owed.interest == D("0.00")  # issued on 2 February: from 4 March on
    later = reminded(running(interest=True, compensation=True), date(2026, 3, 14), debtor=debtor(cvr=None))
    assert later.owed.interest == (D(1250) * D("9.75") / 100 * 10 / 365).quantize(D("0.01"))
    assert later.owed.compensation == D("0.00")


def test_a_consumer_pays_no_interest_on_an_invoice_that_nobody_knows_the_date_of() -> None:
    after = reminded(running(interest=True), date(2026, 6, 14), debtor=debtor(cvr=None), issued_on=None)

    assert after.owed.interest == D("0.00")


def test_a_collection_notice_and_the_hand_over_ask_for_interest_up_to_their_day() -> None:
    policy = {"interest": True, "collection_notice": "after"}
    days = (TODAY - DUE_ON).days

    warned = reminded(running(3, TODAY - timedelta(days=10), **policy), TODAY)
    known = saved(warned).but(pending=False, warned_on=TODAY, last_reminder_on=TODAY)
    handed = reminded(known, TODAY + timedelta(days=15))

    asked, passed_on = warned.news[0], handed.news[0]
    assert isinstance(asked, e.CollectionNoticeIssued)
    assert isinstance(passed_on, e.ProcedureEscalated)
    assert asked.interest == (D(1250) * D("9.75") / 100 * days / 365).quantize(D("0.01"))
    assert passed_on.interest == (D(1250) * D("9.75") / 100 * (days + 15) / 365).quantize(D("0.01"))
    assert passed_on.interest_until == TODAY + timedelta(days=15)


def test_without_the_policy_nothing_is_charged_beside_the_fee() -> None:
    after = reminded(running(), TODAY)

    assert kinds(after) == ["fee"]


def test_compensation_falls_when_the_trader_turns_out_to_be_a_consumer() -> None:
    charged = saved(reminded(trader(compensation=True), TODAY).but(pending=False))

    after = told(charged, "0.00", debtor=debtor(cvr=None))

    assert (charged.owed.compensation, after.owed.compensation) == (D("310.00"), D("0.00"))


def test_a_trader_who_pays_a_part_owes_the_compensation_still() -> None:
    charged = saved(reminded(trader(compensation=True), TODAY).but(pending=False))

    after = told(charged, "250.00", debtor=debtor(cvr="12345674"))

    assert (after.owed.principal, after.owed.compensation) == (D("1000.00"), D("310.00"))


def test_more_interest_is_asked_for_by_a_letter_alone() -> None:
    """A consumer who turns out to be a trader owes interest from an earlier day on."""
    asked = reminded(running(interest=True), date(2026, 3, 14), debtor=debtor(cvr=None))

    after = told(saved(asked.but(pending=False)), "0.00", debtor=debtor(cvr="12345674"))

    assert asked.owed.interest > 0
    assert after.owed.interest == asked.owed.interest


def test_a_back_dated_payment_lowers_the_interest_of_every_letter_that_asked_for_some() -> None:
    first = saved(reminded(trader(interest=True), TODAY).but(pending=False, step=1, last_reminder_on=TODAY))
    second = saved(reminded(first, TODAY + timedelta(days=10)).but(pending=False))

    after = told(second, "625.00", debtor=debtor(cvr="12345674"), paid_on=DUE_ON)

    days = (TODAY - DUE_ON).days + 10
    assert after.owed.interest == (D(625) * D("9.75") / 100 * days / 365).quantize(D("0.01"))


def test_interest_that_was_covered_and_has_fallen_since_is_not_owed_when_the_rest_is_collected_after_all() -> None:
    charged = saved(reminded(trader(interest=True, fee_policy="cover"), TODAY).but(pending=False, step=1))
    covered = saved(told(charged, "1250.00", debtor=debtor(cvr="12345674"), paid_on=TODAY))
    later_due = {"debtor": debtor(cvr="12345674"), "due_on": DUE_ON + timedelta(days=7)}
    fallen = saved(told(covered, "1250.00", 3, **later_due))

    after = answers.decided(fallen, choice("collect", 1), MONDAY, LAW, POLICY)

    days = (TODAY - DUE_ON).days - 7
    assert (covered.reason, sums(fallen)) == ("covered", sums(covered))
    assert after.owed.interest == (D(1250) * D("9.75") / 100 * days / 365).quantize(D("0.01"))
    assert (after.owed.fee, after.owed.surplus) == (D("100.00"), D("0.00"))


def test_a_back_dated_payment_lowers_the_interest_that_was_asked_for() -> None:
    charged = saved(reminded(trader(interest=True), TODAY).but(pending=False))

    after = told(charged, "625.00", debtor=debtor(cvr="12345674"), paid_on=DUE_ON)

    days = (TODAY - DUE_ON).days
    assert after.owed.interest == (D(625) * D("9.75") / 100 * days / 365).quantize(D("0.01"))
    assert after.ledger[-1].amount < 0


def test_a_day_of_payment_that_is_known_later_lowers_the_interest_all_the_same() -> None:
    charged = saved(reminded(trader(interest=True), TODAY).but(pending=False))
    undated = saved(told(charged, "625.00", debtor=debtor(cvr="12345674")))

    dated = saved(told(undated, "625.00", 3, debtor=debtor(cvr="12345674"), paid_on=DUE_ON))
    again = told(dated, "625.00", 4, debtor=debtor(cvr="12345674"), paid_on=DUE_ON)
    later = told(dated, "625.00", 4, debtor=debtor(cvr="12345674"), paid_on=TODAY)

    at_once = told(charged, "625.00", debtor=debtor(cvr="12345674"), paid_on=DUE_ON)
    assert undated.owed.interest > dated.owed.interest == at_once.owed.interest
    assert (dated.owed.principal, dated.ledger) == (D("625.00"), again.ledger)
    assert later.ledger == dated.ledger


def test_interest_that_is_paid_late_is_not_asked_for_until_a_letter_does() -> None:
    charged = saved(reminded(trader(interest=True), TODAY).but(pending=False, step=1, last_reminder_on=TODAY))

    late = told(charged, f"{charged.owed.total}", debtor=debtor(cvr="12345674"), paid_on=TODAY)

    assert (late.stage, late.reason) == ("settled", "fees_paid")

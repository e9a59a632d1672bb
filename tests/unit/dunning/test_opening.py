from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from common import events as e
from dunning import charges, facts, letters, opening
from dunning.fees import Arrears
from dunning.ledger import standing
from dunning.policy import Policy
from tests.unit.dunning.procedures import (
    LAW,
    MONDAY,
    TODAY,
    awaiting,
    debtor,
    invoice,
    letter,
    overdue,
    paid_invoice,
    pending,
    running,
    said,
    saved,
)


def test_an_overdue_invoice_is_asked_about_and_starts_after_three_banking_days() -> None:
    procedure = opening.opened(overdue(), Policy(), None, MONDAY, LAW)

    assert procedure.stage == "awaiting_decision"
    assert said(procedure) == ["decision.requested"]
    asked = procedure.news[0]
    assert isinstance(asked, e.DecisionRequested)
    assert (asked.starts_on, asked.fetch_id) == (date(2026, 3, 5), "f")
    assert asked.procedure_version == procedure.version + 1
    assert procedure.wake_at == datetime(2026, 3, 5, 8, 0, tzinfo=UTC)  # 9 o'clock in Copenhagen


def test_silence_never_starts_where_the_company_chose_so() -> None:
    procedure = opening.opened(overdue(), Policy(silence="stay"), None, MONDAY, LAW)

    assert said(procedure) == ["decision.requested"]
    assert procedure.news[0].starts_on is None  # type: ignore[attr-defined]
    assert procedure.wake_at is None


def test_a_paused_company_is_not_asked() -> None:
    procedure = opening.opened(overdue(), Policy(paused=True), None, MONDAY, LAW)

    assert procedure.stage == "awaiting_decision"
    assert said(procedure) == []
    assert procedure.wake_at is None


@pytest.mark.parametrize(
    "policy",
    [Policy(smallest_amount=Decimal("1250.01")), Policy(never_dunned=("BF-1",))],
    ids=["too small", "never dunned"],
)
def test_what_is_not_worth_dunning_is_not_asked_about(policy: Policy) -> None:
    procedure = opening.opened(overdue(), policy, None, MONDAY, LAW)

    assert (procedure.stage, procedure.reason) == ("cancelled", "not_worth_dunning")
    assert said(procedure) == ["procedure.cancelled"]


def test_what_was_too_small_is_asked_about_once_a_payment_that_made_it_so_is_taken_back() -> None:
    policy = Policy(smallest_amount=Decimal("100.00"))
    small = saved(opening.opened(overdue(paid=Decimal("1200.00")), policy, None, MONDAY, LAW))
    more, still = (
        e.InvoiceChanged(company="12345674", invoice=invoice(sequence=2, paid=Decimal(paid)))
        for paid in ("0.00", "1160.00")
    )

    assert small.reason == "not_worth_dunning"
    assert opening.needs_new_round(small, more)
    assert said(opening.opened(more, policy, small, MONDAY, LAW)) == ["decision.requested"]
    assert not opening.needs_new_round(small, still)


def test_the_smallest_amount_itself_is_worth_dunning() -> None:
    assert opening.opened(overdue(), Policy(smallest_amount=Decimal("1250.00")), None, MONDAY, LAW).stage != "cancelled"


def test_a_payment_heard_first_is_kept_and_nothing_is_asked() -> None:
    event = e.InvoicePaid(company="12345674", invoice=paid_invoice(sequence=2))

    procedure = opening.opened(event, Policy(), None, MONDAY, LAW)

    assert (procedure.stage, procedure.sequence) == ("settled", 2)
    assert said(procedure) == []


def test_an_invoice_that_is_owed_again_gets_a_new_round_that_remembers_its_steps() -> None:
    before = running(2, TODAY).but(stage="settled", reason="paid", attempt=3, fee_letters=1, disputed=True)
    event = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=5))

    assert opening.needs_new_round(before, event)
    procedure = opening.opened(event, Policy(), before, MONDAY, LAW)

    assert (procedure.round, procedure.step, procedure.last_reminder_on) == (2, 2, TODAY)
    assert (procedure.attempt, procedure.fee_letters, procedure.disputed) == (3, 1, True)
    assert procedure.id != before.id
    assert procedure.ledger == before.ledger
    assert said(procedure) == ["decision.requested"]


def test_fees_of_an_earlier_round_are_collected_when_the_principal_is_paid_before_an_answer() -> None:
    settled = saved(facts.paid(running(1, TODAY), paid_invoice("100.00", sequence=2), MONDAY, LAW))
    bounced = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=3))
    again = saved(opening.opened(bounced, Policy(), settled, MONDAY, LAW))

    after = facts.paid(again, paid_invoice(sequence=4), MONDAY, LAW)

    assert (again.stage, again.owed.fee) == ("awaiting_decision", Decimal("100.00"))
    assert (after.stage, said(after)) == ("collecting_fees", ["procedure.collecting_fees"])


def test_nothing_promises_that_silence_starts_what_is_disputed() -> None:
    before = running(2, TODAY).but(stage="settled", reason="paid", disputed=True)
    event = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=5))

    asked = opening.opened(event, Policy(), before, MONDAY, LAW)
    told = letters.notice_sent(saved(asked), letter(e.LetterSent, what="notice", sent_at=MONDAY + timedelta(days=1)))

    assert asked.news[0].starts_on is None  # type: ignore[attr-defined]
    assert (asked.wake_at, told.wake_at) == (None, None)


def test_a_fee_counts_although_that_of_an_earlier_rounds_letter_was_taken_back() -> None:
    """The letter of the first round is still held when the payment is taken back."""
    settled = saved(facts.paid(pending(), paid_invoice(), MONDAY, LAW))
    event = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=20))
    again = opening.opened(event, Policy(), settled, MONDAY, LAW).but(stage="running")

    charged = charges.charged(again, TODAY, LAW, Arrears())

    assert settled.pending
    assert [line.amount for line in standing(charged.ledger, "fee")] == [Decimal("100.00")]


def test_a_company_that_said_stop_is_not_asked_again() -> None:
    stopped = awaiting().but(stage="cancelled", reason="stopped")
    event = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=5))

    assert not opening.needs_new_round(stopped, event)


def test_an_invoice_that_was_gone_and_is_there_again_is_asked_about_anew() -> None:
    gone = awaiting().but(stage="cancelled", reason="withdrawn")
    event = e.InvoiceReopened(company="12345674", invoice=invoice(sequence=5))

    assert opening.needs_new_round(gone, event)


def test_a_change_of_a_settled_invoice_opens_nothing() -> None:
    settled = awaiting().but(stage="settled", reason="paid")
    event = e.InvoiceChanged(company="12345674", invoice=paid_invoice(sequence=5, debtor=debtor(name="B")))

    assert not opening.needs_new_round(settled, event)


@pytest.mark.parametrize("kind", [e.InvoiceReopened, e.InvoiceChanged, e.InvoicePartlyPaid])
def test_an_invoice_that_is_owed_again_opens_a_round_whatever_says_so(kind: type[e.InvoiceEvent]) -> None:
    settled = awaiting().but(stage="settled", reason="paid")

    assert opening.needs_new_round(settled, kind(company="12345674", invoice=invoice(sequence=5)))
    assert not opening.needs_new_round(settled.but(reason="waived"), kind(company="1", invoice=invoice(sequence=5)))

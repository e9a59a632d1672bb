"""The last look before a letter goes to a debtor: reminders, collection notices and letters for fees alone."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import events as e
from notifier import held
from notifier.mailer import Unknown
from tests.unit.notifier import office as o
from tests.unit.notifier.office import NOW, Office, letter, letters, said

DAY = timedelta(days=1)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def rows(office: Office) -> None:
    o.company()


def notice(office: Office, pay_by: date = TODAY + 14 * DAY) -> None:
    """A collection notice is issued by itself, after three reminders."""
    o.reminded(step=3, pending_kind="collection_notice", last_reminder_on=TODAY - 10 * DAY)
    office.hear(o.noticed(pay_by=pay_by))


def fee_letter(office: Office, **fields: Any) -> None:
    """The principal is paid; a letter for the rest is issued."""
    o.reminded(**({"stage": "collecting_fees", "pending_kind": "fee_reminder", "step": 3} | fields))
    o.invoice(outstanding="0.00")
    office.hear(o.asked_for_fees(step=fields.get("fee_letters", 0) + 1))


def becomes_of_it(office: Office) -> str:
    """sent, or why not."""
    office.hear_all(e.LetterPlanned)
    return letter().state if letter().state != "withdrawn" else str(said(e.LetterWithdrawn)[-1].reason)


# --- they go ---------------------------------------------------------------------------------------------------------
def test_a_collection_notice_goes_and_says_so(office: Office) -> None:
    notice(office)

    assert becomes_of_it(office) == "sent"
    (sent,) = said(e.LetterSent)
    assert (sent.kind, sent.step, letter().pay_by) == ("collection_notice", 4, TODAY + 14 * DAY)


@pytest.mark.parametrize("fee_letters", [0, 1])
def test_a_letter_for_fees_alone_goes_though_nothing_is_outstanding(office: Office, fee_letters: int) -> None:
    fee_letter(office, fee_letters=fee_letters)

    assert becomes_of_it(office) == "sent"
    (sent,) = said(e.LetterSent)
    assert (sent.kind, sent.step) == ("fee_reminder", fee_letters + 1)
    assert (letter().outstanding, letter().charges) == (Decimal("0.00"), Decimal("300.00"))


def test_a_letter_for_fees_goes_though_the_fee_of_a_reminder_was_taken_back(office: Office) -> None:
    o.ledger("reversal", "0.00")
    fee_letter(office)

    assert becomes_of_it(office) == "sent"


# --- another letter is waited for ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pending_kind": "reminder"}, "stopped"),
        ({"pending": False}, "stopped"),
        ({"step": 4}, "stopped"),
        ({"attempt": 1}, "stopped"),
        ({"stage": "paused"}, "stopped"),
        ({"stage": "escalated"}, "stopped"),
        ({"stage": "collecting_fees"}, "paid"),
        ({"looked_at": NOW - 2 * DAY}, "stale"),
    ],
)
def test_a_notice_that_must_not_go_is_withdrawn(office: Office, change: dict[str, Any], reason: str) -> None:
    notice(office)
    o.change(**change)

    assert becomes_of_it(office) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pending_kind": "reminder", "step": 0}, "stopped"),
        ({"fee_letters": 1}, "stopped"),
        ({"stage": "running"}, "stopped"),
        ({"stage": "checking"}, "stopped"),
        ({"stage": "paused"}, "stopped"),
        ({"stage": "settled"}, "paid"),
        ({"debtor_email": "other@holm.example"}, "changed"),
    ],
)
def test_a_letter_for_fees_that_must_not_go_is_withdrawn(office: Office, change: dict[str, Any], reason: str) -> None:
    fee_letter(office)
    o.change(**change)

    assert becomes_of_it(office) == reason


# --- amounts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("account", "amount", "against"),
    [("interest", "4.10", "charged"), ("compensation", "-310.00", "charged"), ("fee", "-50.00", "lost")],
)
def test_other_charges_than_it_says_are_a_change(office: Office, account: str, amount: str, against: str) -> None:
    notice(office)
    o.ledger("waived", amount, account=account, against=against)

    assert becomes_of_it(office) == "changed"


def test_charges_of_an_earlier_round_count(office: Office) -> None:
    notice(office)
    o.earlier_round()
    o.ledger("fee", "100.00", procedure_id="p-earlier")

    assert becomes_of_it(office) == "changed"


@pytest.mark.parametrize("account", ["principal", "surplus", "company"])
def test_what_is_no_charge_does_not_count(office: Office, account: str) -> None:
    notice(office)
    o.ledger("paid", "7.00", account=account, against="received")

    assert becomes_of_it(office) == "sent"


def test_a_part_of_the_principal_that_is_written_off_is_not_asked_for(office: Office) -> None:
    o.reminded()
    o.ledger("waived", "-250.00", account="principal", against="lost")
    office.hear(o.issued(outstanding="1000.00"))

    assert becomes_of_it(office) == "sent"


def test_fees_that_were_paid_are_not_asked_for(office: Office) -> None:
    fee_letter(office)
    o.ledger("paid", "-300.00", against="received")

    assert becomes_of_it(office) == "paid"


def test_a_principal_that_is_owed_again_stops_a_letter_for_fees(office: Office) -> None:
    fee_letter(office)
    o.invoice(outstanding="1250.00")

    assert becomes_of_it(office) == "changed"


# --- what dunning has not heard --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "heard", "state"),
    [
        ("dispute", 0, "stopped"),
        ("paid", 0, "stopped"),
        ("call", 0, "sent"),
        ("withdraw", 0, "sent"),
        ("dispute", 1, "sent"),
        ("paid", 1, "sent"),
    ],
)
def test_an_objection_that_dunning_has_not_heard_counts(office: Office, kind: str, heard: int, state: str) -> None:
    notice(office)
    o.objection(kind)
    o.change(objection_no=heard)

    assert becomes_of_it(office) == state


@pytest.mark.parametrize(
    ("choices", "state"),
    [
        (("pause",), "stopped"),
        (("waive",), "stopped"),
        (("pause", "resume"), "sent"),
        (("stop", "start"), "sent"),
        (("start", "pause"), "stopped"),
        (("cover",), "sent"),
    ],
)
def test_the_company_s_newest_word_counts(office: Office, choices: tuple[str, ...], state: str) -> None:
    notice(office)
    for number, choice in enumerate(choices, 1):
        o.answer(choice, number)

    assert becomes_of_it(office) == state


@pytest.mark.parametrize(
    ("choice", "heard", "state"),
    [("cover", 0, "stopped"), ("received", 0, "stopped"), ("collect", 0, "sent"), ("received", 1, "sent")],
)
def test_fees_that_the_company_covers_are_not_asked_for(office: Office, choice: str, heard: int, state: str) -> None:
    fee_letter(office)
    o.answer(choice)
    o.change(fee_answer_no=heard)

    assert becomes_of_it(office) == state


# --- inkassoloven § 10, stk. 3 ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "state"), [(14, "sent"), (10, "sent"), (9, "stale")])
def test_a_notice_leaves_ten_days_before_its_date_or_not_at_all(office: Office, days: int, state: str) -> None:
    notice(office, pay_by=TODAY + days * DAY)

    assert becomes_of_it(office) == state


def test_the_ten_days_are_days_of_copenhagen(office: Office) -> None:
    notice(office, pay_by=TODAY + 10 * DAY)
    office.now = NOW.replace(hour=23, minute=30)  # half an hour past midnight there

    assert becomes_of_it(office) == "stale"


def test_a_reminder_with_the_notice_leaves_ten_days_before_its_date_or_not_at_all(office: Office) -> None:
    o.reminded()
    office.hear(o.issued(collection_notice=True, pay_by=TODAY + 9 * DAY))

    assert becomes_of_it(office) == "stale"


def test_a_reminder_that_is_no_notice_may_leave_later(office: Office) -> None:
    o.reminded()
    office.hear(o.issued(pay_by=TODAY + 5 * DAY))

    assert becomes_of_it(office) == "sent"


# --- what the law forbids, whatever dunning made of it ----------------------------------------------------------------
def reminder(office: Office, fee: str = "100.00", step: int = 1, **fields: Any) -> None:
    """It says what the ledger says, but that may be against the law."""
    o.reminded(**({"step": step - 1} | fields))
    o.charge(step - 1, 0, Decimal("100.00"))
    o.ledger("fee", fee, step=step)
    charges = {"fee": Decimal(fee), "fees": (step - 1) * Decimal("100.00") + Decimal(fee)}
    usual = {"procedure_version": 5, "step": step, "attempt": 0, "outstanding": Decimal("1250.00")}
    office.hear(o.of_procedure(e.ReminderIssued, **usual, **charges))


def why_held(office: Office) -> str:
    assert becomes_of_it(office) == "held"
    assert office.post.taken == []
    return letter(state="held").reason.partition(":")[0]


def test_a_fee_beyond_the_law_is_held_with_its_paragraph(office: Office) -> None:
    reminder(office, fee="100.01")

    assert why_held(office) == "renteloven § 9 b, stk. 2"
    assert said(e.LetterSent, e.LetterWithdrawn) == []


def test_a_fourth_fee_is_held(office: Office) -> None:
    reminder(office, step=4)

    assert why_held(office) == "renteloven § 9 b, stk. 2"


def test_a_fee_on_a_disputed_claim_is_held(office: Office) -> None:
    reminder(office, disputed=True)

    assert why_held(office) == "renteloven § 9 b, stk. 1"


@pytest.mark.parametrize("cvr", [None, "12345674"])
def test_compensation_from_a_consumer_is_held(office: Office, cvr: str | None) -> None:
    notice(office)
    o.change(debtor_cvr=cvr)
    o.ledger("compensation", "310.00", account="compensation")
    o.ledger("waived", "-310.00", against="lost")  # so that the sum is what the notice says

    assert becomes_of_it(office) == ("sent" if cvr else "held")


@pytest.mark.parametrize(("days", "state"), [(9, "held"), (10, "sent")])
@pytest.mark.parametrize("before", ["p-1042", "p-earlier"])
def test_a_fee_within_ten_days_of_any_letter_about_the_claim_is_held(
    office: Office, before: str, days: int, state: str
) -> None:
    reminder(office, step=2)
    o.earlier_round()
    o.mailed(NOW - days * DAY, procedure_id=before)

    office.hear_all(e.LetterPlanned)

    assert [row.state for row in letters(step=2)] == [state]


def test_what_is_free_may_leave_sooner(office: Office) -> None:
    reminder(office, step=2, fee="0.00")
    o.mailed(NOW - DAY)

    office.hear_all(e.LetterPlanned)

    assert [row.state for row in letters(step=2)] == ["sent"]


def test_a_fee_that_was_reversed_leaves_room(office: Office) -> None:
    reminder(office, step=4)
    o.ledger("reversal", "-100.00", step=2)
    o.ledger("interest", "100.00", account="interest")  # so that the sum is what the letter says

    assert becomes_of_it(office) == "sent"


def test_a_letter_that_the_law_forbids_stays_where_it_is_until_it_is_given_up(office: Office) -> None:
    reminder(office, fee="150.00")
    office.hear_all(e.LetterPlanned)

    held.release(letter().id, NOW)
    office.hear_all(e.LetterPlanned)
    assert letter().state == "held"
    held.discard(letter().id, NOW)

    assert letter().state == "withdrawn"
    assert office.post.taken == []


# --- held ------------------------------------------------------------------------------------------------------------
def hold(office: Office) -> None:
    office.post.troubles = [Unknown("cut")]
    office.hear_all(e.LetterPlanned)
    assert letter().state == "held"


def test_notices_and_letters_for_fees_are_held_as_reminders_are(office: Office) -> None:
    fee_letter(office, last_reminder_on=TODAY - 10 * DAY)
    hold(office)

    held.confirm(letter().id, TODAY, NOW)

    assert [(sent.kind, sent.step) for sent in said(e.LetterSent)] == [("fee_reminder", 1)]


def test_a_notice_left_ten_days_before_its_date_or_not_at_all(office: Office) -> None:
    notice(office, pay_by=TODAY + 10 * DAY)
    hold(office)

    with pytest.raises(held.NotThatDay):
        held.confirm(letter().id, TODAY + DAY, NOW + DAY)
    held.confirm(letter().id, TODAY, NOW + DAY)

    assert letter().state == "sent"

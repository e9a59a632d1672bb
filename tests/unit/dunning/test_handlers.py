"""The handlers on a real database: what is saved, what is said, and what a repeat does."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import db
from common import events as e
from common.cloudevents import from_wire
from common.inbox import AlreadyHandled
from common.tables import Company, FetchRun, LedgerLine, Letter, Outbox, Price, Procedure
from dunning import handlers, store, surroundings
from tests.unit.dunning.procedures import MONDAY, invoice, letter, overdue, paid_invoice

pytestmark = pytest.mark.usefixtures("company")


@pytest.fixture
def company(sqlite: str) -> None:
    with db.transaction():
        Company.create(cvr="12345674", name="Jensen VVS", email="jensen@vvs.example", created_at=MONDAY)
        FetchRun.create(fetch_id="f", company="12345674", state="finished", began_at=MONDAY)


def said(kind: str = "") -> list[e.Event]:
    with db.connection():
        rows = Outbox.select().where(Outbox.type == kind if kind else Outbox.id > 0).order_by(Outbox.id)
        return [from_wire(row.body) for row in rows]


def procedure() -> Procedure:
    with db.connection():
        return Procedure.get()


def hear(event: e.Event) -> None:
    name = f"on_{event.type.replace('.', '_')}"
    getattr(handlers, name)(event.identified("tests"), now=MONDAY)


def opened() -> str:
    hear(overdue())
    return str(procedure().id)


def run_to_reminder() -> str:
    procedure_id = opened()
    hear(answer(procedure_id, 1, "start"))
    hear(said("procedure.due")[-1])
    look = said("invoice.check_requested")[-1]
    assert isinstance(look, e.InvoiceCheckRequested)
    hear(checked(procedure_id, look.wake_no))
    return procedure_id


def answer(procedure_id: str, number: int, choice: e.Choice) -> e.DecisionMade:
    return e.DecisionMade(
        company="12345674",
        procedure_id=procedure_id,
        invoice_number="1001",
        answer_no=number,
        answered_at=MONDAY,
        choice=choice,
    )


def checked(procedure_id: str, wake_no: int) -> e.InvoiceChecked:
    return e.InvoiceChecked(
        company="12345674", procedure_id=procedure_id, invoice_number="1001", wake_no=wake_no, invoice=invoice()
    )


def test_invoice_overdue_asks_the_company_and_sets_the_timer() -> None:
    opened()

    assert [event.type for event in said()] == ["decision.requested", "procedure.due"]
    assert procedure().stage == "awaiting_decision"


def test_invoice_overdue_twice_is_one_procedure() -> None:
    opened()

    with pytest.raises(AlreadyHandled):
        hear(overdue())
    with pytest.raises(AlreadyHandled):
        hear(e.InvoiceChanged(company="12345674", invoice=invoice()))
    with db.connection():
        assert Procedure.select().count() == 1
    assert len(said()) == 2


def test_invoice_paid_before_invoice_overdue_asks_nobody() -> None:
    hear(e.InvoicePaid(company="12345674", invoice=paid_invoice(sequence=2)))
    with pytest.raises(AlreadyHandled):
        hear(overdue())

    assert procedure().stage == "settled"
    assert said() == []


def test_decision_made_and_a_look_issue_the_reminder_with_its_fee() -> None:
    run_to_reminder()

    assert [event.type for event in said()] == [
        "decision.requested",
        "procedure.due",
        "procedure.started",
        "procedure.due",
        "invoice.check_requested",
        "procedure.due",
        "reminder.issued",
    ]
    with db.connection():
        lines = [(line.kind, line.step, line.amount, line.event) for line in LedgerLine.select()]
    assert lines == [
        ("principal", 0, Decimal("1250.00"), overdue().identified("tests").id),
        ("fee", 1, Decimal("100.00"), checked(procedure().id, 3).identified("tests").id),
    ]


def test_letter_sent_sets_the_next_date_from_that_day() -> None:
    procedure_id = run_to_reminder()

    hear(replace(letter(e.LetterSent, sent_at=MONDAY), procedure_id=procedure_id))

    assert (procedure().step, procedure().pending) == (1, False)
    with db.connection():
        timer = Outbox.select().where(Outbox.type == "procedure.due").order_by(Outbox.id.desc()).first()
    assert timer.at.date() == MONDAY.date() + timedelta(days=10)


def kept_letter(procedure_id: str, **fields: Any) -> None:
    """The row of the letter that these events are about."""
    row: dict[str, Any] = {"id": "l", "company": "12345674", "about": procedure_id, "kind": "reminder", "step": 1}
    row |= {"procedure_id": procedure_id, "recipient": "ane@holm.example", "subject": "", "message_id": ""}
    with db.transaction():
        Letter.insert(row | {"content": b"", "planned_at": MONDAY} | fields).execute()


def test_letter_bounced_after_its_address_was_corrected_waits_for_no_other() -> None:
    procedure_id = run_to_reminder()
    kept_letter(procedure_id)
    hear(replace(letter(e.LetterSent, sent_at=MONDAY), procedure_id=procedure_id))
    corrected = replace(invoice().debtor, email="ny@holm.example")
    hear(e.InvoiceChanged(company="12345674", invoice=invoice(sequence=2, debtor=corrected)))

    hear(replace(letter(e.LetterBounced, reason="550", status="5.1.1"), procedure_id=procedure_id, letter_version=2))

    assert (procedure().step, procedure().unreachable_step) == (0, 0)
    assert procedure().wake_at.date() == MONDAY.date() + timedelta(days=10)


def test_letter_bounced_after_the_company_covered_it_costs_the_company_nothing() -> None:
    with db.transaction():
        Company.update(fee_policy="cover").execute()
        Price.create(item="reminder", from_on=MONDAY.date(), amount=Decimal("45.00"), set_at=MONDAY)
    procedure_id = run_to_reminder()
    hear(replace(letter(e.LetterSent, sent_at=MONDAY), procedure_id=procedure_id))
    hear(e.InvoicePaid(company="12345674", invoice=paid_invoice()))
    charged = costs()

    hear(replace(letter(e.LetterBounced, reason="550", status="5.1.1"), procedure_id=procedure_id, letter_version=2))

    assert (charged, costs()) == ([Decimal("45.00")], [Decimal("45.00"), Decimal("-45.00")])
    assert (procedure().stage, procedure().reason, procedure().step) == ("settled", "covered", 0)


def costs() -> list[Decimal]:
    with db.connection():
        booked = LedgerLine.select().where(LedgerLine.account == "company").order_by(LedgerLine.id)
        return [line.amount for line in booked]


def test_letter_sent_of_a_question_that_came_back_asked_nobody() -> None:
    procedure_id = opened()
    kept_letter(procedure_id, kind="notice", state="bounced")
    bounced = letter(e.LetterBounced, what="notice", reason="550", status="5.1.1")
    sent = letter(e.LetterSent, what="notice", sent_at=MONDAY)

    for event in (bounced, sent):
        with pytest.raises(AlreadyHandled):
            hear(replace(event, procedure_id=procedure_id))

    assert procedure().notified_on is None


def test_invoice_paid_while_the_reminder_waits_takes_its_fee_back() -> None:
    procedure_id = run_to_reminder()

    hear(e.InvoicePaid(company="12345674", invoice=paid_invoice()))
    hear(replace(letter(e.LetterWithdrawn, reason="paid"), procedure_id=procedure_id))

    assert (procedure().stage, procedure().reason, procedure().pending) == ("settled", "paid", False)
    with db.connection():
        assert sum(line.amount for line in LedgerLine.select()) == Decimal("0.00")


def test_a_void_timer_changes_nothing() -> None:
    opened()
    (timer,) = said("procedure.due")

    hear(answer(str(procedure().id), 1, "stop"))
    with pytest.raises(AlreadyHandled):
        hear(timer)

    assert procedure().stage == "cancelled"


def test_reopened_after_settling_is_a_second_round() -> None:
    opened()
    hear(e.InvoicePaid(company="12345674", invoice=paid_invoice()))

    hear(e.InvoiceReopened(company="12345674", invoice=invoice(sequence=10)))

    with db.connection():
        rounds = [(row.round, row.stage) for row in Procedure.select().order_by(Procedure.round)]
    assert rounds == [(1, "settled"), (2, "awaiting_decision")]


def test_an_answer_about_an_older_round_changes_nothing() -> None:
    first = opened()
    hear(e.InvoicePaid(company="12345674", invoice=paid_invoice(sequence=2)))
    hear(e.InvoiceReopened(company="12345674", invoice=invoice(sequence=3)))

    with pytest.raises(AlreadyHandled, match="a newer procedure"):
        hear(answer(first, 1, "stop"))

    with db.connection():
        assert {row.answer_no for row in Procedure.select()} == {0}


def test_objection_raised_in_an_older_round_disputes_the_newest() -> None:
    """It was on its way when the invoice was owed again."""
    first = opened()
    hear(e.InvoicePaid(company="12345674", invoice=paid_invoice(sequence=2)))
    hear(e.InvoiceReopened(company="12345674", invoice=invoice(sequence=3)))
    about = {"company": "12345674", "procedure_id": first, "invoice_number": "1001", "raised_at": MONDAY}

    with pytest.raises(AlreadyHandled, match="a newer procedure"):
        hear(e.ObjectionRaised(**about, objection_no=1, kind="call", latest={"call": 1}))  # type: ignore[arg-type]
    hear(e.ObjectionRaised(**about, objection_no=2, kind="dispute", latest={"call": 1, "dispute": 2}))  # type: ignore[arg-type]

    with db.connection():
        assert {row.round: row.disputed for row in Procedure.select()} == {1: False, 2: True}


def test_news_of_an_unknown_procedure_is_refused_by_name() -> None:
    with pytest.raises(store.NoSuchProcedure, match="nowhere"):
        hear(answer("nowhere", 1, "stop"))


def test_news_of_an_unknown_company_is_refused_by_name() -> None:
    with pytest.raises(surroundings.NoSuchCompany, match="10150817"):
        hear(e.InvoiceOverdue(company="10150817", invoice=invoice()))


def test_every_event_of_the_queue_has_one_line_in_the_table() -> None:
    from common.topology import SUBSCRIPTIONS

    assert [line.event for line in handlers.HANDLERS] == list(SUBSCRIPTIONS["dunning"])
    assert all(line.by.__name__ == f"on_{line.event.type.replace('.', '_')}" for line in handlers.HANDLERS)


def test_fetch_finished_wakes_what_waits_for_fresh_knowledge() -> None:
    with db.transaction():
        FetchRun.update(began_at=MONDAY - timedelta(days=9)).execute()
    procedure_id = opened()
    hear(answer(procedure_id, 1, "start"))
    hear(said("procedure.due")[-1])
    assert (procedure().held, said("invoice.check_requested")) == (1, [])

    with db.transaction():
        FetchRun.create(fetch_id="fresh", company="12345674", state="finished", began_at=MONDAY)
    hear(
        e.FetchFinished(company="12345674", fetch_id="fresh", began_at=MONDAY, seen=1, overdue=0, found=0, set_aside=0)
    )
    hear(said("procedure.due")[-1])

    assert procedure().held == 0
    assert len(said("invoice.check_requested")) == 1

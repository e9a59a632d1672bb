"""A company's pause ends: from its choice to the mail that asks, through the handlers of dunning and notifier."""

from contextlib import suppress
from typing import Any

import msgspec
import pytest

from common import db
from common import events as e
from common.cloudevents import from_wire
from common.inbox import AlreadyHandled
from common.secrets import Vault
from common.tables import KnownInvoice, Letter, NoticeBatch, Outbox, Procedure
from decisions import companies
from dunning import handlers as dunning
from tests.unit.notifier import office as o
from tests.unit.notifier.office import NOW, Office
from tests.unit.notifier.samples import CVR

VAULT = Vault("s" * 40)


class Firm:
    """A company that pauses while its invoices come in, one fetch a day."""

    def __init__(self) -> None:
        self.office = Office()
        o.company(paused=True)

    def finds(self, number: str, fetch_id: str) -> None:
        o.invoice(number)
        with db.connection():
            state = KnownInvoice.get(KnownInvoice.number == number).state
        invoice = msgspec.convert(state, e.Invoice)
        self.dun(e.InvoiceOverdue(company=CVR, invoice=invoice, fetch_id=fetch_id))

    def dun(self, event: e.Event) -> None:
        by: Any = getattr(dunning, f"on_{event.type.replace('.', '_')}")
        with suppress(AlreadyHandled):
            by(event if event.id else event.identified("tests"), now=self.office.now)

    def chooses(self, **choices: Any) -> Any:
        return companies.change(CVR, vault=VAULT, **choices)

    def works(self) -> None:
        """Dunning and the notifier hear all that was said; timers ring when they are due."""
        for kinds, hear in (
            ((e.PolicyAdopted, e.DecisionMade), self.dun),
            ((e.DecisionRequested, e.NoticesDue), self.office.hear),
        ):
            for event in said(*kinds):
                with suppress(AlreadyHandled):
                    hear(event)
        for event in said(e.NoticesDue):
            with suppress(AlreadyHandled):
                self.office.hear(event)


def said(*kinds: type[e.Event]) -> list[e.Event]:
    types = [kind.type for kind in kinds]
    with db.connection():
        return [from_wire(row.body) for row in Outbox.select().where(Outbox.type.in_(types)).order_by(Outbox.id)]


def letters() -> list[Letter]:
    with db.connection():
        return list(Letter.select().order_by(Letter.planned_at))


@pytest.fixture
def firm(database: str) -> Firm:
    return Firm()


def test_what_came_in_during_a_pause_is_asked_about_when_it_ends(firm: Firm) -> None:
    firm.finds("1001", "f-1")
    firm.finds("1002", "f-2")
    assert said(e.DecisionRequested) == []

    changed = firm.chooses(paused="no")
    firm.works()

    assert changed.asking == 2
    assert [letter.kind for letter in letters()] == ["notice", "notice"]


def test_much_that_came_in_day_by_day_is_asked_about_in_one_digest(firm: Firm) -> None:
    for day in range(21):
        firm.finds(str(1000 + day), f"f-{day}")

    firm.chooses(paused="no")
    firm.works()

    (digest,) = letters()
    assert digest.kind == "digest"
    with db.connection():
        assert NoticeBatch.select().count() == 1
        assert Procedure.select().where(Procedure.stage == "awaiting_decision").count() == 21


def test_what_was_asked_about_before_the_pause_is_not_asked_again(firm: Firm) -> None:
    firm.chooses(paused="no")
    firm.finds("1001", "f-1")
    firm.chooses(paused="yes")

    changed = firm.chooses(paused="no")
    firm.works()

    assert changed.asking == 0
    assert len(said(e.DecisionRequested)) == 1


def test_ending_a_pause_twice_asks_once(firm: Firm) -> None:
    firm.finds("1001", "f-1")

    counts = [firm.chooses(paused="no").asking for _ in range(2)]
    firm.works()
    counts.append(firm.chooses(paused="no").asking)
    firm.works()

    assert counts == [1, 0, 0]
    assert len(said(e.DecisionRequested)) == 1
    assert len(letters()) == 1


def test_another_choice_ends_no_pause(firm: Firm) -> None:
    firm.finds("1001", "f-1")

    changed = firm.chooses(fee="50")
    firm.works()

    assert changed.asking == 0
    assert said(e.PolicyAdopted, e.DecisionRequested) == []


def test_one_that_the_company_started_in_the_pause_is_not_asked_about(firm: Firm) -> None:
    firm.finds("1001", "f-1")
    with db.connection():
        procedure = Procedure.get()
    about: Any = {"company": CVR, "procedure_id": procedure.id, "invoice_number": "1001"}
    firm.dun(e.DecisionMade(**about, answer_no=1, answered_at=NOW, choice="start"))

    changed = firm.chooses(paused="no")
    firm.works()

    assert changed.asking == 0
    assert said(e.DecisionRequested) == []
    with db.connection():
        assert Procedure.get().stage == "running"

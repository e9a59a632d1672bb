"""Invoices whose histories dunning's own handlers write, day by day, as the other processes would have them do."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from common import db
from common import events as e
from common.calendar import office_opens
from common.tables import Answer, FetchRun, Letter, Notice, Outbox, Procedure
from decisions.numbers import Numbers
from dunning import handlers
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR


def hear(event: e.Event, on: date) -> None:
    handler = getattr(handlers, f"on_{event.type.replace('.', '_')}")
    handler(event.identified("tests"), now=office_opens(on) + timedelta(hours=1))


class History:
    """One invoice of 1,000 kr. that fell due on `due_on`, found on `found_on`."""

    def __init__(self, number: str, due_on: date, found_on: date, cvr: str = CVR, **fields: Any) -> None:
        self.cvr, self.sequence = cvr, 1
        self.state = cases.invoice(
            number,
            issued_on=due_on - timedelta(days=14),
            due_on=due_on,
            amount=Decimal("1000.00"),
            **{"debtor": e.Debtor(customer_number=f"C-{number}", name="Ane Holm", email="ane@holm.example")} | fields,
        )
        self._fetched(found_on)
        hear(e.InvoiceOverdue(company=cvr, invoice=self.state, fetch_id=f"f-{found_on}"), found_on)
        cases.known(self.state, cvr)

    @property
    def row(self) -> Procedure:
        with db.connection():
            mine = (Procedure.company == self.cvr) & (Procedure.invoice_number == self.state.number)
            newest: Procedure = Procedure.select().where(mine).order_by(Procedure.round.desc()).first()
        return newest

    def asked(self, on: date) -> "History":
        """The notice was sent."""
        letter_id = self._letter("notice", 0, on)
        with db.transaction():
            Notice.insert(procedure_id=self.row.id, company=self.cvr, fetch_id="f", letter_id=letter_id).execute()
        return self._sent("notice", 0, 0, letter_id, on)

    def answered(self, choice: Any, on: date, by: str = "") -> "History":
        row, at = self.row, office_opens(on)
        number = row.answer_no + row.fee_answer_no + 1
        with db.transaction():
            said: dict[str, Any] = {"procedure_id": row.id, "company": self.cvr, "answer_no": number, "choice": choice}
            Answer.insert(said | {"answered_at": at, "by": by}).execute()
        of_fees = choice in ("collect", "cover", "received")
        kind: Any = e.FeeDecisionMade if of_fees else e.DecisionMade
        hear(kind(**said, invoice_number=self.state.number, answered_at=at), on)
        return self

    def rings(self, on: date) -> "History":
        """Its timer does, after a good fetch of that day; and the ERP is looked at."""
        self._fetched(on)
        self._timer(on)
        if self.row.stage in ("checking", "collecting_fees") and self._looks():
            self._checked(on)
        elif self.row.stage == "running" and not self.row.pending:  # it has started by silence just now
            self._timer(on)
            self._checked(on)
        return self

    def reminded(self, on: date) -> "History":
        """Its timer rings, and the letter that is due leaves."""
        self.rings(on)
        row = self.row
        assert row.pending, (row.stage, row.reason, row.wake_at)
        step = row.fee_letters + 1 if row.pending_kind == "fee_reminder" else row.step + 1
        letter_id = self._letter(row.pending_kind, step, on, row.attempt)
        return self._sent(row.pending_kind, step, row.attempt, letter_id, on)

    def bounced(self, step: int, on: date) -> "History":
        mine = (Letter.procedure_id == self.row.id) & (Letter.kind == "reminder") & (Letter.step == step)
        with db.transaction():
            letter = Letter.select().where(mine).order_by(Letter.attempt.desc()).first()
            Letter.update(state="bounced").where(Letter.id == letter.id).execute()
        told: dict[str, Any] = {
            "letter_id": letter.id,
            "letter_version": 2,
            "kind": "reminder",
            "procedure_id": self.row.id,
        }
        told |= {"step": step, "attempt": letter.attempt, "reason": "550", "status": "5.1.1"}
        hear(e.LetterBounced(company=self.cvr, invoice_number=self.state.number, **told), on)
        return self

    def paid(self, amount: str, on: date, known_on: date | None = None) -> "History":
        """`amount` in all, says the ERP, paid that day."""
        paid = Decimal(amount)
        is_all = paid >= self.state.amount
        kind = e.InvoicePaid if is_all else e.InvoicePartlyPaid
        return self._told(kind, known_on or on, paid=paid, paid_on=on, status="paid" if is_all else "open")

    def reachable_at(self, email: str, on: date) -> "History":
        return self._told(e.InvoiceChanged, on, debtor=replace(self.state.debtor, email=email))

    def credited(self, on: date) -> "History":
        return self._told(e.InvoiceCredited, on, status="credited")

    def withdrawn(self, on: date) -> "History":
        return self._told(e.InvoiceWithdrawn, on, status="withdrawn")

    def reopened(self, on: date, paid: str = "0.00") -> "History":
        return self._told(e.InvoiceReopened, on, paid=Decimal(paid), paid_on=None, status="open")

    def objected(self, kind: Any, on: date) -> "History":
        row, at = self.row, office_opens(on)
        number = row.objection_no + 1
        cases.objection(row.id, number, kind, company=self.cvr, raised_at=at)
        told: dict[str, Any] = {
            "procedure_id": row.id,
            "invoice_number": self.state.number,
            "objection_no": number,
            "kind": kind,
        }
        hear(e.ObjectionRaised(company=self.cvr, raised_at=at, **told), on)
        return self

    # --- the machinery
    def _told(self, kind: Any, on: date, **changes: Any) -> "History":
        self.sequence += 1
        self.state = replace(self.state, sequence=self.sequence, observed_at=office_opens(on), **changes)
        hear(kind(company=self.cvr, invoice=self.state), on)
        cases.known(self.state, self.cvr)
        return self

    def _fetched(self, on: date) -> None:
        run: dict[str, Any] = {"fetch_id": f"f-{self.cvr}-{on}", "company": self.cvr, "state": "finished"}
        with db.transaction():
            FetchRun.insert(run | {"began_at": office_opens(on)}).on_conflict_ignore().execute()

    def _timer(self, on: date) -> None:
        row = self.row
        timer: dict[str, Any] = {"procedure_id": row.id, "invoice_number": self.state.number, "wake_no": row.wake_no}
        hear(e.ProcedureDue(company=self.cvr, **timer), on)

    def _looks(self) -> bool:
        with db.connection():
            asked = Outbox.select().where(Outbox.type.endswith("check_requested"), Outbox.subject.contains(self.row.id))
            return bool(asked.count()) or self.row.stage == "checking"

    def _checked(self, on: date) -> None:
        row, seen = self.row, replace(self.state, observed_at=office_opens(on) + timedelta(hours=1))
        look: dict[str, Any] = {"procedure_id": row.id, "invoice_number": self.state.number, "wake_no": row.wake_no}
        hear(e.InvoiceChecked(company=self.cvr, invoice=seen, **look), on)

    def _letter(self, kind: str, step: int, on: date, attempt: int = 0) -> str:
        row: dict[str, Any] = {
            "id": str(uuid4()),
            "company": self.cvr,
            "about": self.row.id,
            "kind": kind,
            "step": step,
        }
        row |= {"attempt": attempt, "procedure_id": self.row.id, "to_debtor": kind != "notice", "state": "sent"}
        row |= {"recipient": "ane@holm.example", "subject": "", "message_id": "", "content": b""}
        with db.transaction():
            Letter.insert(row | {"planned_at": office_opens(on), "sent_at": office_opens(on)}).execute()
        return str(row["id"])

    def _sent(self, kind: Any, step: int, attempt: int, letter_id: str, on: date) -> "History":
        told: dict[str, Any] = {"letter_id": letter_id, "letter_version": 1, "kind": kind, "procedure_id": self.row.id}
        told |= {"step": step, "attempt": attempt, "sent_at": office_opens(on)}
        hear(e.LetterSent(company=self.cvr, invoice_number=self.state.number, **told), on)
        return self


def parts(numbers: Numbers) -> dict[str, int]:
    """How procedures ended, without what none did."""
    return {name: count for name, count in numbers.ended.parts.items() if count}

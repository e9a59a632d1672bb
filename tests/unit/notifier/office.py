"""A notifier on a real database: rows as the other processes write them, and a mail server that is played."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from common import clock, db
from common import events as e
from common.cloudevents import from_wire
from common.inbox import AlreadyHandled
from common.tables import Answer, Company, KnownInvoice, LedgerLine, Letter, NoticeBatch, Objection, Outbox, Procedure
from notifier import app
from tests.unit.notifier.samples import CVR, SETTINGS

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
DUE = date(2026, 2, 16)
POLICY = {"fee": "100.00", "reminders": 3, "days_between": 10, "silence": "start", "start_days": 3}


@dataclass
class Post:
    """The mail server: takes every mail, or raises what is next in `troubles`."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    troubles: list[Exception] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)

    def send(self, recipient: str, content: bytes, bounces_to: str) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.senders.append(bounces_to)
        self.taken.append((recipient, content))


def company(**fields: Any) -> None:
    row = {"cvr": CVR, "name": "Jensen VVS ApS", "email": "jensen@vvs.example", "created_at": NOW}
    with db.transaction():
        Company.create(**(row | fields))


def invoice(number: str = "1042", outstanding: str = "1250.00", **debtor: Any) -> None:
    state = e.Invoice(
        number=number,
        sequence=1,
        status="open",
        issued_on=None,
        due_on=DUE,
        amount=Decimal("1250.00"),
        paid=Decimal("1250.00") - Decimal(outstanding),
        paid_on=None,
        payment_line="+71<1042+12345678<",
        debtor=e.Debtor(**({"customer_number": "K-1", "name": "Grethe Sørensen"} | debtor)),
        observed_at=NOW,
    )
    with db.transaction():
        KnownInvoice.delete().where(KnownInvoice.number == number).execute()
        KnownInvoice.insert(
            company=CVR,
            number=number,
            sequence=1,
            asked=True,
            tracked=True,
            outstanding=state.outstanding,
            state=msgspec.to_builtins(state),
        ).execute()


def procedure(number: str = "1042", *, stage: str = "awaiting_decision", **fields: Any) -> str:
    """A procedure of an invoice of that number, which is made; returns its id."""
    invoice(number)
    row = {
        "id": f"p-{number}",
        "company": CVR,
        "invoice_number": number,
        "round": 1,
        "version": 1,
        "stage": stage,
        "reason": "",
        "sequence": 1,
        "customer_number": "K-1",
        "debtor_email": "grethe@holm.example",
        "amount": Decimal("1250.00"),
        "paid": Decimal("0.00"),
        "due_on": DUE,
        "policy": POLICY,
        "opened_at": NOW,
        "answer_no": 0,
        "fee_answer_no": 0,
        "step": 0,
        "attempt": 0,
        "pending": False,
        "unreachable_step": 0,
        "wake_no": 0,
    }
    with db.transaction():
        Procedure.insert(row | fields).execute()
    return f"p-{number}"


def reminded(**fields: Any) -> str:
    """A procedure whose first reminder is issued and has not left."""
    usual: dict[str, Any] = {"stage": "running", "pending": True, "looked_at": NOW, "notified_on": DUE}
    return procedure(**(usual | fields))


def earlier_round() -> None:
    """An earlier procedure of the same invoice: p-earlier."""
    with db.transaction():
        newest: Any = Procedure.select().dicts().get()
        Procedure.insert(newest | {"id": "p-earlier", "round": 0, "stage": "settled", "pending": False}).execute()


def change(**fields: Any) -> None:
    with db.transaction():
        Procedure.update(**fields).execute()


def answer(choice: str, number: int = 1) -> None:
    with db.transaction():
        Answer.create(procedure_id="p-1042", company=CVR, answer_no=number, choice=choice, answered_at=NOW)


def ledger(kind: str, amount: str, **fields: Any) -> None:
    row = {"procedure_id": "p-1042", "company": CVR, "kind": kind, "step": 1, "attempt": 0, "booked_on": DUE}
    with db.transaction():
        LedgerLine.create(**(row | {"amount": Decimal(amount), "rule": ""} | fields))


def charge(steps: int, attempt: int, fee: Decimal) -> None:
    """The ledger as dunning has it when it issues that letter."""
    with db.transaction():
        LedgerLine.delete().where(LedgerLine.kind == "fee").execute()
    for step in range(1, steps + 1):
        ledger("fee", str(fee), step=step, attempt=attempt)


def mailed(sent_at: datetime, step: int = 1, procedure_id: str = "p-1042", **fields: Any) -> None:
    """An earlier letter to the debtor, as it was sent."""
    row = {"kind": "reminder", "state": "sent", "to_debtor": True, "recipient": "", "subject": "", "content": b""}
    about = {"id": f"{procedure_id}-{step}", "about": procedure_id, "procedure_id": procedure_id, "message_id": ""}
    with db.transaction():
        Letter.create(**(row | about | fields), company=CVR, step=step, planned_at=sent_at, sent_at=sent_at)


def objection(kind: str, number: int = 1, **fields: Any) -> None:
    with db.transaction():
        Objection.create(procedure_id="p-1042", company=CVR, objection_no=number, kind=kind, raised_at=NOW, **fields)


# --- what is said ----------------------------------------------------------------------------------------------------
@dataclass
class Office:
    """The handlers, as app.py binds them."""

    post: Post = field(default_factory=Post)
    now: datetime = NOW

    def hear(self, event: e.Event) -> None:
        heard = event if event.id else event.identified("tests")
        table = {line.event: line.by for line in app.handlers(SETTINGS, self.post.send)}
        table[type(heard)](heard, now=self.now)

    def hear_all(self, *kinds: type[e.Event]) -> None:
        """Everything of these kinds that was said, once; what is handled already is passed over."""
        for event in said(*kinds):
            with suppress(AlreadyHandled):
                self.hear(event)


def said(*kinds: type[e.Event]) -> list[Any]:
    types = [kind.type for kind in kinds] or list(e.EVENTS)
    with db.connection():
        return [from_wire(row.body) for row in Outbox.select().where(Outbox.type.in_(types)).order_by(Outbox.id)]


def due_at(kind: type[e.Event]) -> list[datetime]:
    with db.connection():
        return [row.at for row in Outbox.select().where(Outbox.type == kind.type).order_by(Outbox.id)]


def letters(**fields: Any) -> list[Letter]:
    with db.connection():
        rows = Letter.select().order_by(Letter.planned_at, Letter.id)
        return [row for row in rows if all(getattr(row, name) == value for name, value in fields.items())]


def letter(**fields: Any) -> Letter:
    (found,) = letters(**fields)
    return found


def batch(fetch_id: str = "f-1", **fields: Any) -> None:
    with db.transaction():
        NoticeBatch.create(fetch_id=fetch_id, company=CVR, **fields)


def let_lease_run_out() -> None:
    with db.transaction():
        Letter.update(leased_until=clock.real_now() - timedelta(seconds=1)).execute()


# --- events ----------------------------------------------------------------------------------------------------------
def of_procedure(kind: Any, number: str = "1042", /, **fields: Any) -> Any:
    return kind(company=CVR, procedure_id=f"p-{number}", invoice_number=number, **fields)


def requested(number: str = "1042", fetch_id: str | None = "f-1") -> e.Event:
    kind = e.DecisionRequested
    return of_procedure(kind, number, procedure_version=1, fetch_id=fetch_id, starts_on=None)  # type: ignore[no-any-return]


def finished(overdue: int, fetch_id: str = "f-1") -> e.Event:
    return e.FetchFinished(
        company=CVR, fetch_id=fetch_id, began_at=NOW, seen=overdue, overdue=overdue, found=0, set_aside=0
    )


def issued(step: int = 1, attempt: int = 0, outstanding: str = "1250.00", **fields: Any) -> e.Event:
    """As dunning says it, with the fees in the ledger."""
    fee = Decimal("100.00")
    charge(step, attempt, fee)
    amounts = {"fee": fee, "fees": fee * step, "outstanding": Decimal(outstanding)}
    version = 4 + step + 10 * attempt
    return of_procedure(e.ReminderIssued, procedure_version=version, step=step, attempt=attempt, **amounts, **fields)  # type: ignore[no-any-return]


def noticed(**fields: Any) -> e.Event:
    charge(3, 0, Decimal("100.00"))
    usual = {"procedure_version": 9, "step": 4, "attempt": 0, "fees": Decimal("300.00")}
    return of_procedure(e.CollectionNoticeIssued, **usual, outstanding=Decimal("1250.00"), **fields)  # type: ignore[no-any-return]


def asked_for_fees(step: int = 1, **fields: Any) -> e.Event:
    charge(3, 0, Decimal("100.00"))
    usual = {"procedure_version": 9 + step, "step": step, "attempt": 0, "fees": Decimal("300.00")}
    return of_procedure(e.FeeReminderIssued, **usual, outstanding=Decimal("0.00"), **fields)  # type: ignore[no-any-return]


def numbers(count: int) -> Iterable[str]:
    return [str(2000 + n) for n in range(count)]

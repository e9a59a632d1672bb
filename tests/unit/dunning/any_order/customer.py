"""One customer with several claims, on a real database: handlers, store and surroundings as they are; ERP, mail and
clock are played.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from hypothesis.stateful import RuleBasedStateMachine

from common import db, outbox
from common import events as e
from common.calendar import local_date
from common.cloudevents import from_wire
from common.inbox import AlreadyHandled
from common.tables import TABLES, Company, FetchRun, KnownInvoice, LedgerLine, Letter, Outbox, Procedure
from dunning import handlers
from notifier.sending import FRESH, why_not
from notifier.standing import standing
from tests.unit.dunning.any_order.mail import KIND_OF
from tests.unit.dunning.procedures import INVOICE, MONDAY

FIRM = "12345674"


class Sent(NamedTuple):
    """A letter that was issued: `on` is the day it left, None if it did not."""

    issued: Any
    row: Letter
    on: date | None = None


class Customer(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        db.use("sqlite:///")  # in memory
        with db.connection():
            db.handle.create_tables(TABLES)
        outbox.sign_as("tests")
        self.now = self.wrote_at = MONDAY
        self.invoices: dict[str, e.Invoice] = {}
        self.ended: dict[str, date] = {}  # when nothing was owed of it any more, as far as anybody knows
        self.timers: dict[str, e.ProcedureDue] = {}
        self.pool: list[e.Event] = []
        self.late: list[e.Event] = []
        self.letters: dict[tuple[str, str, int, int], Sent] = {}
        self.last_row = 0

    def teardown(self) -> None:
        db.handle.close_all()

    def opens(self, **policy: Any) -> None:
        with db.transaction():
            Company.create(cvr=FIRM, name="Jensen VVS", email="jensen@vvs.example", created_at=MONDAY, **policy)
        self.fetch()

    def fetch(self) -> None:
        with db.transaction():
            number = FetchRun.select().count()
            FetchRun.create(fetch_id=f"{number}", company=FIRM, state="finished", began_at=self.now)

    # --- the ERP
    def say(self, kind: type[e.InvoiceEvent], number: str, **changes: Any) -> None:
        """The fetcher writes down what it knows, and says so."""
        known = self.invoices.get(number)
        before = known or replace(INVOICE, number=number, sequence=0)
        after = replace(before, sequence=before.sequence + 1, observed_at=self.now, **changes)
        self.invoices[number] = after
        self.ended.pop(number, None)
        if not after.outstanding:
            self.ended[number] = max(after.paid_on or local_date(self.now), after.due_on)
        row = {"sequence": after.sequence, "outstanding": after.outstanding, "state": msgspec.to_builtins(after)}
        row |= {"asked": True, "tracked": True, "customer_number": after.debtor.customer_number}
        with db.transaction():
            KnownInvoice.insert(company=FIRM, number=number, **row).on_conflict_replace().execute()
        self.hear(kind(company=FIRM, invoice=after, fetch_id="0"))

    def start(self, number: str) -> None:
        with db.connection():
            rounds = Procedure.select().where(Procedure.invoice_number == number).order_by(Procedure.round.desc())
            newest, company = rounds.first(), FIRM
        about = {"company": company, "procedure_id": newest.id, "invoice_number": number}
        self.hear(e.DecisionMade(**about, answer_no=1, answered_at=self.now, choice="start"))

    # --- dunning
    def hear(self, event: e.Event) -> None:
        by: Any = getattr(handlers, f"on_{event.type.replace('.', '_')}")
        with suppress(AlreadyHandled):
            by(event.identified("tests"), now=self.now)
        with db.connection():
            said = list(Outbox.select().where(Outbox.id > self.last_row).order_by(Outbox.id))
        for row in said:
            self.last_row = row.id
            self.told(from_wire(row.body), row.at)

    def told(self, said: Any, at: datetime) -> None:
        match said:
            case e.ProcedureDue():
                self.timers[said.procedure_id] = said
            case e.InvoiceCheckRequested():
                about = {"company": FIRM, "procedure_id": said.procedure_id, "invoice_number": said.invoice_number}
                looked_at = replace(self.invoices[said.invoice_number], observed_at=self.now)
                self.pool.append(e.InvoiceChecked(**about, wake_no=said.wake_no, invoice=looked_at))
            case e.ReminderIssued() | e.CollectionNoticeIssued() | e.FeeReminderIssued():
                self.issued(said)

    def issued(self, said: Any) -> None:
        key = (said.procedure_id, KIND_OF[type(said)], said.step, said.attempt)
        assert key not in self.letters, "the notifier takes it for one that it has written"
        self.letters[key] = Sent(said, self.written(said))

    def written(self, said: Any) -> Letter:
        kind = KIND_OF[type(said)]
        warns = kind == "collection_notice" or getattr(said, "collection_notice", False)
        with db.connection():
            recipient = Procedure.get_by_id(said.procedure_id).debtor_email
        return Letter(
            procedure_id=said.procedure_id,
            kind=kind,
            step=said.step,
            attempt=said.attempt,
            recipient=recipient,
            outstanding=said.outstanding,
            charges=said.total - said.outstanding,
            pay_by=said.pay_by if warns else None,
        )

    # --- time and mail
    def ring(self) -> None:
        """Timers of today."""
        for procedure_id, timer in sorted(self.timers.items()):
            with db.connection():
                wake_at = Procedure.get_by_id(procedure_id).wake_at
            if wake_at and wake_at <= self.now:
                self.hear(timer)

    def next_timer(self) -> datetime | None:
        with db.connection():
            waiting = [row.wake_at for row in Procedure.select().where(Procedure.wake_at.is_null(False))]
        return min(waiting, default=None)

    def hear_all(self) -> None:
        while self.pool:
            self.hear(self.pool.pop(0))

    def waiting(self) -> list[Sent]:
        return [letter for letter in self.letters.values() if letter.row.state == "planned"]

    def post(self, letter: Sent, *, is_heard_late: bool = False) -> None:
        with db.connection():
            reason = why_not(*standing(letter.row), self.now - FRESH, local_date(self.now))
        if reason:
            letter.row.state = "withdrawn"
            self.hear(self.news(letter, e.LetterWithdrawn, reason=reason))
            return
        letter.row.state = "sent"
        key = (letter.issued.procedure_id, letter.row.kind, letter.row.step, letter.row.attempt)
        self.letters[key] = letter._replace(on=local_date(self.now))
        sent = self.news(letter, e.LetterSent, sent_at=self.now)
        if is_heard_late:
            self.late.append(sent)
        else:
            self.hear(sent)

    def news(self, letter: Sent, kind: type[e.LetterEvent], **fields: Any) -> e.LetterEvent:
        issued, row = letter.issued, letter.row
        return kind(
            company=FIRM,
            letter_id=f"{issued.invoice_number}/{row.kind}/{row.step}/{row.attempt}",
            letter_version=1,
            kind=KIND_OF[type(issued)],
            procedure_id=issued.procedure_id,
            invoice_number=issued.invoice_number,
            step=row.step,
            attempt=row.attempt,
            **fields,
        )

    # --- what he is asked for
    def fees(self) -> list[tuple[str, date]]:
        """The fees that stand: the claim, and the day the letter left, or was written if it hasn't."""
        booked = self.booked()
        back = {(number, step, attempt) for number, kind, _, step, attempt, *_ in booked if kind == "reversal"}
        reminders = [letter for letter in self.letters.values() if letter.row.kind == "reminder"]
        left = {(x.issued.invoice_number, x.row.step, x.row.attempt): x.on for x in reminders}
        return [
            (number, left.get((number, step, attempt)) or day)
            for number, kind, _, step, attempt, day, _ in booked
            if kind == "fee" and (number, step, attempt) not in back
        ]

    def booked(self) -> list[Any]:
        """Each line's claim, kind, account, step, attempt, day and kroner."""
        of, line = Procedure.invoice_number, LedgerLine
        columns = (of, line.kind, line.account, line.step, line.attempt, line.booked_on, line.amount)
        lines: Any = line.select(*columns).join(Procedure, on=(Procedure.id == line.procedure_id))
        with db.connection():
            return list(lines.order_by(line.id).tuples())

    def in_arrears_since(self, day: date) -> date:
        """The first day of the days without a gap, up to this one, on each of which he owed something."""
        owed: set[date] = {day}
        for number, invoice in self.invoices.items():
            on, until = invoice.due_on + timedelta(days=1), self.ended.get(number, day)
            while on <= min(until, day):
                owed.add(on)
                on += timedelta(days=1)
        while day - timedelta(days=1) in owed:
            day -= timedelta(days=1)
        return day

    def sums(self) -> Counter[str]:
        """Kroner on each account of each claim."""
        found: Counter[str] = Counter()
        for number, _, account, _, _, _, kroner in self.booked():
            found[f"{number} {account}"] += kroner
        return found

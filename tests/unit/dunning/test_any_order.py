"""Whatever happens in whatever order: no legal ceiling breaks, no krone is lost or invented, no letter goes twice.

A machine plays ERP, company, debtor, mail server and clock; messages come late, twice and in any order.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from common import events as e
from common.calendar import local_date
from common.frozen import but
from common.ledger import PAYABLE, owed
from common.money import ZERO
from dunning import answers, facts, letters, objecting, opening, steps
from dunning.fees import Arrears
from dunning.knowledge import Knowledge
from dunning.ledger import Ledger, standing, total
from dunning.policy import Policy
from dunning.procedure import LETTERS, NothingToDo, Procedure
from tests.unit.dunning.procedures import INVOICE, LAW, MONDAY

AMOUNT = INVOICE.amount
LETTER_EVENTS = (e.ReminderIssued, e.CollectionNoticeIssued, e.FeeReminderIssued)
KIND_OF = dict(zip(LETTER_EVENTS, LETTERS, strict=True))
INVOICE_RULES: dict[type[e.Event], Any] = {
    e.InvoiceOverdue: facts.changed,
    e.InvoiceChanged: facts.changed,
    e.InvoicePartlyPaid: facts.changed,
    e.InvoicePaid: facts.paid,
    e.InvoiceCredited: facts.credited,
    e.InvoiceWithdrawn: facts.withdrawn,
    e.InvoiceReopened: facts.changed,
}
money = st.sampled_from(["0.01", "40.00", "100.00", "625.00", "1250.00", "1350.00", "1999.99"]).map(Decimal)
policies = st.builds(
    Policy,
    fee=st.sampled_from(["0.00", "50.00", "100.00", "250.00"]).map(Decimal),
    reminders=st.integers(1, 3),
    days_between=st.sampled_from([3, 10, 14]),
    fee_policy=st.sampled_from(["collect", "cover"]),
    silence=st.sampled_from(["start", "stay"]),
    interest=st.booleans(),
    due_date_agreed=st.booleans(),
    compensation=st.booleans(),
    collection_notice=st.sampled_from(["with_last", "after"]),
    collection_fee=st.sampled_from(["0.00", "100.00"]).map(Decimal),
    arrears=st.sampled_from(["customer", "claim"]),
)


class Mail:
    """A letter that was issued, and what the debtor has seen of it."""

    def __init__(self, issued: Any, recipient: str | None = None) -> None:
        self.issued: Any = issued
        self.recipient = recipient or ""
        self.kind: Any = KIND_OF[type(issued)]
        self.sent_at: datetime | None = None
        self.state = "planned"

    def event(self, kind: type[e.LetterEvent], **fields: Any) -> e.LetterEvent:
        issued = self.issued
        return kind(
            company=issued.company,
            letter_id=f"{self.kind}/{issued.step}/{issued.attempt}",
            letter_version=1,
            kind=self.kind,
            procedure_id=issued.procedure_id,
            invoice_number=issued.invoice_number,
            step=issued.step,
            attempt=issued.attempt,
            **fields,
        )


class AnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.erp = INVOICE
        self.rounds: dict[str, Procedure] = {}
        self.newest = ""
        self.ledger: Ledger = ()
        self.pool: list[e.Event] = []  # what was said, and may be heard at any time, or twice
        self.heard: set[tuple[Any, ...]] = set()
        self.mails: list[Mail] = []
        self.policy = Policy()
        self.answer_no = self.objection_no = self.policy_no = 0
        self.answers: dict[Any, int] = {}  # the last of each choice
        self.objections: dict[Any, int] = {}
        self.was_interest = False
        self.is_prompt = True

    @initialize(policy=policies, cvr=st.sampled_from([None, "12345674"]), steps_done=st.integers(0, 5))
    def first(self, policy: Policy, cvr: str | None, steps_done: int) -> None:
        self.policy, self.was_interest = policy, policy.interest
        self.erp = replace(INVOICE, debtor=replace(INVOICE.debtor, cvr=cvr))
        self.hear(e.InvoiceOverdue(company="12345674", invoice=self.erp, fetch_id="f"))
        if steps_done:
            self.answer("start")
            self.live_on(steps_done)

    # --- what happens out there
    def say(self, event: e.Event) -> None:
        """On a prompt day it is heard at once; it may be heard again, or late, all the same."""
        self.pool.append(event)
        if self.is_prompt:
            self.hear(event)

    @rule(is_prompt=st.booleans())
    def change_the_day(self, is_prompt: bool) -> None:
        self.is_prompt = is_prompt

    def say_of_the_erp(self, kind: type[e.InvoiceEvent], **changes: Any) -> None:
        self.erp = replace(self.erp, sequence=self.erp.sequence + 1, observed_at=self.now, **changes)
        self.say(kind(company="12345674", invoice=self.erp, fetch_id="f"))

    @rule(amount=money, days_ago=st.integers(0, 40))
    def pay(self, amount: Decimal, days_ago: int) -> None:
        paid, on = self.erp.paid + amount, local_date(self.now) - timedelta(days=days_ago)
        is_full = paid >= self.erp.amount
        if self.erp.status in ("open", "paid"):
            kind = e.InvoicePaid if is_full else e.InvoicePartlyPaid
            self.say_of_the_erp(kind, paid=paid, paid_on=on, status="paid" if is_full else "open")

    @precondition(lambda self: self.erp.outstanding > ZERO)
    @rule(extra=st.sampled_from(["0.00", "0.00", "60.00"]).map(Decimal), months=st.integers(0, 3))
    def pay_the_rest(self, extra: Decimal, months: int) -> None:
        self.pay(self.erp.outstanding + extra, 0)
        self.live_on(months)

    @rule(amount=money)
    def take_back(self, amount: Decimal) -> None:
        if self.erp.paid and self.erp.status in ("open", "paid"):
            paid = max(self.erp.paid - amount, ZERO)
            is_open = paid < self.erp.amount
            kind = e.InvoiceReopened if is_open and self.erp.status == "paid" else e.InvoiceChanged
            self.say_of_the_erp(kind if is_open else e.InvoicePaid, paid=paid, status="open" if is_open else "paid")

    @rule(amount=st.sampled_from(["200.00", "1000.00", "1250.00", "2000.00"]).map(Decimal))
    def change_the_amount(self, amount: Decimal) -> None:
        if self.erp.status == "open" and amount > self.erp.paid:
            self.say_of_the_erp(e.InvoiceChanged, amount=amount)

    @rule(kind=st.sampled_from([e.InvoiceCredited, e.InvoiceWithdrawn]))
    def end(self, kind: type[e.InvoiceEvent]) -> None:
        self.say_of_the_erp(kind, status="credited" if kind is e.InvoiceCredited else "withdrawn")

    @precondition(lambda self: self.erp.status in ("credited", "withdrawn"))
    @rule()
    def reopen(self) -> None:
        is_open = self.erp.paid < self.erp.amount
        self.say_of_the_erp(e.InvoiceReopened if is_open else e.InvoicePaid, status="open" if is_open else "paid")

    @rule(email=st.sampled_from([None, "ane@holm.example", "ny@holm.example"]), cvr=st.sampled_from([None, "12345674"]))
    def change_the_debtor(self, email: str | None, cvr: str | None) -> None:
        if self.erp.status == "open":
            self.say_of_the_erp(e.InvoiceChanged, debtor=replace(self.erp.debtor, email=email, cvr=cvr))

    @rule(
        choice=st.sampled_from(["start", "start", "stop", "pause", "resume", "waive", "collect", "cover", "received"])
    )
    def answer(self, choice: Any) -> None:
        self.answer_no += 1
        self.answers[choice] = self.answer_no
        kind = e.FeeDecisionMade if choice in ("collect", "cover", "received") else e.DecisionMade
        self.say(
            kind(
                company="12345674",
                procedure_id=self.newest,
                invoice_number="1001",
                answer_no=self.answer_no,
                answered_at=self.now,
                choice=choice,
                latest=dict(self.answers),
                objections=dict(self.objections),
            )
        )

    @rule(kind=st.sampled_from(["dispute", "paid", "call", "withdraw"]))
    def object(self, kind: Any) -> None:
        self.objection_no += 1
        self.objections[kind] = self.objection_no
        self.say(
            e.ObjectionRaised(
                company="12345674",
                procedure_id=self.newest,
                invoice_number="1001",
                objection_no=self.objection_no,
                kind=kind,
                raised_at=self.now,
                latest=dict(self.objections),
            )
        )

    @rule(policy=policies, adopted=st.booleans())
    def choose_another_policy(self, policy: Policy, adopted: bool) -> None:
        self.policy, self.policy_no = policy, self.policy_no + 1
        self.was_interest = self.was_interest or policy.interest
        if adopted:
            self.say(
                e.PolicyAdopted(
                    company="12345674", procedure_id=self.newest, invoice_number="1001", policy_no=self.policy_no
                )
            )

    @rule(days=st.sampled_from([0, 1, 3, 9, 10, 11, 15, 40]))
    def pass_time(self, days: int) -> None:
        self.now += timedelta(days=days, hours=2)

    # --- what is heard
    @rule(data=st.data())
    def hear_any(self, data: st.DataObject) -> None:
        if self.pool:
            self.hear(data.draw(st.sampled_from(self.pool)))

    @rule(times=st.integers(1, 12))
    def hear_what_is_due(self, times: int) -> None:
        """In order, as on a good day: so that procedures get far."""
        for _ in range(times):
            unheard = [event for event in self.pool if self.key(event) not in self.heard and not self.is_early(event)]
            if not unheard:
                break
            self.hear(unheard[0])

    @rule(data=st.data())
    def deliver_mail(self, data: st.DataObject) -> None:
        waiting = [mail for mail in self.mails if mail.state == "planned"]
        if waiting:
            self.post(
                data.draw(st.sampled_from(waiting)), data.draw(st.sampled_from(["sent", "sent", "sent", "failed"]))
            )

    @rule(times=st.integers(1, 4))
    def live_on(self, times: int) -> None:
        """Timers ring, the ERP answers, mail leaves."""
        for _ in range(times):
            wake_at = self.rounds[self.newest].wake_at
            self.now = max(self.now, wake_at) if wake_at else self.now
            self.hear_what_is_due(times=12)
            for mail in [mail for mail in self.mails if mail.state == "planned"]:
                self.post(mail, "sent")
            self.hear_what_is_due(times=12)

    @rule(data=st.data())
    def bounce(self, data: st.DataObject) -> None:
        taken = [mail for mail in self.mails if mail.state == "sent"]
        if taken:
            mail = data.draw(st.sampled_from(taken))
            mail.state = "bounced"
            self.pool.append(mail.event(e.LetterBounced, reason="550", status="5.1.1", recipient=mail.recipient))

    def post(self, mail: Mail, outcome: str) -> None:
        """The notifier's last look, and the mail server's answer."""
        now = self.rounds[mail.issued.procedure_id]
        if not letters._is_awaited(now, mail.event(e.LetterHeld)) or now.stage not in letters.STEPPING:
            mail.state = "withdrawn"
            self.pool.append(mail.event(e.LetterWithdrawn, reason="stopped"))
        elif (now.owed.principal, now.owed.charges) != (
            mail.issued.outstanding,
            mail.issued.total - mail.issued.outstanding,
        ):
            mail.state = "withdrawn"
            self.pool.append(mail.event(e.LetterWithdrawn, reason="changed"))
        elif outcome == "failed":
            mail.state = "failed"
            self.pool.append(mail.event(e.LetterFailed, reason="550", recipient=mail.recipient))
        else:
            mail.state, mail.sent_at = "sent", self.now
            self.pool.append(mail.event(e.LetterSent, sent_at=self.now))

    # --- dunning, as its handlers are
    def key(self, event: e.Event) -> tuple[Any, ...]:
        return (event.type, event.subject, event.version.format(e=event))

    def is_early(self, event: e.Event) -> bool:
        return isinstance(event, e.ProcedureDue) and (self.rounds[event.procedure_id].wake_at or self.now) > self.now

    def hear(self, event: Any) -> None:
        if self.key(event) in self.heard or self.is_early(event):
            return
        self.heard.add(self.key(event))
        try:
            before, after = self.applied(event)
        except NothingToDo:
            return
        self.save(before, after, event)

    def applied(self, event: Any) -> tuple[Procedure | None, Procedure]:
        if type(event) in INVOICE_RULES:
            return self.invoice(event)
        before = self.rounds[event.procedure_id].but(ledger=self.ledger)
        if not isinstance(event, e.LetterEvent) and event.procedure_id != self.newest:
            raise NothingToDo
        return before, self.ruled(before, event)

    def invoice(self, event: Any) -> tuple[Procedure | None, Procedure]:
        before = self.rounds[self.newest].but(ledger=self.ledger) if self.newest else None
        if before and event.invoice.sequence <= before.sequence:
            raise NothingToDo
        if before is None or opening.needs_new_round(before, event):
            return None, opening.opened(event, self.policy, before, self.now, LAW)
        return before, INVOICE_RULES[type(event)](before, event.invoice, self.now, LAW)

    def ruled(self, before: Procedure, event: Any) -> Procedure:
        now, known = self.now, Knowledge(fetch_id="f", began_at=self.now)
        match event:
            case e.DecisionMade() | e.FeeDecisionMade():
                return answers.decided(before, event, now, LAW, self.policy)
            case e.PolicyAdopted():
                return answers.adopted(before, event, self.policy, now)
            case e.ObjectionRaised():
                return objecting.objected(before, event, now)
            case e.ProcedureDue():
                return steps.due(before, event.wake_no, now, timedelta(hours=2), known, self.policy)
            case e.InvoiceChecked():
                return steps.checked(before, event, now, LAW, Arrears())
            case e.LetterSent(kind="notice"):
                return letters.notice_sent(before, event)
            case e.LetterSent():
                return letters.letter_sent(before, event)
            case e.LetterFailed():
                return letters.letter_failed(before, event, now)
            case e.LetterWithdrawn():
                return letters.letter_withdrawn(before, event, now)
            case e.LetterBounced():
                return letters.letter_bounced(before, event, now)
        raise AssertionError(event)

    def save(self, before: Procedure | None, after: Procedure, event: e.Event) -> None:
        assert after.ledger[: len(self.ledger)] == self.ledger, "the ledger is append-only"
        self.ledger = (*self.ledger, *[but(line, event=event.type) for line in after.ledger[len(self.ledger) :]])
        saved = after.but(version=after.version + 1, news=())
        self.rounds[after.id] = saved
        if before is None:
            self.newest, self.answers, self.objections = after.id, {}, {}
        assert len({self.key(said) for said in after.news}) == len(after.news), "the outbox would refuse it"
        if after.wake_at and after.wake_no != (before.wake_no if before else 0):
            self.pool.append(
                e.ProcedureDue(company="12345674", procedure_id=after.id, invoice_number="1001", wake_no=after.wake_no)
            )
        for said in after.news:
            self.told(said, after)

    def told(self, said: Any, after: Procedure) -> None:
        if isinstance(said, LETTER_EVENTS):
            self.check_issued(said, after)
            self.mails.append(Mail(said, after.debtor_email))
        if isinstance(said, e.DecisionRequested):
            notice = Mail(
                e.ReminderIssued(
                    company="12345674",
                    procedure_id=said.procedure_id,
                    invoice_number="1001",
                    procedure_version=1,
                    step=0,
                    attempt=0,
                    fee=ZERO,
                    fees=ZERO,
                    outstanding=ZERO,
                )
            )
            notice.kind = "notice"
            self.pool.append(notice.event(e.LetterSent, sent_at=self.now))
        if isinstance(said, e.InvoiceCheckRequested):
            self.pool.append(
                e.InvoiceChecked(
                    company="12345674",
                    procedure_id=said.procedure_id,
                    invoice_number="1001",
                    wake_no=said.wake_no,
                    invoice=replace(self.erp, observed_at=self.now),
                )
            )

    # --- what must always hold
    def check_issued(self, said: Any, after: Procedure) -> None:
        today = local_date(self.now)
        assert after.stage == ("collecting_fees" if isinstance(said, e.FeeReminderIssued) else "running")
        assert said.total > ZERO, "a letter that asks for nothing"
        assert said.total == after.owed.total, "a letter that says something else than the ledger"
        assert (said.outstanding > ZERO) is not isinstance(said, e.FeeReminderIssued)
        assert said.pay_by >= today + timedelta(days=10)
        last = after.last_reminder_on
        assert last is None or (today - last).days >= 10, "two letters within ten days"
        if isinstance(said, e.ReminderIssued):
            assert not (after.disputed and said.fee), "a fee on a disputed claim"
        waiting = [mail for mail in self.mails if mail.state == "planned" and mail.issued.procedure_id == after.id]
        assert waiting == [], "another letter is under way"

    @invariant()
    def money_is_neither_lost_nor_invented(self) -> None:
        if not self.newest:
            return
        now, sums = self.rounds[self.newest], owed(self.ledger)
        assert -sum(line.amount for line in self.ledger if line.against == "received") == now.paid
        assert all(getattr(sums, account) >= ZERO for account in PAYABLE), sums
        assert sums.surplus <= ZERO
        assert sums.company >= ZERO
        assert sums.charges == ZERO or sums.surplus == ZERO, "owed both ways"
        lost = -total(self.ledger, "principal", "lost")
        assert sums.principal == max(total(self.ledger, "principal", "invoiced") - now.paid - lost, ZERO)
        keys = Counter((line.kind, line.account, line.step, line.attempt) for line in self.ledger)
        assert max(keys.values()) == 1, keys.most_common(1)

    @invariant()
    def the_law_is_kept(self) -> None:
        fees = [line.amount for line in standing(self.ledger, "fee")]
        assert len(fees) <= 3
        assert all(ZERO < fee <= 100 for fee in fees)
        assert fees == sorted(fees, reverse=True), "a fee was raised on the same claim"
        assert total(self.ledger, "compensation", "charged") in (ZERO, Decimal("310.00"))
        if self.newest and self.rounds[self.newest].debtor_cvr is None:
            assert total(self.ledger, "compensation", "charged") == ZERO, "compensation from a consumer"
        collection = [line.amount for line in standing(self.ledger, "collection")]
        assert sum(collection, ZERO) <= 100
        interest = total(self.ledger, "interest", "charged")
        assert interest >= ZERO
        assert self.was_interest or interest == ZERO

    @invariant()
    def no_letter_goes_twice(self) -> None:
        """A round that begins anew warns anew."""
        arrived = Counter(
            (m.kind, m.issued.step, m.issued.procedure_id if m.kind == "collection_notice" else "")
            for m in self.mails
            if m.state == "sent"
        )
        assert all(times == 1 for times in arrived.values()), arrived
        sent = sorted(local_date(m.sent_at) for m in self.mails if m.sent_at)
        assert all((later - earlier).days >= 10 for earlier, later in pairwise(sent)), sent

    @invariant()
    def nothing_sleeps_for_ever(self) -> None:
        """What goes on has a timer, or waits for news of its letter, or for an address, or for the company's word."""
        if not self.newest or (now := self.rounds[self.newest]).wake_at:
            return
        assert (now.stage, now.reason) != ("paused", "said_paid")
        if now.stage in letters.STEPPING and now.pending:
            coming = [
                event for event in self.pool if isinstance(event, e.LetterEvent) and self.key(event) not in self.heard
            ]
            mine = [mail.event(e.LetterHeld) for mail in self.mails if mail.state == "planned"] + coming
            assert any(letters._is_awaited(now, event) for event in mine)
        elif now.stage in ("running", "checking"):
            assert (now.stage, now.unreachable_step) == ("running", now.step + 1)

    @invariant()
    def what_is_over_owes_nothing(self) -> None:
        if not self.newest:
            return
        now, sums = self.rounds[self.newest], owed(self.ledger)
        if now.stage == "settled":
            assert sums.charges == ZERO, now.reason
        if now.stage == "cancelled":
            assert sums.charges == ZERO


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_any_order = AnyOrder.TestCase

"""Dunning in the machine of any order: its rules, called as its handlers call them, with messages in any order."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from common import events as e
from common.frozen import but
from dunning import answers, facts, letters, objecting, opening, steps
from dunning.charges import Law
from dunning.fees import Arrears
from dunning.knowledge import Knowledge
from dunning.ledger import Ledger
from dunning.policy import Policy
from dunning.prices import Dated, Prices
from dunning.procedure import NothingToDo, Procedure
from dunning.rates import Rates
from tests.unit.dunning.procedures import INVOICE, MONDAY

RATES = Rates({date(2026, 7, 1): Decimal("2.00"), date(2027, 1, 1): Decimal("2.25")})  # and none from July 2027
PRICES = {"reminder": Decimal("12.00"), "collection_notice": Decimal("20.00"), "fee_reminder": Decimal("8.00")}
LAW = Law(rates=RATES, prices=Prices(tuple(Dated(item, date(2026, 1, 1), price) for item, price in PRICES.items())))
INVOICE_RULES: dict[type[e.Event], Any] = {
    e.InvoiceOverdue: facts.changed,
    e.InvoiceChanged: facts.changed,
    e.InvoicePartlyPaid: facts.changed,
    e.InvoicePaid: facts.paid,
    e.InvoiceCredited: facts.credited,
    e.InvoiceWithdrawn: facts.withdrawn,
    e.InvoiceReopened: facts.changed,
}


class Hearing(RuleBasedStateMachine):
    """`pool` is what was said: it may be heard at any time, in any order, and again."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.latest = MONDAY
        self.erp = INVOICE
        self.rounds: dict[str, Procedure] = {}
        self.newest = ""
        self.ledger: Ledger = ()
        self.pool: list[e.Event] = []
        self.heard: set[tuple[Any, ...]] = set()
        self.policy = Policy()
        self.known = Knowledge(fetch_id="f", began_at=MONDAY)
        self.fetching: Literal["good", "failed", "shrunk", "asleep"] = "good"
        self.looking: Literal["there", "unavailable", "absent"] = "there"
        self.is_prompt = True

    # --- what others do when they are told
    def promise(self, before: Procedure | None, after: Procedure, event: e.Event) -> None:
        """What a change must keep."""

    def told(self, said: Any, after: Procedure) -> None:
        """Its news."""

    def recipient_of(self, event: e.LetterEvent) -> str | None:
        """Where a letter was sent to."""

    # --- time and messages
    @rule(
        is_prompt=st.booleans(),
        fetching=st.sampled_from(["good", "good", "good", "failed", "shrunk", "asleep"]),
        looking=st.sampled_from(["there", "there", "there", "unavailable", "absent"]),
    )
    def change_the_day(self, is_prompt: bool, fetching: Any, looking: Any) -> None:
        self.is_prompt, self.fetching, self.looking = is_prompt, fetching, looking
        self.fetch()

    def fetch(self) -> None:
        """The company's daily fetch; good or not, what waits for it is woken."""
        if self.fetching == "asleep":
            return
        is_good = self.fetching == "good"
        self.known = Knowledge(fetch_id="f", began_at=self.now) if is_good else but(self.known, since=self.fetching)
        before = self.rounds.get(self.newest)
        if before and self.fetching != "failed":
            end = e.FetchFinished(
                company="12345674", fetch_id="f", began_at=self.now, seen=1, overdue=1, found=0, set_aside=0
            )
            self.apply(before.but(ledger=self.ledger), lambda now: steps.known_anew(now, self.now), end)

    @rule(days=st.sampled_from([0, 1, 3, 9, 10, 11, 15, 40, 200, 500]))
    def pass_time(self, days: int) -> None:
        self.go_to(self.now + timedelta(days=days, hours=2))

    @rule(days=st.sampled_from([1, 6, 10, 30]))
    def turn_the_clock_back(self, days: int) -> None:
        self.go_to(self.now - timedelta(days=days))

    def go_to(self, now: datetime) -> None:
        self.now, self.latest = now, max(now, self.latest)

    def say(self, event: e.Event) -> None:
        """On a prompt day it is heard at once; it may be heard again, or late, all the same."""
        self.pool.append(event)
        if self.is_prompt:
            self.hear(event)

    @rule(data=st.data())
    def hear_any(self, data: st.DataObject) -> None:
        if self.pool:
            self.hear(data.draw(st.sampled_from(self.pool)))

    @rule(times=st.integers(1, 12))
    def hear_what_is_due(self, times: int) -> None:
        """In order, as on a good day: so that procedures get far."""
        for _ in range(times):
            unheard = self.unheard()
            if not unheard:
                break
            self.hear(unheard[0])

    def unheard(self) -> list[e.Event]:
        return [event for event in self.pool if self.key(event) not in self.heard and not self.is_early(event)]

    def key(self, event: e.Event) -> tuple[Any, ...]:
        return (event.type, event.subject, event.version.format(e=event))

    def is_early(self, event: e.Event) -> bool:
        return isinstance(event, e.ProcedureDue) and (self.rounds[event.procedure_id].wake_at or self.now) > self.now

    # --- as handlers.py does it
    def hear(self, event: Any) -> None:
        if self.key(event) in self.heard or self.is_early(event):
            return
        self.heard.add(self.key(event))
        if type(event) in INVOICE_RULES:
            self.invoice(event)
        elif isinstance(event, e.LetterEvent | e.ObjectionRaised) or event.procedure_id == self.newest:
            about = self.newest if isinstance(event, e.ObjectionRaised) else event.procedure_id
            before = self.rounds[str(about)].but(ledger=self.ledger)
            self.apply(before, lambda now: self.ruled(now, event), event)

    def invoice(self, event: Any) -> None:
        before = self.rounds[self.newest].but(ledger=self.ledger) if self.newest else None
        if before and event.invoice.sequence <= before.sequence:
            self.apply(before, lambda now: answers.picked(now, event, self.policy, self.now), event)
        elif before is None or opening.needs_new_round(before, event):
            self.save(None, opening.opened(event, self.policy, before, self.now, LAW), event)
        else:
            self.save(before, INVOICE_RULES[type(event)](before, event.invoice, self.now, LAW), event)

    def apply(self, before: Procedure, rule: Any, event: e.Event) -> None:
        try:
            after = rule(before)
        except NothingToDo:
            return
        self.save(before, after, event)

    def ruled(self, before: Procedure, event: Any) -> Procedure:
        now = self.now
        match event:
            case e.DecisionMade() | e.FeeDecisionMade():
                return answers.decided(before, event, now, LAW, self.policy)
            case e.PolicyAdopted():
                return answers.adopted(before, event, self.policy, now)
            case e.ObjectionRaised():
                heard = objecting.objected if before.id == event.procedure_id else objecting.carried_over
                return heard(before, event, now)
            case e.ProcedureDue():
                return steps.due(before, event.wake_no, now, timedelta(hours=2), self.known, self.policy)
            case e.InvoiceChecked():
                return steps.checked(before, event, now, LAW, Arrears())
            case e.InvoiceCheckFailed():
                return steps.check_failed(before, event, now)
            case e.LetterSent(kind="notice"):
                return letters.notice_sent(before, event)
            case e.LetterBounced(kind="notice"):
                return letters.notice_bounced(before)
            case e.LetterSent():
                return letters.letter_sent(before, event)
            case e.LetterFailed():
                return letters.letter_failed(before, event, now, self.recipient_of(event))
            case e.LetterWithdrawn():
                return letters.letter_withdrawn(before, event, now)
            case e.LetterBounced():
                return letters.letter_bounced(before, event, now, self.recipient_of(event))
        raise AssertionError(event)

    def save(self, before: Procedure | None, after: Procedure, event: e.Event) -> None:
        assert len({self.key(said) for said in after.news}) == len(after.news), "the outbox would refuse it"
        self.promise(before, after, event)
        self.ledger = (*self.ledger, *[but(line, event=event.type) for line in after.ledger[len(self.ledger) :]])
        self.rounds[after.id] = after.but(version=after.version + 1, news=())
        if before is None:
            self.newest = after.id
        if after.wake_at and after.wake_no != (before.wake_no if before else 0):
            self.pool.append(self.about(e.ProcedureDue, after.id, wake_no=after.wake_no))
        for said in after.news:
            self.told(said, after)

    def about(self, event: Any, procedure_id: str, /, **fields: Any) -> Any:
        return event(company="12345674", procedure_id=procedure_id, invoice_number="1001", **fields)

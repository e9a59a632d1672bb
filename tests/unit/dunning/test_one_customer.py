"""Several claims on one customer at once, on a real database: the careful reading of renteloven § 9 b, stk. 2.

Three fees in one continuous period of arrears, whichever of his claims they are about, and ten days apart.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from common import events as e
from common.calendar import local_date
from common.money import ZERO
from tests.unit.dunning.any_order.customer import Customer

NUMBERS = ("1001", "1002", "1003")
number = st.sampled_from(NUMBERS)
gaps = st.sampled_from([(9, 0, False), (10, 0, False), (10, 20, False), (10, 20, True), (11, 20, True)])
TEN_DAYS = timedelta(days=10)


class OneCustomer(Customer):
    @initialize(reminders=st.integers(1, 3), gap=gaps)
    def first(self, reminders: int, gap: tuple[int, int, bool]) -> None:
        self.opens(reminders=reminders, collection_notice="after", compensation=True, interest=True)
        self.fall_due("1001", 14)
        self.live_on(days=1, is_posted=False)
        self.fall_due_after_a_letter("1002", gap)

    # --- the ERP
    @rule(number=number, days_ago=st.sampled_from([1, 2, 9, 14, 40]))
    def fall_due(self, number: str, days_ago: int) -> None:
        if number not in self.invoices:
            due_on = local_date(self.now) - timedelta(days=days_ago)
            self.say(e.InvoiceOverdue, number, due_on=due_on, issued_on=due_on - timedelta(days=14))
            self.start(number)

    @rule(number=number, gap=gaps)
    def fall_due_after_a_letter(self, number: str, gap: tuple[int, int, bool]) -> None:
        """About the shortest gap between two fees after one was written, which left on the next day, or so."""
        days, hours, is_late = gap
        if self.waiting() and number not in self.invoices:
            self.now += timedelta(hours=hours)
            for letter in self.waiting():
                self.post(letter, is_heard_late=is_late)
            self.now = max(self.now, self.wrote_at + timedelta(days=days))
            self.fall_due(number, 1)
            self.live_on(days=1, is_posted=True)

    @rule(number=number, days_ago=st.sampled_from([0, 0, 1, 5, 30]))
    def pay(self, number: str, days_ago: int) -> None:
        known = self.invoices.get(number)
        if known and known.outstanding:
            on = local_date(self.now) - timedelta(days=days_ago)
            self.say(e.InvoicePaid, number, paid=known.amount, paid_on=on, status="paid")

    @rule(number=number)
    def take_back(self, number: str) -> None:
        known = self.invoices.get(number)
        if known and not known.outstanding:
            self.say(e.InvoiceReopened, number, paid=ZERO, paid_on=None, status="open", amount=known.amount)
            self.start(number)

    @rule(number=number)
    def credit(self, number: str) -> None:
        if number in self.invoices:
            self.say(e.InvoiceCredited, number, status="credited")

    # --- time and mail
    @rule(days=st.integers(1, 9), is_posted=st.booleans())
    def live_on(self, days: int, is_posted: bool) -> None:
        """As far as the next thing, or some days."""
        at = self.next_timer()
        self.now = max(self.now, min(at, self.now + timedelta(days=days))) if at else self.now + timedelta(days=days)
        self.fetch()
        self.ring()
        self.hear_all()
        if is_posted:
            self.post_all()

    @rule(times=st.integers(1, 6))
    def live_well(self, times: int) -> None:
        for _ in range(times):
            self.live_on(days=30, is_posted=True)

    def post_all(self) -> None:
        for letter in self.waiting():
            self.post(letter)

    @rule(data=st.data(), hours=st.sampled_from([0, 20]), is_heard_late=st.booleans())
    def deliver(self, data: st.DataObject, hours: int, is_heard_late: bool) -> None:
        if waiting := self.waiting():
            self.now += timedelta(hours=hours)
            self.post(data.draw(st.sampled_from(waiting)), is_heard_late=is_heard_late)

    @rule()
    def hear_late(self) -> None:
        if self.late:
            self.hear(self.late.pop())

    @rule(data=st.data())
    def bounce(self, data: st.DataObject) -> None:
        if taken := sorted(key for key, letter in self.letters.items() if letter.row.state == "sent"):
            letter = self.letters[data.draw(st.sampled_from(taken))]
            letter.row.state = "bounced"
            self.hear(self.news(letter, e.LetterBounced, reason="550", status="5.1.1"))
            number, debtor = letter.issued.invoice_number, self.invoices[letter.issued.invoice_number].debtor
            again = "ny@holm.example" if debtor.email == "ane@holm.example" else "ane@holm.example"
            if self.invoices[number].outstanding:
                self.say(e.InvoiceChanged, number, debtor=replace(debtor, email=again))

    # --- what must hold
    def issued(self, said: Any) -> None:
        super().issued(said)
        self.wrote_at = self.now
        if fee := getattr(said, "fee", ZERO):
            today = local_date(self.now)
            began = self.in_arrears_since(today)
            within = sorted(day for _, day in self.fees() if day >= began)
            assert fee <= Decimal(100)
            assert len(within) <= 3, within
            assert all(later - earlier >= TEN_DAYS for earlier, later in pairwise(within)), within

    @invariant()
    def no_claim_earns_more_than_three_fees(self) -> None:
        claims = [of for of, _ in self.fees()]
        assert all(claims.count(of) <= 3 for of in claims)

    @invariant()
    def no_account_is_overdrawn(self) -> None:
        assert all(kroner >= ZERO for name, kroner in self.sums().items() if not name.endswith("surplus"))


OneCustomer.TestCase.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
test_one_customer = OneCustomer.TestCase

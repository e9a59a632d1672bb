"""The ERP in the machine of any order: payments, credit notes, other amounts, dates, debtors; the looks at it."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from common import events as e
from common.calendar import local_date
from common.money import ZERO
from dunning.procedure import Procedure
from tests.unit.dunning.any_order.hearing import Hearing

money = st.sampled_from(["0.01", "40.00", "100.00", "625.00", "1250.00", "1350.00", "1999.99"]).map(Decimal)
KNOWN_STATUS = ("open", "paid")


class Erp(Hearing):
    def __init__(self) -> None:
        super().__init__()
        self.due_dates = [self.erp.due_on]  # that it ever had
        self.was_trader = False

    def say_of_the_erp(self, kind: type[e.InvoiceEvent], **changes: Any) -> None:
        self.erp = replace(self.erp, sequence=self.erp.sequence + 1, observed_at=self.now, **changes)
        self.due_dates.append(self.erp.due_on)
        self.was_trader = self.was_trader or self.erp.debtor.cvr is not None
        self.say(kind(company="12345674", invoice=self.erp, fetch_id="f"))

    @rule(amount=money, days_ago=st.one_of(st.none(), st.integers(0, 400)))
    def pay(self, amount: Decimal, days_ago: int | None) -> None:
        """Back-dated as far as before the invoice; the date may be missing."""
        if self.erp.status in KNOWN_STATUS:
            on = None if days_ago is None else local_date(self.now) - timedelta(days=days_ago)
            self.paid(self.erp.paid + amount, e.InvoicePartlyPaid, paid_on=on)

    @rule(amount=money)
    def take_back(self, amount: Decimal) -> None:
        if self.erp.paid and self.erp.status in KNOWN_STATUS:
            self.paid(max(self.erp.paid - amount, ZERO), e.InvoiceChanged)

    def paid(self, paid: Decimal, kind: type[e.InvoiceEvent], **changes: Any) -> None:
        is_open = paid < self.erp.amount
        if is_open and self.erp.status == "paid":
            kind = e.InvoiceReopened
        status = "open" if is_open else "paid"
        self.say_of_the_erp(kind if is_open else e.InvoicePaid, paid=paid, status=status, **changes)

    @rule(amount=st.sampled_from(["200.00", "1000.00", "1250.00", "2000.00"]).map(Decimal))
    def change_the_amount(self, amount: Decimal) -> None:
        if self.erp.status == "open" and amount > self.erp.paid:
            self.say_of_the_erp(e.InvoiceChanged, amount=amount)

    @rule(days=st.sampled_from([-300, -30, -1, 1, 30, 90]))
    def move_the_due_date(self, days: int) -> None:
        if self.erp.status == "open":
            due_on = max(self.erp.due_on + timedelta(days=days), date(2025, 1, 1))
            self.say_of_the_erp(e.InvoiceChanged, due_on=due_on)

    @rule(kind=st.sampled_from([e.InvoiceCredited, e.InvoiceWithdrawn]))
    def end(self, kind: type[e.InvoiceEvent]) -> None:
        """Also of one that was paid, and settled."""
        self.say_of_the_erp(kind, status="credited" if kind is e.InvoiceCredited else "withdrawn")

    @precondition(lambda self: self.erp.status not in KNOWN_STATUS)
    @rule()
    def reopen(self) -> None:
        is_open = self.erp.paid < self.erp.amount
        self.say_of_the_erp(e.InvoiceReopened if is_open else e.InvoicePaid, status="open" if is_open else "paid")

    @rule(
        email=st.sampled_from([None, "ane@holm.example", "ny@holm.example"]),
        cvr=st.sampled_from([None, "12345674"]),
        customer_number=st.sampled_from(["BF-1", "BF-1", "BF-2"]),
    )
    def change_the_debtor(self, **debtor: Any) -> None:
        if self.erp.status == "open":
            self.say_of_the_erp(e.InvoiceChanged, debtor=replace(self.erp.debtor, **debtor))

    def told(self, said: Any, after: Procedure) -> None:
        super().told(said, after)
        if isinstance(said, e.InvoiceCheckRequested):
            self.pool.append(self.looked_at(said))

    def looked_at(self, asked: e.InvoiceCheckRequested) -> e.Event:
        wake_no, invoice = asked.wake_no, replace(self.erp, observed_at=self.now)
        if self.looking != "there":
            return self.about(e.InvoiceCheckFailed, asked.procedure_id, wake_no=wake_no, reason=self.looking)  # type: ignore[no-any-return]
        return self.about(e.InvoiceChecked, asked.procedure_id, wake_no=wake_no, invoice=invoice)  # type: ignore[no-any-return]

"""Whatever happens in whatever order: no legal ceiling breaks, no krone is lost or invented, no letter goes twice.

A machine plays ERP, company, debtor, mail server and clock (any_order/, a file for each); messages come late, twice and
in any order. What must hold is in any_order/promises.py.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

from common import events as e
from dunning.policy import Policy
from tests.unit.dunning.any_order.people import policies
from tests.unit.dunning.any_order.promises import Promises
from tests.unit.dunning.procedures import INVOICE


class AnyOrder(Promises):
    @initialize(
        policy=policies,
        cvr=st.sampled_from([None, "12345674"]),
        steps_done=st.integers(0, 5),
        picked=st.sampled_from(["no", "no", "at once", "late"]),
    )
    def first(self, policy: Policy, cvr: str | None, steps_done: int, picked: str) -> None:
        self.choose(policy)
        self.erp, self.was_trader = replace(INVOICE, debtor=replace(INVOICE.debtor, cvr=cvr)), cvr is not None
        first = e.InvoiceOverdue(company="12345674", invoice=self.erp, fetch_id="f", picked=picked != "no")
        self.pool.append(first)
        if picked == "late":
            self.say_of_the_erp(e.InvoiceChanged)
        else:
            self.hear(first)
        if steps_done:
            self.answer("start")
            self.live_on(steps_done)


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_any_order = AnyOrder.TestCase

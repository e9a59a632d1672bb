"""What must hold in the machine of any order: the law, the money, the letters, the company's choices."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis.stateful import invariant

from common import events as e
from common.calendar import local_date
from common.frozen import but
from common.ledger import PAYABLE, owed
from common.money import OERE, ZERO
from dunning.knowledge import is_booked, why_held
from dunning.ledger import Line, standing, total
from dunning.procedure import Procedure
from tests.unit.dunning.any_order.hearing import PRICES, RATES
from tests.unit.dunning.any_order.mail import LETTER_EVENTS, Letter, Mail

TEN_DAYS, NINE_DAYS = timedelta(days=10), timedelta(days=9)


class Promises(Mail):
    def __init__(self) -> None:
        super().__init__()
        self.came_back: set[str] = set()
        self.asked: set[str] = set()  # procedures that the company was asked about
        self.was_picked = False

    def hear(self, event: Any) -> None:
        if isinstance(event, e.LetterBounced):
            self.came_back.add(event.letter_id)
        super().hear(event)

    # --- at each change
    def promise(self, before: Procedure | None, after: Procedure, event: e.Event) -> None:
        assert after.ledger[: len(self.ledger)] == self.ledger, "the ledger is append-only"
        new = after.ledger[len(self.ledger) :]
        for line in new:
            assert line.rule, "a line without its rule"
            assert line.booked_on >= self.day_of(event), "a line of an earlier day"
            assert line.amount, "a line of nothing"
            assert not (line.kind in ("fee", "collection") and self.heard_disputed(after)), "a fee on a disputed claim"
        if before:
            self.keeps_its_policy(before, after, event)
        if any(line.account in ("principal", "interest") for line in new):
            assert total(after.ledger, "interest", "charged") <= self.most_interest(after.ledger)
        for said in after.news:
            self.is_rightly_said(said, after, event)
            self.is_rightly_asked(said, after, event)

    def day_of(self, event: e.Event) -> date:
        return local_date(event.sent_at if isinstance(event, e.LetterSent) else self.now)

    def keeps_its_policy(self, before: Procedure, after: Procedure, event: e.Event) -> None:
        """It changes by the company's word, or at a start before anything was sent; else its fee policy alone."""
        is_fresh_start = any(isinstance(said, e.ProcedureStarted) for said in after.news) and before.step == 0
        if isinstance(event, e.PolicyAdopted) or is_fresh_start:
            chosen: dict[str, Any] = {"fee_policy": after.policy.fee_policy, "paused": after.policy.paused}
            assert after.policy == but(self.policy, **chosen)
            return
        assert replace(after.policy, fee_policy=before.policy.fee_policy) == before.policy
        assert after.policy == before.policy or isinstance(event, e.DecisionMade | e.FeeDecisionMade)

    def most_interest(self, ledger: tuple[Line, ...]) -> Decimal:
        """Of each day's principal the rate of that day: from the earliest due date on that it ever had, with the day
        count that makes each day dearest.
        """
        since = min(self.due_dates)
        moved = [(x.counts_from, x.amount) for x in ledger if x.account == "principal" and x.against != "lost"]
        if not self.was_trader and not any(policy.due_date_agreed for policy in self.policies):
            assert self.erp.issued_on
            since = max(since, self.erp.issued_on + timedelta(days=30))
        if not any(policy.interest for policy in self.policies):
            return ZERO
        day, until, kroner = since, min(local_date(self.latest), RATES.known_until(since)), ZERO
        while day < until:
            principal = max(sum((amount for on, amount in moved if on <= day), ZERO), ZERO)
            day += timedelta(days=1)
            days = 3 if (day.month, day.day) == (3, 1) else 1  # the 29th and 30th of February, which 30/360 has
            kroner += principal * (RATES.on(day) + 8) / 100 * days / 360
        return kroner + OERE

    # --- what is said
    def is_rightly_said(self, said: Any, after: Procedure, event: e.Event) -> None:
        if isinstance(said, LETTER_EVENTS):
            self.is_rightly_issued(said, after)
        if isinstance(said, e.InvoiceCheckRequested) and isinstance(event, e.ProcedureDue):
            assert why_held(self.known, after.policy, self.now) is None, "a step on stale knowledge"
            assert is_booked(self.known, after.policy, after.due_on), "a step before payments were booked"
        if isinstance(said, e.ProcedureEscalated):
            self.is_rightly_handed_on(said, after)
        if isinstance(said, e.ProcedureSettled):
            assert after.owed.total == ZERO or said.reason in ("waived", "covered", "paid", "fees_paid"), said
            assert said.surplus == -after.owed.surplus

    def is_rightly_asked(self, said: Any, after: Procedure, event: e.Event) -> None:
        """Once a round, never in a pause, and not about what the company picked; that starts, if it may."""
        is_pick = getattr(event, "picked", False)
        if isinstance(said, e.DecisionRequested):
            assert said.procedure_id not in self.asked, "asked twice"
            assert not self.policy.paused, "asked in a pause"
            assert after.stage == "awaiting_decision"
            assert after.disputed or not is_pick, "asked about what it picked"
            self.asked.add(said.procedure_id)
        if isinstance(said, e.ProcedureStarted) and said.by == "silence":
            assert not self.policy.paused, "silence in a pause"
            assert said.procedure_id in self.asked, "silence, and nobody was asked"
        if isinstance(said, e.ProcedureStarted) and is_pick:
            assert after.customer_number not in self.policy.never_dunned
            assert after.outstanding > ZERO
            assert not after.disputed
            assert not self.was_picked, "a pick counts twice"
            self.was_picked = True

    def is_rightly_issued(self, said: Any, after: Procedure) -> None:
        today, is_for_fees = local_date(self.now), isinstance(said, e.FeeReminderIssued)
        assert after.stage == ("collecting_fees" if is_for_fees else "running")
        assert said.total > ZERO, "a letter that asks for nothing"
        assert said.total == after.owed.total, "a letter that says something else than the ledger"
        assert (said.outstanding > ZERO) is not is_for_fees
        assert said.pay_by >= today + (TEN_DAYS if Letter(said, "").warns else NINE_DAYS)
        assert said.step == (after.fee_letters if is_for_fees else after.step) + 1, "a step was left out"
        assert today > after.due_on or is_for_fees, "before it was overdue"
        last = after.last_reminder_on
        assert last is None or today - last >= TEN_DAYS, "two letters within ten days"
        given = [one for one in self.letters if one.state == "sent" and not (is_for_fees and one.warns)]
        assert all(today > one.issued.pay_by for one in given), "on a day that was given to pay"
        if isinstance(said, e.ReminderIssued):
            assert said.step <= after.policy.reminders, "more reminders than were chosen"
            assert said.fee <= min(Decimal(100), after.policy.fee)
            assert not (self.heard_disputed(after) and said.fee), "a fee on a disputed claim"
        own = [letter for letter in self.letters if letter.issued.procedure_id == after.id]
        assert not [letter for letter in own if letter.state == "planned"], "another letter is under way"
        of_own = [(letter.kind, letter.issued.step, letter.issued.attempt) for letter in [*own, Letter(said, "")]]
        assert len(set(of_own)) == len(of_own), "the notifier takes it for one that it has written"

    def heard_disputed(self, procedure: Procedure) -> bool:
        """As far as dunning can know."""
        said = self.objections[procedure.id]
        last = {kind: no for kind, no in said.items() if no <= procedure.objection_no}
        return last.get("dispute", 0) > last.get("withdraw", 0)

    def is_rightly_handed_on(self, said: e.ProcedureEscalated, after: Procedure) -> None:
        today, sums = local_date(self.now), after.owed
        asked = said.outstanding + said.fees + said.interest + said.compensation
        assert asked == sums.total, "a hand-over that says something else than the ledger"
        assert said.collection_fee <= 100
        own = [x for x in self.letters if x.warns and x.sent_at and x.issued.procedure_id == after.id]
        warned = [x for x in own if x.id not in self.came_back]
        assert warned, "handed on without a warning"
        last = warned[-1]
        assert last.sent_at
        assert today > last.issued.pay_by >= local_date(last.sent_at) + TEN_DAYS, "handed on before the time was over"

    def leaves(self, letter: Letter) -> None:
        issued = letter.issued
        assert not (getattr(issued, "fee", ZERO) and self.is_disputed()), "a fee on a disputed claim"
        assert self.erp.outstanding > ZERO or letter.kind == "fee_reminder", "to somebody who has paid"
        assert not letter.warns or issued.pay_by - local_date(self.now) >= TEN_DAYS, "a warning of less than ten days"

    # --- always
    @invariant()
    def money_is_neither_lost_nor_invented(self) -> None:
        if not self.newest:
            return
        now, sums = self.rounds[self.newest], owed(self.ledger)
        assert -sum(line.amount for line in self.ledger if line.against == "received") == now.paid
        assert now.sequence != self.erp.sequence or now.paid == self.erp.paid
        assert all(getattr(sums, account) >= ZERO for account in PAYABLE), sums
        assert sums.surplus <= ZERO
        assert sums.company >= ZERO
        assert sums.charges == ZERO or sums.surplus == ZERO, "owed both ways"
        lost = -total(self.ledger, "principal", "lost")
        assert sums.principal == max(total(self.ledger, "principal", "invoiced") - now.paid - lost, ZERO)
        keys = Counter((line.kind, line.account, line.step, line.attempt) for line in self.ledger)
        assert not keys or max(keys.values()) == 1, keys.most_common(1)
        assert sums.company <= sum(PRICES[letter.kind] for letter in self.letters if letter.sent_at), "costs of no step"

    @invariant()
    def the_law_is_kept(self) -> None:
        fees = [line.amount for line in standing(self.ledger, "fee")]
        assert len(fees) <= 3
        assert all(ZERO < fee <= 100 for fee in fees)
        assert fees == sorted(fees, reverse=True), "a fee was raised on the same claim"
        assert total(self.ledger, "compensation", "charged") in (ZERO, Decimal("310.00"))
        if self.newest and self.rounds[self.newest].debtor_cvr is None:
            assert total(self.ledger, "compensation", "charged") == ZERO, "compensation from a consumer"
        charged = total(self.ledger, "fee", "charged") + total(self.ledger, "fee", "lost")
        assert charged <= 300
        assert total(self.ledger, "interest", "charged") >= ZERO

    @invariant()
    def no_letter_goes_twice(self) -> None:
        """A round that begins anew warns anew."""
        arrived = Counter(
            (x.kind, x.issued.step, x.issued.procedure_id if x.kind == "collection_notice" else "")
            for x in self.letters
            if x.state == "sent"
        )
        assert all(times == 1 for times in arrived.values()), arrived
        sent = sorted(local_date(letter.sent_at) for letter in self.letters if letter.sent_at)
        assert all(later - earlier >= TEN_DAYS for earlier, later in pairwise(sent)), sent

    @invariant()
    def what_is_over_owes_nothing(self) -> None:
        now = self.rounds.get(self.newest)
        if now and now.stage in ("settled", "cancelled"):
            assert owed(self.ledger).charges == ZERO, now.reason

    @invariant()
    def what_goes_on_is_waited_for(self) -> None:
        """By a timer, by a letter under way, or by the company, which was told that there is no address."""
        now = self.rounds.get(self.newest)
        if now and now.stage in ("running", "checking"):
            assert now.wake_at or now.pending or now.unreachable_step == now.step + 1, "it sleeps for good"
        if now and (now.stage, now.reason) == ("paused", "said_paid"):
            assert now.wake_at, "it is paused for good"

    # --- at the end of the day
    def teardown(self) -> None:
        """All that was said is heard; then the letters that earn a fee are those that arrived."""
        if not self.newest:
            return
        self.is_prompt, self.fetching, self.looking = True, "good", "there"
        for _ in range(200):
            if not self.unheard() and not self.waiting():
                break
            self.hear_what_is_due(times=12)
            for letter in self.waiting():
                self.post(letter, "sent")
        now = self.rounds[self.newest]
        assert not now.pending, "it waits for a letter that is not under way"
        arrived = {(x.issued.step, x.issued.attempt) for x in self.letters if (x.kind, x.state) == ("reminder", "sent")}
        earning = {(line.step, line.attempt) for line in standing(self.ledger, "fee")}
        assert earning <= arrived, "a fee for a letter that did not arrive"

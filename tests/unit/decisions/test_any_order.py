"""Company and debtor speak, and dunning hears them late and in any order: it comes to what was said last."""

from typing import Any, get_args

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from common.calendar import local_date
from common.events import DecisionMade, FeeDecisionMade, ObjectionKind, ObjectionRaised
from common.money import ZERO
from decisions import objecting, standing
from decisions.objecting import Position
from decisions.queries import FEE_ANSWERS
from decisions.standing import Standing
from dunning import answers
from dunning import objecting as rules_of_objecting
from dunning.policy import Policy
from dunning.procedure import NothingToDo, Procedure
from tests.unit.dunning.procedures import LAW, MONDAY, asked, collecting, running, saved

ABOUT: dict[str, Any] = {"company": "12345674", "procedure_id": "p", "invoice_number": "1001"}
STARTS = {"awaiting": asked(), "running": running(1, local_date(MONDAY)), "collecting": saved(collecting())}
chosen = st.integers(0, 20)


def told(procedure: Procedure) -> Standing:
    """As dunning has it."""
    is_owed = procedure.outstanding > ZERO
    return Standing(procedure.stage, procedure.reason, is_owed, is_owed)


class Words(RuleBasedStateMachine):
    @initialize(start=st.sampled_from(sorted(STARTS)))
    def first(self, start: str) -> None:
        self.procedure = STARTS[start]
        self.promised = Position(told(self.procedure), is_disputed=False, has_waited=False)
        self.answers: list[str] = []
        self.objections: list[str] = []
        self.said: list[tuple[str, int]] = []  # every word with its number, in the order in which they were said
        self.unheard: list[Any] = []

    # --- what they say
    @rule(one=chosen)
    def answer(self, one: int) -> None:
        """Of what the company's page offers; it knows what the debtor said, but not yet what dunning made of it."""
        sees = self.seen().standing
        if offers := standing.offered(sees, self.answers[-1] if self.answers else None):
            choice: Any = offers[one % len(offers)]
            self.answers.append(choice)
            self.said.append((choice, len(self.answers)))
            self.promised = objecting.after(self.promised, choice)
            said = ABOUT | {"answer_no": len(self.answers), "answered_at": MONDAY, "choice": choice}
            said |= {"latest": {word: no for no, word in enumerate(self.answers, 1)}}
            said |= {"objections": self.latest_objections()}
            self.unheard.append(FeeDecisionMade(**said) if choice in FEE_ANSWERS else DecisionMade(**said))

    def seen(self) -> Position:
        """As the company's page shows it: what dunning has heard, and what was said since."""
        before = self.procedure
        heard = Position(told(before), before.disputed, before.paused_until is not None)
        return objecting.foreseen(heard, [word for word, number in self.said if number > self.last_heard(word)])

    def last_heard(self, word: str) -> int:
        if word in get_args(ObjectionKind):
            return self.procedure.objection_no
        return self.procedure.fee_answer_no if word in FEE_ANSWERS else self.procedure.answer_no

    @rule(one=chosen)
    def object(self, one: int) -> None:
        """Of what the debtor's page offers; before the first letter it has nothing to hold back."""
        offers = objecting.offered(self.promised, len(self.objections))
        if self.procedure.stage == "awaiting_decision":
            offers = tuple(kind for kind in offers if kind != "paid")
        if offers:
            self.raise_(offers[one % len(offers)], "debtor")

    @rule(is_own=st.booleans())
    def note(self, is_own: bool) -> None:
        """Of what the company's page offers to write down for him."""
        for kind in objecting.noted(self.seen(), is_own=is_own)[:1]:
            self.raise_(kind, "company")

    def raise_(self, kind: Any, by: Any) -> None:
        self.objections.append(kind)
        self.said.append((kind, len(self.objections)))
        self.promised = objecting.after(self.promised, kind)
        said = ABOUT | {"objection_no": len(self.objections), "raised_at": MONDAY, "kind": kind, "by": by}
        self.unheard.append(ObjectionRaised(**said, latest=self.latest_objections()))

    def latest_objections(self) -> Any:
        return {word: no for no, word in enumerate(self.objections, 1)}

    # --- what is heard
    @rule(one=chosen, again=st.booleans())
    def hear(self, one: int, again: bool) -> None:
        if self.unheard:
            event = self.unheard[one % len(self.unheard)]
            if not again:
                self.unheard.remove(event)
            self.apply(event)

    @rule()
    def hear_all(self) -> None:
        while self.unheard:
            self.hear(-1, again=False)

    def apply(self, event: Any) -> None:
        try:
            after = self.ruled(event)
        except NothingToDo:
            return
        said = [(one.type, one.version.format(e=one)) for one in after.news]
        assert len(said) == len(set(said)), "the outbox would refuse it"
        self.procedure = saved(after)

    def ruled(self, event: Any) -> Procedure:
        if isinstance(event, ObjectionRaised):
            return rules_of_objecting.objected(self.procedure, event, MONDAY)
        return answers.decided(self.procedure, event, MONDAY, LAW, Policy())

    @invariant()
    def once_all_is_heard_it_stands_where_they_were_promised(self) -> None:
        """When much was said at once it may still wait for an answer, or not wait for a payment that he told of."""
        if not self.unheard:
            stands, promised = going_on(told(self.procedure)), going_on(self.promised.standing)
            still_waits = self.promised.is_disputed and (stands.stage, stands.reason) == ("paused", "disputed")
            assert still_waits or stands == promised
            assert self.procedure.disputed is self.promised.is_disputed


def going_on(standing: Standing) -> Standing:
    return standing.resumed() if standing.reason == "said_paid" else standing


TestWords = Words.TestCase
TestWords.settings = settings(max_examples=3000, stateful_step_count=25, deadline=None)

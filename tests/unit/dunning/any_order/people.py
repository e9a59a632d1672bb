"""Company and debtor in the machine of any order: answers, objections, policies."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from common import events as e
from dunning.answers import FEE_CHOICES
from dunning.policy import Policy
from tests.unit.dunning.any_order.hearing import Hearing

policies = st.builds(
    Policy,
    fee=st.sampled_from(["0.00", "50.00", "100.00", "250.00"]).map(Decimal),
    reminders=st.integers(1, 3),
    days_between=st.sampled_from([3, 10, 14]),
    fee_policy=st.sampled_from(["collect", "cover"]),
    silence=st.sampled_from(["start", "stay"]),
    booking_days=st.sampled_from(["", "", "mon,thu", "last"]),
    weekend_due=st.sampled_from(["next", "keep"]),
    paused=st.sampled_from([False, False, False, True]),
    smallest_amount=st.sampled_from(["0.00", "0.00", "0.00", "700.00", "5000.00"]).map(Decimal),
    never_dunned=st.sampled_from([(), (), (), ("BF-1",)]),
    interest=st.booleans(),
    due_date_agreed=st.booleans(),
    day_count=st.sampled_from(["actual/365", "actual/actual", "30/360"]),
    compensation=st.booleans(),
    collection_notice=st.sampled_from(["with_last", "after"]),
    collection_fee=st.sampled_from(["0.00", "100.00", "250.00"]).map(Decimal),
    arrears=st.sampled_from(["customer", "claim"]),
)


class People(Hearing):
    """What is said names all that was said before it of the same round."""

    def __init__(self) -> None:
        super().__init__()
        self.answer_no = self.objection_no = self.policy_no = 0
        self.answers: dict[str, dict[Any, int]] = defaultdict(dict)  # of each round, the last of each choice
        self.objections: dict[str, dict[Any, int]] = defaultdict(dict)
        self.policies: list[Policy] = []  # that the company ever had

    def choose(self, policy: Policy) -> None:
        self.policy = policy
        self.policies.append(policy)

    @rule(
        choice=st.sampled_from(["start", "start", "stop", "pause", "resume", "waive", "collect", "cover", "received"])
    )
    def answer(self, choice: Any) -> None:
        self.answer_no += 1
        self.answers[self.newest][choice] = self.answer_no
        self.say(
            self.about(
                e.FeeDecisionMade if choice in FEE_CHOICES else e.DecisionMade,
                self.newest,
                answer_no=self.answer_no,
                answered_at=self.now,
                choice=choice,
                latest=dict(self.answers[self.newest]),
                objections=dict(self.objections[self.newest]),
            )
        )

    @rule()
    def hear_of_the_pick_again(self) -> None:
        """By one who forgot that he has heard of it."""
        first = self.pool[0]
        if getattr(first, "picked", False):
            self.heard.discard(self.key(first))
            self.hear(first)

    @rule(kind=st.sampled_from(["dispute", "paid", "call", "withdraw"]))
    def object(self, kind: Any) -> None:
        self.objection_no += 1
        self.objections[self.newest][kind] = self.objection_no
        self.say(
            self.about(
                e.ObjectionRaised,
                self.newest,
                objection_no=self.objection_no,
                kind=kind,
                raised_at=self.now,
                latest=dict(self.objections[self.newest]),
            )
        )

    @rule(policy=policies, adopted=st.booleans())
    def choose_another_policy(self, policy: Policy, adopted: bool) -> None:
        self.choose(policy)
        self.policy_no += 1
        if adopted:
            self.say(self.about(e.PolicyAdopted, self.newest, policy_no=self.policy_no))

    def is_disputed(self) -> bool:
        """Whether he disputes the claim, and has not taken that back, whatever dunning has heard."""
        last: dict[Any, int] = {}
        for said in self.objections.values():
            last |= said
        return last.get("dispute", 0) > last.get("withdraw", 0)

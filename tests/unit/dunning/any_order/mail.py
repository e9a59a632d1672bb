"""The notifier in the machine of any order: its last look, the mail server's answer, and what comes back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from common import events as e
from common.calendar import local_date
from common.frozen import but
from common.ledger import owed
from common.money import ZERO
from dunning.ledger import total
from dunning.policy import Policy
from dunning.procedure import LETTERS, Procedure
from notifier.letters.draft import letter_id
from notifier.sending import FRESH, Demand, Standing, why_not
from tests.unit.dunning.any_order.erp import Erp
from tests.unit.dunning.any_order.people import People, policies

LETTER_EVENTS = (e.ReminderIssued, e.CollectionNoticeIssued, e.FeeReminderIssued)
KIND_OF: dict[type[e.Event], Any] = dict(zip(LETTER_EVENTS, LETTERS, strict=True))
GOING_ON = ("start", "stop", "pause", "resume", "waive")


class Letter:
    """One that was issued, and what became of it."""

    def __init__(self, issued: Any, recipient: str) -> None:
        self.issued = issued
        self.recipient = recipient
        self.kind = KIND_OF[type(issued)]
        self.warns = self.kind == "collection_notice" or getattr(issued, "collection_notice", False)
        self.id = letter_id(issued.procedure_id, self.kind, issued.step, issued.attempt)
        self.sent_at: datetime | None = None
        self.state = "planned"

    def event(self, kind: type[e.LetterEvent], **fields: Any) -> e.LetterEvent:
        issued = self.issued
        return kind(
            company=issued.company,
            letter_id=self.id,
            letter_version=1,
            kind=self.kind,
            procedure_id=issued.procedure_id,
            invoice_number=issued.invoice_number,
            step=issued.step,
            attempt=issued.attempt,
            **fields,
        )


class Mail(Erp, People):
    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Letter] = []

    def leaves(self, letter: Letter) -> None:
        """What must be so when it does."""

    def told(self, said: Any, after: Procedure) -> None:
        super().told(said, after)
        if isinstance(said, LETTER_EVENTS):
            self.letters.append(Letter(said, after.debtor_email or ""))
        if isinstance(said, e.DecisionRequested):
            self.pool.append(self.notice(said.procedure_id))

    def recipient_of(self, event: e.LetterEvent) -> str | None:
        return next(one.recipient for one in self.letters if one.id == event.letter_id)

    def notice(self, procedure_id: str) -> e.LetterSent:
        fields: dict[str, Any] = {"letter_id": procedure_id, "kind": "notice", "sent_at": self.now}
        return self.about(e.LetterSent, procedure_id, **fields, letter_version=len(self.pool))  # type: ignore[no-any-return]

    def waiting(self) -> list[Letter]:
        return [letter for letter in self.letters if letter.state == "planned"]

    @rule(data=st.data(), outcome=st.sampled_from(["sent", "sent", "sent", "failed"]))
    def deliver_mail(self, data: st.DataObject, outcome: str) -> None:
        if waiting := self.waiting():
            self.post(data.draw(st.sampled_from(waiting)), outcome)

    def post(self, letter: Letter, outcome: str) -> None:
        if reason := why_not(self.demand(letter), self.standing(letter), self.now - FRESH, local_date(self.now)):
            letter.state = "withdrawn"
            self.pool.append(letter.event(e.LetterWithdrawn, reason=reason))
        elif outcome == "failed":
            letter.state = "failed"
            self.pool.append(letter.event(e.LetterFailed, reason="550"))
        else:
            self.leaves(letter)
            letter.state, letter.sent_at = "sent", self.now
            self.pool.append(letter.event(e.LetterSent, sent_at=self.now))

    def demand(self, letter: Letter) -> Demand:
        issued = letter.issued
        return Demand(
            kind=letter.kind,
            step=issued.step,
            attempt=issued.attempt,
            recipient=letter.recipient,
            outstanding=issued.outstanding,
            charges=issued.total - issued.outstanding,
            pay_by=issued.pay_by if letter.warns else None,
        )

    def standing(self, letter: Letter) -> Standing:
        now = self.rounds[letter.issued.procedure_id]
        said, objected = self.answers[now.id], self.objections[now.id]
        unheard = {no: choice for choice, no in said.items() if choice in GOING_ON and no > now.answer_no}
        is_settled = any(said.get(choice, 0) > now.fee_answer_no for choice in ("cover", "received"))
        is_objected = any(objected.get(kind, 0) > now.objection_no for kind in ("dispute", "paid"))
        of_letter = (letter.issued.step, letter.issued.attempt)
        return Standing(
            stage=now.stage,
            pending=now.pending,
            kind=now.pending_kind,
            step=now.fee_letters if now.pending_kind == "fee_reminder" else now.step,
            attempt=now.attempt,
            recipient=now.debtor_email or "",
            outstanding=max(self.erp.outstanding + total(self.ledger, "principal", "lost"), ZERO),
            charges=owed(self.ledger).charges,
            looked_at=now.looked_at,
            answer=unheard[max(unheard)] if unheard else None,
            unheard=is_objected or (letter.kind == "fee_reminder" and is_settled),
            is_fee_reversed=letter.kind == "reminder"
            and any((x.kind, x.account, x.step, x.attempt) == ("reversal", "fee", *of_letter) for x in self.ledger),
        )

    @rule(times=st.integers(1, 4), is_posted=st.sampled_from([True, True, False]))
    def live_on(self, times: int, is_posted: bool = True) -> None:
        """Timers ring, books are fetched, the ERP answers, mail leaves, or waits."""
        for _ in range(times):
            wake_at = self.rounds[self.newest].wake_at
            self.go_to(max(self.now, wake_at) if wake_at else self.now)
            self.fetch()
            self.hear_what_is_due(times=12)
            for letter in self.waiting() if is_posted else ():
                self.post(letter, "sent")
            self.hear_what_is_due(times=12)

    @precondition(lambda self: self.erp.outstanding > ZERO)
    @rule(extra=st.sampled_from(["0.00", "0.00", "60.00"]).map(Decimal), times=st.integers(0, 3))
    def pay_the_rest(self, extra: Decimal, times: int) -> None:
        """And what comes of it: the fees may be asked for alone."""
        self.pay(self.erp.outstanding + extra, 0)
        self.live_on(times)

    # --- what chance alone seldom plays
    @rule(times=st.integers(1, 3))
    def dispute_and_go_on(self, times: int) -> None:
        self.object("dispute")
        self.answer("resume")
        self.live_on(times)

    @rule(policy=policies, times=st.integers(1, 3))
    def adopt_and_go_on(self, policy: Policy, times: int) -> None:
        self.choose_another_policy(policy, adopted=True)
        self.live_on(times)

    @rule(data=st.data(), times=st.integers(1, 3))
    def stop_and_bounce_and_start(self, data: st.DataObject, times: int) -> None:
        self.answer("stop")
        self.bounce(data)
        self.answer("start")
        self.live_on(times)

    @rule(data=st.data())
    def bounce(self, data: st.DataObject) -> None:
        if taken := [letter for letter in self.letters if letter.state == "sent"]:
            letter = data.draw(st.sampled_from(taken))
            letter.state = "bounced"
            self.say(letter.event(e.LetterBounced, reason="550", status="5.1.1"))

    @rule()
    def bounce_the_notice(self) -> None:
        """It is asked anew with the next fetch."""
        sent = self.notice(self.newest)
        self.say(but_bounced(sent))
        self.pool.append(but(sent, letter_version=len(self.pool) + 1))


def but_bounced(sent: e.LetterSent) -> e.LetterBounced:
    fields = {name: value for name, value in vars(sent).items() if name != "sent_at"}
    return e.LetterBounced(**fields | {"letter_version": sent.letter_version + 1}, reason="550", status="5.1.1")

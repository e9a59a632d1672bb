"""A case in plain words: what is so, what has happened, what comes next, what can be answered. Pure."""

from datetime import date

from common.money import ZERO
from decisions.case import Case
from decisions.pages import coming, history, options
from decisions.standing import Standing
from decisions.words import Words

_SITUATIONS = (
    "settled_paid",
    "settled_fees_paid",
    "settled_covered",
    "settled_credited",
    "settled_waived",
    "paused_disputed",
    "paused_said_paid",
    "cancelled_stopped",
    "cancelled_withdrawn",
    "cancelled_not_worth_dunning",
)


def situation(standing: Standing) -> str:
    """The name under which the words for this stage and reason stand."""
    exact = f"{standing.stage}_{standing.reason}"
    return exact if exact in _SITUATIONS else standing.stage


class Telling:
    """What a page shows of a case on `today`; `suggested` is the choice of the link in the mail."""

    def __init__(self, case: Case, today: date, suggested: str) -> None:
        self.case, self.today, self.suggested = case, today, suggested
        self.say = Words(case.company.language)
        self.situation = situation(case.standing)

    @property
    def title(self) -> str:
        return self.say(f"title.{self.situation}", debtor=self.case.invoice.debtor.name)

    @property
    def headline(self) -> tuple[str, str]:
        """The amount that matters, and what it is."""
        invoice, standing = self.case.invoice, self.case.standing
        if standing.stage == "collecting_fees" or (standing.stage == "paused" and not standing.is_owed):
            return self.say.amount(self.case.fees_open), self.say("answer.fees_owed", number=invoice.number)
        if self.situation == "settled_waived":
            return self.say.amount(invoice.amount), self.say("answer.waived", number=invoice.number)
        if invoice.outstanding > ZERO:
            return self.say.amount(invoice.outstanding), self.say("answer.owed", number=invoice.number)
        return self.say.amount(invoice.amount), self.say("answer.settled_amount", number=invoice.number)

    @property
    def next(self) -> str:
        return coming.next_step(self.case, self.today, self.say)

    @property
    def options(self) -> list[options.Option]:
        return options.of(self.case, self.today, self.say, self.suggested)

    @property
    def newest(self) -> tuple[str, str] | None:
        """What the company said last, and when, unless its customer has said something since."""
        answer = self.case.newest
        if not answer or any(said.raised_at > answer.answered_at for said in self.case.objections):
            return None
        return self.say(f"choice.{answer.choice}.answered"), self.say.at(answer.answered_at)

    # --- the record
    @property
    def facts(self) -> list[tuple[str, str]]:
        case, say = self.case, self.say
        invoice = case.invoice
        rows = [
            ("number", invoice.number),
            ("debtor", invoice.debtor.name),
            ("email", invoice.debtor.email or say("fact.no_email")),
            ("amount", say.amount(invoice.amount)),
            ("paid", say.amount(invoice.paid)),
            *self._written_off(),
            ("outstanding", say.amount(max(invoice.outstanding - self.case.written_off, ZERO))),
            ("due_on", say.day(invoice.due_on)),
            *self._overdue(),
            ("stage", say(f"state.{self.situation}")),
            ("reminders", say("fact.some_of", sent=case.procedure.step, of=self.case.reminders)),
            ("fees", say.amount(self.case.fees_charged)),
        ]
        if self.case.fees_given_up:
            rows.append(("fees_given_up", say.amount(self.case.fees_given_up)))
        if self.case.fees_charged != self.case.fees_open:
            rows.append(("fees_open", say.amount(self.case.fees_open)))
        return [(say(f"fact.{name}"), value) for name, value in rows]

    def _written_off(self) -> list[tuple[str, str]]:
        return [("written_off", self.say.amount(self.case.written_off))] if self.case.written_off else []

    def _overdue(self) -> list[tuple[str, str]]:
        days = (self.today - self.case.invoice.due_on).days
        if self.case.invoice.outstanding == ZERO:
            return []
        return [("overdue", self.say.days(days) if days > 0 else self.say("fact.not_overdue"))]

    @property
    def history(self) -> list[history.Happened]:
        return history.of(self.case, self.say)

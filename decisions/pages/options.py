"""The answers that a page offers: each with its button, and what it will do. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from common.law import DAYS_BETWEEN
from common.links import AnswerChoice
from common.money import ZERO
from decisions.case import Case
from decisions.standing import offered
from decisions.words import Words

TO_CONFIRM = ("waive",)  # what costs money and can't be undone


@dataclass(frozen=True)
class Option:
    choice: AnswerChoice
    button: str
    does: str
    sure: str = ""  # what must be confirmed, too


def of(case: Case, today: date, say: Words, suggested: str, *, careful: bool = False) -> list[Option]:
    """The suggested one first; `careful`: whatever costs the company money must be confirmed."""
    choices = offered(case.standing, case.newest.choice if case.newest else None)
    ordered = sorted(choices, key=lambda choice: choice != suggested)
    return [_option(choice, case, today, say, careful=careful) for choice in ordered]


def _option(choice: AnswerChoice, case: Case, today: date, say: Words, *, careful: bool) -> Option:
    sure = say("choice.waive.sure", amount=say.amount(_rest(case))) if choice in TO_CONFIRM else ""
    if careful and choice in ("cover", "stop") and case.fees_open > ZERO:
        sure = say(f"choice.{choice}.sure", amount=say.amount(case.fees_open))
    return Option(choice, _button(choice, case, say), _does(choice, case, today, say), sure)


def _button(choice: str, case: Case, say: Words) -> str:
    stage = case.standing.stage
    if choice == "stop" and case.standing.is_fees_alone:
        return say("choice.stop.fees")
    is_change = choice in ("start", "stop") and stage != "awaiting_decision"
    return say(f"choice.{choice}.{'again' if is_change else 'button'}")


def _does(choice: str, case: Case, today: date, say: Words) -> str:
    if choice == "start":
        return _start_does(case, today, say)
    if choice == "stop":
        return _stop_does(case, say)
    if choice == "resume":
        return _resume_does(case, today, say)
    if choice == "waive":
        return _waive_does(case, say)
    return say(f"choice.{choice}.does", fees=say.amount(case.fees_open or case.fees_charged))


def _start_does(case: Case, today: date, say: Words) -> str:
    email, fee, step = case.invoice.debtor.email, Decimal(case.policy["fee"]), case.procedure.step
    if step >= case.reminders:
        return say("choice.start.does_no_step")
    if not email:
        return say("choice.start.does_no_email")
    name = "does" if fee > ZERO and not case.position.is_disputed else "does_free"
    does = say(f"choice.start.{name}", step=step + 1, email=email, fee=say.amount(fee))
    return f"{does} {_not_before(case, today, say)}".strip()


def _not_before(case: Case, today: date, say: Words) -> str:
    last = case.procedure.last_reminder_on
    earliest = last + timedelta(days=max(DAYS_BETWEEN.on(last), int(case.policy["days_between"]))) if last else today
    return say("choice.start.not_before", date=say.weekday(earliest)) if earliest > today else ""


def _resume_does(case: Case, today: date, say: Words) -> str:
    """After a dispute it goes on without new fees: renteloven § 9 b, stk. 1. After the last letter nothing is sent."""
    if case.standing.is_owed and case.procedure.step >= case.reminders and case.procedure.warned_on:
        return say("choice.start.does_no_step")
    goes_on = say(f"choice.resume.{'does' if case.standing.is_owed else 'does_fees'}")
    disputed = say("choice.resume.does_disputed") if case.position.is_disputed else ""
    not_before = _not_before(case, today, say) if case.standing.is_owed else ""
    return " ".join(part for part in (goes_on, disputed, not_before) if part)


def _waive_does(case: Case, say: Words) -> str:
    name = "does" if not case.fees_open else "does_both" if case.standing.is_owed else "does_fees"
    outstanding, fees = say.amount(case.invoice.outstanding), say.amount(case.fees_open)
    return say(f"choice.waive.{name}", all=say.amount(_rest(case)), outstanding=outstanding, fees=fees)


def _rest(case: Case) -> Decimal:
    """What the company would write off."""
    return case.invoice.outstanding + case.fees_open


def _stop_does(case: Case, say: Words) -> str:
    fees = say("choice.stop.does_fees", fees=say.amount(case.fees_open)) if case.fees_open > ZERO else ""
    if case.standing.is_fees_alone:
        return f"{fees} {say('next.nothing')}".strip()
    does = "does" if case.standing.stage == "awaiting_decision" else "does_again"
    return f"{say(f'choice.stop.{does}')} {fees}".strip()

"""What happens next to a case, in a sentence; pure."""

from datetime import date

from common.calendar import local_date
from common.events import FEE_LETTERS
from decisions.case import Case
from decisions.words import Words

_OWN_WORDS = ("withdrawn", "not_worth_dunning")  # of the reasons to cancel


def next_step(case: Case, today: date, say: Words) -> str:
    match case.standing.stage:
        case "awaiting_decision":
            return _silence(case, today, say)
        case "running" | "checking":
            return _under_way(case, today, say)
        case "collecting_fees":
            return _fees(case, today, say)
        case "paused":
            return _paused(case, say)
        case "escalated":
            return say("next.escalated")
        case "cancelled":
            return say(f"next.{case.standing.reason if case.standing.reason in _OWN_WORDS else 'stopped'}")
    return say("next.nothing")


def _fees(case: Case, today: date, say: Words) -> str:
    procedure = case.procedure
    if not case.is_heard:
        return say("next.fees")
    if procedure.pending:
        return say("next.fees_sending")
    if procedure.wake_at is None:
        return say("next.fees_left")
    is_last = procedure.fee_letters >= FEE_LETTERS or not case.invoice.debtor.email
    return say("next.fees_last" if is_last else "next.fees_letter", date=_woken_on(case, today, say))


def _paused(case: Case, say: Words) -> str:
    until = case.procedure.paused_until
    if case.standing.reason == "said_paid" and until:
        return say("next.paused_said_paid", date=say.weekday(until))
    return say("next.paused_disputed" if case.standing.reason == "disputed" else "next.paused")


def _silence(case: Case, today: date, say: Words) -> str:
    if not case.standing.is_overdue:
        return say("next.not_due")
    if case.procedure.wake_at and case.starts_by_silence:
        return say("next.starts", date=_woken_on(case, today, say))
    return say("next.waits")


def _under_way(case: Case, today: date, say: Words) -> str:
    procedure = case.procedure
    if not case.is_heard:
        return say("next.now")
    if procedure.pending:
        is_warning = procedure.pending_kind == "collection_notice"
        return say("next.warning_sending" if is_warning else "next.sending", step=procedure.step + 1)
    if procedure.unreachable_step == procedure.step + 1:
        return say("next.no_address")
    if procedure.wake_at is None or case.standing.stage == "checking":
        return say("next.looking")
    return say(_coming(case), step=procedure.step + 1, of=case.reminders, date=_woken_on(case, today, say))


def _coming(case: Case) -> str:
    if case.procedure.step < case.reminders:
        return "next.reminder"
    return "next.all_sent" if case.procedure.warned_on else "next.warning"


def _woken_on(case: Case, today: date, say: Words) -> str:
    """A date that has passed is today's work."""
    return say.weekday(max(local_date(case.procedure.wake_at), today))

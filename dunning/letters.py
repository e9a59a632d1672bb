"""What became of a letter, and what comes of it; pure."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from common import events as e
from common.calendar import local_date, office_opens
from common.money import ZERO
from dunning.deadlines import starts_on
from dunning.ending import refunded
from dunning.issuing import earliest, left_to_company
from dunning.ledger import CHARGING, Kind
from dunning.moves import reversing, settled
from dunning.prices import FREE, Prices
from dunning.procedure import LETTERS, NothingToDo, Procedure

LOOK_AGAIN = timedelta(hours=1)  # business time, after a letter was withdrawn
STEPPING = ("running", "checking", "collecting_fees")


def notice_sent(before: Procedure, event: e.LetterSent, *, is_back: bool = False) -> Procedure:
    """The company has been asked: its time to answer counts from today. `is_back`: that came back, heard or not."""
    if before.stage != "awaiting_decision" or before.notified_on:
        raise NothingToDo("the company has been asked before")
    if is_back:
        raise NothingToDo("the question came back: the company is asked anew")
    notified_on = local_date(event.sent_at)
    start = starts_on(notified_on, before.policy, before.due_on) if not before.disputed else None
    at, after = office_opens(start) if start else None, before.but(notified_on=notified_on)
    return after if at == before.wake_at else after.waking(at)  # sent on the day it was asked for: the timer is right


def notice_bounced(before: Procedure) -> Procedure:
    """The company never saw the question: silence means nothing until it is asked anew."""
    if before.stage != "awaiting_decision" or before.notified_on is None:
        raise NothingToDo("the company has answered, or was not asked")
    return before.but(notified_on=None)


def letter_sent(before: Procedure, event: e.LetterSent) -> Procedure:
    """It left. A reminder is a step; the next one counts from the day on which it was sent."""
    _refuse_other_letter(before, event)
    sent_on = local_date(event.sent_at)
    after = _stepped(before, sent_on).but(pending=False, last_reminder_on=sent_on)
    if before.stage not in STEPPING:
        return _uncharged(after, event, sent_on, "sent when it was over")
    return after.waking(office_opens(earliest(after)))


def _stepped(procedure: Procedure, sent_on: date) -> Procedure:
    if procedure.pending_kind == "fee_reminder":
        return procedure.but(fee_letters=procedure.fee_letters + 1, attempt=procedure.attempt + 1)
    step, kind = procedure.step + 1, procedure.pending_kind
    after = procedure.but(step=step) if kind == "reminder" else procedure
    if date_given := procedure.pending_pay_by:
        return after.but(warned_on=sent_on, warned_by=kind, warned_step=step, pay_by=date_given)
    return after


def letter_failed(before: Procedure, event: e.LetterFailed, now: datetime, address: str | None = None) -> Procedure:
    """Refused by the mail server: no step, no fee. It waits for another address than the one to which it was sent."""
    after = _not_sent(before, event, local_date(now), "the letter was refused")
    return _unreachable(after, address) if after.stage in STEPPING else after


def letter_withdrawn(before: Procedure, event: e.LetterWithdrawn, now: datetime) -> Procedure:
    """Stopped in the last moment: no step, no fee. While it is running, one more look finds out what is so."""
    after = _not_sent(before, event, local_date(now), f"the letter was withdrawn: {event.reason}")
    if before.stage not in STEPPING:
        return after
    if event.reason == "discarded":
        is_for_fees = before.stage == "collecting_fees"
        return left_to_company(after) if is_for_fees else after.but(unreachable_step=before.step + 1)
    return after.waking(now if event.reason == "changed" else now + LOOK_AGAIN)


def letter_bounced(
    before: Procedure, event: e.LetterBounced, now: datetime, address: str | None = None, prices: Prices = FREE
) -> Procedure:
    """It was taken, and came back: no step after all, its fee is reversed, and what the company was charged for it by
    these prices goes back. It waits for another address than the one to which it was sent, as with one refused.
    """
    after = _came_back(before, event, now, address)
    return refunded(before, after, local_date(now), prices, "the letter bounced")


def _came_back(before: Procedure, event: e.LetterBounced, now: datetime, address: str | None) -> Procedure:
    if before.pending and _is_awaited(before, event):  # the bounce is heard before the letter counts as sent
        after = _not_sent(before, event, local_date(now), "the letter bounced").but(last_reminder_on=local_date(now))
    else:
        after = _taken_back(before, event, local_date(now))
    if before.stage == "settled" and after.owed.surplus < before.owed.surplus:  # its fee was paid: the debtor's money
        return settled(after, before.reason)
    if after.stage == "escalated" and after.warned_on is None:  # what warned him never arrived
        after = after.but(stage="running")
    return _unreachable(after, address) if after.stage in STEPPING and not after.pending else after


def _unreachable(procedure: Procedure, address: str | None) -> Procedure:
    """It waits for another address than this, unless the debtor has one by now; where nobody would notice one, the
    company decides.
    """
    if procedure.stage == "collecting_fees":
        return settled(procedure, "paid") if procedure.owed.charges == ZERO else left_to_company(procedure)
    after = procedure.but(stage="running")
    if address and procedure.debtor_email not in (None, address):
        return after.waking(office_opens(earliest(after)))
    return after.but(unreachable_step=procedure.step + 1).waking(None)


def _taken_back(before: Procedure, event: e.LetterBounced, today: date) -> Procedure:
    """Days are counted from it all the same: the distance to the next one only grows. Interest and compensation, which
    are owed without a letter, stay when it is settled, or when a later letter has asked for them, too.
    """
    kinds: tuple[Kind, ...] = CHARGING if _is_last_word(before, event) else ("fee",)
    after = _uncharged(before, event, today, "the letter bounced", kinds)
    if (event.kind, event.step) == (before.warned_by, before.warned_step):
        after = after.but(warned_on=None, warned_by="", pay_by=None)
    if before.pending:
        return after  # letters are counted by the one that is under way
    after = after.but(attempt=before.attempt + 1)
    match event.kind, event.step:
        case "reminder", before.step:
            return after.but(step=before.step - 1)
        case "fee_reminder", before.fee_letters:
            return after.but(fee_letters=before.fee_letters - 1)
    return after


def _is_last_word(before: Procedure, event: e.LetterEvent) -> bool:
    is_followed = before.pending or before.warned_by == "collection_notice" or before.fee_letters > 0
    return before.stage != "settled" and event.step == before.step and not is_followed


def _not_sent(before: Procedure, event: e.LetterEvent, today: date, rule: str) -> Procedure:
    _refuse_other_letter(before, event)
    after = before.but(pending=False, attempt=before.attempt + 1)
    return _uncharged(after, event, today, rule)


def _uncharged(
    procedure: Procedure, event: e.LetterEvent, today: date, rule: str, kinds: Iterable[Kind] = CHARGING
) -> Procedure:
    """Only reminders charge anything for themselves; letters of other kinds count their steps apart."""
    is_reminder = event.kind == "reminder"
    return reversing(procedure, event.step, event.attempt, today, rule, kinds) if is_reminder else procedure


def _refuse_other_letter(before: Procedure, event: e.LetterEvent) -> None:
    if not _is_awaited(before, event):
        raise NothingToDo("the letter is not the one that is waited for")


def _is_awaited(before: Procedure, event: e.LetterEvent) -> bool:
    done = before.fee_letters if before.pending_kind == "fee_reminder" else before.step
    awaited = (before.pending_kind, done + 1, before.attempt)
    return before.pending and event.kind in LETTERS and (event.kind, event.step, event.attempt) == awaited

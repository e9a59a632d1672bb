"""What the notifier does when it hears something.

A letter: read → render, slow, outside any transaction → once → plan → say so.
Sending: claim, in a short transaction → the mail server, slow → once → record what became of it → say so.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from common import clock, crash, db, inbox
from common import events as e
from common.calendar import local_date
from common.inbox import AlreadyHandled
from common.logs import log
from common.tables import Letter
from common.worker import Handles, nothing_ahead
from notifier import cases, letters, notices, restored, sending, store
from notifier.facts import Case
from notifier.letters import Draft
from notifier.mailer import NotSent
from notifier.writing import Writer

CONSUMER = "notifier"
once = partial(inbox.once, consumer=CONSUMER)
Send = Callable[[str, bytes, str], None]  # to whom, the bytes, and where they come back to; raises NotSent
BouncesTo = Callable[[str], str]  # where a letter of that id comes back to


# --- asking the company ----------------------------------------------------------------------------------------------
def on_decision_requested(event: e.DecisionRequested, now: datetime) -> None:
    with once(event):
        notices.join(event, now)


def on_fetch_finished(event: e.FetchFinished, now: datetime) -> None:
    with once(event):
        notices.end(event, now)


def on_notices_due(event: e.NoticesDue, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    found, today = notices.waiting(event), local_date(now)
    if found.digest:
        drafts = [letters.digest(found.digest, writer.links, today)]
        letter_of = dict.fromkeys(found.procedure_ids, drafts[0].id)
    else:
        tries = found.asked_before
        drafts = [letters.notice(c, writer.links, today, tries[c.claim.procedure_id]) for c in found.singles]
        letter_of = {draft.about: draft.id for draft in drafts}
    written = [writer.write(draft, clock.real_now()) for draft in drafts]
    with once(event):
        notices.take(found, letter_of, event.company, event.fetch_id)
        store.plan(written, now)


# --- telling what happened -------------------------------------------------------------------------------------------
def on_fetch_failed(event: e.FetchFailed, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    written = []
    if event.reason in ("key_refused", "no_key"):
        draft = letters.key_refused(cases.creditor(event.company), event, writer.portal)
        written.append(writer.write(draft, clock.real_now()))
    with once(event):
        notices.end(event, now)
        store.plan(written, now)


def on_procedure_started(event: e.ProcedureStarted, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: letters.started(case, event, writer.links, local_date(now)))


def on_reminder_issued(event: e.ReminderIssued, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: letters.reminder(case, event, local_date(now)))


def on_debtor_unreachable(event: e.DebtorUnreachable, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: letters.debtor_unreachable(case, event, writer.links))


def on_procedure_collecting_fees(event: e.ProcedureCollectingFees, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: letters.fees_open(case, event, writer.links))


def on_procedure_settled(event: e.ProcedureSettled, now: datetime, writer: Writer) -> None:
    def ending(case: Case) -> Draft:
        if case.claim.notified_on is None:
            raise AlreadyHandled("the company was never asked about it")
        return letters.settled(case, event, writer.links)

    _tell(event, now, writer, ending)


def on_procedure_escalated(event: e.ProcedureEscalated, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: letters.escalated(case, event))


def on_letter_failed(event: e.LetterFailed, now: datetime, writer: Writer) -> None:
    """Tells the company of a letter to its debtor. A failed mail to itself is in the log; a question is asked again."""
    with db.connection():
        failed = Letter.get_by_id(event.letter_id)
    if not failed.to_debtor:
        raise AlreadyHandled("it was a mail to the company itself")
    _tell(event, now, writer, lambda case: letters.letter_failed(case, event, failed.recipient, writer.links))


TellingEvent = e.ProcedureEvent | e.LetterFailed


def _tell(event: TellingEvent, now: datetime, writer: Writer, compose: Callable[[Case], Draft]) -> None:
    inbox.refuse_handled(event, CONSUMER)
    draft = compose(cases.case(str(event.procedure_id)))
    written = writer.write(draft, clock.real_now())
    with once(event):
        if not store.plan([written], now):
            raise AlreadyHandled("this letter has been planned before")


# --- sending ---------------------------------------------------------------------------------------------------------
def on_letter_planned(
    event: e.LetterPlanned, now: datetime, send: Send, bounces_to: BouncesTo, lease: timedelta
) -> None:
    letter = _claimed(event, now, lease)
    if letter is None:
        return
    crash.here("mail.claimed")
    outcome = _attempt(letter, send, bounces_to(letter.id))  # slow: outside any transaction
    crash.here("mail.taken")
    with once(event):
        store.record(letter, outcome, clock.business_now())
    if outcome.state == "failed" and not letter.to_debtor:
        log.error("a mail to the company was refused", company=letter.company, kind=letter.kind, reason=outcome.reason)


def _claimed(event: e.LetterPlanned, now: datetime, lease: timedelta) -> Letter | None:
    """The letter, ours to send; None if it must not go."""
    with db.transaction():
        inbox.refuse_handled(event, CONSUMER)
        letter = store.lock(event.letter_id)
        if (outcome := store.is_lost(letter) or _withdrawn(letter, now) or restored.is_doubtful(letter)) is None:
            store.claim(letter, now, lease)
            return letter
        with once(event):
            store.record(letter, outcome, now)
    return None


def _withdrawn(letter: Letter, now: datetime) -> sending.Outcome | None:
    if not letter.to_debtor:
        return None
    says, standing = store.standing(letter)
    reason = sending.why_not(says, standing, freshest=now - clock.patience(sending.FRESH))
    return sending.Outcome("withdrawn", reason) if reason else None


def _attempt(letter: Letter, send: Send, bounces_to: str) -> sending.Outcome:
    try:
        send(letter.recipient, bytes(letter.content), bounces_to)
    except NotSent as error:
        return sending.outcome_of(error, letter.tries, to_debtor=letter.to_debtor)
    return sending.SENT


COUNTING = (
    Handles(e.DecisionRequested, on_decision_requested, together=nothing_ahead),
    Handles(e.FetchFinished, on_fetch_finished),
)
WRITING = (
    Handles(e.NoticesDue, on_notices_due),
    Handles(e.FetchFailed, on_fetch_failed),
    Handles(e.ProcedureStarted, on_procedure_started),
    Handles(e.ReminderIssued, on_reminder_issued),
    Handles(e.DebtorUnreachable, on_debtor_unreachable),
    Handles(e.ProcedureCollectingFees, on_procedure_collecting_fees),
    Handles(e.ProcedureSettled, on_procedure_settled),
    Handles(e.ProcedureEscalated, on_procedure_escalated),
    Handles(e.LetterFailed, on_letter_failed),
)
SENDING = (Handles(e.LetterPlanned, on_letter_planned),)

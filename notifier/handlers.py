"""What the notifier does when it hears something.

A letter: read → render, slow, outside any transaction → once → plan → say so.
Sending: claim, in a short transaction → the mail server, slow → once → record what became of it → say so.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from common import clock, crash, db, inbox
from common import events as e
from common.calendar import local_date
from common.inbox import AlreadyHandled
from common.logs import log
from common.tables import Letter
from common.worker import Handles, nothing_ahead
from notifier import batches, cases, delivering, erasing, held, notices, objections, store
from notifier.delivering import BouncesTo, Send
from notifier.facts import OVER, Case
from notifier.letters import affairs, asking, claiming, ending, entering, objecting, sampling, telling
from notifier.letters.claiming import Beside
from notifier.letters.draft import Draft, letter_id
from notifier.writing import Writer

CONSUMER = "notifier"
once = partial(inbox.once, consumer=CONSUMER)


# --- asking the company ----------------------------------------------------------------------------------------------
def on_decision_requested(event: e.DecisionRequested, now: datetime) -> None:
    with once(event):
        batches.join(event, now)


def on_fetch_finished(event: e.FetchFinished, now: datetime) -> None:
    with once(event):
        batches.end(event, now)


def on_notices_due(event: e.NoticesDue, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    found, today = notices.waiting(event), local_date(now)
    if found.digest:
        drafts = [asking.digest(found.digest, writer.links, today)]
        letter_of = dict.fromkeys(found.procedure_ids, drafts[0].id)
    else:
        tries = found.asked_before
        drafts = [asking.notice(c, writer.links, today, tries[c.claim.procedure_id]) for c in found.singles]
        letter_of = {draft.about: draft.id for draft in drafts}
    written = [writer.write(draft, clock.real_now()) for draft in drafts]
    with once(event):
        notices.take(found, letter_of, event.company, event.fetch_id)
        store.plan(written, now)


# --- asking the debtor for money --------------------------------------------------------------------------------------
def on_reminder_issued(event: e.ReminderIssued, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: claiming.reminder(case, event, _beside(case, now, writer)))


def on_collection_notice_issued(event: e.CollectionNoticeIssued, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: claiming.collection_notice(case, event, _beside(case, now, writer)))


def on_fee_reminder_issued(event: e.FeeReminderIssued, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: claiming.fee_reminder(case, event, _beside(case, now, writer)))


def _beside(case: Case, now: datetime, writer: Writer) -> Beside:
    return Beside(links=writer.links, today=local_date(now), interest_until=cases.interest_until(case))


# --- telling the company of a procedure ------------------------------------------------------------------------------
def on_procedure_started(event: e.ProcedureStarted, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: telling.started(case, event, writer.links, local_date(now)))


def on_debtor_unreachable(event: e.DebtorUnreachable, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: telling.debtor_unreachable(case, event, writer.links))


def on_objection_raised(event: e.ObjectionRaised, now: datetime, writer: Writer) -> None:
    if event.by == "company":
        raise AlreadyHandled("the company wrote it down itself")
    inbox.refuse_handled(event, CONSUMER)
    said = objections.said(event)
    _tell(event, now, writer, lambda case: objecting.objection(case, event, said, writer.links))


def on_procedure_collecting_fees(event: e.ProcedureCollectingFees, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: ending.fees_open(case, event, writer.links))


def on_fees_unpaid(event: e.FeesUnpaid, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: ending.fees_unpaid(case, event, writer.links))


def on_procedure_settled(event: e.ProcedureSettled, now: datetime, writer: Writer) -> None:
    def compose(case: Case) -> Draft:
        if case.claim.notified_on is None and not case.claim.step:
            raise AlreadyHandled("the company was never asked about it, and the debtor never reminded")
        return ending.settled(case, event, writer.links)

    _tell(event, now, writer, compose)


def on_procedure_escalated(event: e.ProcedureEscalated, now: datetime, writer: Writer) -> None:
    _tell(event, now, writer, lambda case: ending.escalated(case, event, writer.links))


def on_letter_failed(event: e.LetterFailed, now: datetime, writer: Writer) -> None:
    """Tells the company of a letter to its debtor. A failed mail to itself is in the log; a question is asked again."""
    failed = _letter(event)
    if not failed.to_debtor:
        raise AlreadyHandled("it was a mail to the company itself")
    _tell(event, now, writer, lambda case: telling.letter_failed(case, event, failed.recipient, writer.links))


def on_letter_bounced(event: e.LetterBounced, now: datetime, writer: Writer) -> None:
    """As with one that failed; nobody need do anything about a letter that came back when it was over."""
    bounced = _letter(event)
    if not bounced.to_debtor:
        with once(event):
            log.error("a mail to the company came back", kind=bounced.kind, reason=event.reason, status=event.status)
        return

    def compose(case: Case) -> Draft:
        if case.claim.stage in OVER:
            raise AlreadyHandled("it is over")
        return telling.letter_bounced(case, event, bounced.recipient, writer.links)

    _tell(event, now, writer, compose)


def _letter(event: e.LetterEvent) -> Letter:
    with db.connection():
        return Letter.get_by_id(event.letter_id)


TellingEvent = e.ProcedureEvent | e.ObjectionRaised | e.LetterEvent


def _tell(event: TellingEvent, now: datetime, writer: Writer, compose: Callable[[Case], Draft]) -> None:
    inbox.refuse_handled(event, CONSUMER)
    draft = compose(cases.case(str(event.procedure_id)))
    written = writer.write(draft, clock.real_now())
    with once(event):
        if not store.plan([written], now):
            raise AlreadyHandled("this letter has been planned before")


# --- telling the company of its own affairs --------------------------------------------------------------------------
def on_fetch_failed(event: e.FetchFailed, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    written = []
    if event.reason in ("key_refused", "no_key") and not cases.awaits_key(event.company, event.key_no):
        draft = affairs.key_refused(cases.creditor(event.company), event, writer.portal)
        written.append(writer.write(draft, clock.real_now()))
    with once(event):
        batches.end(event, now)
        store.plan(written, now)


def on_payments_unmarked(event: e.PaymentsUnmarked, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    written = writer.write(affairs.payments_unmarked(cases.creditor(event.company), event), clock.real_now())
    with once(event):
        store.plan([written], now)


def on_invoices_set_aside(event: e.InvoicesSetAside, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    written = []
    if found := cases.unreadable(event.company):
        draft = affairs.set_aside(cases.creditor(event.company), event, found)
        written.append(writer.write(draft, clock.real_now()))
    with once(event):
        store.plan(written, now)


def on_procedure_held(event: e.ProcedureHeld, now: datetime, writer: Writer) -> None:
    """One mail for each cause: thousands of procedures may say it, so nothing is written before a look."""
    if store.is_planned(letter_id(affairs.held_about(event), "held")):
        raise AlreadyHandled("the company has been told of it")
    written = writer.write(affairs.held(cases.creditor(event.company), event, writer.portal), clock.real_now())
    with once(event):
        store.plan([written], now)


def on_statement_due(event: e.StatementDue, now: datetime, writer: Writer) -> None:
    """A month in which nothing was charged needs no statement."""
    inbox.refuse_handled(event, CONSUMER)
    written = []
    if costs := cases.costs(event.company, event.month):
        draft = affairs.statement(cases.creditor(event.company), event.month, costs)
        written.append(writer.write(draft, clock.real_now()))
    with once(event):
        store.plan(written, now)


def on_sample_requested(event: e.SampleRequested, now: datetime, writer: Writer) -> None:
    inbox.refuse_handled(event, CONSUMER)
    beside = Beside(links=writer.links, today=local_date(now))
    draft = sampling.sample(cases.creditor(event.company), event, cases.first_reminder(event.company), beside)
    written = writer.write(draft, clock.real_now())
    with once(event):
        store.plan([written], now)


# --- letting the company into the portal -----------------------------------------------------------------------------
def on_login_invited(event: e.LoginInvited, now: datetime, writer: Writer) -> None:
    _let_in(event, now, writer, entering.invited, writer.links.invitation)


def on_login_forgotten(event: e.LoginForgotten, now: datetime, writer: Writer) -> None:
    _let_in(event, now, writer, entering.forgotten, writer.links.forgotten)


def _let_in(event: e.LoginEvent, now: datetime, writer: Writer, compose: Callable[..., Draft], link: Any) -> None:
    """A login that was removed meanwhile needs no mail."""
    inbox.refuse_handled(event, CONSUMER)
    account = cases.account(event.login_id)
    written = []
    if account:
        draft = compose(cases.creditor(event.company), event, account, link)
        written.append(writer.write(draft, clock.real_now()))
    with once(event):
        store.plan(written, now)


# --- sending ---------------------------------------------------------------------------------------------------------
def on_letter_planned(
    event: e.LetterPlanned, now: datetime, send: Send, bounces_to: BouncesTo, lease: timedelta
) -> None:
    letter = delivering.claimed(event, now, lease, CONSUMER)
    if letter is None:
        return
    crash.here("mail.claimed")
    outcome = delivering.attempt(letter, send, bounces_to(letter.id))  # slow: outside any transaction
    crash.here("mail.taken")
    with once(event):
        store.record(letter, outcome, clock.business_now())
    if outcome.state == "failed" and not letter.to_debtor:
        log.error("a mail to the company was refused", company=letter.company, kind=letter.kind, reason=outcome.reason)


def on_letter_decision_made(event: e.LetterDecisionMade, now: datetime) -> None:
    with once(event):
        held.decided(event, now)


# --- personal data ---------------------------------------------------------------------------------------------------
def on_debtor_erased(event: e.DebtorErased, now: datetime) -> None:  # noqa: ARG001 - all are called alike
    with once(event):
        letters = erasing.erase(event.company, event.customer_number)
    log.info("a debtor was erased", company=event.company, letters=letters)


COUNTING = (
    Handles(e.DebtorErased, on_debtor_erased),
    Handles(e.DecisionRequested, on_decision_requested, together=nothing_ahead),
    Handles(e.FetchFinished, on_fetch_finished),
    Handles(e.LetterDecisionMade, on_letter_decision_made),
)
WRITING = (
    Handles(e.NoticesDue, on_notices_due),
    Handles(e.ReminderIssued, on_reminder_issued),
    Handles(e.CollectionNoticeIssued, on_collection_notice_issued),
    Handles(e.FeeReminderIssued, on_fee_reminder_issued),
    Handles(e.ProcedureStarted, on_procedure_started),
    Handles(e.DebtorUnreachable, on_debtor_unreachable),
    Handles(e.ObjectionRaised, on_objection_raised),
    Handles(e.ProcedureCollectingFees, on_procedure_collecting_fees),
    Handles(e.FeesUnpaid, on_fees_unpaid),
    Handles(e.ProcedureSettled, on_procedure_settled),
    Handles(e.ProcedureEscalated, on_procedure_escalated),
    Handles(e.LetterFailed, on_letter_failed),
    Handles(e.LetterBounced, on_letter_bounced),
    Handles(e.FetchFailed, on_fetch_failed),
    Handles(e.PaymentsUnmarked, on_payments_unmarked),
    Handles(e.InvoicesSetAside, on_invoices_set_aside),
    Handles(e.ProcedureHeld, on_procedure_held),
    Handles(e.StatementDue, on_statement_due),
    Handles(e.SampleRequested, on_sample_requested),
    Handles(e.LoginInvited, on_login_invited),
    Handles(e.LoginForgotten, on_login_forgotten),
)
SENDING = (Handles(e.LetterPlanned, on_letter_planned),)

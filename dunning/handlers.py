"""What dunning does when it hears something: once → lock → one rule → save → say so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from common import clock, inbox, outbox
from common import events as e
from common.inbox import AlreadyHandled
from common.worker import Handles
from dunning import answers, facts, letters, opening, steps, store
from dunning.procedure import NothingToDo, Procedure

once = partial(inbox.once, consumer="dunning")
ANSWER_OF_ERP = timedelta(hours=2)  # business time that a look may take before it is asked for again
InvoiceRule = Callable[[Procedure, e.Invoice, datetime], Procedure]


def on_invoice_overdue(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.changed, now)


def on_invoice_changed(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.changed, now)


def on_invoice_partly_paid(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.changed, now)


def on_invoice_paid(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.paid, now)


def on_invoice_credited(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.credited, now)


def on_invoice_withdrawn(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.withdrawn, now)


def on_invoice_reopened(event: e.InvoiceEvent, now: datetime) -> None:
    _invoice(event, facts.reopened, now)


def _invoice(event: e.InvoiceEvent, rule: InvoiceRule, now: datetime) -> None:
    with once(event):
        before = store.lock_newest(event.company, event.invoice.number)
        if before and event.invoice.sequence <= before.sequence:
            raise AlreadyHandled(f"sequence {before.sequence} of this invoice is known")
        if before is None or opening.needs_new_round(before, event):
            after = opening.opened(event, store.policy_of(event.company), before, now)
        else:
            after = rule(before, event.invoice, now)
        store.save(after)
        outbox.add(*after.news)


def on_decision_made(event: e.DecisionMade, now: datetime) -> None:
    _apply(event, event.procedure_id, lambda before: answers.decided(before, event, now))


def on_fee_decision_made(event: e.FeeDecisionMade, now: datetime) -> None:
    _apply(event, event.procedure_id, lambda before: answers.fee_decided(before, event, now))


def on_procedure_due(event: e.ProcedureDue, now: datetime) -> None:
    patience = clock.patience(ANSWER_OF_ERP)
    _apply(event, event.procedure_id, lambda before: steps.due(before, event.wake_no, now, patience))


def on_invoice_checked(event: e.InvoiceChecked, now: datetime) -> None:
    _apply(event, event.procedure_id, lambda before: steps.checked(before, event, now))


def on_invoice_check_failed(event: e.InvoiceCheckFailed, now: datetime) -> None:
    _apply(event, event.procedure_id, lambda before: steps.check_failed(before, event, now))


def on_letter_sent(event: e.LetterSent, now: datetime) -> None:  # noqa: ARG001 - the day it was sent counts, not now
    if event.kind in ("notice", "digest"):
        _apply(event, event.procedure_id, lambda before: letters.notice_sent(before, event))
    if event.kind == "reminder":
        _apply(event, event.procedure_id, lambda before: letters.reminder_sent(before, event))


def on_letter_failed(event: e.LetterFailed, now: datetime) -> None:
    if event.kind == "reminder":
        _apply(event, event.procedure_id, lambda before: letters.reminder_failed(before, event, now))


def on_letter_withdrawn(event: e.LetterWithdrawn, now: datetime) -> None:
    if event.kind == "reminder":
        _apply(event, event.procedure_id, lambda before: letters.reminder_withdrawn(before, event, now))


def _apply(event: e.Event, procedure_id: str | None, rule: Callable[[Procedure], Procedure]) -> None:
    """The five beats for whatever names its procedure."""
    with once(event):
        before = store.lock(str(procedure_id))
        try:
            after = rule(before)
        except NothingToDo as nothing:
            raise AlreadyHandled(str(nothing)) from nothing
        store.save(after)
        outbox.add(*after.news)


HANDLERS = (
    Handles(e.InvoiceOverdue, on_invoice_overdue),
    Handles(e.InvoiceChanged, on_invoice_changed),
    Handles(e.InvoicePartlyPaid, on_invoice_partly_paid),
    Handles(e.InvoicePaid, on_invoice_paid),
    Handles(e.InvoiceCredited, on_invoice_credited),
    Handles(e.InvoiceWithdrawn, on_invoice_withdrawn),
    Handles(e.InvoiceReopened, on_invoice_reopened),
    Handles(e.DecisionMade, on_decision_made),
    Handles(e.FeeDecisionMade, on_fee_decision_made),
    Handles(e.ProcedureDue, on_procedure_due),
    Handles(e.InvoiceChecked, on_invoice_checked),
    Handles(e.InvoiceCheckFailed, on_invoice_check_failed),
    Handles(e.LetterSent, on_letter_sent),
    Handles(e.LetterFailed, on_letter_failed),
    Handles(e.LetterWithdrawn, on_letter_withdrawn),
)

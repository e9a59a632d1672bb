"""What dunning does when it hears something: once → lock → one rule → save → say so."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from common import clock, inbox, outbox
from common import events as e
from common.calendar import local_date
from common.inbox import AlreadyHandled
from common.worker import Handles
from dunning import answers, facts, letters, objecting, opening, steps, store, surroundings
from dunning.charges import Law
from dunning.dates import dated
from dunning.procedure import LETTERS, OVER, NothingToDo, Procedure

once = partial(inbox.once, consumer="dunning")
ANSWER_OF_ERP = timedelta(hours=2)  # business time that a look may take before it is asked for again
InvoiceRule = Callable[[Procedure, e.Invoice, datetime, Law], Procedure]


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
    _invoice(event, facts.changed, now)


def _invoice(event: e.InvoiceEvent, rule: InvoiceRule, now: datetime) -> None:
    with once(event):
        before, law = store.lock_newest(event.company, event.invoice.number), surroundings.law()
        if before and event.invoice.sequence <= before.sequence:
            after = _ruled(answers.picked, before, event, surroundings.policy_of(event.company), now)
        elif before is None or opening.needs_new_round(before, event):
            after = opening.opened(event, surroundings.policy_to_open_with(event.company), before, now, law)
        else:
            after = rule(before, event.invoice, now, law)
        store.save(dated(before, after, local_date(now)), event)
        outbox.add(*after.news)


# --- people ----------------------------------------------------------------------------------------------------------
def on_decision_made(event: e.DecisionMade, now: datetime) -> None:
    _answer(event, now)


def on_fee_decision_made(event: e.FeeDecisionMade, now: datetime) -> None:
    _answer(event, now)


def _answer(event: e.DecisionMade | e.FeeDecisionMade, now: datetime) -> None:
    def rule(before: Procedure) -> Procedure:
        return answers.decided(before, event, now, surroundings.law(), surroundings.policy_of(event.company))

    _apply(event, rule, now)


def on_policy_adopted(event: e.PolicyAdopted, now: datetime) -> None:
    _apply(event, lambda before: answers.adopted(before, event, surroundings.policy_of(event.company), now), now)


def on_objection_raised(event: e.ObjectionRaised, now: datetime) -> None:
    """Also of the newest round, if he said it in an earlier one."""

    def rule(before: Procedure) -> Procedure:
        heard = objecting.objected if before.id == event.procedure_id else objecting.carried_over
        return heard(before, event, now)

    _apply(event, rule, now, to_newest=True)


# --- time ------------------------------------------------------------------------------------------------------------
def on_procedure_due(event: e.ProcedureDue, now: datetime) -> None:
    patience = clock.patience(ANSWER_OF_ERP)

    def rule(before: Procedure) -> Procedure:
        known, policy = surroundings.knowledge_of(event.company), surroundings.policy_of(event.company)
        return steps.due(before, event.wake_no, now, patience, known, policy)

    _apply(event, rule, now)


def on_fetch_finished(event: e.FetchFinished, now: datetime) -> None:
    with once(event):
        for before in store.lock_held(event.company):
            with suppress(NothingToDo):
                store.save(steps.known_anew(before, now), event)


def on_invoice_checked(event: e.InvoiceChecked, now: datetime) -> None:
    _apply(
        event,
        lambda before: steps.checked(before, event, now, surroundings.law(), surroundings.arrears_of(before)),
        now,
    )


def on_invoice_check_failed(event: e.InvoiceCheckFailed, now: datetime) -> None:
    _apply(event, lambda before: steps.check_failed(before, event, now), now)


# --- letters ---------------------------------------------------------------------------------------------------------
def on_letter_sent(event: e.LetterSent, now: datetime) -> None:
    if event.kind in ("notice", "digest"):
        _apply(event, lambda before: letters.notice_sent(before, event, is_back=surroundings.came_back(event)), now)
    if event.kind in LETTERS:
        _apply(event, lambda before: letters.letter_sent(before, event), now)


def on_letter_failed(event: e.LetterFailed, now: datetime) -> None:
    if event.kind in LETTERS:
        _apply(event, lambda before: letters.letter_failed(before, event, now, surroundings.recipient_of(event)), now)


def on_letter_withdrawn(event: e.LetterWithdrawn, now: datetime) -> None:
    if event.kind in LETTERS:
        _apply(event, lambda before: letters.letter_withdrawn(before, event, now), now)


def on_letter_bounced(event: e.LetterBounced, now: datetime) -> None:
    if event.kind in ("notice", "digest"):
        _apply(event, letters.notice_bounced, now)
    if event.kind in LETTERS:
        _apply(event, lambda before: _bounced(before, event, now), now)


def _bounced(before: Procedure, event: e.LetterBounced, now: datetime) -> Procedure:
    address, prices = surroundings.recipient_of(event), surroundings.law().prices
    return letters.letter_bounced(before, event, now, address, prices)


# --- personal data ---------------------------------------------------------------------------------------------------
def on_debtor_erased(event: e.DebtorErased, now: datetime) -> None:  # noqa: ARG001 - all are called alike
    """What the ledger rests on stays: the customer's number, and whether he is a trader."""
    with once(event):
        for before in store.lock_customer(event.company, event.customer_number):
            if before.stage in OVER and before.debtor_email:
                store.save(before.but(debtor_email=None), event)


def _apply(event: Any, rule: Callable[[Procedure], Procedure], now: datetime, *, to_newest: bool = False) -> None:
    """The five beats for whatever names its procedure and invoice; `to_newest`: the newest round hears it."""
    with once(event):
        before = store.lock(event.company, str(event.invoice_number), str(event.procedure_id))
        if to_newest:
            before = store.lock_newest(event.company, event.invoice_number) or before
        elif not isinstance(event, e.LetterEvent) and not store.is_newest(before):
            raise AlreadyHandled("the invoice was owed again since, and a newer procedure goes on")
        after = _ruled(rule, before)
        store.save(dated(before, after, local_date(now)), event)
        outbox.add(*after.news)


def _ruled(rule: Callable[..., Procedure], *given: Any) -> Procedure:
    try:
        return rule(*given)
    except NothingToDo as nothing:
        raise AlreadyHandled(str(nothing)) from nothing


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
    Handles(e.PolicyAdopted, on_policy_adopted),
    Handles(e.ObjectionRaised, on_objection_raised),
    Handles(e.ProcedureDue, on_procedure_due),
    Handles(e.FetchFinished, on_fetch_finished),
    Handles(e.InvoiceChecked, on_invoice_checked),
    Handles(e.InvoiceCheckFailed, on_invoice_check_failed),
    Handles(e.LetterSent, on_letter_sent),
    Handles(e.LetterFailed, on_letter_failed),
    Handles(e.LetterWithdrawn, on_letter_withdrawn),
    Handles(e.LetterBounced, on_letter_bounced),
    Handles(e.DebtorErased, on_debtor_erased),
)

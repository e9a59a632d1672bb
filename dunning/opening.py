"""When a procedure begins; pure."""

from datetime import date, datetime
from uuid import uuid5

from common import events as e
from common.calendar import local_date, office_opens
from common.money import ZERO
from dunning.books import told
from dunning.charges import Law
from dunning.deadlines import starts_on
from dunning.moves import cancelled, started
from dunning.policy import Policy, is_worth_dunning, may_be_picked
from dunning.procedure import Procedure


def opened(event: e.InvoiceEvent, policy: Policy, before: Procedure | None, now: datetime, law: Law) -> Procedure:
    """A new round: the company is to be asked, if it has not said yes by picking this very invoice.

    Steps done in an earlier round stay done: it is the same claim, with the same ledger; but it has to be warned of
    debt collection anew.
    """
    number = before.round + 1 if before else 1
    procedure = Procedure(
        id=str(uuid5(e.NAMESPACE, f"{event.company}\n{event.invoice.number}\n{number}")),
        company=event.company,
        invoice_number=event.invoice.number,
        round=number,
        sequence=event.invoice.sequence,
        customer_number=event.invoice.debtor.customer_number,
        debtor_email=event.invoice.debtor.email,
        amount=event.invoice.amount,
        paid=event.invoice.paid,
        due_on=event.invoice.due_on,
        policy=policy,
        fetch_id=event.fetch_id,
        opened_at=now,
        step=before.step if before else 0,
        attempt=before.attempt + before.pending if before else 0,  # a letter that is under way keeps its own lines
        last_reminder_on=before.last_reminder_on if before else None,
        pay_by=before.pay_by if before else None,
        fee_letters=before.fee_letters if before else 0,
        disputed=before.disputed if before else False,
        ledger=before.ledger if before else (),
    )
    procedure = told(procedure, event.invoice, now, law)
    if event.invoice.outstanding == ZERO:
        return procedure.but(stage="settled", reason="paid")  # heard before invoice.overdue: kept, nothing is asked
    picked = is_picked(event) and not procedure.disputed
    may_be = may_be_picked(procedure.customer_number, policy)
    if not (may_be and (picked or is_worth_dunning(procedure.outstanding, procedure.customer_number, policy))):
        return cancelled(procedure, "not_worth_dunning", local_date(now))
    if picked:
        return started(procedure, "answer", now)
    return procedure if policy.paused else _asking(procedure, local_date(now), procedure.fetch_id)


def is_picked(event: e.InvoiceEvent) -> bool:
    """Whether the company said yes to this invoice before it was ever asked."""
    return isinstance(event, e.InvoiceOverdue) and event.picked


def asked_at_last(procedure: Procedure, together: str, now: datetime) -> Procedure:
    """The company's pause is over: it is asked about what came in meanwhile, `together` in one mail if that is much."""
    if not is_worth_dunning(procedure.outstanding, procedure.customer_number, procedure.policy):
        return cancelled(procedure, "not_worth_dunning", local_date(now))
    return _asking(procedure, local_date(now), together)


def _asking(procedure: Procedure, today: date, together: str | None) -> Procedure:
    start = starts_on(today, procedure.policy, procedure.due_on) if not procedure.disputed else None
    asked = procedure.saying(e.DecisionRequested, fetch_id=together, starts_on=start)
    return asked.waking(office_opens(start)) if start else asked


def needs_new_round(before: Procedure | None, event: e.InvoiceEvent) -> bool:
    """Whether news of this invoice opens a procedure: the first one, or one for an invoice that is owed again, or that
    is too small no longer, whatever the event that says so: the one that was said first may come last.

    A company that said stop, or wrote the rest off, is not asked again.
    """
    if before is None:
        return True
    invoice = event.invoice
    is_over = before.stage == "settled" and before.reason != "waived"
    is_back = before.stage == "cancelled" and before.reason == "withdrawn"
    was_small = before.stage == "cancelled" and before.reason == "not_worth_dunning"
    is_worth_it = was_small and is_worth_dunning(invoice.outstanding, invoice.debtor.customer_number, before.policy)
    return invoice.outstanding > ZERO and (is_over or is_back or is_worth_it)
